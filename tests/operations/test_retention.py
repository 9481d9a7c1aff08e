"""The audit log of finished orders is kept for a time, of all others for ever."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from integrations.enums import OrderStatus
from integrations.models import AppendOnly, AuditEntry
from integrations.operations.privacy import purge_audit
from tests.factories import make_order

pytestmark = pytest.mark.django_db


def entry(status: OrderStatus, *, days_ago: int) -> AuditEntry:
    order = make_order(status=status)
    return AuditEntry.objects.create(
        order=order, at=timezone.now() - timedelta(days=days_ago), type="order.created", actor="test"
    )


def test_old_entries_of_finished_orders_go() -> None:
    entry(OrderStatus.COMPLETED, days_ago=40)
    assert purge_audit(30) == 1
    assert not AuditEntry.objects.exists()


def test_young_entries_stay() -> None:
    entry(OrderStatus.COMPLETED, days_ago=20)
    assert purge_audit(30) == 0


@pytest.mark.parametrize("status", [OrderStatus.SUBMITTED, OrderStatus.NEEDS_ATTENTION, OrderStatus.WAITING])
def test_entries_of_orders_that_are_not_finished_stay_however_old(status: OrderStatus) -> None:
    entry(status, days_ago=4000)
    assert purge_audit(30) == 0


def test_nothing_else_removes_or_changes_entries() -> None:
    entry(OrderStatus.COMPLETED, days_ago=40)
    with pytest.raises(AppendOnly):
        AuditEntry.objects.all().delete()
    with pytest.raises(AppendOnly):
        AuditEntry.objects.update(actor="someone else")


def test_less_than_a_day_is_refused() -> None:
    with pytest.raises(CommandError, match="at least 1"):
        call_command("purge_audit", days=0)
