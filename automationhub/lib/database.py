"""A database that goes away for a while: telling it from a fault of ours, and going on once it answers again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.db import Error, InterfaceError, OperationalError, connection
from django.utils import timezone

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
PAUSE = 0.5  # seconds between two tries to reach it


def is_away(error: Exception) -> bool:
    """Whether this error means that the connection is lost or the database busy, not that a statement was wrong."""
    if isinstance(error, OperationalError | InterfaceError):
        return True
    return isinstance(error, Error) and not _answers()


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
            logger.warning("The database is not available, it is tried again: %s", error)
            drop_broken_connection()
            time.sleep(PAUSE)


def drop_broken_connection() -> None:
    """Let the next statement open a connection of its own when the present one no longer works."""
    if not connection.in_atomic_block and not _answers():
        connection.close()
