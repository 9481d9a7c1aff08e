"""Comparing an order's plan with the jobs that people or another connector made for it, field by field: pure.

Both systems number parts and shipments as they like, so these are paired by what they are about first. Only fields that the
plan fills are compared: what else the other job holds, Pace or people may have put there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from integrations.clients.pace.values import flag_of, text_of
from integrations.clients.schemas import PresseroItem, PresseroOrder
from integrations.planning.comparison_fixes import ComparisonFix, FixPlace, fix_for, structure_fix
from integrations.planning.links import file_key
from integrations.planning.plan_types import (
    Fields,
    Plan,
    PlannedJob,
    PlannedPart,
    PlannedShipment,
    PlannedValue,
)
from integrations.planning.same_values import means_the_same
from integrations.stored import StoredComparedRow, StoredComparedTable

# By these a job is found: whose they are is told by finding it, however they are spelled.
IDENTITY = {("job", "description"), ("job", "webOrderID"), ("part", "webOrderLine")}
# Pace has this column only while a job is made.
ONLY_WHILE_MADE = {"part1QuantityOrdered"}
# What changes while a job goes through the plant, and what is "now".
_NOT_COMPARED = {
    "job": {*ONLY_WHILE_MADE, "earliestStartDateTime", "adminStatus", "shipToJobContact", "billToJobContact"},
    "part": {"jobPart"},
    "shipment": {"job", "jobPart", "jobPartKey", "planned", "description"},
}  # fmt: skip
# Of these nothing planned is a value, too: the other system filled what we leave empty.
ALSO_READ = {"job": (), "part": ("itemTemplate", "additionalDescription"), "shipment": ("accountNumber",)}
NEW_CUSTOMER, NEW_CONTACT = "(new customer)", "(new contact)"

Ours = TypeVar("Ours")
Theirs = TypeVar("Theirs")


@dataclass(frozen=True)
class HeldPart:
    """A part as Pace holds it."""

    number: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class HeldJob:
    """A job as Pace holds it, with what belongs to it. `files` are links. `contact` is the Contact of its job contact."""

    number: str
    fields: Mapping[str, Any]
    parts: tuple[HeldPart, ...] = ()
    shipments: tuple[Mapping[str, Any], ...] = ()
    files: tuple[str, ...] = ()
    contact: str = ""


@dataclass(frozen=True)
class JobDifference:
    """One field that differs, and what would remove that."""

    object: str
    field: str
    ours: str
    theirs: str
    fix: ComparisonFix


@dataclass(frozen=True)
class PartPair:
    """A part of the plan and the one in Pace that stands for the same item."""

    unit: str
    part: str
    job: str
    held_part: str


@dataclass
class JobComparison:
    """All that came of comparing one order."""

    differences: list[JobDifference] = field(default_factory=list)
    tables: list[StoredComparedTable] = field(default_factory=list)
    parts: list[PartPair] = field(default_factory=list)

    @property
    def is_same(self) -> bool:
        return not self.differences


def compare(order: PresseroOrder, plan: Plan, held: Sequence[HeldJob]) -> JobComparison:
    """The plan beside the jobs in Pace."""
    found = JobComparison()
    items = {item.seq: item for item in order.items}
    _count(found, "job", "jobs", len(plan.jobs), len(held))
    for ours, theirs in pair_jobs(order.number, plan.jobs, held):
        _compare_job(found, items, ours, theirs)
    found.differences = list(dict.fromkeys(found.differences))
    return found


def pair_jobs(
    number: int, planned: Sequence[PlannedJob], held: Sequence[HeldJob]
) -> Iterator[tuple[PlannedJob, HeldJob]]:
    """Units of the plan and jobs in Pace that stand for the same: by their web order ID, their description, their place."""

    def by_id(ours: PlannedJob, theirs: HeldJob) -> bool:
        return text_of(theirs.fields.get("webOrderID")).strip() == f"{number}-{ours.unit}"

    def by_description(ours: PlannedJob, theirs: HeldJob) -> bool:
        return means_the_same("description", ours.description, theirs.fields.get("description"))

    return _paired(planned, held, by_id, by_description)


def _compare_job(
    found: JobComparison, items: Mapping[int, PresseroItem], ours: PlannedJob, theirs: HeldJob
) -> None:
    first = items.get(ours.parts[0].item) if ours.parts else None
    place = FixPlace("job", "", _method(first), _product(first))
    _compare_fields(found, f"Job {theirs.number}", place, _with_contact(ours), _held_fields(theirs))
    _count(found, "job", "parts", len(ours.parts), len(theirs.parts))
    for part, held in _paired(ours.parts, theirs.parts, _same_line, _same_product, _same_quantity):
        found.parts.append(PartPair(ours.unit, part.number, theirs.number, held.number))
        item = items.get(part.item)
        place = FixPlace("part", "", _method(item), _product(item))
        _compare_fields(found, f"Job {theirs.number}, part {held.number}", place, part.fields, held.fields)
    _count(found, "job", "shipments", len(ours.shipments), len(theirs.shipments))
    seqs = {part.number: part.item for part in ours.parts}
    shipments = _paired(ours.shipments, theirs.shipments, _same_address, _same_town)
    for position, (shipment, fields) in enumerate(shipments, start=1):
        item = items.get(seqs.get(shipment.parts[0], 0)) if shipment.parts else None
        place = FixPlace("shipment", "", _method(item), _product(item))
        _compare_fields(
            found, f"Job {theirs.number}, shipment {position}", place, _lasting(shipment, fields), fields
        )
    _compare_files(found, ours, theirs)


def _compare_fields(
    found: JobComparison, title: str, place: FixPlace, ours: Fields, theirs: Mapping[str, Any]
) -> None:
    rows: list[StoredComparedRow] = []
    also = [
        name for name in ALSO_READ[place.object] if name not in ours and text_of(theirs.get(name)).strip()
    ]
    for name in (*ours, *also):
        planned = ours.get(name)
        if name.endswith("Forced") or name not in theirs or (planned and planned.value is None):
            continue
        value, held = planned.value if planned else "", theirs[name]
        same: bool | None = means_the_same(name, value, held)
        if name in _NOT_COMPARED[place.object] or (place.object, name) in IDENTITY:
            same = None
        rows.append({"field": name, "ours": shown(value), "theirs": shown(held), "same": same})
        if same is False:
            where = FixPlace(place.object, name, place.method, place.product)
            fix = fix_for(where, planned, shown(held))
            found.differences.append(JobDifference(place.object, name, shown(value), shown(held), fix))
    found.tables.append({"title": title, "rows": rows})


def _with_contact(job: PlannedJob) -> Fields:
    """The job's fields, with the contact behind its job contact and a customer or contact that is still to be created."""
    fields = dict(job.fields)
    for name, planned, new in (
        ("customer", fields.get("customer"), NEW_CUSTOMER),
        ("jobContact", job.contact.get("contact"), NEW_CONTACT),
    ):
        if planned is not None:
            fields[name] = planned if planned.value is not None else PlannedValue(new, planned.source)
    return fields


