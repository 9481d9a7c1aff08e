"""Systems that stored secrets are sent to. A secret does not follow a change of address: it has to be entered again."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from automationhub.lib.network import origin_of


class Destination(models.Model):
    """What accounts and servers share: an address, perhaps authorities of its own, and secrets sent there.

    Whoever may edit an address could otherwise send the stored password to a machine of their own.
    """

    address_field: ClassVar[str]
    # The column that ties rows of other tables (breakers, codes, probes) to it.
    owner_column: ClassVar[str]
    sent_secrets: ClassVar[tuple[str, ...]] = ("password",)
    # What people who know nothing of a new address do about it.
    if_moved: ClassVar[str] = "pause the connection and change its password in that system"

    class Meta:
        abstract = True

    @property
    def title(self) -> str:
        """What it is and its name: “Pace server Main plant”."""
        return f"{self._meta.verbose_name} {self}"

    @property
    def as_owner(self) -> dict[str, Any]:
        """The condition for rows of other tables that belong to it, and the column of a new one."""
        return {self.owner_column: self}

    @property
    def destination(self) -> str:
        """Where secrets go: scheme, host and port, and whose certificates are believed there."""
        place = str(origin_of(getattr(self, self.address_field)))
        authorities = "".join(str(getattr(self, "ca_certificates", "")).split())
        if not authorities:
            return place
        digest = hashlib.sha256(authorities.encode()).hexdigest()[:12]
        return f"{place} (certificate authority {digest})"

    def stored(self) -> Any:
        """This row as it is in the database; None for a new one."""
        return type(self)._default_manager.filter(pk=self.pk).first() if self.pk else None

    def clean(self) -> None:
        super().clean()
        before = self.stored()
        if before is None or before.destination == self.destination:
            return
        kept = [name for name in self.sent_secrets if _is_kept(getattr(before, name), getattr(self, name))]
        if kept:
            sentence = (
                f"The address changes from {before.destination} to {self.destination}. Enter the {{name}} again: "
                "the stored one is not sent to a new address."
            )
            raise ValidationError(
                {name: sentence.format(name=name.replace("_", " ")) for name in kept}, code="secret_needed"
            )


def _is_kept(before: Any, now: Any) -> bool:
    """Whether this is the very secret that was stored: one that was typed again has another ciphertext."""
    return bool(now) and before.stored == now.stored
