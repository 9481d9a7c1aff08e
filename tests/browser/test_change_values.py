"""The form of an order's values in a browser: filled in, edits marked, drop-downs, one reason, revert."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from integrations.models import Order, OrderOverride
from integrations.operations.setup import reference
from integrations.orders.submission import runner
from tests.browser.conftest import OpenPortal, Portal
from tests.browser.sweep import axe
from tests.browser.test_order_page import place
from tests.conftest import Hub

pytestmark = pytest.mark.browser


@pytest.fixture
def stopped(hub_for_threads: Hub) -> Order:
    order = place(hub_for_threads, "Overnight")
    runner.process(order.pk)
    for system in (hub_for_threads.server, hub_for_threads.account):
        reference.refresh(system)
    return order


def opened(portal: Portal, order: Order) -> Page:
    portal.log_in()
    return portal.open(reverse("admin:integrations_order_change_value", args=[order.pk]))


def test_values_are_filled_in_edits_are_marked_and_one_save_changes_them_all(
    open_portal: OpenPortal, stopped: Order
) -> None:
    page = opened(open_portal(), stopped)
    city = page.get_by_label("Ship to: city")
    planned = city.input_value()
    assert planned
    page.get_by_text("Nothing is edited yet.").wait_for()
    city.fill("Rockford")
    page.get_by_text("1 value edited").wait_for()
    page.locator("[data-hub-value]", has=city).get_by_role("button", name="Undo").click()
    assert city.input_value() == planned
    page.get_by_text("Nothing is edited yet.").wait_for()

    page.get_by_label("Ship via").fill("5015")
    state = page.get_by_role("combobox", name="Ship to: state")
    state.fill("Tex")
    page.get_by_role("option", name="Texas").click()
    expect(state).to_have_value("TX")
    page.get_by_text("2 values edited").wait_for()
    page.get_by_label("Why").fill("The customer moved")
    page.get_by_role("button", name="Save and preview").click()
    page.get_by_text("2 values are changed for this order only.").wait_for()
    page.locator("tr", has_text="stateKey").get_by_text("1:TX").wait_for()
    page.get_by_text("The customer moved").first.wait_for()


def test_a_changed_value_says_why_and_is_reverted_alone_or_with_all(
    open_portal: OpenPortal, stopped: Order
) -> None:
    page = opened(open_portal(), stopped)
    po = page.get_by_label("PO number")
    planned = po.input_value()
    po.fill("4711")
    page.get_by_label("Ship to: city").fill("Rockford")
    page.get_by_label("Why").fill("Asked by phone")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("2 values are changed").wait_for()

    page.goto(f"{page.url.split('/change/')[0]}/change-value/")
    page.get_by_text("Asked by phone (Robin Boss)").first.wait_for()
    page.get_by_label(f"Revert to {planned}").check()
    page.get_by_label("Why").fill("The PO was right")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("1 value is planned by mappings and settings again.").wait_for()
    page.goto(f"{page.url.split('/change/')[0]}/change-value/")
    assert page.get_by_label("PO number").input_value() == planned
    page.get_by_role("button", name="Revert the change").click()
    page.get_by_text("1 value is planned by mappings and settings again.").wait_for()
    assert not OrderOverride.objects.exists()


def test_states_are_those_of_the_chosen_country(open_portal: OpenPortal, stopped: Order) -> None:
    page = opened(open_portal(), stopped)
    country = page.get_by_role("combobox", name="Ship to: country")
    country.fill("Canada")
    page.get_by_role("option", name="Canada").click()
    page.get_by_role("combobox", name="Ship to: state").fill("Ontario")
    page.get_by_role("option", name="Ontario").wait_for()
    page.get_by_role("combobox", name="Ship to: state").fill("Texas")
    page.get_by_text("No match.").wait_for()


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (390, False)])
def test_the_form_can_be_read_by_everybody(
    open_portal: OpenPortal, stopped: Order, width: int, dark: bool
) -> None:
    portal = open_portal(width=width, dark=dark)
    page = opened(portal, stopped)
    page.get_by_label("Ship to: city").fill("Rockford")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert axe(page) == []
