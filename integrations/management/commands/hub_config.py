"""`manage.py hub_config export|import|versions|diff|rollback`: the configuration as a file, and its versions."""

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from automationhub.lib.crypto import CredentialsKeyError
from integrations.management.lookups import login_name
from integrations.operations.setup import versions
from integrations.operations.setup.configuration import (
    Changes,
    ConfigurationError,
    as_file,
    export_configuration,
    import_configuration,
)


class Command(BaseCommand):
    help = (
        "Exports or imports the whole configuration as one JSON file (- for standard output or input), lists and compares "
        "its versions, and goes back to one."
    )

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

        listing = verbs.add_parser(
            "versions", help="list every version of the configuration, the newest first"
        )
        listing.add_argument("--json", action="store_true", help="as JSON")
        compare = verbs.add_parser(
            "diff", help="compare two versions, or one with the configuration of today"
        )
        compare.add_argument("before", type=int, metavar="A")
        compare.add_argument("after", type=int, metavar="B", nargs="?")
        back = verbs.add_parser("rollback", help="make the configuration what it was, as a new version")
        back.add_argument("number", type=int, metavar="N")
        back.add_argument("--dry-run", action="store_true", help="only say what would change")

    def handle(self, *args: Any, **options: Any) -> None:
        verb = options["verb"]
        if verb == "export":
            self._export(options["file"], with_secrets=options["with_secrets"])
        elif verb == "import":
            self._import(options["file"], dry_run=options["dry_run"])
        elif verb == "versions":
            self._versions(as_json=options["json"])
        elif verb == "diff":
            self._diff(options["before"], options["after"])
        else:
            self._rollback(options["number"], dry_run=options["dry_run"])

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
        data = read_configuration(file)
        versions.note_outside()
        try:
            changes = import_configuration(data, dry_run=dry_run)
        except ConfigurationError as error:
            raise CommandError("\n".join(["Nothing was imported.", *_indented(error.reasons)])) from error
        if not dry_run:
            versions.note(
                login_name() or "command",
                "Imported a file." if file == "-" else f"Imported {Path(file).name}.",
            )
        self._report(changes, dry_run=dry_run)

    def _versions(self, *, as_json: bool) -> None:
        listed = versions.listed()
        if as_json:
            rows = [
                {"version": row.number, "at": row.at.isoformat(), "by": row.actor, "summary": row.summary}
                for row in listed
            ]
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1))
            return
        for row in listed:
            self.stdout.write(f"{row.number:>5}  {row.at:%Y-%m-%d %H:%M} UTC  {row.actor}: {row.summary}")
        if not listed:
            self.stdout.write("There are no versions yet: nothing has been configured.")

    def _diff(self, before: int, after: int | None) -> None:
        try:
            entries = versions.diff(before, after)
        except versions.NoSuchVersion as error:
            raise CommandError(str(error)) from error
        for entry in entries:
            self.stdout.write(f"{entry.noun} “{entry.name}” {entry.what}")
            for one in entry.fields:
                self.stdout.write(f"    {one.name}: {one.before or 'empty'} → {one.after or 'empty'}")
        if not entries:
            other = "the configuration of today" if after is None else f"version {after}"
            self.stdout.write(f"Version {before} and {other} are the same.")

    def _rollback(self, number: int, *, dry_run: bool) -> None:
        try:
            changes = versions.rollback(number, dry_run=dry_run, actor=login_name() or "command")
        except versions.NoSuchVersion as error:
            raise CommandError(str(error)) from error
        except ConfigurationError as error:
            reasons = _indented(error.reasons)
            raise CommandError("\n".join([f"Version {number} was not restored.", *reasons])) from error
        self._report(changes, dry_run=dry_run)

    def _report(self, changes: Changes, *, dry_run: bool) -> None:
        for sentence in changes.sentences:
            self.stdout.write(f"  {sentence}")
        for warning in changes.warnings:
            self.stderr.write(f"  {warning}")
        would = "would be " if dry_run else ""
        self.stdout.write(
            f"{len(changes.sentences)} changes {would}made, {changes.unchanged} entries {would}left as they are."
        )


def read_configuration(file: str) -> Any:
    """The data of a configuration file (- for standard input). Raises CommandError when it cannot be read."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
        return json.loads(text)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{file} is not JSON: {error}.") from error


def _indented(reasons: list[str]) -> list[str]:
    return [f"  {reason}" for reason in reasons]
