"""`manage.py api_token USERNAME [--scope read|operate]`."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.models import ApiToken, TokenScope


class Command(BaseCommand):
    help = "Makes an API token for a user and prints it, alone on its line, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--scope", choices=TokenScope.values, default=TokenScope.READ)

    def handle(self, *args: Any, **options: Any) -> None:
        user = get_user_model().objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no user called {options['username']}.")
        self.stdout.write(ApiToken.issue(user, options["scope"]))
