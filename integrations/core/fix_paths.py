"""The most direct fix of a cause: the one form of the portal that frees its orders, with what is known filled in."""

from __future__ import annotations

from django.urls import reverse
from django.utils.http import urlencode

from integrations.causes import Cause


def missing_row(cause: Cause, storefront_id: int, message: str) -> str:
    """The path of the form for the mapping row whose absence is this cause, "" for causes that no new row answers.

    `message`: what stopped an order; it has the name as Pressero spells it. The form is told the cause, so that it names
    the orders that wait for it.
    """
    if not cause.kind.fix.new_row or not cause.subject:
        return ""
    named = as_spelled(cause.subject, message)
    fill = urlencode({"storefront": str(storefront_id), "pressero_method": named, "cause": cause.key})
    return f"{reverse('admin:mappings_shipmentmethodmapping_add')}?{fill}"


def as_spelled(wanted: str, message: str) -> str:
    """What a cause names, as the message spells it: causes are folded to lower case."""
    start = message.casefold().find(f'"{wanted}"') + 1
    spelled = message[start : start + len(wanted)]
    return spelled if start and wanted and spelled.casefold() == wanted else wanted
