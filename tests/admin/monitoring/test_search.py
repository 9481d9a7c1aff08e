"""The search box: its page, what shows while somebody types, and who may use it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integrations.core.search.index import index_orders
from integrations.models import Order
from tests.factories import make_order

pytestmark = pytest.mark.django_db

FIND = reverse("hub-find")


@pytest.fixture
def orders(db: None) -> list[Order]:
    made = [
        make_order(number=51234, jobs=("90017",), items=1, po_number="PO-7781"),
        make_order(number=512345, customer_name="<b>Union</b> Press"),
        *(make_order(number=600 + number) for number in range(7)),
    ]
    index_orders([order.pk for order in made])
    return made


def test_the_page_says_by_what_each_order_was_found(viewer: Client, orders: list[Order]) -> None:
    html = viewer.get(FIND, {"q": "union"}).content.decode()
    assert "<h2>Customer</h2>" in html
    assert "Example Credit Union" in html
    assert "<h2>PO number</h2>" not in html
    html = viewer.get(FIND, {"q": "7781"}).content.decode()
    assert "<h2>PO number</h2>" in html
    assert "PO-7781" in html
    html = viewer.get(FIND, {"q": "card"}).content.decode()
    assert "Business Card 1" in html


def test_the_whole_number_of_one_order_leads_straight_to_it(viewer: Client, orders: list[Order]) -> None:
    answer = viewer.get(FIND, {"q": "#51234"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == reverse("admin:integrations_order_change", args=[orders[0].pk])


def test_a_number_that_is_an_order_and_a_job_shows_both(viewer: Client, orders: list[Order]) -> None:
    other = make_order(number=90017)
    index_orders([other.pk])
    html = viewer.get(FIND, {"q": "90017"}).content.decode()
    assert "<h2>Order number</h2>" in html
    assert "<h2>Job in Pace</h2>" in html


def test_texts_from_outside_are_escaped(viewer: Client, orders: list[Order]) -> None:
    html = viewer.get(FIND, {"q": '"<b>union"'}).content.decode()
    assert "<b>Union" not in html
    assert "&lt;b&gt;Union&lt;/b&gt; Press" in html


def test_nothing_found_says_what_to_try(viewer: Client, orders: list[Order]) -> None:
    html = viewer.get(FIND, {"q": "nothing like it"}).content.decode()
    assert "Type less" in html


def test_only_those_who_see_orders_may_search(stranger: Client) -> None:
    assert stranger.get(FIND, {"q": "51234"}).status_code == 403
    assert Client().get(FIND).status_code == 302


def test_a_search_asks_as_much_for_many_orders_as_for_few(viewer: Client, orders: list[Order]) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            viewer.get(FIND, {"q": "example union"})
        return len(captured)

    queries()  # the first page after a login notes the session
    few = queries()
    index_orders([make_order(number=1000 + number).pk for number in range(40)])
    assert queries() == few
    assert few < 15
