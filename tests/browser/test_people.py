"""Who works on an order, in a browser: snooze, notes asked for, undo; and how open pages tell of news."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from integrations.core.audit import log as audit
from integrations.models import Order, OrderChange
from tests.browser.conftest import OpenPortal, Portal
from tests.browser.test_order_page import page_of
from tests.factories import make_order

pytestmark = pytest.mark.browser


@pytest.fixture
def order(superuser: User) -> Order:
    return make_order(
        status="needs_attention", failure_mode="order", cause="link:missing", message="No address."
    )


@pytest.fixture
def portal(open_portal: OpenPortal, order: Order) -> Portal:
    portal = open_portal()
    portal.log_in()
    return portal


def test_an_order_is_snoozed_leaves_the_inbox_and_comes_back_when_it_ends(
    portal: Portal, order: Order
) -> None:
    page = portal.open(page_of(order))
    page.get_by_role("button", name="Snooze").click()
    page.locator(".hub-order-title").get_by_text("Snoozed until").wait_for()
    expect(portal.open(reverse("hub-inbox")).locator("article.hub-cause")).to_have_count(0)
    portal.open(page_of(order)).get_by_role("button", name="End snooze").click()
    page.get_by_role("button", name="Snooze").wait_for()
    expect(portal.open(reverse("hub-inbox")).locator("article.hub-cause")).to_have_count(1)


def test_hold_asks_for_a_note_and_can_be_undone(portal: Portal, order: Order) -> None:
    page = portal.open(page_of(order))
    page.locator("[data-hub-menu] summary").click()
    page.get_by_role("link", name="Hold").click()
    page.get_by_label("Note").fill("The customer asked us to wait")
    page.get_by_role("button", name="Put on hold").click()
    page.get_by_text("The customer asked us to wait").first.wait_for()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".hub-order-title").get_by_text("On hold")).to_have_count(0)
    order.refresh_from_db()
    assert order.status != "on_hold"


def test_a_change_is_ignored_with_a_note(portal: Portal, order: Order) -> None:
    OrderChange.objects.create(
        order=order, item=1, field="quantity", before="250", after="500", found_at=timezone.now()
    )
    page = portal.open(reverse("hub-changes"))
    page.locator("summary", has_text="Ignore").click()
    page.get_by_role("button", name="Ignore the change").click()
    note = page.get_by_label("Note: why the change can be ignored")
    assert note.evaluate("box => !box.checkValidity()")
    note.fill("Agreed by phone")
    page.get_by_role("button", name="Ignore the change").click()
    page.get_by_text("No changes wait").wait_for()
    assert OrderChange.objects.get().handled_by


def notified(page: Page) -> list[str]:
    found: list[str] = page.evaluate("window.notified")
    return found


def test_the_browser_notifies_only_those_who_chose_it(portal: Portal) -> None:
    page = portal.page
    page.add_init_script(
        "window.notified = []; Object.defineProperty(document, 'hidden', {get: () => true});"
        "window.Notification = class { constructor(title, more) { window.notified.push(more.body); } };"
        "Notification.permission = 'granted'; Notification.requestPermission = async () => 'granted';"
    )
    for message, chosen in (("First.", []), ("Second.", ["Second."])):
        page = portal.open(reverse("hub-inbox"))
        if chosen:
            page.get_by_role("button", name="Browser notifications").click()
        expect(page).to_have_title(re.compile(r"^\s*\(\d\) "))  # its first request has been answered
        stopped = make_order(status="needs_attention", message=message)
        audit.record("order.stopped", {"message": message}, order=stopped)
        page.evaluate("document.dispatchEvent(new Event('hub:changed'))")
        page.locator(".hub-toast").get_by_role("link", name=message).wait_for()
        assert notified(page) == chosen
