"""Pressero's events about our own status writes: recognised, so that they cause nothing.

The event names the item but not the stage. Before a status is sent the row says until when its echo is expected, and
the first OrderItemStatusChanged of that item within this time is taken for it, once: a second one is somebody else's.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from integrations.models import ItemStage, PresseroAccount

STATUS_CHANGED = "OrderItemStatusChanged"
# Long enough for a slow webhook; whoever changes an item's stage by hand within it, before the echo has come, is
# noticed at the next reading of the order.
WINDOW = timedelta(minutes=2)


def use_own_event(
    account: PresseroAccount, type_name: str, order_number: int | None, item: int | None
) -> bool:
    """Whether this event is the echo of our own write; then it is used up."""
    if type_name != STATUS_CHANGED or order_number is None or item is None:
        return False
    expected = ItemStage.objects.filter(
        item__order__account=account,
        item__order__number=order_number,
        item__seq=item,
        own_event_until__gt=timezone.now(),
    )
    return bool(ItemStage.objects.filter(pk__in=expected.values("pk")).update(own_event_until=None))
