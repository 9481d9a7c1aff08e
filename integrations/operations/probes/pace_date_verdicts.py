"""What was seen of dates and times, and what follows for each assumption. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from integrations.clients.pace.clock import PaceClock
from integrations.operations.probes.pace_seen import MomentSeen, PaceSeen
from integrations.operations.probes.report import ProbeResult

Verdict = tuple[ProbeResult, str]
HOLDS, FAILS, UNSEEN = ProbeResult.HOLDS, ProbeResult.FAILS, ProbeResult.UNSEEN


def moment_days(seen: PaceSeen) -> list[tuple[MomentSeen, date]]:
    """The moments whose day could be read, with that day of the server."""
    clock = PaceClock(seen.zone)
    read = [(one, clock.read(one.day)) for one in seen.moments]
    return [(one, moment.date()) for one, moment in read if moment is not None]


def is_telling(one: MomentSeen) -> bool:
    """Whether the wall clock's day is another than that of UTC, so that the day tells which was understood."""
    return one.wall[:10] != one.sent[:10]


def date_columns(seen: PaceSeen) -> Verdict:
    """Whether date columns hold days, and in which form."""
    numbers = [one.day for one in seen.moments if isinstance(one.day, int | Decimal)]
    if not moment_days(seen):
        return UNSEEN, ""
    if not numbers:
        return HOLDS, f"As text, though: {seen.moments[0].day}."
    zone = ZoneInfo(seen.zone)
    local = [datetime.fromtimestamp(int(one) / 1000, zone).time() for one in numbers]
    if all(one == time() for one in local):
        return HOLDS, f"In milliseconds, at midnight in {seen.zone}."
    if all(int(one) % 86_400_000 == 0 for one in numbers):
        return HOLDS, "In milliseconds, at midnight UTC."
    return FAILS, (
        f"The milliseconds are at {local[0]:%H:%M} in {seen.zone}. Check the time zone on the server's page."
    )


def time_columns(seen: PaceSeen) -> Verdict:
    """Whether time columns hold the times of day."""
    clock = PaceClock(seen.zone)
    found = [(one, clock.join(one.day, one.time)) for one in seen.moments if one.time is not None]
    if not found:
        return UNSEEN, ""
    wrong = [one for one, hour in found if hour is None or f"{hour:%H:%M}" != one.wall[11:16]]
    if wrong:
        return FAILS, f"{wrong[0].wall[11:16]} came back as {wrong[0].time}. The hub uses the day only."
    return HOLDS, ""


def sent_utc(seen: PaceSeen) -> Verdict:
    """Whether a moment sent in UTC is on the right day of the server."""
    telling = [(one, day) for one, day in moment_days(seen) if is_telling(one)]
    if not telling:
        return UNSEEN, "" if seen.moments else seen.lost
    as_wall = [one for one, day in telling if day.isoformat() == one.wall[:10]]
    if len(as_wall) == len(telling):
        return HOLDS, f"{telling[0][0].sent} is {telling[0][0].wall[:10]} in Pace."
    one, day = next((one, day) for one, day in telling if day.isoformat() != one.wall[:10])
    return FAILS, f"{one.sent} is {day} in Pace, and should be {one.wall[:10]}."


def answered_utc(seen: PaceSeen) -> Verdict:
    """Whether moments are answered in UTC."""
    found = [one for one in seen.moments if one.answered]
    if not found:
        return UNSEEN, seen.lost
    other = [one for one in found if digits(one.answered) != digits(one.sent)]
    if other:
        return FAILS, f"{other[0].sent} was answered as {other[0].answered}."
    return HOLDS, f"{found[0].sent} was answered as {found[0].answered}."


def digits(text: str) -> str:
    """A date-time without its `Z`, to the second."""
    return text.strip().removesuffix("Z")[:19]


def around_changes(seen: PaceSeen) -> Verdict:
    """Whether every moment is on its own day."""
    days = moment_days(seen)
    if not days:
        return UNSEEN, ""
    wrong = [(one, day) for one, day in days if day.isoformat() != one.wall[:10]]
    if wrong:
        one, day = wrong[0]
        return FAILS, f"“{one.name}” ({one.wall}) is on {day} in Pace."
    return HOLDS, f"{len(days)} moments: {', '.join(one.name for one, _ in days)}."


def offsets(seen: PaceSeen) -> Verdict:
    """What becomes of an offset other than `Z`."""
    if seen.offset is None:
        return UNSEEN, ""
    sent, answered = seen.offset
    if digits(answered) == digits(sent[:19]):
        return FAILS, f"The offset was ignored: {sent} was answered as {answered}. The hub sends UTC only."
    meant = datetime.fromisoformat(sent).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    if digits(answered) == meant:
        return HOLDS, ""
    return FAILS, f"{sent} was answered as {answered}. The hub sends UTC only."
