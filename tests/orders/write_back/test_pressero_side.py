"""What happens in Pressero: our own echoes, moves by staff, cancellations."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from integrations.enums import OrderStatus
from integrations.models import Alert, AuditEntry, ItemStage, Order, PaceJob, WebhookEvent
from integrations.operations import order_actions
from integrations.orders.intake import receive
from integrations.orders.submission import runner
from integrations.simulation.demo.configuration import ACCOUNT_SLUG, SECURITY_KEY
from integrations.simulation.sandbox.pressero import FileDraft, ItemDraft, OrderDraft
from mappings.models import StatusMapping
from tests.orders.write_back.conftest import AVERY, CU, Plant, take_in_again

pytestmark = pytest.mark.e2e


@pytest.fixture
def post(plant: Plant, client: Client) -> Callable[[], list[int]]:
    """Hand over the events that happened since the last time, as Pressero's webhooks do."""
    seen = {event.message_id for event in plant.hub.pressero.events}

    def deliver() -> list[int]:
        codes = []
        for event in plant.hub.pressero.events:
            if event.message_id in seen:
                continue
            seen.add(event.message_id)
            signature = hashlib.sha1(SECURITY_KEY.encode() + event.body).hexdigest()  # noqa: S324
            answer = client.generic(
                "POST", f"/api/pressero/{ACCOUNT_SLUG}/events/", event.body, "application/json",
                headers={"MessageHash": signature},
            )  # fmt: skip
            codes.append(answer.status_code)
        return codes

    return deliver


def work(order: Order) -> Order:
    runner.process(order.pk)
    return Order.objects.get(pk=order.pk)


# --- echoes ---


def test_the_echo_of_our_own_write_causes_nothing(plant: Plant, post: Callable[[], list[int]]) -> None:
    order = plant.order(items=2)
    post()
    work(order)
    plant.job_status(order, "R")
    plant.sync()
    lines = AuditEntry.objects.filter(order=order).count()
    plant.hub.pressero.clear_calls()
    assert post() == [202, 202]
    assert not work(order).due_at
    assert list(plant.hub.pressero.calls) == []
    assert AuditEntry.objects.filter(order=order).count() == lines
    assert WebhookEvent.objects.filter(detail__contains="Caused by a stage that the hub set").count() == 2


