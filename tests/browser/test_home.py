"""Home in a browser: its tile, badge and inbox count the same orders, and connections say what waits for them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from integrations.models import CauseCase, Circuit
from tests.browser.conftest import OpenPortal
from tests.factories import make_order, make_storefront

pytestmark = pytest.mark.browser


@pytest.fixture
def home(open_portal: OpenPortal) -> Page:
    """One order stopped, one snoozed, three wait for a Pace that is down, two are submitted, one of them after it stopped."""
    now = timezone.now()
    storefront = make_storefront(name="Riverside")
    for cause in ("refused:open", "refused:asleep"):
        make_order(storefront=storefront, status="needs_attention", cause=cause, message="It stopped.")
    CauseCase.objects.create(cause="refused:asleep", snoozed_until=now + timedelta(hours=1))
    later = now + timedelta(minutes=5)
    for _ in range(3):
        make_order(storefront=storefront, status="processing", due_at=later)
    Circuit.objects.create(
        server=storefront.pace_server,
        failures=9,
        down_since=now - timedelta(minutes=2),
        open_until=later,
        last_error="no connection to 127.0.0.1 (connection refused)",
    )
    make_order(storefront=storefront, status="submitted", submitted_at=now, seconds_to_job=2)
    make_order(
        storefront=storefront, status="submitted", submitted_at=now, seconds_to_job=4000, stopped_at=now
    )
    portal = open_portal()
    portal.log_in()
    return portal.page


def test_the_tile_says_how_many_of_its_orders_the_badge_and_the_inbox_leave_out(home: Page) -> None:
    tile = home.locator(".hub-tiles a", has_text="Needs attention")
    assert tile.inner_text().split("\n") == ["2", "Needs attention (1 snoozed)"]
    badge = home.locator("#nav-sidebar, nav").get_by_role("link", name="Needs attention").first
    expect(badge).to_contain_text("1")
    home.locator(".hub-home").get_by_role("link", name="1 more order is snoozed").wait_for()
    home.locator(".hub-home").get_by_role("link", name="Open the inbox").click()
    expect(home.locator("article.hub-cause")).to_have_count(1)
    tabs = home.locator(".hub-strip")
    expect(tabs.get_by_role("link", name="Open")).to_contain_text("1")
    expect(tabs.get_by_role("link", name="Snoozed")).to_contain_text("1")


def test_orders_that_wait_for_a_connection_are_counted_beside_what_is_wrong_with_it(home: Page) -> None:
    expect(home.get_by_text("All clear")).to_have_count(0)
    waiting = home.get_by_role("region", name="Waiting orders")
    expect(waiting).to_contain_text("3 orders wait for a connection.")
    connections = home.get_by_role("region", name="Connections")
    for text in ("Down since", "Next try in", "3 orders wait.", "Last error: no connection to 127.0.0.1"):
        expect(connections).to_contain_text(text)
    expect(connections.get_by_role("link", name="Try now")).to_be_visible()


def test_the_time_to_a_job_leaves_out_the_minutes_that_people_took(home: Page) -> None:
    expect(home.get_by_role("region", name="Webhook to job")).to_contain_text("95% within 2.0 s")


def test_a_number_is_named_for_what_it_counts(home: Page) -> None:
    tile = home.locator(".hub-tiles a", has_text="Received")
    assert tile.locator("strong").inner_text() == "0"
    week = home.get_by_role("region", name="Orders received today and this week")
    assert week.locator("tr", has_text="All").locator("a").first.inner_text().startswith("7")
    expect(week).to_contain_text("Counted by date received; current status.")
    names = [text.split()[0] for text in week.locator("tbody td:first-child").all_inner_texts()]
    assert "Received" not in names  # no second number of that name beside the tile's


def test_home_follows_what_happens_without_being_asked(home: Page) -> None:
    expect(home).to_have_title(
        re.compile(r"^\s*\(1\) ")
    )  # the first request, which later ones are compared with
    make_order(status="needs_attention", cause="refused:newer", message="Another problem.")
    home.evaluate("document.dispatchEvent(new Event('hub:changed'))")
    home.locator(".hub-causes").get_by_text("Another problem.").wait_for()
    assert home.url.endswith(reverse("admin:index"))
