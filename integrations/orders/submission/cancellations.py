"""What a fresh reading of an order says about the stages of its items: moves by staff, and cancellations."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from integrations.causes import CauseKind
from integrations.clients.schemas import PresseroItem, PresseroOrder
from integrations.core import alerts
from integrations.core.workqueue.orders import Ending
from integrations.enums import JobState, OrderStatus
from integrations.errors import PermanentError
from integrations.models import AuditEntry, ItemStage, OrderItem, PaceJob
from integrations.orders.submission.context import SubmissionContext
from integrations.planning.statuses import means_stage, same_stage


def note_moves(ctx: SubmissionContext, fetched: PresseroOrder, *, read_from: object) -> None:
    """Record stages that somebody else has set in Pressero since the last reading; call before the items are stored.

    `read_from`: when the reading was begun. What the hub told after that is newer than the reading.
    """
    kept = OrderItem.objects.filter(order=ctx.order).order_by("seq").select_related("stage")
    known = {item.seq: item for item in kept}
    for item in fetched.items:
        row = known.get(item.seq)
        if row is None:
            continue
        shown: ItemStage | None = getattr(row, "stage", None)
        ours = shown is not None and (
            same_stage(item.stage_id, shown.sent_stage) or same_stage(item.stage_id, shown.sending_stage)
        )
        if row.stage_name and item.stage_name and row.stage_name != item.stage_name and not ours:
            data = {"item": item.seq, "before": row.stage_name, "after": item.stage_name}
            ctx.record("item.stage_in_pressero", data)
        if shown is not None and not same_stage(item.stage_id, shown.seen_stage):
            not_newer = ItemStage.objects.filter(
                Q(sent_at__isnull=True) | Q(sent_at__lt=read_from), pk=shown.pk
            )
            not_newer.update(seen_stage=item.stage_id[:64], seen_name=item.stage_name[:120])


def cancelled_items(ctx: SubmissionContext, fetched: PresseroOrder) -> list[PresseroItem]:
    """The items that somebody has canceled in Pressero: those in the storefront's cancelled stage, unless the hub
    itself has put them there because of a status in Pace."""
    stage = ctx.storefront.cancelled_stage
    if not stage.strip():
        return []
    found = [
        item
        for item in fetched.items
        if not item.is_denied and means_stage(stage, item.stage_id, item.stage_name)
    ]
    if not found:
        return []
    shown = dict(ItemStage.objects.filter(item__order=ctx.order).values_list("item__seq", "sent_stage"))
    return [item for item in found if not same_stage(item.stage_id, shown.get(item.seq, ""))]


def hold_if_cancelled(ctx: SubmissionContext, fetched: PresseroOrder) -> Ending | None:
    """Before submission a cancelled item puts the order on hold. Raises PermanentError when some jobs are made already."""
    items = cancelled_items(ctx, fetched)
    if not items:
        return None
    what = _items(items)
    made = _jobs(ctx)
    if made:
        raise PermanentError(
            f"Order {ctx.order.number}: {what} canceled in Pressero while its jobs were being made. In Pace already: "
            f"{made}; nothing was deleted there. Cancel it in Pace, or move the items to another stage in Pressero and select Retry.",
            field="stage",
            cause=CauseKind.CANCELED_HALF_WRITTEN.of(),
        )
    message = (
        f"Order {ctx.order.number}: {what} canceled in Pressero, so nothing was sent to Pace. To send it after all, "
        f"move it to another stage in Pressero and select Release."
    )
    ctx.record("order.cancelled", {"sentence": message})
    return Ending(OrderStatus.ON_HOLD, message)


def alert_if_cancelled(ctx: SubmissionContext, fetched: PresseroOrder) -> None:
    """After submission staff are told, once for each set of items; nothing is deleted in Pace."""
    items = cancelled_items(ctx, fetched)
    if not items:
        return
    sentence = (
        f"Order {ctx.order.number}: {_items(items)} canceled in Pressero after submission ({_jobs(ctx)}). Nothing was "
        f"deleted in Pace: stop or cancel the work there."
    )
    earlier = AuditEntry.objects.filter(order=ctx.order, type="order.cancelled").values_list(
        "data", flat=True
    )
    if any(data.get("sentence") == sentence for data in earlier):
        return
    with ctx.lease.holding():
        ctx.record_with_state("order.cancelled", {"sentence": sentence})
        alerts.raise_alert(ctx.order, "needs_attention", sentence)


def _items(items: Sequence[PresseroItem]) -> str:
    numbers = ", ".join(str(item.seq) for item in items)
    return f"item {numbers} was" if len(items) == 1 else f"items {numbers} were"


def _jobs(ctx: SubmissionContext) -> str:
    done = PaceJob.objects.filter(order=ctx.order, state=JobState.DONE).order_by("id")
    numbers = list(done.values_list("number", flat=True))
    return f"job{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}" if numbers else ""
