"""The watchdog's own decisions, without real clusters (tests/commands/test_watchdog.py has those)."""

import multiprocessing
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from integrations.core.workqueue import heartbeats, orders, supervisor
from integrations.core.workqueue import messages as queue
from integrations.core.workqueue.supervisor import Supervisor
from integrations.models import Heartbeat
from tests.factories import make_order

pytestmark = pytest.mark.django_db


class Cluster:
    """A child process that lives until a test says otherwise; no process has its id."""

    pid = 2**22 + 1
    exitcode: int | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def is_alive(self) -> bool:
        return self.exitcode is None

    def end(self, timeout: float | None = None) -> None:
        """However it is done: nobody is there."""

    start = terminate = kill = join = end


@pytest.fixture
def forced(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each look at the due orders sent their wake-ups once more."""
    asked: list[bool] = []
    monkeypatch.setattr(orders, "wake_due_orders", lambda *, force=False: asked.append(force))
    monkeypatch.setattr(queue, "ask_for_beat", lambda: None)
    monkeypatch.setattr(multiprocessing.get_context("fork"), "Process", Cluster)
    monkeypatch.setattr(supervisor.connections, "close_all", lambda: None)
    monkeypatch.setattr(supervisor, "RESTART_PAUSE", 0)
    monkeypatch.setattr(supervisor, "close_old_connections", lambda: None)
    return asked


def look(watchdog: Supervisor, times: int = 1) -> None:
    for _ in range(times):
        watchdog._keep_running()
        watchdog._tick()


def test_at_its_start_wake_ups_that_were_lost_with_an_earlier_worker_are_sent_again_once(
    forced: list[bool],
) -> None:
    look(Supervisor(), times=3)
    assert forced == [True, False, False]


def test_wake_ups_that_were_lost_with_a_dead_cluster_are_sent_again_once(forced: list[bool]) -> None:
    watchdog = Supervisor()
    look(watchdog)
    assert watchdog._child is not None
    watchdog._child.exitcode = -9
    look(watchdog, times=2)
    assert forced == [True, True, False]


def test_wake_ups_that_were_lost_with_a_frozen_cluster_are_sent_again_once(forced: list[bool]) -> None:
    watchdog = Supervisor(stale_after=60)
    look(watchdog)
    watchdog._last_sign -= 61
    look(watchdog, times=3)
    assert forced == [True, False, True, False]


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("connection already closed")])
def test_a_database_that_is_away_ends_nothing_and_is_no_silence_of_the_cluster(
    forced: list[bool], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    watchdog = Supervisor(stale_after=60, beat_every=0)
    look(watchdog)
    child = watchdog._child

    def away(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr(orders, "wake_due_orders", away)
    monkeypatch.setattr(heartbeats, "last_beat", away)
    watchdog._last_sign -= 61
    look(watchdog, times=2)
    assert watchdog._child is child


def test_a_cluster_that_is_frozen_is_found_although_due_orders_cannot_be_looked_for(
    forced: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    watchdog = Supervisor(stale_after=60)
    look(watchdog)
    child = watchdog._child

    def blocked(**kwargs: object) -> None:
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(orders, "wake_due_orders", blocked)
    watchdog._last_sign -= 61
    look(watchdog, times=2)
    assert watchdog._child is not child


def test_a_call_that_never_answers_does_not_hang_the_watchdog(
    forced: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "TICK_LIMIT", 0.2)
    watchdog = Supervisor()

    def never(**kwargs: object) -> None:
        threading.Event().wait(60)

    monkeypatch.setattr(orders, "wake_due_orders", never)
    begun = time.monotonic()
    look(watchdog)
    assert time.monotonic() - begun < 10


def test_a_task_queue_that_is_down_ends_nothing(forced: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*args: object, **kwargs: object) -> None:
        raise ConnectionError("refused")

    monkeypatch.undo()
    monkeypatch.setattr(queue, "async_task", down)
    queue.ask_for_beat()


def test_a_worker_that_was_told_to_stop_hands_back_what_it_could_not_finish(
    forced: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "is_surely_dead", lambda name: True)
    order = make_order(due_at=timezone.now())
    assert orders.acquire_lease(order.pk)
    watchdog = Supervisor()
    look(watchdog)
    assert watchdog._child is not None
    watchdog._child.exitcode = -9
    watchdog._end_child()
    order.refresh_from_db()
    assert order.lease_token is None


# --- signs of life --------------------------------------------------------------------------------------------


def test_a_finished_task_is_a_sign_of_life_of_its_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(heartbeats.CLUSTER_VARIABLE, "one")
    heartbeats.note_task_done()
    first = heartbeats.last_beat("one")
    heartbeats.note_task_done()
    assert Heartbeat.objects.count() == 1
    assert first is not None
    assert heartbeats.last_beat("one") > first  # type: ignore[operator]
    assert heartbeats.last_beat("two") is None


def test_a_sign_of_life_that_cannot_be_stored_does_not_end_the_cluster(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def busy(**kwargs: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(Heartbeat.objects, "update_or_create", busy)
    heartbeats.note_task_done()


def test_clusters_that_are_long_gone_are_forgotten() -> None:
    now = timezone.now()
    Heartbeat.objects.create(cluster="old", at=now - timedelta(days=3))
    Heartbeat.objects.create(cluster="new", at=now)
    heartbeats.forget_old()
    assert Heartbeat.objects.get().cluster == "new"
