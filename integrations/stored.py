"""What the JSON columns hold, for whoever reads or writes them."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class StoredStatus(TypedDict):
    """A status of Pace as it was last read."""

    id: str
    name: str


class StoredCandidate(TypedDict):
    """A stage that one job part asks for (planning/statuses.py, Candidate)."""

    stage: str
    note: str
    row: int
    reason: str
    job: str
    part: str
    status: str


class StoredTable(TypedDict):
    """An object of a plan beside the one in Pace: a row per field, for a page to show."""

    title: str
    rows: list[dict[str, Any]]
    missing: NotRequired[bool]  # Pace has no such object
