"""What tests of the queue and of staff's actions share: an order's row as it is now, and a worker that has claimed it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.core.workqueue import messages as queue
from integrations.core.workqueue import orders
from integrations.core.workqueue.orders import Ending, OrderLease
from integrations.enums import OrderStatus
from integrations.models import Order

MakeOrder = Callable[..., Order]
Sent = list[tuple[Any, ...]]
DONE = Ending(OrderStatus.SUBMITTED)


@pytest.fixture
def commits_run_at_once(monkeypatch: pytest.MonkeyPatch, sent: Sent) -> None:
    """What is sent after the commit is sent at once: the tests' own transaction never commits."""
    monkeypatch.setattr(queue.transaction, "on_commit", lambda call: call())


def again(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def claimed(order: Order) -> OrderLease:
    held = orders.acquire_lease(order.pk)
    assert held is not None
    return held


def later(**delta: float) -> Any:
    return timezone.now() + timedelta(**delta)
