"""Sends prepared HTTP requests over kept connections and takes the time of each answer. Loopback only, counted, bounded."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

LONGEST = 75.0


@dataclass
class Load:
    """What came back: seconds per answer, answers by status (0: none), seconds in all."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    took: float = 0.0

    @property
    def per_second(self) -> float:
        """Good answers."""
        return (len(self.seconds) - self.errors) / self.took if self.took else 0.0

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0

    @property
    def errors(self) -> int:
        return sum(count for status, count in self.statuses.items() if not 200 <= status < 300)

    def add(self, other: Load) -> None:
        self.seconds += other.seconds
        self.statuses += other.statuses
        self.took += other.took


def post(path: str, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    """A request, ready to be sent."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def steady(port: int, requests: Iterable[bytes], *, connections: int, seconds: float) -> Load:
    """So many callers, each sending its next request when the last one was answered."""
    return asyncio.run(_steady(port, iter(requests), connections, seconds))


def burst(port: int, requests: list[bytes], *, per_second: float, connections: int) -> Load:
    """Every request is due at its moment, whether or not earlier ones were answered; its time counts from then. At most
    so many are under way at once; the others wait for a connection, as they would in a sender's queue."""
    return asyncio.run(_burst(port, requests, per_second, connections))


async def _steady(port: int, requests: Iterator[bytes], connections: int, seconds: float) -> Load:
    load = Load()
    started = time.perf_counter()

    async def caller() -> None:
        connection = _Connection(port)
        while time.perf_counter() - started < seconds:
            request = next(requests, None)
            if request is None:
                break
            sent = time.perf_counter()
            load.statuses[await connection.ask(request)] += 1
            load.seconds.append(time.perf_counter() - sent)
        connection.close()

    await asyncio.gather(*(caller() for _ in range(connections)))
    load.took = time.perf_counter() - started
    return load


async def _burst(port: int, requests: list[bytes], per_second: float, connections: int) -> Load:
    load = Load()
    waiting = iter(enumerate(requests))
    started = time.perf_counter()

    async def caller() -> None:
        connection = _Connection(port)
        for number, request in waiting:
            due = started + number / per_second
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            load.statuses[await connection.ask(request)] += 1
            load.seconds.append(time.perf_counter() - due)
        connection.close()

    with contextlib.suppress(TimeoutError):  # what has no answer by then is reported as such
        await asyncio.wait_for(asyncio.gather(*(caller() for _ in range(connections))), LONGEST)
    load.took = time.perf_counter() - started
    return load


class _Connection:
    """A connection that is opened when it is needed and again when the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> int:
        """The status of the answer; 0 without one. A kept connection that the server closed meanwhile is replaced once."""
        for fresh in (self._streams is None, True):
            try:
                return await asyncio.wait_for(self._ask(request), LONGEST)
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                self.close()
                if fresh:
                    return 0
        return 0

    async def _ask(self, request: bytes) -> int:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        at = head.find(b"content-length:")
        if at >= 0:
            await reader.readexactly(int(head[at + 15 : head.index(b"\r", at)]))
        if b"connection: close" in head:
            self.close()
        return int(head[9:12])

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
