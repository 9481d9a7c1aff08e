"""Codes of Pace are shown with their names."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import ReferenceEntry
from tests.factories import make_order

pytestmark = pytest.mark.django_db

PLAN = {
    "jobs": [
        {
            "unit": "order", "description": "1 - Shop", "items": [1],
            "fields": {"jobType": {"value": 7, "source": {"kind": "parameter"}}},
            "parts": [{"number": "01", "item": 1, "fields": {}}],
            "shipments": [{"parts": ["01"], "fields": {"shipVia": {"value": 5013, "source": {"kind": "mapping"}}}}],
        }
    ]
}  # fmt: skip


@pytest.mark.parametrize("tab", ["plan", "shipments"])
def test_plan_and_shipments_name_the_ship_via(boss: Client, tab: str) -> None:
    order = make_order(plan=PLAN)
    ReferenceEntry.objects.create(
        server=order.storefront.pace_server,
        kind="ship_via",
        key="5013",
        label="UPS Next Day Air",
        seen_at=timezone.now(),
    )
    page = reverse("admin:integrations_order_change", args=[order.pk])
    html = boss.get(f"{page}?tab={tab}").content.decode()
    assert "5013 UPS Next Day Air" in html


def test_a_code_without_a_known_name_stays_as_it_is(boss: Client) -> None:
    order = make_order(plan=PLAN)
    page = reverse("admin:integrations_order_change", args=[order.pk])
    assert "5013" in boss.get(f"{page}?tab=plan").content.decode()
