"""Subscriptions in the portal: who is told of orders, with which secret, and how it goes."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy, ngettext
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminPasswordWidget

from automationhub.lib.admin import HubModelAdmin, admin_link
from integrations.admin.setup.connection_base import HISTORY
from integrations.admin.setup.secrets import SECRET_OVERRIDES, SecretFieldsMixin
from integrations.admin.shared.confirm import Question, confirmed, fetch_or_404
from integrations.admin.shared.displays import actor_name, badge, change_url, moment, signed_in
from integrations.core.connections.clients import note_move
from integrations.enums import EventType
from integrations.errors import NotAllowed
from integrations.models import EventDelivery, Subscription
from integrations.models.subscriptions import SUBSCRIBABLE, new_secret
from integrations.operations import subscriptions

EVENTS = [(one.value, one.label) for one in EventType if one in SUBSCRIBABLE]


class SubscriptionForm(SecretFieldsMixin):
    """A write-only secret, and the events as boxes to tick."""

    events = forms.MultipleChoiceField(
        choices=EVENTS,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("Select none to send all."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["events"].choices = [(value, gettext(label)) for value, label in EVENTS]  # type: ignore[attr-defined]


class SecretForm(forms.Form):
    """A secret that someone brings, or none to have one made."""

    secret = forms.CharField(
        required=False,
        strip=True,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        label=gettext_lazy("New secret"),
        help_text=gettext_lazy("Leave blank to have one made."),
    )


@admin.register(Subscription)
class SubscriptionAdmin(HubModelAdmin):
    """Receivers of events."""

    form = SubscriptionForm
    formfield_overrides = SECRET_OVERRIDES
    list_display = ["name", "url", "events_", "state", "waiting", "last_delivery"]
    list_filter = ["active"]
    search_fields = ["name", "url"]
    ordering = ["name"]
    empty_text = gettext_lazy(
        "Send events about orders to other systems as they change. Add the address of a receiver; each event is signed and "
        "retried for 24 hours."
    )
    actions_detail = ["send_test", "pause", "resume", "send_failed", "new_secret", "remove_previous_secret"]
    readonly_fields = [
        "state", "problem_", "waiting", "failed_", "last_delivery", "secrets_", "created_at", "updated_at",
    ]  # fmt: skip
    fieldsets = [
        (None, {"fields": ["name", "url", "events", "active"]}),
        (
            gettext_lazy("Signature"),
            {
                "description": gettext_lazy(
                    "The receiver checks with the secret that an event came from this hub (Standard Webhooks)."
                ),
                "fields": ["secret", "secrets_"],
            },
        ),
        (
            gettext_lazy("Deliveries"),
            {"fields": ["state", "problem_", "last_delivery", "waiting", "failed_"]},
        ),
        HISTORY,
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscription]:
        waiting = EventDelivery.objects.filter(subscription=OuterRef("pk"), due_at__isnull=False)
        counted = waiting.order_by().values("subscription").annotate(count=Count("pk")).values("count")
        return super().get_queryset(request).annotate(waiting_count=Coalesce(Subquery(counted), 0))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Of a subscription that is only being made there are no deliveries."""
        shown = super().get_fieldsets(request, obj)
        return shown if obj is not None else [shown[0], (shown[1][0], {**shown[1][1], "fields": ["secret"]})]

    # --- saving, and the one page that shows a secret ---

    def save_model(self, request: HttpRequest, obj: Subscription, form: Any, change: bool) -> None:
        before = obj.stored()
        made = "" if obj.secret else new_secret()
        if made:
            obj.secret = made
        super().save_model(request, obj, form, change)
        note_move(before, obj, actor=actor_name(request), user=signed_in(request))
        request._hub_made_secret = made  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        answer = super().response_add(request, obj, post_url_continue)
        return self._page_of_secret(request, obj) or answer

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        answer = super().response_change(request, obj)
        return self._page_of_secret(request, obj) or answer

    def _page_of_secret(self, request: HttpRequest, obj: Subscription) -> HttpResponse | None:
        made = getattr(request, "_hub_made_secret", "")
        return self._secret_page(request, obj, secret=made) if made else None

    def _secret_page(self, request: HttpRequest, obj: Subscription, **context: Any) -> HttpResponse:
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": obj,
            "title": gettext("New secret"),
            "back_url": change_url(obj),
            **context,
        }
        response = TemplateResponse(request, "hub/secret_once.html", context)
        response["Cache-Control"] = "no-store"
        return response

    # --- displays ---

    @display(description=gettext_lazy("Events"))
    def events_(self, row: Subscription) -> str:
        if not row.events:
            return gettext("All")
        return ", ".join(gettext(EventType(one).label) for one in row.events)

    @display(description=gettext_lazy("State"))
    def state(self, row: Subscription) -> SafeString:
        if not row.active:
            return badge(gettext("Inactive"), "muted")
        if row.paused_at is not None:
            return badge(gettext("Paused"), "bad")
        return badge(gettext("Failing"), "wait") if row.failures else badge(gettext("On"), "good")

    @display(description=gettext_lazy("Problem"))
    def problem_(self, row: Subscription) -> str | SafeString:
        if not row.problem:
            return gettext("None.")
        return format_html("{} ({} {})", row.problem, gettext("since"), moment(row.failing_since))

    @display(description=gettext_lazy("Waiting"), ordering="waiting_count")
    def waiting(self, row: Subscription) -> str | SafeString:
        count = row.waiting_count  # type: ignore[attr-defined]
        return self._link(row, "pending", str(count)) if count else "0"

    @display(description=gettext_lazy("Failed"))
    def failed_(self, row: Subscription) -> str | SafeString:
        count = subscriptions.failed_of(row).count()
        return self._link(row, "failed", str(count)) if count else "0"

    def _link(self, row: Subscription, state: str, text: str) -> SafeString:
        page = reverse("admin:integrations_eventdelivery_changelist")
        return admin_link(f"{page}?subscription__id__exact={row.pk}&state__exact={state}", text)

    @display(description=gettext_lazy("Last delivery"), ordering="delivered_at")
    def last_delivery(self, row: Subscription) -> SafeString:
        return moment(row.delivered_at)

    @display(description=gettext_lazy("Signs with"))
    def secrets_(self, row: Subscription) -> str:
        return (
            gettext("Two secrets: the new one and the previous one")
            if row.old_secret
            else gettext("One secret")
        )

    # --- actions ---

    def has_test_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("integrations.test_subscription")

    def has_edit_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("integrations.change_subscription")

    def has_replay_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("integrations.replay_eventdelivery")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only what can be done to it as it is."""
        row = self.get_object(request, str(object_id))
        allowed = super().get_actions_detail(request, object_id)
        if row is None:
            return allowed
        hidden = {"pause" if row.paused_at else "resume"}
        hidden |= {"new_secret"} if row.old_secret else {"remove_previous_secret"}
        if not subscriptions.failed_of(row).exists():
            hidden.add("send_failed")
        return [one for one in allowed if one.method.original_function_name not in hidden]

    @action(
        description=gettext_lazy("Send a test event"),
        permissions=["view", "test"],
        url_path="send-test",
        icon="send",
        variant=ActionVariant.PRIMARY,
    )
    def send_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = cast(Subscription, fetch_or_404(self, request, object_id))
        question = Question(
            gettext("Send a test event to {name}?").format(name=row.name),
            gettext(
                "An event of the type “test” is sent once, the way every event is sent. The result appears under "
                "Events sent. Unsaved changes of the form are not part of the test."
            ),
            gettext("Send it"),
        )

        def act() -> str:
            subscriptions.send_test(row, actor=actor_name(request), user=signed_in(request))
            return gettext("A test event is on its way. Its result appears under Events sent within seconds.")

        return confirmed(self, request, row, question, act)

    @action(
        description=gettext_lazy("Pause"), permissions=["view", "edit"], url_path="pause", icon="pause_circle"
    )
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = cast(Subscription, fetch_or_404(self, request, object_id))
        question = Question(
            gettext("Pause the events to {name}?").format(name=row.name),
            gettext("Nothing is sent until you resume it. Events wait for up to 30 days."),
            gettext("Pause"),
            danger=True,
        )

        def act() -> str:
            subscriptions.pause(row, actor=actor_name(request), user=signed_in(request))
            return gettext("Events to {name} wait until you resume them.").format(name=row.name)

        return confirmed(self, request, row, question, act)

    @action(
        description=gettext_lazy("Resume"),
        permissions=["view", "edit"],
        url_path="resume",
        icon="play_circle",
    )
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = cast(Subscription, fetch_or_404(self, request, object_id))
        question = Question(
            gettext("Resume the events to {name}?").format(name=row.name),
            gettext("Events that wait are sent now, oldest first, and retried for 24 hours."),
            gettext("Resume"),
        )

        def act() -> str:
            count = subscriptions.resume(row, actor=actor_name(request), user=signed_in(request))
            return ngettext(
                "{count} waiting event is sent now.", "{count} waiting events are sent now.", count
            ).format(count=count)

        return confirmed(self, request, row, question, act)

    @action(
        description=gettext_lazy("Send failed events again"),
        permissions=["view", "replay"],
        url_path="send-failed",
        icon="replay",
    )
    def send_failed(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = cast(Subscription, fetch_or_404(self, request, object_id))
        question = Question(
            gettext("Send the failed events to {name} again?").format(name=row.name),
            gettext("Each keeps its webhook-id, so that the receiver can tell what it has already."),
            gettext("Send them"),
        )

        def act() -> str:
            count = subscriptions.replay(
                subscriptions.failed_of(row), row, actor=actor_name(request), user=signed_in(request)
            )
            return ngettext("{count} event is sent again.", "{count} events are sent again.", count).format(
                count=count
            )

        return confirmed(self, request, row, question, act)

    @action(
        description=gettext_lazy("New secret"),
        permissions=["view", "edit"],
        url_path="new-secret",
        icon="key",
    )
    def new_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = cast(Subscription, fetch_or_404(self, request, object_id))
        form = SecretForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                made = subscriptions.rotate_secret(
                    row,
                    typed=form.cleaned_data["secret"],
                    actor=actor_name(request),
                    user=signed_in(request),
                )
            except NotAllowed as error:
                form.add_error("secret", error.message)
            else:
                return self._secret_page(request, row, secret=made, rotating=True)
        return self._secret_page(request, row, form=form)

    @action(
        description=gettext_lazy("Remove previous secret"),
        permissions=["view", "edit"],
        url_path="remove-previous-secret",
        icon="key_off",
    )
    def remove_previous_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = cast(Subscription, fetch_or_404(self, request, object_id))
        question = Question(
            gettext("Remove the previous secret of {name}?").format(name=row.name),
            gettext(
                "Do this when the receiver knows the new one. Events are then signed with the new one only."
            ),
            gettext("Remove it"),
        )

        def act() -> str:
            subscriptions.end_rotation(row, actor=actor_name(request), user=signed_in(request))
            return gettext("Events to {name} are signed with one secret.").format(name=row.name)

        return confirmed(self, request, row, question, act)
