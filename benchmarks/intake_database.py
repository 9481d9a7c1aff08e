"""Commands for a database of the intake benchmark: `prepare` it, `count` the events of the burst."""

from __future__ import annotations

import sys


def prepare() -> None:
    """Migrations and the demo's configuration; nobody is called, so the addresses lead nowhere."""
    from django.core.management import call_command

    from integrations.operations.setup.configuration import import_configuration
    from integrations.simulation.demo.configuration import demo_configuration

    call_command("migrate", verbosity=0)
    import_configuration(
        demo_configuration(
            pressero_url="http://127.0.0.1:9/api/",
            credentials={"username": "u", "password": "p", "subscriber_id": "s", "consumer_id": "c"},
            pace_url="http://127.0.0.1:9",
            pace_login=("u", "p"),
        )
    )


def count() -> None:
    from integrations.models import WebhookEvent

    print(WebhookEvent.objects.filter(message_id__startswith="burst-", order__due_at__isnull=False).count())


if __name__ == "__main__":
    import django

    django.setup()
    {"prepare": prepare, "count": count}[sys.argv[1]]()
