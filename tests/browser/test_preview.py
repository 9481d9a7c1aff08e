"""The preview as its reader sees it: every field, its value, where it comes from, and what would stop the order."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse

from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from tests.browser.conftest import Portal
from tests.conftest import Hub

pytestmark = pytest.mark.browser


def preview_of(hub: Hub, open_portal: Callable[..., Portal], method: str) -> Portal:
    item = ItemDraft("Poster 18x24", quantity=3, price="54.00", shipping="8.75", method=method)
    order = hub.take_in(OrderDraft("Example CU Store", "avery@example.com", [item]))
    portal = open_portal()
    portal.log_in()
    portal.open(reverse("admin:integrations_order_preview", args=[order.pk]))
    return portal


def test_each_field_says_where_its_value_comes_from(
    hub_for_threads: Hub, open_portal: Callable[..., Portal]
) -> None:
    hub = hub_for_threads
    page = preview_of(hub, open_portal, "Ground").page
    row = page.locator("tr", has=page.get_by_text("itemTemplate", exact=True)).first
    assert "POSTER-A2" in row.inner_text()
    assert row.get_by_role("link").first.get_attribute("href")
    assert hub.pace.objects("Job") == []


def test_what_would_stop_the_order_comes_first_with_its_cure(
    hub_for_threads: Hub, open_portal: Callable[..., Portal]
) -> None:
    page = preview_of(hub_for_threads, open_portal, "Overnight").page
    page.get_by_text('the shipping method "Overnight" has no Pace ship via').first.wait_for()
