"""What several threads want to write at the same moment is written together.

A database takes one writer at a time (SQLite), or makes every commit wait for the disk: writing ten things in one
transaction costs little more than writing one. Whoever comes while others write waits for them, in a queue in memory and
not in the database's sleeping one, and then writes for all that have come meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Condition
from typing import Generic, TypeVar

Item = TypeVar("Item")


class _Entry(Generic[Item]):
    def __init__(self, item: Item) -> None:
        self.item = item
        self.taken = self.done = False
        self.error: Exception | None = None


class Bundles(Generic[Item]):
    """`write` stores all items that it is given, or none and raises. Then each is tried alone, so that one item that
    cannot be stored fails for its own thread only. At most `writers()` threads write at once."""

    def __init__(
        self,
        write: Callable[[Sequence[Item]], None],
        *,
        most: int = 50,
        writers: Callable[[], int] = lambda: 1,
    ) -> None:
        self._write = write
        self._most = most
        self._writers = writers
        self._waiting: list[_Entry[Item]] = []
        self._writing = 0
        self._changed = Condition()

    def put(self, item: Item) -> None:
        """Returns when the item is stored; raises what `write` raised for it."""
        entry = _Entry(item)
        with self._changed:
            self._waiting.append(entry)
        while bundle := self._wait(entry):
            try:
                self._try(bundle)
            finally:
                self._give_back(bundle)
        if entry.error is not None:
            raise entry.error

    def _wait(self, entry: _Entry[Item]) -> list[_Entry[Item]]:
        """Wait until this entry is stored (then nothing), or a place is free to write what waits."""
        with self._changed:
            while not entry.done and (entry.taken or self._writing >= self._writers()):
                self._changed.wait()
            if entry.done:
                return []
            bundle, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            for one in bundle:
                one.taken = True
            self._writing += 1
            return bundle

    def _give_back(self, bundle: list[_Entry[Item]]) -> None:
        with self._changed:
            self._writing -= 1
            # Only when this very thread is being stopped: the others write theirs themselves.
            left = [entry for entry in bundle if not entry.done]
            for one in left:
                one.taken = False
            self._waiting = left + self._waiting
            self._changed.notify_all()

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
