"""Changes after submission as tasks: what Pressero shows, what Pace still holds, and verifying that Pace was corrected."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from automationhub.lib.shown_times import iso_as_shown
from integrations.enums import ChangeClosed, ChangeSource
from integrations.errors import NotAllowed
from integrations.models import OrderChange
from integrations.operations import pace_snapshot, people
from integrations.operations.change_check import handle
from integrations.planning.change_tasks import is_comparable

MOST_TASKS = 100


def open_tasks() -> list[OrderChange]:
    """The open changes, newest first. One query."""
    found = OrderChange.objects.filter(handled_at__isnull=True).select_related(
        "order__storefront", "order__pace_snapshot"
    )
    return list(
        found.defer("order__fetched", "order__plan", "order__sent_payload").order_by("-found_at", "-id")[
            :MOST_TASKS
        ]
    )


def count() -> int:
    """How many changes wait."""
    return OrderChange.objects.filter(handled_at__isnull=True).count()


def sentence(change: OrderChange) -> str:
    """What Pressero shows now, beside what Pace holds, or what was sent while that was not read; or what Pace shows now."""
    now = iso_as_shown(change.after) or "empty"
    if change.source == ChangeSource.PACE:
        return f"Now {now}, sent to Pace as {iso_as_shown(change.before) or 'empty'}"
    if change.pace_read_at is not None:
        return (
            f"Pressero {now}, Pace job {change.pace_job} still {iso_as_shown(change.pace_value) or 'empty'}"
        )
    return f"Pressero {now}, sent to Pace as {iso_as_shown(change.before) or 'empty'}"


def corrected(change: OrderChange, *, actor: str, user: AbstractBaseUser | None = None) -> str:
    """Staff say that Pace was corrected: a worker reads Pace to verify it. A sentence about it.

    What Pace does not hold as Pressero has it cannot be verified: then their word counts. Raises NotAllowed when the
    change is not open.
    """
    if not is_comparable(change.item, change.field):
        handle(change, ChangeClosed.STAFF, by=actor, actor=actor, user=user)
        return f"Marked as corrected. Automation Hub cannot verify the {change.field} in Pace."
    if not OrderChange.objects.filter(pk=change.pk, handled_at__isnull=True).update(check_by=actor[:200]):
        raise NotAllowed("This change is handled already.")
    pace_snapshot.ask(change.order, actor=actor)
    return "Reading Pace to verify the correction."


def ignore(change: OrderChange, note: str, *, actor: str, user: AbstractBaseUser | None = None) -> str:
    """Leave Pace as it is; the note says why. A sentence. Raises NotAllowed without a note, or when it is not open."""
    if not note.strip():
        raise NotAllowed("Add a note that says why the change can be ignored.")
    with transaction.atomic():
        handle(change, ChangeClosed.IGNORED, by=f"{actor} (ignored)", actor=actor, user=user)
        people.add_note(change.order, f"{change}: {note}", actor=actor, user=user)
    return "The change is ignored. Your note is on the order."
