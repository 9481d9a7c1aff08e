"""`manage.py probe_pressero ACCOUNT [NUMBER] [--json] [--save FILE]`."""

from typing import Any

from django.core.management.base import CommandParser

from integrations.management.lookups import order_number, pressero_account_named
from integrations.management.probing import ProbeCommand
from integrations.operations.probes.running import ProbeOutcome, Say, probe_pressero


class Command(ProbeCommand):
    help = (
        "Reads what the hub reads of a Pressero account (an order, its items, the site, workflows, a page of the search) "
        "and says which expected keys were found, missing or unknown. Writes nothing."
    )
    kind = "pressero"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "account", metavar="ACCOUNT", help="short name (slug) or name of the Pressero account"
        )
        parser.add_argument(
            "number",
            metavar="NUMBER",
            nargs="?",
            type=order_number,
            help="order to read; left out, the last one of the last 30 days",
        )
        super().add_arguments(parser)

    def probe(self, options: dict[str, Any], say: Say) -> ProbeOutcome:
        return probe_pressero(pressero_account_named(options["account"]), number=options["number"], say=say)
