"""Every field of a JobShipment, Carton and CartonContent (docs/mapping.md §5 and §6) as they arrived at the sandbox Pace."""

from collections.abc import Callable

import pytest

from tests.e2e.sent import Sent, SentShipment, in_shipments, wall_clock

pytestmark = [pytest.mark.e2e, pytest.mark.django_db]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("single", [1]),
        ("mixed", [2]),
        ("approval", [1]),
        ("kit", [1]),
        ("split", [1, 1, 1, 1]),
        ("server", [1]),
    ],
)
def test_a_job_has_one_shipment_per_address_and_method(
    sent: Callable[[str], Sent], name: str, count: list[int]
) -> None:
    assert [len(job.shipments) for job in sent(name).jobs] == count


# --- address --------------------------------------------------------------------------------------------------------


@in_shipments(
    {
        "single": "Example Credit Union",
        "mixed/2": "Example CU North",
        "approval": "Wen Ward",  # no business: first and last name
        "split#4": "Example CU North",
        "overrides": "Bibliothek Beispiel",
        "server": "Newcomer Studio",
    }
)
def test_name_is_the_business_or_the_person_s_name(shipment: SentShipment, expected: str) -> None:
    assert shipment.fields["name"] == expected


@in_shipments(
    {
        "single": ("Quinn", "Dockside"),
        "mixed/2": ("Jordan", "Branch"),
        "approval": ("Wen", "Ward"),  # not Riley Head, who ordered
        "overrides": ("Kim", "Muster"),
        "server": ("Noa", "Newcomer"),
    }
)
def test_contact_is_the_person_at_the_ship_to_address(
    shipment: SentShipment, expected: tuple[str, str]
) -> None:
    assert (shipment.fields["contactFirstName"], shipment.fields["contactLastName"]) == expected


@in_shipments(
    {
        "single": ("100 Main St", "Suite 4", "Dock B", "Springfield", "62701"),
        "mixed/2": ("22 North Ave", None, None, "Peoria", "61602"),
        "approval": ("7 Shore Road", "Floor 3", None, "Toronto", "M5V 1A1"),
        "kit": ("100 Main St", "Suite 4", "Dock B", "Springfield", "62701"),
        "split#4": ("22 North Ave", None, None, "Peoria", "61602"),
        "overrides": ("Musterstr. 5", None, None, "Berlin", "10115"),
    }
)
def test_address_lines_city_and_zip_are_those_of_the_ship_to_address(
    shipment: SentShipment, expected: tuple[str | None, ...]
) -> None:
    names = ("address1", "address2", "address3", "city", "zip")
    assert tuple(shipment.fields[name] for name in names) == expected


@in_shipments(
    {
        "single": (1, "IL", "1:IL"),
        "mixed/2": (1, "IL", "1:IL"),  # written as Illinois, United States
        "approval": (2, "ON", "2:ON"),  # written as Ontario, Canada
        "overrides": (3, "Berlin", None),  # by the code DEU; Pace keeps no states of Germany
        "server": (1, "MN", "1:MN"),  # by the code USA
    }
)
def test_country_and_state_are_found_by_code_or_name(
    shipment: SentShipment, expected: tuple[int, str, str | None]
) -> None:
    assert (shipment.fields["country"], shipment.fields["state"], shipment.fields["stateKey"]) == expected
    assert (shipment.body["country"], shipment.body["state"], shipment.body.get("stateKey")) == expected


@in_shipments(
    {
        "single": "555-0100",
        "mixed/2": "555-0122",
        "approval": "555-0177",
        "overrides": None,
        "server": "555-0199",
    }
)
def test_phone_is_that_of_the_ship_to_address(shipment: SentShipment, expected: str | None) -> None:
    assert shipment.fields["phone"] == expected


@in_shipments(
    {
        "single": "dock@example.com",
        "mixed/1": "dock@example.com",
        "mixed/2": "avery@example.com",  # none at the address: the buyer's
        "approval": "riley@example.com",
        "overrides": "kim@example.org",
        "server": "noa.newcomer@example.com",
    }
)
def test_email_is_that_of_the_ship_to_address_or_the_buyer_s(shipment: SentShipment, expected: str) -> None:
    assert shipment.fields["email"] == expected


# --- what it carries ------------------------------------------------------------------------------------------------


@in_shipments(
    {
        "single": "01",
        "mixed/1": "01, 03",
        "mixed/2": "02",
        "approval": "01, 02",
        "kit": "01, 02, 03",
        "split#2": "01",
        "overrides": "01",
    }
)
def test_description_is_the_part_numbers_it_carries(shipment: SentShipment, expected: str) -> None:
    assert shipment.fields["description"] == expected


@in_shipments(
    {
        "single": "01",
        "mixed/1": None,
        "mixed/2": "02",
        "approval": None,
        "kit": None,
        "split#3": "01",
        "server": "01",
    }
)
def test_part_is_named_when_it_carries_exactly_one(shipment: SentShipment, expected: str | None) -> None:
    key = f"{shipment.fields['job']}:{expected}" if expected else None
    assert (shipment.fields["jobPart"], shipment.fields["jobPartKey"]) == (expected, key)


