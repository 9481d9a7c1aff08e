"""Calls to Pressero and Pace in the portal: slowest first, by system, outcome and time."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from automationhub.lib.admin import ReadOnlyAdmin, pretty_json
from integrations.admin.monitoring.exports import ExportsMixin
from integrations.admin.orders.calls import call_of
from integrations.admin.shared.displays import CALL_TONES, badge, moment, order_link, shortened, two_lines
from integrations.admin.shared.filters import DaysFilter, WordsFilter
from integrations.admin.shared.list_views import ListViewsMixin
from integrations.core.search.index import find_orders
from integrations.enums import CallOutcome
from integrations.models import OutgoingCall

SYSTEMS = ("Pressero", "Pace")


class SystemFilter(DropdownFilter):
    """Calls to one of the two systems."""

    title = gettext_lazy("system")
    parameter_name = "system"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(system, system) for system in SYSTEMS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutgoingCall]) -> QuerySet[OutgoingCall]:
        return queryset.filter(system=self.value()) if self.value() else queryset


class SlownessFilter(DropdownFilter):
    """Calls that took at least so long."""

    title = gettext_lazy("duration")
    parameter_name = "slower"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [
            ("1000", gettext("1 second or more")),
            ("5000", gettext("5 seconds or more")),
            ("30000", gettext("30 seconds or more")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutgoingCall]) -> QuerySet[OutgoingCall]:
        known = [value for value, _ in self.lookups(request, None)]
        return queryset.filter(milliseconds__gte=self.value()) if self.value() in known else queryset


@admin.register(OutgoingCall)
class OutgoingCallAdmin(ListViewsMixin, ExportsMixin, ReadOnlyAdmin):
    """The calls that the work on orders made."""

    list_display = ["call", "outcome_", "duration", "order_", "at_"]
    list_display_links = ["call"]
    list_filter = [SystemFilter, ("outcome", WordsFilter), SlownessFilter, ("at", DaysFilter)]
    list_filter_submit = True
    list_fullwidth = True
    list_before_template = "hub/call_views.html"
    search_fields = ["what"]  # switches the box on
    search_help_text = gettext_lazy("Order, job or PO number, customer, email")
    sortable_by = ["duration", "at_"]
    ordering = ["-milliseconds", "-pk"]
    empty_text = gettext_lazy(
        "Calls appear here when a worker reads an order from Pressero or writes a job to Pace."
    )
    fieldsets = [
        (None, {"fields": ["call", ("outcome_", "duration"), ("at_", "order_")]}),
        (
            gettext_lazy("Request and response"),
            {
                "fields": ["data_"],
                "description": gettext_lazy("Secrets are masked; very long texts are cut."),
            },
        ),
    ]
    readonly_fields = ["call", "outcome_", "duration", "at_", "order_", "data_"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutgoingCall]:
        # Of the order only what names it.
        queryset = super().get_queryset(request).select_related("order")
        return queryset.only(*(field.name for field in OutgoingCall._meta.concrete_fields), "order__number")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[OutgoingCall], search_term: str
    ) -> tuple[QuerySet[OutgoingCall], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(order__in=find_orders(search_term).order_ids), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "views": _views(request)})

    @display(description=gettext_lazy("Call"))
    def call(self, call: OutgoingCall) -> SafeString:
        return two_lines(
            shortened(call.what, 100),
            ", ".join(part for part in (call.connection or call.system, call.method) if part),
        )

    @display(description=gettext_lazy("Outcome"))
    def outcome_(self, call: OutgoingCall) -> SafeString:
        status = f" ({call.status})" if call.status else ""
        outcome = CallOutcome(call.outcome)
        return badge(f"{gettext(outcome.label)}{status}", CALL_TONES[outcome])

    @display(description=gettext_lazy("Duration"), ordering="milliseconds")
    def duration(self, call: OutgoingCall) -> str:
        return (
            f"{call.milliseconds:,} ms"
            if call.milliseconds < 10_000
            else f"{call.milliseconds / 1000:,.1f} s"
        )

    @display(description=gettext_lazy("Order"))
    def order_(self, call: OutgoingCall) -> SafeString:
        return order_link(call.order)

    @display(description=gettext_lazy("When"), ordering="pk")
    def at_(self, call: OutgoingCall) -> SafeString:
        return moment(call.at, seconds=True)

    @display(description=gettext_lazy("Request and response"))
    def data_(self, call: OutgoingCall) -> SafeString:
        shown = call_of(call.entry.data)
        if shown is None:
            return pretty_json(call.entry.data)
        return render_to_string("hub/order/call.html", {"call": shown})


def _views(request: HttpRequest) -> list[dict[str, Any]]:
    """The ways people look at calls, as links above the list."""
    newest = "o=-4"
    views = [(gettext("Slowest first"), ""), (gettext("Newest first"), newest)]
    views += [
        (
            gettext("{outcome}, newest first").format(outcome=gettext(outcome.label)),
            f"outcome__exact={outcome}&{newest}",
        )
        for outcome in CallOutcome
        if outcome != CallOutcome.ANSWERED
    ]
    query = request.META.get("QUERY_STRING", "")
    return [{"label": label, "query": f"?{part}", "active": query == part} for label, part in views]
