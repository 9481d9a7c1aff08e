"""Where a matter of configuration can be mended: the same links on an order's page, in the inbox and on the first page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy

from integrations.admin.shared import displays
from integrations.causes import Cause
from integrations.core.fix_paths import missing_row
from integrations.enums import FailureMode
from integrations.models import Storefront

# Of a kind of mapping, which is its section of the coverage page too: its table, and its name.
_MAPPINGS = {
    "products": ("productmapping", gettext_lazy("Open the product mappings")),
    "shipment_methods": ("shipmentmethodmapping", gettext_lazy("Open the shipment methods")),
}


@dataclass(frozen=True)
class FixLink:
    """A link to where something can be mended. `first`: the one to take when one has to be chosen."""

    label: str | Promise
    url: str
    first: bool = False


def fixes(
    request: HttpRequest, storefront: Storefront, cause: Cause, failure_mode: str, message: str = ""
) -> list[FixLink]:
    """The pages that this person may open, the most direct one first. Empty for what no page can mend.

    Each form is told the cause, so that it can name the orders that wait for it. `message`: what stopped an order; it
    has the names as Pressero spells them. Needs `storefront` with its Pace server and Pressero account.
    """
    if failure_mode != FailureMode.CONFIG:
        return []
    found = (
        _mapping_fixes(request, storefront, cause, message)
        if cause.kind.fix.mapping
        else _tests(request, storefront)
    )
    connections = (storefront.pace_server, storefront.pressero_account)
    for row, name, label in (
        (storefront, "storefront", gettext("Open the storefront")),
        (connections[0], "paceserver", gettext("Open the Pace server")),
        (connections[1], "presseroaccount", gettext("Open the Pressero account")),
    ):
        if displays.may_open(request.user, "integrations", name):
            asked = (
                {"cause": cause.key, **({"storefront": row.pk} if row is storefront else {})} if cause else {}
            )
            found.append(FixLink(label, _with(displays.change_url(row), asked)))
    return found


def _with(url: str, asked: dict[str, Any]) -> str:
    return f"{url}?{urlencode(asked)}" if asked else url


def _mapping_fixes(request: HttpRequest, storefront: Storefront, cause: Cause, message: str) -> list[FixLink]:
    fix = cause.kind.fix
    model, label = _MAPPINGS[fix.mapping]
    found = []
    add = missing_row(cause, storefront.pk, message)
    if add and request.user.has_perm(f"mappings.add_{model}"):
        found.append(FixLink(gettext("Add the missing row"), add, first=True))
    if displays.may_open(request.user, "mappings", model):
        # The rows that name the code at fault, where they can be corrected in place.
        narrow = {fix.narrow_by: cause.subject} if fix.narrow_by else {}
        found.append(
            FixLink(label, _with(reverse(f"admin:mappings_{model}_changelist"), narrow), first=bool(narrow))
        )
    if displays.may_open(request.user, "integrations", "storefront"):
        url = reverse("mapping-coverage-of", args=[storefront.pk])
        found.append(FixLink(gettext("See what is not mapped"), f"{url}#{fix.mapping}"))
    return found


def _tests(request: HttpRequest, storefront: Storefront) -> list[FixLink]:
    """For trouble with a connection: trying it."""
    found = []
    for row, name, label in (
        (storefront.pace_server, "paceserver", gettext("Test the connection to Pace")),
        (storefront.pressero_account, "presseroaccount", gettext("Test the connection to Pressero")),
    ):
        if request.user.has_perm(f"integrations.test_{name}"):
            url = reverse(f"admin:integrations_{name}_test_connection", args=[row.pk])
            found.append(FixLink(label, url))
    return found
