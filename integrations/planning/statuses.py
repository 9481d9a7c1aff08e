"""What Pressero is to show for the statuses that Pace's jobs have (docs/statuses.md §1). Pure.

An item's *sources* are the job parts that stand for it: usually one, several for an item that became one job per file
and for a kit. Each source's statuses are looked up in the status mapping. When sources lead to different stages, the
one that comes first in the item's workflow counts: an item has got as far as its slowest part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from integrations.clients.pace.status import PolledJob
from integrations.clients.schemas import PresseroOrder
from integrations.planning.kits import Kits
from integrations.stored import StoredCandidate, StoredPlan
from mappings.note_text import fill
from mappings.resolution import stage_for_status
from mappings.text import name_key
from mappings.types import StatusRow


@dataclass(frozen=True)
class StatusSource:
    """A part of one of the order's jobs; `unit` names the job within the order."""

    unit: str
    part: str


@dataclass(frozen=True)
class Candidate:
    """A stage that one source asks for. `stage` is what the mapping row says: the id of a stage, or its name."""

    stage: str
    note: str
    row: int
    reason: str
    job: str
    part: str
    status: str

    def as_data(self) -> StoredCandidate:
        return cast(StoredCandidate, asdict(self))


@dataclass(frozen=True)
class Unmapped:
    """Statuses that no row answers; for the coverage report."""

    job_status: str
    part_status: str
    workflow: str


@dataclass(frozen=True)
class TargetStage:
    """What an item is to show. Without candidates nothing is told; `unmapped` says for which statuses no row exists."""

    candidates: tuple[Candidate, ...]
    unmapped: tuple[Unmapped, ...] = ()


def sources_of_items(plan: StoredPlan | None, order: PresseroOrder) -> dict[int, tuple[StatusSource, ...]]:
    """Each item's sources, by item number. A kit has those of its parts."""
    kits = Kits(order)
    by_seq = {item.seq: item for item in kits.items}
    found: dict[int, list[StatusSource]] = {}
    for job in (plan or {}).get("jobs", []):
        for part in job["parts"]:
            source = StatusSource(job["unit"], part["number"])
            item = by_seq.get(part["item"])
            kit_numbers = [kit.seq for kit in kits.ancestors(item)] if item is not None else []
            for seq in (part["item"], *kit_numbers):
                found.setdefault(seq, []).append(source)
    return {seq: tuple(dict.fromkeys(sources)) for seq, sources in found.items()}


def target_for_item(
    sources: Sequence[StatusSource],
    polled_jobs: Mapping[str, PolledJob],
    rows: Iterable[StatusRow],
    *,
    storefront_id: int,
    workflow: str,
    workflow_name: str = "",
    order_number: int,
    tracking: Mapping[str, str],
) -> TargetStage:
    """What an item is to show, by the readings of its jobs (by unit) and the mapping rows. `tracking`: by job number."""
    rows = tuple(rows)
    candidates: list[Candidate] = []
    unmapped: list[Unmapped] = []
    for source in sources:
        job = polled_jobs.get(source.unit)
        if job is None:
            continue
        part = job.parts.get(source.part)
        part_status = part.id if part else ""
        answer = stage_for_status(
            rows,
            storefront_id,
            job_status=job.status.id,
            part_status=part_status,
            workflow=workflow,
            workflow_name=workflow_name,
        )
        if answer.source.row_id is None:
            unmapped.append(Unmapped(job.status.id, part_status, workflow))
            continue
        level = next(row.level for row in rows if row.id == answer.source.row_id)
        status = part.shown if level == "part" and part else job.status.shown
        values = {
            "order": str(order_number),
            "job": job.number,
            "part": source.part,
            "status": status,
            "tracking": tracking.get(job.number, ""),
        }
        candidates.append(
            Candidate(
                stage=answer.pressero_stage,
                note=fill(answer.note, values),
                row=answer.source.row_id,
                reason=answer.source.reason,
                job=job.number,
                part=source.part,
                status=status,
            )
        )
    return TargetStage(tuple(candidates), tuple(dict.fromkeys(unmapped)))


def is_same_target(before: Sequence[Mapping[str, Any]], after: Sequence[Candidate]) -> bool:
    """Whether two targets ask for the same: other notes or other parts in the same stage are no news."""
    asked = {(name_key(str(one["stage"])), one["row"]) for one in before}
    return asked == {(name_key(one.stage), one.row) for one in after}


@dataclass(frozen=True)
class StageChoice:
    """A stage of a workflow as far as choosing needs it."""

    id: str
    seq: int = 0
    name: str = ""
    customer_name: str = ""


Workflows = Mapping[str, Sequence[StageChoice]]
"""The stages of every workflow of an account, by the workflow's id in lower case."""


def same_stage(one: str, other: str) -> bool:
    """Whether two stage ids are the same; an empty one is none."""
    return bool(one) and name_key(one) == name_key(other)


def find_stage(text: str, workflow: str, workflows: Workflows) -> StageChoice | None:
    """The stage of this workflow that `text` means: by id, by name, or, for the id of another workflow's stage, by that
    stage's name. None when the workflow has none."""
    own = workflows.get(name_key(workflow), ())
    if found := _by_id_or_name(text, own):
        return found
    for stages in workflows.values():
        elsewhere = next((stage for stage in stages if name_key(stage.id) == name_key(text)), None)
        if elsewhere is not None:
            return _by_id_or_name(elsewhere.name, own)
    return None


def _by_id_or_name(text: str, stages: Sequence[StageChoice]) -> StageChoice | None:
    key = name_key(text)
    if not key:
        return None
    for read in (lambda one: one.id, lambda one: one.name, lambda one: one.customer_name):
        for stage in stages:
            if name_key(read(stage)) == key:
                return stage
    return None


def slowest(
    candidates: Sequence[Candidate], stages: Mapping[Candidate, StageChoice]
) -> tuple[Candidate, StageChoice]:
    """The candidate whose stage comes first in the workflow. `stages` holds the stage of each candidate."""
    best = min(candidates, key=lambda one: stages[one].seq)
    return best, stages[best]


def means_stage(wanted: str, stage_id: str, stage_name: str) -> bool:
    """Whether a stage named in a setting (by id or by name) is this one."""
    key = name_key(wanted)
    return bool(key) and key in (name_key(stage_id), name_key(stage_name))
