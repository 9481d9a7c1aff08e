"""Hostile values of orders, files, errors and set-up, on every page of the portal, in a real browser.

The browser is told to ignore the Content-Security-Policy: what is tried here is that no value becomes markup at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import resolve, reverse
from django_q.models import OrmQ

from tests.admin.pages import ORDER_TABS, make_world
from tests.browser import hostile
from tests.browser.conftest import OpenPortal, Portal
from tests.conftest import Hub

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from integrations.models import Order

pytestmark = pytest.mark.browser

# In the page itself: what hostile values would have become.
INJECTED = """() => {
    const found = [];
    if (typeof xssRan !== "undefined") found.push("a script ran: " + xssRan);
    for (const element of document.querySelectorAll("*")) {
        const name = element.localName;
        if (name === "xss-mark" || element.getAttribute("src") === "x") found.push("<" + name + "> was put in");
        for (const attribute of element.attributes) {
            if (attribute.name.startsWith("on")) found.push(attribute.name + " on <" + name + ">");
        }
        for (const key of ["href", "src", "action", "formAction"]) {
            const address = typeof element[key] === "string" ? element[key] : "";
            if (/^(javascript|vbscript|data:text)/i.test(address)) found.push(key + " of <" + name + "> is " + address);
        }
    }
    return found;
}"""


@pytest.fixture
def orders(hub_for_threads: Hub) -> list[Order]:
    return hostile.fill(hub_for_threads)


@pytest.fixture
def pages(orders: list[Order], superuser: User) -> dict[str, str]:
    """Address -> HTML of every page, in a portal where other rows are hostile too."""
    make_world(text=hostile.MARKUP, email=f"avery{hostile.BRIEF}@example.com")
    OrmQ.objects.all().delete()
    client = Client()
    client.force_login(superuser)
    return hostile.Walk(client).everything()


def test_no_value_becomes_markup_on_any_page(
    pages: dict[str, str], orders: list[Order], open_portal: OpenPortal
) -> None:
    assert_walked(pages, orders)
    faults = {path: found for path, html in pages.items() if (found := hostile.look(html).faults)}
    assert faults == {}
    portal = open_portal(bypass_csp=True)
    portal.page.set_default_navigation_timeout(120_000)  # many pages on a busy machine; none of them hurries
    dialogs: list[str] = []
    portal.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    portal.log_in()
    for path in in_the_browser(pages):
        page = portal.open(path)
        assert page.evaluate(INJECTED) == [], path
    assert dialogs == []


def test_the_look_for_injected_markup_finds_it(open_portal: OpenPortal) -> None:
    portal = open_portal(bypass_csp=True)
    portal.page.set_content(f"<p>{hostile.MARKUP}<a href='{hostile.LINK}'>x</a>")
    portal.page.wait_for_function("typeof xssRan !== 'undefined'")
    found = portal.page.evaluate(INJECTED)
    assert len(found) >= 5, found
    portal.page.close()
    portal.complaints.clear()
    assert len(hostile.look(f"<p>{hostile.MARKUP}<a href='{hostile.LINK}'>x</a>").faults) >= 4


def assert_walked(pages: dict[str, str], orders: list[Order]) -> None:
    """The walk came everywhere, and what it saw was hostile: else all this would show nothing."""
    kinds = {resolve(path.partition("?")[0]).view_name for path in pages}
    for name in ("index", "integrations_order_preview", "integrations_order_change", "integrations_auditentry_changelist",
                 "integrations_webhookevent_change", "mappings_productmapping_history", "mappings_mappingchange_changelist",
                 "mappings_productmapping_import", "integrations_pacejob_changelist"):  # fmt: skip
        assert f"admin:{name}" in kinds, sorted(kinds)
    sent = reverse("admin:integrations_order_change", args=[orders[0].pk])
    for tab in ORDER_TABS:
        assert any(path.startswith(sent) and f"tab={tab}" in path for path in pages), tab
    escaped = [path for path, html in pages.items() if "&lt;xss-mark&gt;" in html]
    assert len(escaped) >= 30, escaped
    assert not [path for path, html in pages.items() if "77357" in html or "$54145" in html], (
        "a template was run"
    )


def in_the_browser(pages: dict[str, str]) -> list[str]:
    """One page of each kind that shows hostile values; of an order's, one of each order and tab."""
    chosen: dict[str, str] = {}
    for path, html in pages.items():
        if "xss-mark" in html:
            address, _, query = path.partition("?")
            of_an_order = "/integrations/order/" in address
            chosen.setdefault(
                f"{address if of_an_order else resolve(address).view_name}?{query if 'tab=' in query else ''}",
                path,
            )
    return list(chosen.values())


def test_the_rehearsal_of_an_import_shows_hostile_rows_as_text(
    open_portal: OpenPortal, hub_for_threads: Hub
) -> None:
    portal: Portal = open_portal(bypass_csp=True)
    portal.log_in()
    page = portal.open(reverse("admin:mappings_shipmentmethodmapping_import"))
    quoted = hostile.BRIEF.replace('"', '""')
    rows = f'storefront,pressero_method,ship_via,account_number\n,"{quoted}",5010,"{quoted}"\n,"Bad {quoted}","{quoted}",\n'
    file = {
        "name": f"rows {hostile.BRIEF}.csv".replace("/", ""),
        "mimeType": "text/csv",
        "buffer": rows.encode(),
    }
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    for chooser in page.locator("select[name=format]").all():
        chooser.select_option(label="csv")
    page.get_by_role("button", name="Preview").click()
    page.get_by_text("is not a whole number").first.wait_for()
    assert "xss-mark" in page.content()
    assert page.evaluate(INJECTED) == []
