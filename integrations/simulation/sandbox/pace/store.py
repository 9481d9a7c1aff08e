"""Where the sandbox keeps its objects: tables by primary key, and transactions over them.

Nothing here knows what the objects mean. A record holds only the fields that were stored; keys are always text.
Whoever uses a store holds its ``lock`` for the length of one call.
"""

from __future__ import annotations

import itertools
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from integrations.simulation.sandbox.pace.errors import PaceError, TransactionEnded, not_found

Record = dict[str, Any]
Tables = dict[str, dict[str, Record]]
Clock = Callable[[], datetime]

DEFAULT_MINUTES: Final = 5
FIRST_NUMBERS: Final = {"Job": 10001, "Customer": 20001}
FIRST_NUMBER: Final = 5001


def utc_now() -> datetime:
    """The clock used unless another one is given."""
    return datetime.now(UTC)


class View(Protocol):
    """The objects as somebody sees them: everyone, or one transaction."""

    def get(self, type_name: str, key: str) -> Record | None: ...

    def records(self, type_name: str) -> Iterator[tuple[str, Record]]: ...


def already_exists(type_name: str, key: str) -> PaceError:
    """The primary key is taken."""
    return PaceError(f"Object {type_name} with primary key '{key}' already exists")


class Committed:
    """What everyone sees."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def get(self, type_name: str, key: str) -> Record | None:
        return self._tables.get(type_name, {}).get(key)

    def records(self, type_name: str) -> Iterator[tuple[str, Record]]:
        yield from self._tables.get(type_name, {}).items()


@dataclass
class _Write:
    """What a transaction did to one object."""

    kind: str  # insert, update or delete
    fields: Record


@dataclass
class Transaction:
    """Writes that nobody else sees before the commit.

    An update is kept as the fields it changes, so that two transactions that change different fields of one object
    do not undo each other. What others commit meanwhile is seen at once ("read committed").
    """

    id: str
    deadline: datetime | None
    _tables: Tables
    _writes: dict[str, dict[str, _Write]] = field(default_factory=dict)

    def get(self, type_name: str, key: str) -> Record | None:
        below = self._tables.get(type_name, {}).get(key)
        write = self._writes.get(type_name, {}).get(key)
        if write is None:
            return below
        if write.kind == "update":
            return {**below, **write.fields} if below is not None else None
        return write.fields if write.kind == "insert" else None

    def records(self, type_name: str) -> Iterator[tuple[str, Record]]:
        below = self._tables.get(type_name, {})
        writes = self._writes.get(type_name)
        if not writes:
            yield from below.items()
            return
        for key in itertools.chain(below, (key for key in writes if key not in below)):
            record = self.get(type_name, key)
            if record is not None:
                yield key, record

    def insert(self, type_name: str, key: str, record: Record) -> None:
        """Add an object; its key must be free."""
        if self.get(type_name, key) is not None:
            raise already_exists(type_name, key)
        self._writes.setdefault(type_name, {})[key] = _Write("insert", dict(record))

    def update(self, type_name: str, key: str, changes: Record) -> None:
        """Change fields of an object."""
        if self.get(type_name, key) is None:
            raise not_found(type_name, key)
        write = self._writes.setdefault(type_name, {}).setdefault(key, _Write("update", {}))
        write.fields = {**write.fields, **changes}

    def delete(self, type_name: str, key: str) -> None:
        """Remove an object."""
        if self.get(type_name, key) is None:
            raise not_found(type_name, key)
        self._writes.setdefault(type_name, {})[key] = _Write("delete", {})

    def check(self) -> None:
        """Refuse what cannot be committed, because others committed something else meanwhile."""
        for type_name, writes in self._writes.items():
            below = self._tables.get(type_name, {})
            for key, write in writes.items():
                if write.kind == "insert" and key in below:
                    raise already_exists(type_name, key)
                if write.kind == "update" and key not in below:
                    raise not_found(type_name, key)

    def apply(self) -> None:
        """Make the writes everyone's."""
        for type_name, writes in self._writes.items():
            table = self._tables.setdefault(type_name, {})
            for key, write in writes.items():
                if write.kind == "insert":
                    table[key] = write.fields
                elif write.kind == "update":
                    table[key] = {**table[key], **write.fields}
                else:
                    table.pop(key, None)

    @property
    def size(self) -> int:
        """How many objects it wrote."""
        return sum(len(writes) for writes in self._writes.values())


class PaceStore:
    """Tables, sequences and open transactions."""

    def __init__(self, clock: Clock = utc_now, timeout_seconds: float | None = None) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.timeout_seconds = timeout_seconds
        """When given, transactions end after this time, whatever they asked for."""
        self._tables: Tables = {}
        self._numbers: dict[str, int] = {}
        self._open: dict[str, Transaction] = {}
        self._count = itertools.count(1)

    @property
    def committed(self) -> Committed:
        """What everyone sees."""
        return Committed(self._tables)

    def clear(self) -> None:
        """Throw everything away, sequences and open transactions included."""
        with self.lock:
            self._tables.clear()
            self._numbers.clear()
            self._open.clear()

    def next_number(self, type_name: str) -> int:
        """The next number of a type's sequence. As in a real database, a rollback does not give it back."""
        with self.lock:
            number = self._numbers.get(type_name, FIRST_NUMBERS.get(type_name, FIRST_NUMBER))
            while self._taken(type_name, str(number)):
                number += 1
            self._numbers[type_name] = number + 1
            return number

    def _taken(self, type_name: str, key: str) -> bool:
        views: list[View] = [self.committed, *self._open.values()]
        return any(view.get(type_name, key) is not None for view in views)

    def write(self, type_name: str, key: str, record: Record) -> None:
        """Store an object as it is, outside any transaction."""
        with self.lock:
            self._tables.setdefault(type_name, {})[key] = dict(record)

    # Transactions

    def begin(self, minutes: float = DEFAULT_MINUTES) -> Transaction:
        """Open a transaction that ends by itself after that many minutes."""
        with self.lock:
            seconds = minutes * 60 if self.timeout_seconds is None else self.timeout_seconds
            txn_id = f"5a{next(self._count):02x}:38:0:{secrets.token_hex(13)}:"
            transaction = Transaction(txn_id, self.clock() + timedelta(seconds=seconds), self._tables)
            self._open[txn_id] = transaction
            return transaction

    def transaction(self, txn_id: str) -> Transaction:
        """An open transaction."""
        with self.lock:
            self._end_overdue()
            transaction = self._open.get(txn_id)
            if transaction is None:
                raise TransactionEnded(txn_id)
            return transaction

    def unnamed(self) -> Transaction:
        """A transaction for a single call made without one."""
        return Transaction("", None, self._tables)

    def commit(self, transaction: Transaction) -> None:
        """Make its writes everyone's, all or none; a transaction that cannot be committed is rolled back."""
        with self.lock:
            self._open.pop(transaction.id, None)
            transaction.check()
            transaction.apply()

    def rollback(self, transaction: Transaction) -> None:
        """Forget its writes."""
        with self.lock:
            self._open.pop(transaction.id, None)

    def open_transactions(self) -> list[str]:
        """Ids of the transactions that are neither ended nor timed out."""
        with self.lock:
            self._end_overdue()
            return list(self._open)

    def _end_overdue(self) -> None:
        now = self.clock()
        for txn_id, transaction in list(self._open.items()):
            if transaction.deadline is not None and now >= transaction.deadline:
                del self._open[txn_id]
