"""Every page of the portal by axe-core, by keyboard, at 1280 and 390 pixels, in light and dark, and with text at 200 %.

One browser opens each page once and looks at it in each way: the pages are many, and opening them is what takes time.
axe-core comes with the package axe-playwright-python (MIT; axe-core itself is MPL 2.0): nothing is loaded from elsewhere.
"""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.contrib.auth.models import User
from django.urls import reverse

from integrations.core.search.index import index_orders
from integrations.models import BulkRetry, SavedView
from tests.admin.pages import ADDABLE, World, make_world
from tests.browser.conftest import OpenPortal
from tests.factories import make_order

pytestmark = pytest.mark.browser

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
# What 200 % makes of a window of 1280 pixels: sizes of text are pixels here, so the browser's zoom is what enlarges them.
ZOOMED = {"width": 640, "height": 450}

# Findings of axe-core above "minor", each with the first places where it is.
AXE = """async (rules) => {
  const only = rules.length ? {runOnly: {type: "rule", values: rules}} : {};
  const found = await axe.run(document, {resultTypes: ["violations"], ...only});
  return found.violations.filter((one) => one.impact !== "minor")
    .flatMap((one) => one.nodes.slice(0, 3).map((node) => `${one.id} (${one.impact}): ${node.html.slice(0, 140)}`));
}"""
TOO_WIDE = "document.documentElement.scrollWidth - window.innerWidth"
# What a mouse can press and the Tab key does not reach, and what takes the focus out of its turn.
OUT_OF_REACH = """() => [...document.querySelectorAll(
    "a:not([href]), [onclick], [x-on\\\\:click]:not(a[href], button, input, select, label), [tabindex]:not([tabindex='0'], [tabindex='-1'])")]
  .filter((one) => one.offsetParent !== null && !(one.tabIndex === 0))
  .filter((one) => !one.querySelector("a[href], button, input") && !one.closest("a[href], button, label"))
  .map((one) => `out of reach of the keyboard: ${one.outerHTML.slice(0, 140)}`)"""


def pages(world: World, owner: User) -> list[str]:
    """The pages of the world, the forms that add rows, and the pages that belong to no row."""
    order, storefront = world.order, world.order.storefront
    run = BulkRetry.objects.create(title="One matter", orders=[order.pk], asked_by="Robin", cause="x")
    view = SavedView.objects.create(owner=owner, of_list="integrations.order", name="Late", query="ship=late")
    names = (
        "hub-inbox", "hub-changes", "hub-resolved", "hub-exports", "hub-configuration", "hub-find", "hub-sessions",
        "mapping-coverage", "mapping-trial", "mfa:security_settings", "admin:password_change",
    )  # fmt: skip
    actions = ("retry", "hold", "preview_by_number")
    return [
        *world.all_pages(),
        *(world.page(model, "add") for model in ADDABLE),
        *(reverse(name) for name in names),
        f"{reverse('hub-find')}?q=exam",
        f"{reverse('admin:integrations_order_changelist')}?view={view.pk}&status__exact=needs_attention&q=exam",
        reverse("hub-retry", args=[run.pk]),
        reverse("mapping-coverage-of", args=[storefront.pk]),
        reverse("hub-shadow", args=[storefront.pk]),
        reverse("admin:integrations_order_change_value", args=[order.pk]),
        *(
            reverse(
                f"admin:integrations_order_{name}", args=[] if name == "preview_by_number" else [order.pk]
            )
            for name in actions
        ),
    ]


def look(page: Any) -> list[str]:
    """What is wrong with the page that is open."""
    found: list[str] = []

    def width(where: str) -> None:
        if (pixels := page.evaluate(TOO_WIDE)) > 0:
            found.append(f"{pixels} pixels too wide {where}")

    page.evaluate(AXE_SCRIPT)
    found += page.evaluate(OUT_OF_REACH)
    found += page.evaluate(AXE, [])
    width("at 1280")
    page.evaluate("document.documentElement.classList.add('dark')")
    found += [f"dark: {one}" for one in page.evaluate(AXE, ["color-contrast"])]
    page.set_viewport_size(ZOOMED)
    width("at 1280 enlarged to 200 %")
    page.set_viewport_size(NARROW)
    width("at 390")
    found += [f"390, dark: {one}" for one in page.evaluate(AXE, [])]
    page.set_viewport_size(WIDE)
    return found


def test_no_page_keeps_anybody_out(open_portal: OpenPortal, superuser: User) -> None:
    world = make_world()
    index_orders([make_order(storefront=world.order.storefront, items=2).pk])
    portal = open_portal()
    portal.log_in()
    wrong = [f"{path}: {one}" for path in pages(world, superuser) for one in look(portal.open(path))]
    assert "\n".join(wrong) == ""


def test_palette_keys_and_menus_keep_nobody_out(open_portal: OpenPortal, superuser: object) -> None:
    world = make_world()
    portal = open_portal()
    portal.log_in()
    page = portal.open(reverse("admin:integrations_order_changelist"))
    wrong = {}
    page.locator("summary", has_text="Columns").click()
    wrong["columns"] = look(page)
    page.keyboard.press("Escape")
    page.locator("summary", has_text="Save view").click()
    wrong["save view"] = look(page)
    portal.open(world.page(type(world.order)))
    page.keyboard.press("?")
    wrong["keys"] = look(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type(str(world.order.number))
    page.get_by_role("option", name=str(world.order.number)).first.wait_for()
    wrong["palette"] = look(page)
    assert {name: found for name, found in wrong.items() if found} == {}
