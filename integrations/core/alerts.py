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
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from integrations.causes import NO_CAUSE, Cause
from integrations.core import alert_channels, alert_mail
from integrations.core.workqueue import messages as queue
from integrations.enums import OrderStatus
from integrations.models import (
    Alert,
    AlertChannel,
    AlertKind,
    AlertRule,
    ChannelMessage,
    Order,
    PaceServer,
    PresseroAccount,
    Storefront,
)

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 50
# Alerts wait this long for others of their group, so that a burst becomes one mail.
GATHER = timedelta(seconds=20)
# After so many seconds the next task goes on, behind the orders that wait.
CHANNEL_SECONDS = 20.0


# --- what is reported -------------------------------------------------------------------------------------------


def raise_alert(order: Order, kind: str, text: str, *, cause: Cause = NO_CAUSE) -> None:
    """Store an alert for staff, once for this order and cause; none where no address or channel would get it."""
    _note(kind, text, _recipients_of(order.storefront), once=cause.key or text, group=cause.key, order=order)


def raise_connection_alert(
    system: PaceServer | PresseroAccount, kind: str, text: str, *, since: datetime
) -> None:
    """A connection went down or came back: once for each time."""
    if _is_off("connection_down"):
        return
    _note(
        kind,
        text,
        _recipients_for_system(system),
        once=f"{system} {since.isoformat()}",
        group=str(system),
        storefronts=system.storefronts.values_list("pk", flat=True),
    )


def raise_security_alert(kind: str, text: str) -> None:
    """Something that every superuser must know of, each time it happens."""
    _note(kind, text, superusers(), once=uuid.uuid4().hex)


def raise_expiry_alert(text: str, owner: str, *, once: str) -> None:
    """A token or a certificate ends soon: reported once for each `once`, to its owner, else to every superuser."""
    if _is_off("expires_soon"):
        return
    _note(AlertKind.EXPIRES, text, [owner] if owner else superusers(), once=once)


def raise_personal_alert(address: str, kind: str, text: str, *, order: Order | None) -> None:
    """Mail one person about one order, each time it happens; a person without an address gets none."""
    _note(kind, text, [address] if address else [], once=uuid.uuid4().hex, order=order)


def raise_rule_alert(kind: str, text: str, *, once: str) -> None:
    """A rule that watches the hub found something: reported to the addresses of all Pace servers, else to every superuser."""
    _note(kind, text, _recipients_of_the_hub(), once=once)


def raise_rule_over(text: str, *, once: str) -> None:
    """What a rule found is over."""
    _note(AlertKind.RULE_OVER, text, _recipients_of_the_hub(), once=once)


def _recipients_of_the_hub() -> list[str]:
    servers = PaceServer.objects.filter(active=True).values_list("alert_emails", flat=True)
    return sorted({address for addresses in servers for address in addresses}) or superusers()


def _is_off(rule: str) -> bool:
    """Whether staff have switched this rule off. One without a row is on."""
    return AlertRule.objects.filter(key=rule, active=False).exists()


def raise_subscription_alert(text: str) -> None:
    """Another system does not get its events any more: reported to every superuser."""
    _note(AlertKind.EVENTS_PAUSED, text, superusers(), once=uuid.uuid4().hex)


def superusers() -> list[str]:
    """The addresses of all superusers who have one."""
    people = get_user_model().objects.filter(is_superuser=True, is_active=True).exclude(email="")
    return sorted(set(people.values_list("email", flat=True)))


def try_out(recipients: Iterable[str]) -> None:
    """Send a trial mail, by the same way as every other alert."""
    text = "This is a test alert of Automation Hub. There is no problem."
    _note(AlertKind.TRIAL, text, sorted(set(recipients)), once=uuid.uuid4().hex)


def try_channel(channel: AlertChannel) -> None:
    """Send a trial message to one channel, by the same way as every other, also while it is inactive or quiet."""
    now = timezone.now()
    text = "This is a test alert of Automation Hub. There is no problem."
    with transaction.atomic():
        alert = Alert.objects.create(kind=AlertKind.TRIAL, cause=uuid.uuid4().hex, text=text, sent_at=now)
        ChannelMessage.objects.create(alert=alert, channel=channel, due_at=now)
        queue.ask_for_alerts()


def wake_for_channels() -> None:
    """The sweep: what channels are to hear of orders that are fine again, and a worker when a message waits."""
    alert_channels.note_recoveries()
    if alert_channels.is_due():
        queue.ask_for_alerts()


