"""Keeping calls to other systems in columns: each beside the audit entry that tells of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from integrations.core import tallies
from integrations.enums import CallOutcome
from integrations.models import AuditEntry, OutgoingCall

TYPES = ("call.made", "call.failed")
BATCH = 2_000
_LONGEST = 2**31 - 1


def call_of(entry: Any, *, model: Any = OutgoingCall) -> Any:
    """The call that an audit entry tells of, not stored yet; what older entries lack is left empty."""
    data: Mapping[str, Any] = entry.data
    status = data.get("status")
    status = status if isinstance(status, int) and 0 < status < 1_000 else None
    milliseconds = data.get("milliseconds")
    return model(
        entry_id=entry.pk,
        order_id=entry.order_id,
        at=entry.at,
        system=_system(str(data.get("system", ""))),
        connection=str(data.get("system", ""))[:130],
        method=str(data.get("method", ""))[:10],
        what=str(data.get("what", ""))[:200],
        status=status,
        outcome=outcome_of(failed=entry.type == "call.failed", status=status),
        milliseconds=min(max(milliseconds, 0), _LONGEST) if isinstance(milliseconds, int) else 0,
    )


def _system(connection: str) -> str:
    """“Pace server North” and “Pressero account Main” are the two systems."""
    return connection.partition(" ")[0][:20]


def outcome_of(*, failed: bool, status: int | None) -> CallOutcome:
    """Whose fault it was, as far as the answer tells."""
    if not failed:
        return CallOutcome.ANSWERED
    if status is None:
        return CallOutcome.SILENT
    return CallOutcome.ERROR if status >= 500 else CallOutcome.REFUSED


def count(system: str, *, failed: bool, status: int | None, seconds: float) -> None:
    """Count a call that is not stored."""
    tallies.count_call(_system(system).lower(), outcome_of(failed=failed, status=status), seconds)


def keep(entries: Iterable[AuditEntry]) -> None:
    """Store the calls of those of these stored entries that tell of one."""
    if told := [call_of(entry) for entry in entries if entry.type in TYPES]:
        OutgoingCall.objects.bulk_create(told, batch_size=500)


def keep_all(*, entries: Any = AuditEntry, calls: Any = OutgoingCall) -> Iterable[int]:
    """Store the calls of all entries that have none yet, in batches; gives after each how many there were."""
    last, done = 0, 0
    while True:
        rows = entries.objects.filter(type__in=TYPES, pk__gt=last).order_by("pk")
        if not (batch := list(rows.only("pk", "order_id", "at", "type", "data")[:BATCH])):
            return
        calls.objects.bulk_create([call_of(entry, model=calls) for entry in batch], ignore_conflicts=True)
        last, done = batch[-1].pk, done + len(batch)
        yield done
