"""The search box, by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from integrations.core.search.index import index_orders
from integrations.models import Order
from tests.browser.conftest import OpenPortal
from tests.factories import make_order

pytestmark = pytest.mark.browser


@pytest.fixture
def orders(superuser: object) -> list[Order]:
    made = [
        make_order(number=51234, jobs=("90017",), items=1, po_number="PO-7781"),
        make_order(number=61234, customer_name="Riverside Press"),
    ]
    index_orders([order.pk for order in made])
    return made


def test_an_order_is_found_and_opened_without_a_mouse(open_portal: OpenPortal, orders: list[Order]) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.page
    page.keyboard.press("/")
    expect(page.locator("#hub-find")).to_be_focused()
    page.keyboard.type("riverside")
    results = page.locator("#hub-find-results")
    expect(results.get_by_role("heading", name="Customer")).to_be_visible()
    expect(results).to_contain_text("61234")
    expect(results).not_to_contain_text("51234")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{portal.url}/admin/integrations/order/{orders[1].pk}/change/")


def test_enter_opens_the_page_of_results_and_a_number_its_order(
    open_portal: OpenPortal, orders: list[Order]
) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.page
    page.locator("#hub-find").fill("PO-77")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="PO number")).to_be_visible()
    page.keyboard.press("/")
    expect(page.locator("#hub-find-page")).to_be_focused()
    page.keyboard.type("51234")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{portal.url}/admin/integrations/order/{orders[0].pk}/change/")


def test_what_is_found_shows_on_a_narrow_screen_in_dark_mode(
    open_portal: OpenPortal, orders: list[Order]
) -> None:
    portal = open_portal(width=390, dark=True)
    portal.log_in()
    page = portal.open("/admin/find/?q=press")
    expect(page.get_by_role("link", name="61234")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_escape_puts_the_results_away(open_portal: OpenPortal, orders: list[Order]) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.page
    page.locator("#hub-find").fill("nothing like it")
    expect(page.locator("#hub-find-results")).to_contain_text("Nothing begins with")
    page.keyboard.press("Escape")
    expect(page.locator("#hub-find-results")).to_be_hidden()
