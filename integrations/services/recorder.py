"""What one try of an order leaves in its timeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from integrations import audit
from integrations.clients.http import CallRecord
from integrations.models import Order
from integrations.services import calls
from integrations.worker_identity import current_worker

# What every look at an order does. A look that only a recurring comparison asked for is not worth telling when
# nothing else came of it: a hundred times a day it would bury what matters.
_ROUTINE = {"order.claimed", "order.fetched", "order.decided"}


class TryRecorder:
    """Writes the entries of one try, tied together by its correlation id, and remembers which systems answered.

    `quiet`: entries of routine are kept back until something happens that is worth telling; then all are written.
    """

    def __init__(self, order: Order, correlation: str, *, quiet: bool = False) -> None:
        self._order = order
        self.correlation = self._correlation = correlation
        self._actor = f"worker {current_worker()}"
        self._held: list[tuple[str, Mapping[str, Any] | None]] = []
        self.is_quiet = quiet
        # System name -> "" when its last call was answered, else what went wrong.
        self.last_trouble: dict[str, str] = {}

    def record(
        self, type_: str, data: Mapping[str, Any] | None = None, *, routine: bool | None = None
    ) -> None:
        """Append to the timeline, or keep back while the try is quiet and this is routine."""
        if self.is_quiet and (type_ in _ROUTINE if routine is None else routine):
            self._held.append((type_, data))
            return
        self.is_quiet = False
        for entry in (*self._held, (type_, data)):
            self._keep(*entry)
        self._held.clear()

    def _keep(self, type_: str, data: Mapping[str, Any] | None) -> None:
        with transaction.atomic():
            calls.keep(
                audit.record(
                    type_, data, order=self._order.pk, actor=self._actor, correlation=self._correlation
                )
            )

    def observe(self, call: CallRecord) -> None:
        """One call to another system, successful or not (the clients' observer)."""
        note_trouble(self.last_trouble, call)
        data: dict[str, Any] = {
            "system": call.system,
            "what": call.what,
            "method": call.method,
            "url": call.url,
            "request": call.request_body,
            "status": call.status,
            "answer": call.answer,
            "milliseconds": round(call.seconds * 1000),
        }
        if call.error and not _says_absent(call):
            self.record("call.failed", {**data, "error": call.error}, routine=False)
        else:
            self.record("call.made", data, routine=call.method == "GET")


def note_trouble(last_trouble: dict[str, str], call: CallRecord) -> None:
    """Whether the system answered (services.circuits), for work that has no timeline of its own."""
    last_trouble[call.system] = call.error if _without_answer(call) else ""


def _says_absent(call: CallRecord) -> bool:
    """Pace answers 500 for "there is no such thing": to a question that is an answer, not a failure."""
    asked = call.method == "GET" or "/FindObjects/" in call.url or "/ReadObject/" in call.url
    return asked and call.status == 500 and "Unable to locate object" in call.answer


def _without_answer(call: CallRecord) -> bool:
    """No answer at all, or one that comes from something in front of the system. A refusal is an answer."""
    return call.status is None or call.status in (502, 503, 504)
