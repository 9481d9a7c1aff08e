"""Whether a webhook is genuine. Takes the same time for accounts that exist and for those that do not."""

from __future__ import annotations

import logging
import secrets
from functools import cache

from django.db import transaction
from django.utils import timezone

from automationhub.lib.fields import EncryptedSecret
from integrations.clients.pressero.webhooks import match_scheme
from integrations.core import alerts
from integrations.core.audit import log as audit
from integrations.enums import HashScheme
from integrations.models import AlertKind, AuditEntry, PresseroAccount

logger = logging.getLogger(__name__)


def signature_scheme(account: PresseroAccount | None, header: str, raw: bytes) -> str | None:
    """The scheme in which `header` is the genuine MessageHash of these bytes; "" when the account has no key;
    None when the signature is missing or wrong, and without an account.

    Raises CredentialsKeyError when the account's key cannot be decrypted.
    """
    key = account.security_key if account is not None else _decoy()
    if not key:
        return ""
    matched = match_scheme(header, key.reveal(), raw)
    if matched is None or account is None:
        return None
    accepted = account.accepted_hash_scheme
    if accepted == HashScheme.AUTO:
        accepted = _lock_scheme(account, matched)
    if matched == accepted:
        return matched
    _report_other_scheme(account, accepted, matched)
    return None


@cache
def _decoy() -> EncryptedSecret:
    """The key of accounts that do not exist: decrypted and compared like a real one."""
    return EncryptedSecret.of(secrets.token_hex(16))


def _lock_scheme(account: PresseroAccount, scheme: str) -> str:
    """With the automatic setting the first genuine message fixes the scheme for all later ones. Of two that come at
    once with different schemes one wins; the scheme that is accepted now."""
    with transaction.atomic():
        undecided = PresseroAccount.objects.filter(
            pk=account.pk, detected_hash_scheme="", hash_scheme=HashScheme.AUTO
        )
        if undecided.update(detected_hash_scheme=scheme):
            audit.record("account.scheme_detected", {"account": account.name, "scheme": scheme})
            return scheme
    # The kept account was older than the decision of another process.
    now = PresseroAccount.objects.filter(pk=account.pk).first()
    return now.accepted_hash_scheme if now is not None else ""


def _report_other_scheme(account: PresseroAccount, accepted: str, matched: str) -> None:
    """Somebody knows the key but signs in another way: once a day that is worth a person's look."""
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    entry = {"account": account.name, "accepted": _label(accepted), "scheme": _label(matched)}
    text = audit.describe_data("account.scheme_refused", entry)
    logger.warning("%s", text)
    reported = AuditEntry.objects.filter(
        type="account.scheme_refused", at__gte=today, data__account=account.name, data__scheme=entry["scheme"]
    )
    if not reported.exists():
        audit.record("account.scheme_refused", entry)
        alerts.raise_connection_alert(account, AlertKind.SCHEME_CHANGED, text, since=today)


def _label(scheme: str) -> str:
    return str(HashScheme(scheme).label) if scheme else "none"
