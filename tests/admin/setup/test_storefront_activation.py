"""Switching a storefront on and off in the portal, and confirming its customer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.core.workqueue import messages as queue
from integrations.enums import OrderStatus, StorefrontMode
from integrations.models import Order, Storefront
from tests.conftest import Hub

pytestmark = pytest.mark.django_db
CU = "Example CU Store"


@pytest.fixture
def boss(admin_client: Client) -> Client:
    return admin_client


def url(name: str, storefront: Storefront) -> str:
    return reverse(f"admin:integrations_storefront_{name}", args=[storefront.pk])


def form_of(boss: Client, storefront: Storefront, **changes: Any) -> dict[str, Any]:
    form = boss.get(url("change", storefront)).context["adminform"].form
    data = {name: value for name, value in form.initial.items() if value not in (None, False)}
    data |= {"alert_emails": "", **changes}
    return {name: value for name, value in data.items() if value is not None}


def test_activation_takes_orders_from_now_on(hub: Hub, boss: Client) -> None:
    storefront = hub.storefront(active=False)
    boss.post(url("activate", storefront), {"when": "now", "mode": "live", "activate": ""})
    storefront.refresh_from_db()
    assert storefront.active
    assert abs(storefront.take_orders_from - timezone.now()) < timedelta(minutes=1)


def test_activation_from_a_date_shows_first_and_changes_nothing(hub: Hub, boss: Client) -> None:
    storefront = hub.storefront(active=False)
    data = {"when": "from", "since": "2026-01-05T08:00", "mode": "shadow", "count": ""}
    text = boss.post(url("activate", storefront), data).content.decode()
    assert "0 orders were placed before that. They are skipped: nothing is sent to Pace" in text
    assert not Storefront.objects.get(name=CU).active


def test_activation_in_shadow_mode(hub: Hub, boss: Client) -> None:
    storefront = hub.storefront(active=False)
    boss.post(url("activate", storefront), {"when": "all", "mode": "shadow", "activate": ""})
    storefront.refresh_from_db()
    assert (storefront.active, storefront.mode, storefront.take_orders_from) == (True, "shadow", None)


def test_a_date_that_is_missing_is_asked_for(hub: Hub, boss: Client) -> None:
    storefront = hub.storefront(active=False)
    answer = boss.post(url("activate", storefront), {"when": "from", "mode": "live", "activate": ""})
    assert "Enter the date and time" in answer.content.decode()
    assert not Storefront.objects.get(name=CU).active


def test_activation_by_the_form_takes_orders_from_the_moment_it_is_saved(hub: Hub, boss: Client) -> None:
    storefront = hub.storefront(active=False)
    boss.post(url("change", storefront), form_of(boss, storefront, active="on"))
    storefront.refresh_from_db()
    assert storefront.active
    assert storefront.take_orders_from is not None


def test_saving_an_active_storefront_changes_no_date(hub: Hub, boss: Client) -> None:
    storefront = hub.storefront()
    boss.post(url("change", storefront), form_of(boss, storefront, default_ship_days="3"))
    storefront.refresh_from_db()
    assert (storefront.default_ship_days, storefront.take_orders_from) == (3, None)


def test_going_live_from_shadow_by_the_form_takes_orders_from_then(hub: Hub, boss: Client) -> None:
    storefront = hub.storefront(mode=StorefrontMode.SHADOW)
    boss.post(url("change", storefront), form_of(boss, storefront, mode="live"))
    assert Storefront.objects.get(name=CU).take_orders_from is not None


def test_deactivation_asks_first_and_keeps_finished_orders(hub: Hub, boss: Client) -> None:
    storefront = hub.storefront()
    order = Order.objects.create(
        account=hub.account, storefront=storefront, number=7, status=OrderStatus.COMPLETED
    )
    assert "Finished orders stay as they are" in boss.get(url("deactivate", storefront)).content.decode()
    boss.post(url("deactivate", storefront))
    order.refresh_from_db()
    assert (Storefront.objects.get(name=CU).active, order.status) == (False, OrderStatus.COMPLETED)


def test_an_integration_id_is_looked_up_by_a_worker_after_saving(
    hub: Hub, boss: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr(queue, "_send", lambda *message: sent.append(message))
    storefront = hub.storefront()
    calls = len(hub.pace.calls)
    with django_capture_on_commit_callbacks(execute=True):
        answer = boss.post(
            url("change", storefront), form_of(boss, storefront, integration_id="EXUC"), follow=True
        )
    assert ("integrations.tasks.check_customer", storefront.pk) in sent
    assert "Pace has not confirmed the Integration ID EXUC yet" in answer.content.decode()
    assert len(hub.pace.calls) == calls


def test_the_button_offers_the_nearest_customer(hub: Hub, boss: Client) -> None:
    storefront = hub.storefront(integration_id="EXUC")
    answer = boss.post(url("check_customer", storefront), follow=True)
    assert "Pace has no customer EXUC. Did you mean EXCU" in answer.content.decode()


def test_staff_confirm_a_new_customer(hub: Hub, boss: Client) -> None:
    storefront = hub.storefront(integration_id="NEWCU")
    boss.post(url("confirm_customer", storefront))
    assert Storefront.objects.get(name=CU).integration_id_confirmed


def test_a_second_storefront_of_a_site_is_refused_by_the_form(hub: Hub, boss: Client) -> None:
    storefront = hub.storefront()
    data = form_of(boss, storefront, name="Twin")
    answer = boss.post(reverse("admin:integrations_storefront_add"), data)
    assert "already served by the storefront “Example CU Store”" in answer.content.decode()
