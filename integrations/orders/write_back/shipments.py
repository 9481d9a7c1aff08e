"""Noting shipments that have left: what is to be told to Pressero, and what changed after it was told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from integrations.causes import CauseKind
from integrations.clients.pace.status import PolledShipment
from integrations.core import alerts, order_changes
from integrations.core.audit import log as audit
from integrations.core.search import index as search_index
from integrations.enums import ChangeSource, FailureMode
from integrations.models import AuditEntry, PaceJob, PaceShipment
from integrations.orders.write_back.job_facts import OrderFacts
from integrations.planning.order_diff import OrderChangeFound
from integrations.planning.tracking import items_carried

Known = Mapping[tuple[int, int], PaceShipment]


def known_shipments(jobs: Sequence[PaceJob], seen: Sequence[PolledShipment]) -> Known:
    """The rows of shipments that were noted before, by job row and Pace's id."""
    if not seen:
        return {}
    numbers = {shipment.job for shipment in seen}
    ids = [job.pk for job in jobs if job.number in numbers]
    return {(row.job_id, row.pace_id): row for row in PaceShipment.objects.filter(job__in=ids)}


def orders_with_news(jobs: Sequence[PaceJob], seen: Sequence[PolledShipment], known: Known) -> set[int]:
    """The orders of which a shipment is new or has another tracking number than before."""
    by_number = {job.number: job for job in jobs}
    found = set()
    for read in seen:
        job = by_number.get(read.job)
        if job is None:
            continue
        row = known.get((job.pk, read.id))
        shipment = _completed(read, row)
        if (shipment.numbers if row is None else list(shipment.numbers) != row.numbers) or (
            row is not None and row.sent_numbers is None and not row.items
        ):
            found.add(job.order_id)
    return found


def store_shipments(
    facts: Mapping[int, OrderFacts],
    jobs: Collection[PaceJob],
    seen: Sequence[PolledShipment],
    *,
    now: datetime,
) -> list[AuditEntry]:
    """Note what is new about the shipments of these jobs. The entries for the timelines are the caller's to store."""
    by_number = {job.number: job for job in jobs}
    of_jobs = [(by_number[one.job], one) for one in seen if one.job in by_number]
    known = known_shipments(list(jobs), seen)
    entries: list[AuditEntry] = []
    news = orders_with_news(list(jobs), [one for _, one in of_jobs], known)
    for job, read in of_jobs:
        row = known.get((job.pk, read.id))
        shipment = _completed(read, row)
        if row is None and shipment.numbers:
            row = PaceShipment(job=job, pace_id=shipment.id)
        if row is None:
            continue
        if row.sent_numbers is None:
            entries += _to_be_sent(facts[job.order_id], job, shipment, row, now)
        elif list(shipment.numbers) != row.numbers:
            entries += _changed_later(facts[job.order_id], job, shipment, row, now)
    if news:
        search_index.index_orders(news)
    return entries


def _completed(shipment: PolledShipment, row: PaceShipment | None) -> PolledShipment:
    """The shipment with the numbers that were known before, where those of its cartons could not be read now."""
    if row is None or not shipment.partial:
        return shipment
    return replace(shipment, numbers=tuple(dict.fromkeys((*row.numbers, *shipment.numbers))))


def _to_be_sent(
    facts: OrderFacts, job: PaceJob, shipment: PolledShipment, row: PaceShipment, now: datetime
) -> list[AuditEntry]:
    items = list(items_carried(shipment, job.unit, facts.sources))
    if row.pk and (row.items, row.numbers) == (items, list(shipment.numbers)):
        return []
    row.items, row.numbers, row.day = items, list(shipment.numbers), shipment.day
    if items and shipment.numbers:
        row.due_at, row.attempts, row.failing_since = now, 0, None
        row.problem = row.failure_mode = ""
        row.save()
        return []
    if not shipment.numbers:
        row.due_at = None
        row.save()
        return []
    text = f"Order {facts.row.number}: shipment {shipment.id} of job {job.number} shipped with tracking {shipment.tracking}, but Pace does not say which parts it carries. Fill its cartons in Pace, or add the shipment in Pressero manually."
    row.problem, row.failure_mode = text, FailureMode.ORDER
    row.save()
    alerts.raise_alert(facts.row, "needs_attention", text, cause=CauseKind.SHIPMENT_UNCLEAR.of(shipment.id))
    return [audit.entry("shipment.unclear", {"message": text, "shipment": shipment.id}, order=facts.row)]


def _changed_later(
    facts: OrderFacts, job: PaceJob, shipment: PolledShipment, row: PaceShipment, now: datetime
) -> list[AuditEntry]:
    """Pressero has no call that corrects a shipment: an open point for staff, among the order's changes."""
    row.numbers = list(shipment.numbers)
    row.save(update_fields=["numbers"])
    before = ", ".join(row.sent_numbers or [])
    field = f"Pace job {job.number}: tracking number of shipment {shipment.id}"[:80]
    if row.numbers == row.sent_numbers:
        listed = order_changes.of(facts.row.pk, ChangeSource.PACE).filter(field=field)
        order_changes.close_changed_back(listed, ChangeSource.PACE, now=now)
        return []
    changed = OrderChangeFound(None, field, before, shipment.tracking)
    order_changes.open_news(facts.row.pk, ChangeSource.PACE, [changed], now=now, is_news=True)
    data = {
        "shipment": shipment.id,
        "job": job.number,
        "before": before,
        "after": shipment.tracking or "empty",
    }
    entry = audit.entry("shipment.changed", data, order=facts.row)
    text = f"Order {facts.row.number}: {audit.describe_data('shipment.changed', data)}"
    alerts.raise_alert(
        facts.row,
        "changed_after_submission",
        text,
        cause=CauseKind.TRACKING.of(f"{shipment.id} {shipment.tracking}"),
    )
    return [entry]
