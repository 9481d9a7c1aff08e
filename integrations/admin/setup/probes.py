"""The probe of a server or an account: its button, its page, and the settings it offers."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, gettext_lazy
from unfold.decorators import action
from unfold.widgets import INPUT_CLASSES

from integrations.admin.shared.confirm import fetch_or_404
from integrations.admin.shared.displays import actor_name, change_url
from integrations.errors import HubError
from integrations.models import PaceServer, PresseroAccount
from integrations.operations.probes import runs
from integrations.operations.probes.report import ProbeResult
from integrations.stored import StoredProbeReport

_TITLES = {
    ProbeResult.FAILS.value: (gettext_lazy("Does not hold"), "bad"),
    ProbeResult.UNSEEN.value: (gettext_lazy("Could not be seen"), "muted"),
    ProbeResult.HOLDS.value: (gettext_lazy("Holds"), "good"),
}


class ProbesMixin:
    """Of accounts and servers: the page on which they are probed."""

    opts: Any
    admin_site: Any

    def has_probe_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Who may test the connection may probe: nothing stays there either."""
        return request.user.has_perm(f"{self.opts.app_label}.test_{self.opts.model_name}")

    @action(description=gettext_lazy("Probe"), permissions=["view", "probe"], url_path="probe", icon="labs")
    def probe(self, request: HttpRequest, object_id: str) -> HttpResponse:
        system = cast(PaceServer | PresseroAccount, fetch_or_404(self, request, object_id))  # type: ignore[arg-type]
        if request.method == "POST":
            _act(request, system)
            return HttpResponseRedirect(request.path)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "POST"])
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            **_page(request, system),
            "opts": self.opts,
            "original": system,
            "back_url": change_url(system),
        }
        return TemplateResponse(request, "hub/probe.html", context)


def _act(request: HttpRequest, system: PaceServer | PresseroAccount) -> None:
    """Start a probe, or adopt what the last one found; the outcome is a message."""
    user, actor = cast(Any, request.user), actor_name(request)
    try:
        if setting := request.POST.get("adopt", ""):
            if not isinstance(system, PaceServer) or not user.has_perm("integrations.change_paceserver"):
                raise PermissionDenied
            messages.success(request, runs.adopt(system, setting, user=user, actor=actor))
            return
        runs.ask(system, user, subject=request.POST.get("subject", ""), actor=actor)
    except HubError as error:
        messages.error(request, error.message)


def _page(request: HttpRequest, system: PaceServer | PresseroAccount) -> dict[str, Any]:
    """What `hub/probe.html` shows."""
    found = list(runs.runs_of(system).select_related("user")[: runs.RUNS_STORED])
    running = next((run for run in found if run.is_running), None)
    last = next((run for run in found if not run.is_running), None)
    report: StoredProbeReport = last.report if last else {}
    labels = {one.name: str(one.verbose_name) for one in type(system)._meta.fields}
    return {
        "title": gettext("Probe of {name}").format(name=system.name),
        "system": system,
        "is_pace": isinstance(system, PaceServer),
        "running": running,
        "last": last,
        "earlier": [run for run in found if run is not last and not run.is_running],
        "report": report,
        "groups": _groups(report),
        "suggestions": [
            {**one, "label": labels.get(one["setting"], one["setting"]).capitalize()}
            for one in report.get("suggestions", ())
            if getattr(system, one["setting"], None) != one["value"]
        ],
        "input_classes": " ".join(INPUT_CLASSES),
        "may_adopt": request.user.has_perm("integrations.change_paceserver"),
    }


def _groups(report: StoredProbeReport) -> list[dict[str, Any]]:
    """The lines of a report by what became of them: what has to be dealt with first."""
    lines = report.get("assumptions", ())
    groups = [
        {
            "title": gettext("Has to be dealt with"),
            "tone": "bad",
            "lines": [one for one in lines if one["matters"]],
        }
    ]
    for result, (title, tone) in _TITLES.items():
        differs = result == ProbeResult.FAILS.value
        groups.append(
            {
                "title": gettext("Differs, and the hub copes with it") if differs else str(title),
                "tone": "wait" if differs else tone,
                "lines": [one for one in lines if one["result"] == result and not one["matters"]],
            }
        )
    return [group for group in groups if group["lines"]]
