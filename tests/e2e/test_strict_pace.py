"""What the product does on a Pace that refuses and ignores what a real one does: one test for each fact."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from integrations.core.connections import cached_lists
from integrations.core.workqueue import orders
from integrations.enums import OrderStatus
from integrations.models import Alert, PaceJob, PaceSnapshot
from integrations.operations import pace_snapshot
from integrations.operations.watch import check
from integrations.orders.submission import late_files
from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pace.plant import PlantBehavior
from integrations.simulation.sandbox.pressero import FileDraft, ItemDraft, OrderDraft
from tests.conftest import Hub
from tests.e2e.sent import wall_clock

pytestmark = [pytest.mark.e2e, pytest.mark.django_db]

ZONES = ["America/Los_Angeles", "America/New_York", "Europe/London", "Asia/Kolkata", "Pacific/Auckland"]
# Around the changes of the clocks on both halves of the earth, and days between them.
DAYS = [
    "2030-03-10",
    "2030-03-31",
    "2030-04-07",
    "2030-07-15",
    "2030-09-29",
    "2030-10-27",
    "2030-11-03",
    "2030-12-31",
]


def draft(*items: ItemDraft, **more: Any) -> OrderDraft:
    return OrderDraft("Example CU Store", "avery@example.com", list(items), **more)


def poster(**more: Any) -> ItemDraft:
    return ItemDraft("Poster 18x24", **{"price": "20.00", "method": "Ground", "quantity": 12, **more})


def banner(**more: Any) -> ItemDraft:
    return ItemDraft("Vinyl Banner", **{"price": "30.00", "method": "Ground", "quantity": 3, **more})


def behave(hub: Hub, **changes: Any) -> None:
    hub.pace.behave(PlantBehavior.strict(**changes))
    cached_lists.forget_cached()


def submitted(hub: Hub, of: OrderDraft) -> str:
    """The number of the one job that the order became."""
    order = hub.process(of)
    assert order.status == OrderStatus.SUBMITTED, order.message
    return PaceJob.objects.get(order=order).number


# --- dates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ZONES)
def test_ship_dates_arrive_as_the_same_day_and_hour_at_the_server(hub: Hub, zone: str) -> None:
    with PaceSandbox(time_zone=zone) as pace:
        hub.set_server(url=pace.url, time_zone=zone)
        for day in DAYS:
            order = hub.process(draft(poster(), requested_ship_date=date.fromisoformat(day)))
            assert order.status == OrderStatus.SUBMITTED, order.message
            job = pace.objects("Job", job=PaceJob.objects.get(order=order).number)[0]
            [shipment] = pace.objects("JobShipment", job=job["job"])
            moments = (job["scheduledShipDateTime"], job["promiseDateTime"], shipment["dateTime"])
            assert {wall_clock(moment, zone) for moment in moments} == {f"{day}T17:00:00"}


@pytest.mark.parametrize("zone", ZONES)
def test_in_pace_reads_them_back_as_they_were_sent(hub: Hub, zone: str) -> None:
    with PaceSandbox(time_zone=zone) as pace:
        hub.set_server(url=pace.url, time_zone=zone)
        order = hub.process(draft(poster(), requested_ship_date=date(2030, 11, 3)))
        pace_snapshot.ask(order, actor="Kim")
        pace_snapshot.read(order.pk)
        rows = [row for table in PaceSnapshot.objects.get(order=order).held for row in table["rows"]]
    dates = [row for row in rows if row["field"].endswith("DateTime") and row["sent"]]
    assert {row["field"] for row in dates} >= {"scheduledShipDateTime", "promiseDateTime", "dateTime"} - {
        "dateTime"
    }
    assert [row for row in rows if row["same"] is False] == []


def test_a_server_with_local_date_times_gets_its_own_wall_clock(hub: Hub) -> None:
    behave(hub, utc_date_times=False)
    hub.set_server(date_times="local")
    number = submitted(hub, draft(poster(), requested_ship_date=date(2030, 7, 15)))
    [job] = hub.pace.objects("Job", job=number)
    assert job["scheduledShipDateTime"] == "2030-07-15T17:00:00"


# --- parts, templates, contents -----------------------------------------------------------------------------------------


def test_every_part_has_the_lines_of_its_template_for_its_quantity(hub: Hub) -> None:
    number = submitted(hub, draft(poster(quantity=12), banner(quantity=3)))
    lines = {
        (line["jobPart"], line["template"], line["quantity"]) for line in hub.pace.template_lines(job=number)
    }
    assert lines == {("01", "POSTER-A2", 12), ("02", "BANNER-13OZ", 3)}


@pytest.mark.parametrize("habit", ["accepted", "ignored", "refused"])
def test_parts_are_numbered_by_pace_whatever_it_does_with_a_number(hub: Hub, habit: str) -> None:
    behave(hub, part_numbers=habit)
    number = submitted(hub, draft(poster(), banner()))
    assert [part["jobPart"] for part in hub.pace.objects("JobPart", job=number)] == ["01", "02"]


def test_numbers_that_pace_gives_are_used_from_there_on(hub: Hub, renumbering: None) -> None:
    files = [FileDraft("a.pdf", "gen", size=9)]
    of = draft(poster(), banner(files=files), poster())
    number = submitted(hub, of)
    parts = [part["jobPart"] for part in hub.pace.objects("JobPart", job=number)]
    assert parts == ["01", "05", "06"]
    [shipment] = hub.pace.objects("JobShipment", job=number)
    assert shipment["description"] == "01, 05, 06"
    contents = hub.pace.objects("CartonContent")
    assert [content["jobPart"] for content in contents] == parts
    [link] = hub.pace.objects("JobPartContentFile", job=number)
    assert (link["jobPart"], link["jobPartKey"]) == ("05", f"{number}:05")
    order = PaceJob.objects.get(number=number).order
    assert [part.number for part in late_files.made_parts(order.plan)] == parts


@pytest.fixture
def renumbering(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Pace that leaves a gap after part 01."""
    from integrations.simulation.sandbox.pace.triggers import JobPartTrigger

    following: Callable[..., str] = JobPartTrigger._next_number

    def next_number(self: Any, job: str, txn: Any) -> str:
        found = following(self, job, txn)
        return "05" if found == "02" else found

    monkeypatch.setattr(JobPartTrigger, "_next_number", next_number)


