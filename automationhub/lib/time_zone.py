"""Times in the zone of whoever looks at them: the browser names it in a cookie (static/hub/admin.js)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

COOKIE = "hub_zone"
LONGEST_NAME = 64


class ReaderTimeZoneMiddleware:
    """For one request: the zone that the browser named, else the hub's own (TIME_ZONE)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(_zone(request.COOKIES.get(COOKIE, ""))):
            return self.get_response(request)


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo | None:
    """The zone of this name; None (the hub's own) for what is none. A cookie may hold anything."""
    if not name or len(name) > LONGEST_NAME:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None
