"""A new user is invited, sets a password from the link and is in; pages at the width of a laptop."""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from tests.browser.conftest import OpenPortal
from tests.factories import make_order

pytestmark = pytest.mark.browser


def test_an_invited_user_sets_a_password_and_sees_the_orders(
    open_portal: OpenPortal, superuser: User
) -> None:
    boss = open_portal()
    boss.log_in()
    page = boss.open(reverse("admin:auth_user_add"))
    page.get_by_label("Username").fill("kim")
    page.get_by_label("Email address").fill("kim@example.com")
    page.get_by_label("Role").select_option(str(Group.objects.get(name="Operator").pk))
    page.get_by_role("button", name="Save", exact=True).click()
    link = page.locator(".hub-token").inner_text()
    kim = open_portal()
    theirs = kim.open(link.removeprefix(kim.url))
    theirs.get_by_label("New password", exact=True).fill("Long-enough-1")
    theirs.get_by_label("New password confirmation").fill("Long-enough-1")
    theirs.get_by_role("button", name="Set the password").click()
    theirs.get_by_text("Your password is set. Log in as kim.").wait_for()
    theirs.wait_for_load_state("networkidle")  # the next page would abort a font that is still on its way
    kim.log_in("kim", "Long-enough-1")
    assert theirs.get_by_role("link", name="Orders", exact=True).first.is_visible()
    again = open_portal().open(link.removeprefix(kim.url))
    assert again.get_by_text("This link cannot be used any more").is_visible()


def test_the_list_of_orders_shows_its_last_column_at_1280_pixels(
    open_portal: OpenPortal, superuser: User
) -> None:
    order = make_order(
        items=2,
        jobs=("10001", "10002"),
        status="needs_attention",
        customer_name="Example Credit Union",
        ship_by=date(2026, 12, 28),
        message="The shipping method Overnight has no Pace ship via. Add a row under Shipment methods.",
    )
    order.items.update(product_name="Business Card, 16 pt, both sides", quantity=1000)
    portal = open_portal()
    portal.log_in()
    page = portal.open(reverse("admin:integrations_order_changelist"))
    last = page.locator("#result_list thead th").last.bounding_box()
    assert last is not None
    assert last["x"] + last["width"] <= 1280
    day = page.locator(".field-ship_by_ .hub-number").bounding_box()
    assert day is not None
    assert day["height"] < 25  # in one line: "Sat, Dec" above "5" is read twice
