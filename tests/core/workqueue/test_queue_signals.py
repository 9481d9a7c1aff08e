"""A cluster hears at once that a message was put into the queue in the database, and loses nothing when it does not."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ

from integrations.core.workqueue import queue_signals
from integrations.core.workqueue.queue_guard import DatabaseQueue
from integrations.core.workqueue.queue_signals import QueueSignals

# Real commits, which are what is told of; only the queue's own tables are emptied after each test.
pytestmark = pytest.mark.django_db(transaction=True, available_apps=["django_q"])
LONG = 20.0
SHORT = 0.05

only_sqlite = pytest.mark.skipif("sqlite" not in connection.vendor, reason="SQLite's way of telling")
only_postgresql = pytest.mark.skipif(
    "postgresql" not in connection.vendor, reason="PostgreSQL's way of telling"
)


@pytest.fixture
def listeners() -> Iterator[Callable[[], QueueSignals]]:
    """Clusters that wait already, closed at the end."""
    opened: list[QueueSignals] = []

    def make() -> QueueSignals:
        opened.append(one := QueueSignals())
        one.wait(0)
        return one

    yield make
    for one in opened:
        one.close()
    if pipe := queue_signals._pipe():
        pipe.unlink(missing_ok=True)


def announce() -> None:
    DatabaseQueue("announced").enqueue("message")


def seconds(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def test_who_waits_is_told_at_once(listeners: Callable[[], QueueSignals]) -> None:
    one = listeners()
    announce()
    assert seconds(lambda: one.wait(LONG)) < LONG / 2


def test_what_was_announced_before_it_waits_is_heard(listeners: Callable[[], QueueSignals]) -> None:
    """Between a look at the queue and the wait for the next one nothing is missed."""
    one = listeners()
    for _ in range(3):
        announce()
    assert seconds(lambda: one.wait(LONG)) < LONG / 2


def test_without_news_it_waits_its_time(listeners: Callable[[], QueueSignals]) -> None:
    one = listeners()
    assert seconds(lambda: one.wait(SHORT)) >= SHORT * 0.9


def test_nobody_who_listens_is_no_fault() -> None:
    announce()


@only_postgresql
def test_every_cluster_on_every_machine_is_told(listeners: Callable[[], QueueSignals]) -> None:
    both = [listeners(), listeners()]
    announce()
    for one in both:
        assert seconds(lambda one=one: one.wait(LONG)) < LONG / 2  # type: ignore[misc]


@only_postgresql
def test_what_is_rolled_back_is_not_announced(listeners: Callable[[], QueueSignals]) -> None:
    one = listeners()
    with transaction.atomic():
        announce()
        transaction.set_rollback(True)
    assert seconds(lambda: one.wait(SHORT)) >= SHORT * 0.9


@only_postgresql
def test_a_lost_connection_is_replaced_after_a_while(
    listeners: Callable[[], QueueSignals], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = listeners()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [one._listening.info.backend_pid])
    assert seconds(lambda: one.wait(SHORT)) >= SHORT * 0.9
    announce()
    assert (
        seconds(lambda: one.wait(SHORT)) >= SHORT * 0.9
    )  # not at once again: the look from time to time remains
    one._try_at = 0.0
    one.wait(0)
    announce()
    assert seconds(lambda: one.wait(LONG)) < LONG / 2


def test_a_database_that_takes_no_more_connections_leaves_the_look_from_time_to_time(
    listeners: Callable[[], QueueSignals], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> Any:
        raise OSError("no room")

    monkeypatch.setattr(connection, "get_new_connection", refused)
    monkeypatch.setattr(queue_signals, "_open", refused)
    one = QueueSignals()
    assert seconds(lambda: one.wait(SHORT)) >= SHORT * 0.9
    assert one._try_at > time.monotonic()


@only_sqlite
def test_one_of_several_clusters_is_told_and_the_others_wait_on(
    listeners: Callable[[], QueueSignals],
) -> None:
    first, second = listeners(), listeners()
    announce()
    assert seconds(lambda: first.wait(LONG)) < LONG / 2
    assert seconds(lambda: second.wait(SHORT)) >= SHORT * 0.9


@only_sqlite
def test_a_file_in_the_place_of_the_pipe_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "hub.sqlite3-wake"
    other.write_text("mine")
    monkeypatch.setattr(queue_signals, "_pipe", lambda: other)
    announce()
    assert seconds(lambda: QueueSignals().wait(SHORT)) >= SHORT * 0.9
    assert other.read_text() == "mine"


@only_sqlite
def test_a_database_in_memory_has_no_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "NAME", ":memory:")
    assert queue_signals._pipe() is None
    assert seconds(lambda: QueueSignals().wait(SHORT)) >= SHORT * 0.9


@only_sqlite
def test_only_the_hub_s_own_user_may_read_and_write_the_pipe(listeners: Callable[[], QueueSignals]) -> None:
    listeners()
    pipe = queue_signals._pipe()
    assert pipe is not None
    assert pipe.stat().st_mode & 0o777 == 0o600


# --- the queue ------------------------------------------------------------------------------------------------


@pytest.fixture
def queue() -> DatabaseQueue:
    """A queue of its own."""
    return DatabaseQueue("arrivals")


def test_a_message_in_the_queue_is_announced_when_it_is_committed(
    listeners: Callable[[], QueueSignals], queue: DatabaseQueue
) -> None:
    one = listeners()
    with transaction.atomic():
        queue.enqueue("message")
        assert seconds(lambda: one.wait(SHORT)) >= SHORT * 0.9
    assert seconds(lambda: one.wait(LONG)) < LONG / 2


def test_a_message_that_nobody_announced_is_found(
    queue: DatabaseQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DatabaseQueue, "_is_ours", lambda *_: True)
    OrmQ.objects.create(key="arrivals", payload="message", lock=timezone.now())
    assert [payload for _, payload in queue.dequeue() or []] == ["message"]


def test_a_message_is_stored_and_told_of_in_one_statement(queue: DatabaseQueue) -> None:
    with CaptureQueriesContext(connection) as captured:
        queue.enqueue("message")
    assert len(captured) == 1


def test_a_message_is_looked_for_and_taken_in_two_statements(
    queue: DatabaseQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DatabaseQueue, "_is_ours", lambda *_: True)
    queue.enqueue("message")
    with CaptureQueriesContext(connection) as captured:
        assert queue.dequeue()
    assert len(captured) == 2


def test_a_message_is_taken_once(queue: DatabaseQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DatabaseQueue, "_is_ours", lambda *_: True)
    monkeypatch.setattr(QueueSignals, "wait", lambda *_: None)
    queue.enqueue("message")
    assert len(queue.dequeue() or []) == 1
    assert queue.dequeue() == []


def test_a_message_that_another_cluster_was_quicker_to_take_is_left_to_it(
    queue: DatabaseQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DatabaseQueue, "_is_ours", lambda *_: True)
    stored = queue.enqueue("message")
    taken = timezone.now() + timedelta(minutes=1)
    # Between this cluster's look and its hand on the message.
    monkeypatch.setattr(
        DatabaseQueue, "timeout", lambda *_: OrmQ.objects.filter(pk=stored).update(lock=taken) and taken
    )
    assert queue.dequeue() == []
    assert OrmQ.objects.get(pk=stored).lock == taken
