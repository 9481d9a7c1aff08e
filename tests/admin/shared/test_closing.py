"""A fix knows which orders wait for it, and sends them back to work as it is saved."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integrations.models import BulkRetry, Order, Storefront
from mappings.models import ProductMapping, ShipmentMethodMapping
from tests.admin.conftest import Login
from tests.factories import OPERATOR, VIEWER, make_order, make_storefront, make_user

pytestmark = pytest.mark.django_db
CAUSE = "shipment_method:overnight"
INBOX = reverse("hub-inbox")
ADD = reverse("admin:mappings_shipmentmethodmapping_add")
EDITOR = (
    "add_shipmentmethodmapping",
    "change_shipmentmethodmapping",
    "change_productmapping",
    "change_storefront",
)


@pytest.fixture
def storefront(db: None) -> Storefront:
    return make_storefront(name="Example CU Store")


@pytest.fixture
def kim(login: Login) -> Client:
    return login(make_user("kim", *OPERATOR, *EDITOR))


def stop(storefront: Storefront, count: int, cause: str = CAUSE) -> list[Order]:
    message = 'the shipping method "Overnight" has no Pace ship via.'
    return [
        make_order(
            storefront=storefront, status="needs_attention", failure_mode="config", cause=cause,
            message=f"Order {number}, item 1: {message}",
        )
        for number in range(count)
    ]  # fmt: skip


def form(storefront: Storefront | None, **values: Any) -> dict[str, Any]:
    where = str(storefront.pk) if storefront else ""
    return {
        "storefront": where,
        "pressero_method": "Overnight",
        "ship_via": "5013",
        "account_number": "",
        **values,
    }


def fix_of(storefront: Storefront) -> str:
    return f"{ADD}?storefront={storefront.pk}&pressero_method=Overnight&cause={CAUSE}"


def orders_of_the_run() -> set[int]:
    return set(BulkRetry.objects.get().orders)


# --- what the form says ---


def test_the_fix_of_a_cause_opens_a_form_that_names_the_orders_waiting_for_it(
    kim: Client, storefront: Storefront
) -> None:
    orders = stop(storefront, 2)
    page = kim.get(fix_of(storefront)).content.decode()
    assert "Missing for 2 orders of Example CU Store:" in page
    assert all(f">{order.number}</a>" in page for order in orders)
    assert "Save and retry 2 orders" in page


def test_the_link_in_the_inbox_carries_the_cause_and_the_name_as_pressero_spells_it(
    kim: Client, storefront: Storefront
) -> None:
    stop(storefront, 1)
    page = kim.get(INBOX).content.decode()
    assert "pressero_method=Overnight&amp;cause=shipment_method%3Aovernight" in page


def test_orders_of_other_storefronts_are_not_counted(kim: Client, storefront: Storefront) -> None:
    stop(storefront, 1)
    stop(make_storefront(), 3)
    assert "Missing for 1 order of Example CU Store:" in kim.get(fix_of(storefront)).content.decode()


def test_a_faulty_row_names_its_orders_however_it_was_opened(kim: Client, storefront: Storefront) -> None:
    row = ProductMapping.objects.create(
        storefront=storefront, product="Poster", match="name", item_template="GONE"
    )
    stop(storefront, 2, "item_template:GONE")
    page = kim.get(reverse("admin:mappings_productmapping_change", args=[row.pk])).content.decode()
    assert "Save and retry 2 orders" in page


def test_a_setting_opened_from_a_cause_names_the_orders_too(kim: Client, storefront: Storefront) -> None:
    stop(storefront, 2)
    url = reverse("admin:integrations_storefront_change", args=[storefront.pk])
    assert "Save and retry" not in kim.get(url).content.decode()
    page = kim.get(f"{url}?cause={CAUSE}&storefront={storefront.pk}").content.decode()
    assert "Save and retry 2 orders" in page


def test_without_the_right_to_retry_the_form_only_saves(login: Login, storefront: Storefront) -> None:
    stop(storefront, 2)
    editor = login(make_user("editor", *VIEWER, *EDITOR))
    page = editor.get(fix_of(storefront)).content.decode()
    assert "Missing for 2 orders" in page
    assert "Save and retry" not in page
    editor.post(fix_of(storefront), form(storefront, _retry="1"))
    assert ShipmentMethodMapping.objects.count() == 1
    assert not BulkRetry.objects.exists()


def test_without_the_right_to_see_orders_the_form_names_none(login: Login, storefront: Storefront) -> None:
    stop(storefront, 2)
    editor = login(make_user("editor", *EDITOR))
    assert "Missing for" not in editor.get(fix_of(storefront)).content.decode()


def test_the_form_asks_as_much_for_many_orders_as_for_few(kim: Client, storefront: Storefront) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert kim.get(fix_of(storefront)).status_code == 200
        return len(captured)

    stop(storefront, 1)
    queries()
    few = queries()
    stop(storefront, 20)
    assert queries() == few


# --- what saving does ---


def test_save_and_retry_leads_to_the_inbox_with_the_retry_under_way(
    kim: Client, storefront: Storefront
) -> None:
    orders = stop(storefront, 2)
    answer = kim.post(fix_of(storefront), form(storefront, _retry="1"))
    run = BulkRetry.objects.get()
    assert answer.headers["Location"] == f"{INBOX}?follow={run.pk}"
    assert orders_of_the_run() == {order.pk for order in orders}
    assert (
        f'data-hub-follow="{reverse("hub-retry-progress", args=[run.pk])}"'
        in kim.get(answer.headers["Location"]).content.decode()
    )


def test_a_row_of_one_storefront_retries_only_its_orders(kim: Client, storefront: Storefront) -> None:
    mine = stop(storefront, 1)
    stop(make_storefront(), 1)
    kim.post(fix_of(storefront), form(storefront, _retry="1"))
    assert orders_of_the_run() == {mine[0].pk}


def test_a_row_of_all_storefronts_retries_the_orders_of_all(kim: Client, storefront: Storefront) -> None:
    stop(storefront, 1)
    stop(make_storefront(), 1)
    kim.post(fix_of(storefront), form(None, _retry="1"))
    assert len(orders_of_the_run()) == 2


def test_a_row_that_cannot_be_saved_retries_nothing(kim: Client, storefront: Storefront) -> None:
    stop(storefront, 1)
    page = kim.post(fix_of(storefront), form(storefront, ship_via="", _retry="1"))
    assert page.status_code == 200
    assert "Save and retry 1 order" in page.content.decode()
    assert not BulkRetry.objects.exists()


def test_a_plain_save_of_a_row_that_orders_wait_for_offers_to_retry_them(
    kim: Client, storefront: Storefront
) -> None:
    orders = stop(storefront, 2)
    page = kim.post(ADD, form(storefront, _save="1"), follow=True).content.decode()
    assert "2 orders wait for this." in page
    assert "Retry 2 orders" in page
    asked = {"do": "retry", "cause": CAUSE, "storefront": str(storefront.pk)}
    kim.post(reverse("hub-inbox-act"), asked)
    assert orders_of_the_run() == {order.pk for order in orders}


def test_correcting_a_code_in_the_list_offers_the_orders_that_stopped_at_it(
    kim: Client, storefront: Storefront
) -> None:
    row = ProductMapping.objects.create(
        storefront=storefront, product="Poster", match="name", item_template="GONE"
    )
    stop(storefront, 1, "item_template:GONE")
    edited = {
        "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": str(row.pk),
        "form-0-item_template": "POSTER", "_save": "Save",
    }  # fmt: skip
    url = reverse("admin:mappings_productmapping_changelist")
    assert "Retry 1 order" in kim.post(url, edited, follow=True).content.decode()


def test_a_row_that_no_order_waits_for_is_saved_without_an_offer(kim: Client, storefront: Storefront) -> None:
    stop(storefront, 1, "shipment_method:courier")
    page = kim.post(ADD, form(storefront, _save="1"), follow=True).content.decode()
    assert "wait for this" not in page
