"""Fixtures of all tests: the sandbox Pace and Pressero over real HTTP, and a hub configured for them."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import import_module

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db.migrations import RunPython

from integrations.api import throttles
from integrations.demo.configuration import SECURITY_KEY, demo_configuration
from integrations.models import (
    Order,
    PaceServer,
    PresseroAccount,
    Storefront,
    kept_accounts,
    kept_storefronts,
)
from integrations.pipeline import inputs, runner
from integrations.sandbox.pace import PaceSandbox
from integrations.sandbox.pressero import PresseroSandbox
from integrations.sandbox.pressero.builders import OrderDraft
from integrations.services import arrivals, intake
from integrations.services.configuration import import_configuration


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


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """What this process remembers of another test: counts of limits, and accounts that were rolled back."""
    cache.clear()
    kept_accounts.forget()
    kept_storefronts.forget()
    arrivals.WAKE_UPS.refill()
    for limit in (throttles.CALLS, throttles.EVENTS, throttles.REFUSALS):
        limit.forget()


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

    def set_server(self, **changes: object) -> PaceServer:
        PaceServer.objects.update(**changes)
        inputs.forget_kept()
        return self.server

    def take_in(self, draft: OrderDraft) -> Order:
        """Place an order in Pressero and take it in, without working on it."""
        number = self.pressero.place(draft, notify=False)
        storefront = Storefront.objects.get(site_id=self.pressero.order(number)["SiteId"])
        return intake.take_in(storefront, number, why="A test took the order in.", actor="test")

    def process(self, draft_or_order: OrderDraft | Order) -> Order:
        """Work on an order once, in this process; the order as it then is."""
        order = draft_or_order if isinstance(draft_or_order, Order) else self.take_in(draft_or_order)
        runner.process(order.pk)
        return Order.objects.get(pk=order.pk)


@pytest.fixture
def hub(db: None, pace: PaceSandbox, pressero: PresseroSandbox) -> Hub:
    configure(pace, pressero)
    return Hub(pace, pressero)


@pytest.fixture
def hub_for_threads(transactional_db: None, pace: PaceSandbox, pressero: PresseroSandbox) -> Hub:
    """The same with real commits, for tests with threads or processes."""
    configure(pace, pressero)
    return Hub(pace, pressero)


def configure(pace: PaceSandbox, pressero: PresseroSandbox) -> None:
    pressero.security_key = SECURITY_KEY
    inputs.forget_kept()
    import_configuration(
        demo_configuration(
            pressero_url=pressero.base_url,
            credentials=asdict(pressero.credentials),
            pace_url=pace.url,
            pace_login=(pace.username, pace.password),
        )
    )


SCHEDULES = (
    "0002_schedules",
    "0007_reconcile_schedules",
    "0011_status_schedule",
    "0021_reference_schedule",
    "0092_retention_schedule",
)


@pytest.fixture
def schedules(db: None) -> None:
    """The schedules as the migrations make them: a test with real commits leaves none behind."""
    for name in SCHEDULES:
        for operation in import_module(f"integrations.migrations.{name}").Migration.operations:
            assert isinstance(operation, RunPython)
            operation.code(apps, None)


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
