"""`manage.py worker`."""

from typing import Any

from django.core.management.base import BaseCommand

from integrations.supervisor import Supervisor


class Command(BaseCommand):
    help = "Runs a worker cluster under a watchdog, and wakes orders that are due. Stop it with Ctrl-C or SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        Supervisor().run()
