"""An order's place in the work queue: any number of workers agree on who works on what, and nothing is forgotten."""

import os
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from automationhub.lib.worker_identity import current_worker, is_surely_dead
from integrations.causes import CauseKind
from integrations.core.workqueue import heartbeats, orders
from integrations.core.workqueue import messages as queue
from integrations.core.workqueue.orders import LEASE, Ending, OrderLease
from integrations.enums import AttemptOutcome, FailureMode, OrderStatus, Step
from integrations.errors import LeaseLost
from integrations.models import AuditEntry, Order, StepAttempt, Storefront
from integrations.operations import order_actions
from integrations.orders.submission import runner
from tests.queued_orders import (
    DONE,
    MakeOrder,
    Sent,
    again,
    claimed,
    commits_run_at_once,  # noqa: F401 - a fixture
    later,
)

pytestmark = pytest.mark.usefixtures("commits_run_at_once")


# --- wake -----------------------------------------------------------------------------------------------------


def test_waking_makes_an_order_due_and_sends_one_message(make_order: MakeOrder, sent: Sent) -> None:
    order = make_order(due_at=None)
    orders.wake(order.pk)
    assert again(order).due_at is not None
    assert sent == [(queue.PROCESS_ORDER, order.pk)]


def test_waking_again_within_a_minute_sends_no_second_message(order: Order, sent: Sent) -> None:
    for _ in range(3):
        orders.wake(order.pk)
    assert len(sent) == 1
    assert again(order).wake_count == 3


def test_waking_an_order_that_is_being_worked_on_sends_nothing(order: Order, sent: Sent) -> None:
    claimed(order)
    orders.wake(order.pk)
    assert sent == []


def test_waking_an_order_on_hold_sends_nothing(make_order: MakeOrder, sent: Sent) -> None:
    orders.wake(make_order(OrderStatus.ON_HOLD).pk)
    assert sent == []


def test_a_message_for_one_order_is_none_for_another(make_order: MakeOrder) -> None:
    woken, other = make_order(), make_order()
    orders.wake(woken.pk)
    assert again(woken).queued_until is not None
    assert again(other).queued_until is None


def test_an_order_that_only_a_recurring_comparison_wakes_is_read_quietly(make_order: MakeOrder) -> None:
    order = make_order(due_at=None)
    orders.wake(order.pk, quietly=True)
    assert again(order).background_refresh
    assert again(order).due_at is not None


def test_an_order_that_is_due_for_another_reason_is_not_read_quietly(order: Order) -> None:
    orders.wake(order.pk, quietly=True)
    assert not again(order).background_refresh


def test_a_second_comparison_leaves_an_order_quiet(make_order: MakeOrder) -> None:
    order = make_order(due_at=None)
    for _ in range(2):
        orders.wake(order.pk, quietly=True)
    assert again(order).background_refresh


# --- claim ----------------------------------------------------------------------------------------------------


def test_a_claim_makes_the_order_this_workers(order: Order) -> None:
    held = claimed(order)
    row = again(order)
    assert (row.lease_token, row.lease_owner) == (held.token, current_worker())
    assert row.lease_until is not None
    assert row.lease_until > timezone.now()


def test_of_many_simultaneous_claims_one_wins(storefront_for_threads: Storefront) -> None:
    storefront = storefront_for_threads
    order = Order.objects.create(
        account=storefront.pressero_account, storefront=storefront, number=1, due_at=timezone.now()
    )
    start = threading.Barrier(12)
    claims: list[OrderLease | None] = []

    def work() -> None:
        start.wait()
        try:
            claims.append(orders.acquire_lease(order.pk))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claims) == 12
    assert len([held for held in claims if held is not None]) == 1
    assert again(order).attempts == 1


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite locks all rows at once")
def test_nobody_takes_an_order_while_its_worker_writes(storefront_for_threads: Storefront) -> None:
    storefront = storefront_for_threads
    order = Order.objects.create(
        account=storefront.pressero_account, storefront=storefront, number=1, due_at=timezone.now()
    )
    free: list[int] = []

    def look() -> None:
        try:
            with transaction.atomic():
                rows = Order.objects.select_for_update(no_key=True, skip_locked=True)
                free.extend(rows.values_list("pk", flat=True))
        finally:
            connections.close_all()

    with claimed(order).holding():
        another = threading.Thread(target=look)
        another.start()
        another.join()
    assert free == []


def test_a_claimed_order_is_not_claimed_again(order: Order) -> None:
    claimed(order)
    assert orders.acquire_lease(order.pk) is None


