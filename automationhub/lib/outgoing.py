"""Where the hub may send what other systems asked for (events, messages): addresses that people type. Pure."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from automationhub.lib.network import address_of, is_named, is_off_limits, leads_inside, plain_host


def host_problem(host: str, allowed: Collection[str]) -> str:
    """What is wrong with a host that something is to be sent to; "" when nothing is.

    `allowed` names the hosts and networks inside that may be reached (OUTGOING_INTERNAL_HOSTS).
    """
    plain = plain_host(host)
    if not plain:
        return "It names no host."
    address = address_of(plain)
    if address is not None and is_off_limits(address):
        return f"{plain} is not an address that a system of yours can have."
    if leads_inside(plain, allowed):
        return f"{plain} is inside your network. Add it to OUTGOING_INTERNAL_HOSTS if the hub may send there."
    return ""


def address_problem(url: str, allowed: Collection[str]) -> str:
    """What is wrong with a web address that events are to be sent to; "" when nothing is.

    It must begin with https://, but for hosts inside that are allowed.
    """
    if url != url.strip() or not url.isprintable() or " " in url:
        return "The address contains a space or another character that no address can hold."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "The address cannot be read. Write it like https://example.com/hooks/orders."
    if parts.scheme not in ("http", "https") or not host or port == 0:
        return "Write the whole address, like https://example.com/hooks/orders."
    if parts.username is not None or parts.password is not None:
        return "The address contains a user name or password. Remove it; the signature shows who sends."
    if parts.fragment:
        return "The address contains a #. Remove it and what follows; it would not be sent."
    if problem := host_problem(host, allowed):
        return problem
    if parts.scheme == "http" and not is_named(plain_host(host), allowed):
        return "Use https://. Only hosts named in OUTGOING_INTERNAL_HOSTS may be reached with http://."
    return ""
