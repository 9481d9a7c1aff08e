"""`mappings export KIND FILE` and `mappings import KIND FILE [--dry-run]`: one kind of mapping as CSV or XLSX."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.management.lookups import login_name
from integrations.operations.setup import versions
from mappings.errors import MappingError
from mappings.resources import KINDS, ImportReport, export_file, import_file

SHOWN_CHANGES = 20


class Command(BaseCommand):
    help = "Exports or imports one kind of mapping as a CSV or XLSX file."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="export|import")
        columns = "; ".join(f"{kind.name}: {', '.join(kind.columns)}" for kind in KINDS.values())
        leave = actions.add_parser("export", help="Write all rows of a kind to a file.")
        enter = actions.add_parser(
            "import",
            help="Create and update rows from a file, all or nothing.",
            epilog=f"Columns of {columns}.",
        )
        for action in (leave, enter):
            action.add_argument("kind", choices=list(KINDS), metavar="KIND", help=", ".join(KINDS))
            action.add_argument("file", metavar="FILE", help="A file that ends in .csv or .xlsx.")
        enter.add_argument("--dry-run", action="store_true", help="Only say what would change.")

    def handle(self, *args: Any, **options: Any) -> None:
        kind, file = options["kind"], options["file"]
        try:
            if options["action"] == "export":
                self.stdout.write(f"{count(export_file(kind, file), 'row')} written to {file}.")
            else:
                versions.note_outside()
                report = import_file(kind, file, options["dry_run"], actor=login_name())
                if not options["dry_run"] and not report.errors:
                    versions.note(login_name() or "command", f"Imported {Path(file).name} ({kind}).")
                self.report(report, file, options)
        except MappingError as error:
            raise CommandError(error.message) from error
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror or error}.") from error

    def report(self, report: ImportReport, file: str, options: dict[str, Any]) -> None:
        if report.errors:
            for line, reason in report.errors:
                self.stderr.write(reason if line is None else f"line {line}: {reason}")
            raise CommandError(f"{file}: nothing was imported, {count(len(report.errors), 'error')}.")
        for note in report.notes:
            self.stderr.write(f"note: {note}")
        shown = report.changes if options["verbosity"] > 1 else report.changes[:SHOWN_CHANGES]
        for change in shown:
            self.stdout.write(change)
        if len(shown) < len(report.changes):
            self.stdout.write(f"and {len(report.changes) - len(shown)} more (all of them with --verbosity 2)")
        for line, warning in report.warnings:
            self.stderr.write(f"line {line}, not refused: {warning}")
        prefix = "Dry run, nothing was changed: " if options["dry_run"] else ""
        self.stdout.write(
            f"{prefix}{report.created} added, {report.updated} changed, {report.unchanged} unchanged."
        )


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