def _held_fields(job: HeldJob) -> dict[str, Any]:
    return {**job.fields, "jobContact": job.contact}


def _lasting(shipment: PlannedShipment, held: Mapping[str, Any]) -> Fields:
    """The shipment's fields, without those that its shipping has changed since."""
    if not flag_of(held.get("shipped"), unset=False):
        return shipment.fields
    return {name: value for name, value in shipment.fields.items() if name not in ("dateTime", "quantity")}


def _compare_files(found: JobComparison, ours: PlannedJob, theirs: HeldJob) -> None:
    planned = [file for part in ours.parts for file in part.files]
    if len(planned) == len(theirs.files):
        return
    held = {file_key(url) for url in theirs.files}
    rows: list[StoredComparedRow] = [
        {"field": "fileUrl", "ours": url, "theirs": url if is_there else "", "same": is_there}
        for url in (shown(file.fields["fileUrl"].value) for file in planned)
        for is_there in [file_key(url) in held]
    ]
    found.tables.append({"title": f"Job {theirs.number}, files", "rows": rows})
    _count(found, "job", "files", len(planned), len(theirs.files))


def _count(found: JobComparison, kind: str, name: str, ours: int, theirs: int) -> None:
    if ours != theirs:
        found.differences.append(JobDifference(kind, name, str(ours), str(theirs), structure_fix(name)))


# --- pairing ----------------------------------------------------------------------------------------------------


def _paired(
    ours: Iterable[Ours], theirs: Iterable[Theirs], *rules: Callable[[Ours, Theirs], bool]
) -> Iterator[tuple[Ours, Theirs]]:
    """Pairs in the order of `ours`: by the first rule that holds for any, and what is left by its place."""
    mine, open_ = list(ours), list(theirs)
    partner: dict[int, Theirs] = {}
    for rule in (*rules, lambda _ours, _theirs: True):
        for position, one in enumerate(mine):
            if position in partner:
                continue
            match = next((other for other in open_ if rule(one, other)), None)
            if match is not None:
                partner[position] = match
                open_.remove(match)
    return ((one, partner[position]) for position, one in enumerate(mine) if position in partner)


def _same_line(ours: PlannedPart, theirs: HeldPart) -> bool:
    return text_of(theirs.fields.get("webOrderLine")).strip() == str(ours.item)


def _same_product(ours: PlannedPart, theirs: HeldPart) -> bool:
    template = ours.fields.get("itemTemplate")
    same = template is not None and means_the_same(
        "itemTemplate", template.value, theirs.fields.get("itemTemplate")
    )
    return same and _same_quantity(ours, theirs)


def _same_quantity(ours: PlannedPart, theirs: HeldPart) -> bool:
    return means_the_same("qtyOrdered", ours.fields["qtyOrdered"].value, theirs.fields.get("qtyOrdered"))


def _same_address(ours: PlannedShipment, theirs: Mapping[str, Any]) -> bool:
    return _same_town(ours, theirs) and all(
        _alike(ours.fields.get(name), theirs.get(name)) for name in ("address1", "shipVia")
    )


def _same_town(ours: PlannedShipment, theirs: Mapping[str, Any]) -> bool:
    return all(_alike(ours.fields.get(name), theirs.get(name)) for name in ("zip", "city"))


def _alike(planned: PlannedValue | None, held: Any) -> bool:
    value = planned.value if planned else ""
    return text_of(value).strip().casefold() == text_of(held).strip().casefold()


# --- showing ----------------------------------------------------------------------------------------------------


def _method(item: PresseroItem | None) -> str:
    return "" if item is None else (item.method_name.strip() or item.method_id.strip())


def _product(item: PresseroItem | None) -> str:
    return "" if item is None else item.product_name.strip()


def shown(value: Any) -> str:
    """A value of a field as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(" ", timespec="minutes")
    text = text_of(value).strip()
    if len(text) > 10 and text[10] == "T" and text[:4].isdecimal():
        try:
            return datetime.fromisoformat(text).isoformat(" ", timespec="minutes")
        except ValueError:
            return text
    return text
