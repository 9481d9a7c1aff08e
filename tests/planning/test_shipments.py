"""Mapping rules 7: shipments, cartons, contents."""

from dataclasses import replace
from typing import Any

import pytest

from integrations.clients.schemas import Address, Order, PaceChoice
from integrations.planning.plan import make_plan
from integrations.planning.plan_types import Fields, PlannedShipment, SourceKind, StorefrontParameters
from mappings.types import MappingTable, ShipmentAddressRow, ShipmentMethodRow
from tests.planning.builders import (
    PEORIA,
    REFERENCE,
    SPRINGFIELD,
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
    of: Order | None = None, store: StorefrontParameters | None = None, **more: Any
) -> tuple[PlannedShipment, ...]:
    return plan(of, store, **more).jobs[0].shipments


def fields(of: Order | None = None, store: StorefrontParameters | None = None, **more: Any) -> Fields:
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
        assert values(made[1].fields)["jobPart"] == "03"

    def test_one_carton_with_one_content_per_part(self) -> None:
        [shipment] = shipments(order(item(1, quantity=3), item(2, quantity=4)))
        assert values(shipment.carton) == {
            "shipment": None,
            "count": 1,
            "quantity": 7,
            "addDefaultContent": False,
        }
        assert [values(content.fields) for content in shipment.contents] == [
            {"carton": None, "job": None, "jobPart": "01", "quantity": 3},
            {"carton": None, "job": None, "jobPart": "02", "quantity": 4},
        ]


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
            ({"country": "Atlantis"}, 'Pace has no country "Atlantis"', "country:atlantis"),
            ({"country": ""}, "the ship-to address has no country", "country:"),
            ({"state": "Nowhere"}, 'Pace has no state "Nowhere" in United States', "state:1:nowhere"),
        ],
    )
    def test_what_pace_does_not_know_is_a_problem(
        self, change: dict[str, str], words: str, cause: str
    ) -> None:
        [problem] = make_plan(inputs(order(item(ship_to=replace(PEORIA, **change))))).problems
        assert problem.message.startswith(f"Order 10234, item 1: {words}")
        assert (problem.cause, problem.mode) == (cause, "order")

    def test_no_address_at_all_is_a_problem(self) -> None:
        assert problems(order(item(ship_to=Address()))) == [
            "Order 10234, item 1: there is no ship-to address. Fill it in Pressero."
        ]


class TestConstants:
    def test_planned_shipper_name_and_dates(self) -> None:
        made = values(fields())
        assert (made["planned"], made["shipperName"]) == (True, "api_3rdParty")
        assert made["dateTime"] == made["promiseDateTime"] == local(2026, 3, 20, 17)

    def test_shipment_type_by_description(self) -> None:
        assert fields()["shipmentType"].value == 9

    def test_shipment_type_of_the_server_overrides(self) -> None:
        assert fields(None, storefront(server_shipment_type=8))["shipmentType"].value == 8

    def test_no_planned_shipment_type_is_a_problem(self) -> None:
        reference = replace(REFERENCE, shipment_types=(PaceChoice("8", "Unplanned"),))
        assert 'no shipment type described "Planned"' in problems(reference=reference)[0]
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
        assert (problem.cause, problem.mode, problem.field) == ("shipment_method:ground", "config", "shipVia")

    def test_an_item_without_method(self) -> None:
        assert (
            "there is no shipping method"
            in problems(order(item(method_name="")), storefront(default_ship_via=None))[0]
        )

    def test_one_that_pace_does_not_have_is_a_problem(self) -> None:
        assert (
            "Pace has no ship via 77 (the storefront's default)"
            in problems(None, storefront(default_ship_via=77))[0]
        )
