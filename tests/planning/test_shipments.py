"""Mapping rules 7: shipments, cartons, contents."""

from dataclasses import replace
from typing import Any

import pytest

from integrations.causes import Cause, CauseKind
from integrations.clients.schemas import Address, PaceChoice, PresseroOrder
from integrations.planning.plan import make_plan
from integrations.planning.plan_types import Fields, PlannedShipment, SourceKind, StorefrontParameters
from mappings.types import MappingTable, ShipmentAddressRow, ShipmentMethodRow
from tests.planning.builders import (
    PEORIA,
    REFERENCE,
    SPRINGFIELD,
    detail,
    inputs,
    item,
    local,
    order,
    plan,
    problems,
    storefront,
    values,
)


def shipments(
    of: PresseroOrder | None = None, store: StorefrontParameters | None = None, **more: Any
) -> tuple[PlannedShipment, ...]:
    return plan(of, store, **more).jobs[0].shipments


def fields(of: PresseroOrder | None = None, store: StorefrontParameters | None = None, **more: Any) -> Fields:
    return shipments(of, store, **more)[0].fields


def method(
    row: int, name: str, via: int | None, account: str = "", store: int | None = None
) -> ShipmentMethodRow:
    return ShipmentMethodRow(row, store, name, via, account)


def address(
    row: int, via: int | None, account: str = "", store: int | None = None, **columns: str
) -> ShipmentAddressRow:
    blank = dict.fromkeys(("business", "address1", "city", "state", "postal", "country"), "")
    return ShipmentAddressRow(row, store, **{**blank, **columns}, ship_via=via, account_number=account)


class TestEntries:
    def test_one_per_distinct_address_and_method(self) -> None:
        of = order(
            item(1),
            item(2, ship_to=SPRINGFIELD),
            item(3, ship_to=replace(PEORIA, address1="22 NORTH AVE.")),
            item(4, method_name="Air"),
        )
        made = shipments(of)
        assert [shipment.parts for shipment in made] == [("01", "03"), ("02",), ("04",)]
        assert [values(shipment.fields)["description"] for shipment in made] == ["01, 03", "02", "04"]
        assert [values(shipment.fields)["quantity"] for shipment in made] == [1000, 500, 500]

    def test_the_part_stands_on_an_entry_with_exactly_one(self) -> None:
        made = shipments(order(item(1), item(2), item(3, ship_to=SPRINGFIELD)))
        assert {"jobPart", "jobPartKey"}.isdisjoint(made[0].fields)
        assert made[1].parts == ("03",)
        assert detail(made[1].fields, "jobPart") == "the number Pace gives part 03, the one it carries"

    def test_one_carton_with_one_content_per_part(self) -> None:
        [shipment] = shipments(order(item(1, quantity=3), item(2, quantity=4)))
        assert values(shipment.carton) == {
            "shipment": None,
            "count": 1,
            "quantity": 7,
            "addDefaultContent": False,
        }
        assert [values(content.fields) for content in shipment.contents] == [
            {"carton": None, "jobPartJob": None, "jobPart": None, "quantity": 3},
            {"carton": None, "jobPartJob": None, "jobPart": None, "quantity": 4},
        ]
        assert [content.part for content in shipment.contents] == ["01", "02"]


