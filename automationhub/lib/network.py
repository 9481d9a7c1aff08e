"""Where an address leads, judged in one place for every outgoing request and every link handed on.

Pure: nothing is looked up. A name is judged by its ending, an address by tables, in whatever spelling it is written.
"""

from __future__ import annotations

import re
import socket
import unicodedata
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

DEFAULT_PORTS = {"https": 443, "http": 80}


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


# What leads inside beyond what `ipaddress` itself calls not global, which differs from one Python to the next.
_INTERNAL = _networks(
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4",
    "168.63.129.16/32",  # Azure answers its own machines there
    "::/96",  # IPv4-compatible: of no use any more but to hide an address of IPv4
    "::ffff:0:0:0/96",  # IPv4-translated
    "64:ff9b:1::/48",  # NAT64 of a network of one's own
    "100::/64", "2001::/32",  # discarded; Teredo
    "2001:10::/28", "2001:20::/28", "2001:db8::/32", "3fff::/20", "5f00::/16",
    "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)  # fmt: skip
# IPv6 addresses that are judged by the IPv4 address in them: the network, and the bits right of that address.
_WITH_IPV4_INSIDE = (
    (IPv6Network("::ffff:0:0/96"), 0),
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64
    (IPv6Network("2002::/16"), 80),  # 6to4
)
# No system that the hub calls lives there: it is the machine's own cloud, a broadcast, or unassigned.
_OFF_LIMITS = _networks(
    "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32", "100.100.100.200/32",
    "192.0.0.192/32", "fe80::/10", "fd00:ec2::254/128", "fd20:ce::254/128", "ff00::/8", "::/128",
)  # fmt: skip

# Names that never lead out of a network: reserved ones, and those that are in use inside.
_INTERNAL_ENDINGS = frozenset(
    [
        "arpa", "consul", "corp", "dhcp", "domain", "home", "internal", "intra", "intranet", "invalid", "lan", "local",
        "localdomain", "localhost", "mail", "onion", "private", "router", "server", "svc", "test", "workgroup",
    ]
)  # fmt: skip
# Public services that answer a name with whatever address stands in it.
_ECHOES = ("nip.io", "sslip.io", "xip.io", "localtest.me", "lvh.me", "vcap.me", "lacolhost.com", "traefik.me")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?", re.ASCII)
_DOTS = re.compile("[\u3002\uff0e\uff61]")  # read as dots in names outside ASCII


class Origin(NamedTuple):
    """The machine and the service that an address leads to, whatever its path."""

    scheme: str
    host: str
    port: int | None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port in (None, DEFAULT_PORTS.get(self.scheme))
        return f"{self.scheme}://{host}" if usual else f"{self.scheme}://{host}:{self.port}"


def origin_of(address: str) -> Origin:
    """The origin of an address as people type it: https when no scheme was typed. What cannot be read is its own host."""
    typed = address.strip()
    try:
        parts = urlsplit(typed if "://" in typed else f"https://{typed.lstrip('/')}")
        host, port = (parts.hostname or "").rstrip("."), parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return Origin("", typed, None)
    return Origin(parts.scheme, host, port) if host else Origin("", typed, None)


def plain_host(text: str) -> str:
    """A host as every program reads it: lower case, ASCII, without a dot at its end. "" for what they may read
    differently, such as one with an encoded slash, a blank or a zone."""
    host = _DOTS.sub(".", unicodedata.normalize("NFKC", text)).lower().strip("[]").removesuffix(".")
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    if ":" in host:
        return host if "%" not in host and _literal(host) is not None else ""
    return host if len(host) <= 253 and all(map(_LABEL.fullmatch, host.split("."))) else ""


def address_of(host: str) -> Address | None:
    """The address that a plain host is, however it is spelled: 127.1 and 0x7f000001 are this machine too. None for names."""
    found = _literal(host)
    if found is not None:
        return found
    try:
        return IPv4Address(socket.inet_aton(host)) if re.fullmatch(r"[0-9a-fx.]+", host) else None
    except OSError:
        return None


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def is_internal(address: Address) -> bool:
    """Whether an address is anything but a public one of the internet."""
    address = _inner(address)
    outside = address.is_global and not address.is_multicast
    return not outside or _is_in(address, _INTERNAL)


def is_off_limits(address: Address) -> bool:
    """Whether no system of ours can be there, not even one inside: link-local, a cloud's own services, multicast."""
    return _is_in(_inner(address), _OFF_LIMITS)


def leads_inside(host: str, allowed: Iterable[str] = ()) -> bool:
    """Whether a plain host leads into an internal network. `allowed` names hosts and networks where it may lead."""
    if is_named(host, allowed):
        return False
    address = address_of(host)
    if address is not None:
        return is_internal(address)
    ending = host.rpartition(".")
    numeric = ending[2].isdecimal() or re.fullmatch(
        r"0x[0-9a-f]*", ending[2]
    )  # programs read it as an address
    echoes = any(host == name or host.endswith(f".{name}") for name in _ECHOES)
    return not ending[1] or bool(numeric) or echoes or ending[2] in _INTERNAL_ENDINGS


def is_named(host: str, allowed: Iterable[str]) -> bool:
    """Whether a plain host is one of these hosts, or an address in one of these networks."""
    address = address_of(host)
    return any(_matches(entry, host, address) for entry in allowed)


def _matches(entry: str, host: str, address: Address | None) -> bool:
    if entry.lower().removesuffix(".") == host:
        return True
    try:
        network = ip_network(entry, strict=False)
    except ValueError:
        return False
    return address is not None and (address in network or _inner(address) in network)


def _inner(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that leads to it; else the address itself."""
    if isinstance(address, IPv6Address):
        for network, shift in _WITH_IPV4_INSIDE:
            if address in network:
                return IPv4Address(int(address) >> shift & 0xFFFF_FFFF)
    return address


def _is_in(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)
