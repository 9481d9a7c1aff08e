"""What the Pace of a strict plant does: one fact each, over real HTTP, with the switch that it hangs on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pace.plant import PlantBehavior
from tests.simulation.sandbox.pace_calls import PaceCalls, Refused

NOON = "2026-11-23T17:00:00Z"  # noon at New York
TEMPLATE = "POSTER-A2"

Start = Callable[..., PaceCalls]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start the Pace of a plant in a zone; only the switches that are named are on."""
    running: list[PaceSandbox] = []

    def begin(
        *, time_zone: str = "America/New_York", plant: PlantBehavior | None = None, **switches: Any
    ) -> PaceCalls:
        pace = PaceSandbox(
            time_zone=time_zone,
            plant=plant or PlantBehavior(**switches),
            clock=lambda: datetime(2026, 11, 2, 15, 0, 30, tzinfo=UTC),
        )
        running.append(pace.start())
        return PaceCalls(pace)

    yield begin
    for pace in running:
        pace.stop()


def shipment(pace: PaceCalls, **fields: Any) -> dict[str, Any]:
    return pace.create("JobShipment", job=pace.job()["job"], **fields)


def columns(pace: PaceCalls, type_name: str, *names: str, **more: Any) -> list[dict[str, Any]]:
    """The cells of the first object, by name."""
    wanted = [{"name": name, "xpath": f"@{name}"} for name in names]
    body = {"objectName": type_name, "offset": 0, "limit": 100, "fields": wanted, **more}
    answer = pace.call("POST", "/FindObjects/loadValueObjects", body=body)
    return [{cell["name"]: cell for cell in one["fields"]} for one in answer["valueObjects"]]


# Date-times in filters and columns


@pytest.mark.parametrize(("type_name", "field"), [("JobShipment", "dateTime"), ("Job", "promiseDateTime")])
def test_a_combined_date_time_is_no_field_of_a_filter(start: Start, type_name: str, field: str) -> None:
    with pytest.raises(Refused, match=f"^Unknown field '{field}' on object '{type_name}'$"):
        start(halves_only=True).find(type_name, f"@{field} = '2026-11-23'")


def test_a_combined_date_time_refuses_the_whole_call_as_a_column(start: Start) -> None:
    pace = start(halves_only=True)
    shipment(pace, dateTime=NOON)
    with pytest.raises(Refused, match=r"^Unknown field 'dateTime' on object 'JobShipment'$"):
        columns(pace, "JobShipment", "id", "dateTime")


def test_a_combined_date_time_cannot_be_sorted_by(start: Start) -> None:
    body = [{"xpath": "@dateTime", "descending": True}]
    query: dict[str, Any] = {"type": "JobShipment", "xpath": "@id > 0", "offset": 0, "limit": 5}
    with pytest.raises(Refused, match="Unknown field 'dateTime'"):
        start(halves_only=True).call("POST", "/FindObjects/findSortAndLimit", body=body, **query)


def test_the_halves_of_a_date_time_are_columns(start: Start) -> None:
    pace = start(halves_only=True)
    shipment(pace, dateTime=NOON)
    [row] = columns(pace, "JobShipment", "date", "time")
    assert (row["date"]["value"], row["time"]["value"]) == ("2026-11-23", "12:00:00")


def test_halves_are_columns_of_related_objects_too(start: Start) -> None:
    pace = start(halves_only=True)
    shipment(pace)
    wanted = [{"name": "promised", "xpath": "job/@promiseDate"}]
    body = {"objectName": "JobShipment", "offset": 0, "limit": 1, "fields": wanted}
    answer = pace.call("POST", "/FindObjects/loadValueObjects", body=body)
    assert answer["valueObjects"][0]["fields"][0]["value"] == "2026-11-23"


@pytest.mark.parametrize(
    "half",
    [
        "promiseDate",
        "promiseTime",
        "scheduledShipDate",
        "scheduledShipTime",
        "earliestStartDate",
        "dateSetup",
        "timeSetUp",
    ],
)
def test_a_job_has_these_halves(start: Start, half: str) -> None:
    pace = start(halves_only=True)
    pace.job()
    [row] = columns(pace, "Job", half)
    assert row[half]["value"]


