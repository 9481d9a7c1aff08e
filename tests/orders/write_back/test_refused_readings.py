"""What Pace refuses to tell takes nothing else with it: the pass reads the rest, and says once, in words, what it could not."""

from __future__ import annotations

import pytest
from django.test import Client

from integrations.models import Alert, PaceJob, PaceServer, PaceShipment
from tests.factories import make_superuser
from tests.orders.write_back.conftest import Plant

pytestmark = pytest.mark.e2e


@pytest.fixture
def desk(plant: Plant) -> Plant:
    """With an address for alerts."""
    plant.hub.set_server(alert_emails=["desk@example.com"])
    return plant


def refuse(plant: Plant, type_: str, field: str) -> None:
    """Let Pace not know a field of its objects, until the sandbox is fresh again."""
    plant.hub.pace.schema.types[type_].fields.pop(field)


def unread() -> dict[str, str]:
    found: dict[str, str] = PaceServer.objects.get().unreadable
    return found


def test_statuses_arrive_while_shipments_are_refused(desk: Plant) -> None:
    order = desk.order()
    desk.job_status(order, "R")
    desk.ship(order)
    refuse(desk, "JobShipment", "trackingNumber")
    desk.sync()
    assert desk.stage(order) == "Press"
    assert desk.shipments(order) == []
    assert "Unknown field 'trackingNumber' on object 'JobShipment'" in unread()["shipments"]


def test_tracking_numbers_arrive_while_the_dates_of_shipments_are_refused(desk: Plant) -> None:
    order = desk.order()
    desk.ship(order, "1Z7")
    refuse(desk, "JobShipment", "dateTime")
    desk.sync()
    assert desk.shipments(order) == ["1Z7"]
    assert list(unread()) == ["ship_dates"]


def test_shipments_arrive_while_cartons_and_their_contents_are_refused(desk: Plant) -> None:
    order = desk.order()
    desk.ship(order, "1Z7", cartons=["1Z8"])
    refuse(desk, "Carton", "trackingNumber")
    refuse(desk, "CartonContent", "jobPart")
    desk.sync()
    assert desk.shipments(order) == ["1Z7"]
    assert set(unread()) == {"carton_tracking", "carton_contents"}


def test_numbers_of_cartons_that_were_read_before_are_not_taken_back(desk: Plant) -> None:
    order = desk.order()
    desk.ship(order, "1Z7", cartons=["1Z8"])
    desk.sync()
    told = PaceShipment.objects.get().sent_numbers
    refuse(desk, "Carton", "trackingNumber")
    desk.sync()
    assert PaceShipment.objects.get().numbers == told == ["1Z7", "1Z8"]
    assert not desk.fresh(order).changes.exists()


def test_shipments_arrive_while_statuses_are_refused(desk: Plant) -> None:
    order = desk.order()
    desk.job_status(order, "R")
    desk.ship(order, "1Z7")
    refuse(desk, "JobPart", "productionStatus")
    desk.sync()
    assert desk.shipments(order) == ["1Z7"]
    assert desk.stage(order) != "Press"
    assert list(unread()) == ["statuses"]


def test_statuses_without_their_names_are_statuses(desk: Plant) -> None:
    order = desk.order()
    desk.job_status(order, "R")
    refuse(desk, "JobStatus", "description")
    desk.sync()
    assert desk.stage(order) == "Press"
    assert PaceJob.objects.get().pace_status == "R"
    assert list(unread()) == ["status_names"]


def test_a_refused_column_costs_one_call_more_whatever_the_number_of_jobs(desk: Plant) -> None:
    for _ in range(4):
        desk.order()
    refuse(desk, "JobShipment", "trackingNumber")
    desk.poll_now()
    desk.hub.pace.clear_calls()
    desk.poll_now()
    assert len(desk.hub.pace.calls) <= 4


def test_it_is_said_once_and_not_at_every_pass(desk: Plant) -> None:
    desk.order()
    refuse(desk, "JobShipment", "trackingNumber")
    for _ in range(3):
        desk.poll_now()
    [alert] = Alert.objects.all()
    assert (
        "does not let the hub read the shipments of jobs, so Pressero gets no tracking numbers" in alert.text
    )
    assert alert.recipients == ["desk@example.com"]


def test_it_is_forgotten_when_pace_answers_again_and_said_anew_the_next_time(desk: Plant) -> None:
    desk.order()
    fields = desk.hub.pace.schema.types["JobShipment"].fields
    for _ in range(2):
        kind = fields.pop("trackingNumber")
        desk.poll_now()
        assert list(unread()) == ["shipments"]
        fields["trackingNumber"] = kind
        desk.poll_now()
        assert unread() == {}
    assert Alert.objects.count() == 2


@pytest.mark.parametrize("page", ["/admin/", "/admin/integrations/paceserver/{pk}/change/"])
def test_the_home_page_and_the_servers_page_show_it(desk: Plant, client: Client, page: str) -> None:
    desk.order()
    refuse(desk, "JobShipment", "trackingNumber")
    desk.poll_now()
    client.force_login(make_superuser())
    shown = client.get(page.format(pk=desk.hub.server.pk)).content.decode()
    assert "does not let the hub read the shipments of jobs" in shown
