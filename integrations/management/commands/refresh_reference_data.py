"""`manage.py refresh_reference_data`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.operations.setup.reference import refresh_all


class Command(BaseCommand):
    help = (
        "Refreshes the codes of the portal's drop-downs from every active Pace server and Pressero account."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        report = refresh_all()
        for line in (*report.lines, *report.busy):
            self.stdout.write(str(line))
        if not report.lines and not report.busy:
            self.stdout.write("There is no active Pace server or Pressero account yet.")
        if report.failures:
            raise CommandError(report.sentence)