def test_a_date_column_is_midnight_of_the_server_in_milliseconds(start: Start) -> None:
    pace = start(
        time_zone="America/Chicago", halves_only=True, dates_in_milliseconds=True, utc_date_times=True
    )
    shipment(pace, dateTime="2018-11-02T15:00:00Z")
    [row] = columns(pace, "JobShipment", "date")
    assert (row["date"]["value"], row["date"]["type"]) == (1541134800000, "Date")


def test_an_empty_date_column_is_null(start: Start) -> None:
    pace = start(halves_only=True, dates_in_milliseconds=True)
    shipment(pace)
    [row] = columns(pace, "JobShipment", "date")
    assert row["date"]["value"] is None


def test_a_field_that_is_a_date_alone_is_answered_in_milliseconds_too(start: Start) -> None:
    pace = start(dates_in_milliseconds=True)
    made = pace.create("Customer", custName="Example Printing")
    [row] = columns(pace, "Customer", "dateSetup", xpathFilter=f"@id = '{made['id']}'")
    assert row["dateSetup"]["type"] == "Date"


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ("@date = date(2026, 11, 23)", True),
        ("@date >= date(2026, 11, 24)", False),
        ("@date < date(2026, 11, 24)", True),
        ("@time = time(12, 0, 0)", True),
        ("@time > time(13, 20, 29)", False),
        ("@date = date(2026, 11, 23) or @date = date(2026, 11, 24)", True),
        ("job/@promiseDate = date(2026, 11, 23)", True),
    ],
)
def test_dates_and_times_compare_in_the_servers_own_days(start: Start, filter_: str, found: bool) -> None:
    pace = start(plant=PlantBehavior.strict())
    shipment(pace, dateTime=NOON)
    assert bool(pace.find("JobShipment", filter_)) is found


def test_an_evening_at_the_server_is_still_its_own_day(start: Start) -> None:
    pace = start(plant=PlantBehavior.strict())
    shipment(pace, dateTime="2026-11-24T01:30:00Z")
    assert pace.find("JobShipment", "@date = date(2026, 11, 23)")


@pytest.mark.parametrize(("filter_", "found"), [("@date = '2026-11-23'", False), ("@date != ''", True)])
def test_a_quoted_date_counts_as_an_empty_one(start: Start, filter_: str, found: bool) -> None:
    pace = start(plant=PlantBehavior.strict())
    shipment(pace, dateTime=NOON)
    assert bool(pace.find("JobShipment", filter_)) is found


def test_a_quoted_date_cannot_be_less_or_greater(start: Start) -> None:
    with pytest.raises(Refused, match=r"^param2 cannot be null$"):
        start(plant=PlantBehavior.strict()).find("JobShipment", "@date >= '2026-11-23'")


@pytest.mark.parametrize(
    "wrong", ["date(2026, 13, 1)", "date(2026, 1)", "time(25, 0, 0)", "date('2026', 1, 1)"]
)
def test_a_date_that_does_not_exist_is_refused(start: Start, wrong: str) -> None:
    with pytest.raises(Refused, match="Unable to determine Field from binding expression"):
        start(plant=PlantBehavior.strict()).find("JobShipment", f"@date = {wrong}")


def test_a_time_does_not_compare_with_a_date(start: Start) -> None:
    with pytest.raises(Refused, match="Cannot convert value"):
        start(plant=PlantBehavior.strict()).find("JobShipment", "@date = time(1, 2, 3)")


# Date-times in bodies and answers


@pytest.mark.parametrize(
    "zone", ["America/Los_Angeles", "America/New_York", "Europe/London", "Asia/Kolkata", "Pacific/Auckland"]
)
@pytest.mark.parametrize("sent", ["2026-11-23T17:00:00Z", "2026-11-23T17:00:00"])
def test_date_times_are_utc_in_and_out(start: Start, zone: str, sent: str) -> None:
    pace = start(time_zone=zone, utc_date_times=True)
    assert pace.job(promiseDateTime=sent)["promiseDateTime"] == "2026-11-23T17:00:00"


