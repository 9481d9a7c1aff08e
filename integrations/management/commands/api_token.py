"""`manage.py api_token USERNAME [--scope read|operate] [--days N]`."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.models import TokenScope
from integrations.models.access import DEFAULT_DAYS, NO_END
from integrations.operations.access import tokens

MOST_DAYS = 3650


class Command(BaseCommand):
    help = "Makes an API token for a user and prints it, alone on its line, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--scope", choices=TokenScope.values, default=TokenScope.READ)
        parser.add_argument(
            "--days", type=int, default=DEFAULT_DAYS,
            help=f"days until it expires (default {DEFAULT_DAYS}); {NO_END}: no end",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        user = get_user_model().objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no user called {options['username']}.")
        if not 0 <= options["days"] <= MOST_DAYS:
            raise CommandError(
                f"--days must be from 1 to {MOST_DAYS}, or {NO_END} for a token without an end."
            )
        self.stdout.write(tokens.issue(user, options["scope"], days=options["days"], actor="command"))
