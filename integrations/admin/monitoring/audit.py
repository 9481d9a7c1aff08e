"""The audit log in the portal: every entry as a sentence, newest first."""

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from automationhub.lib.admin import ReadOnlyAdmin, pretty_json
from integrations.admin.monitoring.exports import ExportsMixin
from integrations.admin.shared.displays import NOTHING, badge, moment, order_link, short_actor, shortened
from integrations.admin.shared.filters import DaysFilter
from integrations.core.audit import log as audit
from integrations.core.search.index import MAX_DIGITS
from integrations.models import AuditEntry, Order
from integrations.models.audit import KindOf

# The first word of a type, in words for people.
KINDS = {
    "event": gettext_lazy("Events from Pressero"),
    "order": gettext_lazy("Orders"),
    "plan": gettext_lazy("Plans"),
    "mapping": gettext_lazy("Mappings used"),
    "party": gettext_lazy("Customers and contacts"),
    "job": gettext_lazy("Pace jobs"),
    "item": gettext_lazy("Job numbers sent to Pressero"),
    "call": gettext_lazy("Calls to Pressero and Pace"),
    "pace": gettext_lazy("Updates from Pace"),
    "staff": gettext_lazy("Staff actions"),
    "connection": gettext_lazy("Connection tests"),
    "file": gettext_lazy("Late files"),
    "shadow": gettext_lazy("Shadow mode"),
    "changes": gettext_lazy("Changes handled"),
    "account": gettext_lazy("Accounts"),
    "config": gettext_lazy("Configuration"),
    "list": gettext_lazy("Exports"),
    "access": gettext_lazy("Logins, users and tokens"),
}


class KindFilter(DropdownFilter):
    """Entries by the first word of their type."""

    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        kinds = dict.fromkeys(type_.partition(".")[0] for type_ in audit.SENTENCES)
        return [(kind, str(KINDS.get(kind, kind.capitalize()))) for kind in kinds]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        return queryset.alias(kind=KindOf("type")).filter(kind=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ExportsMixin, ReadOnlyAdmin):
    """Append-only; there may be millions of rows, so nothing here counts them."""

    list_display = ["sentence", "order_", "actor_", "type", "at_"]
    list_display_links = ["sentence"]
    list_filter = [KindFilter, ("at", DaysFilter)]
    list_filter_submit = True
    list_fullwidth = True
    list_per_page = 100
    paginator = InfinitePaginator
    show_full_result_count = False
    search_fields = ["actor"]
    search_help_text = gettext_lazy("Order number, a user's name, or a type such as order.stopped")
    ordering = ["-id"]
    sortable_by = ["at_"]
    empty_text = gettext_lazy("Everything the hub does appears here.")
    fieldsets = [
        (None, {"fields": ["sentence_", ("at_", "type"), ("order_", "actor"), "correlation", "pretty_data"]}),
    ]
    readonly_fields = ["sentence_", "at_", "order_", "pretty_data"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        # Of the order only what names it.
        queryset = super().get_queryset(request).select_related("order")
        return queryset.only(*(field.name for field in AuditEntry._meta.concrete_fields), "order__number")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        digits = term.removeprefix("#")
        if digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS:
            orders = Order.objects.filter(number=int(digits)).values_list("pk", flat=True)
            return queryset.filter(order__in=list(orders[:20])), False
        if "." in term and term in audit.SENTENCES:
            return queryset.filter(type=term), False
        # The names of the few users, not the actors of millions of entries.
        users = get_user_model().objects.filter(
            Q(username__icontains=term) | Q(first_name__icontains=term) | Q(last_name__icontains=term)
        )
        return queryset.filter(user__in=list(users.values_list("pk", flat=True)[:20])), False

    @display(description=gettext_lazy("What happened"))
    def sentence(self, entry: AuditEntry) -> SafeString:
        line = audit.describe(entry)
        return badge(shortened(line.sentence, 140), f"line-{line.tone}")

    @display(description=gettext_lazy("What happened"))
    def sentence_(self, entry: AuditEntry) -> str:
        return audit.describe(entry).sentence

    @display(description=gettext_lazy("When"), ordering="id")
    def at_(self, entry: AuditEntry) -> SafeString:
        return moment(entry.at, seconds=True)

    @display(description=gettext_lazy("Order"), ordering="order__number")
    def order_(self, entry: AuditEntry) -> SafeString:
        return order_link(entry.order)

    @display(description=gettext_lazy("Who"), ordering="actor")
    def actor_(self, entry: AuditEntry) -> SafeString:
        return format_html('<span title="{}">{}</span>', entry.actor, short_actor(entry.actor))

    @display(description=gettext_lazy("Details"))
    def pretty_data(self, entry: AuditEntry) -> SafeString:
        return pretty_json(entry.data) if entry.data else NOTHING
