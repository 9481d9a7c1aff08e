"""Whether the hub can do its work, in sentences."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from integrations.enums import OrderStatus
from integrations.models import Heartbeat, Order, Storefront
from integrations.services import circuits, schedules

# A supervised cluster reports every few seconds; a plain `qcluster` only with its schedules, of a minute and more.
STALE_WORKER = timedelta(minutes=3)
OVERDUE_ORDER = timedelta(minutes=10)


def problems() -> list[str]:
    """What keeps orders from being worked on, or alerts from arriving; empty when all is well."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        unreadable = (schedules.describe(schedule) for schedule in schedules.unreadable())
        return [*_circuit_problems(), *_order_problems(), *troubles(), *unreadable]
    except Error:
        return ["The database does not answer."]


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
        return ["No worker has ever reported. Start one: python manage.py worker."]
    if timezone.now() - newest.at > STALE_WORKER:
        return [
            f"No worker has reported since {newest.at:%Y-%m-%d %H:%M:%S} UTC. Start one: python manage.py worker."
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
    return [f"Order {overdue.number} has waited {minutes} minutes for a worker."]


def _circuit_problems() -> list[str]:
    return [circuits.describe(circuit) for circuit in circuits.open_circuits()]


def _broker_problems() -> list[str]:
    if not settings.REDIS_URL:
        return []
    from django_q.brokers import get_broker

    try:
        get_broker().ping()
    except Exception as error:  # noqa: BLE001 - whatever the broker's client raises means the same
        return [f"Redis does not answer ({type(error).__name__}); orders are found by the sweep meanwhile."]
    return []


def _mail_problems() -> list[str]:
    if settings.DEBUG or settings.EMAIL_IS_CONFIGURED:
        return []
    addresses = Storefront.objects.order_by().values_list("alert_emails", "pace_server__alert_emails")
    wanted = any(own or servers for own, servers in addresses)
    return ["Alert addresses are set up, but EMAIL_URL is not: alerts go nowhere."] if wanted else []
