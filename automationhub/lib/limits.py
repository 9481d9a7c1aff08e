"""Limits per minute that cost next to nothing: counted in this process, shared through Django's cache.

With Redis all processes share the counts, each after a hundredth of the limit; without it each process counts for
itself. A cache that is down limits nothing: it must not turn genuine messages away.
"""

import logging
import time
from threading import Lock

from django.core.cache import cache

logger = logging.getLogger(__name__)

WINDOW = 60
# Somebody with many addresses must not fill the memory; beyond this the oldest counts of the minute are forgotten.
MOST_KEYS = 10_000


class MinuteLimit:
    """At most `limit` hits per key in a minute of the clock; 0 is no limit."""

    def __init__(self, name: str, limit: int) -> None:
        self.name = name
        self.limit = limit
        self._lock = Lock()
        self._minute = 0
        self._known: dict[str, int] = {}  # hits of the minute, of all processes, as far as this one knows
        self._unshared: dict[str, int] = {}

    def hit(self, key: str) -> int:
        """Count one hit; the seconds to wait when it is one too many, else 0."""
        if not self.limit:
            return 0
        now = time.time()
        with self._lock:
            self._begin(int(now // WINDOW))
            known = self._known[key] = self._known.pop(key, 0) + 1
            due = self._unshared[key] = self._unshared.pop(key, 0) + 1
            share = due >= max(1, self.limit // 100)
            if share:
                self._unshared[key] = 0
        if share:
            known = self._share(key, due, known)
        return self._wait(known, now)

    def wait(self, key: str) -> int:
        """The seconds to wait when the next hit would be one too many, else 0. Asks nobody."""
        now = time.time()
        with self._lock:
            self._begin(int(now // WINDOW))
            return self._wait(self._known.get(key, 0) + 1, now) if self.limit else 0

    def forget(self) -> None:
        """Begin at zero in this process."""
        with self._lock:
            self._begin(-1)

    def _begin(self, minute: int) -> None:
        if minute != self._minute:
            self._minute = minute
            self._known.clear()
            self._unshared.clear()
        while len(self._known) >= MOST_KEYS:
            oldest = next(iter(self._known))
            del self._known[oldest]
            self._unshared.pop(oldest, None)

    def _share(self, key: str, hits: int, known: int) -> int:
        """Add this process's hits to those of all; how many there are now."""
        name = f"limit:{self.name}:{self._minute}:{key}"
        try:
            cache.add(name, 0, timeout=2 * WINDOW)
            shared = int(cache.incr(name, hits))
        except Exception:  # noqa: BLE001 - whatever the cache's client raises, a message is not lost for it
            logger.warning("The cache is not responding; each process counts its limits on its own.")
            return known
        with self._lock:
            self._known[key] = max(shared, self._known.get(key, 0))
        return max(shared, known)

    def _wait(self, hits: int, now: float) -> int:
        return WINDOW - int(now) % WINDOW if hits > self.limit else 0
