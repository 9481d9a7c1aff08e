"""Schedules that cannot be read. To django-q one of them stops all: it reads them in one go and gives up at the first."""

from __future__ import annotations

import ast
import logging
from typing import Any

from django_q.models import Schedule

logger = logging.getLogger(__name__)


def unreadable() -> list[Schedule]:
    """The schedules that django-q would stumble over, switched off or not."""
    return [schedule for schedule in Schedule.objects.order_by("pk") if not _is_readable(schedule)]


def set_unreadable_aside() -> int:
    """Switch off what cannot be read, so that the others run; how many were switched off now."""
    found = [schedule for schedule in unreadable() if schedule.repeats != 0]
    for schedule in found:
        Schedule.objects.filter(pk=schedule.pk).update(repeats=0)
        logger.error("%s It was switched off, so that the others run.", describe(schedule))
    return len(found)


def describe(schedule: Schedule) -> str:
    return f"The schedule “{schedule.name or schedule.func}” cannot be read: correct its values or its time."


def _is_readable(schedule: Schedule) -> bool:
    try:
        ast.literal_eval(schedule.args or "()")
        if schedule.kwargs:
            _named(schedule.kwargs)
        schedule.calculate_next_run()
    except Exception:  # noqa: BLE001 - whatever it raises there, django-q's scheduler would raise too
        return False
    return True


def _named(text: str) -> dict[str, Any]:
    values = ast.literal_eval(text)
    if not isinstance(values, dict) or not all(isinstance(name, str) for name in values):
        raise ValueError("no named values")
    return values
