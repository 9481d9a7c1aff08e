"""Until when the certificates of Pace and Pressero are valid: read when codes are refreshed, kept beside the circuit."""

from __future__ import annotations

from integrations.clients.http import certificates
from integrations.models import Circuit, PaceServer, PresseroAccount


def read_all() -> int:
    """Read the end of every active connection's certificate; how many there are. What cannot be read stays as it was."""
    found = 0
    for system in (
        *PaceServer.objects.filter(active=True),
        *PresseroAccount.objects.filter(active=True),
    ):
        address = str(getattr(system, system.address_field))
        ends_at = certificates.valid_until(address, system.ca_certificates.strip())
        if ends_at is not None:
            Circuit.objects.update_or_create(**system.as_owner, defaults={"certificate_ends_at": ends_at})
            found += 1
    return found