@in_shipments(
    {
        "single": 12,
        "mixed/1": 503,
        "mixed/2": 1000,
        "approval": 900,
        "kit": 122,
        "split#1": 250,
        "overrides": 310,
    }
)
def test_quantity_is_the_sum_of_what_it_carries_and_all_of_it_is_in_one_carton(
    shipment: SentShipment, expected: int
) -> None:
    assert shipment.fields["quantity"] == expected
    [carton] = shipment.cartons
    assert (carton["shipment"], carton["count"], carton["quantity"]) == (shipment.fields["id"], 1, expected)
    assert carton["addDefaultContent"] is False


@in_shipments(
    {
        "single": [("01", 12)],
        "mixed/1": [("01", 500), ("03", 3)],
        "mixed/2": [("02", 1000)],
        "approval": [("01", 500), ("02", 400)],
        "kit": [("01", 40), ("02", 80), ("03", 2)],
        "split#4": [("01", 7)],
        "overrides": [("01", 310)],
    }
)
def test_the_carton_holds_each_part_once_with_its_quantity(
    shipment: SentShipment, expected: list[tuple[str, int]]
) -> None:
    assert [(content["jobPart"], content["quantity"]) for content in shipment.contents] == expected
    [carton] = shipment.cartons
    for content in shipment.contents:
        assert (content["carton"], content["jobPartJob"]) == (carton["id"], shipment.fields["job"])


# --- how it ships ---------------------------------------------------------------------------------------------------


@in_shipments(
    dict.fromkeys(["single", "mixed/2", "approval", "split#1", "server"], 5001) | {"overrides": 5003}
)
def test_shipment_is_planned_of_the_type_planned_or_the_server_s_setting(
    shipment: SentShipment, expected: int
) -> None:
    assert shipment.body["planned"] is True
    assert shipment.fields["planned"] is True
    assert shipment.fields["shipmentType"] == expected


@in_shipments(dict.fromkeys(["single", "mixed/1", "approval", "kit", "split#2", "overrides"], "api_3rdParty"))
def test_shipper_name_is_the_constant(shipment: SentShipment, expected: str) -> None:
    assert shipment.fields["shipperName"] == expected


@in_shipments(
    {
        "single": "2031-03-17T17:00:00",
        "mixed/1": "2031-03-12T17:00:00",  # the job's, though the item asks for the 20th
        "mixed/2": "2031-03-12T17:00:00",
        "approval": "2031-03-11T17:00:00",
        "split#4": "2031-03-28T17:00:00",
        "overrides": "2031-07-07T17:00:00",
    }
)
def test_date_and_promise_are_the_job_s_ship_date(shipment: SentShipment, expected: str) -> None:
    assert wall_clock(shipment.fields["dateTime"]) == expected
    assert wall_clock(shipment.fields["promiseDateTime"]) == expected


@in_shipments(
    {
        "single": (5014, None),  # method row without an account, no default account
        "mixed/1": (5011, "GND-1"),  # the storefront's own method row, before the row of all
        "mixed/2": (5012, "NORTH-77"),  # address row, before the row of its method
        "approval": (5011, "TOR-9"),  # the address row gives only the account, the method row the ship via
        "kit": (5014, None),
        "split#4": (5012, "NORTH-77"),
        "overrides": (5013, "UNI-ACC"),  # the server's default ship via, the storefront's default account
        "server": (5015, "WIDE"),  # the more specific address row, its account filled from the next
    }
)
def test_ship_via_and_account_number_are_those_of_the_first_match(
    shipment: SentShipment, expected: tuple[int, str | None]
) -> None:
    assert (shipment.body["shipVia"], shipment.fields["shipVia"]) == (expected[0], expected[0])
    assert shipment.fields["accountNumber"] == expected[1]
    assert shipment.fields["forcedAccountNumber"] is (expected[1] is not None)


# --- nothing else ---------------------------------------------------------------------------------------------------

ALWAYS = {
    "job", "name", "contactFirstName", "contactLastName", "address1", "city", "zip", "email", "country", "state",
    "description", "quantity", "planned", "shipmentType", "shipperName", "dateTime", "promiseDateTime", "shipVia",
    "dateForced", "timeForced",
}  # fmt: skip
ACCOUNT = {"accountNumber", "forcedAccountNumber"}
ONE_PART = {"jobPart", "jobPartKey"}


@in_shipments(
    {
        "single": {"address2", "address3", "phone", "stateKey", *ONE_PART},
        "mixed/1": {"address2", "address3", "phone", "stateKey", *ACCOUNT},
        "mixed/2": {"phone", "stateKey", *ACCOUNT, *ONE_PART},
        "approval": {"address2", "phone", "stateKey", *ACCOUNT},
        "overrides": {*ACCOUNT, *ONE_PART},
    }
)
def test_no_other_field_of_a_shipment_is_written(shipment: SentShipment, expected: set[str]) -> None:
    assert set(shipment.body) == ALWAYS | expected


@pytest.mark.parametrize("name", ["single", "mixed", "approval", "kit", "split", "overrides"])
def test_no_other_field_of_a_carton_is_written(sent: Callable[[str], Sent], name: str) -> None:
    for body in sent(name).bodies["create Carton"]:
        assert set(body) == {"shipment", "count", "quantity", "addDefaultContent"}
    for body in sent(name).bodies["create CartonContent"]:
        assert set(body) == {"carton", "jobPartJob", "jobPart", "quantity"}
