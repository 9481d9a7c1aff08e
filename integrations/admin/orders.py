"""Orders in the portal: the list, the page of one order, and what staff can do."""

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import JSONField, Model, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import action, display

from automationhub.lib.admin import ReadOnlyAdmin
from integrations.admin import order_actions, order_page, order_progress, order_values, preview
from integrations.admin.confirm import Question, confirmed, fetch_or_404
from integrations.admin.displays import (
    NOTHING,
    actor_name,
    amount,
    change_url,
    moment,
    order_badge,
    shortened,
    two_lines,
)
from integrations.admin.exports import ExportsMixin
from integrations.admin.filters import DaysFilter, WordsFilter
from integrations.admin.order_search import (
    ChangesFilter,
    DueFilter,
    SentFilter,
    WhoMustActFilter,
    state_strip,
)
from integrations.models import Order, PaceJob
from integrations.services import looks
from integrations.services import orders as services
from integrations.services.resend import resend
from integrations.services.search import find_orders

MOST_JOBS_SHOWN = 3
LARGE_COLUMNS = [column.name for column in Order._meta.concrete_fields if isinstance(column, JSONField)]


@admin.register(Order)
class OrderAdmin(ExportsMixin, ReadOnlyAdmin):
    """Orders are changed by their events and by the actions here, never by typing."""

    list_display = ["number_", "state", "message_cut", "customer", "job_numbers", "total_", "received"]
    list_display_links = ["number_"]
    list_filter = [
        ("status", WordsFilter),
        ("storefront", RelatedDropdownFilter),
        WhoMustActFilter,
        ChangesFilter,
        DueFilter,
        SentFilter,
        ("received_at", DaysFilter),
    ]
    list_filter_submit = True
    list_fullwidth = True
    list_select_related = ["storefront"]
    list_before_template = "hub/order_states.html"
    search_fields = ["number"]  # switches the box on; `find_orders` decides
    search_help_text = gettext_lazy("Number, job, PO, tracking, customer, email, product")
    sortable_by = ["number_", "received"]
    ordering = ["-id"]
    empty_text = gettext_lazy(
        "Orders appear by themselves when Pressero sends a webhook for an active storefront. If you expected one here, "
        "look under Webhook events whether Pressero has sent it."
    )
    actions = ["retry_selected", "process_again_selected", "hold_selected", "release_selected"]
    actions_list = ["preview_by_number"]
    actions_detail = [
        "retry",
        "release",
        "preview",
        "change_value",
        "process_again",
        "resend",
        "hold",
        "changes_handled",
        "look_at_pace",
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

    # --- the list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        # The stored texts can be large; only the page of one order reads them.
        queryset = super().get_queryset(request).defer(*LARGE_COLUMNS)
        jobs = PaceJob.objects.exclude(number="").order_by("id").only("order_id", "number")
        return queryset.prefetch_related(Prefetch("jobs", queryset=jobs, to_attr="numbered_jobs"))

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
        strip = state_strip(request) if self.has_view_permission(request) else []
        answer = super().changelist_view(request, {**(extra_context or {}), "state_strip": strip})
        if isinstance(answer, TemplateResponse) and answer.context_data is not None:
            answer.context_data["search_is_cut"] = getattr(request, "search_is_cut", False)
        return answer

    @display(description=gettext_lazy("Order"), ordering="number")
    def number_(self, order: Order) -> SafeString:
        return two_lines(order.number, order.storefront.name)

    @display(description=gettext_lazy("State"), ordering="status")
    def state(self, order: Order) -> SafeString:
        return order_badge(order)

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
        return format_html('<span class="hub-number">{}</span>', amount(order.total))

    @display(description=gettext_lazy("Received, placed"), ordering="received_at")
    def received(self, order: Order) -> SafeString:
        return two_lines(moment(order.received_at), moment(order.placed_at))

    @display(description=gettext_lazy("What is the matter"))
    def message_cut(self, order: Order) -> SafeString:
        if not order.message:
            return NOTHING
        return format_html(
            '<span class="hub-message-cut" title="{}">{}</span>', order.message, shortened(order.message)
        )

    # --- the page of one order ---

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        return []  # the template shows the order; there is no form

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        order = self.get_object(request, str(object_id))
        names = [] if order is None else order_actions.offered(cast(Order, order))
        allowed = super().get_actions_detail(request, object_id)
        return [one for one in allowed if one.method.original_function_name in names]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        context.update(order_page.context(request, obj))
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
            act(order, actor=actor_name(request), user=request.user)
            return gettext("Order {number} was {done}.").format(number=order.number, done=done)

        return confirmed(self, request, order, question, do)

    @action(description=gettext_lazy("Retry"), permissions=["view", "retry"], icon="replay")
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request, object_id, order_actions.ask_retry, services.retry, gettext("sent back to work")
        )

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
            gettext("marked: its changes are handled"),
        )

    @action(
        description=gettext_lazy("Tell Pressero again"),
        permissions=["view", "resend"],
        icon="forward_to_inbox",
    )
    def resend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request, object_id, order_actions.ask_resend, resend, gettext("queued: Pressero is told again")
        )

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
                looks.ask(order, actor=actor_name(request))
            except services.NotAllowed as error:
                messages.error(request, error.message)
        return HttpResponseRedirect(f"{change_url(order)}?tab=pace")

    @action(
        description=gettext_lazy("Change a value"),
        permissions=["view", "override"],
        url_path="change-value",
        icon="edit",
    )
    def change_value(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return order_values.page(self, request, cast(Order, fetch_or_404(self, request, object_id)))

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

    # --- the same for the orders ticked in the list ---

    def _do(self, request: HttpRequest, queryset: QuerySet[Order], act: Any, title: str, done: str) -> None:
        chosen = queryset.order_by("id")[: order_actions.MOST_AT_ONCE + 1]
        order_actions.do_to_each(
            request,
            chosen,
            lambda order: act(order, actor=actor_name(request), user=request.user),
            done=done,
            title=title,
        )

    @action(description=gettext_lazy("Retry"), permissions=["retry"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._do(request, queryset, services.retry, gettext("Retry"), gettext("sent back to work"))

    @action(description=gettext_lazy("Process again"), permissions=["reprocess"])
    def process_again_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._do(
            request,
            queryset,
            services.process_again,
            gettext("Process again"),
            gettext("sent through all steps again"),
        )

    @action(description=gettext_lazy("Put on hold"), permissions=["hold"])
    def hold_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._do(request, queryset, services.hold, gettext("Put on hold"), gettext("put on hold"))

    @action(description=gettext_lazy("Release"), permissions=["hold"])
    def release_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._do(request, queryset, services.release_hold, gettext("Release"), gettext("released"))
