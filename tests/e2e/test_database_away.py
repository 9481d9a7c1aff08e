"""The hub's own database goes away in the middle of the work: the order is given back as soon as it answers again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from automationhub.lib import database
from integrations.core.workqueue import orders
from integrations.enums import AttemptOutcome, FailureMode, OrderStatus
from integrations.models import Order, PaceJob, StepAttempt
from integrations.orders.submission import runner
from tests.conftest import Hub
from tests.e2e.test_exactly_one_job import draft, jobs_in_pace

pytestmark = pytest.mark.e2e


@pytest.fixture
def lose_connection_at(
    hub_for_threads: Hub, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Callable[[], int]]:
    """Break the worker's connection when a call arrives at Pace or Pressero, once; how often that was done."""

    def plan(path: str, *, applied: bool = False) -> Callable[[], int]:
        done: list[str] = []
        raw = connection.connection
        for system in (hub_for_threads.pace, hub_for_threads.pressero):
            handle = system.handle

            def lossy(request: Any, handle: Callable[[Any], Any] = handle) -> Any:
                answer = handle(request) if applied else None
                if path.lower() in request.path.lower() and not done:
                    done.append(request.path)
                    raw.close()
                return answer if applied else handle(request)

            monkeypatch.setattr(system, "handle", lossy)
        return lambda: len(done)

    return plan


CALLS = ["/Orders/", "FindObjects", "startTransaction", "createJobPart", "createCartonContent"]


@pytest.mark.parametrize("path", CALLS)
def test_an_order_whose_worker_lost_its_database_connection_is_given_back_at_once(
    hub_for_threads: Hub, lose_connection_at: Callable[..., Any], path: str, make_due: Callable[[Order], None]
) -> None:
    hub = hub_for_threads
    order = hub.take_in(draft(items=2))
    lost = lose_connection_at(path)
    before = timezone.now()

    order = hub.process(order)

    assert lost() == 1
    assert (order.lease_token, order.unfinished_leases) == (None, 0)
    assert (order.status, order.failure_mode) == (OrderStatus.PROCESSING, FailureMode.TRANSIENT)
    assert order.due_at is not None
    assert (order.due_at - before).total_seconds() < 15
    assert not StepAttempt.objects.filter(outcome=AttemptOutcome.RUNNING).exists()
    make_due(order)
    assert hub.process(order).status == OrderStatus.SUBMITTED
    assert len(jobs_in_pace(hub, order.number)) == 1
    assert hub.pace.open_transactions() == []


def test_a_connection_lost_while_pace_commits_makes_no_second_job(
    hub_for_threads: Hub, lose_connection_at: Callable[..., Any], make_due: Callable[[Order], None]
) -> None:
    hub = hub_for_threads
    order = hub.take_in(draft())
    lost = lose_connection_at("/commit", applied=True)
    order = hub.process(order)
    assert lost() == 1
    assert order.lease_token is None
    PaceJob.objects.update(quiet_until=timezone.now())
    make_due(order)
    order = hub.process(order)
    assert order.status == OrderStatus.SUBMITTED
    assert len(jobs_in_pace(hub, order.number)) == 1


def test_a_database_that_stays_away_for_a_while_is_waited_for(
    hub_for_threads: Hub, lose_connection_at: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = hub_for_threads
    order = hub.take_in(draft())
    lose_connection_at("createJob")
    refused: list[int] = []
    connect = connection.get_new_connection

    def down(parameters: Any) -> Any:
        if len(refused) < 5:
            refused.append(1)
            raise OperationalError("the database system is starting up")
        return connect(parameters)

    monkeypatch.setattr(database, "PAUSE", 0.01)
    monkeypatch.setattr(connection, "get_new_connection", down)
    order = hub.process(order)
    assert len(refused) == 5
    assert order.lease_token is None
    assert order.status == OrderStatus.PROCESSING


def test_an_order_whose_lease_ended_while_the_database_was_away_is_left_to_the_others(
    hub_for_threads: Hub, lose_connection_at: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = hub_for_threads
    order = hub.take_in(draft())
    lose_connection_at("createJob")

    def gone(parameters: Any) -> Any:
        raise OperationalError("could not connect to server")

    monkeypatch.setattr(database, "PAUSE", 0.01)
    with monkeypatch.context() as away:
        away.setattr(connection, "get_new_connection", gone)
        away.setattr(orders, "LEASE", timedelta(seconds=1))
        with pytest.raises(OperationalError):
            runner.process(order.pk)
    row = Order.objects.get()
    assert row.lease_until is not None
    assert row.lease_until <= timezone.now()
    assert hub.process(row).status == OrderStatus.SUBMITTED


def test_a_lease_whose_answer_was_lost_holds_nothing(
    hub_for_threads: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = hub_for_threads
    order = hub.take_in(draft())
    with monkeypatch.context() as lossy:

        def lose(*args: Any, **kwargs: Any) -> Any:
            raise OperationalError("server closed the connection unexpectedly")

        lossy.setattr(orders, "OrderLease", lose)
        with pytest.raises(OperationalError):
            runner.process(order.pk)
    row = Order.objects.get()
    assert (row.lease_token, row.attempts, row.unfinished_leases) == (None, 0, 0)
    assert hub.process(row).status == OrderStatus.SUBMITTED


def test_a_fault_of_the_hub_itself_is_not_taken_for_a_lost_connection(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import ProgrammingError

    def wrong(*args: Any) -> Any:
        raise ProgrammingError('column "nonsense" does not exist')

    monkeypatch.setattr(runner.steps, "fetch", wrong)
    order = hub.process(draft())
    assert (order.status, order.failure_mode) == (OrderStatus.NEEDS_ATTENTION, FailureMode.INTERNAL)