def test_a_bare_date_is_midnight_utc(start: Start) -> None:
    pace = start(utc_date_times=True)
    assert pace.job(promiseDateTime="2026-11-23")["promiseDateTime"] == "2026-11-23T00:00:00"


def test_a_bare_date_in_a_date_field_is_the_day_before_in_the_west(start: Start) -> None:
    made = start(utc_date_times=True).create("Customer", custName="Example Printing", dateSetup="2025-01-02")
    assert made["dateSetup"] == "2025-01-01"


def test_another_offset_is_ignored(start: Start) -> None:
    pace = start(utc_date_times=True, ignores_offsets=True)
    assert pace.job(promiseDateTime="2026-11-23T17:00:00-05:00")["promiseDateTime"] == "2026-11-23T17:00:00"


def test_paces_own_date_times_are_utc_too(start: Start) -> None:
    assert start(utc_date_times=True).job()["dateTimeSetup"] == "2026-11-02T15:00:30"


# Templates


def lines(pace: PaceCalls, **filters: Any) -> set[tuple[str, int]]:
    return {(line["jobPart"], line["quantity"]) for line in pace.pace.template_lines(**filters)}


def test_part_01_gets_the_lines_of_the_jobs_template_for_the_jobs_quantity(start: Start) -> None:
    pace = start(templates_work_at_creation_only=True)
    job = pace.job(itemTemplate=TEMPLATE, part1QuantityOrdered=250)["job"]
    assert lines(pace, job=job, template=TEMPLATE) == {("01", 250)}


def test_a_further_part_gets_the_lines_of_its_own_template_for_its_own_quantity(start: Start) -> None:
    pace = start(templates_work_at_creation_only=True)
    job = pace.job()["job"]
    part = pace.create("JobPart", job=job, itemTemplate=TEMPLATE, qtyOrdered=40)
    assert lines(pace) == {(part["jobPart"], 40)}


def test_a_template_that_comes_later_makes_no_lines(start: Start) -> None:
    pace = start(templates_work_at_creation_only=True)
    job = pace.job()["job"]
    part = pace.update("JobPart", primaryKey=f"{job}:01", itemTemplate=TEMPLATE, qtyOrdered=40)
    assert part["itemTemplate"] == TEMPLATE
    assert lines(pace) == set()


def test_a_quantity_that_comes_later_does_not_change_the_lines(start: Start) -> None:
    pace = start(templates_work_at_creation_only=True)
    job = pace.job(itemTemplate=TEMPLATE)["job"]
    pace.update("JobPart", primaryKey=f"{job}:01", qtyOrdered=40)
    assert lines(pace) == {("01", 0)}


def test_lines_are_rolled_back_with_their_part(start: Start) -> None:
    pace = start(templates_work_at_creation_only=True)
    txn = pace.begin()
    pace.job(txn, itemTemplate=TEMPLATE)
    pace.rollback(txn)
    assert lines(pace) == set()


# Parts


@pytest.mark.parametrize("part_numbers", ["accepted", "ignored", "refused"])
def test_pace_numbers_a_part_that_has_no_number(start: Start, part_numbers: str) -> None:
    pace = start(part_numbers=part_numbers)
    job = pace.job()["job"]
    assert [pace.create("JobPart", job=job)["jobPart"] for _ in range(2)] == ["02", "03"]


def test_a_chosen_part_number_is_ignored(start: Start) -> None:
    pace = start(part_numbers="ignored")
    assert pace.create("JobPart", job=pace.job()["job"], jobPart="07")["jobPart"] == "02"


def test_a_chosen_part_number_is_refused(start: Start) -> None:
    pace = start(part_numbers="refused")
    job = pace.job()["job"]
    with pytest.raises(Refused, match="'jobPart' on object 'JobPart' is given by Pace"):
        pace.create("JobPart", job=job, jobPart="02")


# Cartons


def carton(pace: PaceCalls) -> tuple[int, str]:
    """A carton that is empty, and its job."""
    made = shipment(pace)
    return pace.create("Carton", shipment=made["id"], addDefaultContent=False)["id"], made["job"]


