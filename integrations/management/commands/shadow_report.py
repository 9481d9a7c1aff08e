"""`manage.py shadow_report STOREFRONT [--json]`."""

import json
import time
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.enums import StorefrontMode
from integrations.management.lookups import storefront_named
from integrations.models import ShadowComparison, Storefront
from integrations.operations import shadow_report
from integrations.orders.submission import shadow

MOST_NUMBERS = 5
# Another worker may be comparing: its pass is over long before this.
PATIENCE = 180.0


class Command(BaseCommand):
    help = (
        "Compares the orders of a storefront in shadow mode with the jobs that stand in Pace, by the configuration as it is "
        "now, and prints how many would have been the same and what differs. Writes nothing to Pace or Pressero."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("storefront", help="the storefront's name, as in the hub")
        parser.add_argument("--json", action="store_true", help="the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        storefront = storefront_named(options["storefront"])
        if storefront.mode == StorefrontMode.SHADOW:
            self._compare(storefront)
        elif not ShadowComparison.objects.filter(storefront=storefront).exists():
            raise CommandError(
                f"“{storefront.name}” does not run in shadow mode. Set its mode to shadow, or select Activate on its page."
            )
        report = shadow_report.report(storefront)
        if options["json"]:
            self.stdout.write(json.dumps(report.as_data(), indent=1, ensure_ascii=False))
            return
        for line in as_text(report):
            self.stdout.write(line)

    def _compare(self, storefront: Storefront) -> None:
        """Compare everything afresh; what Pace did not answer stays as it was compared last."""
        shadow.ask_again(storefront)
        until = time.monotonic() + PATIENCE
        while (done := shadow.compare_due(of=storefront)).unfinished and time.monotonic() < until:
            time.sleep(0.5)
        if done.unfinished:
            done.problems.append("Another worker is still comparing; these are the figures so far.")
        for problem in done.problems:
            self.stderr.write(problem)


def as_text(report: shadow_report.ShadowReport) -> Iterator[str]:
    """The report for reading."""
    yield report.sentence
    yield from report.problems
    for group in report.groups:
        count = "1 order" if len(group.orders) == 1 else f"{len(group.orders)} orders"
        named = ", ".join(str(number) for number in group.orders[:MOST_NUMBERS])
        more = ", …" if len(group.orders) > MOST_NUMBERS else ""
        yield ""
        yield f"{group.object} {group.field}: {count} ({named}{more})"
        if group.ours != group.fix:
            yield f"  planned  {_one_line(group.ours)}"
            yield f"  in Pace  {_one_line(group.theirs)}"
        yield f"  {group.fix}"


def _one_line(text: str) -> str:
    return text.replace("\n", " / ") or "(empty)"
