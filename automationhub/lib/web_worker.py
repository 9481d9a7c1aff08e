"""gunicorn's threads, with a time limit for what a caller sends: a slow sender cannot hold a thread."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

# For head and body of one request together. Proxies hand over what they have received whole, over loopback, in far less;
# without a proxy 32 MiB pass in that time at 9 Mbit/s.
READ_SECONDS = 30.0
CHECK_EVERY = 1.0


class ReadLimit:
    """Ends the reading half of connections whose request takes longer to arrive than `seconds`.

    An answer that is already being written goes out whole. One thread watches all connections of the process: it starts
    with the first of them, so it is never lost in a fork.
    """

    def __init__(self, seconds: float = READ_SECONDS, check_every: float = CHECK_EVERY) -> None:
        self._seconds = seconds
        self._check_every = check_every
        self._open: dict[int, tuple[float, socket.socket]] = {}
        self._lock = threading.Lock()
        self._watcher_of = 0

    @contextlib.contextmanager
    def on(self, connection: socket.socket) -> Iterator[None]:
        """While inside, `connection` is watched."""
        self._watch()
        key = id(connection)
        self._open[key] = (time.monotonic() + self._seconds, connection)
        try:
            yield
        finally:
            self._open.pop(key, None)

    def _watch(self) -> None:
        if self._watcher_of == os.getpid():
            return
        with self._lock:
            if self._watcher_of != os.getpid():
                self._watcher_of = os.getpid()
                threading.Thread(target=self._run, name="read-limit", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(self._check_every)
            now = time.monotonic()
            for key, (until, connection) in list(self._open.items()):
                if until < now and self._open.pop(key, None) is not None:
                    with contextlib.suppress(OSError):  # it has ended meanwhile
                        connection.shutdown(socket.SHUT_RD)


_limit = ReadLimit()


class TimedThreadWorker(ThreadWorker):
    """A gthread worker whose threads wait for a request READ_SECONDS at most."""

    def handle(self, conn: Any) -> Any:
        with _limit.on(conn.sock):
            return super().handle(conn)
