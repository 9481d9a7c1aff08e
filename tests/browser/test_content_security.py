"""What the Content-Security-Policy stops in a real browser, should a hostile value ever get into a page as markup."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from tests.browser.conftest import OpenPortal, Portal
from tests.factories import make_order

if TYPE_CHECKING:
    from playwright.sync_api import Route

pytestmark = pytest.mark.browser

HOSTILE = """
<script>window.ranHere = "script"</script>
<img src="/nowhere.png" onerror="window.ranHere = 'onerror'">
<svg onload="window.ranHere = 'svg'"></svg>
<details open ontoggle="window.ranHere = 'toggle'"></details>
<script src="data:text/javascript,window.ranHere='data'"></script>
<iframe src="javascript:void(parent.ranHere='iframe')"></iframe>
<div x-data x-init="window.ranHere = 'alpine'"></div>
<div x-data x-init="$el.ownerDocument.defaultView.ranHere = 'alpine'"></div>
<div x-data x-init="constructor.constructor('window.ranHere = 1')()"></div>
<div hx-get="/static/hub/favicon.svg" hx-trigger="load[window.ranHere='htmx']" hx-on:htmx:load="window.ranHere='htmx'"></div>
<a id="hostile-link" href="javascript:void(window.ranHere='link')">Click</a>
"""


def open_with_hostile_markup(portal: Portal, *, with_policy: bool) -> str | None:
    """Open the login page with markup let through by mistake; which of its scripts ran."""

    def spoil(route: Route) -> None:
        answer = route.fetch()
        headers = {key: value for key, value in answer.headers.items() if key != "content-length"}
        if not with_policy:
            headers.pop("content-security-policy")
        route.fulfill(
            response=answer, headers=headers, body=answer.text().replace("</form>", HOSTILE + "</form>", 1)
        )

    portal.page.route("**/admin/login/**", spoil)
    page = portal.open("/admin/login/?next=/admin/")
    page.locator("#hostile-link").dispatch_event("click")
    page.wait_for_timeout(300)
    ran: str | None = page.evaluate("window.ranHere || null")
    page.close()
    portal.complaints.clear()  # of course the browser complains
    return ran


def test_injected_markup_runs_nothing(open_portal: OpenPortal) -> None:
    assert open_with_hostile_markup(open_portal(), with_policy=True) is None


def test_the_same_markup_would_run_without_the_policy(open_portal: OpenPortal) -> None:
    assert open_with_hostile_markup(open_portal(), with_policy=False) is not None


def test_the_page_of_the_api_works_under_the_policy_without_another_host(open_portal: OpenPortal) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.open(reverse("docs"))
    page.get_by_text("/api/orders/", exact=True).first.wait_for()
    page.get_by_text("/api/orders/{id}/retry/").first.click()
    page.get_by_role("button", name="Try it out").wait_for()


def test_what_the_theme_does_works_under_the_policy(open_portal: OpenPortal) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.open(reverse("admin:integrations_order_changelist"))

    sidebar = page.locator("#nav-sidebar")
    assert sidebar.is_visible()
    toggle = page.get_by_text("dock_to_right").first
    toggle.click()
    sidebar.wait_for(state="hidden")
    page.reload()  # the choice is remembered
    sidebar.wait_for(state="hidden")
    toggle.click()
    sidebar.wait_for(state="visible")

    page.get_by_text("Filters").first.click()
    page.get_by_role("button", name="Apply Filters").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Apply Filters").wait_for(state="hidden")

    page.locator("[x-on\\:click='openUserLinks = !openUserLinks']").click()
    page.get_by_text("Dark", exact=True).click()
    page.wait_for_function("document.documentElement.classList.contains('dark')")


def test_a_form_keeps_its_tab_when_it_is_saved(open_portal: OpenPortal) -> None:
    order = make_order(items=1)
    portal = open_portal()
    portal.log_in()
    page = portal.open(reverse("admin:integrations_storefront_change", args=[order.storefront_id]))
    form = page.locator("form[x-bind\\:action]")
    assert form.get_attribute("action") == page.evaluate("location.pathname")
