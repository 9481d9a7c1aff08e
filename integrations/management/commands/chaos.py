"""`manage.py chaos`: what `make chaos` runs."""

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.simulation.chaos import table
from integrations.simulation.chaos.faults import Engine
from integrations.simulation.chaos.nemeses import NEMESES
from integrations.simulation.chaos.results import Summary
from integrations.simulation.chaos.run import ChaosServices, RunOptions, run, run_part
from integrations.simulation.demo.processes import stop_here, when_told_to_end


class Command(BaseCommand):
    help = (
        "Proves “exactly one job, whatever fails”: every call to Pace and Pressero fails in every way, then bursts of "
        "orders while workers are killed, then nemeses that befall a whole hub; judged by what the sandbox Pace holds. On scratch databases, never the real one."
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
        parser.add_argument(
            "--whole",
            action="store_true",
            help="every fault at every call on both databases; otherwise what the database has no part in is shared by them",
        )
        parser.add_argument("--seed", type=int, default=1, help="of the bursts' random faults and kills")
        parser.add_argument(
            "--orders", type=int, default=200, help="orders of each burst (default: %(default)s)"
        )
        parser.add_argument(
            "--hubs",
            type=int,
            default=24,
            help="cases at the same time on all databases (default: %(default)s)",
        )
        parser.add_argument(
            "--on",
            choices=[engine.lower() for engine in Engine],
            help="only on this database (default: on both)",
        )
        parser.add_argument(
            "--every",
            type=int,
            default=1,
            metavar="N",
            help="of each fault only every N-th case, where time is short",
        )
        parser.add_argument("--without-burst", action="store_true", help="no bursts")
        parser.add_argument("--without-matrix", action="store_true", help="bursts and streams only")
        parser.add_argument("--without-stream", action="store_true", help="no stream with nemeses")
        parser.add_argument(
            "--nemesis",
            default="",
            choices=["", *sorted({one.key for one in NEMESES})],
            help="of the streams only this nemesis",
        )
        parser.add_argument(
            "--write-docs",
            action="store_true",
            help=f"put the tables into docs/{table.PAGE}, and their sums beside the guarantee",
        )
        parser.add_argument("--folder", help="for logs and results (default: var/chaos)")
        # For the processes that a run starts for its parts.
        parser.add_argument(
            "--part", choices=("matrix", "burst", "stream"), help="only for the command itself"
        )
        parser.add_argument("--share", action="store_true", help="only for the command itself")
        parser.add_argument("--title", default="", help="only for the command itself")
        parser.add_argument("--clusters", type=int, default=1, help="only for the command itself")

    def handle(self, *args: Any, **options: Any) -> None:
        # What it has started has sessions of its own and would go on.
        when_told_to_end(stop_here)
        if options["part"]:
            run_part(options["part"], options, lambda line: self._say(f"{options['title']}: {line}"))
            return
        found, missing = self._run(options)
        self._say("")
        for line in table.lines(found, missing):
            self._say(line)
        if options["write_docs"] and not (options["case"] or options["short"] or options["nemesis"]):
            table.write_docs(found)
        if not table.is_good(found):
            raise CommandError(
                "Not every order became exactly one complete job, or a hub was not back in time; what failed stands above."
            )

    def _run(self, options: dict[str, Any]) -> tuple[list[Summary], list[str]]:
        if options["folder"]:
            folder = Path(options["folder"])
        else:
            folder = settings.BASE_DIR / "var" / "chaos"
            shutil.rmtree(folder, ignore_errors=True)
        run_options = RunOptions(
            short=options["short"],
            whole=options["whole"],
            on=options["on"] or "",
            case=options["case"],
            hubs=options["hubs"],
            orders=options["orders"],
            seed=options["seed"],
            without_burst=options["without_burst"],
            without_matrix=options["without_matrix"],
            without_stream=options["without_stream"],
            nemesis=options["nemesis"],
            every=max(1, options["every"]),
        )
        try:
            return run(run_options, ChaosServices.from_environment(), folder, self._say)
        except RuntimeError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("stopped.") from None

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
