"""Bringing all stored secrets to the newest key of CREDENTIALS_KEY, so that an old key can be taken away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.apps import apps
from django.db import connection, models, transaction
from django_mfa.models import Authenticator

from automationhub.lib import crypto
from automationhub.lib.fields import EncryptedSecret, EncryptedTextField
from integrations.core.audit import log as audit


@dataclass
class Rotation:
    """How many secrets were encrypted anew, were so already, and which nobody can read."""

    rotated: int = 0
    newest: int = 0
    unreadable: list[str] = field(default_factory=list)


def rotate_credentials(*, actor: str) -> Rotation:
    """Encrypt every secret with the newest key. May be repeated, and run while the hub works: each row is locked while it
    is changed, and all keys go on decrypting."""
    result = Rotation()
    for model, names in encrypted_fields():
        for pk in model._default_manager.order_by("pk").values_list("pk", flat=True):
            _rotate_row(model, names, pk, result)
    for pk in Authenticator.objects.filter(type=Authenticator.Type.TOTP).values_list("pk", flat=True):
        _rotate_app(pk, result)
    if result.rotated:
        audit.record("credentials.rotated", {"count": result.rotated}, actor=actor)
    return result


def _rotate_app(pk: int, result: Rotation) -> None:
    """The secret of an authenticator app, which stands in a table that is not ours."""
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().select_related("user").filter(pk=pk).first()
        if row is None:
            return
        secret = EncryptedSecret(row.data["secret"])
        if crypto.is_newest(secret.stored):
            result.newest += 1
        elif not crypto.is_readable(secret.stored):
            result.unreadable.append(
                f"authenticator app of {row.user.get_username()}: reset the second factor"
            )
        else:
            row.data["secret"] = EncryptedSecret.of(secret.reveal()).stored
            row.save(update_fields=["data"])
            result.rotated += 1


def unreadable() -> list[str]:
    """The stored secrets that the present keys cannot decrypt: “Pace server Main plant: password”.

    Reads these columns alone, and those that are there, so that it also works before the tables of a new release are.
    """
    return [
        f"{model._meta.verbose_name} {name}: {column.replace('_', ' ')}"
        for model, columns in _stored_fields()
        for name, *secrets in model._default_manager.order_by("pk").values_list(_named(model), *columns)
        for column, secret in zip(columns, secrets, strict=True)
        if secret and not crypto.is_readable(secret.stored)
    ]


def _stored_fields() -> Iterator[tuple[type[models.Model], list[str]]]:
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for model, names in encrypted_fields():
            table = model._meta.db_table
            if table in tables:
                there = {one.name for one in connection.introspection.get_table_description(cursor, table)}
                yield model, [name for name in names if name in there]


def _named(model: type[models.Model]) -> str:
    return "name" if any(one.name == "name" for one in model._meta.concrete_fields) else "pk"


def encrypted_fields() -> Iterator[tuple[type[models.Model], list[str]]]:
    """Every model with encrypted columns, and their names."""
    for model in apps.get_models():
        names = [one.name for one in model._meta.concrete_fields if isinstance(one, EncryptedTextField)]
        if names:
            yield model, names


def _rotate_row(model: type[models.Model], names: list[str], pk: object, result: Rotation) -> None:
    with transaction.atomic():
        row = model._default_manager.select_for_update().filter(pk=pk).first()
        if row is None:
            return
        changed: dict[str, EncryptedSecret] = {}
        for name in names:
            secret: EncryptedSecret = getattr(row, name)
            if not secret:
                continue
            if crypto.is_newest(secret.stored):
                result.newest += 1
            elif not crypto.is_readable(secret.stored):
                result.unreadable.append(f"{model._meta.verbose_name} “{row}”: {name.replace('_', ' ')}")
            else:
                changed[name] = EncryptedSecret.of(secret.reveal())
        if changed:
            model._default_manager.filter(pk=pk).update(**changed)
            result.rotated += len(changed)
