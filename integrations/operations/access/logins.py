"""Logins: who came in, who did not, who is locked out for a while. django-axes counts; the audit log remembers."""

from __future__ import annotations

import logging
from datetime import datetime
from ipaddress import ip_network
from typing import Any

from axes.models import AccessAttempt
from axes.signals import user_locked_out
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models import QuerySet
from django.http import HttpRequest

from automationhub.lib.client_address import address_group, client_address
from integrations.core.audit import log as audit

logger = logging.getLogger(__name__)

NOWHERE = "an unknown address"
# Not the text itself: people type their password into the wrong box.
STRANGER = "an unknown user"


def counted_address(request: HttpRequest) -> str | None:
    """The address that failed logins are counted by: of IPv6 the network that one customer has all of."""
    address = client_address(request)
    return None if address is None else str(ip_network(address_group(address)).network_address)


def watch() -> None:
    """Have every login, logout and refusal written down. Django and axes tell of them by signals alone."""
    user_logged_in.connect(_logged_in, dispatch_uid="hub-logged-in")
    user_logged_out.connect(_logged_out, dispatch_uid="hub-logged-out")
    user_login_failed.connect(_failed, dispatch_uid="hub-login-failed")
    user_locked_out.connect(_locked_out, dispatch_uid="hub-locked-out")


def locks(now: datetime) -> QuerySet[AccessAttempt]:
    """Names and addresses with failed logins that still count."""
    found: QuerySet[AccessAttempt] = AccessAttempt.objects.filter(
        attempt_time__gte=now - settings.AXES_COOLOFF_TIME
    )
    return found


def unlock(attempt: AccessAttempt, *, actor: str, by: AbstractBaseUser | None = None) -> None:
    """Forget the failed logins of this name from this address, in whichever browser they were tried."""
    AccessAttempt.objects.filter(username=attempt.username, ip_address=attempt.ip_address).delete()
    facts = {"name": _known(attempt.username or ""), "address": attempt.ip_address or NOWHERE}
    audit.record("access.unlocked", facts, actor=actor, user=by)


def _logged_in(sender: object, request: HttpRequest | None, user: AbstractBaseUser, **_: Any) -> None:
    audit.record("access.login", {"address": _address(request)}, actor=_name(user), user=user)


def _logged_out(sender: object, request: HttpRequest | None, user: AbstractBaseUser | None, **_: Any) -> None:
    if user is not None:  # a session that had ended already
        audit.record("access.logout", {"address": _address(request)}, actor=_name(user), user=user)


def _failed(
    sender: object, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    if getattr(request, "axes_locked_out", False):
        return  # told once, when the lock began
    facts = {"name": _known(str(credentials.get("username") or "")), "address": _address(request)}
    logger.warning("A login as %s from %s failed.", facts["name"], facts["address"])
    audit.record("access.failed", facts, actor=facts["address"])


def _locked_out(sender: object, request: HttpRequest, username: str, **_: Any) -> None:
    if getattr(request, "axes_failures_since_start", None) != settings.AXES_FAILURE_LIMIT:
        return  # a try while the lock holds: the entry of its beginning says it all
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    facts = {"name": _known(username or ""), "address": _address(request), "minutes": minutes}
    logger.warning("Logins as %s from %s are refused for %s minutes.", *facts.values())
    audit.record("access.locked", facts, actor=_address(request))


def _known(username: str) -> str:
    users = get_user_model().objects.filter(username=username.replace("\x00", ""))
    return username if users.exists() else STRANGER


def _name(user: Any) -> str:
    return str(user.get_full_name() or user.get_username())


def _address(request: HttpRequest | None) -> str:
    return (client_address(request) if request is not None else None) or NOWHERE
