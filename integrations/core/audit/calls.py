"""Keeping calls to other systems in columns: each beside the audit entry that tells of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from automationhub.lib.new_rows import NewRows
from integrations.core import tallies
from integrations.enums import CallOutcome
from integrations.models import AuditEntry, OutgoingCall

TYPES = ("call.made", "call.failed")
_LONGEST = 2**31 - 1

_ROWS = NewRows(
    OutgoingCall,
    "entry_id", "order_id", "at", "system", "connection", "method", "what", "status", "outcome", "milliseconds",
    returning=("entry_id",),
)  # fmt: skip


def _columns_of(entry: AuditEntry) -> tuple[Any, ...]:
    """The call that an entry is about; what the entry lacks is left empty."""
    data: Mapping[str, Any] = entry.data
    status = data.get("status")
    status = status if isinstance(status, int) and 0 < status < 1_000 else None
    milliseconds = data.get("milliseconds")
    return (
        entry.pk,
        entry.order_id,
        entry.at,
        _system(str(data.get("system", ""))),
        str(data.get("system", ""))[:130],
        str(data.get("method", ""))[:10],
        str(data.get("what", ""))[:200],
        status,
        outcome_of(failed=entry.type == "call.failed", status=status).value,
        min(max(milliseconds, 0), _LONGEST) if isinstance(milliseconds, int) else 0,
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


def store(entries: Iterable[AuditEntry]) -> None:
    """Store the calls of those of these stored entries that tell of one."""
    _ROWS.insert([_columns_of(entry) for entry in entries if entry.type in TYPES])
