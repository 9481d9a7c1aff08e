"""The jobs in Pace and what Pressero shows for them: statuses, last look, problem, and "sync now"."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import admin, messages
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy, ngettext
from unfold.contrib.filters.admin import DropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from automationhub.lib.admin import ReadOnlyAdmin
from integrations.admin.monitoring.exports import ExportsMixin
from integrations.admin.shared.displays import NOTHING, actor_name, badge, moment, order_link
from integrations.admin.shared.filters import DaysFilter
from integrations.admin.shared.list_views import ListViewsMixin
from integrations.core.search.index import find_orders
from integrations.core.workqueue import write_backs
from integrations.enums import JobState
from integrations.models import ItemStage, PaceJob, PaceShipment

MOST_AT_ONCE = 500

_WAITS = Q(due_at__isnull=False, problem="")
_PARKED = Q(failure_mode__gt="") & ~Q(problem="")
_DIFFERS = ~Q(sent_stage="") & ~Q(seen_stage="") & ~Q(seen_stage__iexact=F("sent_stage"))


# From the few rows that are amiss to their jobs, by the indexes of such rows; never from each job to its rows.


def _with_stage(amiss: Q) -> Q:
    return Q(order__in=ItemStage.objects.filter(amiss).values("item__order"))


def _with_shipment(amiss: Q) -> Q:
    return Q(pk__in=PaceShipment.objects.filter(amiss).values("job"))


class WatchFilter(DropdownFilter):
    """Whether the job is still followed."""

    title = gettext_lazy("watch")
    parameter_name = "watch"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("open", gettext("Followed")), ("ended", gettext("Closed and synced"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PaceJob]) -> QuerySet[PaceJob]:
        if self.value() in ("open", "ended"):
            return queryset.filter(watch_ended_at__isnull=self.value() == "open")
        return queryset


class AmissFilter(DropdownFilter):
    """What is not as it should be between Pace and Pressero."""

    title = gettext_lazy("problem")
    parameter_name = "amiss"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [
            ("mismatch", gettext("Stage differs in Pressero")),
            ("waiting", gettext("Not synced to Pressero yet")),
            ("problem", gettext("Could not be synced to Pressero")),
            ("unmapped", gettext("Status not mapped")),
            ("gone", gettext("Deleted in Pace")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PaceJob]) -> QuerySet[PaceJob]:
        match self.value():
            case "mismatch":
                return queryset.filter(_with_stage(_DIFFERS))
            case "waiting":
                return queryset.filter(_with_stage(_WAITS) | _with_shipment(_WAITS))
            case "problem":
                return queryset.filter(_with_stage(_PARKED) | _with_shipment(_PARKED))
            case "unmapped":
                return queryset.filter(_with_stage(Q(unmapped=True)))
            case "gone":
                return queryset.filter(gone_at__isnull=False)
        return queryset


@admin.register(PaceJob)
class PaceJobAdmin(ListViewsMixin, ExportsMixin, ReadOnlyAdmin):
    """The jobs that are in Pace, newest first."""

    list_display = ["job", "order_", "storefront", "status", "parts", "stages", "state_", "synced"]
    list_display_links = ["job"]
    list_filter = [
        WatchFilter,
        AmissFilter,
        ("server", RelatedDropdownFilter),
        ("order__storefront", RelatedDropdownFilter),
        ("synced_at", DaysFilter),
    ]
    list_filter_submit = True
    list_fullwidth = True
    search_fields = ["number"]  # switches the box on
    search_help_text = gettext_lazy("Job, order or PO number, customer, email, product")
    sortable_by = ["job"]
    ordering = ["-id"]
    empty_text = gettext_lazy("No jobs have been created in Pace yet.")
    actions = ["sync_now"]
    fieldsets = [
        (
            gettext_lazy("Job"),
            {"fields": [("job", "order_"), ("storefront", "server"), "description", "submitted"]},
        ),
        (gettext_lazy("In Pace"), {"fields": [("status", "parts"), ("synced", "gone"), "ended"]}),
        (gettext_lazy("In Pressero"), {"fields": ["stages", "shipments_", "state_"]}),
    ]
    readonly_fields = [
        "job", "order_", "storefront", "status", "parts", "stages", "shipments_", "state_", "synced", "gone", "ended",
        "submitted",
    ]  # fmt: skip

    def has_sync_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("integrations.sync_pacejob")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PaceJob]:
        jobs = super().get_queryset(request).filter(state=JobState.DONE)
        related = jobs.select_related("order__storefront", "server")
        return related.defer("order__fetched", "order__plan", "order__sent_payload").prefetch_related(
            "order__items__stage", "shipments"
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PaceJob], search_term: str
    ) -> tuple[QuerySet[PaceJob], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(order__in=find_orders(search_term).order_ids), False

    # --- displays ---

    @display(description=gettext_lazy("Job"), ordering="number")
    def job(self, job: PaceJob) -> str:
        return job.number

    @display(description=gettext_lazy("Order"), ordering="order__number")
    def order_(self, job: PaceJob) -> SafeString:
        return order_link(job.order)

    @display(description=gettext_lazy("Storefront"), ordering="order__storefront__name")
    def storefront(self, job: PaceJob) -> str:
        return job.order.storefront.name

    @display(description=gettext_lazy("Status in Pace"), ordering="pace_status")
    def status(self, job: PaceJob) -> SafeString:
        if job.gone_at is not None:
            return badge(gettext("Deleted in Pace"), "bad")
        if not job.pace_status:
            return NOTHING
        return badge(job.pace_status_name or job.pace_status, "info" if job.open_in_pace else "done")

    @display(description=gettext_lazy("Parts"))
    def parts(self, job: PaceJob) -> SafeString:
        """The parts whose status is not that of the job."""
        own = [
            (number, str(one.get("name") or one.get("id") or "no status"))
            for number, one in sorted(job.part_statuses.items())
            if one.get("id") != job.pace_status
        ]
        return _lines(own, "{}: {}")

    @display(description=gettext_lazy("Stage in Pressero"))
    def stages(self, job: PaceJob) -> SafeString:
        return _lines(((stage.item.seq, _shown(stage)) for stage in _stages(job)), "item {}: {}")

    @display(description=gettext_lazy("Shipments"))
    def shipments_(self, job: PaceJob) -> SafeString:
        found = (
            (one.pace_id, ", ".join(one.numbers), "told" if one.sent_at else one.problem or "not synced yet")
            for one in job.shipments.all()
        )
        return _lines(found, "{}: {} ({})")

    @display(description=gettext_lazy("Synced to Pressero"))
    def state_(self, job: PaceJob) -> SafeString:
        rows = [*_stages(job), *job.shipments.all()]
        if any(row.problem and row.due_at is None for row in rows):
            return badge(gettext("Action needed"), "bad")
        if any(row.due_at is not None for row in rows):
            return badge(gettext("Not yet"), "wait")
        if any(stage.differs for stage in _stages(job)):
            return badge(gettext("Stage differs in Pressero"), "wait")
        if any(stage.unmapped for stage in _stages(job)):
            return badge(gettext("Status not mapped"), "muted")
        if any(stage.sent_stage for stage in _stages(job)):
            return badge(gettext("Everything"), "good")
        return NOTHING

    @display(description=gettext_lazy("Last sync"), ordering="synced_at")
    def synced(self, job: PaceJob) -> SafeString:
        return moment(job.synced_at)

    @display(description=gettext_lazy("Deleted in Pace since"))
    def gone(self, job: PaceJob) -> SafeString:
        return moment(job.gone_at)

    @display(description=gettext_lazy("Tracked until"))
    def ended(self, job: PaceJob) -> SafeString:
        return moment(job.watch_ended_at)

    @display(description=gettext_lazy("Created in Pace"))
    def submitted(self, job: PaceJob) -> SafeString:
        return moment(job.submitted_at)

    # --- actions ---

    @action(description=gettext_lazy("Sync now"), permissions=["sync"])
    def sync_now(self, request: HttpRequest, queryset: QuerySet[PaceJob]) -> None:
        """Have a worker read these jobs from Pace and tell Pressero what it does not know, failed updates included."""
        jobs = list(queryset.order_by("id")[: MOST_AT_ONCE + 1])
        if len(jobs) > MOST_AT_ONCE:
            messages.error(
                request,
                gettext(
                    "Sync now: choose at most {most_at_once} jobs at a time. Nothing was changed."
                ).format(most_at_once=MOST_AT_ONCE),
            )
            return
        user = request.user if request.user.is_authenticated else None
        count = write_backs.sync_now(jobs, actor=actor_name(request), user=user)
        messages.success(
            request,
            ngettext("{count} job is synced now.", "{count} jobs are synced now.", count).format(count=count),
        )


def _stages(job: PaceJob) -> list[ItemStage]:
    """The stages of the items that this job stands for."""
    found = []
    for item in job.order.items.all():
        stage = getattr(item, "stage", None)
        if stage is not None and job.number in [number.strip() for number in item.job_number.split(",")]:
            found.append(stage)
    return found


def _shown(stage: ItemStage) -> str:
    shown = stage.seen_name or stage.sent_name or "unknown"
    return f"{shown} (sent {stage.sent_name})" if stage.differs else shown


def _lines(rows: Iterable[tuple[object, ...]], form: str) -> SafeString:
    found = [(form.format(*row),) for row in rows]
    return format_html_join("\n", "<div>{}</div>", found) if found else NOTHING
