"""The connections under the HTTP door: an answer ends in time, however slowly its server writes.

The read timeout of `requests` begins anew with every byte, so that a server that sends its headers a byte at a time would hold a
worker for hours. Here each read gets the time that is left of the whole.
"""

from __future__ import annotations

import hashlib
import io
import os
import socket
import tempfile
import time
from contextvars import ContextVar
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

# When (time.monotonic) the call that this thread makes must have its answer.
deadline: ContextVar[float] = ContextVar("deadline")


class _TimedReads(io.RawIOBase):
    """A socket's bytes, as long as there is time."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._each = sock.gettimeout()
        self._until = deadline.get(float("inf"))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("The time for the whole answer is over")
        self._sock.settimeout(left if self._each is None else min(self._each, left))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Timed:
    """What http.client asks of a socket when it reads an answer."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReads(self._sock))


class _TimedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(_Timed(sock), *args, **options)  # type: ignore[arg-type]


class _Connection(HTTPConnection):
    response_class = _TimedResponse


class _SecureConnection(HTTPSConnection):
    response_class = _TimedResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class TimedAdapter(HTTPAdapter):
    """requests' adapter over such connections."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def file_of_authorities(pem: str) -> str:
    """The path of a file with these certificates: `requests` takes them from files only.

    It is called after what it holds, so that all processes share it and a change makes a new one.
    """
    name = f"hub-authorities-{os.getuid()}-{hashlib.sha256(pem.encode()).hexdigest()}.pem"
    path = Path(tempfile.gettempdir()) / name
    if not _is_ours(path, pem):
        with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".pem", delete=False) as written:
            written.write(pem)
        Path(written.name).replace(path)
    return str(path)


def _is_ours(path: Path, pem: str) -> bool:
    """The folder is everybody's: a file of this name that somebody else left there is not believed."""
    try:
        return path.stat().st_uid == os.getuid() and not path.is_symlink() and path.read_text() == pem
    except (OSError, UnicodeDecodeError):
        return False
