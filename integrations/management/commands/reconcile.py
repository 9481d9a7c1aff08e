"""`manage.py reconcile [--since HOURS]`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.orders.submission.reconcile import DEFAULT_HOURS, reconcile


class Command(BaseCommand):
    help = "Asks Pressero for the orders of the last hours, receives those without a webhook, and compares with Pace."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since", type=int, default=DEFAULT_HOURS, metavar="HOURS", help=f"default {DEFAULT_HOURS}"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["since"] < 1:
            raise CommandError("--since must be at least 1 hour.")
        findings = reconcile(hours=options["since"])
        if findings is None:
            self.stdout.write("Another worker is already reconciling.")
            return
        self.stdout.write(findings.sentence)
        for number in findings.taken_in:
            self.stdout.write(f"  order {number} was received")
        for job in findings.differing:
            self.stdout.write(f"  job {job} differs in Pace: see its order's page")
        if findings.failures:
            raise CommandError("\n".join(findings.failures))
