"""`manage.py mapping_coverage STOREFRONT [--json]`."""

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from integrations.management.lookups import storefront_named
from integrations.operations.setup.coverage import Cover, Coverage
from integrations.operations.setup.coverage_inputs import coverage_of


class Command(BaseCommand):
    help = "Shows what the products, methods, addresses and statuses of a storefront would resolve to, what its field rules did, and what is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("storefront", metavar="STOREFRONT", help="the storefront's name")
        parser.add_argument("--json", action="store_true", help="everything, as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        coverage = coverage_of(storefront_named(options["storefront"]))
        if options["json"]:
            self.stdout.write(json.dumps(coverage.as_data(), ensure_ascii=False, indent=1))
            return
        for line in as_text(coverage):
            self.stdout.write(line)


def as_text(coverage: Coverage) -> Iterator[str]:
    """The picture for reading."""
    yield f"{coverage.storefront}, {coverage.orders} recent orders"
    yield from coverage.hints
    for section in coverage.sections:
        counts = ", ".join(f"{section.count(cover)} {section.word(cover)}" for cover in Cover)
        yield ""
        yield f"{section.title}: {counts}"
        for line in section.lines:
            name = f"{line.name} ({line.detail})" if line.detail else line.name
            orders = f", {line.orders} order{'' if line.orders == 1 else 's'}" if line.orders else ""
            answer = f" -> {line.answer}" if line.answer else ""
            yield f"  {section.word(line.cover):<17}  {name}{answer}{orders}    <- {line.reason}"