class TestAddress:
    def test_the_segments_of_the_ship_to_address(self) -> None:
        made = values(fields())
        expected = {
            "name": "Example CU North",
            "contactFirstName": "Jordan",
            "contactLastName": "Branch",
            "address1": "22 North Ave",
            "city": "Peoria",
            "zip": "61602",
            "phone": "555-0100",
            "email": "avery@example.com",
            "country": 1,
            "state": "IL",
            "stateKey": "1:IL",
        }
        assert {name: made[name] for name in expected} == expected
        assert "address2" not in made

    def test_first_and_last_name_without_a_business(self) -> None:
        assert fields(order(item(ship_to=replace(PEORIA, business=" "))))["name"].value == "Jordan Branch"

    def test_ship_to_email_before_the_buyers(self) -> None:
        assert (
            fields(order(item(ship_to=replace(PEORIA, email="j@example.com"))))["email"].value
            == "j@example.com"
        )

    @pytest.mark.parametrize(
        ("change", "words", "cause"),
        [
            ({"country": "Atlantis"}, 'Pace has no country "Atlantis"', CauseKind.COUNTRY.of("atlantis")),
            ({"country": ""}, "the ship-to address has no country", CauseKind.COUNTRY.of()),
            (
                {"state": "Nowhere"},
                'Pace has no state "Nowhere" in United States',
                CauseKind.STATE.of("1:nowhere"),
            ),
        ],
    )
    def test_what_pace_does_not_know_is_a_problem(
        self, change: dict[str, str], words: str, cause: Cause
    ) -> None:
        [problem] = make_plan(inputs(order(item(ship_to=replace(PEORIA, **change))))).problems
        assert problem.message.startswith(f"Order 10234, item 1: {words}")
        assert (problem.cause, problem.mode) == (cause, "order")

    def test_several_emails_of_the_ship_to_give_the_first_with_a_note(self) -> None:
        made = plan(order(item(ship_to=replace(PEORIA, email="j@example.com; k@example.com"))))
        assert values(made.jobs[0].shipments[0].fields)["email"] == "j@example.com"
        assert [note.message for note in made.notes] == [
            "Order 10234, item 1: ShipToEmail holds several emails; the first, j@example.com, is used and k@example.com is "
            "left out"
        ]

    @pytest.mark.parametrize(
        "address1", ["22 North\x0bAve", "22 North\r\nAve", "\ufeff22\u2028North\u00a0Ave"]
    )
    def test_a_pasted_line_is_one_line(self, address1: str) -> None:
        assert (
            fields(order(item(ship_to=replace(PEORIA, address1=address1))))["address1"].value
            == "22 North Ave"
        )


class TestPickup:
    """An item without any ship-to address."""

    @pytest.mark.parametrize(
        "to", [Address(), Address(country="US"), Address(address1="-", city="n/a", state=".")]
    )
    def test_is_a_shipment_without_address_lines_by_the_way_of_its_method(self, to: Address) -> None:
        table = MappingTable(
            shipment_methods=(ShipmentMethodRow(5, None, "Will Call", 3, ""),),
            shipment_addresses=(ShipmentAddressRow(6, None, "", "", "", "", "", "US", 4, ""),),
        )
        of = order(
            item(ship_to=to, method_name="Will call"), buyer_business="Example CU", buyer_phone="555-0199"
        )
        made = plan(of, storefront(server_home_country="US"), table=table)
        [shipment] = made.jobs[0].shipments
        found = values(shipment.fields)
        assert {"address1", "address2", "address3", "city", "zip", "state", "stateKey", "country"}.isdisjoint(
            found
        )
        assert (found["name"], found["shipVia"], found["email"]) == ("Example CU", 3, "avery@example.com")
        assert (found["contactFirstName"], found["contactLastName"], found["phone"]) == (
            "Avery",
            "Sample",
            "555-0199",
        )
        assert [note.message for note in made.notes] == [
            "Order 10234, item 1: there is no ship-to address, so it is a pickup: its shipment has no address and ships by "
            "the item's method"
        ]

    def test_is_named_by_the_buyer_without_a_business(self) -> None:
        assert fields(order(item(ship_to=Address())))["name"].value == "Avery Sample"

    def test_goes_apart_from_what_is_shipped_and_from_another_method(self) -> None:
        free = Address()
        made = shipments(
            order(
                item(1, ship_to=free),
                item(2),
                item(3, ship_to=free),
                item(4, ship_to=free, method_name="Air"),
            )
        )
        assert [shipment.parts for shipment in made] == [("01", "03"), ("02",), ("04",)]


class TestCompanyOfTheShipToContact:
    def test_is_the_ship_to_business(self) -> None:
        [shipment] = shipments()
        assert values(shipment.contact) == {"companyName": "Example CU North"}

    def test_nothing_without_a_business(self) -> None:
        [shipment] = shipments(order(item(ship_to=replace(PEORIA, business=" "))))
        assert shipment.contact == {}

    def test_cut_to_what_a_contact_holds_with_a_note(self) -> None:
        made = plan(order(item(ship_to=replace(PEORIA, business="B" * 59 + " Branch"))))
        assert values(made.jobs[0].shipments[0].contact) == {"companyName": "B" * 59}
        assert made.notes[0].field == "companyName" and "60 characters" in made.notes[0].message


