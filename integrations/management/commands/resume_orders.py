"""`manage.py resume_orders`."""

from typing import Any

from django.core.management.base import BaseCommand

from integrations.services import orders


class Command(BaseCommand):
    help = "Puts every order that is due, or whose worker died, back to work."

    def handle(self, *args: Any, **options: Any) -> None:
        woken = orders.wake_due_orders(force=True)
        self.stdout.write(f"{woken} order{'' if woken == 1 else 's'} put back to work.")
