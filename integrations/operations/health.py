"""Whether the hub can do its work, in sentences."""

from __future__ import annotations

import secrets
import time
import uuid
from datetime import datetime, timedelta
from threading import Lock

from django.conf import settings
from django.db import Error, connection, transaction
from django.utils import timezone

from automationhub.lib import database
from automationhub.lib.shown_times import utc_text
from integrations.core.connections import circuits
from integrations.core.workqueue import schedules, worker_clock
from integrations.enums import OrderStatus
from integrations.models import Heartbeat, Order, Storefront, WorkLease

# A supervised cluster reports every few seconds; a plain `qcluster` only with its schedules, of a minute and more.
STALE_WORKER = timedelta(minutes=3)
OVERDUE_ORDER = timedelta(minutes=10)
# Each statement; a load balancer waits about ten seconds for the whole answer.
DATABASE_PATIENCE = 4.0
TRIAL_EVERY = 5.0
TRIAL_BYTES = 24_000
# No transaction of the hub rests that long.
IDLE_SESSION = timedelta(seconds=5)


class HealthProblem(str):
    """A sentence for staff, and `public`: what anyone may read of it, without names and last errors."""

    public: str

    def __new__(cls, text: str, public: str | None = None) -> HealthProblem:
        made = super().__new__(cls, text)
        made.public = text if public is None else public
        return made


def public_problems(found: list[str]) -> list[str]:
    """The same problems for callers who have not shown who they are. A plain text is taken to hold names."""
    return list(dict.fromkeys(getattr(one, "public", "Part of the hub needs attention.") for one in found))


def problems() -> list[str]:
    """What keeps orders from being worked on, or alerts from arriving; empty when all is well. Within ten seconds."""
    try:
        with database.answering_within(DATABASE_PATIENCE):
            unreadable = [
                HealthProblem(schedules.describe(schedule), "A schedule cannot be read.")
                for schedule in schedules.unreadable()
            ]
            found = [
                *_circuit_problems(), *_order_problems(), *troubles(), *_clock_problems(), *_session_problems(),
                *unreadable,
            ]  # fmt: skip
    except Error as error:
        database.drop_broken_connection()
        return [HealthProblem(database.describe(error))]
    return [*_trial.problems(), *found]


class _TrialWrite:
    """Whether the database can store something: a full disk and a read-only one answer every question.

    Written at most every few seconds, whoever asks: the page is open to anyone.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._due_at = 0.0
        self._found: list[str] = []

    def problems(self) -> list[str]:
        """What keeps it from storing; the last answer when that is recent."""
        with self._lock:
            if time.monotonic() >= self._due_at:
                self._found = _try_to_write()
                self._due_at = time.monotonic() + TRIAL_EVERY
            return self._found

    def forget(self) -> None:
        """Try afresh next time."""
        self._due_at = 0.0


_trial = _TrialWrite()


def _try_to_write() -> list[str]:
    # Random, so that nothing is saved by compressing it; larger than what an event needs.
    text = secrets.token_urlsafe(TRIAL_BYTES)
    try:
        with database.answering_within(DATABASE_PATIENCE), transaction.atomic():
            row = WorkLease.objects.create(name=f"trial {uuid.uuid4()}", summary=text)
            row.delete()
    except Error as error:
        database.drop_broken_connection()
        return [HealthProblem(database.describe(error))]
    return []


def _clock_problems() -> list[str]:
    here = worker_clock.problem()
    workers = Heartbeat.objects.filter(at__gt=timezone.now() - STALE_WORKER).exclude(clock_problem="")
    found = dict.fromkeys([*([here] if here else []), *workers.values_list("clock_problem", flat=True)])
    return [HealthProblem(text, "A machine's clock is wrong.") for text in found]


def _session_problems() -> list[str]:
    """Sessions of PostgreSQL that hold a transaction open and do nothing: everything that needs their locks waits."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, extract(epoch FROM clock_timestamp() - state_change)::int FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%%' "
            "AND clock_timestamp() - state_change > make_interval(secs => %s) ORDER BY 1",
            [IDLE_SESSION.total_seconds()],
        )
        return [
            HealthProblem(
                f"Session {pid} of the database has held a transaction open for {seconds} seconds without using it. The "
                f"database ends it after 30 seconds when it is the hub's; end it yourself when it is another program's.",
                "A session of the database hangs.",
            )
            for pid, seconds in cursor.fetchall()
        ]


def troubles(oldest_due: datetime | None = None) -> list[str]:
    """The same without the connections, for a page that shows these anyway and knows since when orders wait."""
    late = oldest_due is not None and timezone.now() - oldest_due > OVERDUE_ORDER
    return [
        *(_order_problems() if late else []),
        *_worker_problems(),
        *_broker_problems(),
        *_mail_problems(),
    ]


def _worker_problems() -> list[str]:
    newest = Heartbeat.objects.order_by("-at").first()
    if newest is None:
        return [HealthProblem("No worker has ever reported. Start one: python manage.py worker.")]
    if timezone.now() - newest.at > STALE_WORKER:
        return [
            HealthProblem(
                f"No worker has reported since {utc_text(newest.at, seconds=True)}. Start one: python manage.py worker.",
                "No worker is reporting. Start one: python manage.py worker.",
            )
        ]
    return []


def _order_problems() -> list[str]:
    now = timezone.now()
    overdue = (
        Order.objects.filter(due_at__lt=now - OVERDUE_ORDER)
        .exclude(status=OrderStatus.ON_HOLD)
        .order_by("due_at")
        .only("number", "due_at")
        .first()
    )
    if overdue is None or overdue.due_at is None:
        return []
    minutes = int((now - overdue.due_at).total_seconds() // 60)
    return [
        HealthProblem(
            f"Order {overdue.number} has waited {minutes} minutes for a worker.",
            "An order has waited too long for a worker.",
        )
    ]


def _circuit_problems() -> list[str]:
    public = "A connection to Pressero or Pace is down or paused."
    return [HealthProblem(circuits.describe(circuit), public) for circuit in circuits.open_circuits()]


def _broker_problems() -> list[str]:
    if not settings.REDIS_URL:
        return []
    from django_q.brokers import get_broker

    try:
        get_broker().ping()
    except Exception as error:  # noqa: BLE001 - whatever the broker's client raises means the same
        text = "Redis is not responding{}; the sweep finds orders in the meantime."
        return [HealthProblem(text.format(f" ({type(error).__name__})"), text.format(""))]
    return []


def _mail_problems() -> list[str]:
    if settings.DEBUG or settings.EMAIL_IS_CONFIGURED:
        return []
    addresses = Storefront.objects.order_by().values_list("alert_emails", "pace_server__alert_emails")
    wanted = any(own or servers for own, servers in addresses)
    sentence = HealthProblem("Alert addresses are set up, but EMAIL_URL is not: alerts go nowhere.")
    return [sentence] if wanted else []
