"""The first page: what needs attention now, how the day goes, and the next step of the set-up.

Every number links to the list that shows these very rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext

from automationhub.lib.shown_times import day_text
from integrations.admin.monitoring.charts import Point, bar_chart
from integrations.admin.orders.order_search import snoozed_count, status_tabs
from integrations.admin.setup.connection_base import shown_state
from integrations.admin.shared.displays import change_url, may_open, stopped_for
from integrations.admin.shared.fixes import fixes
from integrations.core.connections.cached_lists import cached
from integrations.enums import EventVerdict, OrderStatus
from integrations.models import (
    ApiToken,
    PaceServer,
    PresseroAccount,
    Storefront,
    UnmappedStatus,
    WebhookEvent,
)
from integrations.operations import (
    expiries,
    health,
    inbox,
    statistics,
)
from integrations.operations.setup.connection_states import ConnectionState, states_of
from integrations.operations.statistics import Bucket

MOST_CAUSES = 6
MOST_CONNECTIONS = 8
MOST_STOREFRONTS = 200
# Days that the charts can show: those that hourly numbers are kept for.
RANGES = (7, 14, 35)


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What `templates/admin/index.html` shows (UNFOLD's DASHBOARD_CALLBACK)."""
    sees_orders = may_open(request.user, "integrations", "order")
    connections = _connections(request)
    backlog = statistics.backlog(timezone.now())
    held = sum(one["held"] for one in connections)
    storefronts = _storefronts(request)
    home: dict[str, Any] = {
        "problems": [*_down(connections), *health.troubles(backlog.oldest)],
        "backlog": backlog,
        "held": held,
        "sees_orders": sees_orders,
        "connections": [one for one in connections if one["url"]][:MOST_CONNECTIONS],
        "expiries": _expiries(request, [one["row"] for one in connections]),
    }
    if sees_orders:
        home |= _orders(request, storefronts)
    sees_some = sees_orders and any(entry["count"] for entry in home["states"])
    home["steps"] = _steps(request, connections, sees_some=sees_some)
    if may_open(request.user, "integrations", "webhookevent"):
        home["homeless"] = _homeless_events(storefronts)
    if may_open(request.user, "integrations", "storefront"):
        home["gaps"] = _gaps(storefronts)
    return {**context, "title": gettext("Home"), "home": home}


def _orders(request: HttpRequest, storefronts: Sequence[_Storefront]) -> dict[str, Any]:
    now = timezone.localtime()
    days = _range(request)
    chosen = next((one.pk for one in storefronts if str(one.pk) == request.GET.get("storefront")), None)
    traffic = statistics.traffic(now, days=days, storefront=chosen)
    of = {"storefront__id__exact": str(chosen)} if chosen else {}
    found = inbox.summary()
    return {
        "orders_url": _orders_url(),
        "states": [entry for entry in status_tabs(request) if entry["count"] is not None],
        "snoozed": snoozed_count(request),
        "snoozed_url": f"{reverse('hub-inbox')}?view={inbox.SNOOZED}",
        "causes": [_cause(request, group) for group in found[:MOST_CAUSES]],
        "more_causes": max(0, len(found) - MOST_CAUSES),
        "table": _table(traffic.today, traffic.week, of),
        "charts": [
            bar_chart(gettext("Orders per hour, last 24 hours"), _hours(traffic.hours, of)),
            bar_chart(gettext("Orders per day, last {days} days").format(days=days), _days(traffic.days, of)),
        ],
        "ranges": [(one, one == days) for one in RANGES],
        "storefronts": [(one.pk, one.name, one.pk == chosen) for one in storefronts]
        if 1 < len(storefronts) <= MOST_STOREFRONTS
        else [],
        "days": days,
        "untouched": statistics.untouched(traffic.days),
        "top_causes": cached(
            ("causes of the week", traffic.week.start, chosen),
            lambda: statistics.top_causes(traffic.week.start, chosen),
        ),
        "seconds": statistics.seconds_to_job(now),
        "seconds_url": f"{_orders_url()}?sent=week",
        "backlog_url": f"{_orders_url()}?due=now",
    }


