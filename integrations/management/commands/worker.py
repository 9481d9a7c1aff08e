"""`manage.py worker`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from integrations.supervisor import STALE_AFTER, Supervisor


class Command(BaseCommand):
    help = "Runs a worker cluster under a watchdog, and wakes orders that are due. Stop it with Ctrl-C or SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--stale-after",
            type=float,
            default=STALE_AFTER,
            metavar="SECONDS",
            help="without a sign of life for so long the cluster is killed and started again (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        Supervisor(stale_after=options["stale_after"]).run()
