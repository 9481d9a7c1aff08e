"""`manage.py index_orders`: write the words that orders are found by afresh."""

from typing import Any

from django.core.management.base import BaseCommand

from integrations.core.search.index import index_all


class Command(BaseCommand):
    help = "Rebuilds the search index of orders, newest first. The index is updated automatically; use this for rows added in other ways, such as a restored or merged database. Safe to run while the hub is running."

    def handle(self, *args: Any, **options: Any) -> None:
        done = 0
        for done in index_all():
            if done % 50_000 == 0:
                self.stdout.write(f"{done:,} orders …")
        self.stdout.write(f"The words of {done:,} orders are up to date.")
