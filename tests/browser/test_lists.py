"""Saved views, columns, chips of filters, and what is done to all orders that match, in a real browser."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from integrations.models import BulkRetry, Order, SavedView
from integrations.operations import bulk_retry
from tests.browser.conftest import OpenPortal, Portal
from tests.factories import make_order, make_storefront

pytestmark = pytest.mark.browser
ORDERS = reverse("admin:integrations_order_changelist")


@pytest.fixture
def orders(superuser: object) -> list[Order]:
    """More than a page of them stopped."""
    storefront = make_storefront(name="Riverside")
    stopped = {"status": "needs_attention", "failure_mode": "config", "message": "No template."}
    made = [make_order(storefront=storefront, **stopped) for _ in range(55)]
    return [*made, make_order(status="completed", po_number="PO-7781")]


@pytest.fixture
def portal(open_portal: OpenPortal, orders: list[Order]) -> Portal:
    opened = open_portal()
    opened.log_in()
    return opened


def headings(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("#result_list thead th").all_inner_texts() if text.strip()]


def test_a_filter_is_seen_as_a_chip_and_taken_away_by_one_click(portal: Portal) -> None:
    page = portal.open(f"{ORDERS}?status__exact=completed&act=config")
    expect(page.get_by_text("0 orders")).to_be_visible()
    page.get_by_role("link", name="Remove the filter Action needed by").click()
    expect(page.get_by_role("link", name="Remove the filter Status: Completed")).to_be_visible()
    expect(page.locator("#result_list .data-row")).to_have_count(1)


def test_a_view_is_saved_opened_and_deleted_without_a_mouse(portal: Portal) -> None:
    page = portal.open(f"{ORDERS}?status__exact=completed")
    page.locator("summary", has_text="Save view").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Name of the new view").focus()
    page.keyboard.type("Finished ones")
    page.get_by_label("Share with everyone").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The view “Finished ones” was saved.")).to_be_visible()
    portal.open(ORDERS)
    views = page.get_by_role("navigation", name="Saved views")
    views.get_by_role("link", name="Finished ones shared").click()
    expect(page.locator("#result_list .data-row")).to_have_count(1)
    expect(views.get_by_role("link", name="Finished ones")).to_have_attribute("aria-current", "page")
    page.locator("summary", has_text="Save view").click()
    page.get_by_role("button", name="Delete “Finished ones”").click()
    expect(page.get_by_text("was deleted.")).to_be_visible()
    assert not SavedView.objects.exists()


def test_columns_are_chosen_and_put_back(portal: Portal) -> None:
    page = portal.open(ORDERS)
    usual = headings(page)
    page.locator("summary", has_text="Columns").click()
    expect(page.get_by_role("checkbox", name="Order", exact=True)).to_be_disabled()
    page.get_by_role("checkbox", name="Jobs").uncheck()
    page.get_by_role("checkbox", name="PO number").check()
    page.get_by_role("button", name="Show these").click()
    page.wait_for_load_state()
    assert "PO number" in headings(page) and "Jobs" not in headings(page)
    expect(page.get_by_text("PO-7781")).to_be_visible()
    page.locator("summary", has_text="Columns").click()
    page.get_by_role("button", name="Usual columns").click()
    page.wait_for_load_state()
    assert headings(page) == usual


def test_all_that_match_are_selected_and_retried_after_a_question(portal: Portal) -> None:
    page = portal.open(f"{ORDERS}?status__exact=needs_attention")
    page.locator("#action-toggle").check()
    page.get_by_role("link", name="Select all 55 orders").click()
    page.locator("select[name=action]").select_option(label="Retry")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("heading", name="Retry 55 orders?").last).to_be_visible()
    expect(page.get_by_text("Status: Needs attention")).to_be_visible()
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("heading", name="Retrying 55 orders").first).to_be_visible()
    run = BulkRetry.objects.get()
    assert len(run.orders) == 55
    bulk_retry.work(run.pk)
    expect(page.locator("[data-hub-count=sent]")).to_have_text("55")


def test_the_question_can_be_left_without_a_trace(portal: Portal) -> None:
    page = portal.open(f"{ORDERS}?status__exact=needs_attention")
    page.locator("#action-toggle").check()
    page.get_by_role("link", name="Select all 55 orders").click()
    page.locator("select[name=action]").select_option(label="Put on hold")
    page.get_by_role("button", name="Run").click()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("link", name="Remove the filter Status: Needs attention")).to_be_visible()
    assert not BulkRetry.objects.exists()
