"""Telling Pressero the job numbers (docs/statuses.md): on each item, once, by itself, and never at the jobs' cost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.core.audit import log as audit
from integrations.core.workqueue import orders
from integrations.enums import FailureMode, OrderStatus
from integrations.models import Order, OrderItem, PaceJob
from integrations.operations import order_actions
from integrations.simulation.sandbox.pressero import FileDraft, ItemDraft, OrderDraft
from tests.conftest import Hub

pytestmark = pytest.mark.e2e

CU = "Example CU Store"
MakeDue = Callable[[Order], None]
PUT: dict[str, Any] = {"method": "PUT", "path": "/Item/[0-9]+$"}


def draft(items: int = 2, **more: Any) -> OrderDraft:
    lines = [ItemDraft("Poster 18x24", price="10.00", method="Ground", **more) for _ in range(items)]
    return OrderDraft(CU, "avery@example.com", lines)


def shown(hub: Hub, number: int) -> list[str | None]:
    """The job number that Pressero shows on each item."""
    return [item["OrderItemMISID"] for item in hub.pressero.order(number)["Items"]]


def job_numbers(hub: Hub) -> list[str]:
    return [str(job["job"]) for job in hub.pace.objects("Job")]


def puts(hub: Hub) -> list[str]:
    return [call.path for call in hub.pressero.calls if call.method == "PUT"]


def pace_writes(hub: Hub) -> list[str]:
    return [
        call.path for call in hub.pace.calls if "Object/create" in call.path or "Object/update" in call.path
    ]


# --- what is written ------------------------------------------------------------------------------------------------


def test_job_number_is_written_to_every_item_of_the_job(hub: Hub) -> None:
    order = hub.process(draft(3))
    [job] = job_numbers(hub)
    assert shown(hub, order.number) == [job, job, job]
    assert (order.status, order.message, order.due_at) == (OrderStatus.SUBMITTED, "", None)
    told = [line.sentence for line in audit.timeline(order) if line.type == "item.job_number_told"]
    assert told == [f"Pressero shows job {job} on item {item}." for item in (1, 2, 3)]


def test_item_of_several_jobs_shows_all_their_numbers(hub: Hub) -> None:
    hub.storefront(CU, one_job_per_item=True)
    files = [FileDraft("a.pdf"), FileDraft("b.pdf")]
    order = hub.process(OrderDraft(CU, "avery@example.com", [*draft(1, files=files).items, *draft(1).items]))
    first, second, third = job_numbers(hub)
    assert shown(hub, order.number) == [f"{first}, {second}", third]


def test_denied_item_shows_no_job(hub: Hub) -> None:
    order = hub.take_in(draft(2, needs_approval=True))
    hub.pressero.deny(order.number, 1)
    hub.process(order)
    assert shown(hub, order.number) == [None, job_numbers(hub)[0]]


def test_kit_and_its_components_show_the_job(hub: Hub) -> None:
    kit = ItemDraft(
        "Welcome Kit",
        price="10.00",
        method="Ground",
        children=[ItemDraft("Rate Insert"), ItemDraft("Poster 18x24")],
    )
    order = hub.process(OrderDraft(CU, "avery@example.com", [kit]))
    [job] = job_numbers(hub)
    assert shown(hub, order.number) == [job, job, job]


def test_nothing_is_written_back_before_the_jobs_are_in_pace(hub: Hub) -> None:
    hub.pace.faults.add("error_before", path="/createCarton", status=503)
    order = hub.process(draft())
    assert job_numbers(hub) == []
    assert puts(hub) == []
    assert shown(hub, order.number) == [None, None]


def test_job_number_is_not_written_twice(hub: Hub) -> None:
    order = hub.process(draft())
    assert len(puts(hub)) == 2
    for _ in range(2):
        orders.wake(order.pk)
        order = hub.process(order)
    assert len(puts(hub)) == 2


# --- when that fails ------------------------------------------------------------------------------------------------

TROUBLE = ["error_before", "error_after", "drop_before", "drop_after", "garbage", "rate_limited"]


@pytest.mark.parametrize("fault", TROUBLE)
def test_failure_is_retried_by_itself_and_touches_no_job(hub: Hub, fault: str, make_due: MakeDue) -> None:
    hub.pressero.faults.add(fault, **PUT, status=503, times=4)  # the client itself may repeat a harmless call
    order = hub.process(draft(1))
    assert order.status == OrderStatus.SUBMITTED
    assert order.failure_mode == FailureMode.TRANSIENT
    assert order.message.startswith("The jobs are in Pace, but their numbers were not sent to Pressero")
    assert f"order {order.number}" in order.message
    assert order.due_at is not None
    assert timezone.now() < order.due_at < timezone.now() + timedelta(minutes=11)
    [job] = job_numbers(hub)

    hub.pressero.faults.clear()
    hub.pace.clear_calls()
    make_due(order)
    order = hub.process(order)
    assert (order.status, order.message, order.failure_mode) == (OrderStatus.SUBMITTED, "", FailureMode.NONE)
    assert order.due_at is None
    assert shown(hub, order.number) == [job]
    assert job_numbers(hub) == [job]
    assert pace_writes(hub) == []


def test_order_stays_submitted_with_its_message_until_every_item_is_told(hub: Hub, make_due: MakeDue) -> None:
    hub.pressero.faults.add("error_before", **PUT, status=503, times=0)
    order = hub.process(draft(2))
    for _ in range(3):
        assert (order.status, order.failure_mode) == (OrderStatus.SUBMITTED, FailureMode.TRANSIENT)
        assert "their numbers were not sent to Pressero" in order.message
        assert order.due_at is not None
        assert shown(hub, order.number) == [None, None]
        make_due(order)
        order = hub.process(order)
    hub.pressero.faults.clear()
    make_due(order)
    order = hub.process(order)
    assert (order.status, order.message) == (OrderStatus.SUBMITTED, "")
    assert shown(hub, order.number) == job_numbers(hub) * 2
    assert PaceJob.objects.count() == 1


def test_failure_of_one_item_stops_no_other_and_only_that_one_is_repeated(
    hub: Hub, make_due: MakeDue
) -> None:
    hub.pressero.faults.add("error_before", method="PUT", path="/Item/2$", status=503, times=4)
    order = hub.process(draft(3))
    [job] = job_numbers(hub)
    assert shown(hub, order.number) == [job, None, job]
    told = OrderItem.objects.filter(order=order).order_by("seq").values_list("sent_job_number", flat=True)
    assert list(told) == [job, "", job]

    hub.pressero.faults.clear()
    hub.pressero.clear_calls()
    make_due(order)
    hub.process(order)
    assert shown(hub, order.number) == [job, job, job]
    assert [path.rpartition("/")[2] for path in puts(hub)] == ["2"]


def test_refusal_by_pressero_waits_for_staff_and_goes_on_with_retry(hub: Hub) -> None:
    hub.pressero.faults.add("error_before", **PUT, status=400, message="The item is locked.")
    order = hub.process(draft(1))
    assert (order.status, order.failure_mode, order.due_at) == (
        OrderStatus.SUBMITTED,
        FailureMode.ORDER,
        None,
    )
    for words in ["The jobs are in Pace", "The item is locked", f"order {order.number}"]:
        assert words in order.message
    hub.pace.clear_calls()
    order_actions.retry(order, actor="test")
    order = hub.process(order)
    assert (order.status, order.message) == (OrderStatus.SUBMITTED, "")
    assert shown(hub, order.number) == job_numbers(hub)
    assert pace_writes(hub) == []


def test_any_later_event_tries_it_again_too(hub: Hub) -> None:
    hub.pressero.faults.add("error_before", **PUT, status=503, times=4)
    order = hub.process(draft(1))
    hub.pressero.faults.clear()
    orders.wake(order.pk)
    order = hub.process(order)
    assert order.message == ""
    assert shown(hub, order.number) == job_numbers(hub)


def test_pressero_that_is_down_altogether_leaves_the_order_submitted(hub: Hub, make_due: MakeDue) -> None:
    hub.pressero.faults.add("error_before", **PUT, status=503, times=4)
    order = hub.process(draft(1))
    hub.pressero.faults.clear()
    hub.pressero.faults.add("down")
    make_due(order)
    order = hub.process(order)
    assert (order.status, order.failure_mode) == (OrderStatus.SUBMITTED, FailureMode.TRANSIENT)
    assert order.due_at is not None
    assert f"rder {order.number}" in order.message
    hub.pressero.faults.clear()
    make_due(order)
    order = hub.process(order)
    assert (order.status, order.message) == (OrderStatus.SUBMITTED, "")
    assert shown(hub, order.number) == job_numbers(hub)


def test_token_that_expired_meanwhile_is_renewed_without_a_word(hub: Hub) -> None:
    hub.pressero.faults.add("unauthorized", **PUT)
    order = hub.process(draft(1))
    assert (order.status, order.message) == (OrderStatus.SUBMITTED, "")
    assert shown(hub, order.number) == job_numbers(hub)


def test_after_the_retry_hours_it_waits_for_staff_and_the_order_is_still_submitted(
    hub: Hub, make_due: MakeDue
) -> None:
    hub.set_server(retry_hours=1)
    hub.pressero.faults.add("error_before", **PUT, status=503, times=0)
    order = hub.process(draft(1))
    Order.objects.filter(pk=order.pk).update(failing_since=timezone.now() - timedelta(hours=2))
    make_due(order)
    order = hub.process(order)
    assert (order.status, order.due_at) == (OrderStatus.SUBMITTED, None)
    assert "The jobs are in Pace" in order.message
    hub.pressero.faults.clear()
    order_actions.retry(order, actor="test")
    assert hub.process(order).message == ""
    assert shown(hub, order.number) == job_numbers(hub)


def test_job_numbers_are_told_even_while_pace_refuses_a_file_that_came_later(
    hub: Hub, make_due: MakeDue
) -> None:
    hub.pressero.faults.add("error_before", **PUT, status=503, times=4)
    order = hub.process(draft(1))
    hub.pressero.faults.clear()
    hub.pressero.add_files(order.number, 1, ["late.pdf"])
    hub.pace.faults.add(
        "error_before", path="createContentFile", message="Field 'fileName' is invalid", times=0
    )
    make_due(order)
    order = hub.process(order)
    assert order.status == OrderStatus.SUBMITTED
    assert "fileName" in order.message
    assert shown(hub, order.number) == job_numbers(hub)


def test_order_whose_job_was_found_after_a_lost_commit_is_submitted_while_its_files_cannot_be_looked_at(
    hub: Hub, make_due: MakeDue
) -> None:
    hub.pace.faults.add("drop_after", path="/commit")
    order = hub.process(draft(1, files=["a.pdf"]))
    past = timezone.now() - timedelta(seconds=1)
    PaceJob.objects.filter(order=order).update(quiet_until=past)
    # The first list that is asked for is that of the order's jobs, the next that of the contacts, the third the job's files.
    hub.pace.faults.add("error_before", path="loadValueObjects", status=503, nth=3, times=0)
    make_due(order)
    order = hub.process(order)
    assert (order.status, order.failure_mode) == (OrderStatus.SUBMITTED, FailureMode.TRANSIENT)
    assert order.due_at is not None
    hub.pace.faults.clear()
    make_due(order)
    order = hub.process(order)
    assert (order.status, order.message) == (OrderStatus.SUBMITTED, "")
    assert shown(hub, order.number) == job_numbers(hub)
    assert len(hub.pace.objects("ContentFile")) == 1
