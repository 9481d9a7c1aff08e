"""What several commands ask for: a storefront by name, an order number."""

import getpass
from argparse import ArgumentTypeError
from typing import TypeVar

from django.core.management.base import CommandError, CommandParser
from django.db.models import Q

from integrations.models import PaceServer, PresseroAccount, Storefront

System = TypeVar("System", PaceServer, PresseroAccount)


def order_number(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 2**63:
        raise ArgumentTypeError(f"{text!r} is not an order number: use digits only")
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


def pace_server_named(name: str) -> PaceServer:
    """By short name or name. Raises CommandError that lists the servers there are."""
    return _system_named(PaceServer, name, "Pace server")


def pressero_account_named(name: str) -> PresseroAccount:
    """By short name or name. Raises CommandError that lists the accounts there are."""
    return _system_named(PresseroAccount, name, "Pressero account")


def _system_named(model: type[System], name: str, what: str) -> System:
    named = Q(slug__iexact=name.strip()) | Q(name__iexact=name.strip())
    found = model._default_manager.filter(named).first()
    if found is None:
        slugs = ", ".join(model._default_manager.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no {what} called “{name}”. There are: {slugs}.")
    return found


def login_name() -> str:
    """Who sits at the command line, for the history of what they change; "" where the system does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
