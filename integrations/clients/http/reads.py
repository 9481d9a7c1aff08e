"""Which calls only read: clients that may not write, as those of orders in shadow mode, refuse all others.

A list of what is allowed, so that a call that is added later is refused until it is listed here as one that reads.
"""

import re

from integrations.causes import CauseKind
from integrations.clients.http.classifier import Vendor
from integrations.errors import WriteRefused

# Pace starts, commits and rolls back transactions by GET, and reads by POST: only the path tells.
_READS: dict[Vendor, re.Pattern[str]] = {
    Vendor.PACE: re.compile(r"(?:GET|POST) /(?:Version|FindObjects|ReadObject)/[A-Za-z]+"),
    Vendor.PRESSERO: re.compile(
        r"GET .*|POST (?:V2/Authentication|V2/Orders/Search|SubscriberShippingMethods/Search)"
    ),
}


def refuse_write(vendor: Vendor, system: str, method: str, path: str, what: str) -> None:
    """Raises WriteRefused for a call that is not known to read only."""
    if _READS[vendor].fullmatch(f"{method} {path}"):
        return
    raise WriteRefused(
        f"{system} was not asked to {what}: nothing is written in shadow mode, or by a task that only reads.",
        cause=CauseKind.SHADOW_WRITE.of(),
    )
