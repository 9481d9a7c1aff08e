"""Fixtures of the end-to-end tests: the orders of `orders.py` as they arrived at the sandbox Pace."""

from collections.abc import Callable

import pytest
from django.test import Client

from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import PresseroSandbox
from tests.conftest import Hub
from tests.e2e.orders import ORDERS
from tests.e2e.sent import Sent, SentJob, SentPart, SentShipment, found_job, work
from tests.e2e.shop import Shop


@pytest.fixture(scope="session")
def sent(_pace_server: PaceSandbox, _pressero_server: PresseroSandbox) -> Callable[[str], Sent]:
    """What became of an order, by its name in `orders.py`; worked when it is asked for first (by a test with a database)."""
    kept: dict[str, Sent] = {}

    def look(name: str) -> Sent:
        if name not in kept:
            case = ORDERS[name]
            if case.job_order_types:
                with PaceSandbox(job_order_types=True) as pace:
                    kept[name] = work(case, pace, _pressero_server)
            else:
                kept[name] = work(case, _pace_server, _pressero_server)
        return kept[name]

    return look


@pytest.fixture
def job(request: pytest.FixtureRequest, sent: Callable[[str], Sent]) -> SentJob:
    """The job that a place such as `split#2` means."""
    return found_job(sent, request.param)


@pytest.fixture
def part(request: pytest.FixtureRequest, sent: Callable[[str], Sent]) -> SentPart:
    """The part that a place such as `split#2:01` means."""
    where, _, number = request.param.partition(":")
    [found] = [part for part in found_job(sent, where).parts if part.fields["jobPart"] == number]
    return found


@pytest.fixture
def shipment(request: pytest.FixtureRequest, sent: Callable[[str], Sent]) -> SentShipment:
    """The shipment that a place such as `mixed/2` means."""
    where, _, position = request.param.partition("/")
    return found_job(sent, where).shipments[int(position or 1) - 1]


@pytest.fixture
def shop(hub: Hub, client: Client) -> Shop:
    """The sandbox Pressero, whose events a test hands to the hub one by one."""
    return Shop(hub, client)
