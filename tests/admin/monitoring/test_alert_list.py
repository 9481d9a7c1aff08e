"""The list of alerts: where each went, and that someone takes care."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.causes import CauseKind
from integrations.core import alerts
from integrations.models import Alert, AlertChannel, AuditEntry, ChannelMessage
from tests.admin.forms import chosen
from tests.factories import make_order, make_storefront

pytestmark = pytest.mark.django_db

LIST = "admin:integrations_alert_changelist"


@pytest.fixture
def told() -> Alert:
    """An alert that a channel took, and would take again in two hours."""
    AlertChannel.objects.create(name="Prepress chat", url="json://127.0.0.1:9/x", repeat_hours=2)
    order = make_order(storefront=make_storefront(alert_emails=[]), status="needs_attention")
    alerts.raise_alert(order, "needs_attention", "Order 7 has no ship via.", cause=CauseKind.SHIP_VIA.of(1))
    now = timezone.now()
    ChannelMessage.objects.update(sent_at=now, due_at=now + timedelta(hours=2))
    return Alert.objects.get()


def test_the_list_says_where_an_alert_went(viewer: Client, told: Alert) -> None:
    shown = viewer.get(reverse(LIST)).content.decode()
    assert "Prepress chat" in shown
    assert "Order 7 has no ship via." in shown


def test_acknowledging_stops_the_repeats_and_is_written_down(operator: Client, told: Alert) -> None:
    operator.post(reverse("admin:integrations_alert_acknowledge", args=[told.pk]))
    told.refresh_from_db()
    assert told.acknowledged_by == "operator"
    assert ChannelMessage.objects.get().due_at is None
    assert AuditEntry.objects.filter(type="alert.acknowledged", order=told.order).count() == 1


def test_several_are_acknowledged_from_the_list(operator: Client, told: Alert) -> None:
    operator.post(reverse(LIST), chosen("acknowledge_selected", told))
    assert Alert.objects.filter(acknowledged_at__isnull=False).count() == 1


def test_viewers_acknowledge_nothing(viewer: Client, told: Alert) -> None:
    page = reverse("admin:integrations_alert_acknowledge", args=[told.pk])
    assert viewer.post(page).status_code == 403
    assert Alert.objects.filter(acknowledged_at__isnull=True).count() == 1
