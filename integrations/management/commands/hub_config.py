"""`manage.py hub_config export FILE [--with-secrets]`, `manage.py hub_config import FILE [--dry-run]`."""

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from automationhub.lib.crypto import CredentialsKeyError
from integrations.services.configuration import (
    ConfigurationError,
    as_file,
    export_configuration,
    import_configuration,
)


class Command(BaseCommand):
    help = "Exports or imports the whole configuration as one JSON file (- for standard output or input)."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        out = verbs.add_parser("export", help="write the configuration to a file")
        out.add_argument("file")
        out.add_argument(
            "--with-secrets", action="store_true", help="passwords, keys and tokens too, in clear text"
        )
        into = verbs.add_parser("import", help="create and update by natural key, all or nothing")
        into.add_argument("file")
        into.add_argument("--dry-run", action="store_true", help="only say what would change")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "export":
            self._export(options["file"], with_secrets=options["with_secrets"])
        else:
            self._import(options["file"], dry_run=options["dry_run"])

    def _export(self, file: str, *, with_secrets: bool) -> None:
        try:
            data = export_configuration(with_secrets=with_secrets)
        except CredentialsKeyError as error:
            raise CommandError(str(error)) from error
        text = as_file(data)
        if file == "-":
            self.stdout.write(text, ending="")
            return
        try:
            # Readable by its owner alone: it may hold secrets.
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                if stat.S_ISREG(os.fstat(handle).st_mode):
                    os.fchmod(handle, 0o600)  # a file that was there before kept its mode
                out.write(text)
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"The configuration is in {file}.")

    def _import(self, file: str, *, dry_run: bool) -> None:
        try:
            text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
            data = json.loads(text)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except (ValueError, RecursionError) as error:
            raise CommandError(f"{file} is no JSON: {error}.") from error
        try:
            changes = import_configuration(data, dry_run=dry_run)
        except ConfigurationError as error:
            raise CommandError(
                "Nothing was imported.\n" + "\n".join(f"  {reason}" for reason in error.reasons)
            ) from error
        for sentence in changes.sentences:
            self.stdout.write(f"  {sentence}")
        for warning in changes.warnings:
            self.stderr.write(f"  {warning}")
        would = "would be " if dry_run else ""
        self.stdout.write(
            f"{len(changes.sentences)} changes {would}made, {changes.unchanged} entries {would}left as they are."
        )
