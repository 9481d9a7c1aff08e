"""Value tables: what the filter `lookup` finds."""

from __future__ import annotations

from collections.abc import Iterable

from automationhub.lib.texts import compared

EVERYTHING_ELSE = "*"


class ValueTables:
    """Tables of original and replacement, by name; names and originals compare without case and outer blanks."""

    def __init__(self, rows: Iterable[tuple[str, str, str]] = ()) -> None:
        self._tables: dict[str, dict[str, str]] = {}
        for table, original, replacement in rows:
            self._tables.setdefault(compared(table), {})[compared(original)] = replacement

    def __contains__(self, table: str) -> bool:
        return compared(table) in self._tables

    def find(self, table: str, original: str) -> str | None:
        """The replacement, else the one of `*`, else None. KeyError for a table without rows."""
        rows = self._tables[compared(table)]
        found = rows.get(compared(original))
        return rows.get(EVERYTHING_ELSE) if found is None else found
