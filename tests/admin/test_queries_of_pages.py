"""No page of the portal asks the database more than thirty times, the first page not more than twenty."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integrations.core.audit import log as audit
from integrations.core.search.index import index_orders
from integrations.models import Order, OutgoingCall, Storefront
from tests.admin.pages import ADDABLE, make_world
from tests.factories import make_call, make_event, make_order

pytestmark = pytest.mark.django_db

MOST, MOST_OF_HOME = 30, 20


def test_no_page_asks_more_than_thirty_times(boss: Client) -> None:
    world = make_world()
    for position in range(12):
        order = make_order(
            storefront=world.order.storefront, items=2, jobs=(f"7{position}",), status="needs_attention",
            failure_mode="config", cause=f"item_template:{position % 3}", message="There is no template.",
        )  # fmt: skip
        make_event(account=order.account, order=order, storefront=order.storefront)
        make_call(order, failed=position % 2 == 0)
        audit.record("order.stopped", {"message": "x"}, order=order)
    index_orders(list(Order.objects.values_list("pk", flat=True)))
    calls = reverse("admin:integrations_outgoingcall_changelist")
    orders = reverse("admin:integrations_order_changelist")
    more = [
        *(world.page(model, "add") for model in ADDABLE),
        f"{reverse('hub-find')}?q=example+union+card",
        f"{reverse('hub-palette')}?q=7",
        f"{orders}?q=example+union",
        f"{calls}?q=example&o=-4",
        f"{world.page(OutgoingCall, 'changelist')}?outcome__exact=silent",
        reverse("hub-exports"),
        reverse("hub-inbox"),
        reverse("hub-configuration"),
        reverse("mapping-trial"),
        reverse("mapping-coverage-of", args=[Storefront.objects.get().pk]),
        f"{reverse('hub-holidays-of', args=[Storefront.objects.get().pk])}?requested=2026-12-25",
        reverse("hub-shadow", args=[Storefront.objects.get().pk]),
    ]
    boss.get(reverse("hub-sessions"))  # a session notes that it is in use, once a minute
    asked = {page: _queries(boss, page) for page in [*world.all_pages(), *more]}
    home = reverse("admin:index")
    assert asked.pop(home) <= MOST_OF_HOME
    assert {page: count for page, count in asked.items() if count > MOST} == {}


def _queries(client: Client, page: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(page).status_code == 200, page
    return len(captured)
