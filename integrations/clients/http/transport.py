"""The connections under the HTTP gateway: an answer ends in time, however slowly its server writes.

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
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError

from automationhub.lib.network import is_named, is_off_limits, leads_inside, plain_host

# When (time.monotonic) the call that this thread makes must have its answer.
deadline: ContextVar[float] = ContextVar("deadline")
# When (time.monotonic) it is too late to send it: what the call rests on may not be true any more.
_last_moment: ContextVar[float] = ContextVar("last moment")
_now = time.monotonic


def moment_in(seconds: float) -> float:
    """When so much time will have passed, for `sent_by`."""
    return _now() + seconds


def sent_within(seconds: float) -> AbstractContextManager[None]:
    """`sent_by` the moment in so many seconds."""
    return sent_by(moment_in(seconds))


@contextmanager
def sent_by(moment: float) -> Iterator[None]:
    """Within, a call that could not be sent by this moment is not sent any more: a process that was stopped in between wakes
    up without knowing how long it was gone."""
    before = _last_moment.set(moment)
    try:
        yield
    finally:
        _last_moment.reset(before)


def is_too_late() -> bool:
    """Whether the call of this thread must not be sent any more."""
    return _now() > min(deadline.get(float("inf")), _last_moment.get(float("inf")))


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


class _InTime:
    """A connection over which nothing is sent when the time of the call is over: who has waited that time out may rely
    on it. A slow look-up of a host's name has no time-out of its own, and a process may have been stopped meanwhile.
    """

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self._check_time()

    def putrequest(self, *args: Any, **options: Any) -> None:
        self._check_time()
        super().putrequest(*args, **options)  # type: ignore[misc]

    def _check_time(self) -> None:
        if is_too_late():
            raise ConnectTimeoutError(self, "The time of the call was over before it was sent")


class OffLimits(OSError):
    """A name led to an address that no system of ours can have; nothing was sent there."""

    why = "which no system of yours can have"


class LeadsInside(OffLimits):
    """A name led into the network; nothing was sent there."""

    why = "which is inside your network and not named in OUTGOING_INTERNAL_HOSTS"


class _ChecksItsPeer:
    """Judges the address that a name has led to, of the very connection that is used, before anything is sent."""

    def _new_conn(self) -> socket.socket:
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]
        peer = str(sock.getpeername()[0]).partition("%")[0]
        try:
            self._check_peer(peer)
        except OffLimits:
            sock.close()
            raise
        return sock

    def _check_peer(self, peer: str) -> None:
        if is_off_limits(ip_address(peer)):
            raise OffLimits(peer)


class _Connection(_InTime, _ChecksItsPeer, HTTPConnection):
    response_class = _TimedResponse


class _SecureConnection(_InTime, _ChecksItsPeer, HTTPSConnection):
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


class _ReachesOut:
    """Connections to the internet, and to those hosts inside that are named in OUTGOING_INTERNAL_HOSTS. The address is
    judged that the connection has: a name that leads elsewhere from one look-up to the next gains nothing."""

    host: str

    def _check_peer(self, peer: str) -> None:
        super()._check_peer(peer)  # type: ignore[misc]
        allowed = settings.OUTGOING_INTERNAL_HOSTS
        if not is_named(plain_host(self.host), allowed) and leads_inside(peer, allowed):
            raise LeadsInside(peer)


class _OutgoingConnection(_ReachesOut, _Connection):
    pass


class _SecureOutgoingConnection(_ReachesOut, _SecureConnection):
    pass


class _OutgoingPool(HTTPConnectionPool):
    ConnectionCls = _OutgoingConnection


class _SecureOutgoingPool(HTTPSConnectionPool):
    ConnectionCls = _SecureOutgoingConnection


class OutgoingAdapter(TimedAdapter):
    """The same to addresses that people typed for events: they lead outside, or where the settings allow it."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _OutgoingPool, "https": _SecureOutgoingPool}


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
