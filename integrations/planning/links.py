"""Whether a link of an order may be handed to Pace, which fetches it from inside the plant's network. Pure."""

import re
import socket
import unicodedata
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

# Names that never lead out of a network; one without a dot is looked up in the own one.
_INTERNAL_ENDINGS = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home.arpa")
_PLAIN_PLACE = re.compile(r"[\w.:@%\[\]~!$&'()*+,;=-]+")


def link_problem(url: str, allowed: Iterable[str] = ()) -> str:
    """What is wrong with the link, as the end of "the link …"; "" when Pace may fetch it.

    Whoever places an order could otherwise have Pace call addresses that only Pace can reach, or read its files.
    `allowed` names hosts and networks of the plant that artwork may come from. A public name that leads inside is not
    seen here: nothing is looked up.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = unicodedata.normalize("NFKC", parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return "cannot be read"
    if parts.scheme not in ("http", "https"):
        return (
            f"begins with {parts.scheme[:20]}: and not with https:" if parts.scheme else "is no web address"
        )
    # Programs do not agree where the host ends when a backslash or a blank stands in it.
    if not host or not _PLAIN_PLACE.fullmatch(parts.netloc):
        return "names no host"
    if _is_allowed(host, allowed):
        return ""
    address = _address(host)
    if address is not None:
        return (
            ""
            if address.is_global and not address.is_multicast
            else f"leads into an internal network ({host})"
        )
    if "." not in host or host.endswith(_INTERNAL_ENDINGS):
        return f"leads into an internal network ({host})"
    return ""


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """The address that this host is, however it is spelt: 127.1 and 0x7f000001 are this machine too."""
    try:
        found = ip_address(host)
    except ValueError:
        try:
            found = ip_address(socket.inet_aton(host))
        except (OSError, UnicodeError):
            return None
    if isinstance(found, IPv6Address):
        return found.ipv4_mapped or found.sixtofour or found
    return found


def _is_allowed(host: str, allowed: Iterable[str]) -> bool:
    address = _address(host)
    for entry in allowed:
        if entry.lower() == host:
            return True
        try:
            network = ip_network(entry, strict=False)
        except ValueError:
            continue
        if address is not None and address in network:
            return True
    return False
