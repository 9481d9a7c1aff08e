"""Sessions of the portal: which are alive, and how they are ended before their time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from integrations.core.audit import log as audit
from integrations.models import PortalSession
from integrations.operations.access.session_store import SessionStore, stored_key


def alive() -> QuerySet[PortalSession]:
    """Sessions of users that are neither too old nor idle for too long."""
    now = timezone.now()
    found = PortalSession.objects.filter(user__isnull=False, user__is_active=True, expire_date__gt=now)
    if settings.SESSION_IDLE_MINUTES:
        found = found.filter(seen_at__gt=now - timedelta(minutes=settings.SESSION_IDLE_MINUTES))
    return found


def is_this(session: PortalSession, key: str | None) -> bool:
    """Whether the stored session is the one of this browser's key."""
    return key is not None and session.session_key == stored_key(key)


def end(sessions: QuerySet[PortalSession], *, actor: str, by: AbstractBaseUser | None = None) -> int:
    """End sessions: their browsers have to log in again. How many there were."""
    with transaction.atomic():
        ended = list(sessions.select_related("user"))
        PortalSession.objects.filter(pk__in=[one.pk for one in ended]).delete()
        entries = [
            audit.entry("access.session_ended", _facts(one), actor=actor, user=by)
            for one in ended
            if one.user
        ]
        audit.record_all(entries)
    return len(ended)


def end_all_of(user: Any, *, actor: str, by: AbstractBaseUser | None = None, but: str | None = None) -> int:
    """End all sessions of a user, but for the one of this key."""
    sessions = PortalSession.objects.filter(user=user)
    if but is not None:
        sessions = sessions.exclude(session_key=stored_key(but))
    return end(sessions, actor=actor, by=by)


def remove_old() -> None:
    """Remove sessions that nobody can go on with."""
    SessionStore.clear_expired()


def _facts(session: PortalSession) -> dict[str, str]:
    return {
        "name": session.user.get_username() if session.user else "",
        "browser": session.browser or "an unknown browser",
        "address": session.address or "an unknown address",
    }
