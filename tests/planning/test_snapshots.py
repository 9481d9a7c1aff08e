"""The plan of each demo order is, byte for byte, the file under `snapshots/`: what changes there changes in Pace.

Everything a plan depends on is fixed here: the order as the sandbox Pressero shows it at a fixed time, the demo's
configuration, Pace's lists and contacts, and the clock. After a change that is meant, write the files anew and read the
difference before it is committed:

    HUB_WRITE_SNAPSHOTS=1 python -m pytest tests/planning/test_snapshots.py

That run skips every test it writes for, so that nobody takes it for a passed one.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from integrations.clients.pressero.client import PresseroClient, PresseroConfig
from integrations.clients.pressero.orders import parse_order
from integrations.clients.schemas import (
    PaceChoice,
    PaceContact,
    PaceCountry,
    PaceReference,
    PaceState,
    PresseroOrder,
)
from integrations.enums import OrderStatus
from integrations.planning.plan import make_plan
from integrations.planning.plan_types import CustomerCandidates, Plan, PlanInputs, StorefrontParameters
from integrations.simulation.demo.configuration import demo_configuration
from integrations.simulation.demo.field_rules import with_field_rules
from integrations.simulation.demo.scenarios import Scenario, scenarios
from integrations.simulation.sandbox.pressero import PresseroSandbox
from mappings.types import (
    FieldRuleRow,
    HolidayRow,
    MappingTable,
    ProductRow,
    ShipmentAddressRow,
    ShipmentMethodRow,
    ValueRow,
)

FOLDER = Path(__file__).parent / "snapshots"
WRITE = os.environ.get("HUB_WRITE_SNAPSHOTS") == "1"
NOW = datetime(2026, 12, 1, 15, 30, tzinfo=UTC)
TODAY = date(2026, 12, 1)

REFERENCE = PaceReference(
    countries=(PaceCountry(1, "United States", "US", "USA"), PaceCountry(2, "Canada", "CA", "CAN")),
    states=(
        PaceState("1:IA", "IA", 1, "Iowa"),
        PaceState("1:IL", "IL", 1, "Illinois"),
        PaceState("1:MN", "MN", 1, "Minnesota"),
    ),
    ship_vias=tuple(PaceChoice(str(key), f"Ship via {key}") for key in range(5010, 5016)),
    shipment_types=(PaceChoice("5001", "Ship to Customer", planned=True), PaceChoice("5002", "Unplanned")),
    item_templates=tuple(
        PaceChoice(code) for code in ("BANNER-13OZ", "BC-4/4-14PT", "BRO-A4-TRI", "POSTER-A2", "STOCK-ITEM")
    ),
)
CONTACTS = (
    PaceContact(6001, "EXAMPLECU", "avery@example.com", "Avery", "Sample"),
    PaceContact(6002, "EXAMPLECU", "jordan@example.com", "Jordan", "Branch"),
    PaceContact(6003, "SAMPLEH", "riley@example.com", "Riley", "Head"),
)
CUSTOMERS = {"EXAMPLECU", "SAMPLEH"}
SENT = [scenario for scenario in scenarios(TODAY) if scenario.status == OrderStatus.SUBMITTED]


def file_name(scenario: Scenario) -> str:
    return re.sub(r"\W+", "-", scenario.title).lower() + ".json"


@pytest.fixture(scope="module")
def shop() -> Iterator[PresseroSandbox]:
    with PresseroSandbox(clock=lambda: NOW) as server:
        yield server


@pytest.fixture(params=SENT, ids=file_name)
def planned(request: pytest.FixtureRequest, shop: PresseroSandbox) -> tuple[Scenario, PlanInputs]:
    """One demo order and all that its plan is a function of. Each is the first order of a fresh shop."""
    shop.reset()
    scenario: Scenario = request.param
    number = scenario.place(shop)
    account = PresseroConfig(base_url=shop.base_url, name="Sandbox Pressero", **asdict(shop.credentials))
    client = PresseroClient(account)
    order = parse_order(client.order_payload(number))
    return scenario, inputs_of(order, client.site(order.site_id).integration_id)


def inputs_of(order: PresseroOrder, site_integration_id: str) -> PlanInputs:
    configuration = with_field_rules(
        demo_configuration(pressero_url="", credentials=_no_login(), pace_url="", pace_login=("", ""))
    )
    [storefront] = [s for s in configuration["storefronts"] if s["site_id"].lower() == order.site_id.lower()]
    ids = {s["name"]: number for number, s in enumerate(configuration["storefronts"], start=1)}
    [server] = configuration["pace_servers"]
    known = {field.name for field in fields(StorefrontParameters)}
    parameters = StorefrontParameters(
        **{key: value for key, value in storefront.items() if key in known},
        id=ids[storefront["name"]],
        site_integration_id=site_integration_id,
        server_time_zone=server["time_zone"],
        customer_defaults=server["customer_defaults"],
    )
    return PlanInputs(
        order=order,
        storefront=parameters,
        mappings=_mappings(configuration, ids),
        reference=REFERENCE,
        candidates=CustomerCandidates(
            contacts=tuple(contact for contact in CONTACTS if contact.email == order.buyer_email),
            customer_exists=site_integration_id in CUSTOMERS if site_integration_id else None,
        ),
        now=NOW,
        user_fields={("job", "u_rush"): "boolean"},
    )


def _no_login() -> dict[str, str]:
    return dict.fromkeys(("username", "password", "subscriber_id", "consumer_id"), "")


def _mappings(configuration: dict[str, Any], ids: dict[str, int]) -> MappingTable:
    """The rows of the configuration file, numbered from 1 in each kind."""

    def rows(kind: str) -> Iterator[dict[str, Any]]:
        for number, row in enumerate(configuration[kind], start=1):
            columns = {key: value for key, value in row.items() if key != "storefront"}
            yield {"id": number, "storefront_id": ids.get(row["storefront"]), **columns}

    rules = ({**row, "required": row["required"] == "yes"} for row in rows("fields"))

    return MappingTable(
        products=tuple(ProductRow(**row) for row in rows("products")),
        shipment_methods=tuple(ShipmentMethodRow(**row) for row in rows("shipment_methods")),
        shipment_addresses=tuple(ShipmentAddressRow(**row) for row in rows("shipment_addresses")),
        holidays=tuple(
            HolidayRow(**{**row, "date": date.fromisoformat(row["date"])}) for row in rows("holidays")
        ),
        fields=tuple(FieldRuleRow(**row) for row in rules),
        values=tuple(ValueRow(n, **row) for n, row in enumerate(configuration["values"], start=1)),
    )


def test_the_plan_of_a_demo_order_is_the_stored_one(planned: tuple[Scenario, PlanInputs]) -> None:
    scenario, given = planned
    plan: Plan = make_plan(given)
    assert (plan.problems, plan.decision, len(plan.jobs)) == ((), "send", scenario.jobs)
    text, file = plan.as_json() + "\n", FOLDER / file_name(scenario)
    if WRITE:
        FOLDER.mkdir(exist_ok=True)
        file.write_bytes(text.encode())
        pytest.skip(f"{file.name} was written")
    assert file.exists(), (
        f"There is no snapshot {file.name}. The docstring of this module says how to write it."
    )
    assert text.encode() == file.read_bytes()


def test_planned_twice_it_is_the_same(planned: tuple[Scenario, PlanInputs]) -> None:
    _, given = planned
    assert make_plan(given).as_json() == make_plan(given).as_json()


def test_no_snapshot_is_left_of_an_order_that_is_gone() -> None:
    stored = {file.name for file in FOLDER.glob("*")}
    assert stored == {file_name(scenario) for scenario in SENT}
