"""What a coordinator does all day, in a real browser."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from integrations.core.audit import log as audit
from integrations.models import AuditEntry, Order, PresseroAccount
from tests.browser.conftest import OpenPortal
from tests.factories import make_order

pytestmark = pytest.mark.browser


def page_of(order: Order) -> str:
    return reverse("admin:integrations_order_change", args=[order.pk])


@pytest.fixture
def stopped(superuser: object) -> Order:
    """An order that needs attention, with a try behind it."""
    order = make_order(
        items=2, status="needs_attention", failure_mode="config", cause="item_template:BC",
        message="There is no item template BC in Pace.", placed_at=datetime(2026, 3, 12, 17, 30, tzinfo=UTC),
    )  # fmt: skip
    audit.record("order.created", {"storefront": "Example"}, order=order, actor="Pressero")
    audit.record("order.claimed", {"attempt": 1}, order=order, actor="worker a:1:2", correlation="one")
    for number in range(20):
        data = {"system": "Pace", "what": f"read object {number}", "answer": "<b>not bold</b>"}
        audit.record("call.made", data, order=order, actor="worker a:1:2", correlation="one")
    audit.record("order.stopped", {"message": order.message}, order=order, correlation="one")
    return order


def test_log_in_find_the_order_and_send_it_back_to_work(open_portal: OpenPortal, stopped: Order) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.page
    page.get_by_role("link", name="Needs attention").first.click()
    page.get_by_role("link", name="Show the order").click()
    page.get_by_text("There is no item template BC in Pace.").first.wait_for()
    page.get_by_label("Show API calls").check()
    page.get_by_text("Pace: read object 19").wait_for()
    page.get_by_role("button", name="Retry now").click()
    page.get_by_text(f"Order {stopped.number} was queued.").wait_for()
    page.locator("#hub-timeline").get_by_text("Robin Boss retried the order.").wait_for()
    assert AuditEntry.objects.filter(type="staff.retry").count() == 1


def test_an_action_of_the_header_asks_first(open_portal: OpenPortal, stopped: Order) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.open(page_of(stopped))
    page.locator(".hub-menu summary").click()
    page.get_by_role("link", name="Hold").click()
    page.get_by_text(f"Put order {stopped.number} on hold?").wait_for()
    assert Order.objects.get(pk=stopped.pk).status == "needs_attention"
    page.get_by_role("button", name="Put on hold").click()
    page.get_by_role("button", name="Release").wait_for()
    assert Order.objects.get(pk=stopped.pk).status == "on_hold"


def test_orders_ticked_in_the_list_are_retried_together(open_portal: OpenPortal, stopped: Order) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.open(reverse("admin:integrations_order_changelist"))
    page.locator("input.action-select").first.check()
    page.locator("select[name=action]").select_option(label="Retry")
    page.get_by_role("button", name="Run").click()
    page.get_by_text("1 order was queued.").wait_for()


def test_a_line_of_the_timeline_opens_to_its_data(open_portal: OpenPortal, stopped: Order) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.open(page_of(stopped))
    data = page.get_by_text("<b>not bold</b>").first
    assert not data.is_visible()
    page.get_by_label("Show API calls").check()
    assert not data.is_visible()
    page.get_by_text("Pace: read object 0", exact=True).click()
    assert data.is_visible()


def test_times_are_in_the_zone_of_the_reader(open_portal: OpenPortal, stopped: Order) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.open(page_of(stopped))
    placed = page.locator("dt:text-is('Placed') + dd time")
    assert placed.inner_text() == "Mar 12, 2026, 12:30 PM"  # 17:30 UTC, in Chicago
    assert placed.get_attribute("title") == "Mar 12, 2026, 5:30 PM UTC"


def test_a_stored_password_never_reaches_the_browser(open_portal: OpenPortal, stopped: Order) -> None:
    account = PresseroAccount.objects.get()
    portal = open_portal()
    portal.log_in()
    page = portal.open(reverse("admin:integrations_presseroaccount_change", args=[account.pk]))
    box = page.locator("input[name=password]")
    assert box.get_attribute("type") == "password"
    assert box.input_value() == ""
    assert "pressero-password" not in page.content()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was changed successfully").wait_for()
    account.refresh_from_db()
    assert account.password.reveal() == "pressero-password"


def test_dark_mode_is_dark_and_readable(open_portal: OpenPortal, stopped: Order) -> None:
    portal = open_portal(dark=True)
    portal.log_in()
    page = portal.open(page_of(stopped))
    light = """selector => {
        const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
        const style = getComputedStyle(document.querySelector(selector));
        return ["backgroundColor", "color"].map(name => {
            canvas.fillStyle = style[name];
            canvas.fillRect(0, 0, 1, 1);
            const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
            return (0.299 * red + 0.587 * green + 0.114 * blue) / 255;
        });
    }"""
    background, text = page.evaluate(light, ".hub-card")
    assert background < 0.25
    assert text > 0.6
