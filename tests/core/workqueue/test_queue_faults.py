"""Known faults of the task queue that are answered by settings or by a guard; tests/commands/test_watchdog.py has the
frozen clusters, test_orders_queue.py the messages that are lost, late or doubled."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from django_q import scheduler
from django_q.models import Schedule

from integrations.core.workqueue import orders, schedules
from tests.factories import make_order

GUARD_SECONDS = 3


def test_a_message_that_waits_in_a_worker_is_not_given_to_another_one_meanwhile() -> None:
    q = settings.Q_CLUSTER
    longest = ((q["queue_limit"] + 1) / q["workers"] + 1) * (q["timeout"] + GUARD_SECONDS)
    assert q["retry"] > longest


def test_the_queue_never_repeats_a_task_by_itself() -> None:
    assert settings.Q_CLUSTER["max_attempts"] == 1
    assert settings.Q_CLUSTER["ack_failures"] is True


def test_an_order_is_given_up_by_its_lease_long_before_the_queue_ends_its_task() -> None:
    assert orders.LEASE.total_seconds() < settings.Q_CLUSTER["timeout"]


# --- a schedule that cannot be read ---------------------------------------------------------------------------


@pytest.fixture
def ran(db: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the queue's scheduler has started."""
    started: list[str] = []
    monkeypatch.setattr(scheduler, "async_task", lambda func, *args, **kwargs: started.append(func) or "task")
    monkeypatch.setattr(
        scheduler, "close_old_django_connections", lambda: None
    )  # the test's own is needed still
    Schedule.objects.all().delete()
    return started


def due(func: str, **values: Any) -> Schedule:
    values = {"schedule_type": Schedule.MINUTES, "minutes": 1, "repeats": -1} | values
    schedule = Schedule(func=func, next_run=timezone.now() - timedelta(minutes=2), **values)
    # Not `save`, which would refuse a bad time: whoever writes to the table may not ask it.
    [made] = Schedule.objects.bulk_create([schedule])
    return made


UNREADABLE = [
    {"schedule_type": Schedule.CRON, "cron": "every day"},
    {"schedule_type": "?"},
]
BROKEN, SOUND = "integrations.tasks.daily_digest", "integrations.tasks.resume_orders"


@pytest.mark.parametrize("values", UNREADABLE, ids=str)
def test_a_schedule_that_cannot_be_read_is_set_aside_and_the_others_run(
    ran: list[str], values: dict[str, Any]
) -> None:
    broken = due(BROKEN, **values)
    due(SOUND)
    assert schedules.set_unreadable_aside() == 1
    scheduler.scheduler(broker=None)
    assert ran == [SOUND]
    broken.refresh_from_db()
    assert broken.repeats == 0
    assert schedules.set_unreadable_aside() == 0


def test_without_that_one_malformed_schedule_stops_all(
    ran: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    due(BROKEN, **UNREADABLE[0])
    due(SOUND)
    scheduler.scheduler(broker=None)
    assert ran == []
    [told] = [one for one in caplog.records if one.name == "django-q" and one.exc_info]
    assert told.exc_info is not None
    assert issubclass(told.exc_info[0], ValueError)  # type: ignore[arg-type]


def test_the_readiness_check_names_it_until_it_is_corrected(ran: list[str], client: Client) -> None:
    broken = due(BROKEN, name="Nightly", **UNREADABLE[0])
    schedules.set_unreadable_aside()
    sentence = "The schedule “Nightly” cannot be read. Correct its time."
    assert sentence in client.get("/api/health/ready/").json()["problems"]
    Schedule.objects.filter(pk=broken.pk).update(cron="0 6 * * *")
    assert sentence not in client.get("/api/health/ready/").json()["problems"]


def test_orders_need_no_schedule_at_all(ran: list[str]) -> None:
    make_order(due_at=timezone.now())
    assert orders.wake_due_orders() == 1
