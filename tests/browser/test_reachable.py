"""Every page can be used with the keyboard and a screen reader, in light and in dark."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from integrations.admin.setup.connections import PaceServerAdmin
from integrations.models import Circuit
from mappings.models import ProductMapping
from tests.admin.pages import make_world
from tests.browser.conftest import OpenPortal
from tests.factories import make_server

pytestmark = pytest.mark.browser

UNNAMED = """() => [...document.querySelectorAll("input:not([type=hidden]):not([type=submit]), select, textarea")]
  .filter((one) => one.offsetParent !== null && !one.labels.length && !one.getAttribute("aria-label")
    && !one.getAttribute("aria-labelledby"))
  .map((one) => one.outerHTML.slice(0, 160))"""
UNREACHABLE = """() => [...document.querySelectorAll("a:not([href])")]
  .filter((one) => one.offsetParent !== null && one.tabIndex < 0).map((one) => one.outerHTML.slice(0, 160))"""


@pytest.mark.parametrize(
    "model", ["integrations_order", "integrations_webhookevent", "mappings_productmapping"]
)
def test_a_list_has_a_main_part_named_inputs_and_filters_in_reach_of_the_keyboard(
    open_portal: OpenPortal, model: str, superuser: object
) -> None:
    make_world()
    portal = open_portal()
    portal.log_in()
    page = portal.open(reverse(f"admin:{model}_changelist"))
    assert page.get_by_role("main").count() == 1
    assert page.evaluate(UNREACHABLE) == []
    filters = page.get_by_role("button", name="Filters")
    filters.first.focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert page.evaluate(UNNAMED) == []
    shown = page.locator(".material-symbols-outlined:not([aria-hidden=true])")
    assert shown.count() == 0, "a screen reader reads the names of icons"


def test_scroll_bars_are_dark_in_dark_mode(open_portal: OpenPortal, superuser: object) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.page
    page.evaluate("document.documentElement.classList.add('dark')")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_delete_is_not_the_most_saturated_thing_of_a_form(open_portal: OpenPortal, superuser: object) -> None:
    world = make_world()
    portal = open_portal()
    portal.log_in()
    page = portal.open(world.page(ProductMapping))
    link = page.locator("a[href*='/delete/']").first
    assert link.evaluate("(one) => getComputedStyle(one).backgroundColor") == "rgba(0, 0, 0, 0)"


def test_try_now_shows_its_result_in_place(
    open_portal: OpenPortal, superuser: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = make_server()
    Circuit.objects.create(
        server=server, failures=9, down_since=timezone.now(), open_until=timezone.now() + timedelta(minutes=5),
        last_error="no connection to 127.0.0.1 (connection refused)",
    )  # fmt: skip
    monkeypatch.setattr(PaceServerAdmin, "try_it", staticmethod(lambda row: "The login works."))
    portal = open_portal()
    portal.log_in()
    page = portal.page
    page.get_by_text("Last error: no connection to 127.0.0.1").wait_for()
    page.get_by_role("link", name="Try now").click()
    page.get_by_text("The login works.").wait_for()
    page.locator(".hub-connection-state").get_by_text("Works").wait_for()
    assert page.url.endswith(reverse("admin:index"))
    assert Circuit.objects.get().down_since is None


def test_a_connection_is_tested_from_its_page_without_a_second_page(
    open_portal: OpenPortal, superuser: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PaceServerAdmin, "try_it", staticmethod(lambda row: "The login works."))
    address = reverse("admin:integrations_paceserver_change", args=[make_server().pk])
    portal = open_portal()
    portal.log_in()
    page = portal.open(address)
    page.get_by_role("link", name="Test connection").click()
    page.get_by_text("The login works.").wait_for()
    assert page.url.endswith(address)
