"""Comparing with the other systems, for what no event told us (docs/mapping.md §1 and §7).

Pressero delivers an event at most once. So its orders of a sliding window are read page by page: those never heard of are
taken in, those that wait or are in Pace are looked at again (approvals, changes, files). Then the jobs made in that time
are compared with what Pace holds.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from integrations.clients.pace.client import PaceClient
from integrations.clients.pace.xpath import any_of, field_equals
from integrations.clients.pressero.orders import parse_order
from integrations.core import alerts, order_changes
from integrations.core.audit import log as audit
from integrations.core.connections.clients import pace_client, pressero_client
from integrations.core.workqueue import orders, work_leases
from integrations.enums import ChangeSource, JobState, OrderStatus
from integrations.errors import HubError
from integrations.models import Order, PaceJob, PaceServer, PresseroAccount, Storefront
from integrations.orders.intake import receive
from integrations.orders.submission.late_files import made_parts
from integrations.planning.order_diff import OrderChangeFound

logger = logging.getLogger(__name__)

DEFAULT_HOURS = 26
JOBS_PER_CALL = 100
RELAXED = timedelta(hours=1)
ACTOR = "reconcile"
CHECK_AGAIN = (OrderStatus.WAITING, OrderStatus.SUBMITTED, OrderStatus.DENIED)


@dataclass
class ReconcileFindings:
    """What one pass found. `failures` are sentences; a failing system does not stop the others."""

    seen: int = 0
    taken_in: list[int] = field(default_factory=list)
    checked_again: int = 0
    compared: int = 0
    differing: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        return (
            f"{self.seen} orders seen in Pressero, {len(self.taken_in)} new without a webhook, "
            f"{self.checked_again} checked again; {self.compared} jobs compared with Pace, {len(self.differing)} differ."
        )


def reconcile(*, hours: int = DEFAULT_HOURS) -> ReconcileFindings | None:
    """One pass over the orders of the last `hours`; None when another worker is at it."""
    with work_leases.one_at_a_time("reconcile") as run:
        if run is None:
            return None
        findings = ReconcileFindings()
        since = timezone.now() - timedelta(hours=hours)
        for account in PresseroAccount.objects.filter(active=True):
            with _failures_noted(findings, f"Pressero account {account}"):
                _read_orders(account, since, findings, run)
        for server in PaceServer.objects.filter(active=True):
            with _failures_noted(findings, f"Pace server {server}"):
                _compare_jobs(server, since, findings, run)
        run.summary = findings.sentence
        return findings


class _failures_noted:
    """Notes a system's failure and lets the pass go on with the next one."""

    def __init__(self, findings: ReconcileFindings, system: str) -> None:
        self._findings, self._system = findings, system

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> bool:
        if not isinstance(error, HubError):
            return False
        logger.warning("Reconcile: %s: %s", self._system, error)
        self._findings.failures.append(str(error))
        return True


# --- Pressero ---------------------------------------------------------------------------------------------------


def _read_orders(
    account: PresseroAccount, since: datetime, findings: ReconcileFindings, run: work_leases.Work
) -> None:
    storefronts = {
        storefront.site_id: storefront
        for storefront in Storefront.objects.filter(pressero_account=account, active=True)
    }
    for page in pressero_client(account).search_orders(since, timezone.now() + timedelta(minutes=5)):
        run.renew()
        findings.seen += len(page)
        known = dict(_of_source(account, [number for number, _ in page]).values_list("number", "status"))
        for number, site_id in page:
            storefront = storefronts.get(site_id.strip().lower())
            if storefront is None:
                continue
            if number not in known:
                receive.take_in(
                    storefront,
                    number,
                    why="No webhook arrived; found by the regular check of Pressero.",
                    actor=ACTOR,
                )
                findings.taken_in.append(number)
        findings.checked_again += _check_again(
            account, [number for number, status in known.items() if status in CHECK_AGAIN]
        )


