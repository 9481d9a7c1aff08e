"""What leaves the plant with a tracking number becomes a shipment in Pressero, once."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from integrations.enums import OrderStatus
from integrations.models import Alert, OrderChange, PaceJob, PaceShipment
from integrations.operations import order_actions
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft, SandboxAddress
from mappings.models import StatusMapping
from tests.orders.write_back.conftest import AVERY, CU, Plant, take_in_again

pytestmark = pytest.mark.e2e

NORTH = SandboxAddress(
    business="Example CU North", first_name="Jordan", last_name="Branch", address1="22 North Ave", city="Peoria",
    state="IL", postal="61602", country="US", phone="555-0122",
)  # fmt: skip
ADD = "/Orders/Shipments"


def two_destinations(plant: Plant) -> OrderDraft:
    return OrderDraft(
        CU,
        AVERY,
        [
            ItemDraft("Business Card", price="10.00", method="Ground"),
            ItemDraft("Poster 18x24", price="10.00", method="2nd Day Air", ship_to=NORTH),
            ItemDraft("Vinyl Banner", price="10.00", method="Ground"),
        ],
    )


def adds(plant: Plant) -> int:
    return sum(1 for call in plant.hub.pressero.calls if call.path.endswith(ADD) and call.method == "POST")


def test_a_shipment_with_tracking_is_told_once(plant: Plant) -> None:
    order = plant.order()
    plant.ship(order, "1Z77")
    plant.sync()
    plant.sync()
    assert plant.shipments(order) == ["1Z77"]
    assert adds(plant) == 1
    [told] = plant.timeline(order, "shipment.told")
    assert (told["tracking"], told["items"], told["job"]) == ("1Z77", "1", PaceJob.objects.get().number)


def test_it_carries_pressero_s_own_method_name_the_address_and_a_day_that_is_not_ahead(plant: Plant) -> None:
    order = plant.order(method="2nd Day Air", ship_to=NORTH)
    plant.ship(order)
    plant.sync()
    [call] = [call for call in plant.hub.pressero.calls if call.path.endswith(ADD)]
    info = call.body["ShipmentInfo"]
    assert call.body["SiteShippingMethodName"] == "2nd Day Air"
    assert (info["Address"]["City"], info["Address"]["Postal"]) == ("Peoria", "61602")
    assert date.fromisoformat(info["ShipDate"]) <= timezone.now().date()


def test_without_a_tracking_number_it_waits_for_one(plant: Plant) -> None:
    order = plant.order()
    plant.ship(order, "")
    plant.sync()
    assert plant.shipments(order) == []
    plant.ship(order, "1Z5")
    plant.sync()
    assert plant.shipments(order) == ["1Z5"]


def test_a_tracking_number_before_it_has_left_is_not_told(plant: Plant) -> None:
    order = plant.order()
    id_ = plant.ship(order, "1Z5")
    plant.hub.pace.put("JobShipment", id=id_, shipped=False)
    plant.sync()
    assert plant.shipments(order) == []


def test_a_partial_shipment_tells_its_own_items_only(plant: Plant) -> None:
    order = plant.submitted(two_destinations(plant))
    plant.ship(order, "1ZNORTH", nth=1)
    plant.sync()
    assert [plant.shipments(order, item) for item in (1, 2, 3)] == [[], ["1ZNORTH"], []]
    plant.ship(order, "1ZHOME", nth=0)
    plant.sync()
    assert [plant.shipments(order, item) for item in (1, 2, 3)] == [["1ZHOME"], ["1ZNORTH"], ["1ZHOME"]]
    assert adds(plant) == 2


def test_the_numbers_of_several_cartons_stand_together(plant: Plant) -> None:
    order = plant.order()
    plant.ship(order, "", cartons=["1ZA", "1ZB"])
    plant.sync()
    assert plant.shipments(order) == ["1ZA, 1ZB"]


def test_a_shipment_that_staff_typed_into_pressero_is_not_added_again(plant: Plant) -> None:
    order = plant.order()
    plant.hub.pressero.store.add_shipment(
        order.number, [1], ship_date="2031-01-01", method="Ground", cost=None, address={},
        tracking="https://tracking.example.com/ups/1Z77?lang=en",
    )  # fmt: skip
    plant.ship(order, "1Z77")
    plant.sync()
    assert adds(plant) == 0
    assert plant.timeline(order, "shipment.known")


@pytest.mark.parametrize("fault", ["drop_after", "error_after", "garbage_after", "drop_before"])
def test_a_lost_answer_adds_no_second_one(plant: Plant, fault: str) -> None:
    order = plant.order()
    plant.ship(order, "1Z77")
    plant.hub.pressero.faults.add(fault, path=ADD)
    plant.sync()
    assert PaceShipment.objects.get().due_at is not None
    plant.let_time_pass()
    plant.tell()
    assert plant.shipments(order) == ["1Z77"]


def test_after_a_lost_answer_it_waits_for_the_quiet_period(plant: Plant) -> None:
    plant.hub.set_server(quiet_seconds=600)
    order = plant.order()
    plant.ship(order)
    plant.hub.pressero.faults.add("drop_after", path=ADD)
    plant.sync()
    due_at = PaceShipment.objects.get().due_at
    assert due_at is not None
    assert (due_at - timezone.now()).total_seconds() > 500


def test_a_number_corrected_later_is_an_open_point_and_alerted_once(plant: Plant) -> None:
    plant.hub.storefront(CU, alert_emails=["desk@example.com"])
    order = plant.order()
    plant.ship(order, "1Z1")
    plant.sync()
    id_ = plant.ship(order, "1Z2")
    for _ in range(3):
        plant.sync()
    assert plant.shipments(order) == ["1Z1"]
    [change] = OrderChange.objects.all()
    assert change.field.endswith(f": tracking number of shipment {id_}")
    assert (change.before, change.after) == ("1Z1", "1Z2")
    assert Alert.objects.count() == 1
    assert len(plant.timeline(order, "shipment.changed")) == 1


def test_staff_mark_it_as_handled_and_no_later_look_opens_it_again(plant: Plant) -> None:
    order = plant.order()
    plant.ship(order, "1Z1")
    plant.sync()
    plant.ship(order, "1Z2")
    plant.sync()
    take_in_again(order)
    plant.hub.process(order)
    assert OrderChange.objects.filter(handled_at__isnull=True).count() == 1
    order_actions.mark_changes_handled(order, actor="pat")
    plant.sync()
    assert not OrderChange.objects.filter(handled_at__isnull=True).exists()


def test_a_number_corrected_before_it_was_told_is_just_told(plant: Plant) -> None:
    order = plant.order()
    plant.ship(order, "1Z1")
    plant.poll_now()
    plant.ship(order, "1Z2")
    plant.sync()
    assert plant.shipments(order) == ["1Z2"]
    assert not OrderChange.objects.exists()


def test_a_shipment_that_does_not_say_what_it_carries_is_told_to_staff(plant: Plant) -> None:
    plant.hub.storefront(CU, alert_emails=["desk@example.com"])
    order = plant.order(items=2)
    job = PaceJob.objects.get().number
    plant.hub.pace.put("JobShipment", job=job, shipped=True, trackingNumber="1Z9", description="by hand")
    for _ in range(2):
        plant.sync()
    assert "does not say which parts it carries" in plant.fresh(order).message
    assert Alert.objects.count() == 1
    assert adds(plant) == 0
    [shipment] = plant.hub.pace.objects("JobShipment", trackingNumber="1Z9")
    plant.hub.pace.put("JobShipment", id=shipment["id"], jobPart="02", jobPartKey=f"{job}:02")
    plant.sync()
    assert [plant.shipments(order, item) for item in (1, 2)] == [[], ["1Z9"]]
    assert plant.fresh(order).message == ""


def test_the_note_of_a_stage_names_the_tracking_number(plant: Plant) -> None:
    StatusMapping.objects.filter(pace_status="S").update(note="On its way: {tracking}")
    order = plant.order()
    plant.ship(order, "1Z77")
    plant.job_status(order, "S")
    plant.sync()
    assert plant.notes(order) == ["On its way: 1Z77"]


def test_the_watch_goes_on_until_the_shipment_is_told(plant: Plant) -> None:
    order = plant.order()
    plant.ship(order)
    plant.job_status(order, "C")
    plant.hub.pressero.faults.add("error_before", path=ADD, status=503)
    plant.sync()
    assert plant.fresh(order).status == OrderStatus.SUBMITTED
    plant.let_time_pass()
    plant.tell()
    assert plant.fresh(order).status == OrderStatus.COMPLETED


def test_a_pass_asks_for_cartons_only_where_something_has_left(plant: Plant) -> None:
    order = plant.order()
    plant.poll_now()
    plant.hub.pace.clear_calls()
    plant.poll_now()
    assert plant.pace_calls() == 2
    plant.ship(order)
    plant.hub.pace.clear_calls()
    plant.poll_now()
    assert plant.pace_calls() == 4
