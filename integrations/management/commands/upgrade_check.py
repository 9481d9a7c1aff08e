"""`manage.py upgrade_check before|after`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.operations.setup import upgrade
from integrations.operations.setup.upgrade import UpgradeVerdict


class Command(BaseCommand):
    help = (
        "Says what to know before an upgrade (with the new code, before `migrate`), and after it whether it is complete. Changes "
        "nothing. Exit code 1 if something is wrong."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("when", choices=["before", "after"])

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(upgrade.before() if options["when"] == "before" else upgrade.after())
        for finding in found:
            self.stdout.write(f"{finding.verdict.value:<8}{finding.sentence}")
        if any(finding.verdict is UpgradeVerdict.BAD for finding in found):
            raise CommandError("Something needs attention, see above.")