def test_a_content_names_its_part_by_the_parts_job(start: Start) -> None:
    pace = start(plant=PlantBehavior.strict())
    number, job = carton(pace)
    made = pace.create("CartonContent", carton=number, jobPartJob=job, jobPart="01", quantity=5)
    assert (made["jobPartJob"], made["jobPart"], made["job"]) == (job, "01", None)


def test_a_content_with_a_job_is_the_whole_job(start: Start) -> None:
    pace = start(plant=PlantBehavior.strict())
    number, job = carton(pace)
    made = pace.create("CartonContent", carton=number, job=job, jobPart="01", quantity=5)
    assert (made["job"], made["jobPart"], made["jobPartJob"]) == (job, None, None)


def test_a_content_of_a_part_that_is_not_there_is_refused(start: Start) -> None:
    pace = start(plant=PlantBehavior.strict())
    number, job = carton(pace)
    with pytest.raises(Refused, match="Unable to locate object JobPart"):
        pace.create("CartonContent", carton=number, jobPartJob=job, jobPart="09")


def test_a_content_of_another_job_is_refused(start: Start) -> None:
    pace = start(plant=PlantBehavior.strict())
    number, _ = carton(pace)
    with pytest.raises(Refused, match="is not the job of Carton"):
        pace.create("CartonContent", carton=number, jobPartJob=pace.job()["job"], jobPart="01")


def test_nothing_is_filled_in_for_the_caller(start: Start) -> None:
    pace = start(fills_nothing_in=True)
    made = shipment(pace, jobPart="01")
    content = pace.create("Carton", shipment=made["id"])
    assert (made["jobPartKey"], made["shipVia"], content["count"]) == (None, 0, 0)


# Contacts of shipments


ADDRESS = {
    "name": "Example CU",
    "contactFirstName": "Avery",
    "address1": "100 Main Street",
    "email": "a@example.com",
}


def test_an_address_on_a_shipment_becomes_a_contact_without_the_company(start: Start) -> None:
    pace = start(addresses_become_contacts=True)
    contact = pace.read("Contact", shipment(pace, **ADDRESS)["contactNumber"])
    assert (contact["firstName"], contact["address1"], contact["email"]) == (
        "Avery",
        "100 Main Street",
        "a@example.com",
    )
    assert contact["companyName"] is None


def test_some_plants_give_the_contact_its_company(start: Start) -> None:
    pace = start(addresses_become_contacts=True, contacts_get_the_company=True)
    contact = pace.read("Contact", shipment(pace, **ADDRESS)["contactNumber"])
    assert contact["companyName"] == "Example CU"


def test_a_shipment_without_an_address_makes_no_contact(start: Start) -> None:
    assert shipment(start(addresses_become_contacts=True), name="Example CU")["contactNumber"] == 0


# Amounts


def test_amounts_without_their_flag_are_computed_anew_when_a_part_changes(start: Start) -> None:
    pace = start(computes_unforced_amounts=True)
    job = pace.job(originalQuotedPrice=100, amountToInvoice=90)["job"]
    forced = {"originalQuotedPriceForced": True, "quotedPriceForced": True}
    pace.update(
        "JobPart", primaryKey=f"{job}:01", originalQuotedPrice=60, quotedPrice=55, qtyOrdered=7, **forced
    )
    read = pace.read("Job", job)
    assert (read["originalQuotedPrice"], read["amountToInvoice"], read["quantityOrdered"]) == (60, 55, 7)


def test_amounts_with_their_flag_stay(start: Start) -> None:
    pace = start(computes_unforced_amounts=True)
    forced = {"originalQuotedPriceForced": True, "amountToInvoiceForced": True, "quantityOrderedForced": True}
    job = pace.job(originalQuotedPrice=100, amountToInvoice=90, quantityOrdered=3, **forced)["job"]
    pace.create("JobPart", job=job, qtyOrdered=5)
    read = pace.read("Job", job)
    assert (read["originalQuotedPrice"], read["amountToInvoice"], read["quantityOrdered"]) == (100, 90, 3)


