"""The palette and the keys of a single character, by keyboard alone."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from integrations.core.search.index import index_orders
from integrations.models import AuditEntry, Order
from tests.browser.conftest import OpenPortal, Portal
from tests.factories import VIEWER, make_order, make_user

pytestmark = pytest.mark.browser
ORDERS = reverse("admin:integrations_order_changelist")


@pytest.fixture
def orders(superuser: object) -> list[Order]:
    stopped = {
        "status": "needs_attention",
        "failure_mode": "config",
        "cause": "item_template:B",
        "message": "No template.",
    }
    made = [
        make_order(number=51234, jobs=("90017",), items=1, po_number="PO-7781", **stopped),
        make_order(number=61234, customer_name="Riverside Press"),
    ]
    index_orders([order.pk for order in made])
    return made


@pytest.fixture
def portal(open_portal: OpenPortal, orders: list[Order]) -> Portal:
    opened = open_portal()
    opened.log_in()
    return opened


def address(portal: Portal, order: Order, action: str = "change") -> str:
    return portal.url + reverse(f"admin:integrations_order_{action}", args=[order.pk])


@pytest.mark.parametrize("key", ["/", "Control+k"])
def test_an_order_is_found_and_opened_without_a_mouse(portal: Portal, orders: list[Order], key: str) -> None:
    page = portal.page
    page.keyboard.press(key)
    box = page.get_by_role("combobox", name="Order, job, PO")
    expect(box).to_be_focused()
    page.keyboard.type("riverside")
    line = page.get_by_role("option", name="61234")
    expect(line).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == line.get_attribute("id")
    expect(page.get_by_role("listbox")).not_to_contain_text("51234")
    page.keyboard.press("Enter")
    expect(page).to_have_url(address(portal, orders[1]))


def test_the_arrow_keys_go_round_and_enter_opens_what_is_chosen(portal: Portal, orders: list[Order]) -> None:
    page = portal.page
    page.keyboard.press("Control+k")
    page.keyboard.type("6123")
    expect(page.get_by_role("option", name="61234")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("listbox").get_by_role("option", selected=True)).to_have_text(
        "manage_searchShow all that was found"
    )
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", name="61234")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Order number")).to_be_visible()


def test_enter_before_the_answer_opens_what_was_typed(portal: Portal, orders: list[Order]) -> None:
    page = portal.page
    page.keyboard.press("/")
    page.keyboard.type("51234")
    page.keyboard.press("Enter")
    expect(page).to_have_url(address(portal, orders[0]))


def test_a_page_and_an_action_are_gone_to_by_name(portal: Portal, orders: list[Order]) -> None:
    page = portal.page
    page.keyboard.press("Control+k")
    page.keyboard.type("holi")
    expect(page.get_by_role("group", name="Pages").get_by_role("option", name="Holidays")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(portal.url + reverse("admin:mappings_holiday_changelist"))
    page.keyboard.press("Control+k")
    page.keyboard.type("retry 51234")
    page.get_by_role("group", name="Order 51234").get_by_role("option", name="Retry").wait_for()
    page.keyboard.press("Enter")
    expect(page).to_have_url(address(portal, orders[0], "retry"))


def test_escape_puts_it_away_and_the_focus_back(portal: Portal) -> None:
    page = portal.page
    opener = page.get_by_role("button", name="Find or go to")
    opener.focus()
    page.keyboard.press("Enter")
    page.keyboard.type("nothing like it")
    expect(page.locator(".hub-palette-nothing")).to_have_text("Nothing begins with “nothing like it”.")
    page.keyboard.press("Escape")
    expect(page.locator("#hub-palette")).to_be_hidden()
    expect(opener).to_be_focused()


def test_there_is_one_palette_only(portal: Portal) -> None:
    page = portal.page
    portal.open(ORDERS)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("/")  # at once, also while the browser still has the focus in the palette
    expect(page.locator("#hub-palette-input")).to_be_focused()
    assert page.locator("#search-input-command").count() == 0


# --- keys of a single character ---


def test_keys_go_to_the_inbox_and_to_the_orders(portal: Portal) -> None:
    page = portal.page
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url(portal.url + reverse("hub-inbox"))  # until its scripts have run: they know the keys
    page.keyboard.press("g")
    page.keyboard.press("o")
    expect(page).to_have_url(portal.url + ORDERS)


def test_keys_move_in_the_list_open_a_line_and_ask_before_a_retry(
    portal: Portal, orders: list[Order]
) -> None:
    page = portal.open(ORDERS)
    for key in "jjjk":  # the last line stays the last
        page.keyboard.press(key)
    expect(page.get_by_role("link", name="61234")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.wait_for_url(address(portal, orders[0]))
    page.keyboard.press("r")
    expect(page).to_have_url(address(portal, orders[0], "retry"))
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    portal.open(ORDERS)
    page.keyboard.press("k")
    page.keyboard.press("r")
    expect(page).to_have_url(address(portal, orders[0], "retry"))
    assert not AuditEntry.objects.filter(type="staff.retry").exists()


def test_in_the_inbox_the_key_of_retry_only_goes_to_the_button(portal: Portal) -> None:
    page = portal.open(reverse("hub-inbox"))
    page.keyboard.press("j")
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="Retry it")).to_be_focused()
    assert not AuditEntry.objects.filter(type="staff.retry_many").exists()


def test_no_key_acts_while_somebody_types(portal: Portal) -> None:
    page = portal.open(ORDERS)
    page.locator("#searchbar").focus()
    page.keyboard.type("gi?/jkr")
    expect(page.locator("#searchbar")).to_have_value("gi?/jkr")
    expect(page).to_have_url(portal.url + ORDERS)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_keys_are_shown_and_can_be_switched_off_for_good(portal: Portal) -> None:
    page = portal.page
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.get_by_label("Use the keys that are a single character").uncheck()
    page.keyboard.press("Escape")
    portal.open(ORDERS)
    for key in "/?ejr":
        page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("body")).to_be_focused()
    page.keyboard.press("Control+k")
    page.get_by_role("dialog").get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Use the keys that are a single character").check()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#hub-palette-input")).to_be_focused()


def test_a_reader_is_offered_no_retry(open_portal: OpenPortal, orders: list[Order]) -> None:
    make_user("reader", *VIEWER)
    portal = open_portal(width=390, dark=True)
    portal.log_in("reader")
    page = portal.open(ORDERS)
    page.keyboard.press("j")
    page.keyboard.press("r")
    expect(page).to_have_url(portal.url + ORDERS)
    page.keyboard.press("Control+k")
    page.keyboard.type("51234")
    page.get_by_role("option", name="51234").first.wait_for()
    expect(page.get_by_role("option", name="Retry")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
