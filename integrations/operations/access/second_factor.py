"""The second factor of a login: which kinds there are, who must have one, and what the audit log says of it."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest
from django_mfa import events, ratelimit
from django_mfa.adapters.webauthn import WebAuthnAdapter
from django_mfa.models import Authenticator
from django_mfa.registry import registry

from automationhub.lib.client_address import client_address
from integrations.core.audit import log as audit
from integrations.models import SecondFactorGroup
from integrations.operations.access import sessions
from integrations.operations.access.factor_adapters import AppAdapter, CodesAdapter

logger = logging.getLogger(__name__)

NOWHERE = "an unknown address"
PROXY_BACKEND = "automationhub.lib.single_sign_on.ProxyUserBackend"
NAMES = {
    Authenticator.Type.TOTP: "authenticator app",
    Authenticator.Type.WEBAUTHN: "passkey",
    Authenticator.Type.RECOVERY_CODES: "recovery codes",
}


def offer() -> None:
    """Have django-mfa offer the hub's three kinds, in the order in which pages list them, and write down what happens."""
    for adapter in (WebAuthnAdapter(), AppAdapter(), CodesAdapter()):
        registry.register(adapter)
    events.factor_added.connect(_added, dispatch_uid="hub-factor-added")
    events.factor_removed.connect(_removed, dispatch_uid="hub-factor-removed")
    events.mfa_verified.connect(_verified, dispatch_uid="hub-factor-verified")
    events.mfa_verification_failed.connect(_failed, dispatch_uid="hub-factor-failed")
    events.recovery_code_used.connect(_code_used, dispatch_uid="hub-recovery-code-used")


def has_one(user: Any) -> bool:
    """Whether the user has set up an app or a passkey. Recovery codes alone are none."""
    return bool(registry.has_primary_factor(user))


def is_required(user: Any) -> bool:
    """Whether a group of the user asks its members for a second factor."""
    return SecondFactorGroup.objects.filter(group__user=user).exists()


def is_the_proxys_matter(request: HttpRequest) -> bool:
    """Whether the reverse proxy has logged this user in, and the hub does not ask besides (SSO_SECOND_FACTOR)."""
    return not settings.SSO_SECOND_FACTOR and request.session.get(BACKEND_SESSION_KEY) == PROXY_BACKEND


def may_try(request: HttpRequest, kind: str) -> bool:
    """Whether this user and this address may try a code of the kind, or have had too many wrong ones."""
    return bool(ratelimit.check(request.user, kind) and ratelimit.check_client(request, kind))


def forget_old_failures() -> None:
    """Remove counts of wrong codes that no longer count."""
    ratelimit.prune()


def set_required(group: Any, required: bool, *, actor: str, by: AbstractBaseUser | None) -> None:
    """Ask the members of a group for a second factor, or no longer."""
    if required:
        _, changed = SecondFactorGroup.objects.get_or_create(group=group)
    else:
        changed = bool(SecondFactorGroup.objects.filter(group=group).delete()[0])
    if changed:
        type_ = "access.factor_required" if required else "access.factor_not_required"
        audit.record(type_, {"name": group.name}, actor=actor, user=by)


def remove_all(user: Any, *, actor: str, by: AbstractBaseUser | None = None, but: str | None = None) -> int:
    """Take all second factors off a user who cannot log in with them any more; how many there were.

    The user's sessions end, but for the one of the key `but`.
    """
    with transaction.atomic():
        kinds = list(Authenticator.objects.filter(user=user).values_list("type", flat=True))
        Authenticator.objects.filter(user=user).delete()
        if kinds:
            audit.record("access.factors_reset", {"name": user.get_username()}, actor=actor, user=by)
            sessions.end_all_of(user, actor=actor, by=by, but=but)
    return len(kinds)


def _added(sender: object, user: Any, authenticator: Authenticator, **_: Any) -> None:
    facts = {"factor": _named(authenticator.type, authenticator.name)}
    audit.record("access.factor_added", facts, actor=_name(user), user=user)


def _removed(sender: object, user: Any, factor_type: str, name: str, **_: Any) -> None:
    audit.record("access.factor_removed", {"factor": _named(factor_type, name)}, actor=_name(user), user=user)


def _verified(sender: object, user: Any, method: str, request: HttpRequest | None, **_: Any) -> None:
    facts = {"factor": NAMES[Authenticator.Type(method)], "address": _address(request)}
    audit.record("access.factor_confirmed", facts, actor=_name(user), user=user)


def _failed(sender: object, user: Any, method: str, request: HttpRequest | None, **_: Any) -> None:
    facts = {
        "name": user.get_username(),
        "factor": NAMES[Authenticator.Type(method)],
        "address": _address(request),
    }
    logger.warning("The second factor of %s (%s) from %s was wrong.", *facts.values())
    audit.record("access.factor_failed", facts, actor=_address(request))


def _code_used(sender: object, user: Any, remaining: int, request: HttpRequest | None, **_: Any) -> None:
    facts = {"address": _address(request), "remaining": remaining}
    audit.record("access.recovery_code_used", facts, actor=_name(user), user=user)


def _named(kind: str, name: str) -> str:
    label = str(NAMES.get(Authenticator.Type(kind), kind))
    return f"{label} “{name}”" if name else label


def _name(user: Any) -> str:
    return str(user.get_full_name() or user.get_username())


def _address(request: HttpRequest | None) -> str:
    return (client_address(request) if request is not None else None) or NOWHERE