def test_an_order_that_is_not_due_is_not_claimed(make_order: MakeOrder) -> None:
    assert orders.acquire_lease(make_order(due_at=later(seconds=30)).pk) is None
    assert orders.acquire_lease(make_order(due_at=None).pk) is None


def test_an_order_on_hold_is_never_claimed(make_order: MakeOrder) -> None:
    assert orders.acquire_lease(make_order(OrderStatus.ON_HOLD).pk) is None


def test_an_order_that_does_not_exist_is_not_claimed(db: None) -> None:
    assert orders.acquire_lease(10**9) is None


def test_the_try_is_counted_before_the_work(order: Order) -> None:
    claimed(order)
    assert (again(order).attempts, again(order).unfinished_leases) == (1, 1)


def test_an_order_whose_lease_is_over_is_claimed_by_another_worker(make_order: MakeOrder) -> None:
    order = make_order(lease_token=uuid.uuid4(), lease_owner="other:1:1", lease_until=later(seconds=-1))
    assert claimed(order).attempt == 1


@pytest.mark.parametrize(
    ("before", "during"),
    [
        (OrderStatus.RECEIVED, OrderStatus.PROCESSING),
        (OrderStatus.NEEDS_ATTENTION, OrderStatus.PROCESSING),
        (OrderStatus.PROCESSING, OrderStatus.PROCESSING),
        (OrderStatus.WAITING, OrderStatus.WAITING),
        (OrderStatus.SUBMITTED, OrderStatus.SUBMITTED),
        (OrderStatus.COMPLETED, OrderStatus.COMPLETED),
        (OrderStatus.DENIED, OrderStatus.DENIED),
    ],
)
def test_the_status_while_a_worker_looks(make_order: MakeOrder, before: str, during: str) -> None:
    order = make_order(before)
    claimed(order)
    assert again(order).status == during


# --- release --------------------------------------------------------------------------------------------------


def test_a_released_order_is_free_and_in_its_new_state(order: Order) -> None:
    due_at = later(minutes=1)
    ending = Ending(
        OrderStatus.PROCESSING,
        "Pace is away.",
        FailureMode.TRANSIENT,
        CauseKind.NOT_REACHABLE.of("Pace"),
        due_at,
    )
    assert orders.release(claimed(order), ending)
    row = again(order)
    assert (row.status, row.message, row.failure_mode, row.cause) == (
        OrderStatus.PROCESSING,
        "Pace is away.",
        FailureMode.TRANSIENT,
        CauseKind.NOT_REACHABLE.of("Pace"),
    )
    assert (row.lease_token, row.lease_owner, row.lease_until) == (None, "", None)
    assert row.due_at == due_at


def test_success_resets_the_tries(order: Order) -> None:
    Order.objects.update(attempts=7, failing_since=later(hours=-1), message="x", failure_mode="transient")
    orders.release(claimed(order), DONE)
    row = again(order)
    assert (row.attempts, row.failing_since, row.message, row.failure_mode) == (0, None, "", "")


def test_a_try_that_only_waited_for_a_connection_does_not_count(order: Order) -> None:
    waited = Ending(OrderStatus.PROCESSING, "Pace is away.", FailureMode.TRANSIENT, tried=False)
    orders.release(claimed(order), waited)
    assert again(order).attempts == 0


def test_an_order_that_needed_a_person_once_stays_counted_as_stopped(order: Order) -> None:
    stopped = Ending(OrderStatus.NEEDS_ATTENTION, "It stopped.", FailureMode.CONFIG, due_at=timezone.now())
    orders.release(claimed(order), stopped)
    stopped_at = again(order).stopped_at
    orders.release(claimed(order), DONE)
    assert stopped_at is not None
    assert again(order).stopped_at == stopped_at


def test_an_order_that_goes_through_is_not_counted_as_stopped(order: Order) -> None:
    orders.release(claimed(order), DONE)
    assert again(order).stopped_at is None


def test_the_first_failure_starts_the_clock_and_later_ones_leave_it(make_order: MakeOrder) -> None:
    order = make_order()
    failing = Ending(OrderStatus.PROCESSING, "x", FailureMode.TRANSIENT, due_at=timezone.now())
    orders.release(claimed(order), failing)
    since = again(order).failing_since
    orders.release(claimed(order), failing)
    assert since is not None
    assert again(order).failing_since == since
    assert again(order).attempts == 2


