"""Versions of the configuration in the portal: the list, what each changed, and the way back."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy
from unfold.decorators import display

from automationhub.lib.admin import ReadOnlyAdmin
from integrations.admin.setup import rehearsals
from integrations.admin.shared.displays import actor_name, moment
from integrations.models import ConfigurationVersion
from integrations.operations.setup import rehearsal, versions
from integrations.operations.setup.configuration import ConfigurationError
from integrations.operations.setup.configuration_diff import DiffEntry

# A first import may add thousands of rows; they are all in the configuration file.
SHOWN = 300


@admin.register(ConfigurationVersion)
class ConfigurationVersionAdmin(ReadOnlyAdmin):
    """Who changed the configuration, when and how. A version's page compares it and leads back to it."""

    list_display = ["number", "when", "actor", "summary"]
    list_display_links = ["number", "summary"]
    search_fields = ["actor", "summary"]
    empty_text = gettext_lazy("The first change of the configuration makes the first version.")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("content").order_by("-number")

    @display(description=gettext_lazy("When"), ordering="number")
    def when(self, version: ConfigurationVersion) -> SafeString:
        return moment(version.at)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What a version changed, and what is different today."""
        if request.method == "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        version = ConfigurationVersion.objects.filter(pk=object_id).first() if object_id.isdigit() else None
        if version is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        since = versions.since(version)
        context = {
            "title": gettext("Version {number}").format(number=version.number),
            "opts": self.opts,
            "original": version,
            "version": version,
            "changes": _shown(versions.changes_of(version)),
            "since": _shown(since),
            "older": versions.previous(version),
            "newer": versions.following(version),
            "may_roll_back": bool(since) and request.user.is_superuser,
        }
        return _page(request, "hub/versions/version.html", context)


def rollback(request: HttpRequest, number: int) -> HttpResponse:
    """Ask before going back, with everything that would change; a POST does it or rehearses it. For superusers."""
    if not request.user.is_superuser:
        raise PermissionDenied
    try:
        version = versions.numbered(number)
    except versions.NoSuchVersion as error:
        raise Http404(str(error)) from error
    if request.method == "POST" and request.POST.get("do") == "rehearse":
        title = gettext("Rehearsal of version {number}").format(number=number)
        return rehearsals.answered(request, lambda: rehearsal.of_version(number), title)
    context: dict[str, Any] = {"version": version}
    try:
        if request.method == "POST":
            if request.POST.get("digest") != version.digest:
                messages.error(
                    request, gettext("This version has changed since you opened the page. Check it again.")
                )
                return HttpResponseRedirect(request.path)
            versions.rollback(number, actor=actor_name(request))
            done = gettext("The configuration is what it was at version {number}.").format(number=number)
            messages.success(request, done)
            return HttpResponseRedirect(reverse("admin:integrations_configurationversion_changelist"))
        changes = versions.rollback(number, dry_run=True)
    except ConfigurationError as error:
        context["reasons"] = error.reasons[:SHOWN]
    else:
        context |= {
            "changes": changes,
            "shown": changes.sentences[:SHOWN],
            "more": len(changes.sentences) - SHOWN,
        }
    title = gettext("Roll back to version {number}").format(number=number)
    return _page(request, "hub/versions/rollback.html", {"title": title, **context})


def _shown(entries: list[DiffEntry]) -> dict[str, Any]:
    return {"entries": entries[:SHOWN], "more": len(entries) - SHOWN, "any": bool(entries)}


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    request.current_app = admin.site.name
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})


rollback_view = admin.site.admin_view(rollback)
