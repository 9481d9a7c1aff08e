"""However a claim ends or is taken over, its attempts are closed, and only workers that died count as dead."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from integrations.core.workqueue import messages as queue
from integrations.core.workqueue import orders
from integrations.core.workqueue.leases import must_change
from integrations.core.workqueue.orders import MAX_UNFINISHED_LEASES, Ending, OrderLease
from integrations.enums import AttemptOutcome, OrderStatus, Step
from integrations.errors import LeaseLost, NotAllowed, StateChanged, TransientError
from integrations.models import AuditEntry, Order, StepAttempt
from integrations.operations import order_actions
from integrations.orders.submission import runner

MakeOrder = Callable[..., Order]


@pytest.fixture(autouse=True)
def _commits_run_at_once(monkeypatch: pytest.MonkeyPatch, sent: list[Any]) -> None:
    """What is sent after the commit is sent at once: the tests' own transaction never commits."""
    monkeypatch.setattr(queue.transaction, "on_commit", lambda call: call())


def again(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def claimed(order: Order) -> OrderLease:
    held = orders.acquire_lease(order.pk)
    assert held is not None
    return held


def running(order: Order) -> StepAttempt:
    return StepAttempt.objects.create(order=order, step=Step.PLAN, attempt=1, started_at=timezone.now())


def end_lease(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def told(order: Order) -> list[str]:
    return list(AuditEntry.objects.filter(order=order).order_by("pk").values_list("type", flat=True))


# --- taken over -------------------------------------------------------------------------------------------------


def test_a_lease_that_ends_while_another_worker_claims_is_told_and_its_attempt_closed(
    make_order: MakeOrder,
) -> None:
    """The lease may end between any two statements of the claim."""
    for place in range(1, 10):
        order = make_order()
        claimed(order)
        attempt, passed = running(order), 0

        def end_it_here(execute: Any, *call: Any, place: int = place, order: Order = order) -> Any:
            nonlocal passed
            passed += 1
            if passed == place:
                execute(
                    "UPDATE integrations_order SET lease_until = due_at WHERE id = %s", [order.pk], *call[2:]
                )
            return execute(*call)

        with connection.execute_wrapper(end_it_here):
            successor = orders.acquire_lease(order.pk)
        if passed < place:
            assert place > 1
            return
        if successor is not None:
            attempt.refresh_from_db()
            assert attempt.outcome == AttemptOutcome.ABANDONED, place
            assert told(order) == ["order.abandoned"], place
    raise AssertionError("a claim takes too many statements")


def test_an_attempt_of_the_claim_that_is_made_is_not_closed_by_it(make_order: MakeOrder) -> None:
    order = make_order()
    claimed(order)
    attempt = running(order)
    assert orders.acquire_lease(order.pk) is None
    attempt.refresh_from_db()
    assert attempt.outcome == AttemptOutcome.RUNNING


def test_an_order_that_is_put_on_hold_after_its_lease_ended_stays_on_hold_when_the_worker_wakes(
    make_order: MakeOrder,
) -> None:
    order = make_order()
    held, attempt = claimed(order), running(order)
    end_lease(order)
    order_actions.hold(order, actor="kim")
    assert not orders.release(held, Ending(OrderStatus.SUBMITTED))
    attempt.refresh_from_db()
    assert again(order).status == OrderStatus.ON_HOLD
    assert attempt.outcome == AttemptOutcome.ABANDONED


def test_an_order_that_a_worker_has_cannot_be_put_on_hold(make_order: MakeOrder) -> None:
    order = make_order()
    claimed(order)
    with pytest.raises(NotAllowed):
        order_actions.hold(order, actor="kim")


# --- a worker that wakes up late is no dead worker --------------------------------------------------------------


def loses_its_lease(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[Order], object]) -> None:
    """A try that finds its lease gone; `meanwhile` happened while its worker did not run."""

    def run(this: runner.Try) -> None:
        order = Order.objects.get(pk=this.lease.order_id)
        running(order)
        end_lease(order)
        meanwhile(order)
        this.lease.renew(force=True)

    monkeypatch.setattr(runner, "_run", run)


def test_an_order_whose_lease_ended_is_free_at_once_when_its_worker_wakes(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    loses_its_lease(monkeypatch, lambda order: None)
    runner.process(order.pk)
    row = again(order)
    assert (row.lease_token, row.unfinished_leases) == (None, 0)
    assert row.due_at is not None
    assert row.due_at <= timezone.now()
    assert StepAttempt.objects.get().outcome == AttemptOutcome.RETRY
    assert told(order) == ["order.lease_lost"]


def test_a_worker_that_wakes_after_the_sweep_does_not_count_as_dead(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    loses_its_lease(monkeypatch, lambda order: orders.free_dead_leases())
    runner.process(order.pk)
    assert again(order).unfinished_leases == 0


def test_a_worker_that_wakes_during_its_successors_work_takes_back_its_own_count_only(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    successors: list[OrderLease] = []

    def taken_over(order: Order) -> None:
        successors.append(claimed(order))

    loses_its_lease(monkeypatch, taken_over)
    runner.process(order.pk)
    row = again(order)
    assert (row.unfinished_leases, row.lease_token) == (1, successors[0].token)


def test_a_worker_that_wakes_late_takes_back_no_count_of_another_order(make_order: MakeOrder) -> None:
    order, other = make_order(), make_order()
    held = claimed(order)
    claimed(other)
    end_lease(order)
    claimed(order)
    orders.let_go(held)
    assert again(other).unfinished_leases == 1


def test_a_worker_that_wakes_after_its_successor_gave_the_order_back_changes_nothing(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its claim is counted no longer: those that are counted now are of workers that came later."""

    def finished_and_killed(order: Order) -> None:
        due = timezone.now() - timedelta(seconds=1)
        orders.release(claimed(order), Ending(OrderStatus.PROCESSING, due_at=due))
        claimed(order)

    loses_its_lease(monkeypatch, finished_and_killed)
    runner.process(order.pk)
    assert again(order).unfinished_leases == 1


def test_retry_begins_the_count_afresh_for_workers_that_wake_later(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def retried_and_killed(order: Order) -> None:
        order_actions.retry(order, actor="kim")
        claimed(order)

    loses_its_lease(monkeypatch, retried_and_killed)
    runner.process(order.pk)
    assert again(order).unfinished_leases == 1


def test_an_order_whose_workers_are_often_late_and_never_die_is_not_parked(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as late:
        loses_its_lease(late, lambda order: orders.free_dead_leases())
        for _ in range(MAX_UNFINISHED_LEASES + 1):
            assert runner.process(order.pk)
    assert again(order).unfinished_leases == 0


# --- what is no lost lease --------------------------------------------------------------------------------------


def test_rows_that_are_not_as_they_were_read_are_told_from_a_lost_lease(order: Order) -> None:
    held = claimed(order)
    with pytest.raises(StateChanged), held.holding():
        must_change(0)


def test_a_try_that_finds_rows_changed_gives_the_order_back_at_once(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(this: runner.Try) -> StateChanged:
        return StateChanged("Order 1: its records changed while it was processed.")

    monkeypatch.setattr(runner, "_run", run)
    runner.process(order.pk)
    row = again(order)
    assert (row.lease_token, row.unfinished_leases) == (None, 0)
    assert row.due_at is not None
    assert "records changed" in row.message


def test_a_try_that_cannot_be_told_is_given_back_all_the_same(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is wrong with what it says: the order must not lie until its lease ends."""
    monkeypatch.setattr(runner, "_run", lambda this: TransientError("Pace did not answer.", cause=1))  # type: ignore[arg-type]
    runner.process(order.pk)
    row = again(order)
    assert (row.lease_token, row.unfinished_leases) == (None, 0)
    assert row.message.startswith(f"Order {order.number}")


def test_a_lost_lease_stays_a_lost_lease(order: Order) -> None:
    held = claimed(order)
    Order.objects.update(lease_token=uuid.uuid4())
    with pytest.raises(LeaseLost), held.holding():
        must_change(0)
