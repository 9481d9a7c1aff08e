"""Where people are logged in: one's own sessions on a page for everyone, and everybody's in a list."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy, ngettext
from unfold.decorators import action, display

from automationhub.lib.admin import ReadOnlyAdmin
from integrations.admin.shared.displays import actor_name, moment
from integrations.core.audit import log as audit
from integrations.models import PortalSession
from integrations.operations.access import sessions


def own_sessions(request: HttpRequest) -> HttpResponse:
    """Where one is logged in oneself; a POST ends one of these sessions, or all others."""
    user: Any = request.user
    if request.method == "POST":
        chosen = PortalSession.objects.filter(user=user)
        if request.POST.get("session"):
            chosen = chosen.filter(session_key=request.POST["session"][:64])
        else:
            chosen = _others(chosen, request)
        ended = sessions.end(chosen, actor=actor_name(request), by=user)
        messages.success(request, _ended(ended))
        return HttpResponseRedirect(reverse("hub-sessions"))
    listed = sessions.alive().filter(user=user).order_by("-seen_at")[:100]
    context = {
        **admin.site.each_context(request),
        "title": gettext("Active sessions"),
        "sessions": [(one, sessions.is_this(one, request.session.session_key)) for one in listed],
    }
    request.current_app = admin.site.name
    response = TemplateResponse(request, "hub/sessions.html", context)
    response["Cache-Control"] = "no-store"
    return response


def own_password(request: HttpRequest) -> HttpResponse:
    """Django's page for one's own password. With a new one, all other sessions end."""
    answer: HttpResponse = admin.site.password_change(request)
    if request.method == "POST" and answer.status_code == 302:
        user: Any = request.user
        audit.record("access.password_changed", {}, actor=actor_name(request), user=user)
        sessions.end_all_of(user, actor=actor_name(request), by=user, but=request.session.session_key)
    return answer


def _others(chosen: QuerySet[PortalSession], request: HttpRequest) -> QuerySet[PortalSession]:
    this = [one.pk for one in chosen if sessions.is_this(one, request.session.session_key)]
    return chosen.exclude(pk__in=this)


def _ended(count: int) -> str:
    return ngettext("{count} session was ended.", "{count} sessions were ended.", count).format(count=count)


@admin.register(PortalSession)
class PortalSessionAdmin(ReadOnlyAdmin):
    """Who is logged in where. The key that is shown in addresses is a hash and opens nothing."""

    list_display = ["user", "browser", "address", "since", "last_seen"]
    list_display_links = None
    list_select_related = ["user"]
    search_fields = ["user__username", "address"]
    search_help_text = gettext_lazy("User name or address")
    ordering = ["-seen_at"]
    empty_text = gettext_lazy("No active sessions.")
    actions = ["end"]
    fields = ["user", "browser", "address", "since", "last_seen"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[PortalSession]:
        return sessions.alive()

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("integrations.delete_portalsession")

    @display(description=gettext_lazy("Logged in"), ordering="started_at")
    def since(self, session: PortalSession) -> SafeString:
        return moment(session.started_at)

    @display(description=gettext_lazy("Last seen"), ordering="seen_at")
    def last_seen(self, session: PortalSession) -> SafeString:
        return moment(session.seen_at)

    @action(description=gettext_lazy("End"), permissions=["end"])
    def end(self, request: HttpRequest, queryset: QuerySet[PortalSession]) -> None:
        ended = sessions.end(queryset, actor=actor_name(request), by=request.user)  # type: ignore[arg-type]
        messages.success(request, _ended(ended))


own_sessions_view = admin.site.admin_view(own_sessions)
own_password_view = admin.site.admin_view(own_password)
