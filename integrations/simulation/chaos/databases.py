"""Scratch databases of the matrix: one for each hub, brought back to a kept state in a moment."""

from __future__ import annotations

import contextlib
import os
import resource
import secrets
import shutil
import signal
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

# The variable with the address by which a superuser reaches the server; the hub's own is DATABASE_URL.
CONTROL = "CHAOS_CONTROL_URL"


class HubDatabase(ABC):
    """The database of one hub, made from the migrated one of this process. `name` as in Django's settings."""

    name: str
    # Whether its clock is that of the workers' machine.
    is_on_workers_machine = False

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
    def hang(self, seconds: float) -> None:
        """A session that has locked what a worker needs does not go on for so long. Returns at once."""

    @abstractmethod
    def refuse_writes(self, worker: int, seconds: float) -> None:
        """It can be read and not written for so long. Returns at once."""

    @abstractmethod
    def fill(self, worker: int, seconds: float) -> None:
        """The disk has no room for what is written, for so long. Returns at once."""

    @abstractmethod
    def use_up_connections(self, seconds: float) -> None:
        """All connections are gone and have been taken by others for so long. Returns when they are gone."""

    @abstractmethod
    def restart(self, seconds: float) -> None:
        """End all connections and take no new ones for so long. Returns when the connections are gone."""

    @abstractmethod
    def remove(self) -> None:
        """Leave nothing behind."""


def _later(seconds: float, deed: Callable[[], None]) -> threading.Timer:
    timer = threading.Timer(seconds, deed)
    timer.daemon = True
    timer.start()
    return timer


def copy_of_default(default: dict[str, Any], copy: str) -> HubDatabase:
    """A copy, called `copy`, of the database that these settings name. Nobody may be connected to it."""
    if "sqlite" in default["ENGINE"]:
        path = Path(default["NAME"])
        return SqliteDatabase(path, path.with_name(f"{copy}.sqlite3"))
    address = os.environ.get(CONTROL) or os.environ["DATABASE_URL"]
    return PostgresDatabase(address, default["NAME"], f"{default['NAME']}_{copy}", owner=default["USER"])


