"""`manage.py rotate_credentials`."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from integrations.core.connections.credentials import rotate_credentials


class Command(BaseCommand):
    help = (
        "Encrypts all stored passwords and keys with the newest key, the first of CREDENTIALS_KEY. Put a new key there, restart "
        "all processes, run this, and take the old key away once a second run finds nothing left to do."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        result = rotate_credentials(actor="rotate_credentials")
        self.stdout.write(
            f"{result.rotated} encrypted anew, {result.newest} were so already, {len(result.unreadable)} cannot be read."
        )
        if result.unreadable:
            what = "\n".join(f"  {one}" for one in result.unreadable)
            raise CommandError(
                f"These were encrypted with a key that CREDENTIALS_KEY no longer holds; enter them again:\n{what}"
            )
        if len(settings.CREDENTIALS_KEYS) > 1 and not result.rotated:
            self.stdout.write(
                "All secrets have the newest key: you can remove the older ones from CREDENTIALS_KEY."
            )
