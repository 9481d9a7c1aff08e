"""A model field for secrets: ciphertext in the row and on the model, plain text only by asking for it.

The attribute holds an `EncryptedSecret`, so a secret cannot slip into a log, a template, an export or an
audit entry by accident: its text is always dots. `.reveal()` is called by the clients' builders alone.
"""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.query_utils import DeferredAttribute

from automationhub.lib import crypto

DOTS = "••••••••"


class EncryptedSecret:
    """A stored secret. Truthy when there is one; shows as dots; `reveal()` decrypts."""

    __slots__ = ("stored",)

    def __init__(self, stored: str = "") -> None:
        self.stored = stored

    @classmethod
    def of(cls, plain: str) -> "EncryptedSecret":
        return cls(crypto.encrypt(plain))

    def reveal(self) -> str:
        return crypto.decrypt(self.stored)

    def __bool__(self) -> bool:
        return bool(self.stored)

    def __str__(self) -> str:
        return DOTS if self.stored else ""

    def __repr__(self) -> str:
        return f"EncryptedSecret({self})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EncryptedSecret) and other.stored == self.stored

    def __hash__(self) -> int:
        return hash(self.stored)


class _SecretAttribute(DeferredAttribute):
    """Encrypts at the assignment, so that a model never holds a plain secret."""

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = self.field.to_python(value)


if TYPE_CHECKING:
    # What a type checker sees on a model's attribute: a text or a secret may be set, a secret comes back.
    _TextField = models.TextField["str | EncryptedSecret", EncryptedSecret]
else:
    _TextField = models.TextField


class EncryptedTextField(_TextField):
    """Holds an `EncryptedSecret`; assigning a plain text encrypts it. Lookups other than `isnull` are refused."""

    descriptor_class = _SecretAttribute

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> EncryptedSecret:
        return EncryptedSecret(value or "")

    def to_python(self, value: Any) -> Any:
        if isinstance(value, EncryptedSecret):
            return value
        if isinstance(value, str) and value.startswith(crypto.PREFIX) and crypto.is_readable(value):
            return EncryptedSecret(value)  # a fixture written by dumpdata: already ciphertext of ours
        return EncryptedSecret.of(value) if value else EncryptedSecret()

    def get_prep_value(self, value: Any) -> str:
        return self.to_python(value).stored

    def value_to_string(self, obj: models.Model) -> str:
        """Django's serializers (dumpdata) get the ciphertext, never the secret."""
        return self.to_python(self.value_from_object(obj)).stored

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise TypeError("An encrypted field cannot be searched.")
        return super().get_lookup(lookup_name)
