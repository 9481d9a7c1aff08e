"""`manage.py index_orders`: write the words that orders are found by afresh."""

from typing import Any

from django.core.management.base import BaseCommand

from integrations.services.search import index_all


class Command(BaseCommand):
    help = (
        "Writes the words that orders are found by afresh, newest order first. They are kept up by themselves; this is for "
        "rows that came in by other ways, such as a restored or merged database. Safe to run while the hub works."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done = 0
        for done in index_all():
            if done % 50_000 == 0:
                self.stdout.write(f"{done:,} orders …")
        self.stdout.write(f"The words of {done:,} orders are up to date.")
