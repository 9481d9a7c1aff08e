"""Pages for errors in a browser: what happened and where to go on; all of them, like every page, in English."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from integrations.admin.monitoring import search
from tests.browser.conftest import OpenPortal, Portal
from tests.factories import make_user

pytestmark = pytest.mark.browser


def forgive(portal: Portal, status: int) -> None:
    """The browser complains of each answer with an error's status: that one is meant."""
    portal.complaints[:] = [one for one in portal.complaints if f"status of {status}" not in one]


def test_an_address_without_a_page_leads_to_home_and_to_the_search(
    open_portal: OpenPortal, superuser: object
) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.open("/admin/nothing-here/")
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    expect(page.get_by_role("main")).to_have_count(1)
    page.get_by_role("link", name="Home").click()
    page.wait_for_url(portal.url + reverse("admin:index"))
    forgive(portal, 404)


def test_a_page_without_the_right_to_it_says_whom_to_ask(open_portal: OpenPortal, superuser: object) -> None:
    make_user("sam")
    portal = open_portal()
    portal.log_in("sam")
    page = portal.open(reverse("admin:auth_user_changelist"))
    expect(page.get_by_role("heading", name="You do not have access to this page")).to_be_visible()
    expect(page.get_by_text("You are logged in as sam. Ask your administrator")).to_be_visible()
    forgive(portal, 403)


def test_an_internal_error_says_so_without_details(
    open_portal: OpenPortal, superuser: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a secret detail")

    portal = open_portal()
    portal.log_in()
    monkeypatch.setattr(search, "find_orders", fails)
    page = portal.open(f"{reverse('hub-find')}?q=x")
    expect(page.get_by_role("heading", name="Something went wrong")).to_be_visible()
    expect(page.get_by_text("secret detail")).to_have_count(0)
    forgive(portal, 500)


def test_pages_are_in_english_for_every_browser(open_portal: OpenPortal, superuser: object) -> None:
    portal = open_portal()
    portal.page.context.set_extra_http_headers({"Accept-Language": "es-MX,es;q=0.9"})
    portal.log_in()
    assert portal.page.locator("html").get_attribute("lang") == "en-us"
    expect(portal.page.get_by_role("heading", name="Needs attention")).to_be_visible()
