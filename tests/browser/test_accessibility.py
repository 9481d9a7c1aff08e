"""Every page of the portal opens without a complaint, and by axe-core, keyboard and width keeps nobody out (sweep.py)."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from integrations.core.search.index import index_orders
from integrations.models import BulkRetry, SavedView
from tests.admin.pages import ADDABLE, World, make_world
from tests.browser.conftest import OpenPortal
from tests.browser.sweep import in_every_way
from tests.factories import make_order

pytestmark = pytest.mark.browser


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


def test_no_page_keeps_anybody_out(open_portal: OpenPortal, superuser: User) -> None:
    world = make_world()
    index_orders([make_order(storefront=world.order.storefront, items=2).pk])
    portal = open_portal(dark=True)
    portal.log_in()
    wrong: list[str] = []
    for path in pages(world, superuser):
        page = portal.open(path)
        found = (
            [] if page.evaluate("document.documentElement.classList.contains('dark')") else ["is not dark"]
        )
        wrong += [f"{path}: {one}" for one in (*found, *in_every_way(page))]
    assert "\n".join(wrong) == ""


def test_palette_keys_and_menus_keep_nobody_out(open_portal: OpenPortal, superuser: object) -> None:
    world = make_world()
    portal = open_portal()
    portal.log_in()
    page = portal.open(reverse("admin:integrations_order_changelist"))
    wrong = {}
    page.locator("summary", has_text="Columns").click()
    wrong["columns"] = in_every_way(page)
    page.keyboard.press("Escape")
    page.locator("summary", has_text="Save view").click()
    wrong["save view"] = in_every_way(page)
    portal.open(world.page(type(world.order)))
    page.keyboard.press("?")
    wrong["keys"] = in_every_way(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type(str(world.order.number))
    page.get_by_role("option", name=str(world.order.number)).first.wait_for()
    wrong["palette"] = in_every_way(page)
    assert {name: found for name, found in wrong.items() if found} == {}
