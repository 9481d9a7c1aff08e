"""Shadow mode as its reader goes through it: the differences, the row that removes one, and going live."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse

from integrations.enums import OrderStatus, StorefrontMode
from integrations.models import Order, Storefront
from integrations.orders.submission import runner, shadow
from integrations.simulation.demo.by_hand import make_job
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from tests.browser.conftest import Portal
from tests.conftest import Hub

pytestmark = pytest.mark.browser
CU = "Example CU Store"


@pytest.fixture
def order(hub_for_threads: Hub) -> Order:
    """An order in shadow mode whose job was made by hand, with another ship via."""
    hub_for_threads.storefront(mode=StorefrontMode.SHADOW)
    item = ItemDraft("Poster 18x24", price="10.00", method="Ground")
    order = hub_for_threads.process(OrderDraft(CU, "avery@example.com", [item]))
    make_job(hub_for_threads.pace, order, shipment={"shipVia": 5012})
    shadow.compare_due()
    return order


def shadow_page(open_portal: Callable[..., Portal], **window: int | bool) -> Portal:
    portal = open_portal(**window)
    portal.log_in()
    portal.open(reverse("hub-shadow", args=[Storefront.objects.get(name=CU).pk]))
    return portal


def test_a_difference_leads_to_the_row_that_removes_it(
    order: Order, open_portal: Callable[..., Portal]
) -> None:
    page = shadow_page(open_portal).page
    page.get_by_role("link", name="Open the row").click()
    page.wait_for_load_state()
    assert page.locator("#id_pressero_method").input_value() == "Ground"


def test_a_difference_leads_to_the_order_with_both_sides(
    order: Order, open_portal: Callable[..., Portal]
) -> None:
    page = shadow_page(open_portal, width=390, dark=True).page
    page.get_by_role("link", name=str(order.number)).click()
    page.get_by_text("Different from the job in Pace").wait_for()
    page.locator("summary", has_text="shipment 1").click()
    row = page.locator("tr.hub-changed", has_text="shipVia")
    assert "5010" in row.inner_text() and "5012" in row.inner_text()


def test_going_live_adopts_the_job_and_makes_no_other(
    hub_for_threads: Hub, order: Order, open_portal: Callable[..., Portal]
) -> None:
    page = shadow_page(open_portal).page
    page.get_by_role("link", name="Go live").click()
    page.get_by_text("1 order has a job in Pace. Automation Hub adopts that job").wait_for()
    page.get_by_role("button", name="Go live").click()
    page.get_by_text(f"{CU} is live.").wait_for()
    runner.process(order.pk)
    order.refresh_from_db()
    assert (order.status, len(hub_for_threads.pace.objects("Job"))) == (OrderStatus.SUBMITTED, 1)
