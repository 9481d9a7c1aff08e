"""Days and times as people read them, the same on every page, in mails and in sentences: Dec 5, 2026, 4:54 PM. Pure.

Days that something is planned for have their weekday: Sat, Dec 5, 2026. Files, logs and other systems get ISO 8601. Django's own
pages get the same from automationhub/formats, and times that a browser corrects from static/hub/admin.js.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d{1,6})?)?", re.ASCII)


def day_text(day: date) -> str:
    """A day with its weekday: Sat, Dec 5, 2026."""
    return f"{day:%a}, {short_day(day)}"


def short_day(day: date) -> str:
    """A day without its weekday: Dec 5, 2026."""
    return f"{day:%b} {day.day}, {day.year}"


def clock_text(at: datetime | time, *, seconds: bool = False) -> str:
    """The time of day: 4:54 PM, with seconds 4:54:07 PM."""
    form = "%M:%S %p" if seconds else "%M %p"
    return f"{at.hour % 12 or 12}:{at.strftime(form)}"


def moment_text(at: datetime, *, seconds: bool = False) -> str:
    """A moment in the zone that it is given in: Dec 5, 2026, 4:54 PM. The caller names the zone where it matters."""
    return f"{short_day(at)}, {clock_text(at, seconds=seconds)}"


def utc_text(at: datetime, *, seconds: bool = False) -> str:
    """An aware moment in UTC, for sentences that are stored or sent and read in any zone: Dec 5, 2026, 4:54 PM UTC."""
    return f"{moment_text(at.astimezone(UTC), seconds=seconds)} UTC"


def iso_as_shown(text: str) -> str:
    """A day or moment in ISO 8601 without a zone as people read it; any other text as it is."""
    if not _ISO.fullmatch(text):
        return text
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (
        moment_text(found, seconds=bool(found.second)) if len(text) > len("2026-12-05") else day_text(found)
    )
