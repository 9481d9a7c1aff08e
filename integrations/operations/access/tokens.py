"""API tokens: issued and switched off here, and written down in the audit log, whoever asks for it."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction

from automationhub.lib.shown_times import short_day
from integrations.core.audit import log as audit
from integrations.models import ApiToken
from integrations.models.access import DEFAULT_DAYS


def issue(
    owner: User,
    scope: str,
    *,
    days: int = DEFAULT_DAYS,
    actor: str,
    by: AbstractBaseUser | None = None,
) -> str:
    """Make a token of `owner` and return it: the only time that it is seen. `days` as in `ApiToken.issue`."""
    with transaction.atomic():
        token = ApiToken.issue(owner, scope, days=days)
        stored = ApiToken.objects.get(digest=ApiToken.digest_of(token))
        end = f"until {short_day(stored.expires_at)}" if stored.expires_at else "without an end"
        facts = {"prefix": stored.prefix, "owner": owner.get_username(), "scope": scope, "end": end}
        audit.record("access.token_issued", facts, actor=actor, user=by)
    return token


def switch_off(token: ApiToken, *, actor: str, by: AbstractBaseUser | None = None) -> bool:
    """Revoke a token; False when it was off already."""
    with transaction.atomic():
        if not ApiToken.objects.filter(pk=token.pk, active=True).update(active=False):
            return False
        facts = {"prefix": token.prefix, "owner": token.user.get_username()}
        audit.record("access.token_off", facts, actor=actor, user=by)
    return True
