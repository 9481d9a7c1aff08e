"""Differences after submission are opened and closed in one place by every part that finds them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.core import order_changes
from integrations.enums import ChangeClosed, ChangeSource
from integrations.models import Order, OrderChange
from integrations.planning.order_diff import OrderChangeFound

pytestmark = pytest.mark.django_db
PRESSERO, PACE = ChangeSource.PRESSERO, ChangeSource.PACE


def difference(after: str = "500", **values: Any) -> OrderChangeFound:
    return OrderChangeFound(**{"item": 1, "field": "quantity", "before": "250", "after": after, **values})


def found(order: Order, *differences: OrderChangeFound, source: ChangeSource = PRESSERO) -> int:
    return len(order_changes.open_news(order.pk, source, differences, now=timezone.now()))


def test_a_difference_is_news_once(order: Order) -> None:
    assert [found(order, difference()), found(order, difference())] == [1, 0]


def test_another_value_of_it_is_news_also_when_staff_handled_it(order: Order) -> None:
    found(order, difference())
    order_changes.close(order.changes.all(), ChangeClosed.STAFF, by="Kim", now=timezone.now())
    assert [found(order, difference()), found(order, difference("600"))] == [0, 1]
    change = OrderChange.objects.get()
    assert (change.after, change.handled_at, change.handled_by, change.closed_by) == ("600", None, "", "")


def test_what_changed_back_and_changes_again_is_news(order: Order) -> None:
    found(order, difference())
    order_changes.close_changed_back(order.changes.all(), PRESSERO, now=timezone.now())
    change = OrderChange.objects.get()
    assert (change.closed_by, change.handled_by) == (ChangeClosed.CHANGED_BACK, "changed back in Pressero")
    assert found(order, difference()) == 1


def test_each_source_knows_its_own_differences(order: Order) -> None:
    found(order, difference())
    found(order, difference(item=None, field="Pace job 10001: total"), source=PACE)
    assert [len(order_changes.of(order.pk, source)) for source in (PRESSERO, PACE)] == [1, 1]


def test_closing_leaves_what_is_closed_as_it_is(order: Order) -> None:
    found(order, difference())
    now = timezone.now()
    assert order_changes.close(order.changes.all(), ChangeClosed.IGNORED, by="Kim", now=now) == 1
    later = now + timedelta(hours=1)
    assert order_changes.close(order.changes.all(), ChangeClosed.STAFF, by="Lee", now=later) == 0
    assert OrderChange.objects.get().handled_by == "Kim"


def test_opening_again_forgets_who_closed_it(order: Order) -> None:
    found(order, difference())
    order_changes.close(order.changes.all(), ChangeClosed.STAFF, by="Kim", now=timezone.now())
    assert order_changes.reopen(order.changes.all()) == 1
    change = OrderChange.objects.get()
    assert (change.handled_at, change.handled_by, change.closed_by) == (None, "", "")
