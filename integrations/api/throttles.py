"""Limits at the entry points that ask for no login: answered 429 with Retry-After (settings in .env.example)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from automationhub.lib.client_address import address_group, address_in
from automationhub.lib.limits import MinuteLimit

CALLS = MinuteLimit("calls", settings.WEBHOOK_CALLS_PER_MINUTE)
EVENTS = MinuteLimit("events", settings.WEBHOOK_EVENTS_PER_MINUTE)
REFUSALS = MinuteLimit("refusals", settings.WEBHOOK_REFUSALS_PER_MINUTE)


class CallsOfAddress(BaseThrottle):
    """All calls of one address, whatever they hold."""

    _wait = 0

    def allow_request(self, request: Request, view: APIView) -> bool:
        self._wait = CALLS.hit(caller_of(request))
        return not self._wait

    def wait(self) -> float:
        return self._wait


@dataclass(frozen=True)
class Refusals:
    """The calls of one address to one entry point that failed to prove who they are; all entry points that do not exist are one.

    Not per address alone: Pressero sends the events of all accounts from the same addresses, and one account with a
    wrong key must not shut out the others.
    """

    caller: str
    entry_point: str

    def check(self) -> None:
        """Raises Throttled once there were too many."""
        raise_when_waiting(REFUSALS.wait(f"{self.caller}/{self.entry_point}"))

    def count(self) -> None:
        REFUSALS.hit(f"{self.caller}/{self.entry_point}")


def caller_of(request: Request) -> str:
    """What the limits of an API call count by."""
    return caller_in(request._request.META)


def caller_in(environ: Mapping[str, Any]) -> str:
    """The same of a call that is no request of Django's yet."""
    return address_group(address_in(environ))


def raise_when_waiting(seconds: int) -> None:
    if seconds:
        raise Throttled(wait=seconds)
