"""Pressero accounts and Pace servers in the portal: addresses, credentials that are never shown, and a test."""

import secrets
from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy
from unfold.decorators import action, display

from integrations.admin.confirm import Question, confirmed, fetch_or_404
from integrations.admin.connection_base import HISTORY, ConnectionAdmin
from integrations.admin.fields import EmailListField, PaceFieldsField
from integrations.admin.lists import LISTS, ChoiceFieldsMixin, DiscoversMixin, ReadsListsMixin
from integrations.admin.secrets import SecretFieldsMixin
from integrations.errors import HubError
from integrations.models import PaceServer, PresseroAccount
from integrations.services import alerts, choices
from integrations.services.connections import check_pace, check_pressero

AUTHORITIES = (
    gettext_lazy("Certificate (rarely needed)"),
    {"fields": ["ca_certificates"], "classes": ["collapse"]},
)


class PresseroAccountForm(SecretFieldsMixin):
    """Write-only secrets; the rest as the model has it."""


@admin.register(PresseroAccount)
class PresseroAccountAdmin(DiscoversMixin, ReadsListsMixin, ConnectionAdmin):
    form = PresseroAccountForm
    try_it = staticmethod(check_pressero)
    system = "Pressero"
    used_by = ("storefronts", "orders", "events")
    actions_detail = [*ConnectionAdmin.actions_detail, "read_lists", "discover"]
    list_display = ["name", "base_url", "username", "signed", "calls"]
    empty_text = gettext_lazy(
        "Begin here: add the Pressero account the orders come from, then a Pace server, then a storefront."
    )
    readonly_fields = ["webhook_address", "detected_hash_scheme", "lists_read", "created_at", "updated_at"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "active"]}),
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

    @display(description=gettext_lazy("Signed events only"), boolean=True)
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
        help_text="Who is told when something needs a person. One address per line.",
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


@admin.register(PaceServer)
class PaceServerAdmin(ChoiceFieldsMixin, ReadsListsMixin, ConnectionAdmin):
    form = PaceServerForm
    try_it = staticmethod(check_pace)
    system = "Pace"
    used_by = ("storefronts", "jobs")
    prepopulated_fields = {"slug": ["name"]}
    actions_detail = [*ConnectionAdmin.actions_detail, "read_lists", "try_alert"]
    choice_fields = {
        "default_ship_via": "ship_via",
        "job_type": "job_type",
        "admin_status": "job_status",
        "shipment_type": "shipment_type",
    }
    choice_sends = {"": {"server": "={pk}"}}
    list_display = ["name", "url", "username", "time_zone", "alerts_go_to", "calls"]
    empty_text = gettext_lazy(
        "Add the Pace server in which jobs are made. Its user needs “Allow remote API usage” in Pace."
    )
    readonly_fields = ["push_address", "lists_read", "created_at", "updated_at"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "active"]}),
        (
            gettext_lazy("Connection"),
            {
                "description": gettext_lazy("How the hub logs in to Pace."),
                "fields": ["url", "username", "password", "time_zone", "job_link"],
            },
        ),
        (
            gettext_lazy("New jobs"),
            {
                "description": gettext_lazy(
                    "Codes as Pace has them: type a few letters of the name. A storefront's own job type, status and ship via win over these."
                ),
                "fields": [
                    "job_type",
                    "admin_status",
                    "job_order_type",
                    "shipment_type",
                    "default_ship_via",
                ],
            },
        ),
        (
            gettext_lazy("New customers and contacts"),
            {
                "description": gettext_lazy("Values for Pace fields that an order says nothing about."),
                "fields": ["customer_defaults", "contact_defaults"],
            },
        ),
        (
            gettext_lazy("Trouble"),
            {
                "description": gettext_lazy("How long the hub tries by itself, and whom it tells."),
                "fields": ["retry_hours", "quiet_seconds", "alert_emails"],
            },
        ),
        (
            gettext_lazy("Limits"),
            {
                "description": gettext_lazy(
                    "How much the hub asks of this server at once. 0 stands for no limit."
                ),
                "fields": ["max_concurrent_orders", "max_calls_per_second"],
                "classes": ["collapse"],
            },
        ),
        (
            gettext_lazy("Push from Pace (optional)"),
            {
                "description": gettext_lazy(
                    "An event handler in Pace may tell the hub of status changes at once. "
                    "Without it the hub asks regularly."
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

    @display(description=gettext_lazy("Alerts go to"))
    def alerts_go_to(self, server: PaceServer) -> str:
        return ", ".join(server.alert_emails) or "nobody"

    @display(description=gettext_lazy("Push address"))
    def push_address(self, server: PaceServer) -> str | SafeString:
        return self._address(server, f"/api/pace/{server.slug}/events/")

    @action(
        description=gettext_lazy("Send a trial alert"),
        permissions=["view", "pause"],
        url_path="try-alert",
        icon="mail",
    )
    def try_alert(self, request: HttpRequest, object_id: str) -> HttpResponse:
        server = cast(PaceServer, fetch_or_404(self, request, object_id))
        addresses = ", ".join(server.alert_emails)
        question = Question(
            gettext("Send a trial alert?"),
            f"A mail goes to {addresses or 'nobody: this server has no alert addresses'}, the way every alert goes.",
            gettext("Send it"),
        )

        def act() -> str:
            if not server.alert_emails:
                raise HubError("There is nobody to tell: enter alert addresses and save them first.")
            alerts.try_out(server.alert_emails)
            return f"A trial alert is on its way to {addresses}. A worker sends it within a minute or two."

        return confirmed(self, request, server, question, act)
