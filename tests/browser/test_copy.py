"""Order numbers, addresses and keys are copied with one click."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.browser.conftest import OpenPortal
from tests.factories import make_account, make_order

pytestmark = pytest.mark.browser


def test_an_order_number_is_copied(open_portal: OpenPortal) -> None:
    order = make_order()
    portal = open_portal()
    portal.log_in()
    page = portal.open(reverse("admin:integrations_order_change", args=[order.pk]))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy order number").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == str(order.number)


def test_the_address_for_webhooks_is_copied_whole(open_portal: OpenPortal) -> None:
    account = make_account()
    portal = open_portal()
    portal.log_in()
    page = portal.open(reverse("admin:integrations_presseroaccount_change", args=[account.pk]))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    address = page.locator("code.hub-copy").first
    address.locator("xpath=following-sibling::button").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == address.inner_text()
