"""What a list is narrowed by now, as chips: each names one filter and its value, and links to the list without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.filters import AllValuesFieldListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import ForeignKey, Model
from django.http import HttpRequest, QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext

from automationhub.lib.shown_times import iso_as_shown

# The page of the list: of no meaning once a filter is taken away.
_PAGE = "p"
_SEARCH = "q"
_YES_OR_NO = {"1": "Yes", "0": "No", "True": "Yes", "False": "No"}


@dataclass(frozen=True)
class Chip:
    """One filter: what it is called, its value in words, and the address of the list without it."""

    label: str
    value: str
    url: str

    def __str__(self) -> str:
        return f"{self.label}: {self.value}"


def chips_of(changes: ChangeList, request: HttpRequest) -> list[Chip]:
    """The filters and the search that are set. A query only for a row that no filter offers: the others have read theirs."""
    given = {name: value for name, value in changes.get_filters_params().items() if any(value)}
    chips = []
    for spec in changes.filter_specs:
        names = [name for name in spec.expected_parameters() if name in given]
        if names:
            values = [given.pop(name)[-1] for name in names]
            chips.append(_chip(request, str(spec.title), _in_words(spec, names, values), names))
    for name, values in given.items():
        # A link of another page brought it: there is no filter of this name to set it by.
        field = _field(changes.model, name)
        label = str(field.verbose_name) if field else name.split("__")[0].replace("_", " ")
        chips.append(_chip(request, label, _shown(field, name, str(values[-1])), [name]))
    if changes.query:
        chips.append(_chip(request, gettext("search"), changes.query, [_SEARCH]))
    return chips


def _chip(request: HttpRequest, label: str, value: str, names: Iterable[str]) -> Chip:
    rest: QueryDict = request.GET.copy()
    for name in (*names, _PAGE):
        rest.pop(name, None)
    return Chip(capfirst(label), value, f"?{rest.urlencode()}")


def _field(model: type[Model], name: str) -> Any:
    column = name.partition("__")[0]
    return next((one for one in model._meta.concrete_fields if one.name == column), None)


def _shown(field: Any, name: str, value: str) -> str:
    """The row that a filter by another table's id means, or a choice in its words; of anything else the value as it is."""
    lookup = name.partition("__")[2]
    if not isinstance(field, ForeignKey):
        return gettext(str(dict(field.flatchoices).get(value, value))) if field else value
    if lookup not in ("id__exact", "exact", "pk", ""):
        return value
    related: Any = field.related_model
    row = related._default_manager.filter(pk=value).first() if value.isdecimal() and len(value) < 19 else None
    return value if row is None else str(row)


def _in_words(spec: Any, names: list[str], values: list[str]) -> str:
    """The value as the filter itself shows it."""
    if any(name.endswith(("_from", "_to")) for name in names):
        first = next((value for name, value in zip(names, values, strict=True) if name.endswith("_from")), "")
        last = next((value for name, value in zip(names, values, strict=True) if name.endswith("_to")), "")
        first, last = iso_as_shown(first), iso_as_shown(last)
        if first and last:
            return gettext("{first} to {last}").format(first=first, last=last)
        return (gettext("from {first}") if first else gettext("until {last}")).format(first=first, last=last)
    words = dict(_offered(spec))
    return ", ".join(words.get(value, value) for value in values)


def _offered(spec: Any) -> Iterator[tuple[str, str]]:
    if isinstance(spec, AllValuesFieldListFilter):
        return  # it offers what the rows hold, without other words for it
    field = getattr(spec, "field", None)
    choices = getattr(spec, "lookup_choices", None) or getattr(field, "flatchoices", None)
    for value, word in choices or _YES_OR_NO.items():
        yield str(value), gettext(str(word))
