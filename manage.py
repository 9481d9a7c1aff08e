#!/usr/bin/env python
"""Command line of Automation Hub."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "automationhub.settings")
    from automationhub.lib.fast_startup import fast_startup

    with fast_startup():
        import django
        from django.core.management import execute_from_command_line

        django.setup()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
