"""The pages of one's own second factor: set up, listed, renamed, removed; and the one the login asks for it on."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django_mfa import flows, session
from django_mfa.decorators import mfa_recent_required
from django_mfa.models import Authenticator
from django_mfa.registry import registry

from integrations.admin.shared.displays import actor_name
from integrations.core.audit import log as audit
from integrations.operations.access import second_factor
from integrations.operations.access.factor_adapters import CodesAdapter
from integrations.operations.access.session_store import STARTED

APP, PASSKEY, CODES = (
    Authenticator.Type.TOTP,
    Authenticator.Type.WEBAUTHN,
    Authenticator.Type.RECOVERY_CODES,
)
# What the login says it wants, by the kind of factor.
ASKS = {
    APP: gettext_lazy("Enter the six digits that your authenticator app shows now."),
    PASSKEY: gettext_lazy("Confirm with the passkey or security key that you set up."),
    CODES: gettext_lazy("Enter one of your recovery codes. Each works once."),
}
LABELS = {
    APP: gettext_lazy("Authenticator app"),
    PASSKEY: gettext_lazy("Passkey or security key"),
    CODES: gettext_lazy("Recovery code"),
}


def overview(request: HttpRequest) -> HttpResponse:
    """What one has set up, and what one can add."""
    user: Any = request.user
    factors = list(Authenticator.objects.filter(user=user).exclude(type=CODES).order_by("type", "created_at"))
    context = {
        "title": gettext("Second factor"),
        "factors": [(one, LABELS[Authenticator.Type(one.type)]) for one in factors],
        "required": second_factor.is_required(user),
        "may_add_app": not any(one.type == APP for one in factors),
        "may_add_passkey": _passkeys_work(request),
        "passkey_host": settings.MFA_FIDO2_RP_ID,
        "codes_left": CodesAdapter().remaining(user),
    }
    return _page(request, "overview", context)


@sensitive_post_parameters()
@mfa_recent_required(allow_unenrolled=True)
def add(request: HttpRequest, factor_type: str) -> HttpResponse:
    """Set up an app or a passkey: shows what it needs, and takes the answer that proves it is there."""
    if _must_log_in_again(request):
        logout(request)
        messages.info(request, gettext("Log in again before you set up your first second factor."))
        return redirect_to_login(request.get_full_path())
    kind = _kind(factor_type, APP, PASSKEY)
    adapter = registry.get(kind)
    if not adapter.is_available(request.user) or (kind == PASSKEY and not _passkeys_work(request)):
        return HttpResponseRedirect(reverse("mfa:security_settings"))
    context: dict[str, Any] = {
        "title": gettext("Set up an app") if kind == APP else gettext("Set up a passkey")
    }
    if request.method == "POST":
        try:
            flows.attempt_enroll(request, kind, request.POST)
        except flows.FactorRejected:
            context["error"] = _refused(kind)
        else:
            request.session.cycle_key()
            messages.success(request, gettext("Your second factor is set up."))
            has_codes = CodesAdapter().remaining(request.user)
            return HttpResponseRedirect(
                reverse("mfa:security_settings" if has_codes else "mfa:recovery_codes")
            )
    name = request.POST.get("name", "")
    context |= {"name": name, **adapter.begin_enroll(request)}
    return _page(request, "add_app" if kind == APP else "add_passkey", context)


@require_POST
@mfa_recent_required(allow_unenrolled=True)
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename or remove one of one's own factors."""
    user: Any = request.user
    factor = get_object_or_404(Authenticator.objects.exclude(type=CODES), pk=pk, user=user)
    if request.POST.get("do") == "remove":
        _remove(request, factor)
    elif name := request.POST.get("name", "").strip()[:100]:
        Authenticator.objects.filter(pk=factor.pk).update(name=name)
        audit.record("access.factor_renamed", {"name": name}, actor=actor_name(request), user=user)
        messages.success(request, gettext("The name was changed."))
    return HttpResponseRedirect(reverse("mfa:security_settings"))


def _remove(request: HttpRequest, factor: Authenticator) -> None:
    others = Authenticator.objects.filter(user=request.user).exclude(pk=factor.pk)
    last = not others.exclude(type=CODES).exists()
    if last and second_factor.is_required(request.user):
        messages.error(
            request,
            gettext(
                "A group of yours requires a second factor. Set up another one before you remove this one."
            ),
        )
        return
    flows.remove_factor(request, factor)
    if last:  # recovery codes stand in for a factor, and there is none
        others.delete()
    messages.success(request, gettext("The second factor was removed."))


