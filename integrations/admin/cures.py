"""Where a matter of configuration can be mended: the same links on an order's page, in the inbox and on the first page."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy

from integrations.admin import displays
from integrations.enums import FailureMode
from integrations.models import Storefront

# Of a cause's first word: the table of the cure, its name, and where the coverage shows it.
_MAPPINGS = {
    "item_template": ("productmapping", gettext_lazy("Open the product mappings"), "products"),
    "shipment_method": (
        "shipmentmethodmapping",
        gettext_lazy("Open the shipment methods"),
        "shipment_methods",
    ),
    "ship_via": ("shipmentmethodmapping", gettext_lazy("Open the shipment methods"), "shipment_methods"),
}


@dataclass(frozen=True)
class Cure:
    """A link to where something can be mended. `first`: the one to take when one has to be chosen."""

    label: str
    url: str
    first: bool = False


def cures(request: HttpRequest, storefront: Storefront, cause: str, failure_mode: str) -> list[Cure]:
    """The pages that this person may open, the most direct one first. Empty for what no page can mend.

    Needs `storefront` with its Pace server and Pressero account.
    """
    if failure_mode != FailureMode.CONFIG:
        return []
    kind, _, wanted = cause.partition(":")
    found = (
        _mapping_cures(request, storefront, kind, wanted)
        if kind in _MAPPINGS
        else _tests(request, storefront)
    )
    connections = (storefront.pace_server, storefront.pressero_account)
    for row, name, label in (
        (storefront, "storefront", gettext("Open the storefront")),
        (connections[0], "paceserver", gettext("Open the Pace server")),
        (connections[1], "presseroaccount", gettext("Open the Pressero account")),
    ):
        if displays.may_open(request.user, "integrations", name):
            found.append(Cure(label, displays.change_url(row)))
    return found


def _mapping_cures(request: HttpRequest, storefront: Storefront, kind: str, wanted: str) -> list[Cure]:
    model, label, section = _MAPPINGS[kind]
    found = []
    if kind == "shipment_method" and wanted and request.user.has_perm(f"mappings.add_{model}"):
        fill = urlencode({"storefront": str(storefront.pk), "pressero_method": wanted})
        found.append(
            Cure(
                gettext("Add the missing row"), f"{reverse(f'admin:mappings_{model}_add')}?{fill}", first=True
            )
        )
    if displays.may_open(request.user, "mappings", model):
        found.append(Cure(label, reverse(f"admin:mappings_{model}_changelist")))
    if displays.may_open(request.user, "integrations", "storefront"):
        url = reverse("mapping-coverage-of", args=[storefront.pk])
        found.append(Cure(gettext("See what is not mapped"), f"{url}#{section}"))
    return found


def _tests(request: HttpRequest, storefront: Storefront) -> list[Cure]:
    """For trouble with a connection: trying it."""
    found = []
    for row, name, label in (
        (storefront.pace_server, "paceserver", gettext("Test the connection to Pace")),
        (storefront.pressero_account, "presseroaccount", gettext("Test the connection to Pressero")),
    ):
        if request.user.has_perm(f"integrations.test_{name}"):
            url = reverse(f"admin:integrations_{name}_test_connection", args=[row.pk])
            found.append(Cure(label, url))
    return found