def test_something_that_came_during_the_work_makes_the_order_due_again_at_once(
    order: Order, sent: Sent
) -> None:
    held = claimed(order)
    orders.wake(order.pk)
    orders.release(held, DONE)
    due_at = again(order).due_at
    assert due_at is not None
    assert due_at <= timezone.now()
    assert sent == [(queue.PROCESS_ORDER, order.pk)]


def test_a_worker_that_lost_its_lease_changes_nothing(order: Order) -> None:
    held = claimed(order)
    Order.objects.update(lease_token=uuid.uuid4(), message="the other's")
    assert not orders.release(held, DONE)
    assert (again(order).status, again(order).message) == (OrderStatus.PROCESSING, "the other's")


def test_a_very_long_cause_is_cut_to_its_column(order: Order) -> None:
    assert orders.release(
        claimed(order), Ending(OrderStatus.NEEDS_ATTENTION, cause=CauseKind.REFUSED.of("c" * 1000))
    )


# --- renew ----------------------------------------------------------------------------------------------------


def test_a_fresh_lease_is_not_renewed_yet(order: Order, django_assert_num_queries: Any) -> None:
    held = claimed(order)
    with django_assert_num_queries(0):
        held.renew()


def test_a_used_lease_is_prolonged(order: Order) -> None:
    held = claimed(order)
    held.until = later(seconds=60)
    held.renew()
    row = again(order)
    assert row.lease_until > later(seconds=LEASE.total_seconds() - 5)
    assert held.until > later(seconds=LEASE.total_seconds() - 5)


def test_long_work_is_a_sign_of_life_of_its_cluster(order: Order) -> None:
    held = claimed(order)
    held.until = later(seconds=60)
    held.renew()
    assert heartbeats.last_beat(heartbeats.cluster_name()) is not None


def test_a_lease_that_another_worker_took_cannot_be_renewed(order: Order) -> None:
    held = claimed(order)
    Order.objects.update(lease_token=uuid.uuid4())
    with pytest.raises(LeaseLost):
        held.renew(force=True)


def test_a_lease_that_is_over_cannot_be_renewed(order: Order) -> None:
    held = claimed(order)
    Order.objects.update(lease_until=later(seconds=-1))
    with pytest.raises(LeaseLost):
        held.renew(force=True)


# --- holding: the writes of a worker ---------------------------------------------------------------------------


def test_a_worker_writes_while_it_holds_the_lease(order: Order) -> None:
    held = claimed(order)
    with held.holding() as now:
        held.update(message="mine")
    assert again(order).message == "mine"
    assert abs(now - timezone.now()) < timedelta(seconds=5)


TAKEN = {"lease_token": uuid.UUID(int=1), "lease_until": later(hours=1)}
OVER = {"lease_until": later(seconds=-1)}


@pytest.mark.parametrize("lost", [TAKEN, OVER], ids=["taken over", "over"])
def test_a_worker_that_lost_its_lease_writes_nothing(order: Order, lost: dict[str, Any]) -> None:
    held = claimed(order)
    Order.objects.update(**lost)
    with pytest.raises(LeaseLost), held.holding():
        Order.objects.update(message="mine")
    with pytest.raises(LeaseLost):
        held.update(message="mine")
    assert again(order).message == ""


def test_what_was_written_before_an_error_is_not_kept(order: Order) -> None:
    held = claimed(order)
    with pytest.raises(ZeroDivisionError), held.holding():
        held.update(message="half")
        _ = 1 / 0
    assert again(order).message == ""


def test_a_worker_writes_nothing_when_the_order_is_not_as_it_was_read(order: Order) -> None:
    held = claimed(order)
    with pytest.raises(LeaseLost), held.holding(status=OrderStatus.WAITING):
        held.update(message="mine")
    assert again(order).message == ""


def test_a_lease_that_is_over_is_enough_to_give_the_order_back_while_nobody_has_it(order: Order) -> None:
    held = claimed(order)
    Order.objects.update(**OVER)
    with held.holding(or_over=True):
        assert orders.release(held, DONE)
    Order.objects.update(**TAKEN)
    with pytest.raises(LeaseLost), held.holding(or_over=True):
        pass


# --- dead workers ---------------------------------------------------------------------------------------------


def leased(make_order: MakeOrder, owner: str, seconds: float) -> Order:
    return make_order(
        OrderStatus.PROCESSING,
        lease_token=uuid.uuid4(),
        lease_owner=owner,
        lease_until=later(seconds=seconds),
    )


