"""What several commands ask for: a storefront by name, an order number."""

from argparse import ArgumentTypeError

from django.core.management.base import CommandError, CommandParser

from integrations.models import Storefront


def order_number(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 2**63:
        raise ArgumentTypeError(f"{text!r} is no order number: it holds digits only")
    return int(text)


def add_order_arguments(parser: CommandParser) -> None:
    parser.add_argument("storefront", help="the storefront's name, as in the hub")
    parser.add_argument("number", type=order_number, help="Pressero's order number")


def storefront_named(name: str) -> Storefront:
    """Raises CommandError that lists the names there are."""
    related = ("pace_server", "pressero_account")
    found = Storefront.objects.select_related(*related).filter(name__iexact=name.strip()).first()
    if found is None:
        names = (
            ", ".join(f"“{known}”" for known in Storefront.objects.values_list("name", flat=True))
            or "none yet"
        )
        raise CommandError(f"There is no storefront called “{name}”. There are: {names}.")
    return found
