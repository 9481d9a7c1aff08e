"""What the Content-Security-Policy stops in a real browser, should a hostile value ever get into a page as markup."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from tests.browser.conftest import OpenPortal, Portal

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
    portal.complaints.clear()  # of course the browser complains
    ran: str | None = page.evaluate("window.ranHere || null")
    return ran


def test_injected_markup_runs_nothing(open_portal: OpenPortal) -> None:
    assert open_with_hostile_markup(open_portal(), with_policy=True) is None


def test_the_same_markup_would_run_without_the_policy(open_portal: OpenPortal) -> None:
    assert open_with_hostile_markup(open_portal(), with_policy=False) is not None


def test_the_page_of_the_api_works_under_the_policy_without_another_host(open_portal: OpenPortal) -> None:
    page = open_portal().open(reverse("docs"))
    page.get_by_text("/api/orders/", exact=True).first.wait_for()
    page.get_by_text("/api/orders/{id}/retry/").first.click()
    page.get_by_role("button", name="Try it out").wait_for()
