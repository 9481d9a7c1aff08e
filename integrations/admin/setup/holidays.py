"""The holiday calendar of a storefront: a year at a glance, own days off, and what a requested ship date becomes."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import MONTHS, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminTextInputWidget

from automationhub.lib.shown_times import day_text
from integrations.admin.shared import displays
from integrations.enums import HolidayRule
from integrations.errors import NotAllowed
from integrations.models import Storefront
from integrations.operations.setup import holiday_calendar
from integrations.operations.setup.holiday_calendar import YearOff

# Further away nobody plans, and the holidays of most countries are not known.
YEARS_BACK, YEARS_AHEAD = 5, 10
OWN, ALL = "own", "all"
# Weeks begin on Sunday, as calendars of US shops do.
_WEEKS = calendar.Calendar(firstweekday=calendar.SUNDAY)


def _date_box(**attrs: str) -> UnfoldAdminTextInputWidget:
    box = UnfoldAdminTextInputWidget(attrs=attrs)
    box.input_type = "date"
    return box


class RequestedForm(forms.Form):
    """A Requested Ship Date, and for the rule that counts from it the day of the order."""

    requested = forms.DateField(
        label=gettext_lazy("Requested ship date"),
        widget=_date_box(),
        error_messages={"required": gettext_lazy("Enter a date.")},
    )
    ordered = forms.DateField(
        label=gettext_lazy("Ordered on"),
        widget=_date_box(),
        required=False,
        help_text=gettext_lazy("Leave blank for today."),
    )

    def __init__(self, *args: Any, storefront: Storefront, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not (storefront.skip_holidays and storefront.holiday_rule == HolidayRule.COUNT_WORKING_DAYS):
            del self.fields["ordered"]

    def clean_requested(self) -> date:
        return _within_reach(self.cleaned_data["requested"])

    def clean_ordered(self) -> date | None:
        day = self.cleaned_data["ordered"]
        return _within_reach(day) if day else None


class DaysOffForm(forms.Form):
    """Own days off, from one date to another."""

    first = forms.DateField(
        label=gettext_lazy("From"),
        widget=_date_box(),
        error_messages={"required": gettext_lazy("Enter the first day.")},
    )
    last = forms.DateField(
        label=gettext_lazy("To"),
        widget=_date_box(),
        required=False,
        help_text=gettext_lazy("Leave blank for one day."),
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("Such as “Inventory”. Shown where a ship date was moved because of it."),
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("For"),
        choices=[(OWN, gettext_lazy("this storefront")), (ALL, gettext_lazy("all storefronts"))],
        widget=forms.Select(attrs={"class": "hub-select"}),
    )
    every_year = forms.BooleanField(label=gettext_lazy("Every year"), required=False)

    def __init__(self, *args: Any, adds: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.adds = adds

    def clean_first(self) -> date:
        return _within_reach(self.cleaned_data["first"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["last"] = data.get("last") or data.get("first")
        if self.adds and not data.get("name"):
            self.add_error("name", gettext("Enter a name."))
        return data


def _within_reach(day: date) -> date:
    this = timezone.localdate().year
    if not this - YEARS_BACK <= day.year <= this + YEARS_AHEAD:
        raise ValidationError(
            gettext("Enter a date from {first} to {last}.").format(
                first=this - YEARS_BACK, last=this + YEARS_AHEAD
            )
        )
    return day


# --- the pages ----------------------------------------------------------------------------------------------------


def holidays_choice(request: HttpRequest) -> HttpResponse:
    """Whose calendar, with a sign where holidays are not skipped; straight to it when there is only one."""
    storefronts = list(_storefronts(request))
    if len(storefronts) == 1:
        return HttpResponseRedirect(reverse("hub-holidays-of", args=[storefronts[0].pk]))
    context = {"title": gettext("Holiday calendar"), "storefronts": storefronts}
    return _page(request, "hub/holidays/choose.html", context)


def holidays(request: HttpRequest, pk: int) -> HttpResponse:
    """A storefront's year. A POST adds or removes own days off; a GET with a date says what it becomes."""
    storefront = _storefronts(request).filter(pk=pk).first()
    if storefront is None:
        raise Http404("There is no such storefront; it may have been deleted.")
    form = DaysOffForm(adds=True, initial={"scope": OWN})
    if request.method == "POST":
        answer = _changed(request, storefront)
        if isinstance(answer, HttpResponse):
            return answer
        form = answer
    asked = RequestedForm(request.GET if "requested" in request.GET else None, storefront=storefront)
    becomes = None
    if asked.is_bound and asked.is_valid():
        data = asked.cleaned_data
        becomes = holiday_calendar.becomes(storefront, data["requested"], timezone.now(), data.get("ordered"))
    year = _year(request, becomes.ship.day.year if becomes else timezone.localdate().year)
    off = holiday_calendar.year_off(storefront, year)
    marks = {becomes.requested: "requested", becomes.ship.day: "ships"} if becomes else {}
    context = {
        "title": gettext("Holiday calendar of {storefront}").format(storefront=storefront),
        "storefront": storefront,
        "storefront_url": reverse("admin:integrations_storefront_change", args=[storefront.pk]),
        "may_set": request.user.has_perm("integrations.change_storefront"),
        "place": _place_of(storefront),
        "rule": HolidayRule(storefront.holiday_rule).label,
        "off": off,
        "months": _months(off, marks, timezone.localdate()),
        "weekdays": [(str(WEEKDAYS_ABBR[day]), str(WEEKDAYS[day])) for day in _WEEKS.iterweekdays()],
        "days": _list(off),
        "years": _neighbors(storefront, year),
        "asked": asked,
        "becomes": becomes,
        "form": form,
        "may_add": request.user.has_perm("mappings.add_holiday"),
        "may_remove": request.user.has_perm("mappings.delete_holiday"),
    }
    return _page(request, "hub/holidays/year.html", context)


