"""Alerts in the portal: what was told, to whom, whether it is over, and taking care of it."""

from __future__ import annotations

from typing import cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy, ngettext
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from automationhub.lib.admin import ReadOnlyAdmin
from integrations.admin.shared.confirm import Question, confirmed, fetch_or_404
from integrations.admin.shared.displays import (
    NOTHING,
    actor_name,
    badge,
    moment,
    order_link,
    shortened,
    signed_in,
    two_lines,
)
from integrations.admin.shared.filters import DaysFilter, WordsFilter
from integrations.core import alert_channels
from integrations.core.audit import log as audit
from integrations.models import Alert, AlertKind


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """What staff were told of, by mail and through channels."""

    list_display = ["text_", "order_", "state", "told", "created"]
    list_display_links = ["text_"]
    list_filter = [("kind", WordsFilter), ("created_at", DaysFilter)]
    list_filter_submit = True
    list_fullwidth = True
    ordering = ["-id"]
    sortable_by = ["created"]
    empty_text = gettext_lazy("Alerts appear here as soon as something needs a person.")
    actions = ["acknowledge_selected"]
    actions_detail = ["acknowledge"]
    fieldsets = [
        (None, {"fields": ["kind_", "full_text", ("order_", "created"), "state"]}),
        (gettext_lazy("Sent to"), {"fields": ["mail", "channels"]}),
    ]
    readonly_fields = ["kind_", "full_text", "order_", "created", "state", "mail", "channels"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alert]:
        found = super().get_queryset(request).select_related("order").prefetch_related("messages__channel")
        return found.defer("order__fetched", "order__plan", "order__sent_payload")

    @display(description=gettext_lazy("Alert"))
    def text_(self, alert: Alert) -> SafeString:
        return two_lines(shortened(alert.text, 120), gettext(str(AlertKind(alert.kind).label)))

    @display(description=gettext_lazy("Kind"))
    def kind_(self, alert: Alert) -> str:
        return gettext(str(AlertKind(alert.kind).label))

    @display(description=gettext_lazy("Text"))
    def full_text(self, alert: Alert) -> str:
        return alert.text

    @display(description=gettext_lazy("Order"))
    def order_(self, alert: Alert) -> SafeString:
        return order_link(alert.order)

    @display(description=gettext_lazy("State"))
    def state(self, alert: Alert) -> SafeString | str:
        if alert.resolved_at is not None:
            return badge(gettext("Over"), "good")
        if alert.acknowledged_at is not None:
            return badge(gettext("Acknowledged by {name}").format(name=alert.acknowledged_by), "info")
        return badge(gettext("Open"), "wait") if alert.kind == AlertKind.NEEDS_ATTENTION else NOTHING

    @display(description=gettext_lazy("Sent to"))
    def told(self, alert: Alert) -> str:
        names = [one.channel.name for one in alert.messages.all() if one.sent_at is not None]
        if alert.recipients and alert.sent_at is not None:
            names.insert(0, gettext("Email"))
        return ", ".join(names) or gettext("Waiting")

    @display(description=gettext_lazy("Email"))
    def mail(self, alert: Alert) -> str:
        return ", ".join(alert.recipients) or gettext("No address")

    @display(description=gettext_lazy("Channels"))
    def channels(self, alert: Alert) -> str:
        return ", ".join(one.channel.name for one in alert.messages.all()) or gettext("None")

    @display(description=gettext_lazy("When"), ordering="id")
    def created(self, alert: Alert) -> SafeString:
        return moment(alert.created_at, seconds=True)

    # --- actions ---

    def has_acknowledge_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("integrations.acknowledge_alert")

    @action(
        description=gettext_lazy("Acknowledge"),
        permissions=["view", "acknowledge"],
        url_path="acknowledge",
        icon="check_circle",
        variant=ActionVariant.PRIMARY,
    )
    def acknowledge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        alert = cast(Alert, fetch_or_404(self, request, object_id))
        question = Question(
            gettext("Acknowledge this alert?"),
            gettext("Channels do not repeat it. They still hear when its order is fine again."),
            gettext("Acknowledge"),
        )

        def act() -> str:
            self._acknowledge(request, [alert])
            return gettext("The alert is acknowledged.")

        return confirmed(self, request, alert, question, act)

    @action(description=gettext_lazy("Acknowledge"), permissions=["acknowledge"])
    def acknowledge_selected(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        count = self._acknowledge(request, list(queryset[:1000]))
        messages.success(
            request,
            ngettext("{count} alert was acknowledged.", "{count} alerts were acknowledged.", count).format(
                count=count
            ),
        )

    def _acknowledge(self, request: HttpRequest, chosen: list[Alert]) -> int:
        count = alert_channels.acknowledge(chosen, actor=actor_name(request))
        audit.record_all(
            audit.entry(
                "alert.acknowledged",
                {"text": shortened(alert.text, 120)},
                order=alert.order_id,
                actor=actor_name(request),
                user=signed_in(request),
            )
            for alert in chosen
        )
        return count
