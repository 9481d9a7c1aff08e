"""Fixtures of all tests: the sandbox Pace and Pressero over real HTTP, and a hub configured for them."""

import gc
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pytest
from django.core.cache import cache
from hypothesis import HealthCheck, settings

from automationhub.lib import apprise_process, database_clock
from integrations.api import throttles
from integrations.core import tallies
from integrations.core.connections import cached_lists
from integrations.core.workqueue.schedules import make_missing
from integrations.models import (
    Order,
    PaceServer,
    PresseroAccount,
    Storefront,
)
from integrations.models.connections import ACTIVE_ACCOUNTS
from integrations.models.storefronts import ACTIVE_STOREFRONTS
from integrations.models.subscriptions import WANTED_TYPES
from integrations.operations import preview_limit
from integrations.operations.setup.configuration import import_configuration
from integrations.orders.intake import event_store, receive
from integrations.orders.submission import runner
from integrations.simulation.demo.configuration import SECURITY_KEY, demo_configuration
from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import PresseroSandbox
from integrations.simulation.sandbox.pressero.builders import OrderDraft
from tests import emptied, migrated
from tests.configured import configure_quickly
from tests.parallel import (  # noqa: F401 - hooks of pytest
    pytest_collection_modifyitems,
    pytest_xdist_auto_num_workers,
    pytest_xdist_make_scheduler,
)

# A busy machine is no reason to fail: time limits have their own tests.
settings.register_profile("hub", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hub")

pytest_plugins = ["tests.hub_fixtures", "tests.receivers"]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Ten thousand tests are no garbage: they are not looked through for any while they are collected, nor ever after."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def _pace_server() -> Iterator[PaceSandbox]:
    with PaceSandbox() as server:
        yield server


@pytest.fixture(scope="session")
def _pressero_server() -> Iterator[PresseroSandbox]:
    with PresseroSandbox() as server:
        yield server


@pytest.fixture
def pace(_pace_server: PaceSandbox) -> PaceSandbox:
    """The sandbox Pace, fresh for each test."""
    _pace_server.reset()
    return _pace_server


@pytest.fixture
def pressero(_pressero_server: PresseroSandbox) -> PresseroSandbox:
    """The sandbox Pressero, fresh for each test; it sends no webhooks until a test gives it an address."""
    _pressero_server.reset()
    _pressero_server.webhook_url = ""
    return _pressero_server


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """The last thing before pytest-django makes the test database."""
    with migrated.beginning_with_a_copy():
        yield


@pytest.fixture(scope="session", autouse=True)
def _tables_are_emptied_quickly() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        emptied.empty_quickly(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _a_busy_machine_is_no_fault_of_a_channel() -> Iterator[None]:
    """The process that sends to a channel starts within 45 seconds where fifty processes do not share two cores."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(apprise_process, "TIME_LIMIT", 240.0)
        yield


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    forget_other_tests()


@pytest.fixture(scope="session", autouse=True)
def _counts_are_stored_when_a_test_says_so() -> Iterator[None]:
    """No thread that stores counts in the middle of another test, and nothing at the end, when the test database is gone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tallies, "later", lambda work: None)
        patch.setattr(tallies, "at_end", lambda work: None)
        yield


def forget_other_tests() -> None:
    """What this process remembers of another test: counts of limits, and accounts that were rolled back."""
    cache.clear()
    ACTIVE_ACCOUNTS.forget()
    tallies.forget()
    ACTIVE_STOREFRONTS.forget()
    WANTED_TYPES.forget()
    event_store.WAKE_UPS.refill()
    database_clock.forget()
    for limit in (throttles.CALLS, throttles.EVENTS, throttles.REFUSALS, preview_limit.PREVIEWS):
        limit.forget()


@pytest.fixture
def stack_used_up() -> Iterator[None]:
    """For tests whose input is nested so deeply that the stack does not suffice.

    Garbage of other tests that happened to be collected down there could not be finalized, and failed this test.
    """
    gc.disable()
    yield
    gc.enable()


@dataclass
class Hub:
    """A hub configured for the two sandboxes, as the demo is."""

    pace: PaceSandbox
    pressero: PresseroSandbox

    @property
    def account(self) -> PresseroAccount:
        return PresseroAccount.objects.get()

    @property
    def server(self) -> PaceServer:
        return PaceServer.objects.get()

    def storefront(self, name: str = "Example CU Store", **changes: object) -> Storefront:
        """A storefront of the configuration, with parameters changed and saved."""
        storefront = Storefront.objects.get(name=name)
        for key, value in changes.items():
            setattr(storefront, key, value)
        storefront.save()
        return storefront

    def contacts_of_buyers(self, **fields: object) -> list[dict[str, Any]]:
        """The contacts in Pace but for those that Pace makes of the addresses of shipments."""
        ship_to = {shipment["contactNumber"] for shipment in self.pace.objects("JobShipment")}
        return [found for found in self.pace.objects("Contact", **fields) if found["id"] not in ship_to]

    def set_server(self, **changes: object) -> PaceServer:
        PaceServer.objects.update(**changes)
        cached_lists.forget_cached()
        return self.server

    def take_in(self, draft: OrderDraft) -> Order:
        """Place an order in Pressero and take it in, without working on it."""
        number = self.pressero.place(draft, notify=False)
        storefront = Storefront.objects.get(site_id=self.pressero.order(number)["SiteId"])
        return receive.take_in(storefront, number, why="A test received the order.", actor="test")

    def process(self, draft_or_order: OrderDraft | Order) -> Order:
        """Work on an order once, in this process; the order as it then is."""
        order = draft_or_order if isinstance(draft_or_order, Order) else self.take_in(draft_or_order)
        runner.process(order.pk)
        return Order.objects.get(pk=order.pk)


@pytest.fixture
def hub(db: None, pace: PaceSandbox, pressero: PresseroSandbox) -> Hub:
    configure_quickly(configuration_for(pace, pressero))
    return Hub(pace, pressero)


@pytest.fixture
def hub_for_threads(transactional_db: None, pace: PaceSandbox, pressero: PresseroSandbox) -> Hub:
    """The same with real commits, for tests with threads or processes."""
    configure(pace, pressero)
    return Hub(pace, pressero)


def configure(pace: PaceSandbox, pressero: PresseroSandbox) -> None:
    import_configuration(configuration_for(pace, pressero))


def configuration_for(pace: PaceSandbox, pressero: PresseroSandbox) -> dict[str, Any]:
    """The demo's, for two sandboxes that know its key; nothing of another configuration is remembered."""
    pressero.security_key = SECURITY_KEY
    cached_lists.forget_cached()
    return demo_configuration(
        pressero_url=pressero.base_url,
        credentials=asdict(pressero.credentials),
        pace_url=pace.url,
        pace_login=(pace.username, pace.password),
    )


@pytest.fixture
def schedules(db: None) -> None:
    """The schedules that every hub has."""
    make_missing()


@pytest.fixture
def make_due() -> Callable[[Order], None]:
    """Let the clock of an order run out: what waits for its next try is due now."""

    def make(order: Order) -> None:
        from django.utils import timezone

        Order.objects.filter(pk=order.pk).update(due_at=timezone.now())

    return make


@pytest.fixture(scope="session", autouse=True)
def _no_queue_left_behind() -> Iterator[None]:
    """With Redis, take the run's own queue away at the end."""
    yield
    from django.conf import settings

    if settings.REDIS_URL:
        from django_q.brokers import get_broker

        get_broker().delete_queue()
