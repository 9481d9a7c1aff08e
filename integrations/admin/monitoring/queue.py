"""Background work in the portal: what is scheduled, what failed, what waits.

The queue only carries "look at order 42": orders are retried on their own page, so nothing here sends tasks again.
"""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy
from django_q.conf import Conf
from django_q.models import Failure, OrmQ, Schedule, Success, Task
from unfold.decorators import display

from automationhub.lib.admin import HubModelAdmin, ReadOnlyAdmin, code_box
from integrations.admin.shared.displays import NOTHING, actor_name, badge, moment, shortened
from integrations.core.workqueue import schedules

for _model in (Schedule, Success, Failure, OrmQ):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


class ScheduleForm(forms.ModelForm):
    """When a schedule runs. What it runs is fixed, and it has no arguments (core/workqueue/schedules.py)."""

    class Meta:
        model = Schedule
        fields = ["schedule_type", "minutes", "cron", "next_run", "repeats"]
        labels = {
            "schedule_type": "How often",
            "next_run": "Next run",
            "repeats": "Runs left",
        }
        help_texts = {
            "schedule_type": "Minimum: every minute.",
            "next_run": "A time in the past runs at the next check.",
            "minutes": "For the type “Minutes”: the minutes between two runs.",
            "cron": "For the type “Cron”: minute, hour, day, month and weekday, such as 0 6 * * 1-5.",
            "repeats": "-1 = no limit. 0 = switched off.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if often := self.fields.get("schedule_type"):
            # "Once" would delete the row after its run.
            cast(Any, often).choices = [choice for choice in Schedule.TYPE if choice[0] != Schedule.ONCE]

    def clean_repeats(self) -> int:
        repeats = self.cleaned_data["repeats"]
        if repeats < -1:
            raise ValidationError("-1 means no limit, 0 means turned off; other numbers count the runs left.")
        return int(repeats)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        kind = cleaned.get("schedule_type")
        if kind == Schedule.MINUTES and not cleaned.get("minutes") and "minutes" not in self.errors:
            self.add_error("minutes", "Enter the minutes between two runs.")
        if kind == Schedule.CRON and not cleaned.get("cron") and "cron" not in self.errors:
            self.add_error("cron", "Enter a cron schedule, such as 0 6 * * 1-5 for 6:00 AM on working days.")
        return cleaned


@admin.register(Schedule)
class ScheduleAdmin(HubModelAdmin):
    """The worker makes these rows; staff set when they run, or switch them off."""

    form = ScheduleForm
    list_display = ["name_", "how_often", "state", "next", "last"]
    search_fields = ["name", "func"]
    ordering = ["name"]
    empty_text = gettext_lazy(
        "The worker creates the schedules when it first starts. Start it, then reload this page."
    )
    readonly_fields = ["name_", "runs"]
    fieldsets = [
        (None, {"fields": ["name_", "runs"]}),
        (gettext_lazy("When"), {"fields": ["schedule_type", ("minutes", "cron"), "next_run", "repeats"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a schedule names any function of the server: made by the hub alone

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Schedule, form: Any, change: bool) -> None:
        before = Schedule.objects.get(pk=obj.pk)
        super().save_model(request, obj, form, change)
        schedules.record_change(before, obj, actor=actor_name(request), user=cast(Any, request.user))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        failed = Task.objects.filter(pk=OuterRef("task"), success=False)
        queryset: QuerySet[Any] = super().get_queryset(request)
        return queryset.annotate(last_failed=Exists(failed))

    @display(description=gettext_lazy("Name"), ordering="name")
    def name_(self, schedule: Schedule) -> str:
        return schedule.name or schedule.func

    @display(description=gettext_lazy("Runs"))
    def runs(self, schedule: Schedule) -> SafeString:
        return format_html("<code>{}</code>", schedule.func)

    @display(description=gettext_lazy("How often"))
    def how_often(self, schedule: Schedule) -> str:
        return schedules.how_often(schedule)

    @display(description=gettext_lazy("State"))
    def state(self, schedule: Schedule) -> SafeString:
        if schedule.repeats == 0:
            return badge(gettext("Switched off"), "muted")
        if schedule.next_run and (timezone.now() - schedule.next_run).total_seconds() > 300:
            return badge(gettext("Late: is a worker running?"), "bad")
        return badge(gettext("On"), "good")

    @display(description=gettext_lazy("Next run"), ordering="next_run")
    def next(self, schedule: Schedule) -> SafeString:
        return NOTHING if schedule.repeats == 0 else moment(schedule.next_run)

    @display(description=gettext_lazy("Last run"))
    def last(self, schedule: Any) -> SafeString:
        at = schedules.last_run(schedule)
        if not schedule.last_failed:
            return moment(at)
        return format_html("{} {}", moment(at), badge(gettext("Failed"), "bad"))


@admin.register(Failure)
class FailureAdmin(ReadOnlyAdmin):
    """Tasks that ended with an error of the hub itself. Orders have their own retry, on their own page."""

    list_display = ["name", "func", "happened", "short_result"]
    search_fields = ["name", "func"]
    show_full_result_count = False
    empty_text = gettext_lazy(
        "No background task has failed. Orders with problems are under Needs attention."
    )
    fields = ["name", "func", "arguments", "began", "happened", "attempt_count", "full_result"]
    readonly_fields = fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("django_q.delete_failure")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset: QuerySet[Any] = super().get_queryset(request)
        return queryset.defer("args", "kwargs")

    @display(description=gettext_lazy("Queued"), ordering="started")
    def began(self, task: Failure) -> SafeString:
        return moment(task.started, seconds=True)

    @display(description=gettext_lazy("Failed"), ordering="stopped")
    def happened(self, task: Failure) -> SafeString:
        return moment(task.stopped, seconds=True)

    @display(description=gettext_lazy("Error"))
    def short_result(self, task: Failure) -> str:
        return shortened(str(task.result or ""), 120)

    @display(description=gettext_lazy("Arguments"))
    def arguments(self, task: Failure) -> str:
        return f"{task.args or ''} {task.kwargs or ''}".strip() or "–"

    @display(description=gettext_lazy("Error"))
    def full_result(self, task: Failure) -> SafeString:
        return code_box(str(task.result or ""))


class QueuedTaskAdmin(ReadOnlyAdmin):
    """Messages that wait for a worker, when the queue lives in the database."""

    list_display = ["what", "key", "lock_"]
    list_display_links = None
    show_full_result_count = False
    empty_text = gettext_lazy("Nothing is waiting.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset: QuerySet[Any] = super().get_queryset(request)
        return queryset.using(Conf.ORM) if Conf.ORM else queryset

    @display(description=gettext_lazy("Task"))
    def what(self, message: OrmQ) -> str:
        # A message signed with an older SECRET_KEY cannot be read; django-q answers with its error's name then.
        task = message.task
        return str(task.get("name") or "unreadable") if isinstance(task, dict) else "unreadable"

    @display(description=gettext_lazy("Leased by a worker until"), ordering="lock")
    def lock_(self, message: OrmQ) -> SafeString:
        return moment(message.lock, seconds=True)


# With Redis the table is empty; the page stays, so that no link to it leads nowhere.
admin.site.register(OrmQ, QueuedTaskAdmin)
