"""Adding files to jobs that are in Pace already, once each (docs/mapping.md §7).

What is known to be there stands on the job's row, so that an event without news costs no call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from integrations.causes import CauseKind
from integrations.clients.pace.xpath import field_equals
from integrations.clients.schemas import PresseroOrder
from integrations.enums import JobState
from integrations.errors import PermanentError
from integrations.models import PaceJob
from integrations.orders.submission import inputs
from integrations.orders.submission.context import SubmissionContext
from integrations.orders.submission.job_writer import files_in_pace, link_file
from integrations.orders.submission.pace_transaction import PaceTransaction
from integrations.planning.calls import calls_of_files
from integrations.planning.file_placement import LateFile, MadePart, files_of_parts
from integrations.planning.lineage import pace as from_pace
from integrations.planning.links import file_key
from integrations.planning.plan_types import PlannedValue, sendable
from integrations.stored import StoredPlan


class FileAddition(PaceTransaction[list[LateFile]]):
    """The files of one job that Pace does not have yet. `files`: all that the job should have."""

    trail = "files"
    row: PaceJob

    def __init__(self, ctx: SubmissionContext, row: PaceJob, files: Sequence[LateFile]) -> None:
        super().__init__(ctx, row)
        self.files = files
        self.present: set[str] = set()

    def rows(self) -> QuerySet[PaceJob]:
        return PaceJob.objects.filter(pk=self.row.pk, state=JobState.DONE)

    @property
    def missing(self) -> list[LateFile]:
        return [late for late in self.files if late.key not in self.present]

    def write(self, txn: str) -> list[LateFile]:
        there = self._complete_parts(txn)
        for late in self.missing:
            if (late.part.number, late.key) in there:
                continue
            self.ctx.renew_lease()
            link_file(
                lambda kind, fields: self.pace.create(kind, fields, txn),
                self.row.number,
                late.part.number,
                late.file,
            )
        return self.missing

    def _complete_parts(self, txn: str) -> set[tuple[str, str]]:
        """Give the parts of a job that had no file at all their own file fields; the files that Pace made of these, as
        some plants have it do (part number and key of the link)."""
        if self.present:
            return set()
        first: dict[str, LateFile] = {}
        for late in self.missing:
            if late.part_fields:
                first.setdefault(late.part.number, late)
        for part, late in first.items():
            self.ctx.renew_lease()
            key = f"{self.row.number}:{part}"
            self.pace.update("JobPart", {"primaryKey": key, **sendable(late.part_fields)}, txn)
        return files_in_pace(self.pace, self.row.number, txn) if first else set()

    def find(self) -> Mapping[str, Any] | None:
        """Whether Pace holds every file for the job: one call."""
        number = field_equals("job", self.row.number)
        found = self.pace.load("JobPartContentFile", number, ["contentFile/@fileUrl"])
        self.present = {file_key(str(entry["contentFile/@fileUrl"] or "")) for entry in found}
        return None if self.missing else self._known_files()

    def made(self, made: list[LateFile], now: datetime) -> Mapping[str, Any]:
        return self._known_files()

    def _known_files(self) -> dict[str, Any]:
        return {"files": sorted(self.present | {late.key for late in self.files})}

    def record_made(self, made: list[LateFile]) -> None:
        for late in made:
            name = late.file.fields["fileName"].value
            part, item = late.part.number, late.file.item
            self.ctx.record_with_state(
                "file.added", {"file": name, "job": self.row.number, "part": part, "item": item}
            )

    def unanswered(self, reason: str) -> str:
        said = f" ({reason})" if reason else ""
        return (
            f"Order {self.ctx.order.number}: Pace did not confirm new files of job {self.row.number}{said}. "
            f"The hub checks Pace before it adds anything again."
        )

    def data(self) -> dict[str, Any]:
        return {"job": self.row.number}


def add_late_files(ctx: SubmissionContext, fetched: PresseroOrder) -> None:
    """Bring files that Pace does not have yet to their parts. Raises the clients' errors; the jobs stay as they are."""
    done = (
        PaceJob.objects.filter(order=ctx.order, state=JobState.DONE).select_related("server").order_by("pk")
    )
    rows = {row.unit: row for row in done}
    made = [part for part in made_parts(ctx.order.plan) if part.unit in rows]
    found = (
        files_of_parts(fetched, inputs.parameters_of(ctx.storefront), made, _customer(ctx)) if made else []
    )
    for unit, row in rows.items():
        _add_to(ctx, row, [late for late in found if not late.problem and late.part.unit == unit])
    for unsafe in (late for late in found if late.problem):
        raise PermanentError(
            f"Order {ctx.order.number}, {unsafe.problem}", field="fileUrl", cause=CauseKind.LINK.of()
        )


def made_parts(plan: StoredPlan | None) -> list[MadePart]:
    """The parts of the plan that was sent."""
    jobs = (plan or {}).get("jobs", [])
    return [MadePart(job["unit"], part["number"], part["item"]) for job in jobs for part in job["parts"]]


def _customer(ctx: SubmissionContext) -> PlannedValue:
    return from_pace(ctx.order.pace_customer, "the customer of the job")


def _add_to(ctx: SubmissionContext, row: PaceJob, files: Sequence[LateFile]) -> None:
    addition = FileAddition(ctx, row, files)
    addition.settle()
    if all(late.key in (row.files or []) for late in files):
        return
    if not addition.adopt():
        addition.make(calls_of_files(len(addition.missing)))
