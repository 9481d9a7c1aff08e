"""What one try of an order leaves in its timeline."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from automationhub.lib.worker_identity import current_worker
from integrations.clients.http.gateway import CallRecord
from integrations.core.audit import calls
from integrations.core.audit import log as audit
from integrations.models import AuditEntry
from integrations.stored import StoredCall

# What every look at an order does. A look that only a recurring comparison asked for is not worth telling when
# nothing else came of it: a hundred times a day it would bury what matters.
_ROUTINE = {"order.claimed", "order.fetched", "order.decided"}
# Entries that only tell what went on are stored in bundles, none later than this after it was made. A worker that is
# killed takes so much of the story with it, and nothing else: what others rely on is in the rows.
BATCH_SECONDS = 1.0


class TryRecorder:
    """Writes the entries of one try, tied together by its correlation id, and remembers which systems answered.

    `quiet`: entries of routine are kept back until something happens that is worth telling; then all are written.
    `batched`: entries are stored in bundles, and those of the end by the last `flush`.
    """

    def __init__(
        self, order_id: int, correlation: str, *, quiet: bool = False, batched: bool = False
    ) -> None:
        self._order_id = order_id
        self.correlation = self._correlation = correlation
        self._actor = f"worker {current_worker()}"
        self._held: list[tuple[str, Mapping[str, Any] | None]] = []
        self.is_quiet = quiet
        self._waiting: list[AuditEntry] = []
        self._waiting_since = 0.0
        self._stored: list[AuditEntry] = []
        self._batches = batched
        # System name -> "" when its last call was answered, else what went wrong.
        self.last_trouble: dict[str, str] = {}

    def record(
        self,
        type_: str,
        data: Mapping[str, Any] | None = None,
        *,
        routine: bool | None = None,
        at_once: bool = False,
    ) -> None:
        """Append to the timeline, or keep back while the try is quiet and this is routine.

        `at_once`: the entry belongs to a change of state and is stored in the transaction that makes it.
        """
        if self.is_quiet and (type_ in _ROUTINE if routine is None else routine):
            self._held.append((type_, data))
            return
        self.is_quiet = False
        if not self._waiting:
            self._waiting_since = time.monotonic()
        for entry in (*self._held, (type_, data)):
            self._waiting.append(
                audit.entry(*entry, order=self._order_id, actor=self._actor, correlation=self._correlation)
            )
        self._held.clear()
        if at_once or not self._batches or time.monotonic() - self._waiting_since >= BATCH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Store what waits. When the database refuses, it waits on."""
        if not self._waiting:
            return
        try:
            # Within a transaction it needs no savepoint: that one ends with whatever goes wrong in here.
            with transaction.atomic(savepoint=False):
                audit.record_all(self._waiting)
                calls.store(self._waiting)
        except BaseException:
            _as_new(self._waiting)
            raise
        self._stored, self._waiting = self._waiting, []

    @contextmanager
    def waiting_on(self) -> Iterator[None]:
        """Around a transaction: when it is undone, what was stored in it waits on."""
        self._stored = []
        try:
            yield
        except BaseException:
            _as_new(self._stored)
            self._waiting, self._stored = [*self._stored, *self._waiting], []
            raise

    def count_held(self) -> None:
        """A quiet try found nothing worth telling: its calls are not stored, only counted."""
        for type_, data in self._held:
            if type_ == "call.made" and data is not None:
                calls.count(
                    data["system"], failed=False, status=data["status"], seconds=data["milliseconds"] / 1000
                )
        self._held.clear()

    def observe(self, call: CallRecord) -> None:
        """One call to another system, successful or not (the clients' observer)."""
        note_trouble(self.last_trouble, call)
        data: StoredCall = {
            "system": call.system,
            "what": call.what,
            "method": call.method,
            "url": call.url,
            "request": call.request_body,
            "status": call.status,
            "answer": call.answer,
            "milliseconds": round(call.seconds * 1000),
        }
        if _failed(call):
            self.record("call.failed", {**data, "error": call.error}, routine=False)
        else:
            self.record("call.made", data, routine=call.method == "GET")


def _as_new(entries: list[AuditEntry]) -> None:
    """What a database has undone is to be stored as if it never was."""
    for entry in entries:
        entry.pk = None
        entry._state.adding = True


def note_trouble(last_trouble: dict[str, str], call: CallRecord) -> None:
    """Whether the system answered (core/connections/circuits.py), for work that has no timeline of its own."""
    last_trouble[call.system] = call.error if _without_answer(call) else ""


def counting(observer: Callable[[CallRecord], None] | None) -> Callable[[CallRecord], None]:
    """An observer of calls that stand in no timeline: they are counted, and seen by `observer` too."""

    def observe(call: CallRecord) -> None:
        calls.count(call.system, failed=_failed(call), status=call.status, seconds=call.seconds)
        if observer is not None:
            observer(call)

    return observe


def _failed(call: CallRecord) -> bool:
    return bool(call.error) and not _says_absent(call)


def _says_absent(call: CallRecord) -> bool:
    """Pace answers 500 for "there is no such thing": to a question that is an answer, not a failure."""
    asked = call.method == "GET" or "/FindObjects/" in call.url or "/ReadObject/" in call.url
    return asked and call.status == 500 and "Unable to locate object" in call.answer


def _without_answer(call: CallRecord) -> bool:
    """No answer at all, or one that comes from something in front of the system. A refusal is an answer."""
    return call.status is None or call.status in (502, 503, 504)
