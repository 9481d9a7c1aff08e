"""The contract of every write to Pace: jobs, customers and contacts, and files that come later, exactly once each.

Each test runs for each of the three, with the fault at each of its calls where that makes a difference.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from integrations.causes import CauseKind
from integrations.clients.http import transport
from integrations.clients.http.gateway import HttpGateway
from integrations.clients.pace.client import PaceClient
from integrations.core.workqueue import orders
from integrations.enums import FailureMode, OrderStatus
from integrations.errors import HubError, TransientError
from integrations.models import AuditEntry, ContactCreation, Order, PaceJob
from integrations.operations import order_actions
from integrations.orders.submission import runner
from integrations.simulation.sandbox.pressero import FileDraft, ItemDraft, OrderDraft
from tests.conftest import Hub

pytestmark = pytest.mark.e2e

BUYER = "casey@example.com"
FIRST_CALL = "startTransaction"


@dataclass
class Kind:
    """One kind of write: what leads to it, its calls in their order, and what has to be in Pace once."""

    name: str
    begin: Callable[[Hub], Order]
    writes: list[str]
    in_pace: Callable[[Hub], list[int]]
    row: Callable[[], Any]
    once: list[int] = field(default_factory=lambda: [1])


def _order_with(hub: Hub, store: str, email: str, product: str, files: int = 0) -> Order:
    artwork = [FileDraft(f"art-{number}.pdf", "gen", size=10) for number in range(files)]
    item = ItemDraft(product, quantity=1, price="10.00", method="Ground", files=artwork)
    return hub.take_in(OrderDraft(store, email, [item]))


def _job(hub: Hub) -> Order:
    return _order_with(hub, "Example CU Store", "avery@example.com", "Business Card")


def _party(hub: Hub) -> Order:
    return _order_with(hub, "Demo University Shop", BUYER, "A4 Brochure")


def _file(hub: Hub) -> Order:
    order = hub.process(_order_with(hub, "Example CU Store", "avery@example.com", "Business Card", files=1))
    assert order.status == OrderStatus.SUBMITTED, order.message
    hub.pressero.add_files(order.number, 1, [FileDraft("late.pdf", "gen", size=10)])
    hub.pace.clear_calls()
    orders.wake(order.pk)
    return order


def _jobs_in_pace(hub: Hub) -> list[int]:
    return [len(hub.pace.objects("Job"))]


def _customers_in_pace(hub: Hub) -> list[int]:
    # Pace makes a contact of the job from the address of a shipment, too.
    contacts = [one for one in hub.pace.objects("Contact") if one["email"] == BUYER and not one["shipTo"]]
    return [len(hub.pace.objects("Customer", id="DEMOUNI")), len(contacts)]


def _late_files_in_pace(hub: Hub) -> list[int]:
    late = [one["id"] for one in hub.pace.objects("ContentFile") if one["fileName"] == "late.pdf"]
    links = [one for one in hub.pace.objects("JobPartContentFile") if one["contentFile"] in late]
    return [len(late), len(links)]


KINDS = [
    Kind(
        "job",
        _job,
        ["createJob[?]", "createJobContact", "updateJob[?]", "createJobShipment", "createCarton[?]"],
        _jobs_in_pace,
        PaceJob.objects.get,
    ),
    Kind(
        "party",
        _party,
        ["createCustomer", "createContact"],
        _customers_in_pace,
        ContactCreation.objects.get,
        once=[1, 1],
    ),
    Kind(
        "files",
        _file,
        ["createContentFile", "createJobPartContentFile"],
        _late_files_in_pace,
        PaceJob.objects.get,
        once=[1, 1],
    ),
]
EACH = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
EACH_CALL = pytest.mark.parametrize(
    ("kind", "path"),
    [
        pytest.param(kind, path, id=f"{kind.name}-{path.strip('[?]/')}")
        for kind in KINDS
        for path in (FIRST_CALL, *kind.writes, "/commit")
    ],
)


def again(hub: Hub, order: Order) -> Order:
    """The next attempt, when the quiet period is over and the order is due."""
    past = timezone.now() - timedelta(seconds=1)
    for rows in (PaceJob.objects, ContactCreation.objects):
        rows.exclude(quiet_until=None).update(quiet_until=past)
    Order.objects.filter(pk=order.pk).update(due_at=past, lease_token=None, lease_owner="", lease_until=None)
    return hub.process(order)


def is_whole(kind: Kind, hub: Hub, order: Order) -> None:
    """Everything is in Pace once, nothing is left open there, and the order has no problem."""
    row = Order.objects.get(pk=order.pk)
    assert (row.status, row.message) == (OrderStatus.SUBMITTED, "")
    assert kind.in_pace(hub) == kind.once
    assert hub.pace.open_transactions() == []
    if kind.name != "party":  # a buyer that is found in Pace is used, however it came there
        assert (kind.row().txn, kind.row().quiet_until, kind.row().refusal) == ("", None, "")


def is_absent(kind: Kind, hub: Hub) -> bool:
    return not any(kind.in_pace(hub))


# --- every fault at every call ---


@pytest.mark.parametrize("fault", ["drop_after", "error_before"])
@EACH_CALL
def test_a_call_without_a_usable_answer_makes_nothing_twice(
    hub: Hub, kind: Kind, path: str, fault: str
) -> None:
    order = kind.begin(hub)
    hub.pace.faults.add(fault, path=path, status=503)
    hub.process(order)
    assert hub.pace.faults.fired, f"no call to {path} was made"
    again(hub, order)
    if path == FIRST_CALL:
        # The lost answer of the first call leaves an empty transaction whose id nobody knows; Pace ends it.
        assert all(hub.pace.store.transaction(txn).size == 0 for txn in hub.pace.open_transactions())
        hub.pace.store._open.clear()
    is_whole(kind, hub, order)


@pytest.mark.parametrize("fault", ["drop_before", "garbage", "garbage_after", "error_after", "rate_limited"])
@EACH
def test_a_commit_without_a_usable_answer_makes_nothing_twice(hub: Hub, kind: Kind, fault: str) -> None:
    order = kind.begin(hub)
    hub.pace.faults.add(fault, path="/commit", status=503)
    hub.process(order)
    again(hub, order)
    is_whole(kind, hub, order)


@EACH_CALL
def test_a_worker_that_is_killed_and_never_comes_back(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, kind: Kind, path: str
) -> None:
    """SIGKILL before the call, when not even a rollback can be sent."""
    order = kind.begin(hub)
    with monkeypatch.context() as killed:
        hub.pace.faults.add("drop_before", path=path)
        killed.setattr(PaceClient, "rollback", lambda client, txn: _die())
        killed.setattr(runner, "_give_back", lambda held, outcome: _die())
        with pytest.raises(KeyboardInterrupt):
            hub.process(order)
    again(hub, order)
    is_whole(kind, hub, order)


def _die() -> None:
    raise KeyboardInterrupt


@EACH_CALL
def test_a_worker_that_is_frozen_at_a_call_and_wakes_after_its_successor(
    hub_for_threads: Hub, monkeypatch: pytest.MonkeyPatch, kind: Kind, path: str
) -> None:
    hub = hub_for_threads
    order = kind.begin(hub)
    handle, overtaken = hub.pace.handle, []

    def overtake(request: Any) -> Any:
        if path.strip("[?]/") in request.path and not overtaken:
            overtaken.append(request.path)
            try:
                again(hub, order)
            finally:
                connections.close_all()
        return handle(request)

    monkeypatch.setattr(hub.pace, "handle", overtake)
    hub.process(order)
    assert overtaken
    is_whole(kind, hub, order)


# --- before the first write ---


@EACH
def test_the_transaction_is_known_before_the_first_write(
    hub_for_threads: Hub, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    hub = hub_for_threads
    order = kind.begin(hub)
    handle, known = hub.pace.handle, []

    def note(request: Any) -> Any:
        if kind.writes[0].strip("[?]") in request.path and not known:
            known.append((kind.row().txn, kind.row().sent_to))
            connections.close_all()
        return handle(request)

    monkeypatch.setattr(hub.pace, "handle", note)
    hub.process(order)
    [(txn, address)] = known
    assert txn
    assert address == hub.server.url


@EACH
def test_a_transaction_that_could_not_be_rolled_back_is_rolled_back_by_the_next_attempt(
    hub: Hub, kind: Kind
) -> None:
    order = kind.begin(hub)
    hub.pace.faults.add("drop_before", path=kind.writes[-1])
    hub.pace.faults.add("drop_before", path="/rollback")
    hub.process(order)
    assert len(hub.pace.open_transactions()) == 1
    again(hub, order)
    is_whole(kind, hub, order)


# --- the intent ---


@EACH
def test_without_the_lease_nothing_is_committed(
    hub_for_threads: Hub, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    """The lease goes while the last record is written: no call between it and the commit could tell."""
    hub = hub_for_threads
    order = kind.begin(hub)
    turn = PaceClient.wait_for_turn

    def lose_it(client: PaceClient) -> None:
        over = timezone.now() - timedelta(seconds=1)
        Order.objects.filter(pk=order.pk).update(lease_until=over)
        turn(client)

    hub.pace.clear_calls()
    monkeypatch.setattr(PaceClient, "wait_for_turn", lose_it)
    hub.process(order)
    assert [call.path for call in hub.pace.calls if "/commit" in call.path] == []
    assert is_absent(kind, hub)
    assert kind.row().quiet_until is None


@EACH
def test_the_lease_outlasts_the_answer_to_the_commit(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    order = kind.begin(hub)
    turn = PaceClient.wait_for_turn
    left: list[timedelta] = []

    def nearly_over(client: PaceClient) -> None:
        Order.objects.filter(pk=order.pk).update(lease_until=timezone.now() + timedelta(seconds=5))
        turn(client)

    def look(client: PaceClient, txn: str, **options: bool) -> None:
        until = Order.objects.get(pk=order.pk).lease_until
        assert until is not None
        left.append(until - timezone.now())
        _die()

    monkeypatch.setattr(PaceClient, "wait_for_turn", nearly_over)
    monkeypatch.setattr(PaceClient, "commit", look)
    with pytest.raises(KeyboardInterrupt):
        hub.process(order)
    assert left[0] > timedelta(seconds=2 * settings.ANSWER_TIMEOUT)


@EACH
def test_the_quiet_period_of_a_killed_worker_begins_when_its_answer_would_have_been_given_up(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    order = kind.begin(hub)
    monkeypatch.setattr(PaceClient, "commit", lambda client, txn, **options: _die())
    with pytest.raises(KeyboardInterrupt):
        hub.process(order)
    row = kind.row()
    # It leaves within once that time; an answer that drips takes up to twice the time that is waited for its next byte.
    longest = 3 * settings.ANSWER_TIMEOUT
    assert row.quiet_until - row.intent_at >= timedelta(seconds=longest + hub.server.quiet_seconds)


@EACH
def test_a_limit_of_calls_is_waited_for_before_the_intent(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    """Else the wait, which has no bound, would be taken from the quiet period."""
    hub.set_server(max_calls_per_second=50)
    order = kind.begin(hub)
    waited: list[bool] = []
    commit = PaceClient.commit

    def note(client: PaceClient, txn: str, **options: bool) -> None:
        before, client._gateway._before_call = client._gateway._before_call, lambda: waited.append(True)
        commit(client, txn, **options)
        client._gateway._before_call = before

    monkeypatch.setattr(PaceClient, "commit", note)
    hub.process(order)
    assert waited == []
    is_whole(kind, hub, order)


# --- the commit ---


@EACH
def test_a_commit_that_was_surely_not_sent_is_rolled_back_and_made_again_without_waiting(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, kind: Kind, make_due: Callable[[Order], None]
) -> None:
    order = kind.begin(hub)

    def not_sent(client: PaceClient, txn: str, **options: bool) -> None:
        raise TransientError("No connection.", surely_not_sent=True)

    with monkeypatch.context() as away:
        away.setattr(PaceClient, "commit", not_sent)
        hub.process(order)
    assert hub.pace.open_transactions() == []
    assert (kind.row().txn, kind.row().quiet_until) == ("", None)
    make_due(order)
    hub.process(order)
    is_whole(kind, hub, order)


@EACH
def test_a_commit_that_was_answered_with_too_many_calls_is_verified_too(hub: Hub, kind: Kind) -> None:
    order = kind.begin(hub)
    hub.pace.faults.add("error_after", path="/commit", status=429)
    order = hub.process(order)
    assert kind.row().quiet_until is not None
    is_whole(kind, hub, again(hub, order))


@EACH
def test_during_the_quiet_period_nothing_is_written_and_nothing_is_asked(
    hub: Hub, kind: Kind, make_due: Callable[[Order], None]
) -> None:
    order = kind.begin(hub)
    hub.pace.faults.add("drop_before", path="/commit")
    hub.process(order)
    until = kind.row().quiet_until
    assert until is not None
    assert until > timezone.now() + timedelta(seconds=3)
    hub.pace.clear_calls()
    make_due(order)
    waiting = hub.process(order)
    assert [call.path for call in hub.pace.calls if "Transaction" in call.path or "create" in call.path] == []
    assert kind.row().quiet_until == until
    # It is due when the period is over, and staff read what is waited for.
    assert waiting.due_at == until
    assert f"Order {order.number}: Pace did not confirm " in waiting.message


@EACH
def test_a_commit_that_no_rollback_stops_and_that_is_applied_seconds_later_is_found(
    hub: Hub, kind: Kind, make_due: Callable[[Order], None]
) -> None:
    order = kind.begin(hub)
    hub.pace.faults.add("taken", path="/commit", seconds=3600)
    hub.process(order)
    make_due(order)
    hub.process(order)
    hub.pace.apply_taken()
    again(hub, order)
    is_whole(kind, hub, order)


@EACH
def test_a_worker_that_was_frozen_after_its_intent_does_not_send_the_commit_late(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    """Pace begins a commit that arrives when the quiet period is over, so that no rollback stops it; its successor looks in
    that moment and does not see it yet."""
    order = kind.begin(hub)
    send, clock = HttpGateway.send, time.monotonic
    woken: list[str] = []

    def frozen(sender: HttpGateway, method: str, url: str, *more: Any) -> Any:
        if "/commit" not in url or woken:
            return send(sender, method, url, *more)
        woken.append(url)
        for module, name in ((time, "monotonic"), (transport, "_now")):
            monkeypatch.setattr(module, name, lambda: clock() + 1000)
        hub.pace.faults.add("taken", path="/commit", seconds=3600)
        try:
            return send(sender, method, url, *more)
        finally:
            hub.pace.faults.clear()
            Context().run(again, hub, order)  # another worker, whose calls have their own time
            hub.pace.apply_taken()

    monkeypatch.setattr(HttpGateway, "send", frozen)
    hub.process(order)
    assert woken
    is_whole(kind, hub, order)


@EACH
def test_a_commit_that_arrives_after_it_was_settled_changes_nothing(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    """A worker is stopped before its commit leaves, and wakes when its successor is through."""
    order = kind.begin(hub)
    stopped: list[tuple[PaceClient, str]] = []
    commit = PaceClient.commit

    def stop(client: PaceClient, txn: str, **options: bool) -> None:
        stopped.append((client, txn))
        _die()

    with monkeypatch.context() as frozen:
        frozen.setattr(PaceClient, "commit", stop)
        with pytest.raises(KeyboardInterrupt):
            hub.process(order)
    again(hub, order)
    with pytest.raises(HubError):
        commit(*stopped[0])
    is_whole(kind, hub, order)


@EACH
def test_a_refusal_in_words_is_verified_and_then_waits_for_a_person(hub: Hub, kind: Kind) -> None:
    order = kind.begin(hub)
    refusal = {"status": 500, "message": "Customer is on credit hold, this is not allowed"}
    hub.pace.faults.add("error_before", path="/commit", **refusal)
    assert hub.process(order).failure_mode == FailureMode.VERIFY_FIRST
    stopped = again(hub, order)
    assert (stopped.failure_mode, stopped.due_at) == (FailureMode.ORDER, None)
    assert stopped.cause == CauseKind.COMMIT_REFUSED.of()
    assert "credit hold" in stopped.message
    assert is_absent(kind, hub)
    order_actions.retry(stopped, actor="pat")
    hub.process(stopped)
    is_whole(kind, hub, order)


@EACH
def test_a_refusal_in_words_of_what_was_stored_all_the_same_is_no_problem(hub: Hub, kind: Kind) -> None:
    """An event handler of Pace may complain after the data was stored."""
    order = kind.begin(hub)
    complaint = {"status": 400, "message": "Customer is on credit hold"}
    hub.pace.faults.add("error_after", path="/commit", **complaint)
    hub.process(order)
    again(hub, order)
    is_whole(kind, hub, order)


@EACH
def test_the_timeline_tells_every_step(hub: Hub, kind: Kind) -> None:
    order = kind.begin(hub)
    hub.pace.faults.add("drop_before", path="/commit")
    hub.process(order)
    again(hub, order)
    told = AuditEntry.objects.filter(order=order, type__startswith=f"{kind.name}.")
    steps = list(told.order_by("pk").values_list("type", flat=True))
    assert [step.partition(".")[2] for step in steps][:5] == [
        "started", "commit_intended", "outcome_unknown", "not_found", "started",
    ]  # fmt: skip


@pytest.mark.parametrize(("kind", "named"), [(KINDS[0], "unit"), (KINDS[2], "job")], ids=["job", "files"])
def test_each_step_in_the_timeline_names_what_was_written(hub: Hub, kind: Kind, named: str) -> None:
    order = kind.begin(hub)
    hub.pace.faults.add("drop_before", path="/commit")
    hub.process(order)
    hub.pace.faults.add("drop_after", path="/commit")
    again(hub, order)
    again(hub, order)
    told = AuditEntry.objects.filter(order=order, type__startswith=f"{kind.name}.")
    assert {one.type.partition(".")[2] for one in told} >= {"not_found", "adopted", "started"}
    assert [one.type for one in told if not one.data.get(named)] == []


@EACH
def test_a_write_without_a_usable_answer_is_a_failure_that_passes(hub: Hub, kind: Kind) -> None:
    """It is rolled back, so Pace need not be checked first; staff still read what happened."""
    order = kind.begin(hub)
    hub.pace.faults.add("drop_after", path=kind.writes[0])
    failed = hub.process(order)
    assert failed.failure_mode == FailureMode.TRANSIENT
    assert failed.message
