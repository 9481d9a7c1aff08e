"""The hub's session engine (SESSION_ENGINE): Django's database sessions in the hub's own table.

It differs in two things: the table holds hashes of the keys, and columns say whose a session is and where it was seen.
For pages that are not asynchronous, as all of the hub's are.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import SESSION_KEY as USER
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from integrations.models import PortalSession

# What a session remembers of itself (integrations/admin/people/session_watch.py), in columns too, for lists.
STARTED, SEEN, ADDRESS, BROWSER = "started", "seen", "address", "browser"


def stored_key(key: str) -> str:
    """What stands in the table for a key. It is 160 random bits and more: a plain hash cannot be searched by guessing."""
    return hashlib.sha256(key.encode()).hexdigest()


class SessionStore(DatabaseStore):
    """Sessions in `PortalSession`."""

    @classmethod
    def get_model_class(cls) -> type[PortalSession]:
        return PortalSession

    def _get_session_from_db(self) -> Any:
        rows = self.model.objects.filter(expire_date__gt=timezone.now())
        found = rows.filter(session_key=stored_key(self.session_key or "")).first()
        if found is None:
            self._session_key = None
        return found

    def exists(self, session_key: str) -> bool:
        return bool(self.model.objects.filter(session_key=stored_key(session_key)).exists())

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            self.model.objects.filter(session_key=stored_key(key)).delete()

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        made: Any = super().create_model_instance(data)
        made.session_key = stored_key(made.session_key)
        made.user_id = int(data[USER]) if USER in data else None
        made.address, made.browser = data.get(ADDRESS, ""), data.get(BROWSER, "")
        made.started_at, made.seen_at = _time(data.get(STARTED)), _time(data.get(SEEN))
        return made


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
