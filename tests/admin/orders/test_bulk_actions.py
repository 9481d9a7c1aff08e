"""Retry, hold and the like for all orders that the list's filters match: the question, its count, and what workers do."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integrations.models import AuditEntry, BulkRetry, Order
from integrations.operations import bulk_retry, inbox
from tests.admin.conftest import Login
from tests.factories import VIEWER, make_order, make_storefront, make_superuser, make_user

pytestmark = pytest.mark.django_db

LIST = reverse("admin:integrations_order_changelist")
STOPPED = {"status": "needs_attention", "failure_mode": "config", "message": "x"}


def choose_all(client: Client, action: str, query: str, **more: Any) -> HttpResponse:
    first = Order.objects.order_by("-pk").values_list("pk", flat=True)[0]
    form = {"action": action, "select_across": "1", "index": "0", "_selected_action": [first], **more}
    return client.post(f"{LIST}?{query}", form)  # type: ignore[return-value]


def confirm(client: Client, action: str, query: str) -> BulkRetry:
    answer = choose_all(client, action, query, confirmed="1")
    run = BulkRetry.objects.get()
    assert answer.headers["Location"] == reverse("hub-retry", args=[run.pk])
    return run


@pytest.fixture
def orders(db: None) -> list[Order]:
    """Three that stopped in one storefront, one that stopped in another, one that is done."""
    storefront = make_storefront(name="Riverside")
    return [
        *(make_order(storefront=storefront, **STOPPED) for _ in range(3)),
        make_order(**STOPPED),
        make_order(storefront=storefront, status="completed"),
    ]


def filters(orders: list[Order]) -> str:
    return f"status__exact=needs_attention&storefront__id__exact={orders[0].storefront_id}"


def test_all_that_match_are_asked_about_with_their_count_and_filters(
    operator: Client, orders: list[Order]
) -> None:
    html = choose_all(operator, "retry_selected", filters(orders)).content.decode()
    assert "Retry 3 orders?" in html
    assert "Status: Needs attention; Storefront: Riverside" in html
    assert not BulkRetry.objects.exists()


def test_confirmed_a_run_takes_exactly_those_that_match(operator: Client, orders: list[Order]) -> None:
    run = confirm(operator, "retry_selected", filters(orders))
    assert run.orders == [order.pk for order in orders[:3]]
    entry = AuditEntry.objects.get(type="staff.retry_listed")
    assert entry.data["count"] == 3
    assert entry.data["chosen"] == "Status: Needs attention; Storefront: Riverside"
    assert bulk_retry.work(run.pk)
    assert AuditEntry.objects.filter(type="staff.retry").count() == 3


def test_orders_of_all_pages_are_taken(operator: Client) -> None:
    storefront = make_storefront()
    for _ in range(60):
        make_order(storefront=storefront, **STOPPED)
    run = confirm(operator, "retry_selected", "status__exact=needs_attention")
    assert len(run.orders) == 60


def test_a_search_counts_as_a_filter(operator: Client, orders: list[Order]) -> None:
    html = choose_all(operator, "retry_selected", f"q={orders[1].number}").content.decode()
    assert "Retry 1 order?" in html
    assert f"Search: {orders[1].number}" in html


def test_what_comes_to_match_after_the_question_is_not_done(operator: Client, orders: list[Order]) -> None:
    run = confirm(operator, "retry_selected", filters(orders))
    make_order(storefront=orders[0].storefront, **STOPPED)
    bulk_retry.work(run.pk)
    assert AuditEntry.objects.filter(type="staff.retry").count() == 3


def test_all_that_match_are_held_and_released_by_workers(operator: Client, orders: list[Order]) -> None:
    run = confirm(operator, "hold_selected", filters(orders))
    bulk_retry.work(run.pk)
    assert Order.objects.filter(status="on_hold").count() == 3
    state = operator.get(reverse("hub-retry-progress", args=[run.pk])).json()
    assert (state["sentence"], state["busy"], state["good_share"]) == ("Done: 3 put on hold.", False, 100)
    html = operator.get(reverse("hub-retry", args=[run.pk])).content.decode()
    assert "Putting 3 orders on hold" in html
    assert "Stopped again" not in html
    run.delete()
    run = confirm(operator, "release_selected", "status__exact=on_hold")
    bulk_retry.work(run.pk)
    assert not Order.objects.filter(status="on_hold").exists()


def test_orders_that_cannot_be_held_are_counted_as_skipped(operator: Client, orders: list[Order]) -> None:
    run = confirm(operator, "hold_selected", f"storefront__id__exact={orders[0].storefront_id}")
    bulk_retry.work(run.pk)
    state = operator.get(reverse("hub-retry-progress", args=[run.pk])).json()
    assert state["sentence"] == "Done: 3 put on hold, 1 skipped."
    assert "cannot be held" in state["refusals"][0]


def test_more_than_one_run_takes_says_so(
    operator: Client, orders: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_retry, "MOST_ORDERS", 2)
    html = choose_all(operator, "retry_selected", filters(orders)).content.decode()
    assert "Retry 2 orders?" in html
    assert "The oldest 2 are taken now" in html
    assert confirm(operator, "retry_selected", filters(orders)).orders == [order.pk for order in orders[:2]]


def test_nothing_happens_when_none_matches_any_more(operator: Client, orders: list[Order]) -> None:
    Order.objects.update(status="completed")
    answer = choose_all(operator, "retry_selected", filters(orders), confirmed="1")
    assert answer.headers["Location"] == f"{LIST}?{filters(orders)}"
    assert not BulkRetry.objects.exists()


def test_without_the_right_nothing_is_asked_or_done(
    viewer: Client, orders: list[Order], login: Login
) -> None:
    choose_all(viewer, "retry_selected", filters(orders), confirmed="1")
    retrier = login(make_user("retrier", *VIEWER, "retry_order"))
    choose_all(retrier, "hold_selected", filters(orders), confirmed="1")
    assert not BulkRetry.objects.exists()


def test_a_run_of_the_list_is_not_taken_for_one_of_the_inbox(operator: Client, orders: list[Order]) -> None:
    confirm(operator, "retry_selected", filters(orders))
    assert [group.running for group in inbox.read(inbox.OPEN, make_superuser()).groups] == [None]


def test_the_question_asks_the_database_as_much_for_many_as_for_few(
    boss: Client, orders: list[Order]
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            choose_all(boss, "retry_selected", filters(orders))
        return len(captured)

    queries()  # the first page after a login notes the session
    few = queries()
    for _ in range(30):
        make_order(storefront=orders[0].storefront, items=2, **STOPPED)
    assert queries() == few
    assert few <= 30