def _of_source(account: PresseroAccount, numbers: list[int]) -> QuerySet[Order]:
    """The orders of these numbers of the account's subscription, also those that came through another account of it."""
    identities = [account.identity_of(number) for number in numbers]
    mine = Q(identity=None, account=account, number__in=numbers)
    return Order.objects.filter(Q(identity__in=identities) | mine)


def _check_again(account: PresseroAccount, numbers: list[int]) -> int:
    """Have workers read these orders again, quietly: at each pass while a file may still come, else once an hour."""
    checked_again = 0
    of_active = _of_source(account, numbers).filter(storefront__active=True)
    for order in of_active.only("pk", "fetched", "fetched_at", "status"):
        recently = order.fetched_at is not None and timezone.now() - order.fetched_at < RELAXED
        if recently and order.status == OrderStatus.SUBMITTED and _has_all_files(order):
            continue
        orders.wake(order.pk, quietly=True)
        checked_again += 1
    return checked_again


def _has_all_files(order: Order) -> bool:
    """Whether every item has a file already: nothing more is expected."""
    if order.fetched is None:
        return False
    return all(item.files or item.is_denied or item.is_kit for item in parse_order(order.fetched).items)


# --- Pace -------------------------------------------------------------------------------------------------------


def _compare_jobs(
    server: PaceServer, since: datetime, findings: ReconcileFindings, run: work_leases.Work
) -> None:
    """Whether each job made since then is in Pace, with its parts and its total: two calls per hundred jobs."""
    made = PaceJob.objects.filter(server=server, state=JobState.DONE, submitted_at__gte=since)
    rows = list(made.select_related("order__storefront__pace_server").order_by("id"))
    pace = pace_client(server)
    for batch in _batches(rows):
        run.renew()
        totals, parts = _in_pace(pace, [row.number for row in batch])
        for row in batch:
            findings.compared += 1
            for what, sent, found in _differences(row, totals, parts):
                findings.differing.append(row.number)
                _note_difference(row, what, sent, found)


def _batches(rows: Sequence[PaceJob]) -> Iterator[Sequence[PaceJob]]:
    for start in range(0, len(rows), JOBS_PER_CALL):
        yield rows[start : start + JOBS_PER_CALL]


def _in_pace(pace: PaceClient, numbers: list[str]) -> tuple[dict[str, Decimal], dict[str, int]]:
    wanted = any_of(*(field_equals("job", number) for number in numbers))
    totals = {
        str(job["primaryKey"]): Decimal(str(job["originalQuotedPrice"] or 0))
        for job in pace.load("Job", wanted, ["originalQuotedPrice"])
    }
    parts: dict[str, int] = {}
    for part in pace.load("JobPart", wanted, ["job"]):
        parts[str(part["job"])] = parts.get(str(part["job"]), 0) + 1
    return totals, parts


def _differences(
    row: PaceJob, totals: dict[str, Decimal], parts: dict[str, int]
) -> Iterator[tuple[str, str, str]]:
    if row.number not in totals:
        yield "job", row.number, "not in Pace"
        return
    if row.total is not None and totals[row.number] != row.total:
        yield "total", f"{row.total:.2f}", f"{totals[row.number]:.2f}"
    sent = sum(part.unit == row.unit for part in made_parts(row.order.plan))
    if sent and parts.get(row.number, 0) != sent:
        yield "number of parts", str(sent), str(parts.get(row.number, 0))


def _note_difference(row: PaceJob, what: str, sent: str, found: str) -> None:
    """List it on the order until staff mark it as handled; told once for each value."""
    difference = OrderChangeFound(None, f"Pace job {row.number}: {what}", sent, found)
    if not order_changes.open_news(row.order_id, ChangeSource.PACE, [difference], now=timezone.now()):
        return
    sentence = f"{what} was {sent}, is {found}"
    audit.record("pace.differs", {"job": row.number, "sentence": sentence}, order=row.order, actor=ACTOR)
    alerts.raise_alert(row.order, "changed_after_submission", f"Job {row.number} in Pace: {sentence}.")
