"""A plan as tables for people: Pace field, value, where it comes from.

Works on the plain data of `Plan.as_data()`, which is also what an order keeps of the plan it was sent with; data of
older versions, with keys missing, still shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy

from automationhub.lib.shown_times import iso_as_shown
from integrations.admin.orders.code_names import Code, codes_in_plan, names_of
from integrations.admin.shared.displays import may_open
from integrations.planning.override_fields import CARTON, JOB, PART, SHIPMENT, changeable
from integrations.stored import StoredFields, StoredJob, StoredParty, StoredPlan, StoredSource, StoredValue

KIND_LABELS = {
    "pressero": gettext_lazy("Pressero"),
    "mapping": gettext_lazy("Mapping"),
    "parameter": gettext_lazy("Setting"),
    "default": gettext_lazy("Default"),
    "computed": gettext_lazy("Computed"),
    "pace": gettext_lazy("Pace"),
    "constant": gettext_lazy("Fixed"),
    "staff": gettext_lazy("Changed by staff"),
}
# Kinds as in the configuration file, and the tables their rows are in.
MAPPING_MODELS = {
    "products": "productmapping",
    "shipment_methods": "shipmentmethodmapping",
    "shipment_addresses": "shipmentaddressmapping",
    "statuses": "statusmapping",
    "holidays": "holiday",
    "fields": "fieldrule",
    "values": "tablevalue",
}

Reader = User | AnonymousUser


@dataclass(frozen=True)
class TableRow:
    """One Pace field. `was`: what was sent, when that differs from what would be sent now."""

    field: str
    value: str
    is_open: bool
    kind: str
    kind_label: str
    detail: str
    mapping_url: str = ""
    change_url: str = ""
    was: str = ""


@dataclass
class Table:
    title: str
    rows: list[TableRow]


@dataclass
class TableSection:
    """The customer and contact, or one job."""

    title: str
    notes: list[str]
    tables: list[Table] = field(default_factory=list)


def plan_sections(
    plan: StoredPlan,
    user: Reader,
    *,
    server_id: int | None = None,
    sent: StoredPlan | None = None,
    change_page: str = "",
) -> list[TableSection]:
    """The sections of a plan. With `sent`, values that differ from that plan say what was sent; with `change_page`, the
    values that may be changed for this order link to it; with `server_id`, codes of that Pace server have their names."""
    then = _values(sent) if sent else {}
    names = names_of(codes_in_plan(plan), server_id) if server_id else {}
    sections = []
    for key, title, notes, groups in _sections(plan):
        section = TableSection(title, notes)
        for name, fields, place in groups:
            rows = [
                _row(path, planned, user, then.get((key, name, path)), _change_url(change_page, place, path))
                for path, planned in fields.items()
            ]
            rows = [_named(row, names) for row in rows]
            if rows:
                section.tables.append(Table(name, rows))
        sections.append(section)
    return sections


def _named(row: TableRow, names: dict[Code, str]) -> TableRow:
    name = names.get((row.field, row.value))
    return replace(row, value=f"{row.value} {name}") if name else row


# Level and item of planning/override_fields.py; None where nothing may be changed.
Place = tuple[str, int | None] | None
Groups = list[tuple[str, StoredFields, Place]]


def _change_url(page: str, place: Place, field: str) -> str:
    key = f"{place[0]}.{field}" if place else ""
    if not page or not place or changeable(key) is None:
        return ""
    asked: dict[str, str | int] = {"key": key}
    if place[1] is not None:
        asked["item"] = place[1]
    return f"{page}?{urlencode(asked)}"


def _sections(plan: StoredPlan) -> Iterator[tuple[str, str, list[str], Groups]]:
    party = plan.get("party")
    if party:
        yield "party", "Customer and contact", _customer_notes(party), [
            ("New customer", party.get("create_customer") or {}, None),
            ("New contact", party.get("create_contact") or {}, None),
        ]  # fmt: skip
    for job in plan.get("jobs") or []:
        items = ", ".join(str(item) for item in job.get("items") or [])
        notes = (
            [f"Stands for {'item' if ',' not in items else 'items'} {items} of the order."] if items else []
        )
        yield f"job {job.get('unit')}", f"Job {job.get('description', '')}", notes, _job_groups(job)


def _customer_notes(party: StoredParty) -> list[str]:
    notes = []
    if detail := (party.get("source") or {}).get("detail"):
        notes.append(f"Found through {detail}." if party.get("customer_id") else f"A new customer: {detail}.")
    customer, contact = party.get("customer_id"), party.get("contact_id")
    notes.append(f"Customer {customer} is in Pace." if customer else "The customer is created in Pace.")
    notes.append(f"Contact {contact} is in Pace." if contact else "The contact is created in Pace.")
    return notes


def _job_groups(job: StoredJob) -> Groups:
    groups: Groups = [
        ("Job", job.get("fields") or {}, (JOB, None)),
        ("Job contact", job.get("contact") or {}, None),
    ]
    items = {part.get("number"): part.get("item") for part in job.get("parts") or []}
    for part in job.get("parts") or []:
        name = f"Part {part.get('number')} (item {part.get('item')})"
        groups.append((name, part.get("fields") or {}, (PART, part.get("item"))))
        for file in part.get("files") or []:
            groups.append((f"{name}, file {file.get('number')}", file.get("fields") or {}, None))
    for position, shipment in enumerate(job.get("shipments") or [], start=1):
        name = f"Shipment {position}"
        parts = ", ".join(shipment.get("parts") or [])
        first = items.get(next(iter(shipment.get("parts") or []), None))
        title = f"{name} with {'part' if ',' not in parts else 'parts'} {parts}"
        groups.append((title, shipment.get("fields") or {}, (SHIPMENT, first)))
        groups.append((f"{name}, ship-to contact", shipment.get("contact") or {}, None))
        groups.append((f"{name}, carton", shipment.get("carton") or {}, (CARTON, first)))
        for content in shipment.get("contents") or []:
            groups.append(
                (f"{name}, carton content: part {content.get('part')}", content.get("fields") or {}, None)
            )
    return groups


def _values(plan: StoredPlan) -> dict[tuple[str, str, str], str]:
    return {
        (key, name, path): shown_value(planned.get("value"))
        for key, _title, _notes, groups in _sections(plan)
        for name, fields, _place in groups
        for path, planned in fields.items()
    }


def _row(name: str, planned: StoredValue, user: Reader, was: str | None, change_url: str) -> TableRow:
    source = planned.get("source") or {}
    value = shown_value(planned.get("value"))
    kind = str(source.get("kind", ""))
    return TableRow(
        field=name,
        value=value,
        is_open=planned.get("value") is None,
        kind=kind,
        kind_label=str(KIND_LABELS.get(kind, kind)),
        detail=str(source.get("detail", "")),
        mapping_url=_mapping_url(source, user),
        change_url=change_url,
        was="" if was is None or was == value else was,
    )


def shown_value(value: Any) -> str:
    if value is None:
        return "given by Pace"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return iso_as_shown(str(value)) or "(empty)"


def _mapping_url(source: StoredSource, user: Reader) -> str:
    model = MAPPING_MODELS.get(str(source.get("mapping", "")))
    row_id = source.get("row_id")
    if model is None or not isinstance(row_id, int) or not may_open(user, "mappings", model):
        return ""
    return reverse(f"admin:mappings_{model}_change", args=[row_id])