class TestConstants:
    def test_planned_shipper_name_and_dates(self) -> None:
        made = values(fields())
        assert (made["planned"], made["shipperName"]) == (True, "api_3rdParty")
        assert made["dateTime"] == made["promiseDateTime"] == local(2026, 3, 20, 17)
        assert (made["dateForced"], made["timeForced"]) == (True, True)

    def test_shipment_type_by_its_flag_whatever_it_is_called(self) -> None:
        assert fields()["shipmentType"].value == 9

    @pytest.mark.parametrize(
        ("types", "chosen"),
        [
            ((("7", "Truck"), ("4", " planned "), ("3", "Parcel")), 4),
            ((("12", "Truck"), ("7", "Parcel")), 7),
        ],
    )
    def test_of_several_planned_types_one_is_chosen_with_a_note(
        self, types: tuple[tuple[str, str], ...], chosen: int
    ) -> None:
        choices = tuple(PaceChoice(key, text, planned=True) for key, text in types)
        made = plan(reference=replace(REFERENCE, shipment_types=choices))
        assert made.jobs[0].shipments[0].fields["shipmentType"].value == chosen
        assert "several planned shipment types" in made.notes[0].message

    def test_an_inactive_type_is_not_the_planned_one(self) -> None:
        types = (PaceChoice("3", "Old", active=False, planned=True), PaceChoice("5", "New", planned=True))
        made = plan(reference=replace(REFERENCE, shipment_types=types))
        assert made.jobs[0].shipments[0].fields["shipmentType"].value == 5
        assert made.notes == ()

    def test_shipment_type_of_the_server_overrides(self) -> None:
        assert fields(None, storefront(server_shipment_type=8))["shipmentType"].value == 8

    def test_no_planned_shipment_type_is_a_problem(self) -> None:
        reference = replace(REFERENCE, shipment_types=(PaceChoice("8", "Planned"),))
        assert "no active shipment type with the flag Planned" in problems(reference=reference)[0]
        assert "no shipment type 77" in problems(None, storefront(server_shipment_type=77))[0]


class TestShipVia:
    """The order of the rows is tested with the mappings; here: the line of the sources and their lineage."""

    table = MappingTable(
        shipment_methods=(method(21, " ground", 2, "M-1"),),
        shipment_addresses=(address(31, 4, city="Peoria"),),
    )

    def test_an_address_row_before_a_method_row_that_completes_the_account(self) -> None:
        made = fields(table=self.table)
        assert (made["shipVia"].value, made["shipVia"].source.mapping, made["shipVia"].source.row_id) == (
            4,
            "shipment_addresses",
            31,
        )
        assert (made["accountNumber"].value, made["accountNumber"].source.row_id) == ("M-1", 21)
        assert made["forcedAccountNumber"].value is True

    def test_a_method_row_before_the_storefronts_default(self) -> None:
        assert fields(order(item(ship_to=SPRINGFIELD)), table=self.table)["shipVia"].value == 2

    def test_the_storefronts_default_with_its_account(self) -> None:
        made = fields(
            None, storefront(default_ship_via=3, default_account_number="S-1", server_default_ship_via=2)
        )
        assert (made["shipVia"].value, made["accountNumber"].value) == (3, "S-1")
        assert made["shipVia"].source.kind == SourceKind.PARAMETER

    def test_the_servers_default(self) -> None:
        made = fields(None, storefront(default_ship_via=None, server_default_ship_via=2))
        assert (made["shipVia"].value, made["shipVia"].source.kind) == (2, SourceKind.DEFAULT)
        assert {"accountNumber", "forcedAccountNumber"}.isdisjoint(made)

    def test_no_match_is_a_problem_that_names_the_method(self) -> None:
        [problem] = make_plan(inputs(order(item(1), item(2)), storefront(default_ship_via=None))).problems
        assert problem.message == (
            'Order 10234, item 1: the shipping method "Ground" has no Pace ship via. Add a row under Shipment '
            'methods or set a default ship via on the storefront "Example CU Store".'
        )
        assert (problem.cause, problem.mode, problem.field) == (
            CauseKind.SHIPMENT_METHOD.of("ground"),
            "config",
            "shipVia",
        )

    def test_an_item_without_method(self) -> None:
        assert (
            "there is no shipping method"
            in problems(order(item(method_name="")), storefront(default_ship_via=None))[0]
        )

    def test_one_that_pace_does_not_have_is_a_problem(self) -> None:
        assert (
            "Pace has no ship via 77 (from the storefront's default)"
            in problems(None, storefront(default_ship_via=77))[0]
        )
