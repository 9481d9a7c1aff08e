"""Turns what people type as the address of a system into the one form the clients use."""

import re
from urllib.parse import urlsplit

from automationhub.lib.network import DEFAULT_PORTS, address_of, is_off_limits

PACE_PATH = "/rpc/rest/services"
_HOST = re.compile(r"(?=.{1,253}$)[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)*\.?")
_IPV6 = re.compile(r"[0-9a-f:.]*:[0-9a-f:.]*")
# What the web pages and the older API of Pace live under: copied from a browser's address line.
_PACE_ENDINGS = re.compile(r"/(?:rpc|epace)(?:/.*)?$", re.IGNORECASE)
_PACE_SERVICES = re.compile(
    r"/rpc(?:/company:[^/]+)?/rest(?:/company:[^/]+)?/services(?:/company:[^/]+)?(?=/|$)", re.IGNORECASE
)
_COMPANY = re.compile(r"/company:([^/]+)", re.IGNORECASE)


def normalise_address(text: str) -> str:
    """The address of Pace's API: `https://HOST[:port]/rpc/rest/services`.

    Takes a host alone, with or without scheme, port, slashes, any part of the API's path or the path of Pace's web
    pages. `http` stays when it was typed; a path in front of the API's own (a proxy's) stays as it was typed. So does
    the company of a Pace with several, `/company:NAME`: in the API's path where it was typed, else where the older API
    has it, behind `/rpc`. Whether Pace answers there, its first call tells.
    Raises ValueError with a sentence for anything that is no address.
    """
    origin, path = _origin_and_path(text, "pace.example.com")
    services, company = _PACE_SERVICES.search(path), _COMPANY.search(path)
    if services and company:
        return f"{origin}{path[: services.end()]}"
    prefix = path[: services.start()] if services else _PACE_ENDINGS.sub("", path)
    if company:
        return f"{origin}{prefix.rstrip('/')}{PACE_PATH.replace('/rpc', f'/rpc/company:{company[1]}', 1)}"
    return f"{origin}{prefix.rstrip('/')}{PACE_PATH}"


def normalise_pressero_address(text: str) -> str:
    """The address of Pressero's API: `https://HOST[:port]/api`, or with the path that was typed.

    Raises ValueError with a sentence for anything that is no address.
    """
    origin, path = _origin_and_path(text, "admin.chi.v6.pressero.com/api/")
    return f"{origin}{path.rstrip('/') or '/api'}"


def _origin_and_path(text: str, example: str) -> tuple[str, str]:
    typed = text.strip()
    if not typed:
        raise ValueError(f"The address is empty; write it like https://{example}.")
    if re.search(r"\s|[\x00-\x1f\x7f]", typed):
        raise ValueError(f"The address {typed!r} holds a blank; write it like https://{example}.")
    if re.match(r"https?[:/](?!//)", typed, re.IGNORECASE) and not re.match(
        r"https?://", typed, re.IGNORECASE
    ):
        raise ValueError(
            f"The address {typed!r} is missing a colon or slash; write it like https://{example}."
        )
    if "://" not in typed:
        typed = f"https://{typed.lstrip('/')}"
    try:
        parts = urlsplit(typed)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError(
            f"The address {text.strip()!r} cannot be read; write it like https://{example}."
        ) from error
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError(f"The address begins with {parts.scheme}://; only https:// and http:// work.")
    if parts.username is not None or parts.password is not None:
        raise ValueError("The address holds a user name; put user name and password in their own fields.")
    if not (_HOST.fullmatch(host) or _IPV6.fullmatch(host)):
        raise ValueError(f"The address {text.strip()!r} names no host; write it like https://{example}.")
    address = address_of(host)
    if address is not None and is_off_limits(address):
        raise ValueError(f"The address {text.strip()!r} is not one that a system of yours can have.")
    shown = f"[{host}]" if ":" in host else host
    if port not in (None, DEFAULT_PORTS[parts.scheme]):
        shown = f"{shown}:{port}"
    return f"{parts.scheme}://{shown}", re.sub("/{2,}", "/", parts.path)
