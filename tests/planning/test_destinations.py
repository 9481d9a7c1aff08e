"""Mapping rules 7: several destinations and methods in one order, and one address written in several ways."""

from dataclasses import replace

import pytest

from integrations.clients.schemas import PresseroOrder
from integrations.planning.plan_types import PlannedShipment
from mappings.types import MappingTable, ShipmentAddressRow, ShipmentMethodRow
from tests.planning.builders import PEORIA, SPRINGFIELD, item, order, plan, storefront, values

METHODS = MappingTable(
    shipment_methods=(ShipmentMethodRow(1, None, "Ground", 1, "G"), ShipmentMethodRow(2, None, "Air", 2, "")),
)
WRITTEN = [
    {"address1": "22 NORTH AVE."},
    {"address1": " 22  North   Ave "},
    {"address1": "22 North", "address2": "Ave"},
    {"business": "EXAMPLE C.U., NORTH"},
    {"first_name": "JORDAN "},
    {"city": "peoria"},
    {"state": "Illinois"},
    {"state": "il"},
    {"postal": " 61 602"},
    {"country": "United States"},
    {"country": "usa"},
    {"phone": "555-0199"},
    {"email": "dock@example.com"},
]


def shipments(of: PresseroOrder, table: MappingTable | None = None) -> tuple[PlannedShipment, ...]:
    return plan(of, table=table or METHODS).jobs[0].shipments


@pytest.mark.parametrize("changes", WRITTEN, ids=str)
def test_an_address_written_differently_is_one_destination(changes: dict[str, str]) -> None:
    made = shipments(order(item(1), item(2, ship_to=replace(PEORIA, **changes))))
    assert [shipment.parts for shipment in made] == [("01", "02")]


def test_however_many_ways_there_are_the_first_items_is_sent() -> None:
    others = (item(seq, ship_to=replace(PEORIA, **changes)) for seq, changes in enumerate(WRITTEN, start=2))
    [shipment] = shipments(order(item(1), *others))
    assert values(shipment.fields)["address1"] == "22 North Ave"
    assert values(shipment.fields)["quantity"] == 500 * (len(WRITTEN) + 1)
    assert len(shipment.contents) == len(WRITTEN) + 1


def test_two_people_at_one_address_are_two_destinations() -> None:
    made = shipments(order(item(1), item(2, ship_to=replace(PEORIA, first_name="Kim"))))
    assert [shipment.parts for shipment in made] == [("01",), ("02",)]


def test_one_address_by_two_methods_is_two_shipments_each_with_its_ship_via() -> None:
    made = shipments(order(item(1), item(2, method_name="Air"), item(3, method_name=" GROUND ")))
    assert [(s.parts, values(s.fields)["shipVia"]) for s in made] == [(("01", "03"), 1), (("02",), 2)]
    assert [values(s.fields).get("accountNumber") for s in made] == ["G", None]


def test_the_job_ships_as_its_first_shipment_does() -> None:
    job = plan(order(item(1, method_name="Air"), item(2)), table=METHODS).jobs[0]
    assert [values(s.fields)["shipVia"] for s in job.shipments] == [2, 1]
    assert values(job.fields)["shipVia"] == 2


def test_an_address_row_concerns_its_destination_only() -> None:
    row = ShipmentAddressRow(7, None, "", "", "springfield", "", "", "", 4, "")
    made = shipments(
        order(item(1), item(2, ship_to=SPRINGFIELD)), replace(METHODS, shipment_addresses=(row,))
    )
    assert [(values(s.fields)["shipVia"], s.fields["shipVia"].source.row_id) for s in made] == [
        (1, 1),
        (4, 7),
    ]


def test_every_shipment_has_one_carton_with_all_its_pieces_and_a_line_for_each_part() -> None:
    of = order(item(1, quantity=3), item(2, quantity=4, ship_to=SPRINGFIELD), item(3, quantity=5))
    made = shipments(of)
    assert [values(s.carton)["quantity"] for s in made] == [8, 4]
    assert [[(c.part, values(c.fields)["quantity"]) for c in s.contents] for s in made] == [
        [("01", 3), ("03", 5)],
        [("02", 4)],
    ]


def test_in_split_mode_each_job_ships_to_its_own_items_address() -> None:
    of = order(item(1, files=("a.pdf", "b.pdf")), item(2, ship_to=SPRINGFIELD, method_name="Air"))
    jobs = plan(of, storefront(one_job_per_item=True), table=METHODS).jobs
    found = [
        (job.unit, [values(s.fields)["city"] for s in job.shipments], values(job.fields)["shipVia"])
        for job in jobs
    ]
    assert found == [("1-1", ["Peoria"], 1), ("1-2", ["Peoria"], 1), ("2-1", ["Springfield"], 2)]
    assert all(
        s.parts == ("01",) and {"jobPart", "jobPartKey"} <= set(s.fields)
        for job in jobs
        for s in job.shipments
    )
