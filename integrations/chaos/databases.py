"""Scratch databases of the matrix: one for each hub, brought back to a kept state in a moment."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql


class HubDatabase(ABC):
    """The database of one hub, made from the migrated one of this process. `name` as in Django's settings."""

    name: str

    @abstractmethod
    def keep(self) -> None:
        """What it holds now is what `restore` brings back. Nobody may be connected."""

    @abstractmethod
    def restore(self) -> None:
        """Bring the kept contents back. Nobody may be connected."""

    @abstractmethod
    def drop_connections(self, worker: int) -> None:
        """Break the connection that the worker process with this id has."""

    @abstractmethod
    def remove(self) -> None:
        """Leave nothing behind."""


def copy_of_default(default: dict[str, Any], copy: str) -> HubDatabase:
    """A copy, called `copy`, of the database that these settings name. Nobody may be connected to it."""
    if "sqlite" in default["ENGINE"]:
        path = Path(default["NAME"])
        return SqliteDatabase(path, path.with_name(f"{copy}.sqlite3"))
    return PostgresDatabase(os.environ["DATABASE_URL"], default["NAME"], f"{default['NAME']}_{copy}")


class SqliteDatabase(HubDatabase):
    """A file. It has no connection that could break: the worker is told to behave as if one had."""

    def __init__(self, source: Path, path: Path) -> None:
        self.name = str(path)
        self._path = path
        self._kept = path.with_suffix(".kept")
        shutil.copyfile(source, path)

    def keep(self) -> None:
        shutil.copyfile(self._path, self._kept)

    def restore(self) -> None:
        self.remove_working_files()
        shutil.copyfile(self._kept, self._path)

    def drop_connections(self, worker: int) -> None:
        os.kill(worker, signal.SIGUSR1)

    def remove_working_files(self) -> None:
        for suffix in ("-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)

    def remove(self) -> None:
        self.remove_working_files()
        for path in (self._path, self._kept):
            path.unlink(missing_ok=True)


class PostgresDatabase(HubDatabase):
    """A database beside the given one, on the same server."""

    def __init__(self, address: str, source: str, name: str) -> None:
        self.name = name
        self._server = PostgresServer(address)
        self._kept = f"{name}_kept"
        self._server.create(name, template=source)

    def keep(self) -> None:
        self._server.drop(self._kept)
        self._server.create(self._kept, template=self.name)

    def restore(self) -> None:
        self._server.drop(self.name)
        self._server.create(self.name, template=self._kept)

    def drop_connections(self, worker: int) -> None:
        self._server.end_connections(self.name)

    def remove(self) -> None:
        self._server.drop(self.name)
        self._server.drop(self._kept)


class PostgresServer:
    """What is done to whole databases, from the server's own one."""

    def __init__(self, address: str) -> None:
        self._given = urlsplit(address)

    def address_of(self, name: str) -> str:
        """The address of a database on this server."""
        return urlunsplit(self._given._replace(path=f"/{name}"))

    @contextlib.contextmanager
    def scratch(self, prefix: str) -> Iterator[str]:
        """The address of a new, empty database that is removed at the end of the block."""
        name = f"{prefix}_{secrets.token_hex(4)}"
        self.create(name)
        try:
            yield self.address_of(name)
        finally:
            self.drop(name)

    def create(self, name: str, *, template: str = "template1") -> None:
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )

    def drop(self, name: str) -> None:
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def end_connections(self, name: str) -> None:
        """Break every connection to the database; returns when they are gone."""
        self._execute(
            sql.SQL("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = {}").format(
                sql.Literal(name)
            )
        )

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.address_of("postgres"), autocommit=True) as connection:
            connection.execute(statement)
