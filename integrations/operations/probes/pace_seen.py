"""What a probe of Pace saw: plain data, filled in by `pace_probe` and read by `pace_verdicts`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class AskedFact:
    """A question put to Pace. `ok` is None when no answer came, or it was never asked; `said` is Pace's own word."""

    ok: bool | None = None
    said: str = ""


@dataclass
class Written:
    """An object as it was sent, call by call put together, and as it was read back before the rollback."""

    type: str
    key: str
    sent: dict[str, Any] = field(default_factory=dict)
    answered: dict[str, Any] = field(default_factory=dict)
    created: bool = True


@dataclass
class MomentSeen:
    """A moment in one field: the server's wall clock, what was sent, and what came back in each way."""

    name: str
    type: str
    field: str
    wall: str
    sent: str
    answered: str = ""
    day: Any = None
    time: Any = None


@dataclass
class PaceSeen:
    """Everything that was seen. What was not seen stays None or empty."""

    zone: str
    version: str = ""
    asked: dict[str, AskedFact] = field(default_factory=dict)
    planned_types: list[dict[str, Any]] | None = None
    plan_problems: list[str] = field(default_factory=list)
    templates: list[str] = field(default_factory=list)
    txn: str = ""
    txn_minutes: int = 0
    written: list[Written] = field(default_factory=list)
    job: str = ""
    lost: str = ""
    """What Pace said when it ended the transaction in the middle; empty: it never did."""
    moments: list[MomentSeen] = field(default_factory=list)
    contents: list[dict[str, Any]] | None = None
    file_links: dict[str, int] | None = None
    files_made: dict[str, int] = field(default_factory=dict)
    contacts: list[dict[str, Any]] = field(default_factory=list)
    rows: tuple[int, int] | None = None
    """The limit that was asked with, and how many rows came."""
    template_fields: list[str] | None = None
    forced: dict[str, tuple[Any, Any]] | None = None
    unforced: dict[str, tuple[Any, Any]] | None = None
    offset: tuple[str, str] | None = None
    number_sent: tuple[str, str] | None = None
    undone: bool | None = None
    leftovers: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def of(self, type_: str) -> list[Written]:
        """The objects of a type, in the order they were made."""
        return [one for one in self.written if one.type == type_]

    def answer(self, question: str) -> AskedFact:
        return self.asked.get(question, AskedFact())
