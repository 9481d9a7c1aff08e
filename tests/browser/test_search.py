"""The page of the search."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from integrations.core.search.index import index_orders
from tests.browser.conftest import OpenPortal
from tests.factories import make_order

pytestmark = pytest.mark.browser


def test_what_is_found_shows_on_a_narrow_screen_in_dark_mode(
    open_portal: OpenPortal, superuser: object
) -> None:
    index_orders([make_order(number=61234, customer_name="Riverside Press").pk])
    portal = open_portal(width=390, dark=True)
    portal.log_in()
    page = portal.open("/admin/find/?q=press")
    expect(page.get_by_role("link", name="61234")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
