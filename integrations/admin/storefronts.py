"""Storefronts in the portal: which site goes to which Pace server, and what decides about its orders."""

from typing import Any

from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from integrations.admin.connection_base import HISTORY, KeptWhileInUseAdmin
from integrations.admin.fields import EmailListField
from integrations.admin.lists import ChoiceFieldsMixin
from integrations.admin.storefront_page import summary
from integrations.admin.storefront_words import EFFECTS, WORDS
from integrations.models import Storefront
from integrations.services import choices, intake


class StorefrontForm(ModelForm):
    """The alert addresses as people type them."""

    alert_emails = EmailListField(
        required=False,
        label="Alert addresses",
        help_text="Who is told when an order needs a person. One address per line. Empty: the Pace server's addresses.",
    )


@admin.register(Storefront)
class StorefrontAdmin(ChoiceFieldsMixin, KeptWhileInUseAdmin):
    form = StorefrontForm
    change_form_outer_before_template = "hub/storefront/summary.html"
    choice_fields = {
        "site_id": "site",
        "cancelled_stage": "stage",
        "job_type": "job_type",
        "admin_status": "job_status",
        "holiday_country": "holiday_country",
        "holiday_subdivision": "holiday_subdivision",
        "default_ship_via": "ship_via",
    }
    choice_sends = {
        "": {"server": "pace_server", "account": "pressero_account"},
        "holiday_subdivision": {"within": "holiday_country"},
    }
    used_by = ("orders", "events")
    list_display = ["name", "pressero_account", "pace_server", "sends", "makes", "skip_holidays", "active"]
    list_filter = [
        "active",
        ("pressero_account", RelatedDropdownFilter),
        ("pace_server", RelatedDropdownFilter),
    ]
    list_filter_submit = True
    list_select_related = ["pressero_account", "pace_server"]
    search_fields = ["name", "site_id"]
    ordering = ["name"]
    empty_text = gettext_lazy(
        "Add a storefront for each Pressero site whose orders become Pace jobs. It needs an account and a server."
    )
    autocomplete_fields = ["pressero_account", "pace_server"]
    readonly_fields = ["created_at", "updated_at"]
    fieldsets = [
        (
            gettext_lazy("Connection"),
            {
                "description": gettext_lazy("The Pressero site, and the Pace server that its orders go to."),
                "fields": ["name", "site_id", ("pressero_account", "pace_server"), "active"],
            },
        ),
        (
            gettext_lazy("When an order is sent"),
            {
                "description": gettext_lazy(
                    "At once, or when every item has been approved or denied in Pressero."
                ),
                "fields": ["wait_for_approval", "cancelled_stage"],
            },
        ),
        (
            gettext_lazy("Customers"),
            {
                "description": gettext_lazy("Whose job it becomes in Pace."),
                "fields": ["integration_id", "create_missing_customers", "fallback_contact"],
            },
        ),
        (
            gettext_lazy("Jobs and names"),
            {
                "description": gettext_lazy("How an order is cut into jobs, and what they are called."),
                "fields": [
                    "one_job_per_item",
                    "override_job_name",
                    "override_file_name",
                    "job_type",
                    "admin_status",
                    "default_po_number",
                ],
            },
        ),
        (
            gettext_lazy("Ship dates"),
            {
                "description": gettext_lazy(
                    "The Scheduled Ship and Promise Date of a job is Pressero's Requested Ship Date, moved by this rule."
                ),
                "fields": [
                    "default_ship_days",
                    "skip_holidays",
                    "holiday_rule",
                    ("holiday_country", "holiday_subdivision"),
                ],
            },
        ),
        (
            gettext_lazy("Shipping defaults"),
            {
                "description": gettext_lazy(
                    "The last of the three shipment rules: first address mappings, then method mappings, then this."
                ),
                "fields": ["default_ship_via", "default_account_number"],
            },
        ),
        (gettext_lazy("Alerts"), {"fields": ["alert_emails"]}),
        HISTORY,
    ]

    @display(description=gettext_lazy("Sends"))
    def sends(self, storefront: Storefront) -> str:
        return "after approval" if storefront.wait_for_approval else "at once"

    @display(description=gettext_lazy("Makes"))
    def makes(self, storefront: Storefront) -> str:
        return "a job per file" if storefront.one_job_per_item else "a job per order"

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        label, effect = WORDS.get(db_field.name, ("", EFFECTS.get(db_field.name, "")))
        kwargs |= {"label": label} if label else {}
        kwargs |= {"help_text": effect} if effect else {}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def scope_of(self, obj: Storefront) -> choices.Scope:
        return choices.Scope(obj.pace_server_id, obj.pressero_account_id, obj.site_id)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        storefront = self.get_object(request, object_id) if request.method == "GET" else None
        shown = {"summary": summary(request, storefront)} if storefront else {}
        return super().change_view(request, object_id, form_url, {**shown, **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: Storefront, form: Any, change: Any) -> None:
        super().save_model(request, obj, form, change)
        adopted = intake.adopt_waiting_events(obj)
        if adopted:
            events = "1 event that was waiting" if adopted == 1 else f"{adopted} events that were waiting"
            messages.info(
                request, f"{events} for this storefront {'was' if adopted == 1 else 'were'} taken in."
            )