@mfa_recent_required(allow_unenrolled=True)
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Make recovery codes: the answer to the POST is the only page that ever shows them."""
    user: Any = request.user
    if not second_factor.has_one(user):
        return HttpResponseRedirect(reverse("mfa:security_settings"))
    codes = None
    if request.method == "POST":
        codes = CodesAdapter().generate(user)
        audit.record(
            "access.factor_added", {"factor": "recovery codes"}, actor=actor_name(request), user=user
        )
    context = {
        "title": gettext("Recovery codes"),
        "codes": codes,
        "codes_left": CodesAdapter().remaining(user),
    }
    return _page(request, "recovery_codes", context)


def verify(request: HttpRequest) -> HttpResponse:
    """Lead to the factor that the user is asked for first."""
    kinds = [adapter.type for adapter in registry.enabled_for(request.user)]
    if not kinds or not second_factor.has_one(request.user):
        return HttpResponseRedirect(_next(request))
    asked = reverse("mfa:verify_factor", args=[_usable(request, kinds)[0]])
    return HttpResponseRedirect(f"{asked}?{urlencode({'next': _next(request)})}")


@sensitive_post_parameters()
def verify_factor(request: HttpRequest, factor_type: str) -> HttpResponse:
    """Ask for one factor. Until it was right, a session can open nothing else (second_factor_gate.py)."""
    kind = _kind(factor_type, APP, PASSKEY, CODES)
    kinds = [adapter.type for adapter in registry.enabled_for(request.user)]
    if kind not in kinds or not second_factor.has_one(request.user):
        return HttpResponseRedirect(reverse("mfa:verify"))
    target = _next(request)
    context: dict[str, Any] = {"title": gettext("Second factor"), "kind": str(kind), "next": target}
    status = 200
    if request.method == "POST":
        if not second_factor.may_try(request, kind):
            status, context["error"] = 429, _too_many()
        elif flows.attempt_verify(request, request.user, kind, request.POST):
            request.session.cycle_key()
            return HttpResponseRedirect(target)
        else:
            status, context["error"] = 400, _refused(kind)
    elif not session.is_verified(request):
        session.start_pending(request)
    context |= {
        "asks": ASKS[kind],
        "others": [(one, LABELS[Authenticator.Type(one)]) for one in _usable(request, kinds) if one != kind],
        **registry.get(kind).begin_verify(request, request.user),
    }
    return _page(request, "verify", context, status=status)


def _page(request: HttpRequest, name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page with the portal's menu for who may use it, without for who may not yet."""
    free = session.is_verified(request) or not (
        session.is_pending(request) or second_factor.is_required(request.user)
    )
    free = free or second_factor.is_the_proxys_matter(request)
    request.current_app = admin.site.name
    shared = {
        **admin.site.each_context(request),
        "layout": "admin/base_site.html" if free and name != "verify" else "hub/second_factor/narrow.html",
        "free": free,
        **context,
    }
    response = TemplateResponse(request, f"hub/second_factor/{name}.html", shared, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _kind(text: str, *allowed: Authenticator.Type) -> Authenticator.Type:
    if text not in allowed:
        raise Http404("There is no such second factor.")
    return Authenticator.Type(text)


def _usable(request: HttpRequest, kinds: list[str]) -> list[str]:
    """The kinds that work at this address; all of them when none does, so that a page can say so."""
    return [one for one in kinds if one != PASSKEY or _passkeys_work(request)] or kinds


def _passkeys_work(request: HttpRequest) -> bool:
    """Browsers give out a passkey at the host name it was made for, and at names below it, alone."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    return host == settings.MFA_FIDO2_RP_ID or host.endswith(f".{settings.MFA_FIDO2_RP_ID}")


def _must_log_in_again(request: HttpRequest) -> bool:
    """Whether the first factor would be set up by a session that may not be its owner's any more: a login of some time ago.

    Later ones are set up only after another one was confirmed.
    """
    if second_factor.has_one(request.user) or second_factor.is_the_proxys_matter(request):
        return False
    logged_in_at: int = request.session.get(STARTED, 0)
    return time.time() - logged_in_at > settings.MFA_STEPUP_MAX_AGE


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("admin:index")


def _refused(kind: Authenticator.Type) -> str:
    if kind == PASSKEY:
        return gettext("The passkey was not accepted. Try again.")
    if kind == CODES:
        return gettext("This is not one of your unused recovery codes.")
    return gettext("The code is wrong, too old, or was used already. Enter the one that the app shows now.")


def _too_many() -> str:
    return gettext("Too many wrong codes. Wait {minutes} minutes, or ask an administrator.").format(
        minutes=settings.LOGIN_LOCK_MINUTES
    )


def own_pages(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu below one's own name (UNFOLD's ACCOUNT)."""
    if not request.user.is_authenticated:  # the login page asks for it too
        return []
    links = [
        {"title": gettext("Second factor"), "link": reverse("mfa:security_settings")},
        {"title": gettext("Active sessions"), "link": reverse("hub-sessions")},
    ]
    if request.user.has_usable_password():
        links.insert(0, {"title": gettext("Change password"), "link": reverse("admin:password_change")})
    return links


view = admin.site.admin_view
urlpatterns = (
    [
        path("", view(overview), name="security_settings"),
        path("add/<slug:factor_type>/", view(add), name="enroll_factor"),
        path("<int:pk>/", view(change), name="manage"),
        path("recovery-codes/", view(recovery_codes), name="recovery_codes"),
        path("confirm/", view(verify), name="verify"),
        path("confirm/<slug:factor_type>/", view(verify_factor), name="verify_factor"),
    ],
    "mfa",
)
