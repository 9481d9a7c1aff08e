"""A hub of one storefront without the sandboxes, orders in any state, and the address that webhooks come to."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from integrations.core.workqueue import messages as queue
from integrations.enums import OrderStatus
from integrations.models import Order, PaceServer, PresseroAccount, Storefront
from integrations.simulation.demo.configuration import ACCOUNT_SLUG, SECURITY_KEY
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft, seed
from tests.messages import ServedClient, WebhookSender


@pytest.fixture
def storefront(db: None) -> Storefront:
    """A hub of one storefront, for what calls neither Pressero nor Pace."""
    return make_storefront()


@pytest.fixture
def storefront_for_threads(transactional_db: None) -> Storefront:
    """The same with real commits, for tests with threads."""
    return make_storefront()


def make_storefront() -> Storefront:
    account = PresseroAccount.objects.create(
        name="Pressero", slug=ACCOUNT_SLUG, base_url="http://pressero.example/api/", security_key=SECURITY_KEY
    )
    server = PaceServer.objects.create(name="Pace", slug="pace", url="http://pace.example")
    return Storefront.objects.create(
        name="Example CU Store", site_id=seed.CU_STORE, pressero_account=account, pace_server=server
    )


@pytest.fixture
def sender(storefront: Storefront) -> WebhookSender:
    """Where Pressero delivers its events to, signed with the account's key."""
    return WebhookSender(ServedClient())


@pytest.fixture
def unsigned(storefront: Storefront) -> WebhookSender:
    """The same for an account without a security key."""
    sender = WebhookSender(ServedClient(), scheme=None)
    sender.set_account(security_key="")
    return sender


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What was handed to the task queue, whichever broker it has."""
    taken: list[tuple[Any, ...]] = []
    monkeypatch.setattr(queue, "async_task", lambda task, *args, **kwargs: taken.append((task, *args)))
    return taken


@pytest.fixture
def draft() -> Callable[..., OrderDraft]:
    """A plain order of one item that needs no approval."""

    def make(**changes: Any) -> OrderDraft:
        item = ItemDraft("Business Card", price="10.00", shipping="1.00", method="Ground")
        return OrderDraft("Example CU Store", "avery@example.com", [item], **changes)

    return make


@pytest.fixture
def make_order(storefront: Storefront) -> Callable[..., Order]:
    """Orders in any state; due now unless told otherwise."""
    numbers = itertools.count(20001)

    def make(status: str = OrderStatus.RECEIVED, **columns: Any) -> Order:
        columns = {"number": next(numbers), "due_at": timezone.now()} | columns
        return Order.objects.create(
            account=storefront.pressero_account, storefront=storefront, status=status, **columns
        )

    return make


@pytest.fixture
def order(make_order: Callable[..., Order]) -> Order:
    """An order that was received and is due."""
    return make_order()