def ended_worker() -> str:
    """The identity of a process of this machine that has ended."""
    code = "from automationhub.lib.worker_identity import current_worker; print(current_worker())"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_claim_of_a_worker_whose_lease_is_over_is_freed(make_order: MakeOrder) -> None:
    order = leased(make_order, "elsewhere:1:1", seconds=-1)
    assert orders.free_dead_leases() == 1
    assert again(order).lease_token is None


def test_the_claim_of_a_dead_process_of_this_machine_is_freed_at_once(make_order: MakeOrder) -> None:
    order = leased(make_order, ended_worker(), seconds=100)
    assert orders.free_dead_leases() == 1
    assert again(order).lease_until is None


def _elsewhere(**changed: str) -> str:
    """The identity of an ended process, as if it had run in another place of the same host name."""
    host, place, pid, start = ended_worker().split(":")
    boot, _, namespace = place.rpartition("-")
    return f"{host}:{changed.get('boot', boot)}-{changed.get('namespace', namespace)}:{pid}:{start}"


@pytest.mark.parametrize(
    "owner",
    [
        lambda: "elsewhere:1:1",
        lambda: "",
        lambda: "nonsense",
        lambda: f"{socket.gethostname()}:x:1",
        lambda: f"{socket.gethostname()}:999999:1",  # as the release before wrote it
        lambda: _elsewhere(boot="another-machine"),
        lambda: _elsewhere(namespace="1"),
    ],
    ids=["another host", "none", "nonsense", "no number", "of the release before", "another machine of this name",
         "another container of this name"],
)  # fmt: skip
def test_the_claim_of_a_worker_that_may_live_stays(make_order: MakeOrder, owner: Callable[[], str]) -> None:
    order = leased(make_order, owner(), seconds=100)
    assert orders.free_dead_leases() == 0
    assert again(order).lease_token is not None


def test_the_claim_of_a_living_process_stays(make_order: MakeOrder) -> None:
    leased(make_order, current_worker(), seconds=100)
    assert orders.free_dead_leases() == 0


def test_a_process_that_got_a_dead_workers_number_does_not_pass_for_it() -> None:
    host, place, pid, start = current_worker().split(":")
    assert is_surely_dead(f"{host}:{place}:{pid}:{int(start) - 1}")
    assert not is_surely_dead(f"{host}:{place}:{os.getpid()}:{start}")


def test_a_freed_claim_is_told_on_the_timeline_with_its_worker(make_order: MakeOrder) -> None:
    order = leased(make_order, "elsewhere:1:1", seconds=-1)
    orders.free_dead_leases()
    [entry] = AuditEntry.objects.filter(order=order, type="order.abandoned")
    assert entry.data["worker"] == "elsewhere:1:1"


def test_the_attempt_of_a_dead_worker_is_closed_as_abandoned(make_order: MakeOrder) -> None:
    order = leased(make_order, "elsewhere:1:1", seconds=-1)
    attempt = StepAttempt.objects.create(order=order, step=Step.FETCH, attempt=1, started_at=timezone.now())
    orders.free_dead_leases()
    attempt.refresh_from_db()
    assert attempt.outcome == AttemptOutcome.ABANDONED
    assert attempt.finished_at is not None


def test_a_worker_that_takes_an_overdue_order_closes_what_its_predecessor_left_open(
    make_order: MakeOrder,
) -> None:
    order = leased(make_order, "elsewhere:1:1", seconds=-1)
    attempt = StepAttempt.objects.create(order=order, step=Step.FETCH, attempt=1, started_at=timezone.now())
    claimed(order)
    attempt.refresh_from_db()
    assert attempt.outcome == AttemptOutcome.ABANDONED
    [entry] = AuditEntry.objects.filter(order=order, type="order.abandoned")
    assert entry.data["worker"] == "elsewhere:1:1"


def test_an_order_of_a_dead_worker_is_woken_by_the_next_sweep(make_order: MakeOrder, sent: Sent) -> None:
    order = leased(make_order, ended_worker(), seconds=100)
    assert orders.wake_due_orders() == 1
    assert sent == [(queue.PROCESS_ORDER, order.pk)]


def test_an_order_whose_workers_keep_dying_is_parked_after_five(make_order: MakeOrder) -> None:
    order = make_order()
    for _ in range(5):
        claimed(order)
        Order.objects.update(lease_until=later(seconds=-1))
        orders.free_dead_leases()
    assert runner.process(order.pk)
    row = again(order)
    assert (row.status, row.due_at) == (OrderStatus.NEEDS_ATTENTION, None)
    assert "5 times in a row" in row.message
    assert "Retry" in row.message


