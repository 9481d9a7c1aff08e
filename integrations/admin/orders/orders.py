"""Orders in the portal: the list, the page of one order, and what staff can do."""

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, JSONField, Model, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy, ngettext
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import action, display

from automationhub.lib.admin import ReadOnlyAdmin
from automationhub.lib.shown_times import day_text
from integrations.admin.monitoring.exports import ExportsMixin
from integrations.admin.orders import (
    absent_jobs,
    order_actions,
    order_header,
    order_page,
    order_progress,
    order_values,
    preview,
)
from integrations.admin.orders.bulk_actions import BulkActionsMixin
from integrations.admin.orders.order_search import (
    AssigneeFilter,
    ChangesFilter,
    DueFilter,
    SentFilter,
    ShipByFilter,
    WhoMustActFilter,
    status_tabs,
)
from integrations.admin.shared import undo
from integrations.admin.shared.confirm import Question, confirmed, fetch_or_404
from integrations.admin.shared.displays import (
    NOTHING,
    actor_name,
    ago,
    badge,
    change_url,
    moment,
    money,
    order_badge,
    shortened,
    signed_in,
    two_lines,
)
from integrations.admin.shared.filters import DaysFilter, WordsFilter
from integrations.admin.shared.list_views import ListViewsMixin
from integrations.core.search.index import find_orders
from integrations.errors import NotAllowed
from integrations.models import Order, OrderChange, OrderItem, PaceJob
from integrations.operations import inbox, pace_snapshot, people
from integrations.operations import order_actions as services
from integrations.operations.support.bundle import file_name, support_bundle
from integrations.orders.write_back.resend import resend

MOST_JOBS_SHOWN = 3
LARGE_COLUMNS = [column.name for column in Order._meta.concrete_fields if isinstance(column, JSONField)]


