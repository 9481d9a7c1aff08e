"""Counts of what leaves no row behind: calls outside of an order's timeline, webhooks that were refused.

Each process counts in memory and adds what it counted to one row a few seconds later, so that a flood of refused webhooks
is a handful of writes. A process that is killed takes those seconds with it.
"""

from __future__ import annotations

import logging
import math
import os
from bisect import bisect_left
from collections.abc import Callable, Sequence
from multiprocessing.util import Finalize
from threading import Lock, Timer

from django.db import Error, connection, transaction
from django.db.models import F

from integrations.models import MetricTotal
from integrations.stored import StoredCounts, StoredTotals

logger = logging.getLogger(__name__)

NAME = "tallies"
CALLS, REFUSED = "calls", "refused"
# Why a webhook or a push was refused, by the status of the answer.
BY_STATUS = {
    400: "content",
    401: "signature",
    404: "unknown_address",
    413: "too_large",
    429: "too_many",
    503: "unavailable",
}
REASONS = {
    "pressero": tuple(BY_STATUS.values()),
    "pace": ("content", "signature", "unknown_address", "too_many"),
}
CALL_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
# What is counted is in the database after this long. A scrape every 15 seconds hardly sees it.
PAUSE = 5.0

_lock = Lock()
_waiting: StoredTotals = {}
# The process whose counts wait: a forked one must not add those of its parent once more.
_process = 0
_asked = False


def merged(first: StoredTotals, second: StoredTotals) -> StoredTotals:
    """The sum of two totals."""
    return {key: _sum(first.get(key, {}), second.get(key, {})) for key in {**first, **second}}


def _sum(first: StoredCounts, second: StoredCounts) -> StoredCounts:
    return {name: first.get(name, 0) + second.get(name, 0) for name in {**first, **second}}


def count_call(system: str, outcome: str, seconds: float) -> None:
    """A call to Pace or Pressero that no row tells of."""
    _add(f"{CALLS}|{system}|{outcome}", {"count": 1, "sum": seconds, _bound(seconds, CALL_BOUNDS): 1})


def count_answer(system: str, status: int) -> None:
    """A webhook of Pressero or a push of Pace was answered like this; only a refusal counts."""
    reason = BY_STATUS.get(status)
    if reason in REASONS[system]:
        _add(f"{REFUSED}|{system}|{reason}", {"count": 1})


def _bound(seconds: float, bounds: Sequence[float]) -> str:
    """The first bound that is not below."""
    return str((*bounds, math.inf)[bisect_left(bounds, seconds)])


def _add(key: str, counts: StoredCounts) -> None:
    global _waiting, _process, _asked  # noqa: PLW0603 - one set of counts per process
    with _lock:
        if _process != os.getpid():
            _process, _waiting, _asked = os.getpid(), {}, False
            at_end(flush)
        _waiting = merged(_waiting, {key: counts})
        ask, _asked = not _asked, True
    if ask:
        later(_flush_and_close)


def later(work: Callable[[], None]) -> None:
    """Have this done in a moment, by a thread of its own."""
    timer = Timer(PAUSE, work)
    timer.daemon = True
    timer.start()


def at_end(work: Callable[[], None]) -> None:
    """Have this done when this process ends."""
    # A worker of the queue ends without what `atexit` is for.
    Finalize(None, work, exitpriority=10)


def _flush_and_close() -> None:
    try:
        flush()
    finally:
        connection.close()


def flush() -> None:
    """Add what this process has counted to the database. What cannot be stored now waits for the next count."""
    global _waiting, _asked  # noqa: PLW0603 - as above
    with _lock:
        counted, _waiting, _asked = _waiting, {}, False
    if not counted:
        return
    try:
        _store(counted)
    except Error as error:
        logger.warning("Counts for metrics wait for the database: %s", error)
        with _lock:
            _waiting = merged(_waiting, counted)


def _store(counted: StoredTotals) -> None:
    with transaction.atomic():
        MetricTotal.objects.get_or_create(name=NAME)
        row = MetricTotal.objects.select_for_update().get(name=NAME)
        totals = merged(row.totals, counted)
        MetricTotal.objects.filter(pk=row.pk).update(totals=totals, version=F("version") + 1)


def forget() -> None:
    """Drop what this process has counted and not stored, for tests."""
    global _waiting, _asked
    with _lock:
        _waiting, _asked = {}, False


def of(totals: StoredTotals, kind: str) -> StoredTotals:
    """The totals of one kind, by the rest of their keys."""
    return {key.partition("|")[2]: counts for key, counts in totals.items() if key.partition("|")[0] == kind}
