"""A database that is full, read-only, blocked or out of connections: `ready` says so within ten seconds, events are answered
with 503, and nothing is lost when it is over."""

import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import Error, OperationalError, connection, connections
from django.db.utils import ConnectionHandler
from django.utils import timezone

from automationhub.lib import database
from integrations.models import Order, Storefront, WebhookEvent
from integrations.operations import health
from tests.messages import WebhookSender, message

sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="a state of SQLite")
postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="a state of PostgreSQL")


@pytest.fixture(autouse=True)
def _tried_afresh() -> Iterator[None]:
    health._trial.forget()
    yield
    health._trial.forget()


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def full() -> Iterator[None]:
    """No page can be added to the file, as on a disk without space."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE filling (text)")
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        # What was deleted left room: it is used up first.
        with pytest.raises(OperationalError):
            while True:
                cursor.execute("INSERT INTO filling VALUES (randomblob(3000))")
    try:
        yield
    finally:
        run("PRAGMA max_page_count = 1073741823", "DROP TABLE filling")


@contextmanager
def read_only() -> Iterator[None]:
    if connection.vendor == "sqlite":
        on, off = "PRAGMA query_only = ON", "PRAGMA query_only = OFF"
    else:
        on, off = "SET default_transaction_read_only = on", "SET default_transaction_read_only = off"
    run(on)
    try:
        yield
    finally:
        run(off)


@contextmanager
def no_connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What PostgreSQL says when a role's or the server's limit is reached."""

    def refuse(parameters: Any) -> Any:
        raise OperationalError('connection failed: FATAL:  too many connections for role "hub"')

    with monkeypatch.context() as patch:
        connection.close()
        patch.setattr(connection, "get_new_connection", refuse)
        yield


def problems() -> list[str]:
    health._trial.forget()
    begun = time.monotonic()
    found = health.problems()
    assert time.monotonic() - begun < 10
    return found


@contextmanager
def trouble(kind: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with {"full": full, "read-only": read_only, "connections": lambda: no_connections(monkeypatch)}[kind]():
        yield


KINDS = [
    pytest.param("full", "no disk space", marks=sqlite),
    ("read-only", "read-only"),
    ("connections", "no more connections"),
]


@pytest.fixture
def lasting(storefront_for_threads: Storefront, client: Any) -> WebhookSender:
    """Where Pressero delivers its events to, with real commits."""
    return WebhookSender(client)


@pytest.mark.parametrize(("kind", "words"), KINDS)
def test_ready_says_what_is_wrong_with_the_database_and_events_are_sent_again(
    lasting: WebhookSender, monkeypatch: pytest.MonkeyPatch, kind: str, words: str
) -> None:
    assert lasting.post(message(number=20_000)).status_code == 202
    with trouble(kind, monkeypatch):
        assert any(words in problem for problem in problems())
        answers = [lasting.post(message(number=20_001 + n, Pad="x" * 40_000)) for n in range(3)]
        assert {answer.status_code for answer in answers} == {503}
        assert answers[0]["Retry-After"]
        assert "again" in answers[0].json()["detail"]
    assert not any(words in problem for problem in problems())
    # Sent again, nothing is missing and nothing is there twice.
    for n in range(3):
        assert lasting.post(message(number=20_001 + n, Pad="x" * 40_000)).status_code == 202
    assert (WebhookEvent.objects.count(), Order.objects.count()) == (4, 4)


@pytest.mark.parametrize(("kind", "words"), KINDS)
def test_bad_input_is_never_answered_with_503(
    lasting: WebhookSender, monkeypatch: pytest.MonkeyPatch, kind: str, words: str
) -> None:
    assert lasting.post({"nonsense": 1}).status_code == 400


def test_a_wrong_statement_is_a_fault_of_ours_and_no_503(
    lasting: WebhookSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import ProgrammingError

    from integrations.orders.intake import receive

    def wrong(*args: Any, **kwargs: Any) -> Any:
        raise ProgrammingError('column "nonsense" does not exist')

    monkeypatch.setattr(receive, "receive", wrong)
    with pytest.raises(ProgrammingError):
        lasting.post(message(number=20_001))


@pytest.mark.django_db
def test_ready_writes_at_most_every_few_seconds_whoever_asks(django_assert_max_num_queries: Any) -> None:
    problems()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(health, "_try_to_write", lambda: ["asked again"])
        assert "asked again" not in health.problems()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("FATAL:  remaining connection slots are reserved for roles", "no more connections"),
        ("database or disk is full", "no disk space"),
        ("could not extend file: No space left on device", "no disk space"),
        ("attempt to write a readonly database", "read-only"),
        ("database is locked", "blocked"),
        ("server closed the connection unexpectedly", "does not answer"),
    ],
)
def test_what_a_database_says_becomes_a_sentence(text: str, words: str) -> None:
    assert words in database.describe(OperationalError(text))