def _storefronts(request: HttpRequest) -> Any:
    may = displays.may_open
    if not (may(request.user, "integrations", "storefront") and may(request.user, "mappings", "holiday")):
        raise PermissionDenied
    return Storefront.objects.select_related("pace_server", "pressero_account").order_by("name")


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    request.current_app = admin.site.name
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})


def _year(request: HttpRequest, default: int) -> int:
    text, this = request.GET.get("year", ""), timezone.localdate().year
    year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else default
    return min(max(year, this - YEARS_BACK), this + YEARS_AHEAD)


def _neighbors(storefront: Storefront, year: int) -> list[tuple[str, int]]:
    """The year before and the one after, as address and number; "" where the calendar ends."""
    page, this = reverse("hub-holidays-of", args=[storefront.pk]), timezone.localdate().year
    shown = range(this - YEARS_BACK, this + YEARS_AHEAD + 1)
    return [
        (f"{page}?{urlencode({'year': other})}" if other in shown else "", other)
        for other in (year - 1, year + 1)
    ]


def _place_of(storefront: Storefront) -> str:
    parts = (storefront.holiday_country, storefront.holiday_subdivision)
    return ", ".join(part for part in parts if part)


# --- what is drawn ------------------------------------------------------------------------------------------------


def _months(off: YearOff, marks: Mapping[date, str], today: date) -> list[dict[str, Any]]:
    return [
        {
            "name": str(MONTHS[month]),
            "weeks": [
                [_day(day, month, off, marks, today) for day in week]
                for week in _WEEKS.monthdatescalendar(off.year, month)
            ],
        }
        for month in range(1, 13)
    ]


def _day(
    day: date, month: int, off: YearOff, marks: Mapping[date, str], today: date
) -> dict[str, Any] | None:
    """One day of a month: its kind for the eye, and the words for everybody. None for a day of the next month."""
    if day.month != month:
        return None
    own, public = off.own.get(day, ""), off.public.get(day, "")
    kind = "own" if own else "public" if public else "weekend" if day.weekday() >= calendar.SATURDAY else ""
    words = [own or public]
    if own:
        words.append(gettext("your own day off"))
    elif public:
        words.append(gettext("public holiday"))
    mark = marks.get(day, "")
    if mark:
        words.append(gettext("requested ship date") if mark == "requested" else gettext("ship date"))
    if day == today:
        words.append(gettext("today"))
    return {
        "number": day.day,
        "iso": day.isoformat(),
        "kind": kind,
        "mark": mark,
        "today": day == today,
        "words": ", ".join(word for word in words if word),
    }


