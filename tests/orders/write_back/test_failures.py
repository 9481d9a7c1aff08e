"""What goes wrong between the two systems: nothing is lost, nothing sent twice, nothing older after something newer."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from integrations.core.connections import circuits
from integrations.core.workqueue import deliveries, write_backs
from integrations.enums import FailureMode, OrderStatus
from integrations.models import Alert, ItemStage, Order, PaceJob, PaceServer, PaceShipment
from integrations.operations import order_actions
from integrations.orders.write_back import deliver_stage
from mappings.models import StatusMapping
from tests.orders.write_back.conftest import CU, Plant

pytestmark = pytest.mark.e2e

STATUS = "/Status/"


@pytest.fixture
def desk(plant: Plant) -> Plant:
    """With somebody to be told."""
    plant.hub.storefront(CU, alert_emails=["desk@example.com"])
    return plant


# --- Pressero fails ---


def test_a_failed_update_is_tried_again(plant: Plant) -> None:
    order = plant.order()
    plant.job_status(order, "R")
    plant.hub.pressero.faults.add("error_before", path=STATUS, status=503)
    plant.sync()
    assert plant.history(order) == []
    plant.let_time_pass()
    plant.tell()
    assert plant.history(order) == ["Press"]


def test_what_is_not_due_is_claimed_by_nobody(plant: Plant) -> None:
    order = plant.order()
    plant.job_status(order, "R")
    plant.hub.pressero.faults.add("error_before", path=STATUS, status=503)
    plant.sync()
    assert deliveries.acquire_lease(ItemStage, plant.stage_row(order).pk) is None


def test_it_is_tried_again_after_at_most_five_seconds_then_later_and_later(plant: Plant) -> None:
    order = plant.order()
    plant.job_status(order, "R")
    plant.hub.pressero.faults.add("error_before", path=STATUS, status=503, times=0)
    plant.poll_now()
    waits = []
    for _ in range(4):
        plant.tell()
        wish = plant.stage_row(order)
        assert wish.due_at is not None
        from django.utils import timezone

        waits.append((wish.due_at - timezone.now()).total_seconds())
        plant.let_time_pass()
    assert waits[0] <= 5
    assert waits[3] > waits[0]
    assert len(plant.timeline(order, "item.stage_failed")) == 1


@pytest.mark.parametrize("fault", ["drop_after", "error_after", "garbage_after"])
def test_an_update_whose_answer_is_lost_is_looked_for_and_not_repeated(plant: Plant, fault: str) -> None:
    order = plant.order()
    plant.job_status(order, "R")
    plant.hub.pressero.faults.add(fault, path=STATUS, status=500)
    plant.sync()
    plant.let_time_pass()
    plant.tell()
    assert plant.history(order) == ["Press"]
    assert plant.stage_row(order).sent_name == "Press"


def test_an_update_that_was_lost_before_it_arrived_is_sent_again(plant: Plant) -> None:
    order = plant.order()
    plant.job_status(order, "R")
    plant.hub.pressero.faults.add("drop_before", path=STATUS)
    plant.sync()
    plant.let_time_pass()
    plant.tell()
    assert plant.history(order) == ["Press"]


def test_a_worker_that_dies_at_the_call_leaves_a_trace_and_the_next_one_looks_first(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = plant.order()
    plant.job_status(order, "R")
    plant.poll_now()
    with monkeypatch.context() as patch:
        patch.setattr(deliver_stage, "_finish", _die)
        with pytest.raises(KeyboardInterrupt):
            plant.tell()
    assert plant.stage_row(order).sending_stage
    ItemStage.objects.update(lease_until=None)
    plant.tell()
    assert plant.history(order) == ["Press"]


def _taken_and_finished_meanwhile(plant: Plant, order: Order) -> None:
    """The worker is frozen for longer than its lease, and its successor delivers what is wanted now."""
    for kind in (ItemStage, PaceShipment):
        kind.objects.filter(lease_until__isnull=False).update(
            lease_until=timezone.now(), due_at=timezone.now()
        )
    plant.job_status(order, "B")
    plant.poll_now()
    plant.tell()


def test_a_worker_that_wakes_up_late_sends_no_older_stage_after_its_successors(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = plant.order()
    plant.job_status(order, "R")
    plant.poll_now()
    choose = deliver_stage._choose
    slept: list[int] = []

    def asleep(*args: Any) -> Any:
        chosen = choose(*args)
        if not slept:
            slept.append(1)
            _taken_and_finished_meanwhile(plant, order)
        return chosen

    monkeypatch.setattr(deliver_stage, "_choose", asleep)
    plant.tell()
    assert slept
    assert plant.history(order) == ["Bindery"]
    assert plant.stage_row(order).sent_name == "Bindery"


def _die(*args: object, **kwargs: object) -> bool:
    raise KeyboardInterrupt


def test_a_late_retry_sends_the_stage_of_now(plant: Plant) -> None:
    order = plant.order()
    plant.job_status(order, "R")
    plant.hub.pressero.faults.add("error_before", path=STATUS, status=503)
    plant.sync()
    plant.job_status(order, "B")
    plant.poll_now()
    plant.let_time_pass()
    plant.tell()
    plant.let_time_pass()
    plant.tell()
    assert plant.history(order) == ["Bindery"]


def test_a_newer_status_during_the_send_is_told_after_it(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = plant.order()
    plant.job_status(order, "R")
    plant.poll_now()
    plain = deliver_stage._note_intent

    def overtaken(*args: object) -> None:
        plain(*args)  # type: ignore[arg-type]
        if not plant.writes():
            plant.job_status(order, "B")
            plant.poll_now()

    monkeypatch.setattr(deliver_stage, "_note_intent", overtaken)
    plant.tell()
    assert plant.history(order) == ["Press", "Bindery"]


def test_a_newer_status_is_not_held_up_by_the_failure_of_an_older(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = plant.order()
    plant.job_status(order, "R")
    plant.poll_now()
    plant.hub.pressero.faults.add("error_before", path=STATUS, status=400)
    plain = deliver_stage._note_intent

    def overtaken(*args: object) -> None:
        plain(*args)  # type: ignore[arg-type]
        if not plant.writes():
            plant.job_status(order, "B")
            plant.poll_now()

    monkeypatch.setattr(deliver_stage, "_note_intent", overtaken)
    plant.tell()
    assert plant.history(order) == ["Bindery"]


def test_one_items_failure_stops_no_other(plant: Plant) -> None:
    order = plant.order(items=3)
    plant.job_status(order, "R")
    plant.hub.pressero.faults.add("error_before", path="/Item/1/Status/", status=400, times=0)
    plant.sync()
    assert [plant.history(order, item) for item in (1, 2, 3)] == [[], ["Press"], ["Press"]]


def test_a_pressero_that_is_down_is_left_alone_and_then_told_everything(plant: Plant) -> None:
    order = plant.order(items=12)
    plant.job_status(order, "R")
    plant.poll_now()
    plant.hub.pressero.faults.add("error_before", status=503, times=0)
    assert plant.tell().failed == circuits.FAILURES_TO_OPEN
    plant.hub.pressero.clear_calls()
    assert plant.tell().failed == 0
    assert list(plant.hub.pressero.calls) == []
    plant.hub.pressero.faults.clear()
    plant.let_time_pass()
    plant.tell()
    assert all(plant.history(order, item) == ["Press"] for item in range(1, 13))


def test_an_account_that_is_paused_by_hand_is_not_called_until_it_is_resumed(plant: Plant) -> None:
    order = plant.order()
    plant.job_status(order, "R")
    plant.poll_now()
    circuits.pause(plant.hub.account, actor="pat")
    plant.hub.pressero.clear_calls()
    plant.tell()
    assert list(plant.hub.pressero.calls) == []
    assert plant.stage_row(order).attempts == 0
    circuits.resume(plant.hub.account, actor="pat")
    plant.tell()
    assert plant.stage(order) == "Press"


def test_a_pace_server_that_is_paused_by_hand_is_not_called(plant: Plant) -> None:
    plant.order()
    circuits.pause(plant.hub.server, actor="pat")
    plant.hub.pace.clear_calls()
    assert "is paused. Resume it to continue." in (plant.poll_now().problems or [""])[0]
    assert plant.pace_calls() == 0


# --- what a person must mend ---


def test_an_unknown_stage_is_listed_and_alerted_once_and_mended_by_its_row(desk: Plant) -> None:
    StatusMapping.objects.filter(pace_status="R").update(pressero_stage="Presss")
    first, second = desk.order(), desk.order()
    for order in (first, second):
        desk.job_status(order, "R")
    desk.sync()
    desk.sync()
    row = StatusMapping.objects.get(pace_status="R")
    assert desk.fresh(first).message.startswith("The jobs are in Pace, but")
    assert f"status row {row.pk} names the Pressero stage “Presss”" in desk.fresh(second).message
    assert Alert.objects.count() == 1
    row.pressero_stage = "Press"
    row.save()
    desk.sync()
    assert [desk.stage(first), desk.stage(second)] == ["Press", "Press"]
    assert desk.fresh(first).message == ""
    assert desk.fresh(first).failure_mode == FailureMode.NONE


def test_a_deleted_workflow_is_named(desk: Plant) -> None:
    order = desk.order()
    catalog = desk.hub.pressero.store.catalog
    catalog.workflows.pop(desk.hub.pressero.item(order.number, 1)["WorkflowId"].lower())
    desk.job_status(order, "R")
    desk.sync()
    assert "no longer has the item's workflow" in desk.fresh(order).message
    assert Alert.objects.count() == 1


def test_an_order_that_vanished_in_pressero_is_told_to_staff_once_and_the_others_go_on(desk: Plant) -> None:
    lost, found = desk.order(), desk.order()
    del desk.hub.pressero.store.orders[lost.number]
    for order in (lost, found):
        desk.job_status(order, "R")
    desk.poll_now()
    for _ in range(5):
        desk.tell()
        desk.let_time_pass()
    assert desk.stage(found) == "Press"
    assert Alert.objects.filter(order=lost).count() == 1
    assert "does not show order" in desk.stage_row(lost).problem


def test_a_job_that_vanished_in_pace_is_told_to_staff_once_and_the_others_go_on(desk: Plant) -> None:
    lost, found = desk.order(), desk.order()
    number = PaceJob.objects.get(order=lost).number
    with desk.hub.pace.store.lock:
        tables = desk.hub.pace.store._tables
        kept = {name: tables[name].copy() for name in ("Job", "JobPart")}
        tables["Job"].pop(number)
        tables["JobPart"].pop(f"{number}:01")
    desk.job_status(found, "R")
    desk.sync()
    desk.sync()
    assert desk.stage(found) == "Press"
    assert len(desk.timeline(lost, "job.gone")) == 1
    assert Alert.objects.filter(order=lost).count() == 1
    tables.update(kept)
    desk.sync()
    assert PaceJob.objects.get(order=lost).gone_at is None
    assert len(desk.timeline(lost, "job.back")) == 1


def test_staff_send_a_parked_update_back_to_work(plant: Plant) -> None:
    order = plant.order()
    plant.job_status(order, "R")
    fault = plant.hub.pressero.faults.add("error_before", path=STATUS, status=400, times=0)
    plant.sync()
    assert plant.stage_row(order).due_at is None
    plant.hub.pressero.faults.remove(fault)
    order_actions.retry(plant.fresh(order), actor="pat")
    plant.tell()
    assert plant.stage(order) == "Press"


def test_sync_now_reads_the_job_and_tries_what_is_parked(plant: Plant) -> None:
    order = plant.order()
    plant.job_status(order, "R")
    fault = plant.hub.pressero.faults.add("error_before", path=STATUS, status=400, times=0)
    plant.sync()
    plant.hub.pressero.faults.remove(fault)
    write_backs.sync_now(PaceJob.objects.filter(order=order), actor="pat")
    plant.tell()
    assert plant.stage(order) == "Press"
    assert plant.timeline(order, "staff.sync")


def test_wrong_credentials_park_nothing_and_are_alerted_once(desk: Plant) -> None:
    first = desk.order(items=2)
    desk.job_status(first, "R")
    desk.poll_now()
    desk.hub.pressero.faults.add("error_before", path="/Orders/", status=403, times=0)
    desk.tell()
    desk.let_time_pass()
    desk.tell()
    assert Alert.objects.count() == 1
    assert not ItemStage.objects.filter(due_at__isnull=True).exists()
    desk.hub.pressero.faults.clear()
    desk.let_time_pass()
    desk.tell()
    assert desk.stage(first, 2) == "Press"


# --- Pace fails ---


def test_a_pass_that_pace_breaks_off_is_made_up_for_by_the_next(plant: Plant) -> None:
    order = plant.order()
    plant.job_status(order, "R")
    plant.hub.pace.faults.add("drop_before", path="loadValueObjects")
    assert plant.poll_now().problems
    plant.sync()
    assert plant.history(order) == ["Press"]


def test_a_job_that_pace_refuses_to_tell_about_holds_up_no_other(
    desk: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = desk.order(), desk.order()
    number = PaceJob.objects.get(order=bad).number
    for order in (bad, good):
        desk.job_status(order, "R")
    desk.hub.pace.faults.add("error_before", path="loadValueObjects", status=400, times=0)
    _only_when_asked_for(desk, number)
    desk.sync()
    assert desk.stage(good) == "Press"
    assert Alert.objects.filter(order=bad).count() == 1


def _only_when_asked_for(plant: Plant, number: str) -> None:
    """Let Pace refuse every question that names this job."""
    plant.hub.pace.faults.clear()
    plain = plant.hub.pace.finder.value_objects

    def refuse(descriptor: dict[str, object], view: object) -> object:
        if f'"{number}"' in str(descriptor.get("xpathFilter")):
            from integrations.simulation.sandbox.pace.errors import PaceError

            raise PaceError(f"Unable to locate object Job with key {number}")
        return plain(descriptor, view)  # type: ignore[arg-type]

    plant.hub.pace.finder.value_objects = refuse  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _restore_finder(plant: Plant) -> object:
    yield
    plant.hub.pace.finder.__dict__.pop("value_objects", None)


def test_both_systems_failing_in_turn_lose_nothing(plant: Plant) -> None:
    made = [plant.order(items=2) for _ in range(3)]
    stages = []
    for turn, status in enumerate(["P", "R", "B", "C"]):
        for order in made:
            plant.job_status(order, status)
        pace, pressero = plant.hub.pace.faults, plant.hub.pressero.faults
        pace.add(
            ["drop_before", "error_before", "garbage", "rate_limited"][turn],
            path="loadValueObjects",
            nth=turn % 2 + 1,
        )
        pressero.add(
            ["drop_after", "error_after", "rate_limited", "drop_before"][turn], path=STATUS, nth=2, times=2
        )
        for _ in range(4):
            plant.sync()
            plant.let_time_pass()
        pace.clear()
        pressero.clear()
        stages.append(status)
    for order in made:
        for item in (1, 2):
            assert plant.history(order, item) == ["Prepress", "Press", "Bindery", "Order Completed"]
        assert plant.fresh(order).status == OrderStatus.COMPLETED


def test_a_refused_login_at_pace_is_alerted_once(desk: Plant) -> None:
    desk.order()
    PaceServer.objects.update(username="somebody")
    for _ in range(3):
        assert desk.poll_now().problems
    assert Alert.objects.count() == 1
