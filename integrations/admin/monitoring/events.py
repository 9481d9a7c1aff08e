"""Webhook events in the portal: what Pressero sent, what became of it, and replaying it."""

from typing import cast

import simplejson
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy
from unfold.contrib.filters.admin import (
    DropdownFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from automationhub.lib.admin import ReadOnlyAdmin, code_box, pretty_json
from integrations.admin.monitoring.exports import ExportsMixin
from integrations.admin.shared.confirm import Question, confirmed, fetch_or_404
from integrations.admin.shared.displays import NOTHING, VERDICT_TONES, actor_name, badge, moment, order_link
from integrations.admin.shared.filters import DaysFilter, WordsFilter
from integrations.admin.shared.list_views import ListViewsMixin
from integrations.clients.pressero.webhooks import EVENT_NAMES
from integrations.core.search.index import MAX_DIGITS
from integrations.models import PresseroAccount, WebhookEvent
from integrations.orders.intake import receive

MOST_AT_ONCE = 200


class TypeFilter(DropdownFilter):
    """Events of one type that the hub knows."""

    title = gettext_lazy("type")
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        # Not what has come so far: to list that, millions of events would have to be read.
        return [(name, name) for name in sorted(EVENT_NAMES)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WebhookEvent]) -> QuerySet[WebhookEvent]:
        return queryset.filter(type_name=self.value()) if self.value() else queryset


@admin.register(WebhookEvent)
class WebhookEventAdmin(ListViewsMixin, ExportsMixin, ReadOnlyAdmin):
    """Events are kept exactly as they came."""

    list_display = ["type_", "about", "item", "verdict_", "account", "storefront", "repeated", "received"]
    list_display_links = ["type_"]
    list_filter = [
        ("verdict", WordsFilter),
        ("account", RelatedDropdownFilter),
        ("storefront", RelatedDropdownFilter),
        TypeFilter,
        ("received_at", DaysFilter),
    ]
    list_filter_submit = True
    list_fullwidth = True
    list_select_related = ["account", "storefront", "order"]
    search_fields = ["message_id"]
    search_help_text = gettext_lazy("Order number or full message ID")
    sortable_by = ["about", "received"]
    ordering = ["-id"]
    empty_text = gettext_lazy(
        "No webhook has arrived from Pressero yet. Find the webhook address to enter there on the page of the Pressero account."
    )
    actions = ["replay_selected"]
    actions_detail = ["replay"]
    fieldsets = [
        (gettext_lazy("Payload"), {"fields": [("type_", "received"), ("about", "item"), ("occurred", "repeated")]}),
        (gettext_lazy("Result"), {"fields": ["verdict_", "detail", "order_", "storefront"]}),
        (gettext_lazy("Body"), {"fields": ["pretty_body"], "description": gettext_lazy("Payload as sent by Pressero (formatted).")}),
        (
            gettext_lazy("Technical"),
            {
                "fields": [
                    "account", "message_id", "type_number", "site_id", "hash_scheme", "remote_address", "body_sha256",
                ],
                "classes": ["collapse"],
            },
        ),
    ]  # fmt: skip
    readonly_fields = [
        "type_", "received", "about", "item", "occurred", "repeated", "verdict_", "order_", "pretty_body",
    ]  # fmt: skip

    def has_replay_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("integrations.replay_webhookevent")

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEvent]:
        # Bodies can be large; only the page of one event reads its own.
        return super().get_queryset(request).defer("body")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WebhookEvent], search_term: str
    ) -> tuple[QuerySet[WebhookEvent], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        digits = term.removeprefix("#")
        if digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS:
            return queryset.filter(order_number=int(digits)), False
        # Every message ID of an account is in its index; there are few accounts.
        accounts = list(PresseroAccount.objects.values_list("pk", flat=True))
        return queryset.filter(account__in=accounts, message_id=term), False

    # --- displays ---

    @display(description=gettext_lazy("Type"), ordering="type_name")
    def type_(self, event: WebhookEvent) -> str:
        return event.type_name or (
            gettext("Type {number}").format(number=event.type_number)
            if event.type_number is not None
            else gettext("No type")
        )

    @display(description=gettext_lazy("Order"), ordering="order_number")
    def about(self, event: WebhookEvent) -> str | SafeString:
        if event.order is not None:
            return order_link(event.order)
        return str(event.order_number) if event.order_number else NOTHING

    @display(description=gettext_lazy("Order in the hub"))
    def order_(self, event: WebhookEvent) -> SafeString:
        return order_link(event.order)

    @display(description=gettext_lazy("Item"))
    def item(self, event: WebhookEvent) -> str | SafeString:
        return NOTHING if event.item_seq is None else str(event.item_seq)

    @display(description=gettext_lazy("Result"), ordering="verdict")
    def verdict_(self, event: WebhookEvent) -> SafeString:
        return badge(gettext(event.get_verdict_display()), VERDICT_TONES.get(event.verdict, "muted"))

    @display(description=gettext_lazy("Duplicates"), ordering="repeats")
    def repeated(self, event: WebhookEvent) -> str | SafeString:
        return NOTHING if not event.repeats else f"{event.repeats} ×"

    @display(description=gettext_lazy("Received"), ordering="id")
    def received(self, event: WebhookEvent) -> SafeString:
        return moment(event.received_at, seconds=True)

    @display(description=gettext_lazy("Sent by Pressero at"))
    def occurred(self, event: WebhookEvent) -> SafeString:
        return moment(event.occurred_at, seconds=True)

    @display(description=gettext_lazy("Body"))
    def pretty_body(self, event: WebhookEvent) -> SafeString:
        try:
            return pretty_json(simplejson.loads(event.body, use_decimal=True))
        except (ValueError, RecursionError):
            return format_html("{}{}", "This is not JSON; it is shown as received.", code_box(event.body))

    # --- actions ---

    @action(
        description=gettext_lazy("Replay"),
        permissions=["view", "replay"],
        icon="replay",
        variant=ActionVariant.PRIMARY,
    )
    def replay(self, request: HttpRequest, object_id: str) -> HttpResponse:
        event = cast(WebhookEvent, fetch_or_404(self, request, object_id))
        question = Question(
            gettext("Replay {event}?").format(event=event),
            gettext(
                "The stored event is processed again, with the current set-up of the storefronts. If it names an order, that order is read from Pressero again. Jobs that are already in Pace are never created twice."
            ),
            gettext("Replay"),
        )
        return confirmed(
            self, request, event, question, lambda: receive.replay(event, actor=actor_name(request))
        )

    @action(description=gettext_lazy("Replay"), permissions=["replay"])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[WebhookEvent]) -> None:
        events = list(queryset.order_by("id")[: MOST_AT_ONCE + 1])
        if len(events) > MOST_AT_ONCE:
            messages.error(
                request,
                gettext(
                    "Replay: choose at most {most_at_once} events at a time. Nothing was changed."
                ).format(most_at_once=MOST_AT_ONCE),
            )
            return
        for event in events:
            messages.info(request, receive.replay(event, actor=actor_name(request)))
