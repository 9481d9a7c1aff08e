"""Between the login and everything else stands the second factor, for those who have one or must have one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django_mfa import session

from integrations.operations.access import second_factor

# Somebody who needs no second factor is looked up this often, not at every page. So a factor that was set up in another
# browser, and a group that begins to ask for one, are noticed within the minute.
CHECK_EVERY_SECONDS = 60
CHECKED_AT = "second_factor_looked_at"

ALWAYS = frozenset({"admin:logout"})
# Never one of the pages that add a factor: else the password alone would add one and pass with it.
TO_CONFIRM = ALWAYS | {"mfa:verify", "mfa:verify_factor"}
TO_SET_UP = ALWAYS | {"mfa:security_settings", "mfa:enroll_factor", "mfa:recovery_codes"}


class SecondFactorGate:
    """Leads sessions that lack the second factor to the page where it is entered, or set up, whatever they ask for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseRedirect | None:
        if not request.user.is_authenticated or session.is_verified(request):
            return None
        missing = missing_step(request)
        if missing is None:
            return None
        page, open_pages = missing
        if request.resolver_match is not None and request.resolver_match.view_name in open_pages:
            return None
        wanted = request.get_full_path() if request.method == "GET" else ""
        return redirect_to_login(wanted, reverse(page)) if wanted else HttpResponseRedirect(reverse(page))


def missing_step(request: HttpRequest) -> tuple[str, frozenset[str]] | None:
    """The page that this session has to pass first, and the pages that are open until then. None: it may go on."""
    if second_factor.is_the_proxys_matter(request):
        return None
    now = int(time.time())
    if not session.is_pending(request) and now - request.session.get(CHECKED_AT, 0) < CHECK_EVERY_SECONDS:
        return None
    if second_factor.has_one(request.user):
        return "mfa:verify", TO_CONFIRM
    if second_factor.is_required(request.user):
        return "mfa:security_settings", TO_SET_UP
    session.reset(request)  # the factor that this session waited for was taken off the user
    request.session[CHECKED_AT] = now
    return None
