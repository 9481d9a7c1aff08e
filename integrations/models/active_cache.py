"""What this process knows of the active accounts and storefronts, so that an event costs no look-up.

A change is seen immediately in the process that makes it, and within SECONDS in others.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

from django.db import models, transaction

# Long enough that a burst of events reads each row once; short enough that nobody waits for a change to count.
SECONDS = 2.0
MOST = 10_000

Key = TypeVar("Key")
Value = TypeVar("Value")
Row = TypeVar("Row", bound=models.Model)


class ActiveCache(Generic[Key, Value]):
    """Values that are believed for SECONDS. Each change is one operation on a dictionary, so no lock is needed."""

    def __init__(self) -> None:
        self._values: dict[Key, tuple[float, Value]] = {}

    def get(self, key: Key) -> Value | None:
        """The value, unless it is too old or was never stored."""
        found = self._values.get(key)
        return found[1] if found is not None and found[0] > time.monotonic() else None

    def put(self, values: Mapping[Key, Value]) -> None:
        """Store these values as read now."""
        until = time.monotonic() + SECONDS
        if len(self._values) > MOST:
            self._values.clear()
        self._values.update({key: (until, value) for key, value in values.items()})

    def forget(self) -> None:
        """Read everything again next time."""
        self._values.clear()

    def forget_now_and_after_commit(self) -> None:
        """What others read before the commit is the old row once more."""
        self.forget()
        transaction.on_commit(self.forget)


class CachedQuerySet(models.QuerySet[Row]):
    """Rows of which some are cached: changes of many rows are seen as well."""

    cache: ClassVar[ActiveCache[Any, Any]]

    def update(self, **kwargs: Any) -> int:
        changed = super().update(**kwargs)
        self.cache.forget_now_and_after_commit()
        return changed

    def delete(self) -> tuple[int, dict[str, int]]:
        gone = super().delete()
        self.cache.forget_now_and_after_commit()
        return gone
