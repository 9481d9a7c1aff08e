"""A sign that something was put into the queue in the database, so that a cluster does not wait for its next look.

It is never needed: the queue is looked at several times a second, and the sweep finds what was lost with it. PostgreSQL tells
all machines (LISTEN and NOTIFY). SQLite has one machine: a named pipe beside the file, from which one cluster reads. Whoever
waits has no thread for it and keeps no transaction open.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import stat
import time
from pathlib import Path
from typing import Any

from django.db import Error, connection, transaction
from django.utils import timezone
from django_q.models import OrmQ

logger = logging.getLogger(__name__)

CHANNEL = "hub_queue"
# After a lost connection, or one that cannot be made.
TRY_AGAIN_AFTER = 30.0


# PostgreSQL tells the clusters when this statement is committed: storing a message and telling of it is one way to the server.
_STORE_AND_TELL = (
    "INSERT INTO django_q_ormq (key, payload, lock) VALUES (%s, %s, %s) RETURNING id, pg_notify(%s, '')"
)


def store(key: str, payload: str) -> int:
    """Put a message into the queue and tell waiting clusters to look, once the present transaction is committed."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_STORE_AND_TELL, [key, payload, timezone.now(), CHANNEL])
            return int(cursor.fetchone()[0])
    stored = OrmQ.objects.create(key=key, payload=payload, lock=timezone.now())
    transaction.on_commit(_announce)
    return int(stored.pk)


def _announce() -> None:
    if pipe := _pipe():
        _write(pipe)


def _pipe() -> Path | None:
    """The named pipe of this database; None where it is no file."""
    name = str(connection.settings_dict["NAME"])
    return Path(f"{name}-wake") if Path(name).is_absolute() else None


def _write(pipe: Path) -> None:
    """Nobody who reads, a full pipe, no rights: all of that may be, and the message is found all the same."""
    try:
        opened = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return
    try:
        if stat.S_ISFIFO(os.fstat(opened).st_mode):
            os.write(opened, b"1")
    except OSError:
        pass
    finally:
        os.close(opened)


class QueueSignals:
    """Where one process waits for messages. What it holds open is opened when it first waits."""

    def __init__(self) -> None:
        self._listening: Any = None
        self._reading: int | None = None
        self._try_at = 0.0

    def wait(self, seconds: float) -> None:
        """Until something was announced, or so long."""
        until = time.monotonic() + seconds
        try:
            heard = self._listen(seconds) if connection.vendor == "postgresql" else self._read(seconds)
        except (Error, OSError) as error:
            self.close()
            self._try_at = time.monotonic() + TRY_AGAIN_AFTER
            logger.warning(
                "No signals for new messages arrive, so the queue is checked every 0.3 seconds: %s", error
            )
            heard = False
        if not heard:
            time.sleep(max(0.0, until - time.monotonic()))

    def close(self) -> None:
        """Let go of what is held open."""
        if self._listening is not None:
            self._listening.close()
        if self._reading is not None:
            os.close(self._reading)
        self._listening = self._reading = None

    def _listen(self, seconds: float) -> bool:
        if self._listening is None:
            if time.monotonic() < self._try_at:
                return False
            with connection.wrap_database_errors:
                self._listening = connection.get_new_connection(connection.get_connection_params())
                self._listening.autocommit = True
                self._listening.execute(f"LISTEN {CHANNEL}")
        with connection.wrap_database_errors:
            return bool(list(self._listening.notifies(timeout=seconds, stop_after=1)))

    def _read(self, seconds: float) -> bool:
        if self._reading is None:
            pipe = _pipe()
            if pipe is None or time.monotonic() < self._try_at:
                return False
            self._reading = _open(pipe)
        ready, _, _ = select.select([self._reading], [], [], seconds)
        if ready:
            try:
                os.read(self._reading, 65_536)
            except BlockingIOError:  # another cluster was quicker
                return True
        return bool(ready)


def _open(pipe: Path) -> int:
    """The reading end. Opened for writing too, so that it does not end when those who write go away."""
    if not pipe.exists():
        with contextlib.suppress(FileExistsError):  # another cluster was quicker
            os.mkfifo(pipe, 0o600)
    opened = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    if not stat.S_ISFIFO(os.fstat(opened).st_mode):
        os.close(opened)
        raise OSError(f"{pipe} is not a named pipe; remove it.")
    return opened
