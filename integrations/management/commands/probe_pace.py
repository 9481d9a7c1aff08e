"""`manage.py probe_pace SERVER [--customer ID] [--json] [--save FILE]`."""

from typing import Any

from django.core.management.base import CommandParser

from integrations.management.lookups import pace_server_named
from integrations.management.probing import ProbeCommand
from integrations.operations.probes.running import ProbeOutcome, Say, probe_pace


class Command(ProbeCommand):
    help = (
        "Makes one job with everything the hub writes in a transaction on the Pace server, reads it back, rolls it back, "
        "and says which assumptions hold. Nothing stays in Pace. Exit code 1 if one that matters does not hold."
    )
    kind = "pace"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("server", metavar="SERVER", help="short name (slug) or name of the Pace server")
        parser.add_argument(
            "--customer", default="", metavar="ID", help="make the job for this customer, not for a new one"
        )
        super().add_arguments(parser)

    def probe(self, options: dict[str, Any], say: Say) -> ProbeOutcome:
        return probe_pace(pace_server_named(options["server"]), customer=options["customer"], say=say)
