"""A machine whose clock is wrong works on nothing, says so, and can neither take nor keep an order of others."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from automationhub.lib import database_clock
from integrations import tasks
from integrations.core.workqueue import heartbeats, orders, worker_clock
from integrations.core.workqueue.leases import acquire
from integrations.core.workqueue.worker_clock import WrongClock
from integrations.models import Heartbeat, Order
from integrations.operations import health

MakeOrder = Callable[..., Order]
OFF = pytest.mark.parametrize("seconds", [-200, -150, 150, 200])


@pytest.fixture(autouse=True)
def _clocks_are_compared_afresh() -> Iterator[None]:
    worker_clock.forget()
    yield
    worker_clock.forget()
    database_clock.forget()


def with_the_machine_off(seconds: float) -> time_machine.travel:
    """This machine's clock is off by so much; the database's is right."""
    worker_clock.forget()
    return time_machine.travel(timezone.now() + timedelta(seconds=seconds), tick=True)


@pytest.fixture
def right() -> Iterator[None]:
    """The database's clock stays right whatever happens to the machine's."""
    begun = timezone.now()
    with database_clock.pretending(lambda: begun):
        yield


@OFF
def test_a_machine_that_is_off_takes_no_order_and_says_why(order: Order, right: None, seconds: int) -> None:
    with with_the_machine_off(seconds), pytest.raises(WrongClock, match=f"{abs(seconds)} seconds"):
        orders.acquire_lease(order.pk)
    order.refresh_from_db()
    assert (order.lease_token, order.attempts) == (None, 0)


@OFF
def test_the_task_of_a_machine_that_is_off_leaves_the_order_to_others(
    order: Order, right: None, seconds: int, caplog: pytest.LogCaptureFixture
) -> None:
    with with_the_machine_off(seconds):
        tasks.process_order(order.pk)
    assert "Set the clock" in caplog.text
    assert orders.acquire_lease(order.pk) is not None if worker_clock.forget() is None else False


@OFF
def test_a_sweep_of_a_machine_that_is_off_takes_no_living_order_over(
    order: Order, right: None, seconds: int
) -> None:
    held = orders.acquire_lease(order.pk)
    assert held is not None
    with with_the_machine_off(seconds):
        assert orders.free_dead_leases() == 0
        held.renew(force=True)
    order.refresh_from_db()
    assert order.lease_token == held.token


@OFF
def test_a_lease_is_as_long_as_the_databases_clock_says(order: Order, right: None, seconds: int) -> None:
    with with_the_machine_off(seconds):
        worker_clock._measuring.due_at = float("inf")  # as if it had jumped since it was measured
        worker_clock._measuring.text = ""
        assert acquire(Order.objects.all(), order.pk, orders.LEASE)
    order.refresh_from_db()
    assert order.lease_until == database_clock.read() + orders.LEASE if order.lease_until else False


@OFF
def test_ready_names_the_machine_that_is_off(order: Order, right: None, seconds: int) -> None:
    with with_the_machine_off(seconds):
        [found] = [problem for problem in health.problems() if "clock" in problem]
    assert f"{abs(seconds)} seconds {'ahead of' if seconds > 0 else 'behind'} the database" in found


def test_ready_names_a_worker_of_another_machine_that_is_off(order: Order) -> None:
    Heartbeat.objects.create(
        cluster="b:1", at=timezone.now(), clock_problem="The clock of machine b is wrong."
    )
    assert "The clock of machine b is wrong." in health.problems()


def test_a_sign_of_life_tells_that_the_clock_is_off(order: Order, right: None) -> None:
    with with_the_machine_off(150):
        heartbeats.note_task_done()
    assert "150 seconds ahead" in Heartbeat.objects.get().clock_problem


@pytest.mark.parametrize("seconds", [-3, 0, 3])
def test_a_small_difference_is_corrected(order: Order, right: None, seconds: int) -> None:
    with with_the_machine_off(seconds):
        assert orders.acquire_lease(order.pk) is not None
        assert abs(database_clock.now() - database_clock.read()) < timedelta(seconds=1)


def test_work_goes_on_when_the_clock_was_set(order: Order, right: None) -> None:
    with with_the_machine_off(200), pytest.raises(WrongClock):
        orders.acquire_lease(order.pk)
    worker_clock.forget()
    assert orders.acquire_lease(order.pk) is not None


def test_a_slow_answer_of_the_database_is_no_wrong_clock() -> None:
    found = database_clock.ClockDifference(ahead=timedelta(seconds=8), uncertain=timedelta(seconds=6))
    assert worker_clock._sentence(found) == ""
