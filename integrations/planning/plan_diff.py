"""What is different between two plans of one order: object by object and field by field. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from integrations.planning.plan_types import Fields, Plan, PlannedJob

Shown = str | int | bool | None
# Field values of one plan by the object they belong to: "job", "part 02", "shipment of job 1-2".
Objects = dict[str, dict[str, Shown]]


@dataclass(frozen=True)
class PlanOutcome:
    """What becomes of an order: its plan, whether it is sent now (`decision`), and why it is held back, if it is.

    `held_back` says in a sentence that something the order needs is switched off; "" when nothing is. `settings` are
    facts that are no field of Pace: its Pace server, the mode of its storefront.
    """

    plan: Plan
    decision: str
    held_back: str = ""
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def problems(self) -> str:
        """Why the order does not go through, in sentences; "" when it does."""
        return " ".join(dict.fromkeys([self.held_back, *(one.message for one in self.plan.problems)])).strip()


@dataclass(frozen=True)
class PlanDifference:
    """One field of one Pace object that would come out differently."""

    order: int
    object: str
    field: str
    before: Shown
    after: Shown


def differences(before: PlanOutcome, after: PlanOutcome) -> tuple[PlanDifference, ...]:
    """Everything in which two outcomes of one order differ, the order itself first."""
    number = after.plan.order_number
    return tuple(
        PlanDifference(number, name, field, old, new)
        for name, field, old, new in (*_of_order(before, after), *_of_objects(before.plan, after.plan))
    )


def _of_order(before: PlanOutcome, after: PlanOutcome) -> Iterator[tuple[str, str, Shown, Shown]]:
    facts = [("decision", before.decision, after.decision), ("problem", before.problems, after.problems)]
    old, new = dict(before.settings), dict(after.settings)
    facts += [(name, old.get(name, ""), new.get(name, "")) for name in dict.fromkeys([*old, *new])]
    yield from (("order", name, one or None, other or None) for name, one, other in facts if one != other)


def _of_objects(before: Plan, after: Plan) -> Iterator[tuple[str, str, Shown, Shown]]:
    if not before.jobs or not after.jobs:
        return  # denied or waiting: there is nothing to compare
    if len(before.jobs) != len(after.jobs):
        yield "order", "jobs", len(before.jobs), len(after.jobs)
    old, new = objects(before), objects(after)
    for name in dict.fromkeys([*new, *old]):
        if name in old and name in new:
            for field in dict.fromkeys([*new[name], *old[name]]):
                if old[name].get(field) != new[name].get(field):
                    yield name, field, old[name].get(field), new[name].get(field)
        elif len(before.jobs) == len(after.jobs):
            yield name, "planned", name in old, name in new


def objects(plan: Plan) -> Objects:
    """Every value of a plan that is known before the first write. Objects are numbered only where there are several."""
    found: Objects = {}
    if plan.party is not None:
        party = plan.party
        # The id of a customer that exists stands in the job's own field.
        found["customer"] = _values(party.create_customer)
        found["contact"] = {"id": party.contact_id, **_values(party.create_contact)}
    for job in plan.jobs:
        found |= _of_job(job, f" of job {job.unit}" if len(plan.jobs) > 1 else "")
    return found


def _of_job(job: PlannedJob, of_job: str) -> Objects:
    found: Objects = {f"job{of_job.removeprefix(' of job')}": _values(job.fields)}
    found[f"job contact{of_job}"] = _values(job.contact)
    for part in job.parts:
        label = f" {part.number}" if len(job.parts) > 1 else ""
        found[f"part{label}{of_job}"] = _values(part.fields)
        for file in part.files:
            found[f"file {file.item}-{file.number}{of_job}"] = _values(file.fields)
    for position, shipment in enumerate(job.shipments, start=1):
        label = f" {position}" if len(job.shipments) > 1 else ""
        found[f"shipment{label}{of_job}"] = _values(shipment.fields)
        found[f"shipment contact{label}{of_job}"] = _values(shipment.contact)
        found[f"carton{label}{of_job}"] = _values(shipment.carton)
    return found


def _values(fields: Fields) -> dict[str, Shown]:
    return {name: _shown(planned.value) for name, planned in fields.items() if planned.value is not None}


def _shown(value: object) -> Shown:
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, Decimal | date):
        return str(value)
    return value if isinstance(value, str | int | bool) or value is None else str(value)


def by_field(found: tuple[PlanDifference, ...]) -> Mapping[tuple[str, str], list[PlanDifference]]:
    """The differences of many orders grouped by kind of object and field, the most frequent first."""
    groups: dict[tuple[str, str], list[PlanDifference]] = {}
    for one in found:
        kind = one.object.split(" of job ")[0].rstrip(" 0123456789-")
        groups.setdefault((kind, one.field), []).append(one)
    return dict(sorted(groups.items(), key=lambda group: -len({one.order for one in group[1]})))