def _range(request: HttpRequest) -> int:
    """How many days the charts show."""
    asked = request.GET.get("days", "")
    return next((one for one in RANGES if str(one) == asked), RANGES[1])


class _Storefront(NamedTuple):
    """A storefront to choose from. `gaps`: its Pace statuses without a mapping row; `homeless`: the events of no storefront."""

    pk: int
    name: str
    gaps: int
    homeless: int


def _storefronts(request: HttpRequest) -> list[_Storefront]:
    """The storefronts with what is not mapped, for those who may open them: one query."""
    if not may_open(request.user, "integrations", "storefront"):
        return []
    gaps = UnmappedStatus.objects.filter(storefront=OuterRef("pk")).order_by().values("storefront")
    events = _events_of_no_storefront().order_by().annotate(one=Value(1)).values("one")
    counted = Storefront.objects.annotate(
        gaps=Coalesce(Subquery(gaps.annotate(n=Count("id")).values("n")), 0),
        homeless=Coalesce(Subquery(events.annotate(n=Count("id")).values("n")), 0),
    )
    return [
        _Storefront(*row) for row in counted.order_by("name").values_list("pk", "name", "gaps", "homeless")
    ]


def _orders_url() -> str:
    return reverse("admin:integrations_order_changelist")


def _received(
    start: datetime, end: datetime | None = None, *, of: dict[str, str] | None = None, **more: str
) -> str:
    """The list of the orders received from `start` on, before `end`; `of` narrows it to a storefront."""
    sent = {"received_at_from": start.isoformat()} | ({"received_at_to": end.isoformat()} if end else {})
    return f"{_orders_url()}?{urlencode({**sent, **(of or {}), **more})}"


def _cause(request: HttpRequest, group: inbox.InboxGroup) -> dict[str, Any]:
    order = group.latest
    found = fixes(request, order.storefront, group.cause, order.failure_mode, order.message)
    alone = group.count == 1
    return {
        "message": group.message,
        "count": group.count,
        "url": change_url(order) if alone else stopped_for(group.cause),
        "fix": next((cure for cure in found if cure.first), None),
        "for": group.case.assigned_to if group.case else None,
    }


def _table(today: Bucket, week: Bucket, of: dict[str, str]) -> list[dict[str, Any]]:
    """Orders of today and of this week, all and by state."""
    rows: list[dict[str, Any]] = [
        {
            "label": gettext("All"),
            "today": (today.received, _received(today.start, of=of)),
            "week": (week.received, _received(week.start, of=of)),
        }
    ]
    for status in OrderStatus:
        if not week.by_status[status]:
            continue
        rows.append(
            {
                "label": gettext(status.label),
                "bad": status == OrderStatus.NEEDS_ATTENTION,
                "today": (today.by_status[status], _received(today.start, status__exact=status.value, of=of)),
                "week": (week.by_status[status], _received(week.start, status__exact=status.value, of=of)),
            }
        )
    return rows


def _hours(hours: Sequence[Bucket], of: dict[str, str]) -> list[Point]:
    points = []
    for position, one in enumerate(hours):
        start = timezone.localtime(one.start)
        end = start + timedelta(hours=1)
        tick = date_format(start, "g A") if position % 4 == 0 else ""
        points.append(
            Point(
                date_format(start, "D, g:i A"),
                one.received,
                one.stopped,
                _received(one.start, end, of=of),
                tick,
            )
        )
    return points