def test_an_echo_that_comes_before_the_answer_is_recognised(
    plant: Plant, post: Callable[[], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from integrations.clients.pressero.client import PresseroClient

    order = plant.order()
    post()
    work(order)
    plain = PresseroClient.set_status

    def set_status(*args: object, **kwargs: object) -> None:
        plain(*args, **kwargs)  # type: ignore[arg-type]
        post()

    monkeypatch.setattr(PresseroClient, "set_status", set_status)
    plant.job_status(order, "R")
    plant.sync()
    assert not plant.fresh(order).due_at


def test_a_move_by_staff_right_after_ours_is_recorded(plant: Plant, post: Callable[[], list[int]]) -> None:
    order = plant.order()
    post()
    work(order)
    plant.job_status(order, "R")
    plant.sync()
    plant.hub.pressero.set_stage(order.number, 1, "Special")
    post()
    work(order)
    [moved] = plant.timeline(order, "item.stage_in_pressero")
    assert (moved["before"], moved["after"]) == ("Press", "Special")
    assert plant.stage_row(order).seen_name == "Special"


def test_a_move_by_staff_is_recorded_once(plant: Plant, post: Callable[[], list[int]]) -> None:
    order = plant.order()
    plant.hub.pressero.set_stage(order.number, 1, "Special")
    for _ in range(3):
        post()
        take_in_again(order)
        work(order)
    assert len(plant.timeline(order, "item.stage_in_pressero")) == 1


def test_an_echo_that_comes_very_late_is_no_move(plant: Plant, post: Callable[[], list[int]]) -> None:
    order = plant.order()
    plant.job_status(order, "R")
    plant.sync()
    ItemStage.objects.update(own_event_until=timezone.now() - timedelta(seconds=1))
    post()
    work(order)
    assert plant.timeline(order, "item.stage_in_pressero") == []


def test_after_a_refused_write_no_echo_is_expected(plant: Plant) -> None:
    order = plant.order()
    plant.job_status(order, "R")
    plant.hub.pressero.faults.add("error_before", path="/Status/", status=400)
    plant.sync()
    assert plant.stage_row(order).own_event_until is None


def test_staff_who_move_an_item_to_where_pace_comes_later_are_not_repeated(plant: Plant) -> None:
    order = plant.order()
    plant.job_status(order, "P")
    plant.sync()
    plant.hub.pressero.set_stage(order.number, 1, "Press")
    take_in_again(order)
    work(order)
    writes = plant.writes()
    plant.job_status(order, "R")
    plant.sync()
    assert plant.writes() == writes
    assert plant.stage_row(order).sent_name == "Press"


def test_a_stage_is_not_sent_twice_in_a_row_even_when_staff_moved_the_item_in_between(plant: Plant) -> None:
    StatusMapping.objects.filter(pace_status="B").update(pressero_stage="Press")
    order = plant.order()
    plant.job_status(order, "R")
    plant.sync()
    plant.hub.pressero.set_stage(order.number, 1, "Special")
    take_in_again(order)
    work(order)
    plant.job_status(order, "B")
    plant.sync()
    assert plant.history(order) == ["Press", "Special"]


# --- cancelled ---


def cancelling(plant: Plant, stage: str = "Order Cancelled", **changes: object) -> None:
    plant.hub.storefront(CU, cancelled_stage=stage, alert_emails=["desk@example.com"], **changes)


def not_yet_sent(plant: Plant, *, items: int = 1, files: int = 0) -> Order:
    drafts = [
        ItemDraft(
            "Business Card", price="10.00", method="Ground", files=[FileDraft(f"{seq}{n}.pdf") for n in range(files)]
        )
        for seq in range(items)
    ]  # fmt: skip
    return plant.hub.take_in(OrderDraft(CU, AVERY, drafts))


def test_a_cancelled_order_is_put_on_hold_before_submission(plant: Plant) -> None:
    cancelling(plant)
    order = not_yet_sent(plant)
    plant.hub.pressero.cancel(order.number)
    order = work(order)
    assert order.status == OrderStatus.ON_HOLD
    assert "item 1 was canceled in Pressero" in order.message
    assert plant.hub.pace.objects("Job") == []


def test_the_cancelled_stage_may_be_named_by_its_id(plant: Plant) -> None:
    stage = plant.hub.pressero.store.catalog.workflow("Standard").stage("Order Cancelled")
    cancelling(plant, stage.stage_id)
    order = not_yet_sent(plant)
    plant.hub.pressero.cancel(order.number)
    assert work(order).status == OrderStatus.ON_HOLD


def test_one_cancelled_item_holds_its_order(plant: Plant) -> None:
    cancelling(plant)
    order = not_yet_sent(plant, items=3)
    plant.hub.pressero.set_stage(order.number, 2, "Order Cancelled")
    order = work(order)
    assert order.status == OrderStatus.ON_HOLD
    assert "item 2 was" in order.message


def test_it_goes_on_when_the_item_was_moved_back_and_staff_release_it(plant: Plant) -> None:
    cancelling(plant)
    order = not_yet_sent(plant)
    plant.hub.pressero.cancel(order.number)
    order = work(order)
    order_actions.release_hold(order, actor="pat")
    assert work(order).status == OrderStatus.ON_HOLD
    plant.hub.pressero.set_stage(order.number, 1, "Order Received")
    order_actions.release_hold(order, actor="pat")
    assert work(order).status == OrderStatus.SUBMITTED


def test_without_the_setting_nothing_is_held(plant: Plant) -> None:
    order = not_yet_sent(plant)
    plant.hub.pressero.cancel(order.number)
    assert work(order).status == OrderStatus.SUBMITTED


def test_after_submission_staff_are_alerted_once_with_the_job_number_and_nothing_is_deleted(
    plant: Plant,
) -> None:
    cancelling(plant)
    order = plant.order()
    plant.hub.pressero.cancel(order.number)
    for _ in range(3):
        take_in_again(order)
        assert work(order).status == OrderStatus.SUBMITTED
    [alert] = Alert.objects.all()
    assert f"job {PaceJob.objects.get().number}" in alert.text
    assert len(plant.timeline(order, "order.cancelled")) == 1
    assert len(plant.hub.pace.objects("Job")) == 1


def test_a_cancellation_that_pace_itself_brought_alerts_nobody(plant: Plant) -> None:
    cancelling(plant)
    StatusMapping.objects.create(level="job", pace_status="X", pressero_stage="Order Cancelled")
    order = plant.order()
    plant.job_status(order, "X")
    plant.sync()
    assert plant.stage(order) == "Order Cancelled"
    take_in_again(order)
    work(order)
    assert not Alert.objects.exists()


def test_cancelled_while_its_jobs_are_being_made_stops_for_a_person(plant: Plant) -> None:
    cancelling(plant, one_job_per_item=True)
    order = not_yet_sent(plant, files=2)
    plant.hub.pace.faults.add("error_before", path="/commit", nth=2, status=503)
    order = work(order)
    assert order.status == OrderStatus.PROCESSING
    plant.hub.pressero.cancel(order.number)
    PaceJob.objects.update(quiet_until=timezone.now() - timedelta(seconds=1))
    Order.objects.update(due_at=timezone.now())
    order = work(order)
    assert order.status == OrderStatus.NEEDS_ATTENTION
    assert "while its jobs were being made" in order.message
    assert len(plant.hub.pace.objects("Job")) == 1


def test_events_of_a_held_order_are_kept_and_wake_nobody(plant: Plant) -> None:
    cancelling(plant)
    order = not_yet_sent(plant)
    plant.hub.pressero.cancel(order.number)
    order = work(order)
    receive.take_in(order.storefront, order.number, why="A test.", actor="test")
    assert plant.fresh(order).due_at is None
