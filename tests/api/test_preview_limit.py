"""Previews call Pressero and Pace: a user has so many of them a minute, by whatever entry point."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from automationhub.lib.limits import MinuteLimit
from integrations.errors import TransientError
from integrations.models import ApiToken, Order
from integrations.operations import preview_limit
from tests.factories import make_order, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    """The previews that were made, each of which ended at a system that is down; two are allowed."""
    asked: list[Order] = []

    def preview(order: Order) -> Any:
        asked.append(order)
        raise TransientError("Pace is down.")

    monkeypatch.setattr(preview_limit, "PREVIEWS", MinuteLimit("previews", 2))
    monkeypatch.setattr("automationhub.lib.limits.time.time", lambda: 1_000_000_060.0)
    monkeypatch.setattr("integrations.api.views.preview_order", preview)
    monkeypatch.setattr("integrations.admin.orders.preview.preview_order", preview)
    return asked


@pytest.fixture
def reader(db: None) -> User:
    return make_user("reader", "view_order", "preview_order")


def by_token(user: User, order: Order) -> Any:
    token = ApiToken.issue(user)
    return Client(headers={"Authorization": f"Token {token}"}).get(f"/api/orders/{order.pk}/preview/")


def test_more_previews_than_allowed_are_answered_429_with_the_seconds_to_wait(
    made: list[Order], reader: User
) -> None:
    order = make_order()
    answers = [by_token(reader, order) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [502, 502, 429]
    assert answers[-1].headers["Retry-After"] == "20"
    assert len(made) == 2


def test_another_user_has_previews_of_their_own(made: list[Order], reader: User) -> None:
    order = make_order()
    other = make_user("other", "view_order", "preview_order")
    codes = [by_token(user, order).status_code for user in (reader, reader, reader, other)]
    assert codes == [502, 502, 429, 502]


def test_the_portal_and_the_api_count_together(made: list[Order], reader: User) -> None:
    order = make_order()
    portal = Client()
    portal.force_login(reader)
    by_token(reader, order)
    page = reverse("admin:integrations_order_preview", args=[order.pk])
    pages = [portal.get(page).content.decode() for _ in range(2)]
    assert "Pace is down." in pages[0]
    assert "You have previewed 2 orders within a minute. Wait 20 seconds" in pages[1]
    assert len(made) == 2


def test_an_order_that_is_not_there_costs_no_preview(made: list[Order], reader: User) -> None:
    order = make_order()
    missing = Order(pk=order.pk + 1)
    codes = [by_token(reader, one).status_code for one in (missing, missing, missing, order)]
    assert codes == [404, 404, 404, 502]
