"""`manage.py forget_contact EMAIL`."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from integrations.operations.privacy import forget_contact


class Command(BaseCommand):
    help = (
        "Removes what the hub knows of a person from finished orders, events and the audit log; numbers, amounts, jobs and dates "
        "stay. Orders that are not finished are skipped. Pressero and Pace keep what they have."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL", help="the person's email address")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            validate_email(options["email"].strip())
        except ValidationError as error:
            raise CommandError("EMAIL must be an email address.") from error
        for sentence in forget_contact(options["email"], actor="forget_contact").sentences:
            self.stdout.write(sentence)
