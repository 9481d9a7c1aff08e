"""Sessions note where and when they were last seen, and end when nobody used them for a while."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY as LOGGED_IN
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from automationhub.lib.browsers import browser_name
from automationhub.lib.client_address import client_address
from integrations.admin.shared.displays import actor_name
from integrations.core.audit import log as audit
from integrations.operations.access.session_store import ADDRESS, BROWSER, SEEN, STARTED

# Noted at most this often, so that reading pages writes next to nothing.
NOTE_EVERY_SECONDS = 60


class SessionWatch:
    """Ends sessions that were idle for SESSION_IDLE_MINUTES, and notes those in use once a minute."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        now = int(time.time())
        if request.user.is_authenticated:
            seen = request.session.get(SEEN, now)
            idle = settings.SESSION_IDLE_MINUTES * 60
            if idle and now - seen >= idle:
                _end(request)
            elif SEEN not in request.session or (
                now - seen >= NOTE_EVERY_SECONDS and request.path != reverse("hub-live")
            ):
                _note(request, now)
        response = self.get_response(request)
        # The request that logged in; a program with a token is no session.
        if LOGGED_IN in request.session and SEEN not in request.session:
            _note(request, now)
        return response


def _note(request: HttpRequest, now: int) -> None:
    session = request.session
    session.setdefault(STARTED, now)
    session[SEEN] = now
    session[ADDRESS] = client_address(request) or ""
    session[BROWSER] = browser_name(request.META.get("HTTP_USER_AGENT", ""))


def _end(request: HttpRequest) -> None:
    facts = {"minutes": settings.SESSION_IDLE_MINUTES}
    audit.record("access.session_idle", facts, actor=actor_name(request), user=request.user)  # type: ignore[arg-type]
    request.session.flush()
    request.user = AnonymousUser()
