"""Authenticator apps and recovery codes for django-mfa, with what its own lack.

Its apps' secrets are signed, not encrypted, and pass through the page; a wrong recovery code is hashed ten times over.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest
from django_mfa import events
from django_mfa.adapters.recovery_codes import RecoveryCodesAdapter
from django_mfa.adapters.totp import TOTPAdapter, generate_secret
from django_mfa.atomic import update_data
from django_mfa.conf import settings as mfa_settings
from django_mfa.models import Authenticator
from django_mfa.totp import TOTP
from django_mfa.utils import strings_equal

from automationhub.lib.fields import EncryptedSecret

# Where a new app's secret waits, encrypted, until its first code proves that the app has it.
WAITING = "second_factor_secret"
STEP_SECONDS = 30
# Without letters and digits that look alike. Ten of these 31 are 49 bits, a guess at which costs a password hash.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
CODES, LETTERS_OF_A_CODE = 10, 10


def matching_step(secret: str, code: str, now: float) -> int | None:
    """The 30 seconds that the code is of: the present ones, or those before or after, as clocks differ. None: wrong.

    By the clock's own count: django-mfa goes through local time, which has an hour twice when summer time ends.
    """
    app, present = TOTP(secret), int(now // STEP_SECONDS)
    typed = "".join(code.split())
    for step in (present, present - 1, present + 1):
        if strings_equal(typed, app.generate_otp(step)):
            return step
    return None


class AppAdapter(TOTPAdapter):
    """Codes of an authenticator app; its secret is stored encrypted with CREDENTIALS_KEY."""

    def begin_enroll(self, request: HttpRequest) -> dict[str, str]:
        stored = request.session.setdefault(WAITING, EncryptedSecret.of(generate_secret()).stored)
        secret = EncryptedSecret(stored).reveal()
        uri = TOTP(secret).provisioning_uri(
            request.user.get_username(), issuer_name=mfa_settings.MFA_ISSUER_NAME
        )
        return {"secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)), "uri": uri}

    def complete_enroll(self, request: HttpRequest, data: Mapping[str, str]) -> Authenticator:
        waiting = EncryptedSecret(request.session.get(WAITING, ""))
        step = matching_step(waiting.reveal(), data["code"], time.time()) if waiting else None
        if step is None:
            raise ValueError("The code does not match.")
        made = Authenticator.objects.create(
            user=request.user,
            type=self.type,
            name=data.get("name", "").strip()[:100],
            data={"secret": waiting.stored, "last_verified_counter": step},
        )
        del request.session[WAITING]
        return made

    def complete_verify(self, request: HttpRequest, user: Any, data: Mapping[str, str]) -> bool:
        found = self.get_instances(user).first()
        if found is None:
            return False
        secret = EncryptedSecret(found.data["secret"]).reveal()
        step = matching_step(secret, data.get("code", ""), time.time())
        if step is None:
            return False

        def use(stored: dict[str, Any]) -> dict[str, Any] | None:
            """A code counts once, and none that is older than the last."""
            return (
                None if step <= stored["last_verified_counter"] else {**stored, "last_verified_counter": step}
            )

        if not update_data(found, use):
            return False
        found.record_usage()
        return True


class CodesAdapter(RecoveryCodesAdapter):
    """Recovery codes whose first digit says which of the ten they are, so that one hash is compared, not ten."""

    def generate(self, user: Any) -> list[str]:
        """Ten new codes in place of the old ones; only their hashes are stored."""
        codes = [
            f"{place}{''.join(secrets.choice(LETTERS) for _ in range(LETTERS_OF_A_CODE))}"
            for place in range(CODES)
        ]
        Authenticator.objects.update_or_create(
            user=user,
            type=self.type,
            defaults={"data": {"codes": [make_password(code) for code in codes], "used": []}},
        )
        return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes]

    def complete_verify(self, request: HttpRequest, user: Any, data: Mapping[str, str]) -> bool:
        found = self.get_instances(user).first()
        code = data.get("code", "").strip().lower().replace("-", "").replace(" ", "")
        if found is None or not code[:1].isdecimal() or len(code) != LETTERS_OF_A_CODE + 1:
            return False
        place = int(code[0])
        if not check_password(code, found.data["codes"][place]):
            return False

        def use(stored: dict[str, Any]) -> dict[str, Any] | None:
            same = stored["codes"] == found.data["codes"]
            return (
                {**stored, "used": [*stored["used"], place]} if same and place not in stored["used"] else None
            )

        if not update_data(found, use):
            return False
        found.record_usage()
        events.recovery_code_used.send_robust(
            sender=type(self), user=user, remaining=self.remaining(user), request=request
        )
        return True
