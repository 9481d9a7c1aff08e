"""API tokens and certificates that end soon: shown on Home, and mailed to their owner or the superusers in time.

Certificates are those that Pace and Pressero show, and those of authorities that were pasted. Licenses are not among them:
neither system tells when they end (operations/watch/rules.py tells when one has ended). Nor are Pressero's own tokens, which
come without an end and are fetched anew when Pressero refuses one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from automationhub.lib.shown_times import day_text
from integrations.core import alerts
from integrations.models import ApiToken, Circuit, PaceServer, PresseroAccount

# Two weeks are enough to get a certificate signed, three days to remember it.
FIRST, LAST = timedelta(days=14), timedelta(days=3)


@dataclass(frozen=True)
class Expiry:
    """Something that ends: `row` is the token, server or account it belongs to, `key` names this very secret."""

    row: ApiToken | PaceServer | PresseroAccount
    key: str
    ends_at: datetime
    sentence: str
    owner: str = ""


def ending(
    systems: Iterable[PaceServer | PresseroAccount] | None = None, *, now: datetime | None = None
) -> list[Expiry]:
    """What ends within two weeks, the first one first; certificates also after their end, tokens not.

    `systems`: the servers and accounts, for callers who have read them with their circuits already.
    """
    now = now or timezone.now()
    if systems is None:
        systems = [
            row for model in (PaceServer, PresseroAccount) for row in model.objects.select_related("circuit")
        ]
    found = [*_tokens(now)]
    for system in systems:
        found += [*_shown_certificate(system, now), *_certificates(system, now)]
    return sorted(found, key=lambda one: one.ends_at)


def _tokens(now: datetime) -> Iterator[Expiry]:
    soon = ApiToken.objects.usable(now).filter(expires_at__lte=now + FIRST).select_related("user")
    for token in soon:
        ends_at = token.expires_at or now  # the query leaves those without an end out
        yield Expiry(
            row=token,
            key=f"token {token.pk}",
            ends_at=ends_at,
            sentence=f"The API token {token.prefix}… of {token.user.get_username()} expires on {_day(ends_at)}. "
            "Issue a new one under API tokens and enter it in the program that uses this one.",
            owner=token.user.email,
        )


def _shown_certificate(system: PaceServer | PresseroAccount, now: datetime) -> Iterator[Expiry]:
    """The one with which the system proves who it is."""
    circuit: Circuit | None = getattr(system, "circuit", None)
    ends_at = circuit.certificate_ends_at if circuit is not None and system.active else None
    if ends_at is None or ends_at > now + FIRST:
        return
    when = f"expires on {_day(ends_at)}" if ends_at > now else f"expired on {_day(ends_at)}"
    yield Expiry(
        row=system,
        key=f"certificate of {system._meta.verbose_name} {system.pk}",
        ends_at=ends_at,
        sentence=f"The certificate of the {system.title} {when}. Connections fail then. Ask those who run that system to "
        "install a new one.",
    )


def _certificates(system: PaceServer | PresseroAccount, now: datetime) -> Iterator[Expiry]:
    if not system.ca_certificates:
        return
    # Only installations with an authority of their own need it, and every process loads this file.
    from cryptography.x509 import load_pem_x509_certificates

    try:
        certificates = load_pem_x509_certificates(system.ca_certificates.encode())
    except ValueError:  # the form refuses such a text; a connection says what is wrong with it
        return
    for certificate in certificates:
        ends_at = certificate.not_valid_after_utc
        if ends_at > now + FIRST:
            continue
        name = _name(certificate)
        when = f"expires on {_day(ends_at)}" if ends_at > now else f"expired on {_day(ends_at)}"
        yield Expiry(
            row=system,
            key=f"certificate {hashlib.sha256(certificate.tbs_certificate_bytes).hexdigest()} of {system._meta.verbose_name} {system.pk}",
            ends_at=ends_at,
            sentence=f"The certificate authority “{name}” of the {system.title} {when}. Connections that rely on it then "
            f"fail. Paste the new certificate on the page of the {system._meta.verbose_name}.",
        )


def _name(certificate: Any) -> str:
    parts = [str(part.value) for part in certificate.subject]
    return (parts[-1] if parts else "without a name")[:100]


def _day(moment: datetime) -> str:
    return day_text(timezone.localtime(moment).date())


def announce() -> int:
    """Alert people to what ends: 14 and 3 days before, once each. How many there are now."""
    now = timezone.now()
    found = [one for one in ending(now=now) if one.ends_at > now]
    for one in found:
        stage = LAST if one.ends_at - now <= LAST else FIRST
        alerts.raise_expiry_alert(
            one.sentence, one.owner, once=f"{one.key} {one.ends_at.isoformat()} {stage.days}"
        )
    return len(found)
