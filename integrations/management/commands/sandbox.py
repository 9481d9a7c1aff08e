"""`manage.py sandbox [--pace-port P] [--pressero-port P]`."""

import argparse
import contextlib
import signal
import threading
from dataclasses import asdict
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.simulation.sandbox.http import SandboxServer
from integrations.simulation.sandbox.pace.plant import DEFAULT_PLANT, PlantBehavior
from integrations.simulation.sandbox.pace.server import PaceSandbox
from integrations.simulation.sandbox.pressero import PresseroSandbox

Server = TypeVar("Server", bound=SandboxServer)


class Command(BaseCommand):
    help = (
        "Runs a sandbox Pace and Pressero on loopback until Ctrl-C; prints their addresses and credentials."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pace-port", type=int, default=8101, help="default 8101")
        parser.add_argument("--pressero-port", type=int, default=8102, help="default 8102")
        parser.add_argument(
            "--strict",
            action=argparse.BooleanOptionalAction,
            default=PlantBehavior.strict() == DEFAULT_PLANT,
            help="Pace refuses and ignores what a real one does (docs/sandbox.md)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        with contextlib.suppress(ValueError):  # not in the main thread: then Ctrl-C is somebody else's matter
            signal.signal(signal.SIGTERM, lambda *_: stop.set())
        with contextlib.ExitStack() as running:
            plant = PlantBehavior.strict() if options["strict"] else PlantBehavior()
            pace = _started(PaceSandbox(port=options["pace_port"], plant=plant), running)
            pressero = _started(PresseroSandbox(port=options["pressero_port"]), running)
            self.stdout.write(f"Pace      {pace.url}   user {pace.username}   password {pace.password}")
            self.stdout.write(f"Pressero  {pressero.base_url}")
            for name, value in asdict(pressero.credentials).items():
                self.stdout.write(f"          {name.replace('_', ' ')} {value}")
            self.stdout.write(
                "Faults on request: POST /_sandbox/faults (docs/sandbox.md). Ctrl-C stops both."
            )
            self.stdout.flush()
            with contextlib.suppress(KeyboardInterrupt):
                stop.wait()


def _started(server: Server, running: contextlib.ExitStack) -> Server:
    try:
        running.enter_context(server)
    except (OSError, OverflowError) as error:
        raise CommandError(f"Port {server.port} cannot be used: {error}. Choose another one.") from error
    return server
