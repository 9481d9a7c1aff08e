"""Telling staff by mail: at most once per order and cause, from a worker, never in the way of an order."""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import timezone

from integrations import queue
from integrations.models import Alert, AlertKind, Order

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 50


def raise_alert(order: Order, kind: str, text: str, *, cause: str = "") -> None:
    """Note that staff must be told, once for this order and cause. Without addresses there is nobody to tell."""
    storefront = order.storefront
    recipients = storefront.alert_emails or storefront.pace_server.alert_emails
    if not recipients:
        return
    digest = hashlib.sha256((cause or text).encode()).hexdigest()
    _, created = Alert.objects.get_or_create(
        order=order, kind=kind, cause=digest, defaults={"text": text, "recipients": recipients}
    )
    if created:
        queue.ask_for_alerts()


def raise_alert_of_many(order: Order, kind: str, text: str, *, cause: str) -> None:
    """The same for a cause that concerns many orders (a mapping row, a login): told once a day, with the first order."""
    digest = hashlib.sha256(cause.encode()).hexdigest()
    recently = timezone.now() - timedelta(days=1)
    if not Alert.objects.filter(kind=kind, cause=digest, created_at__gt=recently).exists():
        raise_alert(order, kind, text, cause=cause)


def send_waiting(limit: int = 100) -> int:
    """Send the alerts that wait; the number sent. Each is claimed before it is sent: two workers never send one twice."""
    if not settings.EMAIL_IS_CONFIGURED and not settings.DEBUG:
        return 0
    sent = 0
    waiting = Alert.objects.filter(sent_at__isnull=True, attempts__lt=MAX_ATTEMPTS).select_related(
        "order__storefront"
    )
    for alert in waiting.order_by("id")[:limit]:
        mine = Alert.objects.filter(pk=alert.pk, sent_at__isnull=True, attempts=alert.attempts)
        if mine.update(attempts=F("attempts") + 1, sent_at=timezone.now()):
            sent += _send(alert)
    return sent


def _send(alert: Alert) -> int:
    subject = f"{AlertKind(alert.kind).label}: {alert.order.number} ({alert.order.storefront.name})"
    message = EmailMessage(
        " ".join(subject.split()), alert.text, settings.DEFAULT_FROM_EMAIL, alert.recipients
    )
    try:
        message.send()
    except (SMTPException, OSError) as error:
        logger.warning("Alert %s could not be mailed: %s", alert.pk, error)
        Alert.objects.filter(pk=alert.pk).update(sent_at=None, error=f"{type(error).__name__}: {error}"[:500])
        return 0
    return 1