def _list(off: YearOff) -> list[dict[str, Any]]:
    """The year's days off in their order: public ones, and own ones as ranges that can be removed."""
    entries: list[tuple[date, dict[str, Any]]] = [
        (
            day,
            {
                "when": day_text(day),
                "name": name,
                "kind": gettext("Public holiday"),
                "tone": "info",
                "hidden_by": off.own.get(day, ""),
            },
        )
        for day, name in off.public.items()
    ]
    for one in off.ranges:
        days = len(one.ids)
        entries.append(
            (
                one.first,
                {
                    "when": day_text(one.first)
                    if days == 1
                    else f"{day_text(one.first)} – {day_text(one.last)}",
                    "days": ngettext("{count} day", "{count} days", days).format(count=days)
                    if days > 1
                    else "",
                    "name": one.name,
                    "kind": gettext("Every year") if one.every_year else gettext("Own day off"),
                    "tone": "event",
                    "scope": gettext("all storefronts") if one.for_all else gettext("this storefront"),
                    "rows": ",".join(str(pk) for pk in one.ids),
                },
            )
        )
    return [entry for _, entry in sorted(entries, key=lambda pair: pair[0])]


# --- adding and removing ------------------------------------------------------------------------------------------


def _changed(request: HttpRequest, storefront: Storefront) -> HttpResponse | DaysOffForm:
    """Do what was asked and show the year; the form when it does not allow that."""
    do = request.POST.get("do", "")
    right = "mappings.add_holiday" if do == "add" else "mappings.delete_holiday"
    if not request.user.has_perm(right):
        raise PermissionDenied
    actor = displays.actor_name(request)
    if do == "remove_rows":
        ids = [int(pk) for pk in request.POST.get("rows", "").split(",") if pk.isascii() and pk.isdigit()]
        _say_removed(
            request, holiday_calendar.remove(storefront, ids[: holiday_calendar.MOST_DAYS], actor=actor)
        )
        return HttpResponseRedirect(request.get_full_path())
    form = DaysOffForm(request.POST, adds=do == "add")
    if not form.is_valid():
        return form
    data = form.cleaned_data
    for_all = data["scope"] == ALL
    try:
        if do == "add":
            added = holiday_calendar.add(
                None if for_all else storefront,
                data["first"],
                data["last"],
                data["name"],
                every_year=data["every_year"],
                actor=actor,
            )
            _say_added(request, added, storefront)
        else:
            removed = holiday_calendar.remove_between(
                storefront, data["first"], data["last"], for_all=for_all, actor=actor
            )
            _say_removed(request, removed)
    except NotAllowed as error:
        form.add_error(None, error.message)
        return form
    page = reverse("hub-holidays-of", args=[storefront.pk])
    return HttpResponseRedirect(f"{page}?{urlencode({'year': data['first'].year})}")


def _say_added(request: HttpRequest, added: holiday_calendar.Added, storefront: Storefront) -> None:
    if added.added:
        text = ngettext("{count} day off was added.", "{count} days off were added.", added.added)
        messages.success(request, text.format(count=added.added))
    if added.there:
        text = ngettext(
            "{count} of the days was there already and stays as it was.",
            "{count} of the days were there already and stay as they were.",
            len(added.there),
        )
        messages.info(request, text.format(count=len(added.there)))
    if added.added and not storefront.skip_holidays:
        messages.warning(
            request, gettext("Holidays are not skipped for this storefront, so these days move no ship date.")
        )


def _say_removed(request: HttpRequest, count: int) -> None:
    if not count:
        messages.warning(
            request, gettext("None of your own days off is on these dates. Nothing was removed.")
        )
        return
    text = ngettext("{count} own day off was removed.", "{count} own days off were removed.", count)
    messages.success(request, text.format(count=count))


holidays_choice_view = admin.site.admin_view(holidays_choice)
holidays_view = admin.site.admin_view(holidays)
