"""A status in Pace becomes a stage in Pressero (docs/statuses.md §1)."""

from __future__ import annotations

import pytest

from integrations.enums import OrderStatus
from integrations.models import ItemStage, PaceJob, UnmappedStatus
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from mappings.models import StatusMapping
from tests.orders.write_back.conftest import AVERY, CU, Plant, take_in_again

pytestmark = pytest.mark.e2e


def test_a_changed_status_arrives_as_a_stage(plant: Plant) -> None:
    order = plant.order()
    plant.job_status(order, "R")
    plant.sync()
    assert plant.stage(order) == "Press"


def test_every_item_of_the_job_is_set(plant: Plant) -> None:
    order = plant.order(items=3)
    plant.job_status(order, "B")
    plant.sync()
    assert [plant.stage(order, item) for item in (1, 2, 3)] == ["Bindery"] * 3


def test_each_step_arrives_once_and_in_order(plant: Plant) -> None:
    order = plant.order()
    for status in ("P", "R", "B"):
        plant.job_status(order, status)
        plant.sync()
        plant.sync()
    assert plant.history(order) == ["Prepress", "Press", "Bindery"]


def test_two_statuses_of_one_stage_are_told_once(plant: Plant) -> None:
    StatusMapping.objects.filter(pace_status="B").update(pressero_stage="Press")
    order = plant.order()
    for status in ("R", "B"):
        plant.job_status(order, status)
        plant.sync()
    assert plant.history(order) == ["Press"]


def test_a_stage_that_pressero_shows_already_is_not_sent(plant: Plant) -> None:
    order = plant.order()
    StatusMapping.objects.create(level="job", pace_status="O", pressero_stage=plant.stage(order))
    plant.sync()
    assert plant.writes() == 0
    assert plant.timeline(order, "item.stage_shown")


def test_the_status_of_a_part_sets_its_item_only(bare_plant: Plant) -> None:
    plant = bare_plant
    StatusMapping.objects.create(level="part", pace_status="B", pressero_stage="Bindery")
    order = plant.order(items=2)
    plant.part_status(PaceJob.objects.get().number, "02", "B")
    plant.sync()
    assert plant.history(order, 1) == []
    assert plant.history(order, 2) == ["Bindery"]


def test_a_row_for_the_part_wins_over_one_for_the_job(plant: Plant) -> None:
    StatusMapping.objects.create(level="part", pace_status="B", pressero_stage="Special")
    order = plant.order()
    plant.job_status(order, "B")
    plant.sync()
    assert plant.stage(order) == "Special"


def test_a_row_of_the_storefront_wins_over_one_of_all(plant: Plant) -> None:
    store = plant.hub.storefront(CU)
    StatusMapping.objects.create(storefront=store, level="job", pace_status="B", pressero_stage="Special")
    order = plant.order()
    plant.job_status(order, "B")
    plant.sync()
    assert plant.stage(order) == "Special"


def test_a_row_of_the_items_workflow_wins_over_the_default(plant: Plant) -> None:
    order = plant.submitted(
        OrderDraft(
            "Demo University Shop",
            "casey@example.com",
            [
                ItemDraft("Member Letter", price="9.00", method="Ground"),
                ItemDraft("Poster 18x24", price="9.00", method="Ground"),
            ],
        )
    )
    workflow = plant.hub.pressero.item(order.number, 1)["WorkflowId"]
    StatusMapping.objects.create(level="job", pace_status="R", workflow=workflow, pressero_stage="Printing")
    plant.job_status(order, "R")
    plant.sync()
    assert (plant.stage(order, 1), plant.stage(order, 2)) == ("Printing", "Press")


def test_a_stage_id_of_another_workflow_means_its_namesake_in_the_items_own(bare_plant: Plant) -> None:
    plant = bare_plant
    order = plant.submitted(
        OrderDraft(
            "Demo University Shop",
            "casey@example.com",
            [ItemDraft("Member Letter", price="9.00", method="Ground")],
        )
    )
    standard = plant.hub.pressero.store.catalog.workflow("Standard").stage("Order Completed")
    StatusMapping.objects.create(level="job", pace_status="C", pressero_stage=standard.stage_id)
    plant.job_status(order, "C")
    plant.sync()
    assert plant.stage(order) == "Order Completed"


def test_the_note_is_sent_with_its_placeholders_filled(plant: Plant) -> None:
    StatusMapping.objects.filter(pace_status="R").update(
        note="{order}: job {job}, part {part} is {status} {tracking}"
    )
    order = plant.order()
    plant.job_status(order, "R")
    plant.sync()
    assert plant.notes(order) == [f"{order.number}: job {PaceJob.objects.get().number}, part 01 is On Press"]


