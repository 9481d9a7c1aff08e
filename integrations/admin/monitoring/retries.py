"""Retries of many orders, and what else workers do to many: the page that shows how far one is, and what it, the toast and the
inbox ask meanwhile."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from integrations.admin.monitoring.inbox import check, page
from integrations.admin.shared.displays import ORDER_TONES, change_url, job_url
from integrations.models import BulkAction, BulkRetry, Order, PaceJob
from integrations.operations import bulk_retry

# The orders that are listed with their jobs; the counts are of all.
SHOWN_ORDERS = 20
# What sends orders to work: their results are counted. Anything else has ended when each was seen to.
SENDS = (BulkAction.RETRY, BulkAction.PROCESS_AGAIN, BulkAction.RELEASE)


def retry_page(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a retry of many orders is, and how each of its orders stands."""
    check(request)
    run = get_object_or_404(BulkRetry, pk=pk)
    count = len(run.orders)
    context = {
        "title": _title(run.action, count),
        "run": run,
        "sends": run.action in SENDS,
        "state": progress(run),
        "progress_url": reverse("hub-retry-progress", args=[pk]),
    }
    return page(request, "hub/inbox/retry.html", context)


def _title(action: str, count: int) -> str:
    texts = {
        BulkAction.RETRY: ngettext("Retrying {count} order", "Retrying {count} orders", count),
        BulkAction.PROCESS_AGAIN: ngettext(
            "Processing {count} order again", "Processing {count} orders again", count
        ),
        BulkAction.HOLD: ngettext("Putting {count} order on hold", "Putting {count} orders on hold", count),
        BulkAction.RELEASE: ngettext("Releasing {count} order", "Releasing {count} orders", count),
    }
    return texts[BulkAction(action)].format(count=count)


def retry_progress(request: HttpRequest, pk: int) -> JsonResponse:
    """What the page and the toast ask while workers are at it."""
    check(request)
    return JsonResponse(progress(get_object_or_404(BulkRetry, pk=pk)))


def progress(run: BulkRetry) -> dict[str, Any]:
    """The counts of a retry, one sentence about them, and its first orders. Three queries."""
    seen = run.orders[: run.position] if run.action in SENDS else []
    counts = bulk_retry.outcome(seen) if seen else {"at_work": 0, "submitted": 0, "stopped": 0, "waiting": 0}
    busy = run.finished_at is None or counts["at_work"] > 0
    total = len(run.orders)
    held = 0 if run.action in SENDS else run.position - run.refused
    ended = held + counts["submitted"] + counts["stopped"] + counts["waiting"] + run.refused
    return {
        "total": total,
        "sent": run.position - run.refused,
        "refused": run.refused,
        "refusals": run.refusals,
        **counts,
        "ended": min(ended, total),
        "good_share": _share(counts["submitted"] + held, total),
        "bad_share": _share(counts["stopped"] + run.refused, total),
        "busy": busy,
        "sentence": _sentence({**counts, "held": held}, run.refused, total, busy=busy, action=run.action),
        "orders": _orders(run.orders[:SHOWN_ORDERS]),
        "more": max(0, total - SHOWN_ORDERS),
    }


def _share(count: int, total: int) -> int:
    return round(100 * count / total) if total else 0


def _sentence(counts: dict[str, int], skipped: int, total: int, *, busy: bool, action: str) -> str:
    """The counts in words: those that are not zero, the best first."""
    words = [
        ngettext("{count} submitted", "{count} submitted", counts["submitted"]).format(
            count=counts["submitted"]
        ),
        ngettext("{count} stopped again", "{count} stopped again", counts["stopped"]).format(
            count=counts["stopped"]
        ),
        ngettext("{count} waiting", "{count} waiting", counts["waiting"]).format(count=counts["waiting"]),
        ngettext("{count} put on hold", "{count} put on hold", counts["held"]).format(count=counts["held"]),
        ngettext("{count} skipped", "{count} skipped", skipped).format(count=skipped),
    ]
    numbers = (counts["submitted"], counts["stopped"], counts["waiting"], counts["held"], skipped)
    told = ", ".join(word for word, number in zip(words, numbers, strict=True) if number)
    if busy:
        return gettext("{title}: {told}.").format(title=_title(action, total), told=told or gettext("queued"))
    nothing = gettext("0 submitted") if action in SENDS else gettext("0 put on hold")
    return gettext("Done: {told}.").format(told=told or nothing)


def _orders(ids: list[int]) -> list[dict[str, Any]]:
    """These orders with their state and jobs, as the page shows them."""
    jobs = PaceJob.objects.exclude(number="").select_related("server").order_by("id")
    found = (
        Order.objects.filter(pk__in=ids)
        .only("number", "status", "message")
        .prefetch_related(Prefetch("jobs", queryset=jobs, to_attr="numbered_jobs"))
        .order_by("id")
    )
    return [
        {
            "number": order.number,
            "url": change_url(order),
            "state": gettext(order.get_status_display()),
            "tone": ORDER_TONES.get(order.status, "muted"),
            "jobs": [
                {"number": job.number, "url": job_url(job)} for job in getattr(order, "numbered_jobs", [])
            ],
        }
        for order in found
    ]


retry_view = admin.site.admin_view(retry_page)
retry_progress_view = admin.site.admin_view(retry_progress)