def test_a_parts_price_without_its_flag_is_not_kept(start: Start) -> None:
    pace = start(computes_unforced_amounts=True)
    made = pace.create(
        "JobPart", job=pace.job()["job"], originalQuotedPrice=60, quotedPrice=55, quotedPriceForced=True
    )
    assert (made["originalQuotedPrice"], made["quotedPrice"]) == (0, 55)


# Files, types, descriptions


def test_a_product_type_can_make_the_content_file_of_a_part(start: Start) -> None:
    pace = start(makes_content_files=True)
    job = pace.job(itemTemplate=TEMPLATE)["job"]
    part = pace.update(
        "JobPart", primaryKey=f"{job}:01", paceConnectFileName="a.pdf", paceConnectURL="https://x.test/a"
    )
    assert pace.read("ContentFile", part["contentFile"])["fileName"] == "a.pdf"
    assert len(pace.find("JobPartContentFile", f"@jobPartKey = '{job}:01'")) == 1


def test_without_that_product_type_pace_makes_no_content_file(start: Start) -> None:
    pace = start(plant=PlantBehavior.strict())
    job = pace.job(itemTemplate=TEMPLATE)["job"]
    part = pace.update("JobPart", primaryKey=f"{job}:01", paceConnectFileName="a.pdf")
    assert part["contentFile"] == 0


def test_the_planned_type_is_found_by_its_flag_and_described_in_the_sites_words(start: Start) -> None:
    pace = start(own_descriptions=True)
    [key] = pace.find("ShipmentType", "@planned = 'true'")
    assert pace.read("ShipmentType", key)["description"] == "Ship to Customer"


def test_a_site_can_cut_descriptions(start: Start) -> None:
    assert start(description_length=8).job(description="10234 - Example")["description"] == "10234 - "


# The server


@pytest.mark.parametrize(("limit", "answered"), [(1, 2), (3, 4), (100, 6)])
def test_one_row_more_than_the_limit_is_answered(start: Start, limit: int, answered: int) -> None:
    pace = start(one_row_more=True)
    assert len(columns(pace, "ShipVia", "id", limit=limit)) == answered


def test_an_expired_license_refuses_every_call(start: Start) -> None:
    with pytest.raises(Refused, match=r"^System License Expired$") as refused:
        start(license_expired=True).find("Job", "@job = '1'")
    assert refused.value.status == 503


def test_a_company_has_to_stand_in_the_path(start: Start) -> None:
    pace = start(company="002")
    assert pace.raw("GET", "/Version/getVersion").status_code == 404
    pace.base = pace.base.replace("/rpc/", "/rpc/company:002/")
    assert pace.raw("GET", "/Version/getVersion").status_code == 200


def test_a_company_that_there_is_not_is_refused(start: Start) -> None:
    pace = start(plant=PlantBehavior.strict())
    pace.base = pace.base.replace("/rpc/", "/rpc/company:002/")
    assert pace.raw("GET", "/Version/getVersion").status_code == 404


# The switches


def test_another_plant_lasts_until_the_reset(start: Start) -> None:
    pace = start()
    pace.pace.behave(PlantBehavior(license_expired=True))
    pace.pace.reset()
    assert pace.pace.plant == PlantBehavior()


def test_switches_can_be_set_over_http(start: Start) -> None:
    pace = start()
    url = f"{pace.pace.url}/_sandbox/plant"
    answer = pace.session.post(url, json={"one_row_more": False}, timeout=5)
    assert answer.json() == asdict(replace(PlantBehavior.strict(), one_row_more=False))
    assert pace.pace.plant == PlantBehavior.strict(one_row_more=False)


def test_an_unknown_switch_is_refused_by_name(start: Start) -> None:
    pace = start()
    answer = pace.session.post(f"{pace.pace.url}/_sandbox/plant", json={"magic": True}, timeout=5)
    assert (answer.status_code, "magic" in answer.json()["message"]) == (400, True)


@pytest.mark.parametrize("switch", PlantBehavior.names())
def test_every_switch_stands_in_the_documentation(switch: str) -> None:
    text = Path(__file__).parents[3].joinpath("docs/sandbox.md").read_text(encoding="utf-8")
    assert f"| `{switch}` |" in text
