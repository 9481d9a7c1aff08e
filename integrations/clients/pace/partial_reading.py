"""Reading what Pace answers when it refuses a part: one refused column or kind of object does not take the others along."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from integrations.clients.http.classifier import stated_message
from integrations.clients.pace.clock import columns
from integrations.clients.pace.reference import Load
from integrations.clients.pace.xpath import Condition
from integrations.errors import PermanentError

Read = TypeVar("Read")
Rows = list[dict[str, Any]]


@dataclass
class ReadingNotes:
    """What could be read and what Pace refused, by the name of the reading. `refused` holds Pace's own words."""

    done: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)

    def attempt(self, name: str, read: Callable[[], Read], otherwise: Read) -> Read:
        """What `read` gives, or `otherwise` when Pace refuses it in words. Other errors are raised."""
        try:
            found = read()
        except PermanentError as error:
            self.refuse(name, error)
            return otherwise
        self.done.add(name)
        return found

    def refuse(self, name: str, error: PermanentError) -> None:
        self.refused[name] = words_of(error)


def attempt(notes: ReadingNotes | None, name: str, read: Callable[[], Read], otherwise: Read) -> Read:
    """As `ReadingNotes.attempt`; without notes a refusal is raised."""
    return read() if notes is None else notes.attempt(name, read, otherwise)


def load_known(
    load: Load, type_: str, xpath: Condition, needed: Sequence[str], optional: Sequence[str]
) -> tuple[Rows, dict[str, str]]:
    """Rows with the needed columns and those of the optional ones that Pace knows; and the others, with Pace's words.

    The others are None in the rows. A column that Pace names is left out alone, else all optional ones are. A refusal of
    the needed columns is raised.
    """
    refused: dict[str, str] = {}
    asked = list(optional)
    while True:
        try:
            rows = load(type_, xpath, [*needed, *asked])
        except PermanentError as error:
            if not asked:
                raise
            said = words_of(error)
            named = [name for name in asked if _names(said, name)] or asked
            refused |= dict.fromkeys(named, said)
            asked = [name for name in asked if name not in refused]
        else:
            return [{**dict.fromkeys(refused), **row} for row in rows], refused


def words_of(error: PermanentError) -> str:
    """Pace's own sentence, else ours."""
    return (stated_message(error.evidence.answer) if error.evidence else "") or error.message


def _names(said: str, name: str) -> bool:
    """Whether Pace's sentence names the column, or a half of it."""
    return any(re.search(rf"\b{re.escape(column.rpartition('@')[2])}\b", said) for column in columns([name]))


def load_with(
    load: Load,
    type_: str,
    xpath: Condition,
    needed: Sequence[str],
    optional: Sequence[str],
    *,
    notes: ReadingNotes | None,
    name: str,
) -> Rows:
    """As `load_known`; what Pace refuses is noted under `name`. Without notes a refusal is raised."""
    if notes is None:
        return load(type_, xpath, [*needed, *optional])
    rows, refused = load_known(load, type_, xpath, needed, optional)
    if refused:
        notes.refused[name] = next(iter(refused.values()))
    else:
        notes.done.add(name)
    return rows