# --- a session that hangs ---------------------------------------------------------------------------------------


@pytest.fixture
def hung(lasting: WebhookSender) -> Iterator[Order]:
    """An order whose row a session of another process has locked, which then was frozen in its transaction."""
    assert lasting.post(message(number=20_000)).status_code == 202
    assert lasting.post(message(number=20_002)).status_code == 202
    order = Order.objects.get(number=20_000)
    with locked(order):
        yield order


@contextmanager
def locked(order: Order) -> Iterator[None]:
    """By a session of another process that then hangs in its transaction."""
    import psycopg

    settings = connection.settings_dict
    session = psycopg.connect(
        host=settings["HOST"], port=settings["PORT"], user=settings["USER"], dbname=settings["NAME"]
    )
    session.execute("SELECT 1 FROM integrations_order WHERE id = %s FOR UPDATE", [order.pk])
    yield
    session.close()


@postgresql
def test_a_session_that_hangs_stops_neither_the_sweep_nor_other_events_and_ready_names_it(
    hung: Order, lasting: WebhookSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    from integrations.core.workqueue import messages as queue
    from integrations.core.workqueue import orders

    monkeypatch.setattr(queue, "async_task", lambda *args, **kwargs: None)
    monkeypatch.setattr(health, "IDLE_SESSION", timedelta(seconds=0))
    Order.objects.exclude(pk=hung.pk).update(queued_until=None)
    begun = time.monotonic()
    assert orders.wake_due_orders() == 1
    assert lasting.post(message(number=20_001)).status_code == 202
    assert any("held a transaction open" in problem for problem in problems())
    assert time.monotonic() - begun < 8


@postgresql
def test_an_order_whose_row_a_session_holds_keeps_no_other_from_being_woken(
    hung: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    from integrations.core.workqueue import messages as queue
    from integrations.core.workqueue import orders

    woken: list[int] = []
    monkeypatch.setattr(queue, "wake_worker", woken.append)
    # Also the hung one, for which a message is believed to be on its way.
    assert orders.wake_due_orders(force=True) == 1
    assert woken == [Order.objects.get(number=20_002).pk]


@postgresql
def test_an_order_whose_row_a_session_holds_keeps_no_other_from_being_freed(
    lasting: WebhookSender,
) -> None:
    from integrations.core.workqueue import orders

    for number in (20_000, 20_002):
        assert lasting.post(message(number=number)).status_code == 202
    Order.objects.update(lease_token=uuid.uuid4(), lease_until=timezone.now() - timedelta(seconds=1))
    with locked(Order.objects.get(number=20_000)):
        assert orders.free_dead_leases() == 1
    assert Order.objects.get(number=20_002).lease_until is None


@postgresql
def test_what_needs_the_lock_gives_up_after_ten_seconds(hung: Order) -> None:
    from integrations.core.workqueue import orders

    run("SET lock_timeout = '300ms'")  # ten seconds in settings.py
    try:
        with pytest.raises(OperationalError, match="lock timeout"):
            orders.acquire_lease(hung.pk)
    finally:
        connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone()[0] == "10s"
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone()[0] == "30s"


@postgresql
def test_a_frozen_process_in_its_transaction_is_ended_by_the_database_and_finds_that_out(
    lasting: WebhookSender,
) -> None:
    from django.db import transaction

    run("SET idle_in_transaction_session_timeout = '300ms'")
    try:
        with pytest.raises(Error) as found, transaction.atomic():
            run("SELECT 1")
            time.sleep(1)
            run("SELECT 1")
        assert database.is_away(found.value)
    finally:
        connections["default"].close()


@pytest.mark.django_db
def test_the_watchdog_waits_for_a_frozen_writer_of_sqlite_no_longer_than_its_own_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "hub.sqlite3"
    settings = {"ENGINE": "django.db.backends.sqlite3", "NAME": file, "OPTIONS": {"timeout": 20}}
    ours = ConnectionHandler({"default": settings})["default"]
    monkeypatch.setattr(database, "connection", ours)
    with closing(sqlite3.connect(file, isolation_level=None)) as frozen:
        frozen.execute("BEGIN EXCLUSIVE")
        database.limit_every_statement(0.2)
        try:
            begun = time.monotonic()
            with pytest.raises(OperationalError, match="locked"):
                ours.cursor().execute("CREATE TABLE more (text)")
            assert time.monotonic() - begun < 10
        finally:
            database.lift_limit()
            ours.close()
