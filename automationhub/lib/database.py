"""A database that cannot work for a while: telling it from a fault of ours, saying what is wrong with it, limiting how long
it is waited for, and going on once it works again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from django.db import Error, InterfaceError, OperationalError, connection, transaction
from django.db.backends.signals import connection_created
from django.utils import timezone

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
PAUSE = 0.5  # seconds between two tries to reach it

_READ_ONLY = "25006"
_IDLE_IN_TRANSACTION = "25P03"
# What PostgreSQL's driver does not call operational, though no statement was wrong.
_ALSO_AWAY = {_READ_ONLY, _IDLE_IN_TRANSACTION}

# By PostgreSQL's SQLSTATE, SQLite's error name, or words of an error that has neither (no connection was made).
_STATES = {
    "53100": "The database has no disk space left. Free space on its disk; work continues automatically.",
    _READ_ONLY: "The database is read-only. Make it writable; work continues automatically.",
    "53300": "The database accepts no more connections. Raise its limit or stop what uses them.",
    "55P03": "The database is blocked: another session holds a lock. End that session if it does not end soon.",
    "57014": "The database takes too long to answer. Look for a session that holds a lock, or for a full disk.",
}
_SAME_STATE = {
    "SQLITE_FULL": "53100",
    "SQLITE_READONLY": _READ_ONLY,
    "SQLITE_BUSY": "55P03",
    "SQLITE_LOCKED": "55P03",
}
_WORDS = {
    "too many connections": "53300",
    "connection slots are reserved": "53300",
    "too many clients": "53300",
    "disk is full": "53100",
    "No space left on device": "53100",
    "readonly database": _READ_ONLY,
    "database is locked": "55P03",
}


def is_away(error: Exception) -> bool:
    """Whether this error means that the connection is lost or the database busy, not that a statement was wrong."""
    if isinstance(error, OperationalError | InterfaceError) or _code(error) in _ALSO_AWAY:
        return True
    return isinstance(error, Error) and not _answers()


def describe(error: Exception) -> str:
    """What keeps the database from working, and what to do about it: a sentence for staff."""
    return _STATES.get(_code(error), "The database does not answer.")


def _code(error: Exception) -> str:
    """PostgreSQL's code for what happened, also for SQLite; "" when it is none of those that we tell apart."""
    cause: Any = error.__cause__ or error
    code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None) or ""
    # Extended names of SQLite go on after the first one: SQLITE_READONLY_DBMOVED.
    found = next((same for name, same in _SAME_STATE.items() if code.startswith(name)), code)
    return found or next((same for words, same in _WORDS.items() if words in str(error)), "")


@contextmanager
def answering_within(seconds: float) -> Iterator[None]:
    """Within, the database gives up a statement, and the wait for a lock, after this long. Raises its errors."""
    limit = round(seconds * 1000)
    if connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true)",
                    [f"{limit}ms", f"{limit}ms"],
                )
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        before = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout = {limit}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {int(before)}")


_PROCESS_LIMIT = "hub-process-limit"


def limit_every_statement(seconds: float) -> None:
    """From now on no statement of this process may take longer, on each connection that it opens.

    On SQLite it is the wait for a lock that is limited: nothing else takes long there.
    """
    milliseconds = round(seconds * 1000)

    def limit(sender: Any, connection: Any, **kwargs: Any) -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT set_config('statement_timeout', %s, false)", [f"{milliseconds}ms"])
            else:
                cursor.execute(f"PRAGMA busy_timeout = {milliseconds}")

    connection.close()
    connection_created.connect(limit, weak=False, dispatch_uid=_PROCESS_LIMIT)


def lift_limit() -> None:
    """For a process that was forked from a limited one, before it opens connections of its own."""
    connection_created.disconnect(dispatch_uid=_PROCESS_LIMIT)


def _answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def when_it_answers(work: Callable[[], Result], *, until: datetime) -> Result:
    """What `work` returns; while the database is away, it is begun again on a fresh connection until that time.

    `work` must be safe to begin again: one transaction, or conditional updates. Raises the database's error when it is
    still away then, and every other error at once.
    """
    while True:
        try:
            return work()
        except Error as error:
            if not is_away(error) or timezone.now() >= until:
                raise
            logger.warning("The database is not available; retrying: %s", error)
            drop_broken_connection()
            time.sleep(PAUSE)


def drop_broken_connection() -> None:
    """Let the next statement open a connection of its own when the present one no longer works."""
    if not connection.in_atomic_block and not _answers():
        connection.close()
