"""Filters that several lists share."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter


class WordsFilter(ChoicesDropdownFilter):
    """By one of the fixed words of a column, which are shown in the reader's language."""

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for entry in super().choices(changelist):
            for field in entry["form"].fields.values():
                field.choices = [(value, gettext(str(word))) for value, word in field.choices]
            yield entry


class DaysFilter(RangeDateFilter):
    """From one day to another, both whole days of the reader's zone. A date that cannot be read does not filter.

    Links may give moments instead, as ISO text with a zone: from that moment on, before that moment.
    """

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        since = self.used_parameters.get(f"{self.parameter_name}_from")
        until = self.used_parameters.get(f"{self.parameter_name}_to")
        if (moment := _moment(since)) is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": moment})
        if (moment := _moment(until)) is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": moment})
        first, last = _day(since), _day(until)
        if first is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": _midnight(first)})
        if last is not None and last < date.max:
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": _midnight(last + timedelta(days=1))})
        return queryset


def _moment(text: Any) -> datetime | None:
    """A moment with a zone; a plus sign that a link lost in its query is put back."""
    given = str(text or "")
    if "T" not in given:
        return None
    try:
        found = datetime.fromisoformat(given.replace(" ", "+"))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text or ""))
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
