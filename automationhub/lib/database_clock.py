"""The database's clock: the one clock that all machines share, whatever their own clocks say.

- `database_now()` is an expression: the database reads its own clock when it runs the statement. Leases use it, in
  conditions and in assignments, so a machine with a wrong clock can neither take over nor prolong a lease.
- `now()` is this machine's clock, corrected by the difference last measured. It costs no query.

SQLite has no clock of its own: it runs in this process, so its clock is the machine's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.backends.signals import connection_created
from django.db.models import DateTimeField, Func, Value
from django.utils import timezone

_SQLITE_FUNCTION = "hub_now"
# How often the clocks are compared before a slow answer is accepted as it is.
_TRIES = 3
# An answer that took no longer than this says enough about the difference.
_GOOD_ROUND_TRIP = timedelta(milliseconds=100)


@dataclass(frozen=True)
class ClockDifference:
    """How far the database's clock is ahead of this machine's, and by how much that may be wrong."""

    ahead: timedelta = timedelta(0)
    uncertain: timedelta = timedelta(0)


@dataclass
class _ProcessClock:
    """What this process knows. `pretended`: in place of the database's clock, for simulations in pretended time."""

    difference: ClockDifference = ClockDifference()
    pretended: Callable[[], datetime] | None = None


_process = _ProcessClock()


class DatabaseNow(Func):
    """The time on the database's clock when the statement begins.

    PostgreSQL's STATEMENT_TIMESTAMP, not NOW: that one stands still at the beginning of the transaction, and this one
    does not change within the statement, so that indexes can be used.
    """

    template = "STATEMENT_TIMESTAMP()"
    arity = 0
    output_field = DateTimeField()

    def as_sql(
        self,
        compiler: Any,
        connection: Any,
        function: str | None = None,
        template: str | None = None,
        arg_joiner: str | None = None,
        **extra_context: Any,
    ) -> Any:
        if _process.pretended is not None:
            return compiler.compile(Value(_process.pretended(), output_field=self.output_field))
        return super().as_sql(compiler, connection, function, template, arg_joiner, **extra_context)

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> Any:
        return self.as_sql(compiler, connection, template=f"{_SQLITE_FUNCTION}()", **extra_context)


def database_now() -> Any:
    """The database's time, as an expression for conditions and assignments; `database_now() + timedelta(...)` works."""
    return DatabaseNow()


def read() -> datetime:
    """Ask the database for its time: one query, none on SQLite."""
    if _process.pretended is not None:
        return _process.pretended()
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT CLOCK_TIMESTAMP()")
        found: datetime = cursor.fetchone()[0]
    return found


def measure() -> ClockDifference:
    """Compare this machine's clock with the database's, and have `now` correct the machine's by the difference."""
    best: ClockDifference | None = None
    for _ in range(_TRIES):
        before = timezone.now()
        there = read()
        after = timezone.now()
        # The database read its clock at some moment between the two readings here.
        found = ClockDifference(there - (before + (after - before) / 2), abs(after - before) / 2)
        if best is None or found.uncertain < best.uncertain:
            best = found
        if best.uncertain <= _GOOD_ROUND_TRIP:
            break
    assert best is not None  # noqa: S101 - at least one try
    _process.difference = best
    return best


def forget() -> None:
    """Nothing was measured: this machine's clock is taken for the database's."""
    _process.difference = ClockDifference()


def now() -> datetime:
    """The database's time as this process knows it: the machine's clock and the difference last measured."""
    return timezone.now() + _process.difference.ahead


@contextmanager
def pretending(clock: Callable[[], datetime]) -> Iterator[None]:
    """Within, the database's clock is this one: for simulations in which time is pretended. Also in other threads."""
    before, _process.pretended = _process.pretended, clock
    try:
        yield
    finally:
        _process.pretended = before


def _give_sqlite_a_clock(sender: Any, connection: Any, **kwargs: Any) -> None:
    if connection.vendor == "sqlite":
        write = connection.ops.adapt_datetimefield_value
        connection.connection.create_function(_SQLITE_FUNCTION, 0, lambda: write(timezone.now()))


connection_created.connect(_give_sqlite_a_clock, dispatch_uid="hub-database-clock")
