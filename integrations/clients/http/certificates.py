"""Until when the certificate of a server is valid: read over a connection of its own, over which nothing is asked."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime
from urllib.parse import urlsplit

from integrations.clients.http.transport import file_of_authorities

SECONDS = 10.0


def valid_until(address: str, authorities: str) -> datetime | None:
    """When the certificate at this address ends; None for an address without one, or when it cannot be read.

    `authorities`: the certificates (PEM) that are trusted there; "" for those of the public. A certificate that is not
    trusted, or over already, gives None: the next call says so.
    """
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname:
        return None
    try:
        context = ssl.create_default_context(cafile=file_of_authorities(authorities) if authorities else None)
        place = (parts.hostname, parts.port or 443)
        with (
            socket.create_connection(place, timeout=SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname) as secured,
        ):
            shown = secured.getpeercert() or {}
    except (OSError, ValueError):
        return None
    ends = shown.get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None
