"""What several threads want to write at the same moment is written together.

A database takes one writer at a time (SQLite), or makes every commit wait for the disk: writing ten things in one
transaction costs little more than writing one. Whoever comes while others write waits for them, in a queue in memory and
not in the database's sleeping one, and then writes for all that have come meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Condition, Lock
from typing import Generic, TypeVar

Item = TypeVar("Item")

# Seconds that a bundle waits for those who are expected to join it; somebody who comes alone waits for nobody.
PATIENCE = 0.005


class _Pending(Generic[Item]):
    def __init__(self, item: Item) -> None:
        self.item = item
        self.taken = self.done = False
        self.error: Exception | None = None


class WriteBatches(Generic[Item]):
    """`write` stores all items that it is given, or none and raises. Then each is tried alone, so that one item that
    cannot be stored fails for its own thread only. One thread writes at a time."""

    def __init__(self, write: Callable[[Sequence[Item]], None], *, most: int = 50) -> None:
        self._write = write
        self._most = most
        self._waiting: list[_Pending[Item]] = []
        self._writing = False
        self._expected = 1
        lock = Lock()
        self._changed = Condition(lock)
        self._came = Condition(lock)

    def put(self, item: Item) -> None:
        """Returns when the item is stored; raises what `write` raised for it."""
        entry = _Pending(item)
        with self._changed:
            self._waiting.append(entry)
            self._came.notify()
        while bundle := self._wait(entry):
            try:
                self._try(bundle)
            finally:
                self._give_back(bundle)
        if entry.error is not None:
            raise entry.error

    def _wait(self, entry: _Pending[Item]) -> list[_Pending[Item]]:
        """Wait until this entry is stored (then nothing), or nobody writes: then take what waits."""
        with self._changed:
            while not entry.done and (entry.taken or self._writing):
                self._changed.wait()
            if entry.done:
                return []
            self._writing = True
            # Whoever was answered a moment ago sends the next one: two halves that take turns become one bundle.
            self._came.wait_for(lambda: len(self._waiting) >= self._expected, timeout=PATIENCE)
            bundle, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            for one in bundle:
                one.taken = True
            return bundle

    def _give_back(self, bundle: list[_Pending[Item]]) -> None:
        with self._changed:
            self._writing = False
            self._expected = min(self._most, len(bundle) + len(self._waiting))
            # Only when this very thread is being stopped: the others write theirs themselves.
            left = [entry for entry in bundle if not entry.done]
            for one in left:
                one.taken = False
            self._waiting = left + self._waiting
            self._changed.notify_all()

    def _try(self, bundle: list[_Pending[Item]]) -> None:
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
