"""The holiday calendar in a browser: own days in ranges, what a requested date becomes, and that everybody can read it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from integrations.models import Storefront
from mappings.models import Holiday
from tests.browser.conftest import OpenPortal
from tests.browser.sweep import in_every_way
from tests.factories import make_storefront

pytestmark = pytest.mark.browser


def page_of(storefront: Storefront) -> str:
    return reverse("hub-holidays-of", args=[storefront.pk])


@pytest.fixture
def store(superuser: object) -> Storefront:
    return make_storefront(name="Example CU Store", skip_holidays=True, holiday_country="US")


def test_a_closure_is_added_as_a_range_moves_a_date_and_is_removed(
    open_portal: OpenPortal, store: Storefront
) -> None:
    july = date(timezone.localdate().year + 1, 7, 6)  # no public holiday in the week that begins after it
    monday = july + timedelta(days=-july.weekday() % 7)
    portal = open_portal()
    portal.log_in()
    page = portal.open(page_of(store))
    page.get_by_label("From").fill(monday.isoformat())
    page.get_by_label("To", exact=True).fill((monday + timedelta(days=2)).isoformat())
    page.get_by_label("Name").fill("Inventory")
    page.get_by_role("button", name="Add days off").click()
    page.get_by_text("3 days off were added.").wait_for()
    assert page.locator(".hub-month .hub-day-own").count() == 3

    page.get_by_label("Requested ship date").fill((monday + timedelta(days=1)).isoformat())
    page.get_by_role("button", name="Show ship date").click()
    result = page.locator(".hub-becomes")
    result.get_by_role("listitem").first.wait_for()
    said = [text.partition(": ")[2] for text in result.get_by_role("listitem").all_inner_texts()]
    assert said[:2] == ["Inventory", "Inventory"]
    assert page.locator(".hub-month .hub-mark-ships").inner_text() == str(monday.day + 3)

    page.get_by_role("button", name="Remove Inventory").click()
    page.get_by_text("3 own days off were removed.").wait_for()
    assert not Holiday.objects.exists()


def test_a_day_is_read_out_with_its_holiday_and_not_told_by_color_alone(
    open_portal: OpenPortal, store: Storefront
) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.open(page_of(store))
    december = page.get_by_role("table", name="December")
    assert "Christmas Day, public holiday" in december.get_by_role("cell", name="25").inner_text()


def test_the_calendar_can_be_read_by_everybody(open_portal: OpenPortal, store: Storefront) -> None:
    Storefront.objects.update(skip_holidays=False)
    portal = open_portal()
    portal.log_in()
    page = portal.open(f"{page_of(store)}?requested={timezone.localdate().year}-12-25")
    page.get_by_text("Holidays are not skipped for this storefront.").first.wait_for()
    page.get_by_text("It is a day off (Christmas Day)").wait_for()
    assert in_every_way(page) == []
