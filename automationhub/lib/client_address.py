"""Who is calling: the address of the client, also behind reverse proxies."""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The address of the caller of a view."""
    return address_in(request.META)


def address_in(environ: Mapping[str, Any]) -> str | None:
    """The address of the caller; None when the server does not know it (a Unix socket without a proxy before it).

    `PROXY_COUNT` proxies of ours each add, at the end of X-Forwarded-For, the address that called them. So that many
    places from the end stands the client; whatever stands before it the client may have made up.
    """
    forwarded = [part.strip() for part in environ.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    count: int = settings.PROXY_COUNT
    if count and len(forwarded) >= count and (found := _address(forwarded[-count])):
        return found
    return _address(environ.get("REMOTE_ADDR", ""))


@lru_cache(maxsize=1024)
def address_group(address: str | None) -> str:
    """What limits count by: an IPv4 address, or the /64 network that one IPv6 customer has all of."""
    if address is None:
        return "unknown"
    parsed = ip_address(address)
    return str(ip_network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else address


@lru_cache(maxsize=1024)
def _address(text: str) -> str | None:
    """The address in its plain spelling, without the port that some proxies write; None when it is none."""
    for spelling in (text, text.rpartition(":")[0], text.partition("]")[0].removeprefix("[")):
        try:
            parsed = ip_address(spelling)
        except ValueError:
            continue
        if isinstance(parsed, IPv6Address):
            # An IPv4 client of a server that listens on IPv6; a zone (fe80::1%eth0) fits no column.
            return str(parsed.ipv4_mapped or IPv6Address(int(parsed)))
        return str(parsed)
    return None
