"""Who works on an order: its assignee, its snooze, and notes in which colleagues are mentioned."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction
from django.db.models import QuerySet

from automationhub.lib.shown_times import moment_text
from integrations.core import alerts
from integrations.core.audit import log as audit
from integrations.errors import NotAllowed
from integrations.models import AlertKind, Order, OrderCase, OrderNote

LONGEST_NOTE = 2000
MOST_MENTIONS = 20
_MENTION = re.compile(r"(?<![\w@])@([\w.+-]+(?:@[\w.-]+)?)")


def colleague(pk: int | None) -> User | None:
    """The person to assign to; None for nobody. Raises NotAllowed for a person who does not work in the portal."""
    if pk is None:
        return None
    found = _staff().filter(pk=pk).first()
    if found is None:
        raise NotAllowed("This person no longer has access to the portal.")
    return found


def name_of(person: User) -> str:
    """How the portal calls a person."""
    return person.get_full_name() or person.get_username()


def assignee_of(order: Order) -> int | None:
    """The id of the person who works on an order."""
    return OrderCase.objects.filter(order=order).values_list("assigned_to_id", flat=True).first()


def assign(order: Order, to: int | None, *, actor: str, user: AbstractBaseUser | None = None) -> str:
    """Assign an order to a colleague, who gets a mail, or to nobody; a sentence about it.

    Raises NotAllowed for a person who does not work in the portal.
    """
    person = colleague(to)
    with transaction.atomic():
        OrderCase.objects.update_or_create(order=order, defaults={"assigned_to": person})
        if person is None:
            audit.record("order.unassigned", {}, order=order, actor=actor, user=user)
        else:
            audit.record("order.assigned", {"to": name_of(person)}, order=order, actor=actor, user=user)
    if person is None:
        return f"Order {order.number} is unassigned."
    if user is None or person.pk != user.pk:
        text = f"{actor} assigned order {order.number} to you. {order.message}".strip()
        alerts.raise_personal_alert(person.email, AlertKind.ASSIGNED, text, order=order)
    return f"Order {order.number} is assigned to {name_of(person)}."


def snooze(order: Order, until: datetime | None, *, actor: str, user: AbstractBaseUser | None = None) -> str:
    """Keep an order out of Needs attention until then, or (None) end that; a sentence about it."""
    with transaction.atomic():
        OrderCase.objects.update_or_create(order=order, defaults={"snoozed_until": until})
        if until is None:
            audit.record("order.unsnoozed", {}, order=order, actor=actor, user=user)
        else:
            when = f"{moment_text(until)} {until:%Z}".strip()
            audit.record("order.snoozed", {"when": when}, order=order, actor=actor, user=user)
    if until is None:
        return f"Order {order.number} is no longer snoozed."
    return f"Order {order.number} is snoozed."


def add_note(order: Order, text: str, *, actor: str, user: AbstractBaseUser | None = None) -> str:
    """Add a note to an order; colleagues mentioned as @username get a mail. A sentence about it.

    Raises NotAllowed for an empty note.
    """
    text = text.strip()[:LONGEST_NOTE]
    if not text:
        raise NotAllowed("The note is empty.")
    with transaction.atomic():
        OrderNote.objects.create(
            order=order, text=text, author=actor[:200], user_id=getattr(user, "pk", None)
        )
        audit.record("order.noted", {"text": text}, order=order, actor=actor, user=user)
    notified = notify_mentioned(text, actor=actor, order=order, about=f"order {order.number}", by=user)
    return f"Note added. {_notified(notified)}".strip()


def notify_mentioned(
    text: str, *, actor: str, order: Order | None, about: str, by: AbstractBaseUser | None
) -> list[User]:
    """Mail the colleagues mentioned in a text, once each, never the author; those who can be mailed."""
    people = [one for one in mentioned(text) if one.email and (by is None or one.pk != by.pk)]
    for one in people:
        alerts.raise_personal_alert(
            one.email, AlertKind.MENTIONED, f"{actor} mentioned you in a note on {about}: {text}", order=order
        )
    return people


def mentioned(text: str) -> list[User]:
    """The colleagues whose usernames stand in a text after an @."""
    names = {found.rstrip(".-").casefold() for found in _MENTION.findall(text)}
    if not names:
        return []
    # Usernames are compared without case: few people, so the names are looked at here.
    return [one for one in _staff().order_by("username") if one.get_username().casefold() in names][
        :MOST_MENTIONS
    ]


def _notified(people: Iterable[User]) -> str:
    names = ", ".join(name_of(one) for one in people)
    return f"Mailed to {names}." if names else ""


def _staff() -> QuerySet[User]:
    return get_user_model()._default_manager.filter(is_active=True, is_staff=True)
