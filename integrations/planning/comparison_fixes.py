"""What would remove a difference between our plan and a job that others made: a mapping row, a setting, a field rule. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from integrations.planning.plan_types import FieldSource, PlannedValue, SourceKind


class FixKind(StrEnum):
    """Where a fix is made."""

    MAPPING = "mapping"
    STOREFRONT = "storefront"
    SERVER = "server"
    RULE = "rule"
    NONE = ""


@dataclass(frozen=True)
class ComparisonFix:
    """One change that removes a difference, as a sentence, and where it is made.

    `target`: the kind of mapping, the setting, or the object whose field gets a rule. `row` is the mapping row to change;
    None for one to add. `subject` is what a row to add is for: a shipping method, a product.
    """

    sentence: str
    kind: FixKind = FixKind.NONE
    target: str = ""
    row: int | None = None
    subject: str = ""


@dataclass(frozen=True)
class FixPlace:
    """Where a difference is: the Pace object and field, and what of the order it stands for."""

    object: str
    field: str
    method: str = ""
    product: str = ""


_ROWS = {
    "products": "product mapping",
    "shipment_methods": "shipment method mapping",
    "shipment_addresses": "shipment address mapping",
}
_ANSWERS = {"shipVia": "ship via", "accountNumber": "account number", "itemTemplate": "item template"}
_SHIPPING = ("shipVia", "accountNumber", "forcedAccountNumber")
_DATES = ("scheduledShipDateTime", "promiseDateTime", "dateTime")
_STOREFRONT = {"jobType": "job_type", "adminStatus": "admin_status", "poNum": "default_po_number"}
_SERVER = {"jobOrderType": "job_order_type", "shipmentType": "shipment_type", "country": "home_country"}
_LABELS = {
    "job_type": "job type",
    "admin_status": "job status",
    "default_po_number": "default PO number",
    "job_order_type": "job order type",
    "shipment_type": "shipment type",
    "home_country": "home country",
}
# What no field rule can set: the hub finds its own work by it, or Pace gives it.
_NO_RULE = {
    ("job", "customer"),
    ("job", "jobContact"),
    ("shipment", "stateKey"),
}


def fix_for(place: FixPlace, planned: PlannedValue | None, theirs: str) -> ComparisonFix:
    """The nearest change that would make the plan hold `theirs` in this field."""
    if place.field in _SHIPPING:
        return _shipping_fix(place, planned, theirs)
    if place.field == "itemTemplate":
        return _template_fix(place, planned, theirs)
    if (place.object, place.field) == ("job", "customer"):
        text = f"Set the storefront's Integration ID to {theirs}."
        return ComparisonFix(text, FixKind.STOREFRONT, "integration_id")
    if (place.object, place.field) == ("job", "jobContact"):
        return ComparisonFix(
            "The contact is the one with the buyer's email. Correct the email of the contact that should be used in Pace."
        )
    if place.field in _DATES:
        return ComparisonFix(
            "Change the storefront's ship date settings (default ship days, skip holidays, holiday rule), or add a field "
            "rule for the date.",
            FixKind.STOREFRONT,
            "default_ship_days",
        )
    return _setting_fix(place, planned, theirs) or _rule(place)


def structure_fix(field: str) -> ComparisonFix:
    """For another number of jobs, parts or shipments."""
    if field == "jobs":
        text = "Change the storefront's setting “One job per item”."
        return ComparisonFix(text, FixKind.STOREFRONT, "one_job_per_item")
    if field == "parts":
        return ComparisonFix(
            "Automation Hub makes one part for each item, and one for each component of a kit."
        )
    if field == "files":
        return ComparisonFix("Automation Hub links every file of an item to its part.")
    return ComparisonFix("Automation Hub makes one shipment for each address and shipping method.")


def _shipping_fix(place: FixPlace, planned: PlannedValue | None, theirs: str) -> ComparisonFix:
    field = "accountNumber" if place.field == "forcedAccountNumber" else place.field
    answer = _ANSWERS[field]
    wanted = f"{answer} {theirs}" if theirs else f"no {answer}"
    source = planned.source if planned else None
    if source is not None and source.row_id is not None:
        text = f"Change {_row(source, place)} so that it gives {wanted}."
        return ComparisonFix(text, FixKind.MAPPING, source.mapping, source.row_id)
    if place.method:
        text = f"Add a shipment method mapping for “{place.method}” with {wanted}."
        return ComparisonFix(text, FixKind.MAPPING, "shipment_methods", subject=place.method)
    target = "default_ship_via" if field == "shipVia" else "default_account_number"
    return ComparisonFix(f"Set the storefront's default {answer} to {theirs}.", FixKind.STOREFRONT, target)


def _template_fix(place: FixPlace, planned: PlannedValue | None, theirs: str) -> ComparisonFix:
    source = planned.source if planned else None
    if source is not None and source.row_id is not None:
        change = (
            f"so that it gives item template {theirs}" if theirs else "or delete it: the other job has none"
        )
        return ComparisonFix(
            f"Change {_row(source, place)} {change}.",
            FixKind.MAPPING,
            "products",
            source.row_id,
        )
    if not theirs:
        return ComparisonFix(
            f"Remove the Integration Id of the product “{place.product}” in Pressero: it gives the item template."
        )
    text = f"Add a product mapping for “{place.product}” with item template {theirs}."
    return ComparisonFix(text, FixKind.MAPPING, "products", subject=place.product)


def _row(source: FieldSource, place: FixPlace) -> str:
    """A mapping row as people find it: what it is for, and its number."""
    kind = _ROWS.get(source.mapping, "mapping")
    subject = {"products": place.product, "shipment_methods": place.method}.get(source.mapping, "")
    return f"the {kind} for “{subject}” (row {source.row_id})" if subject else f"{kind} row {source.row_id}"


def _setting_fix(place: FixPlace, planned: PlannedValue | None, theirs: str) -> ComparisonFix | None:
    """Where the value came from a setting, or a setting decides about the field for all orders."""
    if place.field == "poNum" and (planned is None or planned.source.kind != SourceKind.PARAMETER):
        return None
    if place.field == "country" and planned is not None and "home_country" not in planned.source.detail:
        return None
    wanted = theirs or "blank"
    if (target := _STOREFRONT.get(place.field)) and place.object == "job":
        return ComparisonFix(
            f"Set the storefront's {_LABELS[target]} to {wanted}.", FixKind.STOREFRONT, target
        )
    if target := _SERVER.get(place.field):
        return ComparisonFix(f"Set the Pace server's {_LABELS[target]} to {wanted}.", FixKind.SERVER, target)
    return None


def _rule(place: FixPlace) -> ComparisonFix:
    if (place.object, place.field) in _NO_RULE:
        return ComparisonFix("Automation Hub always sets this field, and no rule can change it.")
    return ComparisonFix(f"Add a field rule for {place.object} {place.field}.", FixKind.RULE, place.object)
