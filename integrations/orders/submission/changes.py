"""Noticing what changed in Pressero after an order's jobs were made: recorded once, alerted once, marked by staff."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from integrations.clients.pressero.orders import parse_order
from integrations.clients.schemas import PaceReference, PresseroOrder
from integrations.core import alerts, order_changes
from integrations.core.connections.user_fields import types_for
from integrations.core.workqueue import messages as queue
from integrations.core.workqueue import outbox
from integrations.enums import ChangeSource
from integrations.models import PaceSnapshot
from integrations.orders.submission.context import SubmissionContext
from integrations.orders.submission.inputs import parameters_of
from integrations.planning.dates import server_zone
from integrations.planning.field_rules import FieldRules
from integrations.planning.findings import PlanFindings
from integrations.planning.order_diff import OrderChangeFound, compare_orders
from integrations.planning.rule_changes import comparable_rules, rule_changes
from mappings.lookup import table_for


def note_changes(ctx: SubmissionContext, fetched: PresseroOrder) -> None:
    """Compare the order with the one that was sent and keep the differences; new ones are told to staff once."""
    if ctx.order.sent_payload is None:
        return
    # Sent in this very try: nothing can have changed since.
    sent_now = ctx.order.sent_payload is ctx.order.fetched
    changes = () if sent_now else _changes(ctx, parse_order(ctx.order.sent_payload), fetched)
    # Differences found in Pace are the business of `reconcile`.
    of_pressero = order_changes.of(ctx.order.pk, ChangeSource.PRESSERO)
    if not changes and not of_pressero.filter(handled_at__isnull=True).exists():
        return
    with ctx.lease.holding() as now:
        known = list(of_pressero)
        new = order_changes.open_news(ctx.order.pk, ChangeSource.PRESSERO, changes, now=now, known=known)
        different = {(change.item, change.field) for change in changes}
        gone = [row for row in known if (row.item, row.field) not in different and row.handled_at is None]
        order_changes.close_changed_back(gone, ChangeSource.PRESSERO, now=now)
        if new:
            sentence = "; ".join(change.sentence for change in new)
            outbox.changed(ctx.order.pk, ctx.order.status, [(change.item, change.field) for change in new])
            ctx.record_with_state("order.changed_after_submission", {"sentence": sentence})
            alerts.raise_alert(ctx.order, "changed_after_submission", sentence)
            _have_pace_read(ctx, now)


def _changes(
    ctx: SubmissionContext, then: PresseroOrder, fetched: PresseroOrder
) -> tuple[OrderChangeFound, ...]:
    """What changed in the order, and what field rules would say otherwise for that."""
    if then == fetched:
        return ()
    return (*compare_orders(then, fetched), *_changes_of_rules(ctx, then, fetched))


def _changes_of_rules(
    ctx: SubmissionContext, then: PresseroOrder, fetched: PresseroOrder
) -> tuple[OrderChangeFound, ...]:
    mappings = table_for(ctx.storefront.pk, rules=True)
    rules = comparable_rules(mappings.fields)
    if not rules:
        return ()
    store, findings = parameters_of(ctx.storefront), PlanFindings(ctx.order.number)
    zone = server_zone(store, findings) or UTC
    types = types_for(rules, ctx.storefront.pace_server_id)
    evaluate = FieldRules(
        then, store, replace(mappings, fields=rules), PaceReference(), types, ctx.now().astimezone(zone), zone, findings
    )  # fmt: skip
    return rule_changes(evaluate, ctx.order.plan or {}, then, fetched)


def _have_pace_read(ctx: SubmissionContext, now: datetime) -> None:
    """Have a worker read what Pace holds, so that each change shows it."""
    asked = {"asked_at": now, "asked_by": "Automation Hub"}
    PaceSnapshot.objects.update_or_create(order=ctx.order, defaults=asked)
    queue.ask_for_snapshot(ctx.order.pk)
