"""What the sandbox Pace refuses, and what it does by itself when objects are made and changed."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pace.errors import PaceError
from integrations.simulation.sandbox.pace.plant import PlantBehavior

NOW = datetime(2026, 11, 2, 15, 0, 30, tzinfo=UTC)
WHEN = "2026-11-23T17:00:00"
JOB = {
    "customer": "EXCU",
    "description": "100 - Example Shop",
    "poNum": "9999",
    "promiseDateTime": WHEN,
    "scheduledShipDateTime": WHEN,
    "earliestStartDateTime": WHEN,
}


class Desk:
    """The rules without HTTP, all switches of the plant off: every call is a transaction of its own."""

    def __init__(self, **options: Any) -> None:
        self.pace = PaceSandbox(clock=lambda: NOW, **{"plant": PlantBehavior(), **options})

    def create(self, type_name: str, **fields: Any) -> dict[str, Any]:
        txn = self.pace.store.unnamed()
        made = self.pace.rules.create(type_name, fields, txn)
        self.pace.store.commit(txn)
        return made

    def update(self, type_name: str, **fields: Any) -> dict[str, Any]:
        txn = self.pace.store.unnamed()
        changed = self.pace.rules.update(type_name, fields, txn)
        self.pace.store.commit(txn)
        return changed

    def delete(self, type_name: str, key: str) -> None:
        txn = self.pace.store.unnamed()
        self.pace.rules.delete(type_name, key, txn)
        self.pace.store.commit(txn)

    def job(self, **fields: Any) -> str:
        return self.create("Job", **{**JOB, **fields})["job"]

    def count(self, type_name: str) -> int:
        return len(self.pace.objects(type_name))


@pytest.fixture
def desk() -> Desk:
    return Desk()


# Fields and their types


def test_an_unknown_field_is_refused(desk: Desk) -> None:
    with pytest.raises(PaceError, match=r"^Unknown field 'colour' on object 'Job'$"):
        desk.job(colour="red")


def test_user_defined_fields_are_kept(desk: Desk) -> None:
    desk.job(u_rush=True)
    assert desk.pace.objects("Job")[0]["u_rush"] is True


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("shipVia", "5010", "integer"),
        ("shipVia", Decimal("5010.5"), "integer"),
        ("shipVia", True, "integer"),
        ("shipVia", 2**31, "integer"),
        ("shipVia", Decimal("1E+999999"), "integer"),
        ("originalQuotedPrice", "12.50", "number"),
        ("originalQuotedPrice", True, "number"),
        ("originalQuotedPrice", 10**15, "number"),
        ("poNum", 9999, "string"),
        ("scheduled", "true", "boolean"),
        ("scheduled", 1, "boolean"),
        ("promiseDateTime", "23.11.2026", "date-time"),
        ("promiseDateTime", "2026-02-30T10:00:00", "date-time"),
        ("promiseDateTime", 20261123, "date-time"),
        ("tags", "5", "array<integer>"),
        ("tags", ["5"], "array<integer>"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_field_and_value(
    desk: Desk, field: str, value: Any, kind: str
) -> None:
    with pytest.raises(PaceError) as refused:
        desk.job(**{field: value})
    message = refused.value.message
    assert f"of field '{field}' on object 'Job' to {kind}" in message
    assert message.startswith("Cannot convert value '")


def test_a_whole_number_with_a_fraction_of_zero_is_an_integer(desk: Desk) -> None:
    assert desk.create("Job", **JOB, shipVia=Decimal("5011.0"))["shipVia"] == 5011


def test_a_shipment_may_have_a_quantity_beyond_32_bits(desk: Desk) -> None:
    assert desk.create("JobShipment", job=desk.job(), quantity=2**40)["quantity"] == 2**40


def test_money_is_kept_to_the_last_digit(desk: Desk) -> None:
    job = desk.job(originalQuotedPrice=Decimal("1234567.8901"))
    assert desk.pace.objects("Job", job=job)[0]["originalQuotedPrice"] == Decimal("1234567.8901")


@pytest.mark.parametrize(
    ("field", "unset"), [("priority", 0), ("jobValue", Decimal(0)), ("reference", None), ("scheduled", False)]
)
def test_unset_fields_read_as_zero_null_or_false(desk: Desk, field: str, unset: Any) -> None:
    assert desk.create("Job", **JOB)[field] == unset


def test_an_answer_has_every_field_of_its_type(desk: Desk) -> None:
    assert set(desk.create("Job", **JOB)) == set(desk.pace.schema["Job"].fields)


def test_null_unsets_a_field(desk: Desk) -> None:
    job = desk.job(description2="something")
    assert desk.update("Job", job=job, description2=None)["description2"] is None


def test_a_job_description_has_at_most_255_characters(desk: Desk) -> None:
    desk.job(description="x" * 255)
    with pytest.raises(PaceError, match="'description' on object 'Job' is too long"):
        desk.job(description="x" * 256)


def test_a_part_description_has_at_most_64_characters(desk: Desk) -> None:
    with pytest.raises(PaceError, match="'description' on object 'JobPart' is too long"):
        desk.update("JobPart", primaryKey=f"{desk.job()}:01", description="x" * 65)


def test_a_company_name_has_at_most_60_characters(desk: Desk) -> None:
    with pytest.raises(PaceError, match="too long"):
        desk.create("Contact", companyName="x" * 61)


# Dates


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("2026-11-23T08:30:00", "2026-11-23T08:30:00"),
        ("2026-11-23T08:30", "2026-11-23T08:30:00"),
        ("2026-11-23T08:30:00.250", "2026-11-23T08:30:00"),
        ("2026-11-23T08:30:00Z", "2026-11-23T03:30:00"),
        ("2026-11-23T08:30:00-05:00", "2026-11-23T08:30:00"),
        ("2026-07-23T08:30:00+02:00", "2026-07-23T02:30:00"),
        ("2026-11-23", "2026-11-22T19:00:00"),
    ],
)
def test_only_a_local_date_time_is_stored_as_it_was_sent(desk: Desk, sent: str, stored: str) -> None:
    job = desk.job(promiseDateTime=sent)
    assert desk.pace.objects("Job", job=job)[0]["promiseDateTime"] == stored


def test_a_date_only_field_moves_by_a_day_each_time_it_is_written_back(desk: Desk) -> None:
    first = desk.create("Customer", custName="Example", dateSetup="2025-01-02")
    again = desk.update("Customer", id=first["id"], dateSetup=first["dateSetup"])
    assert (first["dateSetup"], again["dateSetup"]) == ("2025-01-01", "2024-12-31")


def test_a_server_in_utc_keeps_a_bare_date_on_its_day() -> None:
    job = Desk(time_zone="UTC").create("Job", **{**JOB, "promiseDateTime": "2025-01-02"})
    assert job["promiseDateTime"] == "2025-01-02T00:00:00"


# Jobs and parts


@pytest.mark.parametrize("field", sorted(JOB))
def test_a_job_needs_its_mandatory_fields(desk: Desk, field: str) -> None:
    with pytest.raises(PaceError, match=rf"^Field '{field}' on object 'Job' is required$"):
        desk.create("Job", **{**JOB, field: None})


def test_a_blank_mandatory_field_is_as_good_as_none(desk: Desk) -> None:
    with pytest.raises(PaceError, match="'poNum' on object 'Job' is required"):
        desk.job(poNum="  ")


def test_a_mandatory_field_cannot_be_emptied_later(desk: Desk) -> None:
    with pytest.raises(PaceError, match="'poNum' on object 'Job' is required"):
        desk.update("Job", job=desk.job(), poNum=None)


def test_a_site_can_demand_more_fields() -> None:
    with pytest.raises(PaceError, match="'terms' on object 'Customer' is required"):
        Desk(required={"Customer": ["terms"]}).create("Customer", custName="Example")


def test_jobs_are_numbered_by_pace(desk: Desk) -> None:
    assert [desk.job(), desk.job()] == ["10001", "10002"]


def test_a_job_number_cannot_be_chosen(desk: Desk) -> None:
    with pytest.raises(PaceError, match="given by Pace"):
        desk.job(job="4711")


def test_a_job_comes_with_part_01(desk: Desk) -> None:
    job = desk.job(description="y" * 100, itemTemplate="POSTER-A2")
    part = desk.pace.objects("JobPart", job=job)[0]
    assert (part["primaryKey"], part["description"], part["itemTemplate"], part["productionStatus"]) == (
        f"{job}:01",
        "y" * 64,
        "POSTER-A2",
        "O",
    )


def test_a_job_takes_defaults_from_pace_and_its_customer(desk: Desk) -> None:
    made = desk.create("Job", **JOB)
    expected = {
        "adminStatus": "O",
        "jobType": 5001,
        "shipVia": 5010,
        "enteredBy": "sandbox",
        "dateTimeSetup": "2026-11-02T10:00:30",
        "totalParts": 1,
    }
    assert {field: made[field] for field in expected} == expected


def test_further_parts_are_numbered_in_two_digits(desk: Desk) -> None:
    job = desk.job()
    assert [desk.create("JobPart", job=job)["primaryKey"] for _ in range(2)] == [f"{job}:02", f"{job}:03"]
    assert desk.pace.objects("Job", job=job)[0]["totalParts"] == 3


def test_a_part_number_can_be_chosen_once(desk: Desk) -> None:
    job = desk.job()
    assert desk.create("JobPart", job=job, jobPart="02")["jobPart"] == "02"
    with pytest.raises(PaceError, match=f"JobPart with primary key '{job}:02' already exists"):
        desk.create("JobPart", job=job, jobPart="02")


@pytest.mark.parametrize("number", ["2", "A1", "²³"])
def test_a_part_number_has_two_digits(desk: Desk, number: str) -> None:
    with pytest.raises(PaceError, match="'jobPart'"):
        desk.create("JobPart", job=desk.job(), jobPart=number)


def test_a_part_needs_its_job(desk: Desk) -> None:
    with pytest.raises(PaceError, match="'job' on object 'JobPart' is required"):
        desk.create("JobPart", qtyOrdered=1)


def test_a_part_can_be_updated_by_job_and_number(desk: Desk) -> None:
    job = desk.job()
    assert desk.update("JobPart", job=job, jobPart="01", qtyOrdered=500)["qtyOrdered"] == 500


def test_a_part_cannot_be_moved_to_another_job(desk: Desk) -> None:
    one, other = desk.job(), desk.job()
    with pytest.raises(PaceError, match="cannot be changed"):
        desk.update("JobPart", primaryKey=f"{one}:01", job=other)


def test_a_change_of_status_is_dated(desk: Desk) -> None:
    job = desk.job()
    desk.pace.put("Job", job=job, lastStatusChangedDateTime="2020-01-01T00:00:00")
    desk.update("Job", job=job, poNum="1")
    assert desk.pace.objects("Job")[0]["lastStatusChangedDateTime"] == "2020-01-01T00:00:00"
    changed = desk.update("Job", job=job, adminStatus="C")
    assert (changed["lastStatusChangedDateTime"], changed["prevAdminStatus"]) == ("2026-11-02T10:00:30", "O")


def test_a_change_of_production_status_is_dated(desk: Desk) -> None:
    key = f"{desk.job()}:01"
    desk.pace.put("JobPart", primaryKey=key, lastStatusChangedDateTime="2020-01-01T00:00:00")
    changed = desk.update("JobPart", primaryKey=key, productionStatus="R")
    assert changed["lastStatusChangedDateTime"] == "2026-11-02T10:00:30"


# References


@pytest.mark.parametrize(
    ("field", "value", "to"),
    [
        ("customer", "NOBODY", "Customer"),
        ("shipVia", 1, "ShipVia"),
        ("jobType", 1, "JobType"),
        ("adminStatus", "?", "JobStatus"),
        ("itemTemplate", "NONE", "ItemTemplate"),
        ("jobContact", 99, "JobContact"),
    ],
)
def test_a_reference_must_lead_somewhere(desk: Desk, field: str, value: Any, to: str) -> None:
    with pytest.raises(PaceError, match=rf"^Unable to locate object {to} with primary key '\S+'$"):
        desk.job(**{field: value})


def test_the_state_key_is_the_country_and_the_code(desk: Desk) -> None:
    job = desk.job()
    made = desk.create("JobShipment", job=job, stateKey="1:TX")
    assert (made["state"], made["country"]) == ("TX", 1)
    with pytest.raises(PaceError, match="Unable to locate object State with primary key '2:TX'"):
        desk.create("JobShipment", job=job, stateKey="2:TX")


def test_job_order_type_is_any_text_unless_the_site_has_such_objects(desk: Desk) -> None:
    assert desk.create("Job", **JOB, jobOrderType="New Order")["jobOrderType"] == "New Order"
    strict = Desk(job_order_types=True)
    assert strict.create("Job", **JOB, jobOrderType="NEW")["jobOrderType"] == "NEW"
    with pytest.raises(PaceError, match="Unable to locate object JobOrderType"):
        strict.job(jobOrderType="New Order")


def test_a_job_takes_only_its_own_job_contacts(desk: Desk) -> None:
    one, other = desk.job(), desk.job()
    contact = desk.create("JobContact", job=one, contact=5002, billTo=True, shipTo=True)
    assert contact["customer"] == "EXCU"
    assert desk.update("Job", job=one, shipToJobContact=contact["id"])["shipToJobContact"] == contact["id"]
    with pytest.raises(PaceError, match=f"JobContact '{contact['id']}' does not belong to Job '{other}'"):
        desk.update("Job", job=other, jobContact=contact["id"])


# Customers and contacts


def test_a_customer_without_an_id_gets_one(desk: Desk) -> None:
    assert desk.create("Customer", custName="Example")["id"] == "20001"


def test_a_customer_id_can_be_chosen_once(desk: Desk) -> None:
    assert desk.create("Customer", id="MINE", custName="Example")["id"] == "MINE"
    with pytest.raises(PaceError, match="Object Customer with primary key 'MINE' already exists"):
        desk.create("Customer", id="MINE", custName="Example")


def test_a_new_contact_is_active_unless_it_says_otherwise(desk: Desk) -> None:
    assert desk.create("Contact", customer="EXCU")["active"] is True
    assert desk.create("Contact", customer="EXCU", active=False)["active"] is False


# Shipments, cartons and files


def test_a_shipment_names_its_part_either_way(desk: Desk) -> None:
    job = desk.job()
    by_number = desk.create("JobShipment", job=job, jobPart="01")
    by_key = desk.create("JobShipment", job=job, jobPartKey=f"{job}:01")
    assert by_number["jobPartKey"] == f"{job}:01"
    assert by_key["jobPart"] == "01"


def test_a_shipment_of_several_parts_names_none(desk: Desk) -> None:
    made = desk.create("JobShipment", job=desk.job())
    assert (made["jobPart"], made["jobPartKey"]) == (None, None)


def test_a_shipment_cannot_carry_a_part_of_another_job(desk: Desk) -> None:
    one, other = desk.job(), desk.job()
    with pytest.raises(PaceError, match=f"JobPart '{other}:01' does not belong to Job '{one}'"):
        desk.create("JobShipment", job=one, jobPartKey=f"{other}:01")


def test_a_shipment_can_be_given_another_part_later(desk: Desk) -> None:
    job = desk.job()
    desk.create("JobPart", job=job)
    shipment = desk.create("JobShipment", job=job, jobPart="01")
    assert desk.update("JobShipment", id=shipment["id"], jobPart="02")["jobPartKey"] == f"{job}:02"
    assert desk.update("JobShipment", id=shipment["id"], jobPartKey=f"{job}:01")["jobPart"] == "01"


def test_a_shipment_is_planned_when_its_type_is(desk: Desk) -> None:
    job = desk.job()
    assert desk.create("JobShipment", job=job, shipmentType=5001)["planned"] is True
    assert desk.create("JobShipment", job=job, shipmentType=5002)["planned"] is False


def test_a_carton_fills_itself_when_its_shipment_has_one_part(desk: Desk) -> None:
    job = desk.job()
    shipment = desk.create("JobShipment", job=job, jobPart="01")["id"]
    carton = desk.create("Carton", shipment=shipment, quantity=500)["id"]
    contents = desk.pace.objects("CartonContent", carton=carton)
    assert [(found["jobPartKey"], found["quantity"]) for found in contents] == [(f"{job}:01", 500)]


def test_a_carton_does_not_fill_itself_when_told_not_to(desk: Desk) -> None:
    shipment = desk.create("JobShipment", job=desk.job(), jobPart="01")["id"]
    assert desk.create("Carton", shipment=shipment, addDefaultContent=False)["addDefaultContent"] is False
    assert desk.count("CartonContent") == 0


def test_a_carton_of_a_shipment_of_several_parts_stays_empty(desk: Desk) -> None:
    job = desk.job()
    desk.create("JobPart", job=job)
    desk.create("Carton", shipment=desk.create("JobShipment", job=job)["id"])
    assert desk.count("CartonContent") == 0


def test_carton_content_names_its_part_either_way(desk: Desk) -> None:
    job = desk.job()
    shipment = desk.create("JobShipment", job=job)["id"]
    carton = desk.create("Carton", shipment=shipment, addDefaultContent=False)["id"]
    by_number = desk.create("CartonContent", carton=carton, job=job, jobPart="01", quantity=1)
    by_key = desk.create("CartonContent", carton=carton, jobPartKey=f"{job}:01")
    assert by_number["jobPartKey"] == by_key["jobPartKey"] == f"{job}:01"
    assert by_key["job"] == job


def test_carton_content_belongs_to_the_job_that_is_shipped(desk: Desk) -> None:
    one, other = desk.job(), desk.job()
    shipment = desk.create("JobShipment", job=one)["id"]
    carton = desk.create("Carton", shipment=shipment, addDefaultContent=False)["id"]
    with pytest.raises(PaceError, match="is not the job of Carton"):
        desk.create("CartonContent", carton=carton, job=other, jobPart="01")


def test_carton_content_needs_a_part_that_exists(desk: Desk) -> None:
    job = desk.job()
    shipment = desk.create("JobShipment", job=job)["id"]
    carton = desk.create("Carton", shipment=shipment, addDefaultContent=False)["id"]
    with pytest.raises(PaceError, match=f"Unable to locate object JobPart with primary key '{job}:09'"):
        desk.create("CartonContent", carton=carton, job=job, jobPart="09")


def test_a_file_is_linked_to_a_part(desk: Desk) -> None:
    job = desk.job()
    url = "https://files.example.com/a.pdf"
    file = desk.create("ContentFile", fileName="a.pdf", fileUrl=url, customer="EXCU")["id"]
    link = desk.create("JobPartContentFile", contentFile=file, job=job, jobPart="01")
    assert link["jobPartKey"] == f"{job}:01"
    with pytest.raises(PaceError, match="'jobPartKey' on object 'JobPartContentFile' is required"):
        desk.create("JobPartContentFile", contentFile=file, job=job)


# Updating and deleting


def test_an_update_changes_only_what_it_names(desk: Desk) -> None:
    job = desk.job(description2="kept")
    assert desk.update("Job", job=job, poNum="1")["description2"] == "kept"


def test_an_update_needs_the_key(desk: Desk) -> None:
    with pytest.raises(PaceError, match="primary key of object 'Job' is missing"):
        desk.update("Job", poNum="1")


def test_what_does_not_exist_cannot_be_updated(desk: Desk) -> None:
    with pytest.raises(PaceError, match=r"^Unable to locate object Job with primary key '1'$"):
        desk.update("Job", job="1", poNum="1")


def test_a_deleted_job_takes_with_it_what_belongs_to_it(desk: Desk) -> None:
    job = desk.job()
    desk.update("Job", job=job, jobContact=desk.create("JobContact", job=job, contact=5002)["id"])
    shipment = desk.create("JobShipment", job=job, jobPart="01")["id"]
    desk.create("Carton", shipment=shipment)
    desk.delete("Job", job)
    types = ("Job", "JobPart", "JobContact", "JobShipment", "Carton", "CartonContent")
    assert [desk.count(name) for name in types] == [0] * 6


def test_what_others_refer_to_cannot_be_deleted(desk: Desk) -> None:
    desk.job()
    with pytest.raises(PaceError, match=r"cannot be deleted: .* refers to it"):
        desk.delete("Customer", "EXCU")
