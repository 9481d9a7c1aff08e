"""How a Pace server takes and gives dates and times: the one place that knows.

Planning computes in the server's own time zone, so behind the clients a date-time is naive and local. Pace itself takes
and gives UTC; a server with the setting `date_times` = `local` takes and gives its own wall clock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from integrations.causes import CauseKind
from integrations.clients.pace.values import text_of
from integrations.errors import ConfigError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The combined date-times of the REST objects are no fields of Pace's own: filters and columns know their halves.
_COMBINED = re.compile(r"(?P<lead>(?:\w+/)*@?)(?P<name>dateTimeSetup|dateTime|(?P<stem>\w+)DateTime)")
_HALVES = {"dateTime": ("date", "time"), "dateTimeSetup": ("dateSetup", "timeSetUp")}
_MILLISECONDS = re.compile(r"-?[0-9]{5,15}")
_BARE_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class PaceClock:
    """The clock of one Pace server. `utc`: date-times travel in UTC; else as its wall clock shows them."""

    time_zone: str
    utc: bool = True

    @cached_property
    def zone(self) -> ZoneInfo:
        """Raises ConfigError for a name that is not a time zone."""
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ConfigError(
                f"{self.time_zone!r} is not a time zone; set the Pace server's time zone to one like America/New_York.",
                field="time_zone",
                cause=CauseKind.TIME_ZONE.of(self.time_zone),
            ) from error

    def sent(self, local: datetime) -> str:
        """A local date-time as Pace takes it, `2026-11-23T13:30:00Z`. Raises TypeError for one with a time zone."""
        if local.tzinfo is not None:
            raise TypeError(f"{local!r} has a time zone; what is sent is given in the Pace server's own time")
        if self.utc:
            local = local.replace(tzinfo=self.zone).astimezone(UTC).replace(tzinfo=None)
        return local.isoformat(timespec="seconds") + ("Z" if self.utc else "")

    def read(self, answered: Any) -> datetime | None:
        """A date or date-time that Pace answered, as text or in milliseconds, in local time; None for anything else."""
        text = text_of(answered).strip()
        if _MILLISECONDS.fullmatch(text):
            return self._of_milliseconds(int(text))
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            return None
        if _BARE_DATE.fullmatch(text) or (found.tzinfo is None and not self.utc):
            return found
        return self._local(found if found.tzinfo else found.replace(tzinfo=UTC))

    def join(self, day: Any, time_of_day: Any) -> datetime | None:
        """The local date-time whose two halves Pace answered; midnight where only the day is set."""
        found = self.read(day)
        return None if found is None else datetime.combine(found.date(), self._time(time_of_day))

    def _time(self, answered: Any) -> time:
        """A time of day: a text as the wall clock shows it, or the milliseconds of a moment of that time."""
        if isinstance(answered, int) and not isinstance(answered, bool):
            return self._local(_EPOCH + timedelta(milliseconds=answered)).time()
        try:
            return time.fromisoformat(text_of(answered)).replace(tzinfo=None)
        except ValueError:
            return time()

    def _of_milliseconds(self, milliseconds: int) -> datetime:
        """A day comes as its midnight. Whose midnight is not published: the server's is believed before that of UTC."""
        moment = _EPOCH + timedelta(milliseconds=milliseconds)
        local, utc = self._local(moment), moment.replace(tzinfo=None)
        return utc if local.time() != time() and utc.time() == time() else local

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone).replace(tzinfo=None)


def halves(name: str) -> tuple[str, str] | None:
    """The two fields that a combined date-time is made of: `job/@promiseDateTime` gives `job/@promiseDate` and
    `job/@promiseTime`. None for any other field."""
    found = _COMBINED.fullmatch(name)
    if found is None:
        return None
    stem = found["stem"]
    day, time_of_day = _HALVES.get(found["name"], (f"{stem}Date", f"{stem}Time"))
    return f"{found['lead']}{day}", f"{found['lead']}{time_of_day}"


def columns(fields: Sequence[str]) -> list[str]:
    """The columns to ask for: combined date-times by their halves."""
    return list(dict.fromkeys(column for name in fields for column in halves(name) or (name,)))


def joined(row: Mapping[str, Any], fields: Sequence[str], clock: PaceClock) -> dict[str, Any]:
    """The row with the fields as they were named: combined date-times as local ISO text, None where unset."""
    out = {"primaryKey": row["primaryKey"]}
    for name in fields:
        both = halves(name)
        if both is None:
            out[name] = row[name]
            continue
        moment = clock.join(row[both[0]], row[both[1]])
        out[name] = None if moment is None else moment.isoformat(timespec="seconds")
    return out


def day_of(text: str | None) -> date | None:
    """The day of a joined date-time."""
    return date.fromisoformat(text[:10]) if text else None
