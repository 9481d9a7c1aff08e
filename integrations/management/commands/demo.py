"""`manage.py demo [--once] [--port P]`: what `make demo` runs."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.utils import get_random_secret_key

from integrations.simulation.demo.processes import DemoProcessError
from integrations.simulation.demo.run import run_demo

_MARK = "HUB_DEMO"


class Command(BaseCommand):
    help = "Runs the hub against the built-in sandbox with demo orders, in a database of its own (var/demo)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="print the result table and stop; exit code 1 if wrong"
        )
        parser.add_argument(
            "--port", type=int, default=None, help="port of the portal, 8000 (with --once: any free one)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder = settings.BASE_DIR / "var" / "demo"
        if os.environ.get(_MARK) != "1":
            _start_again_with_demo_settings(folder)
        once = options["once"]
        port = options["port"] if options["port"] is not None else (0 if once else 8000)
        try:
            good = run_demo(port=port, once=once, folder=folder, say=self._say)
        except DemoProcessError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("stopped.") from None
        if not good:
            raise CommandError(f"Some orders did not end as they should; the logs are in {folder.name}/.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _start_again_with_demo_settings(folder: Path) -> None:
    """The demo runs as production does, with fresh keys and a fresh database; never on the real one."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    demo_settings = {
        _MARK: "1",
        "DEBUG": "false",
        "SECRET_KEY": get_random_secret_key(),
        "CREDENTIALS_KEY": Fernet.generate_key().decode(),
        "DATABASE_URL": f"sqlite:///{folder / 'hub.sqlite3'}",
        "REDIS_URL": "",
        "EMAIL_URL": "",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "CSRF_TRUSTED_ORIGINS": "",
        "Q_WORKERS": "2",
    }
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **demo_settings})  # noqa: S606 - ourselves
