"""Refused pages, actions and API calls in the audit log: who wanted what, from where. Nothing of what was sent is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from automationhub.lib import database
from automationhub.lib.client_address import client_address
from integrations.core.audit import log as audit
from integrations.models import ApiToken, AuditEntry

logger = logging.getLogger(__name__)

REFUSED = 403
# The same refusal is written down once in this time, and of one user no more than MOST different ones: whoever tries every
# address of the hub leaves a clear trace without filling the log.
ONCE_IN = timedelta(minutes=1)
MOST = 20
# Of the newest entries as many as hold the refusals of one user in that time beside those of a few others.
_LOOK_BACK = 200
_LONGEST_PATH = 200


class RefusalsMiddleware:
    """Writes down every answer "forbidden" to somebody who is logged in, in the portal or with a token."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == REFUSED:
            user = getattr(request, "user", None)  # of an API call the token's
            if user is not None and user.is_authenticated:
                _note_safely(request, user)
        return response


def _note_safely(request: HttpRequest, user: AbstractBaseUser) -> None:
    """The refusal stands, whether it can be written down or not."""
    try:
        note(request, user)
    except Error as error:
        logger.error("A refusal could not be written to the audit log. %s", database.describe(error))
        database.drop_broken_connection()


def note(request: HttpRequest, user: AbstractBaseUser) -> AuditEntry | None:
    """The entry of one refusal; None when it, or many others of this user, were written down a moment ago."""
    facts = {
        "method": request.method or "",
        "path": request.path[:_LONGEST_PATH],
        "address": client_address(request) or "an unknown address",
    }
    if (recent := _recent(user)) and (facts in recent or len(recent) >= MOST):
        return None
    return audit.record("access.refused", facts, actor=_actor(request, user), user=user)


def _recent(user: AbstractBaseUser) -> list[dict[str, Any]]:
    newest = AuditEntry.objects.filter(type="access.refused").order_by("-id")
    since = timezone.now() - ONCE_IN
    rows = newest.values_list("user_id", "at", "data")[:_LOOK_BACK]
    return [data for user_id, at, data in rows if user_id == user.pk and at > since]


def _actor(request: HttpRequest, user: Any) -> str:
    name = str(user.get_full_name() or user.get_username())
    token = getattr(request, "auth", None)
    return f"{name} (API token {token.prefix}…)" if isinstance(token, ApiToken) else name
