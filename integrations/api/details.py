"""Who may read names and last errors in answers that ask for no login."""

from __future__ import annotations

import hmac
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

from automationhub.lib.client_address import client_address


def may_see_details(request: HttpRequest) -> bool:
    """Whether the caller has READY_TOKEN, or calls from READY_ADDRESSES."""
    return has_token(request, settings.READY_TOKEN) or _is_near(request)


def has_token(request: HttpRequest, token: str) -> bool:
    """Whether the caller sends this token as `Authorization: Bearer`. Compared in constant time."""
    scheme, _, given = request.headers.get("Authorization", "").strip().partition(" ")
    right = hmac.compare_digest(given.strip().encode(), token.encode())
    return bool(token) and scheme.lower() == "bearer" and right


def _is_near(request: HttpRequest) -> bool:
    # A proxy that PROXY_COUNT says nothing of would make every caller look as near as itself.
    if "X-Forwarded-For" in request.headers and not settings.PROXY_COUNT:
        return False
    address = client_address(request)
    return address is not None and any(
        ip_address(address) in ip_network(network) for network in settings.READY_ADDRESSES
    )
