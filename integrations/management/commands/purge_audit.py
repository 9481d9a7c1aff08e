"""`manage.py purge_audit --days N`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.operations.privacy import purge_audit


class Command(BaseCommand):
    help = "Removes audit entries older than N days of finished orders."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, required=True, metavar="N")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["days"] < 1:
            raise CommandError("--days must be at least 1.")
        removed = purge_audit(options["days"])
        self.stdout.write(f"{removed} audit entries removed.")
