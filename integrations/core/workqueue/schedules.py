"""The hub's schedules: a time for one of its own tasks, and nothing else. What a row holds beyond that is never read.

django-q calls whatever a schedule names and takes options, functions to call among them, from its arguments. The hub's
tasks need none, so a schedule with arguments is refused where it is checked, and they are blank where it is loaded.
One schedule that cannot be read stops all others in django-q: it reads them in one go and gives up at the first.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, cast

from croniter import croniter
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db.models.signals import post_init, post_save
from django.utils import timezone
from django_q.models import Schedule, Task
from django_q.signals import call_hook

from automationhub.lib.shown_times import utc_text
from integrations.core.audit import log as audit
from integrations.core.workqueue.queue_guard import is_schedulable

logger = logging.getLogger(__name__)

# Columns of a schedule that choose what is called, and with what.
ARGUMENTS = ("args", "kwargs", "hook", "intended_date_kwarg", "cluster")
NO_LIMIT, OFF = -1, 0


def confine() -> None:
    """Hold django-q to the hub's own tasks, in every process: called once, when the app is ready."""
    post_init.connect(_forget_arguments, sender=Schedule, dispatch_uid="hub-schedule-arguments")
    # The function that a finished task's row names would be called, whatever it is.
    post_save.disconnect(call_hook, sender=Task)
    _refuse("func", _validate_task)
    for name in ARGUMENTS:
        _refuse(name, _validate_absent)


def _refuse(name: str, validator: Any) -> None:
    validators: list[Any] = Schedule._meta.get_field(name).validators
    if validator not in validators:
        validators.append(validator)


def _validate_task(value: str) -> None:
    if not is_schedulable(value):
        raise ValidationError("A schedule can only run a task of the hub that needs no arguments.")


def _validate_absent(value: object) -> None:
    raise ValidationError("The hub's schedules have no arguments and no options. Leave this blank.")


def _forget_arguments(instance: Schedule, **_: Any) -> None:
    """A row that somebody filled by other ways: what it holds beyond its time is not read, and goes when it is saved."""
    if instance.pk is not None:
        for name in ARGUMENTS:
            if instance.__dict__.get(name):
                setattr(instance, name, None)


def unreadable() -> list[Schedule]:
    """The schedules that django-q would stumble over or that name no task of the hub, switched off or not."""
    return [schedule for schedule in Schedule.objects.order_by("pk") if not _is_readable(schedule)]


def set_unreadable_aside() -> int:
    """Switch off what cannot be read, so that the others run; how many were switched off now."""
    found = [schedule for schedule in unreadable() if schedule.repeats != OFF]
    for schedule in found:
        Schedule.objects.filter(pk=schedule.pk).update(repeats=OFF)
        logger.error("%s It was switched off so that the others run.", describe(schedule))
    return len(found)


def describe(schedule: Schedule) -> str:
    """What is wrong with a schedule that cannot be read, in a sentence."""
    name = schedule.name or schedule.func
    if not is_schedulable(schedule.func):
        return f"The schedule “{name}” names {schedule.func}, which is not a task of the hub. Delete its row."
    return f"The schedule “{name}” cannot be read. Correct its time."


def last_run(schedule: Schedule) -> datetime | None:
    """When a schedule last ran; None when it never did.

    Tasks that went well leave no row, so this is the last time before `next_run` at which it was due.
    """
    if not schedule.task or schedule.next_run is None:
        return None
    if schedule.schedule_type == Schedule.CRON:
        return cast(
            datetime, croniter(schedule.cron, timezone.localtime(schedule.next_run)).get_prev(datetime)
        )
    every = {
        Schedule.MINUTES: timedelta(minutes=schedule.minutes or 1),
        Schedule.HOURLY: timedelta(hours=1),
        Schedule.DAILY: timedelta(days=1),
        Schedule.WEEKLY: timedelta(weeks=1),
        Schedule.BIWEEKLY: timedelta(weeks=2),
    }.get(schedule.schedule_type)
    return schedule.next_run - every if every else None


def how_often(schedule: Schedule) -> str:
    """When a schedule runs, in words."""
    if schedule.schedule_type == Schedule.MINUTES:
        return "every minute" if schedule.minutes == 1 else f"every {schedule.minutes} minutes"
    if schedule.schedule_type == Schedule.CRON:
        return f"cron {schedule.cron}"
    return str(schedule.get_schedule_type_display()).lower()


def record_change(
    before: Schedule, after: Schedule, *, actor: str, user: AbstractBaseUser | None = None
) -> None:
    """Write to the audit log what a person changed of a schedule."""
    old, new = _facts(before), _facts(after)
    changes = "; ".join(f"{name}: {old[name]} → {new[name]}" for name in new if old[name] != new[name])
    if changes:
        facts = {"name": after.name or after.func, "changes": changes}
        audit.record("schedule.changed", facts, actor=actor, user=user)


def _facts(schedule: Schedule) -> dict[str, str]:
    left = {NO_LIMIT: "no limit", OFF: "off"}.get(schedule.repeats, str(schedule.repeats))
    next_run = utc_text(schedule.next_run, seconds=True) if schedule.next_run else "never"
    return {"how often": how_often(schedule), "next run": next_run, "runs left": left}


def _is_readable(schedule: Schedule) -> bool:
    if not is_schedulable(schedule.func):
        return False
    try:
        schedule.calculate_next_run()
    except Exception:  # noqa: BLE001 - whatever it raises there, django-q's scheduler would raise too
        return False
    return True


@dataclass(frozen=True)
class Default:
    """A schedule that every hub has: every so many minutes, or once a day at an hour (UTC)."""

    name: str
    func: str
    minutes: int | None = None
    at: time | None = None

    @property
    def columns(self) -> dict[str, Any]:
        """The rest of a new row."""
        if self.at is None:
            return {"schedule_type": Schedule.MINUTES, "minutes": self.minutes}
        tomorrow = timezone.now().date() + timedelta(days=1)
        return {
            "schedule_type": Schedule.DAILY,
            "next_run": datetime.combine(tomorrow, self.at, tzinfo=UTC),
        }


DEFAULTS = (
    # Wakes workers for what is due, where no worker command does.
    Default("Resume orders", "integrations.tasks.resume_orders", minutes=1),
    Default("Reconcile", "integrations.tasks.reconcile", minutes=15),
    Default("Sync statuses", "integrations.tasks.sync_statuses", minutes=5),
    Default("Note configuration changes", "integrations.tasks.note_configuration", minutes=15),
    Default("Compare shadow orders", "integrations.tasks.compare_shadow_orders", minutes=10),
    Default("Purge audit log and old texts", "integrations.tasks.purge", at=time(3, 30)),
    Default("Refresh reference data", "integrations.tasks.refresh_reference_data", at=time(4, 30)),
    Default("Daily summary", "integrations.tasks.daily_digest", at=time(6)),
)


def missing() -> list[Default]:
    """The schedules that every hub has and this one has not."""
    scheduled = set(Schedule.objects.values_list("func", flat=True))
    return [default for default in DEFAULTS if default.func not in scheduled]


def make_missing() -> None:
    """Make the schedules of tasks that have none. What staff changed of the others stays; a deleted one comes back."""
    for default in missing():
        Schedule.objects.create(name=default.name, func=default.func, repeats=NO_LIMIT, **default.columns)
