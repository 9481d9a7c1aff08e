"""Pressero accounts and Pace servers in the portal: addresses, credentials that are never shown, and a test."""

import secrets
from typing import Any, cast

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy
from unfold.decorators import action, display

from integrations.admin.setup.connection_base import HISTORY, ConnectionAdmin
from integrations.admin.setup.fields import EmailListField, PaceFieldsField
from integrations.admin.setup.lists import LISTS, ChoiceFieldsMixin, DiscoversMixin, ReadsListsMixin
from integrations.admin.setup.probes import ProbesMixin
from integrations.admin.setup.secrets import SecretFieldsMixin
from integrations.admin.shared.closing import RetriesWaiting
from integrations.admin.shared.confirm import Question, confirmed, fetch_or_404
from integrations.core import alerts
from integrations.core.connections.clients import check_pace, check_pressero
from integrations.errors import HubError
from integrations.models import PaceServer, PresseroAccount
from integrations.operations.setup import choices, in_flight

AUTHORITIES = (
    gettext_lazy("Certificate (rarely needed)"),
    {"fields": ["ca_certificates"], "classes": ["collapse"]},
)


class PresseroAccountForm(SecretFieldsMixin):
    """Write-only secrets; the rest as the model has it."""


@admin.register(PresseroAccount)
class PresseroAccountAdmin(RetriesWaiting, DiscoversMixin, ReadsListsMixin, ProbesMixin, ConnectionAdmin):
    form = PresseroAccountForm
    try_it = staticmethod(check_pressero)
    system = "Pressero"
    used_by = ("storefronts", "orders", "events")
    actions_detail = [*ConnectionAdmin.actions_detail, "probe", "read_lists", "discover"]
    list_display = ["name", "base_url", "username", "signed", "calls"]
    empty_text = gettext_lazy(
        "Start here: add the Pressero account that sends the orders, then a Pace server, then a storefront."
    )
    readonly_fields = [
        "state_now",
        "webhook_address",
        "detected_hash_scheme",
        "lists_read",
        "created_at",
        "updated_at",
    ]
    fieldsets = [
        (None, {"fields": ["state_now", "name", "slug", "active"]}),
        (
            gettext_lazy("Reading orders"),
            {
                "description": gettext_lazy(
                    "How the hub logs in to Pressero. The IDs are GUIDs that Aleyant gives you."
                ),
                "fields": [
                    "base_url",
                    "username",
                    "password",
                    "subscriber_id",
                    "consumer_id",
                    "order_link",
                ],
            },
        ),
        (
            gettext_lazy("Receiving webhooks"),
            {
                "description": gettext_lazy(
                    "Enter this address and the security key in Pressero, under Admin, Integration, Webhooks."
                ),
                "fields": ["webhook_address", "security_key", "hash_scheme", "detected_hash_scheme"],
            },
        ),
        AUTHORITIES,
        LISTS,
        HISTORY,
    ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        # A webhook address that nobody guesses.
        return {"slug": secrets.token_hex(16), **super().get_changeform_initial_data(request)}

    @display(description=gettext_lazy("Signed webhooks only"), boolean=True)
    def signed(self, account: PresseroAccount) -> bool:
        return bool(account.security_key)

    @display(description=gettext_lazy("Webhook address"))
    def webhook_address(self, account: PresseroAccount) -> str | SafeString:
        return self._address(account, f"/api/pressero/{account.slug}/events/")


class PaceServerForm(SecretFieldsMixin):
    """Write-only secrets, and the JSON columns as people type them."""

    alert_emails = EmailListField(
        required=False,
        label="Alert addresses",
        help_text="Who gets an email when an order or connection needs attention. One address per line.",
    )
    customer_defaults = PaceFieldsField(
        required=False,
        label="New customer defaults",
        help_text=PaceServer._meta.get_field("customer_defaults").help_text,
    )
    contact_defaults = PaceFieldsField(
        required=False,
        label="New contact defaults",
        help_text=PaceServer._meta.get_field("contact_defaults").help_text,
    )

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc] # Django's own step between cleaning and saving
        before = self.instance.stored()
        if before is not None and not self.errors:
            for reason in in_flight.reasons_to_wait(before, in_flight.changed(before, self.instance)):
                self.add_error(None, reason)


