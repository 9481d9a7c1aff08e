"""The orders that need somebody, one line per cause, and what staff decide about a cause."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, User
from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from automationhub.lib.shown_times import utc_text
from integrations.causes import Cause
from integrations.core import alerts
from integrations.core.audit import log as audit
from integrations.enums import OrderStatus
from integrations.errors import NotAllowed
from integrations.models import AlertKind, BulkRetry, CauseCase, CauseComment, Order
from integrations.models.orders import CAUSE_KEY
from integrations.operations.people import colleague, name_of, notify_mentioned

# More causes than this on one page help nobody; the largest come first.
MOST_CAUSES = 100
MOST_PEOPLE = 200
LONGEST_COMMENT = 2000

OPEN, MINE, SNOOZED = "open", "mine", "snoozed"


@dataclass
class InboxGroup:
    """All orders that stopped for one cause; those of no cause have nothing in common.

    `snoozed`: how many of them are snoozed one by one; `mine`: how many are assigned to the reader.
    """

    cause_kind: str
    cause_subject: str
    count: int
    storefronts: int
    snoozed: int
    mine: int
    since: datetime
    latest: Order
    case: CauseCase | None = None
    comments: list[CauseComment] = field(default_factory=list)
    running: BulkRetry | None = None

    @property
    def cause(self) -> Cause:
        return Cause.stored(self.cause_kind, self.cause_subject)

    @property
    def message(self) -> str:
        """What is the matter, without which order it was first noticed at."""
        if not self.cause and self.count > 1:
            return "Orders that stopped each for a reason of their own."
        return general(self.latest.message) or f"Order {self.latest.number} stopped."

    @property
    def is_snoozed(self) -> bool:
        until = self.case.snoozed_until if self.case else None
        return self.snoozed >= self.count or (until is not None and until > timezone.now())


@dataclass(frozen=True)
class Inbox:
    """One view of it, and how many causes each view has."""

    groups: list[InboxGroup]
    counts: dict[str, int]


def general(message: str) -> str:
    """A message without the order (and item) it begins with: it stands for many."""
    text = re.sub(r"^Order \d+(, item \d+)?: ", "", message)
    return text[:1].upper() + text[1:]


def stopped() -> QuerySet[Order]:
    return Order.objects.filter(status=OrderStatus.NEEDS_ATTENTION)


def snoozed_causes() -> QuerySet[CauseCase, str]:
    """The causes that are snoozed right now."""
    asleep = CauseCase.objects.filter(snoozed_until__gt=timezone.now()).exclude(cause="")
    return asleep.values_list("cause", flat=True)


def summary() -> list[InboxGroup]:
    """The open causes, those with the most orders first, without what was said about them. Three queries at the most."""
    return [one for one in _groups(stopped(), with_details=False) if not one.is_snoozed]


def read(view: str = OPEN, user: AbstractBaseUser | None = None) -> Inbox:
    """The causes of a view, those with the most orders first. Five queries, however many orders and causes."""
    groups = _groups(stopped(), user=user)
    mine = [one for one in groups if one.mine or (one.case and user and one.case.assigned_to_id == user.pk)]
    views = {
        OPEN: [one for one in groups if not one.is_snoozed],
        MINE: mine,
        SNOOZED: [one for one in groups if one.is_snoozed],
    }
    return Inbox(views.get(view, views[OPEN]), {name: len(found) for name, found in views.items()})


def of_storefront(orders: QuerySet[Order], storefront_id: int | None) -> QuerySet[Order]:
    """Only the orders of this storefront; with None, all of them."""
    return orders if storefront_id is None else orders.filter(storefront=storefront_id)


def of_cause(cause: Cause, storefront_id: int | None = None) -> InboxGroup | None:
    """One cause, of one storefront or of all; None when no order has stopped for it (any more)."""
    found = _groups(of_storefront(stopped().filter(**cause.columns), storefront_id))
    return found[0] if found else None


def _groups(
    orders: QuerySet[Order], *, with_details: bool = True, user: AbstractBaseUser | None = None
) -> list[InboxGroup]:
    rows = list(
        orders.order_by()
        .values("cause_kind", "cause_subject")
        .annotate(
            count=Count("id"),
            storefronts=Count("storefront", distinct=True),
            snoozed=Count("id", filter=Q(case__snoozed_until__gt=timezone.now())),
            mine=Count("id", filter=Q(case__assigned_to=user.pk if user else 0)),
            latest=Max("id"),
            since=Min(Coalesce("failing_since", "received_at")),
        )
        .order_by("-count", "-latest")[:MOST_CAUSES]
    )
    related = ("storefront__pace_server", "storefront__pressero_account")
    latest = (
        Order.objects.select_related(*related)
        .defer("fetched", "plan", "sent_payload")
        .in_bulk([row["latest"] for row in rows])
    )
    keys = [Cause.stored(row["cause_kind"], row["cause_subject"]).key for row in rows]
    cases = {
        case.cause: case for case in CauseCase.objects.filter(cause__in=keys).select_related("assigned_to")
    }
    of_case: dict[int, list[CauseComment]] = {}
    running: dict[str, BulkRetry] = {}
    if with_details:
        running, of_case = _details(keys, cases)
    return [
        InboxGroup(
            **row | {"latest": latest[row["latest"]]},
            case=(case := cases.get(key)),
            comments=of_case.get(case.pk, []) if case else [],
            running=running.get(key),
        )
        for row, key in zip(rows, keys, strict=True)
        if row["latest"] in latest
    ]


def _details(
    keys: list[str], cases: dict[str, CauseCase]
) -> tuple[dict[str, BulkRetry], dict[int, list[CauseComment]]]:
    """The retries under way by cause, and the comments by case."""
    of_case: dict[int, list[CauseComment]] = {}
    comments = CauseComment.objects.filter(case__in=[case.pk for case in cases.values()]).order_by("id")
    for comment in comments:
        of_case.setdefault(comment.case_id, []).append(comment)
    running = {
        run.cause: run
        for run in BulkRetry.objects.filter(finished_at__isnull=True, chosen_by="", cause__in=keys).order_by(
            "id"
        )
    }
    return running, of_case


# --- what staff decide ----------------------------------------------------------------------------------------


def people() -> Sequence[User]:
    """Who a cause can be assigned to: everybody who works in the portal."""
    found = get_user_model()._default_manager.filter(is_active=True, is_staff=True)
    return list(found.order_by("first_name", "username")[:MOST_PEOPLE])


def assign(cause: Cause, to: int | None, *, actor: str, user: AbstractBaseUser | None = None) -> str:
    """Give a cause to somebody, or to nobody; a sentence. Raises NotAllowed for a person who does not work here."""
    person = colleague(to)
    case = _case(cause)
    CauseCase.objects.filter(pk=case.pk).update(assigned_to=person)
    name = name_of(person) if person else "nobody"
    audit.record("cause.assigned", {"cause": cause.key, "to": name}, actor=actor, user=user)
    if person is None:
        return "The orders are unassigned."
    if user is None or person.pk != user.pk:
        group = of_cause(cause)
        text = f"{actor} assigned orders to you: {group.message if group else cause}"
        alerts.raise_personal_alert(
            person.email, AlertKind.ASSIGNED, text, order=group.latest if group else None
        )
    return f"Assigned to {name}."


def snooze(cause: Cause, until: datetime | None, *, actor: str, user: AbstractBaseUser | None = None) -> str:
    """Hide a cause from the open ones until then, or (None) show it again; a sentence."""
    if not cause and until is not None:
        raise NotAllowed("Orders without a common cause cannot be snoozed together.")
    case = _case(cause)
    CauseCase.objects.filter(pk=case.pk).update(snoozed_until=until)
    when = f"until {utc_text(until)}" if until else "no longer"
    audit.record("cause.snoozed", {"cause": cause.key, "when": when}, actor=actor, user=user)
    return "Snoozed. You find it under Snoozed." if until else "No longer snoozed."


def later(choice: str, now: datetime) -> datetime | None:
    """When a cause that is put off comes back; `now` in the zone of whoever puts it off. None for an unknown choice."""
    morning = now.replace(hour=8, minute=0, second=0, microsecond=0)
    choices = {
        "hour": now + timedelta(hours=1),
        "tomorrow": morning + timedelta(days=1),
        "monday": morning + timedelta(days=7 - now.weekday()),
    }
    return choices.get(choice)


def comment(cause: Cause, text: str, *, actor: str, user: AbstractBaseUser | None = None) -> str:
    """Keep what somebody has to say about a cause; a sentence. Raises NotAllowed for nothing."""
    text = text.strip()
    if not text:
        raise NotAllowed("Enter a comment.")
    CauseComment.objects.create(case=_case(cause), text=text[:LONGEST_COMMENT], author=actor[:200])
    audit.record("cause.commented", {"cause": cause.key, "text": text[:200]}, actor=actor, user=user)
    group = of_cause(cause)
    about = group.message if group else cause.key
    notify_mentioned(text, actor=actor, order=group.latest if group else None, about=about, by=user)
    return "The note was added."


def _case(cause: Cause) -> CauseCase:
    if not stopped().filter(**cause.columns).exists():
        raise NotAllowed("No order is waiting for this any more.")
    return CauseCase.objects.get_or_create(cause=cause.key)[0]


def forget_settled() -> int:
    """Assignments and comments of causes that no order has any more go; the number of cases."""
    old = timezone.now() - timedelta(days=30)
    causes = stopped().values(key=CAUSE_KEY)
    gone = CauseCase.objects.filter(Q(changed_at__lt=old)).exclude(cause__in=causes)
    return gone.delete()[0]
