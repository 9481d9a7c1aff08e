"""Times and days are those of the reader's zone, which the browser names in a cookie."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Order
from tests.factories import make_order

pytestmark = pytest.mark.django_db


def page(client: Client, order: Order, zone: str) -> str:
    if zone:
        client.cookies["hub_zone"] = zone
    return client.get(reverse("admin:integrations_order_change", args=[order.pk])).content.decode()


def test_a_time_is_rendered_in_the_zone_of_the_reader_and_its_title_says_utc(boss: Client) -> None:
    order = make_order(placed_at=datetime(2026, 3, 12, 17, 30, tzinfo=UTC))
    html = page(boss, order, "America/Chicago")
    assert ">Mar 12, 2026, 12:30 PM<" in html
    assert 'title="Mar 12, 2026, 5:30 PM UTC"' in html


@pytest.mark.parametrize("zone", ["", "Nowhere/Land", "../../etc/passwd", "x" * 500, "/etc/localtime"])
def test_without_a_zone_that_exists_times_are_in_the_zone_of_the_hub(boss: Client, zone: str) -> None:
    order = make_order(placed_at=datetime(2026, 3, 12, 17, 30, tzinfo=UTC))
    assert ">Mar 12, 2026, 5:30 PM<" in page(boss, order, zone)


def test_one_reader_leaves_the_zone_of_the_next_alone(boss: Client, viewer: Client) -> None:
    order = make_order(placed_at=datetime(2026, 3, 12, 17, 30, tzinfo=UTC))
    page(boss, order, "Asia/Tokyo")
    assert timezone.get_current_timezone_name() == "UTC"
    assert ">Mar 12, 2026, 5:30 PM<" in page(viewer, order, "")


def test_a_day_in_a_filter_is_a_day_of_the_reader(boss: Client) -> None:
    order = make_order()
    Order.objects.filter(pk=order.pk).update(
        received_at=datetime(2026, 3, 12, 2, 0, tzinfo=UTC)
    )  # the 11th in Chicago
    boss.cookies["hub_zone"] = "America/Chicago"
    url = f"{reverse('admin:integrations_order_changelist')}?received_at_from=2026-03-11&received_at_to=2026-03-11"
    assert boss.get(url).context["cl"].result_count == 1
