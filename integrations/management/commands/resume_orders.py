"""`manage.py resume_orders`."""

from typing import Any

from django.core.management.base import BaseCommand

from integrations.core.workqueue import orders


class Command(BaseCommand):
    help = "Queues every order that is due or has lost its worker."

    def handle(self, *args: Any, **options: Any) -> None:
        woken = orders.wake_due_orders(force=True)
        self.stdout.write(f"{woken} order{'' if woken == 1 else 's'} queued.")