def test_a_parked_order_gets_five_new_tries_after_retry(make_order: MakeOrder) -> None:
    order = make_order(OrderStatus.NEEDS_ATTENTION, unfinished_leases=6, due_at=None)
    order_actions.retry(order, actor="kim")
    assert again(order).unfinished_leases == 0


# --- the safety of the sweep -----------------------------------------------------------------------------------


def test_a_lease_that_was_renewed_after_the_sweep_saw_it_as_over_stays(
    make_order: MakeOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = leased(make_order, "elsewhere:1:1", seconds=-1)

    def renewed_meanwhile(owner: str) -> bool:
        Order.objects.filter(pk=order.pk).update(lease_until=later(seconds=100))
        return False

    monkeypatch.setattr(orders, "is_surely_dead", renewed_meanwhile)
    assert orders.free_dead_leases() == 0
    assert again(order).lease_token is not None


def test_the_order_of_a_dead_worker_that_its_successor_has_taken_stays_its_successors(
    make_order: MakeOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = leased(make_order, "dead", seconds=100)

    def taken_meanwhile(owner: str) -> bool:
        Order.objects.filter(pk=order.pk).update(lease_token=uuid.uuid4(), lease_owner="successor")
        return owner == "dead"

    monkeypatch.setattr(orders, "is_surely_dead", taken_meanwhile)
    assert orders.free_dead_leases() == 0
    assert again(order).lease_owner == "successor"


def test_only_the_attempts_of_the_freed_order_are_closed(make_order: MakeOrder) -> None:
    living, dead = leased(make_order, current_worker(), 100), leased(make_order, "elsewhere:1:1", -1)
    for order in (living, dead):
        StepAttempt.objects.create(order=order, step=Step.FETCH, attempt=1, started_at=timezone.now())
    orders.free_dead_leases()
    assert StepAttempt.objects.get(order=living).outcome == AttemptOutcome.RUNNING
    assert StepAttempt.objects.get(order=dead).outcome == AttemptOutcome.ABANDONED


# --- the sweep ------------------------------------------------------------------------------------------------


def test_the_sweep_wakes_each_due_order_once_a_minute(make_order: MakeOrder, sent: Sent) -> None:
    due = {make_order().pk for _ in range(3)}
    assert [orders.wake_due_orders(), orders.wake_due_orders()] == [3, 0]
    assert {order_id for _, order_id in sent} == due


def test_a_wake_up_that_was_lost_is_sent_again_after_a_minute(make_order: MakeOrder) -> None:
    make_order(queued_until=later(seconds=-1))
    assert orders.wake_due_orders() == 1


def test_force_sends_a_wake_up_even_where_one_is_on_its_way(make_order: MakeOrder) -> None:
    make_order(queued_until=later(seconds=60))
    assert orders.wake_due_orders(force=True) == 1


def test_force_disturbs_no_worker_that_is_at_work(order: Order, sent: Sent) -> None:
    claimed(order)
    assert orders.wake_due_orders(force=True) == 0
    assert sent == []


@pytest.mark.parametrize(
    "columns",
    [{"due_at": None}, {"due_at": later(hours=1)}, {"status": OrderStatus.ON_HOLD}],
    ids=["never", "in an hour", "on hold"],
)
def test_the_sweep_leaves_alone_what_is_not_due(make_order: MakeOrder, columns: dict[str, Any]) -> None:
    make_order(**columns)
    assert orders.wake_due_orders(force=True) == 0


def test_the_longest_due_orders_are_woken_first(make_order: MakeOrder, sent: Sent) -> None:
    waits = [make_order(due_at=later(minutes=-minutes)).pk for minutes in (1, 3, 2)]
    orders.wake_due_orders(limit=2)
    assert [order_id for _, order_id in sent] == [waits[1], waits[2]]


# --- what the sweep costs ---------------------------------------------------------------------------------------


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL reads a small table whole, whatever its indexes"
)
def test_the_sweep_reads_no_table_of_orders_as_a_whole(make_order: MakeOrder) -> None:
    make_order(due_at=later(minutes=-1))
    with CaptureQueriesContext(connection) as captured:
        orders.wake_due_orders()
    asked = [query["sql"] for query in captured if query["sql"].startswith("SELECT")]
    assert len(asked) >= 2
    with connection.cursor() as cursor:
        for sql in asked:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            plan = [str(row[3]) for row in cursor.fetchall()]
            assert not [step for step in plan if step.startswith("SCAN integrations_order")], sql
