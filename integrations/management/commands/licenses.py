"""`manage.py licenses`."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from automationhub.lib.dependencies import licence_row, licences_page, locked


class Command(BaseCommand):
    help = "Prints the packages of a production install and their licenses (docs/licences.md)."

    def handle(self, *args: Any, **options: Any) -> None:
        packages = locked(settings.BASE_DIR / "requirements.lock")
        self.stdout.write(licences_page(map(licence_row, packages)), ending="")
