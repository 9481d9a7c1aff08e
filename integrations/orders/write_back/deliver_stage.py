"""Telling Pressero the stage of one item: the current target, never twice in a row, never an older one after a newer."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from automationhub.lib.database_clock import database_now
from integrations.causes import CauseKind
from integrations.clients.http.transport import sent_within
from integrations.clients.pressero.client import PresseroClient
from integrations.core.connections import cached_lists
from integrations.core.workqueue import deliveries
from integrations.core.workqueue.leases import Lease
from integrations.enums import FailureMode
from integrations.errors import ConfigError, HubError, OutcomeUnknown, PermanentError
from integrations.models import ItemStage, OrderItem
from integrations.orders.intake import own_events
from integrations.orders.write_back.delivery import WriteBackDelivery
from integrations.orders.write_back.job_facts import OrderFacts
from integrations.planning.statuses import Candidate, StageChoice, Workflows, find_stage, same_stage, slowest

KIND = ItemStage


def load(pk: int) -> ItemStage:
    return ItemStage.objects.select_related("item").get(pk=pk)


def deliver(delivery: WriteBackDelivery, row: ItemStage) -> bool:
    """Bring the item to the stage that is wanted now; whether something was sent. Raises the clients' errors."""
    lease, facts, pressero, record = (
        delivery.lease, delivery.facts, delivery.pressero, delivery.recorder.record,
    )  # fmt: skip
    candidate, stage = _choose(row, facts, pressero)
    if row.sending_stage:
        _settle_open_send(delivery, row)
    if same_stage(stage.id, row.sent_stage):
        return _finish(lease, row, sent=False)
    if same_stage(stage.id, row.seen_stage):
        record("item.stage_shown", _data(row, candidate, stage))
        return _finish(lease, row, sent=False, **_sent_columns(row, stage))
    with sent_within(deliveries.SEND_WITHIN):
        _note_intent(lease, row, stage)
        pressero.set_status(facts.row.number, row.item.seq, stage.id, candidate.note)
    record("item.stage_told", _data(row, candidate, stage))
    with lease.holding(or_over=True):
        OrderItem.objects.filter(pk=row.item_id).update(stage_name=_name(stage)[:120])
        return _finish(lease, row, sent=True, **_sent_columns(row, stage))


def _choose(row: ItemStage, facts: OrderFacts, pressero: PresseroClient) -> tuple[Candidate, StageChoice]:
    """The stage to tell, in the item's own workflow. Raises ConfigError naming the row that cannot be followed."""
    candidates = [Candidate(**one) for one in row.wanted]
    workflows = _workflows(facts, pressero)
    if workflows is None:
        # An account that may not list its workflows: the row's id is taken as it is.
        first = candidates[0]
        return first, StageChoice(first.stage)
    stages = {}
    for candidate in candidates:
        found = find_stage(candidate.stage, row.workflow, workflows)
        if found is None:
            raise _unknown_stage(row, candidate, facts, workflows)
        stages[candidate] = found
    return slowest(candidates, stages)


def _workflows(facts: OrderFacts, pressero: PresseroClient) -> Workflows | None:
    try:
        return cached_lists.workflows_of(facts.row.account, pressero)
    except PermanentError:
        return None


def _unknown_stage(
    row: ItemStage, candidate: Candidate, facts: OrderFacts, workflows: Workflows
) -> ConfigError:
    where = f"Order {facts.row.number}, item {row.item.seq}"
    if row.workflow.strip().casefold() not in workflows:
        text = f"{where}: Pressero no longer has the item's workflow ({row.workflow or 'none'}), so its stage cannot be set. Give the product a workflow in Pressero, or inform the buyer yourself."
        return ConfigError(text, field="workflow", cause=CauseKind.WORKFLOW.of(row.workflow))
    text = (
        f"{where}: status row {candidate.row} names the Pressero stage “{candidate.stage}”, which the item's workflow "
        f"does not have. Correct the row under Status mappings, or add one for this workflow."
    )
    return ConfigError(
        text, field="pressero_stage", cause=CauseKind.STAGE.of(f"row {candidate.row} in {row.workflow}")
    )


def _settle_open_send(delivery: WriteBackDelivery, row: ItemStage) -> None:
    """An earlier send whose answer nobody got: what Pressero shows decides whether it was applied."""
    order = delivery.pressero.order(delivery.facts.row.number)
    shown = next((item for item in order.items if item.seq == row.item.seq), None)
    row.seen_stage = shown.stage_id if shown else ""
    row.seen_name = shown.stage_name if shown else ""
    changes: dict[str, Any] = {
        "sending_stage": "", "seen_stage": row.seen_stage[:64], "seen_name": row.seen_name[:120],
    }  # fmt: skip
    if same_stage(row.sending_stage, row.seen_stage):
        changes |= {"sent_stage": row.seen_stage, "sent_name": row.seen_name[:120], "sent_at": timezone.now()}
        row.sent_stage = row.seen_stage
        data = {"item": row.item.seq, "stage": row.seen_name or row.seen_stage}
        delivery.recorder.record("item.stage_shown", data)
    row.sending_stage = ""
    delivery.lease.update(**changes)


def _note_intent(lease: Lease[Any], row: ItemStage, stage: StageChoice) -> None:
    """The attempt, before it is made. Pressero sends its event perhaps before it answers.

    Raises LeaseLost: a worker that was away must not send an older stage after its successor's.
    """
    lease.renew(force=True, sending_stage=stage.id[:64], own_event_until=database_now() + own_events.WINDOW)
    row.sending_stage = stage.id


def _sent_columns(row: ItemStage, stage: StageChoice) -> dict[str, Any]:
    name = (stage.name or stage.id)[:120]
    return {
        "sent_stage": stage.id[:64],
        "sent_name": name,
        "sent_at": timezone.now(),
        "seen_stage": stage.id[:64],
        "seen_name": name,
    }


def _finish(lease: Lease[Any], row: ItemStage, *, sent: bool, **columns: Any) -> bool:
    """Give the row back; when a newer target came meanwhile it is due again at once."""
    columns["sending_stage"] = ""
    deliveries.done(lease, version=row.version, **columns)
    return sent


def _name(stage: StageChoice) -> str:
    return stage.name or stage.id


def _data(row: ItemStage, candidate: Candidate, stage: StageChoice) -> dict[str, Any]:
    return {
        "item": row.item.seq,
        "stage": _name(stage),
        "stage_id": stage.id,
        "reason": f"job {candidate.job} is “{candidate.status}” ({candidate.reason})",
        "row": candidate.row,
        "mapping": "statuses",
        "cause": row.cause,
        "note": candidate.note,
    }


def failure_entry(row: ItemStage) -> tuple[str, dict[str, Any]]:
    """The timeline's entry about a failure."""
    return "item.stage_failed", {"item": row.item.seq}


def after_failure(row: ItemStage, error: HubError) -> dict[str, Any]:
    """What the failed send leaves behind: after a plain refusal, surely nothing."""
    if isinstance(error, OutcomeUnknown) or error.failure_mode == FailureMode.INTERNAL:
        return {}
    return {"sending_stage": "", "own_event_until": None}