def test_carton_contents_name_their_parts(hub: Hub) -> None:
    number = submitted(hub, draft(poster(), banner()))
    found = [
        (one["jobPartJob"], one["jobPart"], one["quantity"]) for one in hub.pace.objects("CartonContent")
    ]
    assert found == [(number, "01", 12), (number, "02", 3)]


# --- amounts ------------------------------------------------------------------------------------------------------------


def test_amounts_stay_as_they_were_sent_though_parts_change(hub: Hub) -> None:
    number = submitted(hub, draft(poster(price="20.00"), banner(price="30.00"), shipping="7.00", tax="3.00"))
    [job] = hub.pace.objects("Job", job=number)
    assert (str(job["originalQuotedPrice"]), str(job["amountToInvoice"])) == ("60.00", "60.00")


# --- shipments ------------------------------------------------------------------------------------------------------------


def test_the_planned_type_is_found_whatever_it_is_called(hub: Hub) -> None:
    submitted(hub, draft(poster()))
    [shipment] = hub.pace.objects("JobShipment")
    [type_] = hub.pace.objects("ShipmentType", id=shipment["shipmentType"])
    assert type_["planned"] is True and type_["description"] != "Planned"


@pytest.mark.parametrize("arrives", [True, False])
def test_the_company_stands_on_the_ship_to_contact(hub: Hub, arrives: bool) -> None:
    behave(hub, contacts_get_the_company=arrives)
    submitted(hub, draft(poster()))
    [shipment] = hub.pace.objects("JobShipment")
    [contact] = hub.pace.objects("Contact", id=shipment["contactNumber"])
    assert contact["companyName"] == shipment["name"]
    updates = [call for call in hub.pace.calls if "updateContact" in call.path]
    assert bool(updates) is not arrives


# --- files, descriptions, license, company ----------------------------------------------------------------------------------


def test_a_file_that_pace_makes_itself_is_there_once(hub: Hub) -> None:
    behave(hub, makes_content_files=True)
    files = [FileDraft("a.pdf", "gen", size=9), FileDraft("b.pdf", "gen", size=9)]
    number = submitted(hub, draft(poster(files=files)))
    links = hub.pace.objects("JobPartContentFile", job=number)
    names = [hub.pace.objects("ContentFile", id=link["contentFile"])[0]["fileName"] for link in links]
    assert sorted(names) == ["a.pdf", "b.pdf"]


def test_a_file_that_comes_later_is_there_once_where_pace_makes_files_itself(hub: Hub) -> None:
    behave(hub, makes_content_files=True)
    of = hub.take_in(draft(poster()))
    order = hub.process(of)
    late = [FileDraft("late.pdf", "gen", size=9), FileDraft("later.pdf", "gen", size=9)]
    hub.pressero.add_files(order.number, 1, late)
    orders.wake(order.pk)
    order = hub.process(order)
    assert (order.status, order.message) == (OrderStatus.SUBMITTED, "")
    links = hub.pace.objects("JobPartContentFile")
    names = [hub.pace.objects("ContentFile", id=link["contentFile"])[0]["fileName"] for link in links]
    assert sorted(names) == ["late.pdf", "later.pdf"]


def test_a_description_that_pace_cuts_is_the_one_to_look_for(hub: Hub) -> None:
    behave(hub, description_length=12)
    order = hub.process(draft(poster()))
    assert PaceJob.objects.get(order=order).description == f"{order.number} - Example"[:12]


def test_an_expired_license_is_for_a_person(hub: Hub) -> None:
    of = hub.take_in(draft(poster()))
    behave(hub, license_expired=True)
    order = hub.process(of)
    assert order.status == OrderStatus.NEEDS_ATTENTION
    assert "license has expired" in order.message


def test_an_expired_license_is_an_alert_of_its_own_until_its_orders_go_through(hub: Hub) -> None:
    hub.set_server(alert_emails=["plant@example.com"])
    of = hub.take_in(draft(poster()))
    behave(hub, license_expired=True)
    hub.process(of)
    check.check()
    check.check()
    [told] = Alert.objects.filter(kind="license_expired")
    assert told.text.startswith(f"Pace server {hub.server} says that its license has expired")
    behave(hub, license_expired=False)
    orders.make_due([of.pk])
    assert hub.process(of).status == OrderStatus.SUBMITTED
    check.check()
    [over] = Alert.objects.filter(kind="back_to_normal")
    assert f"license of Pace server {hub.server}" in over.text


def test_an_address_with_the_company_reaches_a_pace_of_several(hub: Hub) -> None:
    behave(hub, company="c001")
    hub.set_server(url=f"{hub.pace.url}/epace/company:c001/object/Job/detail/1")
    assert submitted(hub, draft(poster()))


def test_a_company_that_pace_does_not_answer_is_for_a_person_and_not_cut_silently(hub: Hub) -> None:
    of = hub.take_in(draft(poster()))
    hub.set_server(url=f"{hub.pace.url}/rpc/company:c001/services")
    order = hub.process(of)
    assert order.status == OrderStatus.NEEDS_ATTENTION
    assert "company:c001" in order.message
