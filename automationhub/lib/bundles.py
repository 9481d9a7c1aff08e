"""What several threads want to write at the same moment is written together.

A database takes one writer at a time (SQLite), or makes every commit wait for the disk: writing ten things in one
transaction costs little more than writing one. Whoever comes while another thread writes waits for it, in a queue in
memory and not in the database's sleeping one, and then writes for all that have come meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

Item = TypeVar("Item")


class _Entry(Generic[Item]):
    def __init__(self, item: Item) -> None:
        self.item = item
        self.done = False
        self.error: Exception | None = None


class Bundles(Generic[Item]):
    """`write` stores all items that it is given, or none and raises. Then each is tried alone, so that one item that
    cannot be stored fails for its own thread only."""

    def __init__(self, write: Callable[[Sequence[Item]], None], *, most: int = 50) -> None:
        self._write = write
        self._most = most
        self._waiting: list[_Entry[Item]] = []
        self._guard = Lock()
        self._writer = Lock()

    def put(self, item: Item) -> None:
        """Returns when the item is stored; raises what `write` raised for it."""
        entry = _Entry(item)
        with self._guard:
            self._waiting.append(entry)
        with self._writer:
            while not entry.done:
                self._write_waiting()
        if entry.error is not None:
            raise entry.error

    def _write_waiting(self) -> None:
        with self._guard:
            bundle, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        try:
            self._try(bundle)
        finally:
            # Only when this very thread is being stopped: the others write theirs themselves.
            left = [entry for entry in bundle if not entry.done]
            with self._guard:
                self._waiting = left + self._waiting

    def _try(self, bundle: list[_Entry[Item]]) -> None:
        try:
            self._write([entry.item for entry in bundle])
        except Exception as error:  # noqa: BLE001 - it is raised again, in the thread whose item it is about
            if len(bundle) > 1:
                for entry in bundle:
                    self._try([entry])
                return
            bundle[0].error = error
        for entry in bundle:
            entry.done = True
