"""Recognizing the job that people or another connector made for an order: pure.

Such a job follows no rule of ours. What may name the order is its web order ID, its description, and its PO number beside the
customer. The strongest of these that any job shows decides; weaker ones are then not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

# The job is set up after the order was placed; clocks and time zones of two systems may be a day apart.
SET_UP_BEFORE = timedelta(days=1)
# A number that is only somewhere in a text means this order no longer than for so long.
SET_UP_AFTER = timedelta(days=45)


class JobEvidence(IntEnum):
    """How surely a job is the order's, weakest first."""

    NONE = 0
    PO_NUMBER = 1
    MENTIONED = 2
    NAMED = 3
    WEB_ORDER = 4


@dataclass(frozen=True)
class JobInPace:
    """What of a job in Pace tells whose it is. `set_up` is None where Pace does not say."""

    number: str
    description: str = ""
    web_order_id: str = ""
    po_number: str = ""
    customer: str = ""
    set_up: datetime | None = None


@dataclass(frozen=True)
class SoughtOrder:
    """The order that is looked for. `po_number` is "" when it is the storefront's default one, which many orders share."""

    number: int
    po_number: str = ""
    customer: str = ""
    placed: datetime | None = None


def jobs_of(order: SoughtOrder, jobs: Iterable[JobInPace]) -> tuple[JobInPace, ...]:
    """The jobs that are this order's, by their number; empty when none is, or when it cannot be said which one is."""
    by_evidence: dict[JobEvidence, list[JobInPace]] = {}
    for job in jobs:
        by_evidence.setdefault(evidence(order, job), []).append(job)
    by_evidence.pop(JobEvidence.NONE, None)
    if not by_evidence:
        return ()
    strongest = max(by_evidence)
    found = by_evidence[strongest]
    if strongest == JobEvidence.PO_NUMBER and len(found) > 1:
        # One PO covers several orders, so any of these jobs may be another order's.
        return ()
    return tuple(sorted(found, key=lambda job: (len(job.number), job.number)))


def evidence(order: SoughtOrder, job: JobInPace) -> JobEvidence:
    """What speaks for this job being the order's."""
    number = str(order.number)
    if re.fullmatch(rf"{number}(-.+)?", job.web_order_id.strip()):
        return JobEvidence.WEB_ORDER
    if not _in_time(order, job):
        return JobEvidence.NONE
    same_customer = bool(order.customer) and _same(order.customer, job.customer)
    same_po = bool(order.po_number) and _same(order.po_number, job.po_number)
    if re.search(rf"(?<![\w.])(?:#|no\.? ?)?{number}(?![\w.]*\d)", job.description, re.IGNORECASE):
        if re.match(rf"\W*{number}(?!\d)", job.description):
            return JobEvidence.NAMED
        # A number inside of a text may be a quantity: the customer or the PO has to be the order's, too.
        return JobEvidence.MENTIONED if same_customer or same_po else JobEvidence.NONE
    return JobEvidence.PO_NUMBER if same_po and same_customer else JobEvidence.NONE


def _in_time(order: SoughtOrder, job: JobInPace) -> bool:
    if order.placed is None or job.set_up is None:
        return True
    return order.placed - SET_UP_BEFORE <= job.set_up <= order.placed + SET_UP_AFTER


def _same(left: str, right: str) -> bool:
    return " ".join(left.split()).casefold() == " ".join(right.split()).casefold()
