"""`manage.py worker`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from integrations.core.workqueue.supervisor import STALE_AFTER, Supervisor


class Command(BaseCommand):
    help = "Runs a worker cluster under a watchdog, and wakes orders that are due. Stop it with Ctrl-C or SIGTERM."

    # As for a web process, `manage.py check --deploy` is a step of the deployment (docs/security.md): a worker that was
    # killed is back sooner without the admin's pages being looked through.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--stale-after",
            type=float,
            default=STALE_AFTER,
            metavar="SECONDS",
            help="after so many seconds without a report the cluster is killed and started again (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        Supervisor(stale_after=options["stale_after"]).run()
