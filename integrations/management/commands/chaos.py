"""`manage.py chaos`: what `make chaos` runs."""

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.simulation.chaos import table
from integrations.simulation.chaos.results import PartResult
from integrations.simulation.chaos.run import Services, Wishes, run, run_part

PAGE = "fault-matrix.md"


class Command(BaseCommand):
    help = (
        "Proves “exactly one job, whatever fails”: every call to Pace and Pressero fails in every way, then a burst of "
        "orders while workers are killed; judged by what the sandbox Pace holds. On scratch databases, never the real one."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--short", action="store_true", help="each fault once in each phase, and no burst"
        )
        parser.add_argument(
            "--case",
            default="",
            help="only this case, such as lost@pace:42 (as a failure names it), or this fault, such as lost",
        )
        parser.add_argument("--seed", type=int, default=1, help="of the bursts' random faults and kills")
        parser.add_argument(
            "--orders", type=int, default=200, help="orders of each burst (default: %(default)s)"
        )
        parser.add_argument(
            "--hubs", type=int, default=16, help="cases at the same time (default: %(default)s)"
        )
        parser.add_argument("--without-burst", action="store_true", help="the matrix only")
        parser.add_argument("--without-matrix", action="store_true", help="the bursts only")
        parser.add_argument("--write-docs", action="store_true", help=f"put the table into docs/{PAGE}")
        parser.add_argument("--folder", help="for logs and results (default: var/chaos)")
        # For the processes that a run starts for its parts.
        parser.add_argument("--part", choices=("matrix", "burst"), help="only for the command itself")
        parser.add_argument("--title", default="", help="only for the command itself")
        parser.add_argument("--clusters", type=int, default=1, help="only for the command itself")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["part"]:
            run_part(options["part"], options, self._say)
            return
        matrix, bursts, missing = self._run(options)
        self._say("")
        text = list(table.lines(matrix, bursts, missing))
        for line in text:
            self._say(line)
        if options["write_docs"]:
            table.write_into(settings.BASE_DIR / "docs" / PAGE, text)
        if not table.is_good(matrix, bursts):
            raise CommandError("Not every order became exactly one complete job; what failed stands above.")

    def _run(self, options: dict[str, Any]) -> tuple[list[PartResult], list[PartResult], list[str]]:
        if options["folder"]:
            folder = Path(options["folder"])
        else:
            folder = settings.BASE_DIR / "var" / "chaos"
            shutil.rmtree(folder, ignore_errors=True)
        wishes = Wishes(
            short=options["short"],
            case=options["case"],
            hubs=options["hubs"],
            orders=options["orders"],
            seed=options["seed"],
            without_burst=options["without_burst"],
            without_matrix=options["without_matrix"],
        )
        try:
            return run(wishes, Services.from_environment(), folder, self._say)
        except RuntimeError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("stopped.") from None

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
