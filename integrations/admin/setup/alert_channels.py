"""Alert channels in the portal: where alerts go besides mail, when, and how it goes."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from automationhub.lib.admin import HubModelAdmin
from automationhub.lib.shown_times import clock_text
from integrations.admin.setup.connection_base import HISTORY
from integrations.admin.setup.secrets import SECRET_OVERRIDES, SecretFieldsMixin
from integrations.admin.shared.confirm import Question, confirmed, fetch_or_404
from integrations.admin.shared.displays import actor_name, badge, moment, signed_in
from integrations.core import alerts
from integrations.core.audit import log as audit
from integrations.models import AlertChannel, AlertKind
from integrations.models.alert_channels import CHANNEL_KINDS

KINDS = [(one.value, str(one.label)) for one in AlertKind if one in CHANNEL_KINDS]


class AlertChannelForm(SecretFieldsMixin):
    """A write-only address; storefronts and kinds as boxes to tick."""

    kinds = forms.MultipleChoiceField(
        choices=KINDS,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("Select none to send all."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kinds"].choices = [(value, gettext(label)) for value, label in KINDS]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        # A configuration file without secrets makes a channel whose address is entered here.
        if "url" in cleaned and not cleaned["url"]:
            self.add_error("url", gettext("A channel needs an address to send messages to."))
        return cleaned


@admin.register(AlertChannel)
class AlertChannelAdmin(HubModelAdmin):
    """Chats, phones and other services that are told of alerts."""

    form = AlertChannelForm
    formfield_overrides = SECRET_OVERRIDES
    list_display = ["name", "about", "kinds_", "quiet", "state", "last_message"]
    list_filter = ["active"]
    search_fields = ["name"]
    ordering = ["name"]
    empty_text = gettext_lazy(
        "Alerts can go to a chat or a phone besides mail: Slack, Teams, Discord, SMS and many other services. Add the "
        "first channel."
    )
    actions_detail = ["send_trial"]
    readonly_fields = ["state", "problem_", "last_message", "created_at", "updated_at"]
    fieldsets = [
        (None, {"fields": ["name", "url", "active"]}),
        (gettext_lazy("What is sent"), {"fields": ["storefronts", "kinds"]}),
        (gettext_lazy("When"), {"fields": [("quiet_from", "quiet_until"), "repeat_hours"]}),
        (gettext_lazy("Messages"), {"fields": ["state", "problem_", "last_message"]}),
        HISTORY,
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("storefronts")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = super().get_fieldsets(request, obj)
        return shown if obj is not None else shown[:3]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "active":
            kwargs["help_text"] = gettext("An inactive channel sends no messages.")
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "storefronts" and field is not None:
            # Boxes to tick, without the menu to add and change storefronts beside them.
            field.widget = getattr(field.widget, "widget", field.widget)
        return field

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    # --- displays ---

    @display(description=gettext_lazy("Storefronts"))
    def about(self, row: AlertChannel) -> str:
        return ", ".join(one.name for one in row.storefronts.all()) or gettext("All")

    @display(description=gettext_lazy("Alerts"))
    def kinds_(self, row: AlertChannel) -> str:
        return ", ".join(gettext(str(AlertKind(one).label)) for one in row.kinds) or gettext("All")

    @display(description=gettext_lazy("Quiet hours"))
    def quiet(self, row: AlertChannel) -> str:
        if row.quiet_from is None or row.quiet_until is None:
            return gettext("None")
        return f"{clock_text(row.quiet_from)} – {clock_text(row.quiet_until)}"

    @display(description=gettext_lazy("State"))
    def state(self, row: AlertChannel) -> SafeString:
        if not row.active:
            return badge(gettext("Inactive"), "muted")
        return badge(gettext("Failing"), "bad") if row.failures else badge(gettext("On"), "good")

    @display(description=gettext_lazy("Problem"))
    def problem_(self, row: AlertChannel) -> str | SafeString:
        if not row.problem:
            return gettext("None.")
        return format_html("{} ({} {})", row.problem, gettext("since"), moment(row.failing_since))

    @display(description=gettext_lazy("Last message"), ordering="sent_at")
    def last_message(self, row: AlertChannel) -> SafeString:
        return moment(row.sent_at)

    # --- actions ---

    def has_test_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("integrations.test_alertchannel")

    @action(
        description=gettext_lazy("Send a trial message"),
        permissions=["view", "test"],
        url_path="send-trial",
        icon="send",
        variant=ActionVariant.PRIMARY,
    )
    def send_trial(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = cast(AlertChannel, fetch_or_404(self, request, object_id))
        question = Question(
            gettext("Send a trial message to {name}?").format(name=row.name),
            gettext(
                "It goes the way every alert goes, also during quiet hours. Save changes of the form first."
            ),
            gettext("Send it"),
        )

        def act() -> str:
            alerts.try_channel(row)
            audit.record(
                "channel.tried", {"name": row.name}, actor=actor_name(request), user=signed_in(request)
            )
            return gettext(
                "A trial message is on its way. Reload this page in a moment: it says how it went."
            )

        return confirmed(self, request, row, question, act)
