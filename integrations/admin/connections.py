"""Pressero accounts and Pace servers in the portal: addresses, credentials that are never shown, and a test."""

import secrets
from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from automationhub.lib.admin import HubModelAdmin
from automationhub.lib.crypto import CredentialsKeyError
from integrations import audit
from integrations.admin.confirm import Question, confirmed, failure_text, fetch_or_404
from integrations.admin.displays import actor_name
from integrations.admin.fields import EmailListField, PaceFieldsField
from integrations.admin.secrets import SECRET_OVERRIDES, SecretFieldsMixin
from integrations.errors import HubError
from integrations.models import PaceServer, PresseroAccount
from integrations.services.connections import check_pace, check_pressero

# Each test may take as long as a login; a web request takes a few.
MOST_AT_ONCE = 5
HISTORY = ("History", {"fields": [("created_at", "updated_at")], "classes": ["collapse"]})


class ConnectionAdmin(HubModelAdmin):
    """What accounts and servers share: write-only secrets and the connection test."""

    formfield_overrides = SECRET_OVERRIDES
    actions = ["test_selected"]
    actions_detail = ["test_connection"]
    list_filter = ["active"]
    search_fields = ["name", "slug"]
    ordering = ["name"]

    try_it: Callable[[Any], str]
    system: str

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        connection = super().get_object(request, object_id, from_field)
        if connection is not None:
            # The addresses shown are built from the one that the portal was opened with.
            connection.hub_origin = request.build_absolute_uri("/").rstrip("/")
        return connection

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "slug":
            kwargs["label"] = "Short name"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def _address(self, connection: Any, path: str) -> str | SafeString:
        if connection.pk is None:
            return "Save first: the short name is part of the address."
        return format_html('<code class="hub-copy">{}{}</code>', getattr(connection, "hub_origin", ""), path)

    def has_test_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.test_{self.opts.model_name}")

    def _test(self, request: HttpRequest, connection: Any) -> str:
        """Try it and write down how it went. The sentence on success; raises what the test raises."""
        name = f"{self.system} ({connection.name})"
        actor, user = actor_name(request), cast(Any, request.user)
        try:
            result = type(self).try_it(connection)
        except (HubError, CredentialsKeyError) as error:
            audit.record(
                "connection.tested", {"name": name, "result": failure_text(error)}, actor=actor, user=user
            )
            raise
        audit.record("connection.tested", {"name": name, "result": result}, actor=actor, user=user)
        return result

    @action(
        description="Test connection", permissions=["view", "test"], url_path="test-connection", icon="cable"
    )
    def test_connection(self, request: HttpRequest, object_id: str) -> HttpResponse:
        connection = cast(Any, fetch_or_404(self, request, object_id))
        question = Question(
            f"Test the connection to {connection.name}?",
            f"The hub logs in to {self.system} with the stored credentials and changes nothing there. "
            "Unsaved changes of the form are not part of the test: save them first.",
            "Test now",
        )
        return confirmed(self, request, connection, question, lambda: self._test(request, connection))

    @action(description="Test connection", permissions=["test"])
    def test_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        chosen = list(queryset.order_by("name")[: MOST_AT_ONCE + 1])
        if len(chosen) > MOST_AT_ONCE:
            messages.error(request, f"Test at most {MOST_AT_ONCE} connections at a time. Nothing was tested.")
            return
        for connection in chosen:
            try:
                messages.success(request, self._test(request, connection))
            except (HubError, CredentialsKeyError) as error:
                messages.error(request, failure_text(error))


class PresseroAccountForm(SecretFieldsMixin):
    """Write-only secrets; the rest as the model has it."""


@admin.register(PresseroAccount)
class PresseroAccountAdmin(ConnectionAdmin):
    form = PresseroAccountForm
    try_it = staticmethod(check_pressero)
    system = "Pressero"
    list_display = ["name", "base_url", "username", "signed", "active"]
    empty_text = (
        "Begin here: add the Pressero account the orders come from, then a Pace server, then a storefront."
    )
    readonly_fields = ["webhook_address", "detected_hash_scheme", "created_at", "updated_at"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "active"]}),
        (
            "Reading orders",
            {
                "description": "How the hub logs in to Pressero. The IDs are GUIDs that Aleyant gives you.",
                "fields": ["base_url", "username", "password", "subscriber_id", "consumer_id"],
            },
        ),
        (
            "Receiving webhooks",
            {
                "description": "Enter this address and the security key in Pressero, under Admin, Integration, Webhooks.",
                "fields": ["webhook_address", "security_key", "hash_scheme", "detected_hash_scheme"],
            },
        ),
        HISTORY,
    ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        # A webhook address that nobody guesses.
        return {"slug": secrets.token_hex(8), **super().get_changeform_initial_data(request)}

    @display(description="Signed events only", boolean=True)
    def signed(self, account: PresseroAccount) -> bool:
        return bool(account.security_key)

    @display(description="Webhook address")
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
class PaceServerAdmin(ConnectionAdmin):
    form = PaceServerForm
    try_it = staticmethod(check_pace)
    system = "Pace"
    prepopulated_fields = {"slug": ["name"]}
    list_display = ["name", "url", "username", "time_zone", "alerts", "active"]
    empty_text = (
        "Add the Pace server in which jobs are made. Its user needs “Allow remote API usage” in Pace."
    )
    readonly_fields = ["push_address", "created_at", "updated_at"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "active"]}),
        (
            "Connection",
            {
                "description": "How the hub logs in to Pace.",
                "fields": ["url", "username", "password", "time_zone"],
            },
        ),
        (
            "New jobs",
            {
                "description": "Ids as Pace has them. A storefront's own job type, status and ship via win over these.",
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
            "New customers and contacts",
            {
                "description": "Values for Pace fields that an order says nothing about.",
                "fields": ["customer_defaults", "contact_defaults"],
            },
        ),
        (
            "Trouble",
            {
                "description": "How long the hub tries by itself, and whom it tells.",
                "fields": ["retry_hours", "quiet_seconds", "alert_emails"],
            },
        ),
        (
            "Push from Pace (optional)",
            {
                "description": "An event handler in Pace may tell the hub of status changes at once. "
                "Without it the hub asks regularly.",
                "fields": ["push_address", "push_token"],
                "classes": ["collapse"],
            },
        ),
        HISTORY,
    ]

    @display(description="Alerts go to")
    def alerts(self, server: PaceServer) -> str:
        return ", ".join(server.alert_emails) or "nobody"

    @display(description="Push address")
    def push_address(self, server: PaceServer) -> str | SafeString:
        return self._address(server, f"/api/pace/{server.slug}/events/")
