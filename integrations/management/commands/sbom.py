"""`manage.py sbom [--licences]`."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from automationhub.lib.dependencies import licences_page, pinned, sbom


class Command(BaseCommand):
    help = "Prints the packages of a production install: a software bill of materials (CycloneDX JSON)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--licences", action="store_true", help="print docs/licences.md instead")

    def handle(self, *args: Any, **options: Any) -> None:
        packages = pinned(settings.BASE_DIR / "requirements.lock")
        text = licences_page(packages) if options["licences"] else json.dumps(sbom(packages), indent=2) + "\n"
        self.stdout.write(text, ending="")
