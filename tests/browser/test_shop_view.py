"""An order as a shop looks at it: the header of its page and its line in the list of orders."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from integrations.models import Order, OrderCase, OrderChange, ReferenceEntry
from tests.browser.conftest import BROWSER_ZONE, OpenPortal
from tests.factories import make_order

pytestmark = pytest.mark.browser
LIST = reverse("admin:integrations_order_changelist")


@pytest.fixture
def order(superuser: User) -> Order:
    """Stopped after its job was made: late tomorrow, changed in Pressero, assigned to Robin."""
    now = timezone.now()
    order = make_order(
        items=2, jobs=("10013",), status="needs_attention", failure_mode="config", cause="shipment_method:overnight",
        message='The shipping method "Overnight" has no Pace ship via.', ship_by=timezone.localdate(timezone=ZoneInfo(BROWSER_ZONE)) + timedelta(days=1),
        ship_via="5013", po_number="PO-77",
    )  # fmt: skip
    order.items.update(quantity=1000)
    ReferenceEntry.objects.create(
        server=order.storefront.pace_server,
        kind="ship_via",
        key="5013",
        label="UPS Next Day Air",
        seen_at=now,
    )
    OrderChange.objects.create(order=order, item=1, field="quantity", before="250", after="500", found_at=now)
    OrderCase.objects.create(order=order, assigned_to=superuser)
    return order


@pytest.fixture
def page(open_portal: OpenPortal, order: Order) -> Page:
    portal = open_portal()
    portal.log_in()
    return portal.page


def go(page: Page, path: str) -> None:
    page.goto(page.url.removesuffix(reverse("admin:index")) + path)


def fact(page: Page, name: str) -> str:
    return page.locator(f".hub-facts dt:text-is('{name}') + dd").first.inner_text()


def test_the_header_has_what_a_shop_asks_for(page: Page, order: Order) -> None:
    go(page, reverse("admin:integrations_order_change", args=[order.pk]))
    assert "tomorrow" in fact(page, "Ship by")
    assert fact(page, "Ship via") == "UPS Next Day Air (5013)"
    assert "10013" in fact(page, "Job")
    assert fact(page, "Total") == "$96.50"
    assert fact(page, "Products").split("\n") == ["1,000 × Business Card 1", "1,000 × Business Card 2"]
    assert fact(page, "PO number") == "PO-77"
    expect(page.get_by_label("Assignee", exact=True).locator("option:checked")).to_have_text("Robin Boss")
    expect(page.locator(".hub-order-head").get_by_role("link", name="Changed")).to_be_visible()


def test_the_page_has_one_primary_button_the_fix(page: Page, order: Order) -> None:
    go(page, reverse("admin:integrations_order_change", args=[order.pk]))
    expect(page.locator(".hub-button-primary:visible")).to_have_text(["Add the missing row"])
    page.locator("[data-hub-menu] summary").click()
    expect(page.locator("[data-hub-menu]").get_by_role("link", name="Hold")).to_be_visible()


def test_a_line_of_the_list_says_when_it_ships_what_changed_who_has_it_and_since_when(
    page: Page, order: Order
) -> None:
    go(page, LIST)
    line = page.locator("#result_list tbody tr", has_text=str(order.number))
    for text in ("tomorrow", "Business Card 1", "Changed", "Robin Boss", "just now"):
        expect(line).to_contain_text(text)
    exact = line.locator("time[data-form=ago]").first.get_attribute("title") or ""
    assert str(timezone.now().year) in exact
    expect(page.locator("footer").get_by_text("Times are shown in America/Chicago")).to_be_visible()


def test_the_list_of_orders_shows_its_last_column_at_1280_pixels(
    open_portal: OpenPortal, superuser: User
) -> None:
    order = make_order(
        items=2,
        jobs=("10001", "10002"),
        status="needs_attention",
        customer_name="Example Credit Union",
        ship_by=date(2026, 12, 28),
        message="The shipping method Overnight has no Pace ship via. Add a row under Shipment methods.",
    )
    order.items.update(product_name="Business Card, 16 pt, both sides", quantity=1000)
    portal = open_portal()
    portal.log_in()
    page = portal.open(reverse("admin:integrations_order_changelist"))
    last = page.locator("#result_list thead th").last.bounding_box()
    assert last is not None
    assert last["x"] + last["width"] <= 1280
    day = page.locator(".field-ship_by_ .hub-number").bounding_box()
    assert day is not None
    assert day["height"] < 25  # in one line: "Sat, Dec" above "5" is read twice