def test_an_item_of_several_jobs_has_got_as_far_as_its_slowest(plant: Plant) -> None:
    plant.hub.storefront(CU, one_job_per_item=True)
    order = plant.order(files=2)
    first, second = PaceJob.objects.order_by("id")
    for number, status in ((first.number, "B"), (second.number, "P")):
        plant.hub.pace.put("Job", job=number, adminStatus=status)
    plant.sync()
    assert plant.stage(order) == "Prepress"
    plant.hub.pace.put("Job", job=second.number, adminStatus="S")
    plant.sync()
    assert plant.stage(order) == "Bindery"


def test_a_kit_goes_with_its_parts(plant: Plant) -> None:
    kit = ItemDraft(
        "Welcome Kit", price="20.00", method="Ground",
        children=[ItemDraft("Presentation Folder", price="6.00"), ItemDraft("Rate Insert", price="3.00")],
    )  # fmt: skip
    order = plant.submitted(OrderDraft(CU, AVERY, [kit]))
    plant.job_status(order, "R")
    plant.sync()
    assert [plant.stage(order, item) for item in (1, 2, 3)] == ["Press"] * 3


def test_the_timeline_says_which_status_row_stage_and_cause(plant: Plant) -> None:
    order = plant.order()
    plant.poll_now()
    plant.job_status(order, "R")
    plant.sync()
    [change] = plant.timeline(order, "job.status_changed")
    assert "“Open” to “On Press”" in change["changes"]
    [told] = plant.timeline(order, "item.stage_told")
    row = StatusMapping.objects.get(pace_status="R")
    assert (told["item"], told["stage"], told["row"]) == (1, "Press", row.pk)
    assert "On Press" in told["reason"]
    assert told["cause"] == "the regular check of Pace"


# --- statuses without a row ---


def test_a_status_without_a_row_is_recorded_and_no_error(bare_plant: Plant) -> None:
    plant = bare_plant
    order = plant.order()
    plant.job_status(order, "R")
    plant.sync()
    assert plant.writes() == 0
    [unmapped] = UnmappedStatus.objects.all()
    assert (unmapped.job_status, unmapped.part_status, unmapped.order_number) == ("R", "R", order.number)
    assert plant.fresh(order).message == ""
    assert len(plant.timeline(order, "item.stage_unmapped")) == 1


def test_a_row_that_is_added_later_counts_for_statuses_that_had_none(bare_plant: Plant) -> None:
    plant = bare_plant
    order = plant.order()
    plant.job_status(order, "R")
    plant.sync()
    StatusMapping.objects.create(level="job", pace_status="R", pressero_stage="Press")
    plant.sync()
    assert plant.stage(order) == "Press"


def test_an_unmapped_status_in_between_changes_nothing(plant: Plant) -> None:
    StatusMapping.objects.filter(pace_status="B").delete()
    order = plant.order()
    for status in ("R", "B", "S"):
        plant.job_status(order, status)
        plant.sync()
    assert plant.history(order) == ["Press", "Shipping"]


# --- the end ---


def test_a_closed_job_is_told_and_then_no_longer_watched(plant: Plant) -> None:
    order = plant.order()
    plant.job_status(order, "C")
    plant.sync()
    assert plant.stage(order) == "Order Completed"
    assert PaceJob.objects.get().watch_ended_at is not None
    plant.hub.pace.clear_calls()
    assert plant.poll_now().jobs == 0
    assert plant.pace_calls() == 0


def test_the_watch_goes_on_until_the_last_update_is_delivered(plant: Plant) -> None:
    order = plant.order()
    plant.job_status(order, "C")
    plant.poll_now()
    assert PaceJob.objects.get().watch_ended_at is None
    assert plant.fresh(order).status == OrderStatus.SUBMITTED
    plant.tell()
    assert PaceJob.objects.get().watch_ended_at is not None
    assert plant.fresh(order).status == OrderStatus.COMPLETED


def test_an_order_is_complete_when_all_its_jobs_are_closed(plant: Plant) -> None:
    plant.hub.storefront(CU, one_job_per_item=True)
    order = plant.order(files=2)
    first, second = PaceJob.objects.order_by("id")
    plant.hub.pace.put("Job", job=first.number, adminStatus="C")
    plant.sync()
    assert plant.fresh(order).status == OrderStatus.SUBMITTED
    plant.hub.pace.put("Job", job=second.number, adminStatus="C")
    plant.sync()
    assert plant.fresh(order).status == OrderStatus.COMPLETED


def test_a_complete_order_stays_so_when_an_event_comes(plant: Plant) -> None:
    order = plant.order()
    plant.job_status(order, "C")
    plant.sync()
    take_in_again(order)
    assert plant.hub.process(order).status == OrderStatus.COMPLETED


def test_closed_without_a_row_completes_too(bare_plant: Plant) -> None:
    order = bare_plant.order()
    bare_plant.job_status(order, "X")
    bare_plant.sync()
    assert bare_plant.fresh(order).status == OrderStatus.COMPLETED


def test_nothing_is_pending_afterwards(plant: Plant) -> None:
    order = plant.order(items=2)
    plant.job_status(order, "R")
    plant.sync()
    assert not ItemStage.objects.filter(due_at__isnull=False).exists()
    assert plant.tell().delivered == 0
