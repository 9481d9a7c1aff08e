"""What every open page asks now and then: how much needs attention, what stopped since, and whether lists changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Max
from django.http import HttpRequest, JsonResponse

from integrations.admin.monitoring.inbox import check
from integrations.admin.orders.order_search import open_counts, snoozed_count
from integrations.admin.shared.displays import change_url, shortened
from integrations.core.audit import log as audit
from integrations.enums import OrderStatus
from integrations.models import AuditEntry
from integrations.operations import change_tasks

# Entries after which a list of orders is not what it was.
TYPES = ("order.created", "order.stopped", "order.submitted", "order.completed", "order.denied")
MOST_STOPS = 3


def live(request: HttpRequest) -> JsonResponse:
    """Counts, a version that changes with the lists, and the stops after entry `after`. Four small queries.

    It keeps no session alive (people/session_watch.py): a page that is only open is not being used.
    """
    check(request)
    attention = open_counts(request).get(OrderStatus.NEEDS_ATTENTION, 0) - snoozed_count(request)
    changes = change_tasks.count()
    latest = AuditEntry.objects.filter(type__in=TYPES).aggregate(latest=Max("id"))["latest"] or 0
    text = request.GET.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    return JsonResponse(
        {
            "attention": attention,
            "changes": changes,
            "latest": latest,
            "version": f"{attention}-{changes}-{latest}",
            "stops": _stops(after) if after is not None else [],
        }
    )


def _stops(after: int) -> list[dict[str, Any]]:
    """The newest orders that stopped after this entry."""
    entries = AuditEntry.objects.filter(type="order.stopped", id__gt=after, order__isnull=False)
    found = entries.select_related("order").defer("order__fetched", "order__plan", "order__sent_payload")
    return [
        {
            "number": entry.order.number,
            "url": change_url(entry.order),
            "text": shortened(audit.describe(entry).sentence, 140),
        }
        for entry in found.order_by("-id")[:MOST_STOPS]
        if entry.order is not None
    ]


live_view = admin.site.admin_view(live)
