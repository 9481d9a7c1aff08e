"""A system that is down is knocked at by one order at a time, not by all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.connections import circuits
from integrations.enums import OrderStatus
from integrations.models import Alert, Circuit, Order
from integrations.operations import health
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from tests.conftest import Hub

pytestmark = pytest.mark.e2e


def draft() -> OrderDraft:
    return OrderDraft(
        "Example CU Store", "avery@example.com", [ItemDraft("Business Card", price="5.00", method="Ground")]
    )


@pytest.fixture
def down(hub: Hub) -> Hub:
    """Pace has failed often enough that its circuit is open."""
    hub.pace.faults.add("down")
    for _ in range(circuits.FAILURES_TO_OPEN):
        hub.process(draft())
    hub.pace.clear_calls()
    return hub


def test_after_repeated_failures_the_others_wait_without_calling(down: Hub) -> None:
    order = down.process(draft())
    assert order.status == OrderStatus.PROCESSING
    assert "is not responding" in order.message
    assert list(down.pace.calls) == []


def test_an_order_that_only_waits_uses_up_no_try(down: Hub) -> None:
    assert down.process(draft()).attempts == 0


def test_when_the_pause_is_over_one_order_probes_and_the_others_still_wait(down: Hub) -> None:
    Circuit.objects.update(open_until=timezone.now() - timedelta(seconds=1))
    circuits.check(down.server)
    with pytest.raises(circuits.CircuitOpen):
        circuits.check(down.server)


def test_a_probe_that_succeeds_closes_the_circuit(down: Hub, make_due: Callable[[Order], None]) -> None:
    down.pace.faults.clear()
    Circuit.objects.update(open_until=timezone.now() - timedelta(seconds=1))
    assert down.process(draft()).status == OrderStatus.SUBMITTED
    assert circuits.open_circuits() == []


def test_a_probe_that_fails_opens_it_for_longer(down: Hub) -> None:
    Circuit.objects.update(open_until=timezone.now() - timedelta(seconds=1))
    down.process(draft())
    circuit = Circuit.objects.get()
    assert circuit.failures == circuits.FAILURES_TO_OPEN + 1
    assert circuit.open_until is not None
    assert circuit.open_until > timezone.now() + circuits.FIRST_PAUSE


def test_orders_that_were_at_work_when_it_opened_make_the_pause_no_longer(hub: Hub) -> None:
    for _ in range(circuits.FAILURES_TO_OPEN + 3):
        circuits.note_failure(hub.server, "no answer")
    circuit = Circuit.objects.get()
    assert circuit.open_until is not None
    assert circuit.open_until <= timezone.now() + circuits.FIRST_PAUSE


def test_an_order_that_is_refused_does_not_count_against_the_connection(hub: Hub) -> None:
    hub.storefront(job_type=999_999)
    for _ in range(circuits.FAILURES_TO_OPEN + 1):
        hub.process(draft())
    assert circuits.open_circuits() == []


def test_down_and_up_again_are_told_once_each(hub: Hub) -> None:
    hub.set_server(alert_emails=["it@example.com"])
    hub.pace.faults.add("down")
    for _ in range(circuits.FAILURES_TO_OPEN):
        hub.process(draft())
    hub.pace.faults.clear()
    Circuit.objects.update(open_until=timezone.now() - timedelta(seconds=1))
    hub.process(draft())
    kinds = list(Alert.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == ["connection_down", "connection_up"]


def test_the_readiness_check_names_the_connection(down: Hub) -> None:
    assert any("Sandbox Pace is not responding" in problem for problem in health.problems())


def test_a_connection_paused_by_hand_is_not_called_until_it_is_resumed(
    hub: Hub, make_due: Callable[[Order], None]
) -> None:
    circuits.pause(hub.server, actor="pat")
    order = hub.process(draft())
    assert "Sandbox Pace is paused. Resume it to continue." in order.message
    circuits.resume(hub.server, actor="pat")
    order.refresh_from_db()
    assert order.due_at is not None
    assert order.due_at <= timezone.now()
    assert hub.process(order).status == OrderStatus.SUBMITTED


def test_more_orders_than_the_server_takes_at_once_wait(hub: Hub) -> None:
    hub.set_server(max_concurrent_orders=1)
    first = hub.take_in(draft())
    Order.objects.filter(pk=first.pk).update(lease_until=timezone.now() + timedelta(minutes=1))
    second = hub.process(draft())
    assert "its limit" in second.message
    assert second.attempts == 0


def test_calls_of_a_limited_server_get_slots_one_after_another(hub: Hub) -> None:
    server = hub.set_server(max_calls_per_second=10)
    now = timezone.now()
    waits = [circuits.seconds_to_wait(server, now=now) for _ in range(4)]
    assert waits == pytest.approx([0.0, 0.1, 0.2, 0.3], abs=0.001)


def test_a_slot_that_another_worker_took_in_between_is_not_given_twice(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = hub.set_server(max_calls_per_second=10)
    now = timezone.now()
    others: list[float] = []
    read = Circuit.objects.get_or_create

    def read_and_be_overtaken(**wanted: Any) -> tuple[Circuit, bool]:
        found = read(**wanted)
        if not others:
            others.append(-1.0)
            others.append(circuits.seconds_to_wait(server, now=now))
        return found

    monkeypatch.setattr(Circuit.objects, "get_or_create", read_and_be_overtaken)
    mine = circuits.seconds_to_wait(server, now=now)
    assert [others[-1], mine] == pytest.approx([0.0, 0.1], abs=0.001)


@given(st.integers(min_value=0, max_value=10_000))
def test_the_pause_grows_but_never_over_five_minutes(failures: int) -> None:
    pause = circuits.pause_after(failures)
    assert circuits.FIRST_PAUSE <= pause <= circuits.LONGEST_PAUSE
    assert pause <= circuits.pause_after(failures + 1)


# --- waiting is not failing -------------------------------------------------------------------------------------


def test_an_order_whose_connection_is_paused_longer_than_it_may_fail_goes_on_at_resume(
    hub: Hub, make_due: Callable[[Order], None]
) -> None:
    hub.set_server(retry_hours=1)
    circuits.pause(hub.server, actor="pat")
    order = hub.process(draft())
    # The time passes: two looks at the paused connection, more than the hour apart.
    Order.objects.update(failing_since=timezone.now() - timedelta(hours=30))
    make_due(order)
    order = hub.process(order)
    assert (order.status, order.failing_since) == (OrderStatus.PROCESSING, None)
    assert order.due_at is not None
    circuits.resume(hub.server, actor="pat")
    order.refresh_from_db()
    assert order.due_at is not None
    assert order.due_at <= timezone.now() + timedelta(seconds=1)
    assert hub.process(order).status == OrderStatus.SUBMITTED


def test_a_failure_after_a_pause_has_the_whole_time_of_retries(
    hub: Hub, make_due: Callable[[Order], None]
) -> None:
    hub.set_server(retry_hours=1)
    circuits.pause(hub.server, actor="pat")
    order = hub.process(draft())
    Order.objects.update(failing_since=timezone.now() - timedelta(hours=30))
    make_due(order)
    hub.process(order)
    circuits.resume(hub.server, actor="pat")
    hub.pace.faults.add("down")
    order = hub.process(order)
    assert order.status == OrderStatus.PROCESSING
    assert order.failing_since is not None


def test_a_system_that_is_down_is_a_failure_and_stops_the_order_in_the_end(
    down: Hub, make_due: Callable[[Order], None]
) -> None:
    order = down.process(draft())
    Order.objects.filter(pk=order.pk).update(failing_since=timezone.now() - timedelta(hours=25))
    make_due(order)
    assert down.process(order).status == OrderStatus.NEEDS_ATTENTION
