"""`manage.py reset_second_factor USERNAME`."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.operations.access import second_factor


class Command(BaseCommand):
    help = (
        "Removes the authenticator app, passkeys and recovery codes of a user who lost them. The user then logs in with the "
        "password alone, and sets up a new second factor where a group requires one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        user = get_user_model().objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no user called {options['username']}.")
        removed = second_factor.remove_all(user, actor="command")
        self.stdout.write(f"{removed} removed." if removed else f"{user} has no second factor.")
