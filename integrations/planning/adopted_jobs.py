"""Jobs that others made, as the hub keeps those of its own: which parts stand for which items. Pure.

The hub watches them, tells Pressero their statuses and adds files that come later, so it needs a plan with their numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from integrations.clients.pace.values import text_of
from integrations.clients.schemas import PresseroOrder
from integrations.planning.job_comparison import HeldJob, HeldPart, compare, pair_jobs
from integrations.planning.kits import Kits
from integrations.planning.plan_types import Plan
from integrations.planning.units import WHOLE_ORDER
from integrations.stored import StoredJob, StoredPart


@dataclass(frozen=True)
class AdoptedJob:
    """A job of others with the unit it stands for and the items that its parts are of. `data`: its piece of the plan."""

    unit: str
    job: HeldJob
    items: tuple[int, ...]
    data: StoredJob


def adopted_jobs(order: PresseroOrder, plan: Plan, held: Sequence[HeldJob]) -> tuple[AdoptedJob, ...]:
    """What the stored plan says of these jobs. Each part stands for an item: the one it was made for, as far as can be told."""
    return tuple(_Adoption(order, plan, held).jobs())


class _Adoption:
    def __init__(self, order: PresseroOrder, plan: Plan, held: Sequence[HeldJob]) -> None:
        self._held = held
        self._planned = {job["unit"]: job for job in plan.as_data()["jobs"]}
        self._units = {theirs.number: ours.unit for ours, theirs in pair_jobs(order.number, plan.jobs, held)}
        self._parts = {
            (pair.job, pair.held_part): (pair.unit, pair.part) for pair in compare(order, plan, held).parts
        }
        stand_for_themselves = [item.seq for item in Kits(order).parts()]
        taken = {self._planned_part(*place)["item"] for place in self._parts.values()}
        self._seqs = stand_for_themselves or [item.seq for item in order.items] or [1]
        self._open = [seq for seq in self._seqs if seq not in taken]

    def jobs(self) -> Iterator[AdoptedJob]:
        used: set[str] = set()
        for job in self._held:
            parts = [self._part(job, part) for part in job.parts] or [self._no_part()]
            items = tuple(sorted({part["item"] for part in parts}))
            unit = self._unit(job, items[0], used)
            used.add(unit)
            ours = self._planned.get(self._units.get(job.number, ""), StoredJob())
            yield AdoptedJob(unit, job, items, {
                "contact": {}, "name": "", "pace_makes_files": False,
                **ours,
                "unit": unit,
                "description": text_of(job.fields.get("description")),
                "items": list(items),
                "fields": ours.get("fields", {}),
                "parts": parts,
                "shipments": [],
            })  # fmt: skip

    def _unit(self, job: HeldJob, item: int, used: set[str]) -> str:
        """One job is the whole order; several are named by item and number, as planned where that can be told."""
        if len(self._held) == 1:
            return WHOLE_ORDER
        planned = self._units.get(job.number, WHOLE_ORDER)
        if planned != WHOLE_ORDER and planned not in used:
            return planned
        number = 1
        while (unit := f"{item}-{number}") in used or unit in self._units.values():
            number += 1
        return unit

    def _part(self, job: HeldJob, part: HeldPart) -> StoredPart:
        place = self._parts.get((job.number, part.number))
        if place is not None:
            return {**self._planned_part(*place), "number": part.number, "files": []}
        return {"number": part.number, "item": self._item(part), "fields": {}, "files": []}

    def _planned_part(self, unit: str, number: str) -> StoredPart:
        return next(part for part in self._planned[unit]["parts"] if part["number"] == number)

    def _item(self, part: HeldPart) -> int:
        """The item of a part that the plan does not have: by its line, else one that no part stands for yet."""
        line = text_of(part.fields.get("webOrderLine")).strip()
        if line.isdecimal() and int(line) in self._seqs:
            return int(line)
        return self._open.pop(0) if self._open else self._seqs[0]

    def _no_part(self) -> StoredPart:
        """A job without parts still stands for an item, whose status is the job's."""
        return {
            "number": "01",
            "item": self._open.pop(0) if self._open else self._seqs[0],
            "fields": {},
            "files": [],
        }
