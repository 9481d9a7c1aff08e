"""Telling staff by mail: each thing once, from a worker, never in the way of an order.

An alert is a row first. Rows of one kind and group that wait for the same people go out as one mail, so that a missing
mapping that stops 40 orders is one mail with 40 lines.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import timezone

from integrations import queue
from integrations.enums import OrderStatus
from integrations.models import Alert, AlertKind, Order, PaceServer, PresseroAccount, Storefront

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 50
# Alerts wait this long for others of their group, so that a burst becomes one mail.
GATHER = timedelta(seconds=20)
MAX_LINES = 100


# --- what is told -----------------------------------------------------------------------------------------------


def raise_alert(order: Order, kind: str, text: str, *, cause: str = "") -> None:
    """Note that staff must be told, once for this order and cause. Without addresses there is nobody to tell."""
    _note(kind, text, _recipients_of(order.storefront), cause=cause or text, group=cause, order=order)


def raise_connection_alert(
    system: PaceServer | PresseroAccount, kind: str, text: str, *, since: datetime
) -> None:
    """A connection went down or came back: once for each time."""
    _note(
        kind, text, _recipients_for_system(system), cause=f"{system} {since.isoformat()}", group=str(system)
    )


def try_out(recipients: Iterable[str]) -> None:
    """Send a trial mail, by the same way as every other alert."""
    text = "This is a trial of the alerts of Automation Hub. Nothing is the matter."
    _note(AlertKind.TRIAL, text, sorted(set(recipients)), cause=uuid.uuid4().hex)


def raise_digest(day: date) -> None:
    """One summary of the last 24 hours for each address, once a day."""
    by_address: dict[str, list[Storefront]] = {}
    for storefront in Storefront.objects.filter(active=True).select_related("pace_server"):
        for address in _recipients_of(storefront):
            by_address.setdefault(address, []).append(storefront)
    for address, storefronts in by_address.items():
        _note(AlertKind.DIGEST, _digest_text(storefronts), [address], cause=f"{address} {day.isoformat()}")


def _digest_text(storefronts: list[Storefront]) -> str:
    since = timezone.now() - timedelta(hours=24)
    lines = ["Orders received in the last 24 hours:", ""]
    for storefront in storefronts:
        statuses = Counter(
            Order.objects.filter(storefront=storefront, received_at__gte=since).values_list(
                "status", flat=True
            )
        )
        told = ", ".join(
            f"{OrderStatus(status).label.lower()} {count}" for status, count in sorted(statuses.items())
        )
        lines.append(f"{storefront.name}: {told or 'none'}")
    stuck = Order.objects.filter(storefront__in=storefronts, status=OrderStatus.NEEDS_ATTENTION).order_by(
        "id"
    )
    if total := stuck.count():
        lines += ["", f"{total} need attention:", ""]
        lines += [order.message for order in stuck[:MAX_LINES]]
    return "\n".join(lines)


def _recipients_of(storefront: Storefront) -> list[str]:
    return list(storefront.alert_emails or storefront.pace_server.alert_emails)


def _recipients_for_system(system: PaceServer | PresseroAccount) -> list[str]:
    if isinstance(system, PaceServer) and system.alert_emails:
        return list(system.alert_emails)
    storefronts = system.storefronts.select_related("pace_server")
    return sorted({address for storefront in storefronts for address in _recipients_of(storefront)})


def _note(
    kind: str, text: str, recipients: list[str], *, cause: str, group: str = "", order: Order | None = None
) -> None:
    if not recipients:
        return
    digest = hashlib.sha256(cause.encode()).hexdigest()
    _, created = Alert.objects.get_or_create(
        order=order,
        kind=kind,
        cause=digest,
        defaults={"text": text, "recipients": recipients, "group": group[:200]},
    )
    if created:
        queue.ask_for_alerts()


def raise_alert_of_many(order: Order, kind: str, text: str, *, cause: str) -> None:
    """The same for a cause that concerns many orders (a mapping row, a login): told once a day, with the first order."""
    digest = hashlib.sha256(cause.encode()).hexdigest()
    recently = timezone.now() - timedelta(days=1)
    if not Alert.objects.filter(kind=kind, cause=digest, created_at__gt=recently).exists():
        raise_alert(order, kind, text, cause=cause)


# --- sending ----------------------------------------------------------------------------------------------------


def send_waiting(*, gather: timedelta = GATHER) -> int:
    """Mail the alerts that wait; the number of mails. Rows are claimed before: two workers never send one twice."""
    if not settings.EMAIL_IS_CONFIGURED and not settings.DEBUG:
        return 0
    waiting = Alert.objects.filter(
        sent_at__isnull=True, attempts__lt=MAX_ATTEMPTS, created_at__lte=timezone.now() - gather
    )
    groups: dict[tuple[str, str, tuple[str, ...]], list[Alert]] = {}
    for alert in waiting.select_related("order__storefront").order_by("id")[:1000]:
        groups.setdefault((alert.kind, alert.group, tuple(alert.recipients)), []).append(alert)
    return sum(_send_group(members) for members in groups.values())


def _send_group(members: list[Alert]) -> int:
    mine = [alert for alert in members if _claim(alert)]
    if not mine:
        return 0
    subject = _subject(mine)
    body = "\n\n".join(alert.text for alert in mine[:MAX_LINES])
    if len(mine) > MAX_LINES:
        body += f"\n\n… and {len(mine) - MAX_LINES} more."
    message = EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, mine[0].recipients)
    try:
        message.send()
    except (SMTPException, OSError, ValueError) as error:  # ValueError: an address that no header can hold
        logger.warning("An alert could not be mailed: %s", error)
        Alert.objects.filter(pk__in=[alert.pk for alert in mine]).update(
            sent_at=None, error=f"{type(error).__name__}: {error}"[:500]
        )
        return 0
    return 1


def _claim(alert: Alert) -> bool:
    free = Alert.objects.filter(pk=alert.pk, sent_at__isnull=True, attempts=alert.attempts)
    return bool(free.update(attempts=F("attempts") + 1, sent_at=timezone.now()))


def _subject(members: list[Alert]) -> str:
    """One line: a line break in an order's text must not become a mail header."""
    label = AlertKind(members[0].kind).label
    orders = [alert.order for alert in members if alert.order is not None]
    if len(orders) == 1:
        label = f"{label}: order {orders[0].number} ({orders[0].storefront.name})"
    elif orders:
        label = f"{label}: {len(orders)} orders"
    return " ".join(f"Automation Hub: {label}".split())