@admin.register(PaceServer)
class PaceServerAdmin(RetriesWaiting, ChoiceFieldsMixin, ReadsListsMixin, ProbesMixin, ConnectionAdmin):
    form = PaceServerForm
    try_it = staticmethod(check_pace)
    system = "Pace"
    used_by = ("storefronts", "jobs")
    change_form_outer_after_template = "hub/rehearsal/offer.html"
    may_rehearse = True
    prepopulated_fields = {"slug": ["name"]}
    actions_detail = [*ConnectionAdmin.actions_detail, "probe", "read_lists", "try_alert"]
    choice_fields = {
        "default_ship_via": "ship_via",
        "job_type": "job_type",
        "admin_status": "job_status",
        "shipment_type": "shipment_type",
    }
    choice_sends = {"": {"server": "={pk}"}}
    list_display = ["name", "url", "username", "time_zone", "alerts_go_to", "calls"]
    empty_text = gettext_lazy(
        "Add the Pace server where jobs are created. Its user needs “Allow remote API usage” in Pace."
    )
    readonly_fields = ["state_now", "push_address", "unread", "lists_read", "created_at", "updated_at"]
    fieldsets = [
        (None, {"fields": ["state_now", "name", "slug", "active"]}),
        (
            gettext_lazy("Connection"),
            {
                "description": gettext_lazy("How the hub logs in to Pace."),
                "fields": ["url", "username", "password", "time_zone", "date_times", "job_link", "unread"],
            },
        ),
        (
            gettext_lazy("New jobs"),
            {
                "description": gettext_lazy(
                    "Codes of Pace: type a few letters of the name. A storefront's own job type, status and ship via override these."
                ),
                "fields": [
                    "job_type",
                    "admin_status",
                    "job_order_type",
                    "shipment_type",
                    "default_ship_via",
                    "home_country",
                    "web_order_ids",
                ],
            },
        ),
        (
            gettext_lazy("New customers and contacts"),
            {
                "description": gettext_lazy("Values for Pace fields that orders do not provide."),
                "fields": ["customer_defaults", "contact_defaults"],
            },
        ),
        (
            gettext_lazy("Trouble"),
            {
                "description": gettext_lazy("How long the hub retries automatically, and who gets alerts."),
                "fields": ["retry_hours", "quiet_seconds", "alert_emails"],
            },
        ),
        (
            gettext_lazy("Limits"),
            {
                "description": gettext_lazy(
                    "How many calls the hub makes to this server at the same time. 0 = no limit."
                ),
                "fields": ["max_concurrent_orders", "max_calls_per_second"],
                "classes": ["collapse"],
            },
        ),
        (
            gettext_lazy("Push from Pace (optional)"),
            {
                "description": gettext_lazy(
                    "An event handler in Pace can send status changes to the hub right away. Without it, the hub checks regularly."
                ),
                "fields": ["push_address", "push_token"],
                "classes": ["collapse"],
            },
        ),
        AUTHORITIES,
        LISTS,
        HISTORY,
    ]

    def scope_of(self, obj: PaceServer) -> choices.Scope:
        return choices.Scope(server_id=obj.pk)

    def save_model(self, request: HttpRequest, obj: PaceServer, form: Any, change: Any) -> None:
        before = obj.stored()
        super().save_model(request, obj, form, change)
        if before is not None:
            for sentence in in_flight.consequences(obj, in_flight.changed(before, obj)):
                messages.warning(request, sentence)

    @display(description=gettext_lazy("Alerts go to"))
    def alerts_go_to(self, server: PaceServer) -> str:
        return ", ".join(server.alert_emails) or "nobody"

    @display(description=gettext_lazy("Not read from Pace"))
    def unread(self, server: PaceServer) -> str:
        return " ".join(server.unreadable.values()) or gettext("Nothing: Pace answers every regular check.")

    @display(description=gettext_lazy("Push address"))
    def push_address(self, server: PaceServer) -> str | SafeString:
        return self._address(server, f"/api/pace/{server.slug}/events/")

    @action(
        description=gettext_lazy("Send a test alert"),
        permissions=["view", "pause"],
        url_path="try-alert",
        icon="mail",
    )
    def try_alert(self, request: HttpRequest, object_id: str) -> HttpResponse:
        server = cast(PaceServer, fetch_or_404(self, request, object_id))
        addresses = ", ".join(server.alert_emails)
        question = Question(
            gettext("Send a test alert?"),
            f"A test email goes to {addresses or 'no one (this server has no alert addresses)'}, the way every alert does.",
            gettext("Send it"),
        )

        def act() -> str:
            if not server.alert_emails:
                raise HubError("This server has no alert addresses. Enter them and save first.")
            alerts.try_out(server.alert_emails)
            return f"A test alert is on its way to {addresses}. It should arrive within two minutes."

        return confirmed(self, request, server, question, act)
