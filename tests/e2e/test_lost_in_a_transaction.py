"""A worker that loses its lease, or dies, in the middle of a write to Pace: each check that it makes is needed."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from integrations.clients.pace.client import PaceClient
from integrations.core.workqueue import leases, orders
from integrations.enums import JobState
from integrations.errors import LeaseLost
from integrations.models import Order, PaceJob
from integrations.orders.submission import runner, submit
from integrations.orders.submission.context import SubmissionContext
from integrations.orders.submission.submit import JobSubmission
from integrations.simulation.sandbox.pressero import FileDraft
from tests.conftest import Hub
from tests.e2e.test_pace_transaction import EACH, KINDS, Kind, again, is_whole

pytestmark = pytest.mark.e2e

PAST = timezone.now() - timedelta(minutes=5)
JOB, PARTY, FILES = KINDS


def _lose_it() -> None:
    Order.objects.update(lease_until=PAST)


def _die(*args: Any) -> None:
    raise KeyboardInterrupt


@EACH
def test_without_the_lease_no_further_record_is_written(
    hub_for_threads: Hub, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    hub = hub_for_threads
    order = kind.begin(hub)
    if kind is FILES:
        hub.pressero.add_files(order.number, 1, [FileDraft("later.pdf", "gen", size=10)])
    hub.pace.clear_calls()
    # However fresh it is: what is looked at between two calls is then always asked of the database.
    monkeypatch.setattr(leases, "RENEW_AFTER", timedelta(0))
    handle, first = hub.pace.handle, kind.writes[0].strip("[?]")

    def lose_it(request: Any) -> Any:
        if first in request.path:
            _lose_it()
            connections.close_all()
        return handle(request)

    monkeypatch.setattr(hub.pace, "handle", lose_it)
    hub.process(order)
    # A file and its link are one.
    one = {"create" + name for name in ("Job", "Customer", "ContentFile", "JobPartContentFile")}
    written = [path.rpartition("/")[2] for call in hub.pace.calls if "create" in (path := call.path)]
    assert first in written
    assert len(written) == len(set(written) & one)


@EACH
def test_the_intent_is_stored_whole_or_not_at_all(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    """With the look at the lease and its renewal: else another worker could take the order in between."""
    order = kind.begin(hub)
    record = SubmissionContext.record_with_state

    def die(ctx: SubmissionContext, type_: str, data: Any = None) -> None:
        if type_.endswith(".commit_intended"):
            _die()
        record(ctx, type_, data)

    with monkeypatch.context() as killed:
        killed.setattr(SubmissionContext, "record_with_state", die)
        killed.setattr(PaceClient, "rollback", _die)
        killed.setattr(runner, "_give_back", _die)
        with pytest.raises(KeyboardInterrupt):
            hub.process(order)
    assert kind.row().txn
    assert kind.row().quiet_until is None
    is_whole(kind, hub, again(hub, order))


@pytest.mark.parametrize("fault", ["", "drop_before"], ids=["applied", "no answer"])
@EACH
def test_who_lost_the_lease_during_the_commit_leaves_the_row_as_its_intent_was(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, kind: Kind, fault: str
) -> None:
    order = kind.begin(hub)
    commit, stored = PaceClient.commit, []
    if fault:
        hub.pace.faults.add(fault, path="/commit")

    def lose_it(client: PaceClient, txn: str, **options: Any) -> None:
        _lose_it()
        stored.append((kind.row().txn, kind.row().quiet_until))
        commit(client, txn, **options)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(PaceClient, "commit", lose_it)
        hub.process(order)
    assert [(kind.row().txn, kind.row().quiet_until)] == stored
    is_whole(kind, hub, again(hub, order))


def _without_lease(hub: Hub, **found: Any) -> tuple[Any, PaceJob]:
    """What a worker has whose lease is over, and the row of its job."""
    order = JOB.begin(hub)
    held = orders.acquire_lease(order.pk)
    row = PaceJob.objects.create(order=order, server=hub.server, unit="order", **found)
    _lose_it()
    return SimpleNamespace(lease=held, order=order, server=hub.server, now=timezone.now), row


def test_without_the_lease_no_row_is_changed(hub: Hub) -> None:
    ctx, row = _without_lease(hub, txn="a", state=JobState.WRITING)
    with pytest.raises(LeaseLost):
        JobSubmission(ctx, row)._undo("a")
    assert PaceJob.objects.get().txn == "a"


def test_without_the_lease_no_job_is_adopted(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx, row = _without_lease(hub)
    monkeypatch.setattr(JobSubmission, "find", lambda this: {"state": JobState.DONE, "number": "1"})
    with pytest.raises(LeaseLost):
        JobSubmission(ctx, row).adopt()
    assert PaceJob.objects.get().state == JobState.PLANNED


def test_without_the_lease_no_job_is_planned_over(hub: Hub) -> None:
    ctx, _ = _without_lease(hub, description="As planned by the successor")
    value = SimpleNamespace(value="EXCU")
    planned: Any = SimpleNamespace(
        unit="order", description="Late", fields={"customer": value, "originalQuotedPrice": value}
    )
    with pytest.raises(LeaseLost):
        submit._row_for(ctx, planned)
    assert PaceJob.objects.get().description == "As planned by the successor"
