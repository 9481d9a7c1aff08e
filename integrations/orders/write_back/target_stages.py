"""From the statuses of jobs to what each Pressero item is to show: one row per item, the latest target wins."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from integrations.core.audit import log as audit
from integrations.models import (
    AuditEntry,
    ItemStage,
    PaceJob,
    PaceShipment,
    ReferenceEntry,
    ReferenceKind,
    UnmappedStatus,
)
from integrations.orders.write_back.job_facts import OrderFacts, last_poll_of
from integrations.planning.statuses import TargetStage, Unmapped, is_same_target, target_for_item
from mappings.lookup import status_rows_of
from mappings.text import name_key
from mappings.types import StatusRow

_NEW_TARGET = [
    "wanted", "wanted_at", "cause", "version", "due_at", "attempts", "failing_since", "problem",
    "failure_mode",
]  # fmt: skip
_RESOLVED = ["workflow", "resolved_at", "unmapped"]


def store_targets(
    facts: Mapping[int, OrderFacts], jobs: Collection[PaceJob], *, cause: str, now: datetime
) -> list[AuditEntry]:
    """Resolve the items of these orders by the statuses that `jobs` (all of their jobs) have, and store what is new.

    To be called in a transaction that holds the orders' rows. A constant number of queries, however many items. The
    entries for the timelines are the caller's to store.
    """
    of_order: dict[int, list[PaceJob]] = {}
    for job in jobs:
        of_order.setdefault(job.order_id, []).append(job)
    tracking = _tracking(of_order)
    statuses = {job.pace_status for job in jobs}
    statuses |= {str(part.get("id", "")) for job in jobs for part in job.part_statuses.values()}
    rows = status_rows_of({one.row.storefront_id for one in facts.values()}, statuses)
    known = {stage.item_id: stage for stage in ItemStage.objects.filter(item__order__in=list(facts))}
    # Asked only when a row might name a workflow by its name.
    names = workflow_names() if any(row.workflow.strip() for row in rows) else {}
    writer = _Writer(cause, now, known)
    for order_id, one in facts.items():
        for seq, target in _targets(one, of_order.get(order_id, []), rows, tracking, names).items():
            writer.note(one, seq, target)
    return writer.store()


def _targets(
    facts: OrderFacts,
    jobs: list[PaceJob],
    rows: tuple[StatusRow, ...],
    tracking: Mapping[str, str],
    names: Mapping[tuple[int, str], str],
) -> dict[int, TargetStage]:
    polled_jobs = {job.unit: last_poll_of(job) for job in jobs if job.pace_status and job.gone_at is None}
    workflows = {item.seq: item.workflow_id for item in facts.order.items}
    return {
        seq: target_for_item(
            sources,
            polled_jobs,
            rows,
            storefront_id=facts.row.storefront_id,
            workflow=workflows.get(seq, ""),
            workflow_name=names.get((facts.row.account_id, name_key(workflows.get(seq, ""))), ""),
            order_number=facts.row.number,
            tracking=tracking,
        )
        for seq, sources in facts.sources.items()
        if any(source.unit in polled_jobs for source in sources)
    }


def _tracking(of_order: Mapping[int, list[PaceJob]]) -> dict[str, str]:
    """The tracking numbers of each job's shipments, by job number."""
    found: dict[str, list[str]] = {}
    shipments = PaceShipment.objects.filter(job__order__in=list(of_order)).order_by("pk")
    for number, numbers in shipments.values_list("job__number", "numbers"):
        found.setdefault(number, []).extend(numbers)
    return {number: ", ".join(dict.fromkeys(texts)) for number, texts in found.items()}


class _Writer:
    """Collects the rows to be written, so that they are written in one go."""

    def __init__(self, cause: str, now: datetime, known: dict[int, ItemStage]) -> None:
        self._cause = cause
        self._now = now
        self._known = known
        self._new: list[ItemStage] = []
        self._changed: list[ItemStage] = []
        self._resolved: list[ItemStage] = []
        self._unmapped: dict[tuple[int, Unmapped], int] = {}
        self._entries: list[AuditEntry] = []

    def note(self, facts: OrderFacts, seq: int, target: TargetStage) -> None:
        """One item and what it is to show."""
        item_id = facts.item_ids.get(seq)
        if item_id is None:
            return
        item = next((one for one in facts.order.items if one.seq == seq), None)
        stage = self._known.get(item_id)
        if stage is None:
            stage = ItemStage(
                item_id=item_id,
                seen_stage=item.stage_id[:64] if item else "",
                seen_name=item.stage_name[:120] if item else "",
            )
            self._new.append(stage)
        was_unmapped = stage.unmapped
        stage.workflow = item.workflow_id[:64] if item else ""
        stage.resolved_at = self._now
        stage.unmapped = not target.candidates
        self._note_unmapped(facts, seq, target, news=not was_unmapped)
        if target.candidates and not is_same_target(stage.wanted, target.candidates):
            self._set_target(stage, target)
            self._changed.append(stage)
        else:
            self._resolved.append(stage)

    def _set_target(self, stage: ItemStage, target: TargetStage) -> None:
        stage.wanted = [candidate.as_data() for candidate in target.candidates]
        stage.wanted_at = stage.due_at = self._now
        stage.cause = self._cause
        stage.version += 1
        stage.attempts, stage.failing_since = 0, None
        stage.problem = stage.failure_mode = ""

    def _note_unmapped(self, facts: OrderFacts, seq: int, target: TargetStage, *, news: bool) -> None:
        for one in target.unmapped:
            self._unmapped[facts.row.storefront_id, one] = facts.row.number
        if target.unmapped and not target.candidates and news:
            first = target.unmapped[0]
            statuses = f"job status {first.job_status}" if first.job_status else "an empty job status"
            if first.part_status:
                statuses += f" with part status {first.part_status}"
            self._entries.append(
                audit.entry("item.stage_unmapped", {"item": seq, "statuses": statuses}, order=facts.row)
            )

    def store(self) -> list[AuditEntry]:
        new = {id(stage) for stage in self._new}
        ItemStage.objects.bulk_create(self._new, batch_size=500)
        changed = [stage for stage in self._changed if id(stage) not in new]
        ItemStage.objects.bulk_update(changed, [*_NEW_TARGET, *_RESOLVED], batch_size=100)
        resolved = [stage for stage in self._resolved if id(stage) not in new]
        ItemStage.objects.bulk_update(resolved, _RESOLVED, batch_size=200)
        self._store_unmapped()
        return self._entries

    def _store_unmapped(self) -> None:
        UnmappedStatus.objects.bulk_create(
            [
                UnmappedStatus(
                    storefront_id=storefront_id,
                    job_status=one.job_status[:64],
                    part_status=one.part_status[:64],
                    workflow=one.workflow[:64],
                    order_number=order_number,
                    first_at=self._now,
                    last_at=self._now,
                )
                for (storefront_id, one), order_number in self._unmapped.items()
            ],
            update_conflicts=True,
            unique_fields=["storefront", "job_status", "part_status", "workflow"],
            update_fields=["order_number", "last_at"],
        )


def workflow_names() -> dict[tuple[int, str], str]:
    """What the workflows are called, by account and compared id, as far as the lists of Pressero were read."""
    found = ReferenceEntry.objects.filter(kind=ReferenceKind.WORKFLOW, account__isnull=False)
    rows = found.values_list("account_id", "key", "label")
    return {(account, name_key(key)): label for account, key, label in rows if account is not None}