@admin.register(Order)
class OrderAdmin(BulkActionsMixin, ListViewsMixin, ExportsMixin, ReadOnlyAdmin):
    """Orders are changed by their events and by the actions here, never by typing."""

    list_display = [
        "number_",
        "state",
        "ship_by_",
        "products",
        "customer",
        "job_numbers",
        "assignee",
        "received",
    ]
    more_columns = ["storefront", "po_number", "total_", "placed", "submitted", "pace_customer"]
    list_display_links = ["number_"]
    list_filter = [
        ("status", WordsFilter),
        ("storefront", RelatedDropdownFilter),
        WhoMustActFilter,
        AssigneeFilter,
        ShipByFilter,
        ChangesFilter,
        DueFilter,
        SentFilter,
        ("received_at", DaysFilter),
    ]
    list_filter_submit = True
    list_fullwidth = True
    list_select_related = ["storefront", "case__assigned_to"]
    list_before_template = "hub/order_states.html"
    search_fields = ["number"]  # switches the box on; `find_orders` decides
    search_help_text = gettext_lazy("Number, job, PO, tracking, customer, email, product")
    sortable_by = ["number_", "received", "ship_by_"]
    ordering = ["-id"]
    empty_text = gettext_lazy(
        "Orders appear automatically when Pressero sends a webhook for an active storefront. If you expect one here, check Webhook events to see whether Pressero sent it."
    )
    actions = BulkActionsMixin.actions
    actions_list = ["preview_by_number"]
    actions_detail = [
        "retry",
        "release",
        "preview",
        "change_value",
        "process_again",
        "resend",
        "hold",
        "jobs_absent",
        "changes_handled",
        "look_at_pace",
        "support_bundle",
    ]

    # --- rights ---

    def has_retry_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.retry_order")

    def has_reprocess_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.reprocess_order")

    def has_hold_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.hold_order")

    def has_preview_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.preview_order")

    def has_changes_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.change_orderchange")

    def has_override_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(order_values.RIGHT)

    def has_resend_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.resend_order")

    def has_support_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.support_order")

    def has_absent_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Only administrators: of all actions, this one alone can lead to a second job.
        return bool(request.user.is_superuser)

    # --- the list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        # The stored texts can be large; only the page of one order reads them.
        queryset = super().get_queryset(request).defer(*LARGE_COLUMNS)
        jobs = PaceJob.objects.exclude(number="").order_by("id").only("order_id", "number")
        items = OrderItem.objects.order_by("seq").only("order_id", "quantity", "product_name")
        return queryset.annotate(
            is_changed=Exists(OrderChange.objects.filter(order=OuterRef("pk"), handled_at__isnull=True))
        ).prefetch_related(
            Prefetch("jobs", queryset=jobs, to_attr="numbered_jobs"),
            Prefetch("items", queryset=items, to_attr="listed_items"),
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        if not search_term.strip():
            return queryset, False
        found = find_orders(search_term)
        request.search_is_cut = not found.is_all  # type: ignore[attr-defined]
        return queryset.filter(pk__in=found.order_ids), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        strip = status_tabs(request) if self.has_view_permission(request) else []
        answer = super().changelist_view(request, {**(extra_context or {}), "status_tabs": strip})
        if isinstance(answer, TemplateResponse) and answer.context_data is not None:
            answer.context_data["search_is_cut"] = getattr(request, "search_is_cut", False)
        return answer

    @display(description=gettext_lazy("Order"), ordering="number")
    def number_(self, order: Order) -> SafeString:
        return two_lines(order.number, order.storefront.name)

    @display(description=gettext_lazy("State"), ordering="status")
    def state(self, order: Order) -> SafeString:
        badges = order_badge(order)
        if cast(Any, order).is_changed:
            badges = format_html("{} {}", badges, badge(gettext("Changed"), "wait"))
        if not order.message:
            return badges
        message = inbox.general(order.message)
        cut = format_html('<span class="hub-message-cut" title="{}">{}</span>', message, shortened(message))
        return format_html("{}{}", badges, cut)

    @display(description=gettext_lazy("Ship by"), ordering="ship_by")
    def ship_by_(self, order: Order) -> SafeString:
        if order.ship_by is None:
            return NOTHING
        day = format_html(
            '<span class="hub-number" title="{}">{}</span>',
            day_text(order.ship_by),
            date_format(order.ship_by, "D, M j"),
        )
        if order.status not in order_header.OPEN:
            return day
        near, tone = order_header.nearness(order.ship_by, timezone.localdate())
        return two_lines(day, format_html('<span class="hub-near-{}">{}</span>', tone, near))

    @display(description=gettext_lazy("Items"))
    def products(self, order: Order) -> SafeString:
        items = cast(Any, order).listed_items
        if not items:
            return NOTHING
        first = f"{number_format(items[0].quantity, force_grouping=True)} × {items[0].product_name}"
        more = len(items) - 1
        told = (
            ngettext("and {more} more item", "and {more} more items", more).format(more=more) if more else ""
        )
        return two_lines(first, told)

    @display(description=gettext_lazy("Assignee"))
    def assignee(self, order: Order) -> SafeString | str:
        case = getattr(order, "case", None)
        return people.name_of(case.assigned_to) if case is not None and case.assigned_to else NOTHING

    @display(description=gettext_lazy("Customer"), ordering="customer_name")
    def customer(self, order: Order) -> SafeString:
        return two_lines(order.customer_name or NOTHING, order.buyer_email)

    @display(description=gettext_lazy("Jobs"))
    def job_numbers(self, order: Order) -> str | SafeString:
        numbers = [job.number for job in cast(Any, order).numbered_jobs]
        if not numbers:
            return NOTHING
        more = len(numbers) - MOST_JOBS_SHOWN
        return ", ".join(numbers[:MOST_JOBS_SHOWN]) + (
            gettext(" and {more} more").format(more=more) if more > 0 else ""
        )

    @display(description=gettext_lazy("Total"), ordering="total")
    def total_(self, order: Order) -> SafeString:
        return format_html('<span class="hub-number">{}</span>', money(order.total))

    @display(description=gettext_lazy("Received"), ordering="received_at")
    def received(self, order: Order) -> SafeString:
        return ago(order.received_at)

    @display(description=gettext_lazy("Placed"), ordering="placed_at")
    def placed(self, order: Order) -> SafeString:
        return moment(order.placed_at)

    @display(description=gettext_lazy("Submitted"), ordering="submitted_at")
    def submitted(self, order: Order) -> SafeString:
        return moment(order.submitted_at)

    # --- the page of one order ---

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        return []  # the template shows the order; there is no form

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        return []  # they are in the page's own menu, which leaves the header to the order's number

    def menu(self, request: HttpRequest, order: Order) -> list[order_page.MenuEntry]:
        """What this person can do to the order as it is."""
        allowed = {
            one.method.original_function_name: one for one in super().get_actions_detail(request, order.pk)
        }
        return [
            order_page.MenuEntry(
                name,
                str(allowed[name].description),
                reverse(f"admin:integrations_order_{name}", args=[order.pk]),
            )
            for name in order_actions.offered(order)
            if name in allowed
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        context.update(order_page.context(request, obj, self.menu(request, obj)))
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.progress_view)
        return [path("<int:pk>/progress/", view, name="integrations_order_progress"), *super().get_urls()]

    def progress_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """What the page of an order asks while something is going on."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        order = get_object_or_404(Order.objects.defer(*LARGE_COLUMNS), pk=pk)
        return JsonResponse(order_progress.progress(order))

    def _ask(self, request: HttpRequest, object_id: str, ask: Any, act: Any, done: str) -> HttpResponse:
        order = cast(Order, fetch_or_404(self, request, object_id))
        question: Question = ask(order)

        def do() -> str:
            actor: dict[str, Any] = {"actor": actor_name(request), "user": request.user}
            result = act(order, **actor)
            if note := request.POST.get("note", "").strip() if question.asks_note else "":
                people.add_note(order, note, **actor)
            told = gettext("Order {number} was {done}.").format(number=order.number, done=done)
            if act is services.hold:
                return undo.sentence(request, told, "hold_order", back=change_url(order), order=order.pk)
            if act is services.mark_changes_handled:
                return undo.sentence(
                    request, told, "handled_changes", back=change_url(order), order=order.pk, changes=result
                )
            return told

        return confirmed(self, request, order, question, do)

    @action(description=gettext_lazy("Retry"), permissions=["view", "retry"], icon="replay")
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, order_actions.ask_retry, services.retry, gettext("queued"))

    @action(
        description=gettext_lazy("Process again"),
        permissions=["view", "reprocess"],
        url_path="process-again",
        icon="restart_alt",
    )
    def process_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            order_actions.ask_process_again,
            services.process_again,
            gettext("sent through all steps again"),
        )

    @action(description=gettext_lazy("Hold"), permissions=["view", "hold"], icon="pause_circle")
    def hold(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, order_actions.ask_hold, services.hold, gettext("put on hold"))

    @action(description=gettext_lazy("Release"), permissions=["view", "hold"], icon="play_circle")
    def release(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request, object_id, order_actions.ask_release, services.release_hold, gettext("released")
        )

    @action(
        description=gettext_lazy("Mark changes as handled"),
        permissions=["view", "changes"],
        url_path="changes-handled",
        icon="done_all",
    )
    def changes_handled(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            order_actions.ask_changes_handled,
            services.mark_changes_handled,
            gettext("marked as handled"),
        )

    @action(
        description=gettext_lazy("Resend to Pressero"),
        permissions=["view", "resend"],
        icon="forward_to_inbox",
    )
    def resend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, order_actions.ask_resend, resend, gettext("queued for Pressero"))

    @action(
        description=gettext_lazy("Read from Pace"),
        permissions=["view", "preview"],
        url_path="look-at-pace",
        icon="sync",
    )
    def look_at_pace(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = cast(Order, fetch_or_404(self, request, object_id))
        if request.method == "POST":
            try:
                pace_snapshot.ask(order, actor=actor_name(request))
            except NotAllowed as error:
                messages.error(request, error.message)
        return HttpResponseRedirect(f"{change_url(order)}?tab=pace")

    @action(
        description=gettext_lazy("Change values"),
        permissions=["view", "override"],
        url_path="change-value",
        icon="edit",
    )
    def change_value(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return order_values.page(self, request, cast(Order, fetch_or_404(self, request, object_id)))

    @action(
        description=gettext_lazy("Jobs are not in Pace"),
        permissions=["view", "absent"],
        url_path="jobs-absent",
        icon="cloud_off",
    )
    def jobs_absent(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return absent_jobs.page(self, request, cast(Order, fetch_or_404(self, request, object_id)))

    @action(
        description=gettext_lazy("Support bundle"),
        permissions=["view", "support"],
        url_path="support-bundle",
        icon="contact_support",
    )
    def support_bundle(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = cast(Order, fetch_or_404(self, request, object_id))

        def download() -> HttpResponse:
            content = support_bundle([order], actor=actor_name(request), user=signed_in(request))
            response = HttpResponse(content, content_type="application/zip")
            response["Content-Disposition"] = f'attachment; filename="{file_name([order])}"'
            response["Cache-Control"] = "no-store"
            return response

        return confirmed(self, request, order, order_actions.ask_support_bundle(order), download)

    @action(description=gettext_lazy("Preview"), permissions=["view", "preview"], icon="visibility")
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return preview.of_order(self, request, cast(Order, fetch_or_404(self, request, object_id)))

    @action(
        description=gettext_lazy("Preview by number"),
        permissions=["view", "preview"],
        url_path="preview-by-number",
        icon="visibility",
    )
    def preview_by_number(self, request: HttpRequest) -> HttpResponse:
        return preview.by_number(self, request)
