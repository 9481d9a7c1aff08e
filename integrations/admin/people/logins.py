"""Names locked out after failed logins: the page they see, and the list where an administrator lets them in again."""

from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy
from unfold.decorators import action, display

from automationhub.lib.admin import ReadOnlyAdmin
from integrations.admin.shared.displays import actor_name, badge, moment, signed_in
from integrations.operations.access import logins


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: Any) -> HttpResponse:
    """What somebody sees whose logins are refused for a while (AXES_LOCKOUT_CALLABLE)."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    context = {**admin.site.each_context(request), "title": gettext("Please wait"), "minutes": minutes}
    answer = render(request, "hub/locked_out.html", context, status=429)
    answer["Retry-After"] = str(minutes * 60)
    return answer


@admin.register(AccessAttempt)
class FailedLoginAdmin(ReadOnlyAdmin):
    """Failed logins that still count. Nothing of what was typed but the name is shown."""

    list_display = ["username", "ip_address", "failures", "state", "last"]
    list_display_links = None
    search_fields = ["username", "ip_address"]
    search_help_text = gettext_lazy("User name or address")
    ordering = ["-attempt_time"]
    empty_text = gettext_lazy(
        "No failed logins. After a few failures in a row, a user name is locked for that address and appears here."
    )
    actions = ["unlock"]
    fields = ["username", "ip_address", "failures", "last"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccessAttempt]:
        return logins.locks(timezone.now())

    def has_unlock_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("axes.delete_accessattempt"))

    @display(description=gettext_lazy("Failed"), ordering="failures_since_start")
    def failures(self, attempt: AccessAttempt) -> int:
        return int(attempt.failures_since_start)

    @display(description=gettext_lazy("State"))
    def state(self, attempt: AccessAttempt) -> SafeString:
        locked = attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT
        return badge(gettext("Locked"), "bad") if locked else badge(gettext("Not locked"), "muted")

    @display(description=gettext_lazy("Last attempt"), ordering="attempt_time")
    def last(self, attempt: AccessAttempt) -> SafeString:
        return moment(attempt.attempt_time)

    @action(description=gettext_lazy("Unlock"), permissions=["unlock"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[AccessAttempt]) -> None:
        attempts = list(queryset)
        for attempt in attempts:
            logins.unlock(attempt, actor=actor_name(request), by=signed_in(request))
        messages.success(request, gettext("{count} unlocked.").format(count=len(attempts)))
