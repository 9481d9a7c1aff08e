"""Differences between an order as it was sent and as Pressero or Pace shows it now: every part that finds one opens and closes it here.

A difference is listed once for its order, item and field. It is news when it was not listed, when it has another value than
the one that is, or when it had been changed back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import QuerySet

from integrations.enums import ChangeClosed, ChangeSource
from integrations.models import OrderChange
from integrations.planning.order_diff import OrderChangeFound


def of(order_id: int, source: ChangeSource) -> QuerySet[OrderChange]:
    """The differences of an order that were found there, open and closed."""
    return OrderChange.objects.filter(order=order_id, source=source)


def open_news(
    order_id: int,
    source: ChangeSource,
    found: Collection[OrderChangeFound],
    *,
    now: datetime,
    known: Collection[OrderChange] | None = None,
    is_news: bool = False,
) -> list[OrderChangeFound]:
    """List these differences as open; those that are news.

    `known`: the rows of this source, when they were read already. `is_news`: the caller knows that they are.
    """
    rows = {(row.item, row.field): row for row in (of(order_id, source) if known is None else known)}
    news = [one for one in found if is_news or _is_news(rows.get((one.item, one.field)), one)]
    for one in news:
        OrderChange.objects.update_or_create(
            order_id=order_id,
            item=one.item,
            field=one.field,
            defaults={
                "source": source,
                "before": one.before,
                "after": one.after,
                "found_at": now,
                "pace_read_at": None,
                "check_by": "",
                **_OPEN,
            },
        )
    return news


def _is_news(row: OrderChange | None, found: OrderChangeFound) -> bool:
    return row is None or row.after != found.after or row.closed_by == ChangeClosed.CHANGED_BACK


def close(changes: QuerySet[OrderChange], how: ChangeClosed, *, by: str, now: datetime) -> int:
    """Close those of these that are open; how many. `by`: who, in words."""
    still_open = changes.filter(handled_at__isnull=True)
    return still_open.update(handled_at=now, handled_by=by[:200], closed_by=how, check_by="")


def close_changed_back(changes: Iterable[OrderChange], source: ChangeSource, *, now: datetime) -> None:
    """Close differences that are gone before staff had to act."""
    rows = OrderChange.objects.filter(pk__in=[row.pk for row in changes])
    close(rows, ChangeClosed.CHANGED_BACK, by=f"changed back in {source.label}", now=now)


def reopen(changes: QuerySet[OrderChange]) -> int:
    """Open those of these again that are closed; how many."""
    return changes.filter(handled_at__isnull=False).update(**_OPEN)


_OPEN = {"handled_at": None, "handled_by": "", "closed_by": ChangeClosed.OPEN}
