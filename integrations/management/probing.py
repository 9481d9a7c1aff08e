"""What `probe_pace` and `probe_pressero` share: the report on the terminal, the saved file, the exit code."""

from __future__ import annotations

import json
from abc import abstractmethod
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.errors import HubError
from integrations.operations.probes import exchanges
from integrations.operations.probes.running import ProbeOutcome, Say


class ProbeCommand(BaseCommand):
    """A command that probes one system."""

    kind: str

    @abstractmethod
    def probe(self, options: dict[str, Any], say: Say) -> ProbeOutcome:
        """Run the probe that the arguments ask for."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="the report as JSON")
        parser.add_argument(
            "--save", type=Path, metavar="FILE", help="write the calls to a file, without names and amounts"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        say: Say = (lambda _: None) if options["json"] else self.stdout.write
        try:
            outcome = self.probe(options, say)
        except HubError as error:
            raise CommandError(str(error)) from error
        if options["save"]:
            try:
                exchanges.save(options["save"], self.kind, outcome)
            except OSError as error:
                raise CommandError(f"{options['save']} cannot be written: {error.strerror}.") from error
        if options["json"]:
            self.stdout.write(json.dumps(outcome.report.as_data(), ensure_ascii=False, indent=1))
        else:
            self.stdout.write("")
            for line in outcome.report.lines():
                self.stdout.write(line)
        if not outcome.report.held:
            raise SystemExit(1)
