"""Every verb of the clients either reads or writes, and those that write are refused in shadow mode, before a call leaves.

A verb that is added later belongs into one of the tables below; until then a test here fails.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import integrations
from integrations.clients.http.at_once import answers
from integrations.clients.pace.client import PaceClient
from integrations.clients.pace.xpath import field_equals
from integrations.clients.pressero.client import PresseroClient
from integrations.clients.schemas import Address
from integrations.core.connections.clients import pace_client, pressero_client
from integrations.errors import HubError, WriteRefused
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from integrations.simulation.sandbox.pressero.seed import CU_STORE
from tests.conftest import Hub

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
EXCU = field_equals("id", "EXCU")

PACE_WRITES: dict[str, Callable[[PaceClient], Any]] = {
    "start_transaction": lambda pace: pace.start_transaction(5),
    "commit": lambda pace: pace.commit("1"),
    "rollback": lambda pace: pace.rollback("1"),
    "create": lambda pace: pace.create("Job", {"customer": "EXCU"}),
    "update": lambda pace: pace.update("Job", {"primaryKey": "1"}),
}
PACE_READS: dict[str, Callable[[PaceClient], Any]] = {
    "version": lambda pace: pace.version(),
    "read": lambda pace: pace.read("Customer", "EXCU"),
    "find": lambda pace: pace.find("Customer", EXCU),
    "load": lambda pace: pace.load("Customer", EXCU, ["custName"]),
    "load_exactly": lambda pace: pace.load_exactly("Customer", EXCU, ["@id"], 1),
    "newest": lambda pace: pace.newest("Customer", EXCU, "id", 1),
    "jobs_of_order": lambda pace: pace.jobs_of_order(10234, "EXCU"),
    "contacts_by_email": lambda pace: pace.contacts_by_email("avery@example.com"),
    "contacts_alike": lambda pace: pace.contacts_alike("avery@example.com", "EXCU"),
    "customer_exists": lambda pace: pace.customer_exists("EXCU"),
    "customers_beginning_with": lambda pace: pace.customers_beginning_with("EX"),
    "contact": lambda pace: pace.contact(1),
    "reference": lambda pace: pace.reference(),
}
# They ask no other system anything by themselves.
PACE_LOCAL = {"wait_for_turn", "longest_call", "time_to_leave", "at_once"}

PRESSERO_WRITES: dict[str, Callable[[PresseroClient, int], Any]] = {
    "set_job_number": lambda shop, number: shop.set_job_number(number, 1, "9"),
    "set_job_numbers": lambda shop, number: answers(shop.set_job_numbers(number, [(1, "9"), (2, "9")])),
    "set_status": lambda shop, number: shop.set_status(number, 1, "stage", note="shipped"),
    "add_shipment": lambda shop, number: shop.add_shipment(
        order_id="1", item_ids=["2"], method_name="Ground", ship_date=NOW.date(), tracking="1Z", address=Address()
    ),
}  # fmt: skip
PRESSERO_READS: dict[str, Callable[[PresseroClient, int], Any]] = {
    "login": lambda shop, number: shop.login(),
    "order": lambda shop, number: shop.order(number),
    "order_payload": lambda shop, number: shop.order_payload(number),
    "search_orders": lambda shop, number: list(shop.search_orders(NOW - timedelta(days=1), NOW)),
    "shipments": lambda shop, number: shop.shipments(number, 1),
    "site": lambda shop, number: shop.site(CU_STORE),
    "products": lambda shop, number: shop.products("cu.example.com"),
    "product_integration_id": lambda shop, number: shop.product_integration_id("cu.example.com", "1"),
    "shipping_methods": lambda shop, number: shop.shipping_methods(),
    "workflows": lambda shop, number: shop.workflows(),
    "stages": lambda shop, number: shop.stages("1"),
}


def verbs(client: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(client) if not name.startswith("_")}


@pytest.fixture
def number(hub: Hub) -> int:
    item = ItemDraft("Poster 18x24", price="10.00", method="Ground")
    return hub.pressero.place(OrderDraft("Example CU Store", "avery@example.com", [item]), notify=False)


@pytest.fixture
def pace_for_reading(hub: Hub) -> PaceClient:
    """As every caller gets it that does not work on a live order."""
    return pace_client(hub.server)


@pytest.fixture
def pressero_for_reading(hub: Hub) -> PresseroClient:
    shop = pressero_client(hub.account)
    shop.login()
    hub.pressero.clear_calls()
    return shop


def test_every_verb_of_pace_is_known_to_read_or_to_write() -> None:
    assert verbs(PaceClient) == {*PACE_READS, *PACE_WRITES, *PACE_LOCAL}


def test_every_verb_of_pressero_is_known_to_read_or_to_write() -> None:
    assert verbs(PresseroClient) == {*PRESSERO_READS, *PRESSERO_WRITES}


def test_the_right_to_write_is_given_for_orders_and_for_the_probe_only() -> None:
    given = [
        f"{path.name}: {line.strip()}"
        for path in sorted(Path(integrations.__file__).parent.rglob("*.py"))
        for line in path.read_text().splitlines()
        if "may_write=" in line
    ]
    order = "clients.py: may_write=not in_shadow(order),"
    probe = "running.py: pace = pace_client(server, observer=recorded.observe, record_limit=RECORD_LIMIT, may_write=True)"
    assert given == [order, order, probe]


@pytest.mark.parametrize("verb", PACE_WRITES)
def test_a_write_to_pace_is_refused_before_it_leaves(
    hub: Hub, pace_for_reading: PaceClient, verb: str
) -> None:
    with pytest.raises(WriteRefused, match="nothing is written in shadow mode"):
        PACE_WRITES[verb](pace_for_reading)
    assert hub.pace.calls == []


@pytest.mark.parametrize("verb", PRESSERO_WRITES)
def test_a_write_to_pressero_is_refused_before_it_leaves(
    hub: Hub, pressero_for_reading: PresseroClient, number: int, verb: str
) -> None:
    with pytest.raises(WriteRefused, match="nothing is written in shadow mode"):
        PRESSERO_WRITES[verb](pressero_for_reading, number)
    assert hub.pressero.calls == []


@pytest.mark.parametrize("verb", PACE_READS)
def test_a_reading_of_pace_is_not_refused(hub: Hub, pace_for_reading: PaceClient, verb: str) -> None:
    PACE_READS[verb](pace_for_reading)
    assert hub.pace.calls


@pytest.mark.parametrize("verb", PRESSERO_READS)
def test_a_reading_of_pressero_is_not_refused(
    hub: Hub, pressero_for_reading: PresseroClient, number: int, verb: str
) -> None:
    try:
        PRESSERO_READS[verb](pressero_for_reading, number)
    except HubError as error:
        assert not isinstance(error, WriteRefused)
    assert hub.pressero.calls
