"""Failed logins of one address, whatever names were tried: django-axes counts names and addresses only together."""

from __future__ import annotations

import logging
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest

from integrations.core.audit import log as audit

logger = logging.getLogger(__name__)


def failures_of(request: HttpRequest) -> int:
    """The failed logins of this request's address that still count, of all names together."""
    counted = AccessAttempt.objects.filter(
        ip_address=getattr(request, "axes_ip_address", None),
        attempt_time__gte=get_cool_off_threshold(request),
    )
    return counted.aggregate(all=Sum("failures_since_start"))["all"] or 0


class LoginHandler(AxesDatabaseHandler):
    """Refuses a name at an address after a few failures, and an address after many."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        if super().is_locked(request, credentials):
            return True
        most = settings.LOGIN_FAILURES_PER_ADDRESS
        return bool(most) and failures_of(request) >= most

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        refused_before = getattr(request, "axes_locked_out", False)
        super().user_login_failed(sender, credentials, request, **kwargs)
        most = settings.LOGIN_FAILURES_PER_ADDRESS
        if request is not None and not refused_before and most and failures_of(request) == most:
            address = getattr(request, "axes_ip_address", None) or "an unknown address"
            minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
            logger.warning("All logins from %s are refused for %s minutes.", address, minutes)
            audit.record("access.address_locked", {"address": address, "minutes": minutes}, actor=address)