class SqliteDatabase(HubDatabase):
    """A file. It has no connection that could break: the worker is told to behave as if one had."""

    is_on_workers_machine = True

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
        os.kill(worker, signal.SIGUSR1)  # worker.LOSE_CONNECTION

    def hang(self, seconds: float) -> None:
        session = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=20)
        session.execute("BEGIN IMMEDIATE")
        _later(seconds, session.close)

    def refuse_writes(self, worker: int, seconds: float) -> None:
        os.kill(worker, signal.SIGUSR2)  # worker.REFUSE_WRITES

    def fill(self, worker: int, seconds: float) -> None:
        # No file of this process may grow any more, nor be written anywhere: also not its log.
        _, most = resource.prlimit(worker, resource.RLIMIT_FSIZE)
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (0, most))

        def make_room() -> None:
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(worker, resource.RLIMIT_FSIZE, (most, most))

        _later(seconds, make_room)

    def use_up_connections(self, seconds: float) -> None:
        raise NotImplementedError("SQLite has no connections that could be used up.")

    def restart(self, seconds: float) -> None:
        raise NotImplementedError("SQLite has no server that could be restarted.")

    def remove_working_files(self) -> None:
        for suffix in ("-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)

    def remove(self) -> None:
        self.remove_working_files()
        for path in (self._path, self._kept):
            path.unlink(missing_ok=True)


# Kept and brought back by rows: making a database anew waits for a checkpoint of the whole server each time.
_KEEP = """
DO $$ DECLARE one record; BEGIN
    CREATE SCHEMA kept;
    CREATE TABLE kept."sequence values" AS SELECT sequencename AS name, last_value FROM pg_sequences WHERE schemaname = 'public';
    FOR one IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('CREATE TABLE kept.%1$I AS TABLE public.%1$I', one.name);
    END LOOP;
END $$
"""
# Superusers only: the triggers and foreign keys of the tables are not asked.
_RESTORE = """
DO $$ DECLARE one record; columns text; BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' LOOP
        SELECT string_agg(quote_ident(attname), ', ') INTO columns FROM pg_attribute
            WHERE attrelid = format('public.%I', one.name)::regclass AND attnum > 0
            AND NOT attisdropped AND attgenerated = '';
        EXECUTE format('DELETE FROM public.%I', one.name);
        EXECUTE format('INSERT INTO public.%1$I (%2$s) SELECT %2$s FROM kept.%1$I', one.name, columns);
    END LOOP;
    FOR one IN SELECT name, last_value FROM kept."sequence values" LOOP
        PERFORM setval(format('public.%I', one.name), coalesce(one.last_value, 1), one.last_value IS NOT NULL);
    END LOOP;
END $$
"""


# What a server says whose disk is full, to whatever is written while the row says so. Also in the middle of a transaction.
_CAN_FILL = """
CREATE TABLE kept."trouble" AS SELECT false AS disk_full;
CREATE FUNCTION kept.refuse_when_full() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    IF (SELECT disk_full FROM kept."trouble") THEN
        RAISE 'could not extend file "base/5/1259": No space left on device' USING ERRCODE = 'disk_full';
    END IF;
    RETURN NULL;
END $$
"""
_ROOM = "CREATE TRIGGER room BEFORE INSERT OR UPDATE ON {} EXECUTE FUNCTION kept.refuse_when_full()"


def let_it_fill(address: str) -> None:
    """From now on the database at this address can be told that its disk is full (kept.trouble)."""
    # Each table in a transaction of its own: orders are on their way, and two locks at once meet theirs the other way round.
    with psycopg.connect(address, autocommit=True) as session:
        session.execute("CREATE SCHEMA IF NOT EXISTS kept")
        session.execute(_CAN_FILL)
        for (name,) in session.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall():
            session.execute(sql.SQL(_ROOM).format(sql.Identifier("public", name)))


class PostgresDatabase(HubDatabase):
    """A database beside the given one, on the same server, of the role by which the hub connects."""

    def __init__(self, address: str, source: str, name: str, *, owner: str) -> None:
        self.name = name
        self._server = PostgresServer(address)
        self._kept = f"{name}_kept"
        self._by_rows = self._server.is_superuser()
        self._timers: list[threading.Timer] = []
        self._owner = owner
        self._server.create(name, template=source, owner=owner)

    def keep(self) -> None:
        if self._by_rows:
            with psycopg.connect(self._server.address_of(self.name)) as session:
                session.execute(_KEEP)
            let_it_fill(self._server.address_of(self.name))
            return
        self._server.drop(self._kept)
        self._server.create(self._kept, template=self.name, owner=self._owner)

    def restore(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers = []
        if self._by_rows:
            self._server.set_read_only(self.name, False)
            self._server.allow_connections(self.name, True)
            self._server.limit_connections(self.name, -1)
            self._server.end_connections(self.name)
            with psycopg.connect(self._server.address_of(self.name)) as session:
                session.execute('UPDATE kept."trouble" SET disk_full = false')
                session.execute(_RESTORE)
            return
        self._server.drop(self.name)
        self._server.create(self.name, template=self._kept, owner=self._owner)

    def _later(self, seconds: float, deed: Callable[[], None]) -> None:
        self._timers.append(_later(seconds, deed))

    def drop_connections(self, worker: int) -> None:
        self._server.end_connections(self.name)

    def hang(self, seconds: float) -> None:
        session = psycopg.connect(self._server.address_of(self.name))
        session.execute("SELECT 1 FROM integrations_order FOR UPDATE")
        # Not one of the timers of `restore`, which ends the session itself.
        _later(seconds, session.close)

    def refuse_writes(self, worker: int, seconds: float) -> None:
        self._server.set_read_only(self.name, True)
        self._server.end_connections(self.name)
        self._later(seconds, self._take_writes)

    def _take_writes(self) -> None:
        self._server.set_read_only(self.name, False)
        self._server.end_connections(self.name)

    def fill(self, worker: int, seconds: float) -> None:
        if not self._by_rows:
            self.refuse_writes(worker, seconds)
            return
        self._set_full(True)
        self._later(seconds, lambda: self._set_full(False))

    def _set_full(self, full: bool) -> None:
        with psycopg.connect(self._server.address_of(self.name)) as session:
            session.execute('UPDATE kept."trouble" SET disk_full = %s', [full])

    def use_up_connections(self, seconds: float) -> None:
        self._server.limit_connections(self.name, 0)
        self._server.end_connections(self.name)
        self._later(seconds, lambda: self._server.limit_connections(self.name, -1))

    def restart(self, seconds: float) -> None:
        self._server.allow_connections(self.name, False)
        self._server.end_connections(self.name)
        self._later(seconds, lambda: self._server.allow_connections(self.name, True))

    def remove(self) -> None:
        if os.environ.get(CONTROL):
            return  # it goes with its server, which the run has started itself
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
    def scratch(
        self, prefix: str, *, owner: str = "", template: str = "template1", stays: bool = False
    ) -> Iterator[str]:
        """The address of a new database, for the role that owns it; removed at the end of the block unless it `stays`."""
        name = f"{prefix}_{secrets.token_hex(4)}"
        self.create(name, template=template, owner=owner)
        try:
            place = f"{self._given.hostname}:{self._given.port}"
            yield f"postgres://{owner}@{place}/{name}" if owner else self.address_of(name)
        finally:
            if not stays:
                self.drop(name)

    def is_superuser(self) -> bool:
        """Whether the address is a superuser's."""
        with psycopg.connect(self.address_of("postgres")) as connection:
            return connection.info.parameter_status("is_superuser") == "on"

    def create(self, name: str, *, template: str = "template1", owner: str = "") -> None:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template)
        )
        self._execute(statement + sql.SQL(" OWNER {}").format(sql.Identifier(owner)) if owner else statement)

    def drop(self, name: str) -> None:
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def end_connections(self, name: str) -> None:
        """Break every connection to the database; returns when they are gone."""
        self._execute(
            sql.SQL("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = {}").format(
                sql.Literal(name)
            )
        )

    def set_read_only(self, name: str, read_only: bool) -> None:
        """Whether sessions that begin from now on can write."""
        self._execute(
            sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = {}").format(
                sql.Identifier(name), sql.Literal("on" if read_only else "off")
            )
        )

    def allow_connections(self, name: str, allowed: bool) -> None:
        """Whether the database takes new connections."""
        self._execute(
            sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(
                sql.Identifier(name), sql.SQL("true" if allowed else "false")
            )
        )

    def limit_connections(self, name: str, most: int) -> None:
        """How many the database takes of those who are no superusers; -1: as many as the server does."""
        self._execute(
            sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}").format(sql.Identifier(name), sql.Literal(most))
        )

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.address_of("postgres"), autocommit=True) as connection:
            connection.execute(statement)
