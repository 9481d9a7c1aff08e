"""What each tab of an order's page shows. A tab loads only its own rows, the same few queries however many there are."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from automationhub.lib.admin import json_text
from integrations.admin.orders import order_details, order_values, timeline
from integrations.admin.orders.code_names import codes_in_plan, names_of
from integrations.admin.orders.plan_tables import plan_sections, shown_value
from integrations.admin.shared import displays
from integrations.clients.pressero.orders import parse_order
from integrations.clients.schemas import PresseroOrder
from integrations.enums import ChangeSource, JobState, OrderStatus, ShadowResult
from integrations.errors import HubError
from integrations.models import Order, PaceShipment, PaceSnapshot, ShadowComparison
from integrations.planning.links import file_key
from integrations.stored import StoredShipment

MOST_ROWS = 200
TABS = {
    "timeline": gettext_lazy("Timeline"),
    "items": gettext_lazy("Items"),
    "plan": gettext_lazy("Plan"),
    "pace": gettext_lazy("In Pace"),
    "changes": gettext_lazy("Differences"),
    "files": gettext_lazy("Files"),
    "shipments": gettext_lazy("Shipments"),
    "raw": gettext_lazy("Raw data"),
}


def tab_bar(order: Order, current: str, open_changes: int) -> list[dict[str, Any]]:
    """The tabs with how much is in them."""
    counts = {
        "timeline": order.audit.count(),
        "items": order.items.count(),
        "pace": order.jobs.count() or _jobs_of_others(order),
        "changes": open_changes,
        "raw": order.events.count(),
    }
    return [
        {"label": label, "url": f"?tab={name}", "count": counts.get(name), "active": name == current}
        for name, label in TABS.items()
    ]


def _jobs_of_others(order: Order) -> int:
    """The jobs that were found in Pace for an order in shadow mode."""
    if order.status != OrderStatus.SHADOW:
        return 0
    return len(ShadowComparison.objects.filter(order=order).values_list("jobs", flat=True).first() or ())


def load(tab: str, request: HttpRequest, order: Order) -> dict[str, Any]:
    """What the template of this tab needs."""
    return _LOADERS[tab](request, order)


def _timeline(request: HttpRequest, order: Order) -> dict[str, Any]:
    before = request.GET.get("before", "")
    shown = timeline.read(
        order,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
        view=request.GET.get("show", "all"),
    )
    views = [
        {"label": label, "url": f"?tab=timeline&show={name}", "active": name == shown.view}
        for name, (label, _) in timeline.VIEWS.items()
    ]
    return {"timeline": shown, "views": views}


def _items(request: HttpRequest, order: Order) -> dict[str, Any]:
    read = _as_read(order)
    return {
        "items": order.items.order_by("seq"),
        "head": order_details.of_order(read) if read else [],
        "details": order_details.of_items(read) if read else [],
    }


def _as_read(order: Order) -> PresseroOrder | None:
    """The order as it was last read from Pressero; None when it was not, or cannot be understood."""
    try:
        return parse_order(order.fetched) if order.fetched else None
    except HubError:
        return None


def _plan(request: HttpRequest, order: Order) -> dict[str, Any]:
    may_change = order_values.may_change(request, order)
    change = order_values.change_page(order) if may_change else ""
    sections = (
        plan_sections(order.plan, request.user, server_id=order.storefront.pace_server_id, change_page=change)
        if order.plan
        else []
    )
    return {
        "sections": sections,
        "changed_values": order_values.changed_values(request, order),
        "change_page": change,
        "preview_url": (
            reverse("admin:integrations_order_preview", args=[order.pk])
            if request.user.has_perm("integrations.preview_order")
            else ""
        ),
    }


def _pace(request: HttpRequest, order: Order) -> dict[str, Any]:
    jobs: list[dict[str, Any]] = [
        {
            "job": job,
            "link": displays.job_link(job),
            "badge": displays.badge(
                gettext(job.get_state_display()), displays.JOB_TONES.get(job.state, "muted")
            ),
        }
        for job in order.jobs.select_related("server").order_by("id")
    ]
    may_refresh = request.user.has_perm("integrations.preview_order")
    has_job = any(row["job"].state == JobState.DONE for row in jobs)
    return {
        **_shadow(order),
        "jobs": jobs,
        "snapshot": PaceSnapshot.objects.filter(order=order).first(),
        "refresh_action": (
            reverse("admin:integrations_order_look_at_pace", args=[order.pk])
            if may_refresh and has_job
            else ""
        ),
    }


_SHADOW_TONES = {ShadowResult.SAME: "good", ShadowResult.DIFFERENT: "wait"}


def _shadow(order: Order) -> dict[str, Any]:
    """An order that was planned in shadow mode, beside the job that others made."""
    found = ShadowComparison.objects.filter(order=order).first()
    if found is None:
        return {}
    return {
        "shadow": found,
        "shadow_result": gettext(found.get_result_display()),
        "shadow_tone": _SHADOW_TONES.get(ShadowResult(found.result), "muted"),
        "shadow_differences": list(found.differences.order_by("id")),
        "shadow_url": reverse("hub-shadow", args=[order.storefront_id]),
    }


def _changes(request: HttpRequest, order: Order) -> dict[str, Any]:
    snapshot = PaceSnapshot.objects.filter(order=order).first()
    differing = [
        {"title": table["title"], "missing": table.get("missing"), "rows": rows}
        for table in (snapshot.held if snapshot else [])
        if (rows := [row for row in table["rows"] if row["same"] is False]) or table.get("missing")
    ]
    found = list(order.changes.order_by("item", "id"))
    return {
        "changes_in": {
            str(source): [one for one in found if one.source == source] for source in ChangeSource
        },
        "snapshot": snapshot,
        "differing": differing,
    }


def _files(request: HttpRequest, order: Order) -> dict[str, Any]:
    known = [job.files for job in order.jobs.all() if job.state == JobState.DONE]
    in_pace = {key for files in known for key in files or []}
    read = _as_read(order)
    rows = [
        {
            "item": item.seq,
            "product": item.product_name,
            "name": file.name or gettext("File without a name"),
            "url": file.url if file.url.startswith(("https://", "http://")) else "",
            "size": file.size,
            "in_pace": file_key(file.url) in in_pace if file.url else False,
        }
        for item in (read.items if read else ())
        for file in item.files
    ]
    return {"files": rows, "sent": bool(known), "unsure": any(files is None for files in known)}


def _shipments(request: HttpRequest, order: Order) -> dict[str, Any]:
    names = names_of(codes_in_plan(order.plan or {}), order.storefront.pace_server_id)
    planned = [
        {
            "job": job.get("description", ""),
            "parts": ", ".join(shipment.get("parts") or []),
            **{name: _value(shipment, name) for name in ("name", "address1", "city", "state", "zip", "shipVia", "dateTime")},
        }
        for job in (order.plan or {}).get("jobs") or []
        for shipment in job.get("shipments") or []
    ]  # fmt: skip
    for one in planned:
        one["shipVia"] = f"{one['shipVia']} {names.get(('shipVia', one['shipVia']), '')}".strip()
    left = PaceShipment.objects.filter(job__order=order).select_related("job__server").order_by("pk")
    return {"planned": planned, "left": [{"row": row, "link": displays.job_link(row.job)} for row in left]}


def _value(shipment: StoredShipment, name: str) -> str:
    planned = (shipment.get("fields") or {}).get(name)
    return shown_value(planned.get("value")) if planned else ""


def _raw(request: HttpRequest, order: Order) -> dict[str, Any]:
    events, more_events = _latest(order.events.all())
    attempts, more_attempts = _latest(order.step_attempts.all())
    return {
        "events": [
            {
                "event": event,
                "link": displays.object_link(request, event, event.type_name or f"Event {event.pk}"),
                "badge": displays.badge(
                    gettext(event.get_verdict_display()), displays.VERDICT_TONES.get(event.verdict, "muted")
                ),
            }
            for event in events
        ],
        "more_events": more_events,
        "attempts": [
            {
                "attempt": attempt,
                "badge": displays.badge(
                    gettext(attempt.get_outcome_display()),
                    displays.OUTCOME_TONES.get(attempt.outcome, "muted"),
                ),
            }
            for attempt in attempts
        ],
        "more_attempts": more_attempts,
        "fetched": json_text(order.fetched) if order.fetched is not None else "",
    }


def _latest(rows: QuerySet[Any]) -> tuple[list[Any], bool]:
    found = list(rows.order_by("-id")[: MOST_ROWS + 1])
    return found[:MOST_ROWS], len(found) > MOST_ROWS


_LOADERS = {
    "timeline": _timeline,
    "items": _items,
    "plan": _plan,
    "pace": _pace,
    "changes": _changes,
    "files": _files,
    "shipments": _shipments,
    "raw": _raw,
}
