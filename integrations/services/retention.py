"""How long the audit log is kept."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from integrations.enums import OrderStatus
from integrations.models import AuditEntry, OutgoingCall

FINISHED = (OrderStatus.COMPLETED, OrderStatus.DENIED)
_AT_ONCE = 5_000


def purge_audit(days: int) -> int:
    """Remove the audit entries older than `days` of finished orders; how many there were.

    In slices, so that no other work waits for the whole of it.
    """
    before = timezone.now() - timedelta(days=days)
    old = AuditEntry.objects.filter(at__lt=before, order__status__in=FINISHED)
    removed = 0
    while ids := list(old.order_by("id").values_list("pk", flat=True)[:_AT_ONCE]):
        OutgoingCall.objects.filter(pk__in=ids).delete()
        removed += AuditEntry.objects.filter(pk__in=ids).purge()
    return removed
