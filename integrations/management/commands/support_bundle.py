"""`manage.py support_bundle ORDER… [--output FILE]`."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from automationhub.lib.private_files import FILE_MODE
from integrations.errors import NotAllowed
from integrations.management.lookups import order_number
from integrations.models import Order
from integrations.operations.support.bundle import file_name, support_bundle


class Command(BaseCommand):
    help = (
        "Writes a zip that explains these orders to the people who help with them: versions, settings without secrets, health, "
        "timeline, plan and calls, with names, addresses and emails replaced. It may be mailed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "orders", nargs="+", type=order_number, metavar="ORDER", help="Pressero's order numbers"
        )
        parser.add_argument(
            "--output", type=Path, help="the file to write (support-bundle-….zip in this folder)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        numbers = list(dict.fromkeys(options["orders"]))
        related = ("account", "storefront__pace_server")
        orders = list(
            Order.objects.select_related(*related).filter(number__in=numbers).order_by("number", "pk")
        )
        if missing := sorted(set(numbers) - {order.number for order in orders}):
            raise CommandError(f"The hub has no order {', '.join(map(str, missing))}. Nothing was written.")
        path: Path = options["output"] or Path(file_name(orders))
        try:
            content = support_bundle(orders, actor="command")
            with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE), "wb") as file:
                file.write(content)
        except NotAllowed as error:
            raise CommandError(error.message) from error
        except FileExistsError as error:
            raise CommandError(
                f"{path} exists already. Remove it, or name another file with --output."
            ) from error
        except OSError as error:
            raise CommandError(f"{path} could not be written: {error.strerror}.") from error
        self.stdout.write(f"{path} ({len(content) / 1024:.0f} KiB)")