def _days(days: Sequence[Bucket], of: dict[str, str]) -> list[Point]:
    return [
        Point(
            day_text(one.start),
            one.received,
            one.stopped,
            _received(one.start, one.start + timedelta(days=1), of=of),
            date_format(one.start, "M j") if position % max(1, len(days) // 7) == 0 else "",
        )
        for position, one in enumerate(days)
    ]


def _connections(request: HttpRequest) -> list[dict[str, Any]]:
    """Each connection with how it is: two queries, one more when some are not called. Without an address for those who
    may not open it."""
    rows: list[PaceServer | PresseroAccount] = [
        row
        for model in (PaceServer, PresseroAccount)
        for row in model._default_manager.select_related("circuit").order_by("name")
    ]
    return [_connection(request, row, state) for row, state in zip(rows, states_of(rows), strict=True)]


def _connection(
    request: HttpRequest, row: PaceServer | PresseroAccount, state: ConnectionState
) -> dict[str, Any]:
    opens = may_open(request.user, "integrations", str(row._meta.model_name))
    return {
        **shown_state(request, row, state),
        "name": row.name,
        "url": change_url(row) if opens else "",
        "held": state.waiting,
    }


def _down(connections: Sequence[dict[str, Any]]) -> list[str]:
    """The problem of each connection that is not called."""
    return [
        (
            gettext("{connection} is paused.")
            if one["state"].is_paused
            else gettext("{connection} is not responding: {error}")
        ).format(
            connection=f"{gettext('Pace server') if one['kind'] == 'Pace' else gettext('Pressero account')} {one['name']}",
            error=one["state"].error,
        )
        for one in connections
        if not one["state"].is_called
    ]


def _expiries(request: HttpRequest, systems: Sequence[Any]) -> list[dict[str, str]]:
    """What ends soon, for those who may open its page, and for the owner of a token."""
    found = []
    for one in expiries.ending(systems):
        opens = may_open(request.user, "integrations", str(one.row._meta.model_name))
        if opens or (isinstance(one.row, ApiToken) and one.row.user_id == request.user.pk):
            found.append({"text": one.sentence, "url": change_url(one.row) if opens else ""})
    return found


def _events_of_no_storefront() -> QuerySet[WebhookEvent]:
    return WebhookEvent.objects.filter(verdict__in=[EventVerdict.UNKNOWN_SITE, EventVerdict.INACTIVE_SITE])


def _homeless_events(storefronts: Sequence[_Storefront]) -> dict[str, Any] | None:
    """Events of sites that no active storefront has; counted with the storefronts, where there are any."""
    count = storefronts[0].homeless if storefronts else _events_of_no_storefront().count()
    url = reverse("admin:integrations_webhookevent_changelist")
    return (
        {"count": count, "url": f"{url}?verdict__exact={EventVerdict.UNKNOWN_SITE.value}"} if count else None
    )


def _gaps(storefronts: Sequence[_Storefront]) -> list[dict[str, Any]]:
    """Pace statuses without a mapping row, by storefront: buyers hear nothing of them."""
    with_gaps = sorted((one for one in storefronts if one.gaps), key=lambda one: -one.gaps)
    return [
        {
            "name": one.name,
            "count": one.gaps,
            "url": f"{reverse('mapping-coverage-of', args=[one.pk])}?show=missing#statuses",
        }
        for one in with_gaps[:MOST_CAUSES]
    ]


def _steps(
    request: HttpRequest, connections: Sequence[dict[str, Any]], *, sees_some: bool
) -> list[dict[str, str]]:
    """What a new hub still needs before orders can come in; `sees_some`: orders have come in."""
    have = {one["kind"] for one in connections}
    wanted = (
        (PresseroAccount, gettext("Add the Pressero account that orders come from"), "Pressero" in have),
        (PaceServer, gettext("Add the Pace server where jobs are created"), "Pace" in have),
        (Storefront, gettext("Add a storefront that connects the two"), sees_some),
    )
    steps = []
    for model, text, known in wanted:
        name = str(model._meta.model_name)
        if known or not request.user.has_perm(f"integrations.add_{name}"):
            continue
        if not model._default_manager.exists():
            steps.append({"text": text, "url": reverse(f"admin:integrations_{name}_add")})
    return steps
