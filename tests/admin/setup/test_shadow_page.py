"""The page of a storefront in shadow mode, the order's side of it, and going live from there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from integrations.enums import OrderStatus, StorefrontMode
from integrations.models import Order, ShadowComparison, ShadowDifference, Storefront
from integrations.orders.submission import runner, shadow
from integrations.simulation.demo.by_hand import make_job
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from mappings.models import ShipmentMethodMapping
from tests.conftest import Hub
from tests.factories import make_user

pytestmark = pytest.mark.django_db
CU = "Example CU Store"


@pytest.fixture
def shop(hub: Hub) -> Hub:
    hub.storefront(mode=StorefrontMode.SHADOW)
    return hub


def planned(shop: Hub, method: str = "Ground") -> Order:
    return shop.process(
        OrderDraft(CU, "avery@example.com", [ItemDraft("Poster 18x24", price="10.00", method=method)])
    )


def compared(shop: Hub, **changes: Any) -> Order:
    order = planned(shop)
    make_job(shop.pace, order, **changes)
    shadow.compare_due()
    return order


def url(name: str = "hub-shadow") -> str:
    return reverse(name, args=[Storefront.objects.get(name=CU).pk])


def shown(client: Client) -> Any:
    return client.get(url()).context


def fixes(client: Client) -> dict[str, str]:
    return {field["title"]: value["fix"][0] for field in shown(client)["fields"] for value in field["values"]}


def test_the_figures_and_the_differences_by_field(shop: Hub, boss: Client) -> None:
    compared(shop)
    order = compared(shop, shipment={"shipVia": 5013})
    planned(shop)
    planned(shop, "Overnight")
    shadow.compare_due()
    page = shown(boss)
    assert [(count, word) for count, word, _ in page["tiles"]] == [
        (1, "same as the job in Pace"), (2, "different"), (1, "without a job in Pace"), (1, "would have stopped"),
    ]  # fmt: skip
    assert [field["title"] for field in page["fields"]] == [
        "The order would have stopped",
        "shipment shipVia",
    ]
    text = boss.get(url()).content.decode()
    assert f'?tab=pace">{order.number}</a>' in text
    assert "so that it gives ship via 5013." in text


def test_one_click_leads_to_the_mapping_row(shop: Hub, boss: Client) -> None:
    compared(shop, shipment={"shipVia": 5013})
    row = ShipmentMethodMapping.objects.get(pressero_method="Ground")
    link = fixes(boss)["shipment shipVia"]
    assert link == reverse("admin:mappings_shipmentmethodmapping_change", args=[row.pk])


def test_one_click_leads_to_a_new_row_that_is_filled_in(shop: Hub, boss: Client) -> None:
    shop.storefront(default_ship_via=5010)
    ShipmentMethodMapping.objects.all().delete()
    compared(shop, shipment={"shipVia": 5011})
    asked = parse_qs(urlsplit(fixes(boss)["shipment shipVia"]).query)
    assert (asked["pressero_method"], asked["ship_via"]) == (["Ground"], ["5011"])
    assert boss.get(fixes(boss)["shipment shipVia"]).status_code == 200


def test_one_click_leads_to_the_setting(shop: Hub, boss: Client) -> None:
    compared(shop, job={"poNum": "WEB"})
    link = fixes(boss)["job poNum"]
    assert link.endswith("/change/#id_default_po_number")
    assert 'id="id_default_po_number"' in boss.get(link).content.decode()


def test_who_may_not_change_mappings_sees_no_link_to_them(shop: Hub, login: Any) -> None:
    compared(shop, shipment={"shipVia": 5013})
    viewer = login(make_user("looks", "view_storefront"))
    assert fixes(viewer)["shipment shipVia"] == ""
    assert shown(viewer)["live_url"] == shown(viewer)["compare_url"] == ""


def test_comparing_again_asks_a_worker(
    shop: Hub, boss: Client, django_capture_on_commit_callbacks: Any
) -> None:
    compared(shop, shipment={"shipVia": 5013})
    OrmQ.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        assert boss.post(url("hub-shadow-compare")).url == url()
    assert ShadowComparison.objects.get().due_at <= timezone.now()
    assert OrmQ.objects.count() == 1


def test_comparing_again_needs_the_right_to_preview(shop: Hub, login: Any) -> None:
    viewer = login(make_user("looks", "view_storefront"))
    assert viewer.post(url("hub-shadow-compare")).status_code == 403
    assert viewer.get(url("hub-shadow-compare")).status_code in (403, 405)


def test_many_orders_cost_no_more_queries(shop: Hub, boss: Client) -> None:
    compared(shop, shipment={"shipVia": 5013})
    boss.get(url())

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            boss.get(url())
        return len(captured)

    one = queries()
    for _ in range(3):
        planned(shop)
    for row in ShadowComparison.objects.exclude(differences__isnull=False):
        ShadowComparison.objects.filter(pk=row.pk).update(result="different", compared_at=timezone.now())
        ShadowDifference.objects.create(
            comparison=row, storefront=row.storefront, object="job", field="poNum", ours="1", theirs=str(row.pk), fix="x",
        )  # fmt: skip
    assert queries() <= one


def test_the_orders_page_shows_both_sides(shop: Hub, boss: Client) -> None:
    order = compared(shop, job={"poNum": "WEB"})
    page = f"{reverse('admin:integrations_order_change', args=[order.pk])}?tab=pace"
    text = boss.get(page).content.decode()
    assert "Different from the job in Pace" in text
    assert "Set the storefront&#x27;s default PO number to WEB." in text
    assert "9999" in text and "WEB" in text


def test_the_storefronts_page_leads_there_only_while_it_matters(shop: Hub, boss: Client) -> None:
    change = reverse("admin:integrations_storefront_change", args=[Storefront.objects.get(name=CU).pk])
    assert "shadow-mode" in boss.get(change).content.decode()
    shop.storefront(mode=StorefrontMode.LIVE)
    assert "shadow-mode" not in boss.get(change).content.decode()


# --- going live ---------------------------------------------------------------------------------------------------


def activation_url() -> str:
    return reverse("admin:integrations_storefront_activate", args=[Storefront.objects.get(name=CU).pk])


def test_going_live_shows_first_what_becomes_of_the_orders(shop: Hub, boss: Client) -> None:
    compared(shop)
    planned(shop)
    shadow.compare_due()
    since = (timezone.now() - timedelta(hours=1)).isoformat(timespec="minutes")[:16]
    text = boss.post(activation_url(), {"when": "from", "since": since, "count": ""}).content.decode()
    assert "1 order has a job in Pace. Automation Hub adopts that job" in text
    assert "1 order was placed since then and has no job in Pace." in text
    assert Storefront.objects.get(name=CU).mode == StorefrontMode.SHADOW


def test_going_live_adopts_and_nothing_is_made_twice(shop: Hub, boss: Client) -> None:
    order = compared(shop, shipment={"shipVia": 5013})
    boss.post(activation_url(), {"when": "now", "activate": ""})
    storefront = Storefront.objects.get(name=CU)
    assert (storefront.mode, storefront.active) == (StorefrontMode.LIVE, True)
    assert abs(storefront.take_orders_from - timezone.now()) < timedelta(minutes=1)
    runner.process(order.pk)
    order.refresh_from_db()
    assert (order.status, len(shop.pace.objects("Job"))) == (OrderStatus.SUBMITTED, 1)


def test_going_live_at_any_time_is_not_offered(shop: Hub, boss: Client) -> None:
    page = boss.post(activation_url(), {"when": "all", "activate": ""})
    assert page.context["form"].errors["when"]
    assert Storefront.objects.get(name=CU).mode == StorefrontMode.SHADOW
