"""Events sent: each event on its way to each subscription, with what the receiver answered."""

from __future__ import annotations

from collections import defaultdict
from typing import cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy, ngettext
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from automationhub.lib.admin import ReadOnlyAdmin, code_box, pretty_json
from integrations.admin.shared.confirm import Question, confirmed, fetch_or_404
from integrations.admin.shared.displays import (
    NOTHING,
    actor_name,
    badge,
    moment,
    order_link,
    signed_in,
    two_lines,
)
from integrations.admin.shared.filters import DaysFilter, WordsFilter
from integrations.core.events import signing
from integrations.core.search.index import find_orders
from integrations.enums import DeliveryState, EventType
from integrations.models import EventDelivery, Subscription
from integrations.operations import subscriptions

TONES = {DeliveryState.PENDING: "wait", DeliveryState.DELIVERED: "good", DeliveryState.FAILED: "bad"}
MOST_AT_ONCE = 500


@admin.register(EventDelivery)
class EventDeliveryAdmin(ReadOnlyAdmin):
    """What was sent to whom, and how it went."""

    list_display = ["event_", "order_", "subscription", "state_", "tries", "at_"]
    list_display_links = ["event_"]
    list_filter = [
        ("state", WordsFilter),
        ("subscription", RelatedDropdownFilter),
        ("event__type", WordsFilter),
        ("event__at", DaysFilter),
    ]
    list_filter_submit = True
    list_fullwidth = True
    list_select_related = ["event", "order", "subscription"]
    search_fields = ["event__uid"]  # switches the box on
    search_help_text = gettext_lazy("Order, job or PO number, customer, email")
    sortable_by = ["at_"]
    ordering = ["-id"]
    empty_text = gettext_lazy("Events appear here once a subscription is active and orders change.")
    actions = ["send_selected_again"]
    actions_detail = ["send_again"]
    fieldsets = [
        (None, {"fields": [("event_", "order_"), ("subscription_", "at_"), ("state_", "due_"), "problem"]}),
        (
            gettext_lazy("Last attempt"),
            {"fields": [("tried_", "tries"), ("status_code", "duration"), "answer_"]},
        ),
        (gettext_lazy("What is sent"), {"fields": ["message_id", "body_"]}),
    ]
    readonly_fields = [
        "event_", "order_", "subscription_", "at_", "state_", "due_", "tried_", "tries", "duration", "answer_",
        "message_id", "body_",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[EventDelivery]:
        # Of the order only what names it.
        queryset = super().get_queryset(request).select_related("event", "order", "subscription")
        return queryset.defer("order__fetched", "order__plan", "order__sent_payload")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[EventDelivery], search_term: str
    ) -> tuple[QuerySet[EventDelivery], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(order__in=find_orders(search_term).order_ids), False

    # --- displays ---

    @display(description=gettext_lazy("Event"))
    def event_(self, row: EventDelivery) -> SafeString:
        return two_lines(gettext(EventType(row.event.type).label), row.event.type)

    @display(description=gettext_lazy("Order"))
    def order_(self, row: EventDelivery) -> SafeString:
        return order_link(row.order)

    @display(description=gettext_lazy("Subscription"))
    def subscription_(self, row: EventDelivery) -> str:
        return row.subscription.name

    @display(description=gettext_lazy("State"), ordering="state")
    def state_(self, row: EventDelivery) -> SafeString:
        state = DeliveryState(row.state)
        answer = f" ({row.status_code})" if row.status_code else ""
        return badge(f"{gettext(state.label)}{answer}", TONES[state])

    @display(description=gettext_lazy("Tries"))
    def tries(self, row: EventDelivery) -> str:
        return str(row.attempts)

    @display(description=gettext_lazy("Happened"), ordering="id")
    def at_(self, row: EventDelivery) -> SafeString:
        return moment(row.event.at, seconds=True)

    @display(description=gettext_lazy("Next try"))
    def due_(self, row: EventDelivery) -> SafeString:
        return moment(row.due_at, seconds=True)

    @display(description=gettext_lazy("When"))
    def tried_(self, row: EventDelivery) -> SafeString:
        return moment(row.tried_at, seconds=True)

    @display(description=gettext_lazy("Duration"))
    def duration(self, row: EventDelivery) -> str | SafeString:
        return NOTHING if row.milliseconds is None else f"{row.milliseconds:,} ms"

    @display(description=gettext_lazy("Answer"))
    def answer_(self, row: EventDelivery) -> SafeString:
        return code_box(row.answer) if row.answer else NOTHING

    @display(description=gettext_lazy("webhook-id"))
    def message_id(self, row: EventDelivery) -> str:
        return row.event.message_id

    @display(description=gettext_lazy("Body"))
    def body_(self, row: EventDelivery) -> SafeString:
        return pretty_json(signing.content_of(row.event))

    # --- actions ---

    def has_replay_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("integrations.replay_eventdelivery")

    @action(
        description=gettext_lazy("Send again"),
        permissions=["view", "replay"],
        url_path="send-again",
        icon="replay",
        variant=ActionVariant.PRIMARY,
    )
    def send_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = cast(EventDelivery, fetch_or_404(self, request, object_id))
        question = Question(
            gettext("Send this event to {name} again?").format(name=row.subscription.name),
            gettext("It keeps its webhook-id, so that the receiver can tell whether it has it already."),
            gettext("Send it"),
        )

        def act() -> str:
            self._replay(request, row.subscription, [row.pk])
            return gettext("The event is on its way. Its result appears here within seconds.")

        return confirmed(self, request, row, question, act)

    @action(description=gettext_lazy("Send again"), permissions=["replay"])
    def send_selected_again(self, request: HttpRequest, queryset: QuerySet[EventDelivery]) -> None:
        chosen = list(queryset.order_by("pk")[: MOST_AT_ONCE + 1])
        if len(chosen) > MOST_AT_ONCE:
            messages.error(
                request,
                gettext("Send at most {most} events again at a time. Nothing was sent.").format(
                    most=MOST_AT_ONCE
                ),
            )
            return
        by_subscription: dict[Subscription, list[int]] = defaultdict(list)
        for row in chosen:
            by_subscription[row.subscription].append(row.pk)
        count = sum(self._replay(request, one, ids) for one, ids in by_subscription.items())
        messages.success(
            request,
            ngettext("{count} event is sent again.", "{count} events are sent again.", count).format(
                count=count
            ),
        )

    def _replay(self, request: HttpRequest, subscription: Subscription, ids: list[int]) -> int:
        return subscriptions.replay(
            EventDelivery.objects.filter(pk__in=ids),
            subscription,
            actor=actor_name(request),
            user=signed_in(request),
        )
