"""One run of the migrations for all processes of a test run, and for later runs: a test database begins as a copy.

Running them takes twelve times as long as all else that a new database needs. What is kept is the database as it is between the
last migration and what follows every `migrate` (groups, rights, schedules): that follows on each copy, as today's code does it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import django
from django.apps import apps
from django.conf import settings
from django.core.management.commands import migrate
from django.db import connection

BEGINNING = "test-migrated-"
# What the columns of our own fields are.
FIELDS = ("automationhub/lib/fields.py", "integrations/models")


def beginning_with_a_copy() -> contextlib.AbstractContextManager[Any]:
    """In this block, test databases are made of the kept one, which the first of them leaves behind."""
    make = connection.creation.create_test_db

    def create_test_db(*args: Any, **options: Any) -> str:
        kept = copies()
        with _alone():
            if not kept.exists():
                with mock.patch.object(migrate, "emit_post_migrate_signal", _after(kept.keep)):
                    return make(*args, **options)
        with kept.taken():
            return make(*args, **options)

    return mock.patch.object(connection.creation, "create_test_db", create_test_db)


def _after(first: Callable[[], None]) -> Callable[..., None]:
    then = migrate.emit_post_migrate_signal

    def call(*args: Any, **options: Any) -> None:
        first()
        then(*args, **options)

    return call


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One process of this checkout at a time."""
    with (settings.BASE_DIR / "var" / f"{BEGINNING}lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def key() -> str:
    """Of everything that decides which tables the migrations make."""
    found = hashlib.sha256(django.get_version().encode())
    folders = [Path(app.path) / "migrations" for app in apps.get_app_configs()]
    for place in (*folders, *(settings.BASE_DIR / name for name in FIELDS)):
        for path in sorted(place.glob("*.py")) if place.is_dir() else [place]:
            found.update(path.read_bytes() if path.exists() else b"")
    return found.hexdigest()[:12]


class SqliteCopies:
    """The kept database is a file in var/."""

    def __init__(self) -> None:
        self.path = settings.BASE_DIR / "var" / f"{BEGINNING}{key()}.sqlite3"

    def exists(self) -> bool:
        return self.path.exists()

    def keep(self) -> None:
        for old in self.path.parent.glob(f"{BEGINNING}*.sqlite3*"):
            old.unlink()
        unfinished = self.path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(unfinished)])
        unfinished.rename(self.path)

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """In this block, a new test database is a copy."""
        empty = connection.creation._create_test_db

        def create(*args: Any, **options: Any) -> str:
            name = empty(*args, **options)
            shutil.copyfile(self.path, name)
            return name

        with mock.patch.object(connection.creation, "_create_test_db", create):
            yield


class PostgresCopies:
    """The kept database is one more on the same server, for each checkout."""

    def __init__(self) -> None:
        checkout = hashlib.sha256(str(settings.BASE_DIR).encode()).hexdigest()[:8]
        self._beginning = f"hub_{BEGINNING}{checkout}-".replace("-", "_")
        self.name = self._beginning + key()

    def exists(self) -> bool:
        with connection._nodb_cursor() as cursor:
            return self.name in self._found(cursor)

    def _found(self, cursor: Any) -> list[str]:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [self._beginning])
        return [name for (name,) in cursor.fetchall()]

    def keep(self) -> None:
        unfinished = f"{self._beginning}unfinished"
        source = connection.settings_dict["NAME"]
        connection.close()  # nobody may be connected to what is copied
        with connection._nodb_cursor() as cursor:
            for old in self._found(cursor):
                cursor.execute(f'DROP DATABASE "{old}"')
            cursor.execute(f'CREATE DATABASE "{unfinished}" TEMPLATE "{source}"')
            cursor.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{self.name}"')

    def taken(self) -> contextlib.AbstractContextManager[Any]:
        """In this block, a new test database is a copy."""
        return mock.patch.dict(connection.settings_dict["TEST"], {"TEMPLATE": self.name})


def copies() -> SqliteCopies | PostgresCopies:
    """Where the migrated database of this engine is kept."""
    return SqliteCopies() if connection.vendor == "sqlite" else PostgresCopies()