def send_to_channels() -> None:
    """Send what waits for the channels; one that begins to fail is reported through the others and by mail."""
    for failed in alert_channels.send_waiting(budget=CHANNEL_SECONDS):
        channel = AlertChannel.objects.get(pk=failed.channel.pk)
        _note(
            AlertKind.CHANNEL_FAILED,
            f"The alert channel “{channel.name}” does not take messages: {channel.problem} Correct its address under "
            "Alert channels, or deactivate it. Its messages are retried for 24 hours.",
            superusers(),
            once=f"channel {channel.pk} {failed.since.isoformat()}",
            besides=channel,
        )


def raise_digest(day: date) -> None:
    """One summary of the last 24 hours for each address, once a day."""
    by_address: dict[str, list[Storefront]] = {}
    for storefront in Storefront.objects.filter(active=True).select_related("pace_server"):
        for address in _recipients_of(storefront):
            by_address.setdefault(address, []).append(storefront)
    for address, storefronts in by_address.items():
        _note(AlertKind.DIGEST, _digest_text(storefronts), [address], once=f"{address} {day.isoformat()}")


def _digest_text(storefronts: list[Storefront]) -> str:
    since = timezone.now() - timedelta(hours=24)
    lines = ["Orders received in the last 24 hours:", ""]
    for storefront in storefronts:
        statuses = Counter(
            Order.objects.filter(storefront=storefront, received_at__gte=since).values_list(
                "status", flat=True
            )
        )
        counts = ", ".join(
            f"{OrderStatus(status).label.lower()} {count}" for status, count in sorted(statuses.items())
        )
        lines.append(f"{storefront.name}: {counts or 'none'}")
    stuck = Order.objects.filter(storefront__in=storefronts, status=OrderStatus.NEEDS_ATTENTION).order_by(
        "id"
    )
    if total := stuck.count():
        lines += ["", f"{total} need attention:", ""]
        lines += [order.message for order in stuck[: alert_mail.MAX_LINES]]
    return "\n".join(lines)


def _recipients_of(storefront: Storefront) -> list[str]:
    return list(storefront.alert_emails or storefront.pace_server.alert_recipients)


def _recipients_for_system(system: PaceServer | PresseroAccount) -> list[str]:
    if system.alert_recipients:
        return system.alert_recipients
    storefronts = system.storefronts.select_related("pace_server")
    return sorted({address for storefront in storefronts for address in _recipients_of(storefront)})


def _note(
    kind: str,
    text: str,
    recipients: list[str],
    *,
    once: str,
    group: str = "",
    order: Order | None = None,
    storefronts: Iterable[int] = (),
    besides: AlertChannel | None = None,
) -> None:
    """Store the alert once for its order, kind and `once`, for these addresses and the channels that want it. `storefronts`:
    whom it is about when it is about no order."""
    about = [order.storefront_id] if order is not None else list(storefronts)
    channels = alert_channels.wanting(kind, about, besides=besides)
    if not recipients and not channels:
        return
    digest = hashlib.sha256(once.encode()).hexdigest()
    with transaction.atomic():
        alert, created = Alert.objects.get_or_create(
            order=order,
            kind=kind,
            cause=digest,
            defaults={
                "text": text,
                "recipients": recipients,
                "group": group[:200],
                # Without addresses there is no mail that could wait.
                "sent_at": None if recipients else timezone.now(),
            },
        )
        if created:
            alert_channels.add(alert, channels, gather=GATHER)
            queue.ask_for_alerts()


def raise_alert_of_many(order: Order, kind: str, text: str, *, cause: Cause) -> None:
    """The same for a cause that concerns many orders (a mapping row, a login): reported once a day, with the first order."""
    digest = hashlib.sha256(cause.key.encode()).hexdigest()
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
    mine = [alert for alert in members if _acquire(alert)]
    if not mine:
        return 0
    message = alert_mail.compose(mine)
    try:
        message.send()
    except (SMTPException, OSError, ValueError) as error:  # ValueError: an address that no header can hold
        logger.warning("An alert could not be mailed: %s", error)
        Alert.objects.filter(pk__in=[alert.pk for alert in mine]).update(
            sent_at=None, error=f"{type(error).__name__}: {error}"[:500]
        )
        return 0
    return 1


def _acquire(alert: Alert) -> bool:
    free = Alert.objects.filter(pk=alert.pk, sent_at__isnull=True, attempts=alert.attempts)
    return bool(free.update(attempts=F("attempts") + 1, sent_at=timezone.now()))
