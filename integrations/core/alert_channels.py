"""Alerts to chats, phones and other services, through Apprise: each once to each channel that wants it, by a worker.

A channel that fails is tried again at growing intervals for a day, holds nothing else up, and is reported through the
others and by mail (core/alerts.py).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from automationhub.lib import apprise_process
from automationhub.lib.crypto import CredentialsKeyError
from integrations.core import alert_mail
from integrations.core.workqueue import deliveries, failures, retry_policy
from integrations.enums import OrderStatus
from integrations.models import Alert, AlertChannel, AlertKind, ChannelMessage
from integrations.models.alert_channels import MAIL_ONLY

logger = logging.getLogger(__name__)

# A worker that dies while it sends leaves a message that is due again after this: longer than one message may take.
LEASE = timedelta(minutes=3)
RETRY_FOR = timedelta(hours=24)
LONGEST_DELAY = 3600.0
MOST_AT_ONCE = 500
# An order with one of these is not fine yet.
_STILL_AT_IT = (OrderStatus.NEEDS_ATTENTION, OrderStatus.PROCESSING, OrderStatus.RECEIVED)


@dataclass(frozen=True)
class Failed:
    """A channel that began to fail just now."""

    channel: AlertChannel
    since: datetime


# --- what is sent -----------------------------------------------------------------------------------------------


def wanting(
    kind: str, storefronts: Collection[int], *, besides: AlertChannel | None = None
) -> list[AlertChannel]:
    """The active channels that want alerts of this kind about these storefronts. What is about no storefront goes to those
    that are for all."""
    if kind in MAIL_ONLY:
        return []
    about = Q(storefronts__isnull=True) | Q(storefronts__in=list(storefronts))
    found = AlertChannel.objects.filter(about, active=True).distinct().order_by("pk")
    return [one for one in found if one.wants(kind) and one != besides]


def add(alert: Alert, channels: Sequence[AlertChannel], *, gather: timedelta) -> None:
    """Have the alert sent to these channels, in the transaction that stores it."""
    at = timezone.now() + gather
    ChannelMessage.objects.bulk_create(
        [ChannelMessage(alert=alert, channel=one, due_at=one.may_send_at(at)) for one in channels],
        ignore_conflicts=True,
    )


def acknowledge(alerts: Collection[Alert], *, actor: str) -> int:
    """Note that someone takes care: the alerts are not repeated. How many were not acknowledged before."""
    ids = [alert.pk for alert in alerts]
    count = Alert.objects.filter(pk__in=ids, acknowledged_at__isnull=True).update(
        acknowledged_at=timezone.now(), acknowledged_by=actor[:200]
    )
    ChannelMessage.objects.filter(alert__in=ids, sent_at__isnull=False).update(due_at=None)
    return count


def note_recoveries() -> int:
    """Tell the channels that heard of an order that it is fine again; how many alerts are over."""
    open_ = Alert.objects.filter(
        kind=AlertKind.NEEDS_ATTENTION, resolved_at__isnull=True, messages__isnull=False
    )
    over = list(open_.exclude(order__status__in=_STILL_AT_IT).exclude(order=None).distinct()[:MOST_AT_ONCE])
    for alert in over:
        _recovered(alert)
    return len(over)


def _recovered(alert: Alert) -> None:
    now = timezone.now()
    Alert.objects.filter(pk=alert.pk).update(resolved_at=now)
    channels = list(
        AlertChannel.objects.filter(active=True, messages__alert=alert, messages__sent_at__isnull=False)
    )
    # What was not sent yet need not be.
    ChannelMessage.objects.filter(alert=alert).update(due_at=None)
    order = alert.order
    if order is None or not channels:
        return
    status = OrderStatus(order.status).label.lower()
    recovery, made = Alert.objects.get_or_create(
        order=order,
        kind=AlertKind.RECOVERED,
        cause=f"{alert.pk}",
        defaults={
            "text": f"Order {order.number} no longer needs attention. Its status is {status}.",
            "sent_at": now,
        },
    )
    if made:
        add(recovery, channels, gather=timedelta(0))


# --- sending ----------------------------------------------------------------------------------------------------


def is_due() -> bool:
    """Whether a message waits to be sent now. One index look-up when none does."""
    return ChannelMessage.objects.filter(_due(timezone.now())).exists()


def _due(now: datetime) -> Q:
    rested = Q(channel__retry_at__isnull=True) | Q(channel__retry_at__lte=now)
    trial = Q(alert__kind=AlertKind.TRIAL)
    return Q(due_at__lte=now) & ((Q(channel__active=True) & rested) | trial)


def send_waiting(*, budget: float) -> list[Failed]:
    """Send what is due, for about `budget` seconds; the channels that began to fail. Messages of one channel, kind and
    group go out as one."""
    stop_at = timezone.now() + timedelta(seconds=budget)
    waiting = (
        ChannelMessage.objects.filter(_due(timezone.now()))
        .select_related("alert__order__storefront", "channel")
        .order_by("pk")[:MOST_AT_ONCE]
    )
    groups: dict[tuple[int, str, str], list[ChannelMessage]] = {}
    for message in waiting:
        groups.setdefault((message.channel_id, message.alert.kind, message.alert.group), []).append(message)
    failed: list[Failed] = []
    rested: set[int] = set()
    for (channel, _, _), members in groups.items():
        if channel in rested:
            continue
        if timezone.now() > stop_at:
            break
        mine = [message for message in members if _acquire(message)]
        if mine and (problem := _send(mine)):
            rested.add(channel)
            failed += _failed(mine, problem)
    return failed


def _acquire(message: ChannelMessage) -> bool:
    free = ChannelMessage.objects.filter(
        pk=message.pk, attempts=message.attempts, due_at=message.due_at, due_at__lte=timezone.now()
    )
    return bool(free.update(attempts=F("attempts") + 1, due_at=timezone.now() + LEASE))


def _send(messages: Sequence[ChannelMessage]) -> str:
    """Send these messages of one channel as one; "" when it took them, else why not."""
    channel, alerts = messages[0].channel, [message.alert for message in messages]
    mail = alert_mail.compose(alerts)
    try:
        address = channel.url.reveal()
    except CredentialsKeyError as error:
        return failures.understood(error, f"The alert channel {channel}").message
    if problem := apprise_process.send(
        address, str(mail.subject), str(mail.body), settings.OUTGOING_INTERNAL_HOSTS
    ):
        return problem
    now = timezone.now()
    again = now + timedelta(hours=channel.repeat_hours) if channel.repeat_hours else None
    repeats = [message.pk for message in messages if again and _is_open(message.alert)]
    ids = [message.pk for message in messages]
    ChannelMessage.objects.filter(pk__in=ids).update(sent_at=now, attempts=0, due_at=None)
    ChannelMessage.objects.filter(pk__in=repeats, alert__acknowledged_at=None).update(
        due_at=channel.may_send_at(again) if again else None
    )
    AlertChannel.objects.filter(pk=channel.pk).update(
        failures=0, failing_since=None, retry_at=None, problem="", sent_at=now
    )
    return ""


def _is_open(alert: Alert) -> bool:
    """Whether an alert is about something that stays until a person acts."""
    return alert.kind == AlertKind.NEEDS_ATTENTION and alert.resolved_at is None


def _failed(messages: Sequence[ChannelMessage], problem: str) -> list[Failed]:
    """Note the failure; the channel when it began to fail with this."""
    now, channel = timezone.now(), messages[0].channel
    logger.warning("The alert channel %s failed: %s", channel, problem)
    trial = all(message.alert.kind == AlertKind.TRIAL for message in messages)
    wait = timedelta(
        seconds=retry_policy.delay_seconds(
            messages[0].attempts + 1, deliveries.jitter(), longest=LONGEST_DELAY
        )
    )
    for message in messages:
        over = trial or now - message.alert.created_at >= RETRY_FOR
        due_at = None if over else channel.may_send_at(now + wait)
        ChannelMessage.objects.filter(pk=message.pk).update(due_at=due_at)
    since = channel.failing_since or now
    AlertChannel.objects.filter(pk=channel.pk).update(
        failures=F("failures") + 1, failing_since=since, problem=problem, retry_at=now + wait
    )
    return [Failed(channel, since)] if channel.failing_since is None and not trial else []
