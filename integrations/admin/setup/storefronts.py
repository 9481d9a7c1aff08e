"""Storefronts in the portal: which site goes to which Pace server, and what decides about its orders."""

from typing import Any, cast

from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import action, display

from integrations.admin.setup.connection_base import HISTORY, ProtectedWhileInUseAdmin
from integrations.admin.setup.fields import EmailListField
from integrations.admin.setup.lists import ChoiceFieldsMixin
from integrations.admin.setup.storefront_activation import activation_page
from integrations.admin.setup.storefront_help import EFFECTS, WORDS
from integrations.admin.setup.storefront_page import summary
from integrations.admin.shared.closing import RetriesWaiting
from integrations.admin.shared.confirm import Question, confirmed, fetch_or_404
from integrations.admin.shared.displays import actor_name, may_open
from integrations.enums import StorefrontMode
from integrations.models import Storefront
from integrations.operations.setup import activation, choices, in_flight
from integrations.orders.submission import customer_check


class StorefrontForm(ModelForm):
    """The alert addresses as people type them."""

    alert_emails = EmailListField(
        required=False,
        label="Alert addresses",
        help_text="Who gets an email when an order needs attention. One address per line. Leave blank to use the Pace server's addresses.",
    )


@admin.register(Storefront)
class StorefrontAdmin(RetriesWaiting, ChoiceFieldsMixin, ProtectedWhileInUseAdmin):
    form = StorefrontForm
    change_form_outer_before_template = "hub/storefront/summary.html"
    change_form_outer_after_template = "hub/rehearsal/offer.html"
    may_rehearse = True
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
    actions_detail = [
        "activate",
        "shadow_mode",
        "holiday_calendar",
        "deactivate",
        "check_customer",
        "confirm_customer",
    ]
    list_display = [
        "name",
        "pressero_account",
        "pace_server",
        "sends",
        "makes",
        "skip_holidays",
        "mode",
        "active",
    ]
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
        "Add a storefront for each Pressero site that sends orders to Pace. It needs an account and a server."
    )
    autocomplete_fields = ["pressero_account", "pace_server"]
    readonly_fields = ["created_at", "updated_at"]
    fieldsets = [
        (
            gettext_lazy("Connection"),
            {
                "description": gettext_lazy("The Pressero site, and the Pace server that its orders go to."),
                "fields": ["name", "site_id", ("pressero_account", "pace_server")],
            },
        ),
        (
            gettext_lazy("Going live"),
            {
                "description": gettext_lazy(
                    "Select Activate above to choose from when orders are processed and to see which ones are skipped."
                ),
                "fields": [("active", "mode"), "take_orders_from"],
            },
        ),
        (
            gettext_lazy("When an order is sent"),
            {
                "description": gettext_lazy(
                    "Right away, or when every item is approved or denied in Pressero."
                ),
                "fields": ["wait_for_approval", "cancelled_stage"],
            },
        ),
        (
            gettext_lazy("Customers"),
            {
                "description": gettext_lazy("The customer of the jobs in Pace."),
                "fields": ["integration_id", "create_missing_customers", "fallback_contact"],
            },
        ),
        (
            gettext_lazy("Jobs and names"),
            {
                "description": gettext_lazy("How an order is split into jobs, and how they are named."),
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
                    "Used when no mapping matches: first address mappings, then method mappings, then these defaults."
                ),
                "fields": ["default_ship_via", "default_account_number"],
            },
        ),
        (gettext_lazy("Alerts"), {"fields": ["alert_emails"]}),
        HISTORY,
    ]

    @display(description=gettext_lazy("Sends"))
    def sends(self, storefront: Storefront) -> str:
        return "after approval" if storefront.wait_for_approval else "right away"

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
        before = Storefront.objects.filter(pk=obj.pk).first() if change else None
        obj.take_orders_from = activation.default_since(obj, before)
        super().save_model(request, obj, form, change)
        if before is not None:
            for sentence in in_flight.consequences(obj, in_flight.changed(before, obj)):
                messages.warning(request, sentence)
        if told := activation.activated(obj).sentence:
            messages.info(request, told)
        customer_check.ask(obj)
        if not obj.integration_id_confirmed:
            messages.warning(
                request,
                gettext(
                    "Pace has not confirmed the Integration ID {id} yet, and no customer is created under it. A worker checks it now, or select Check in Pace."
                ).format(id=obj.integration_id),
            )

    # --- going live and off ---

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """What the storefront's state allows."""
        storefront = self.get_object(request, str(object_id))
        hidden: set[str] = set()
        if storefront is not None:
            live = storefront.active and storefront.mode == StorefrontMode.LIVE
            hidden.add("activate" if live else "")
            in_shadow = storefront.mode == StorefrontMode.SHADOW
            hidden.add("" if in_shadow or storefront.shadow_comparisons.exists() else "shadow_mode")
            hidden.add("" if storefront.active else "deactivate")
            if storefront.integration_id_confirmed:
                hidden |= {"check_customer", "confirm_customer"}
        allowed = super().get_actions_detail(request, object_id)
        return [one for one in allowed if one.method.original_function_name not in hidden]

    def has_switch_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(request.user.has_perm("integrations.change_storefront"))

    @action(description=gettext_lazy("Activate"), permissions=["view", "switch"], icon="play_circle")
    def activate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return activation_page(self, request, cast(Storefront, fetch_or_404(self, request, object_id)))

    @action(
        description=gettext_lazy("Shadow mode"),
        permissions=["view"],
        url_path="shadow-mode",
        icon="compare_arrows",
    )
    def shadow_mode(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """How its orders compare with the jobs in Pace: a page of its own."""
        return HttpResponseRedirect(reverse("hub-shadow", args=[fetch_or_404(self, request, object_id).pk]))

    def has_holidays_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return may_open(request.user, "mappings", "holiday")

    @action(
        description=gettext_lazy("Holiday calendar"),
        permissions=["view", "holidays"],
        url_path="holiday-calendar",
        icon="calendar_month",
    )
    def holiday_calendar(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Its days off and what a requested date becomes: a page of its own."""
        return HttpResponseRedirect(
            reverse("hub-holidays-of", args=[fetch_or_404(self, request, object_id).pk])
        )

    @action(description=gettext_lazy("Deactivate"), permissions=["view", "switch"], icon="pause_circle")
    def deactivate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        storefront = cast(Storefront, fetch_or_404(self, request, object_id))
        question = Question(
            gettext("Deactivate {name}?").format(name=storefront.name),
            gettext(
                "Finished orders stay as they are. Unfinished orders wait, and new webhooks are stored. Both continue when you activate the storefront again."
            ),
            gettext("Deactivate"),
            danger=True,
        )

        def act() -> str:
            activation.deactivate(storefront, actor=actor_name(request))
            return gettext("{name} is inactive. Its unfinished orders wait.").format(name=storefront.name)

        return confirmed(self, request, storefront, question, act)

    # --- the customer of the Integration ID ---

    @action(
        description=gettext_lazy("Check in Pace"),
        permissions=["view", "switch"],
        url_path="check-customer",
        icon="person_search",
    )
    def check_customer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        storefront = cast(Storefront, fetch_or_404(self, request, object_id))
        question = Question(
            gettext("Check customer {id} in Pace?").format(id=storefront.integration_id),
            gettext("The hub asks Pace whether it has this customer. Nothing is written."),
            gettext("Check in Pace"),
        )
        return confirmed(self, request, storefront, question, lambda: customer_check.check(storefront))

    @action(
        description=gettext_lazy("Confirm new customer"),
        permissions=["view", "switch"],
        url_path="confirm-customer",
        icon="person_add",
    )
    def confirm_customer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        storefront = cast(Storefront, fetch_or_404(self, request, object_id))
        found = storefront.integration_id_finding
        question = Question(
            gettext("Create customer {id} in Pace?").format(id=storefront.integration_id),
            f"{found} "
            + gettext(
                "If you confirm, the next order of this storefront creates this customer in Pace. If the ID is a typo, go "
                "back and correct it."
            ),
            gettext("Confirm new customer"),
            danger=True,
        )

        def act() -> str:
            return customer_check.confirm_new(storefront, actor=actor_name(request))

        return confirmed(self, request, storefront, question, act)
