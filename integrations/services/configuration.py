"""The whole configuration as one file: export, and import by natural key, all or nothing (contract, Configuration file)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from automationhub.lib.crypto import CredentialsKeyError
from automationhub.lib.fields import EncryptedSecret, EncryptedTextField
from integrations import audit
from integrations.clients.jsontext import storable
from integrations.models import PaceServer, PresseroAccount, Storefront
from integrations.services import intake
from mappings.resources import KINDS, export_rows, import_rows


@dataclass(frozen=True)
class Section:
    """One list of the file: its model, its keys in the contract's order, and its natural key."""

    name: str
    model: type[models.Model]
    keys: tuple[str, ...]
    natural_key: str
    references: Mapping[str, type[models.Model]] = field(default_factory=dict)


SECTIONS = (
    Section(
        "pressero_accounts",
        PresseroAccount,
        ("name", "slug", "base_url", "username", "password", "subscriber_id", "consumer_id", "security_key",
         "hash_scheme", "active"),
        "slug",
    ),
    Section(
        "pace_servers",
        PaceServer,
        ("name", "slug", "url", "username", "password", "time_zone", "alert_emails", "push_token", "default_ship_via",
         "job_type", "admin_status", "job_order_type", "shipment_type", "retry_hours", "quiet_seconds",
         "customer_defaults", "contact_defaults", "active"),
        "slug",
    ),
    Section(
        "storefronts",
        Storefront,
        ("name", "site_id", "pressero_account", "pace_server", "integration_id", "wait_for_approval",
         "one_job_per_item", "override_file_name", "override_job_name", "skip_holidays", "holiday_rule",
         "holiday_country", "holiday_subdivision", "default_ship_days", "default_po_number", "job_type",
         "admin_status", "default_ship_via", "default_account_number", "create_missing_customers",
         "fallback_contact", "cancelled_stage", "alert_emails", "active"),
        "name",
        {"pressero_account": PresseroAccount, "pace_server": PaceServer},
    ),
)  # fmt: skip


class ConfigurationError(Exception):
    """The file cannot be imported; `reasons` name the place in the file and what is wrong there."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class _DryRun(Exception):
    """Ends the transaction of a rehearsal."""


@dataclass
class Changes:
    """What an import did, or in a dry run would do: a sentence for each change."""

    sentences: list[str] = field(default_factory=list)
    unchanged: int = 0
    # Codes that their system does not list; they stop nothing.
    warnings: list[str] = field(default_factory=list)


def export_configuration(*, with_secrets: bool = False) -> dict[str, list[dict[str, Any]]]:
    """The configuration as plain data in a fixed order; secrets are "" unless asked for."""
    data: dict[str, list[dict[str, Any]]] = {}
    for section in SECTIONS:
        related = tuple(section.references)
        rows = section.model._default_manager.select_related(*related).order_by(section.natural_key)
        data[section.name] = [_row_out(section, row, with_secrets=with_secrets) for row in rows]
    for kind in KINDS:
        data[kind] = export_rows(kind)
    return data


def as_file(data: dict[str, list[dict[str, Any]]]) -> str:
    """The text of the file; the same configuration always gives the same bytes."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _row_out(section: Section, row: models.Model, *, with_secrets: bool) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key in section.keys:
        value = getattr(row, key)
        if key in section.references:
            value = value.slug
        elif isinstance(section.model._meta.get_field(key), EncryptedTextField):
            value = value.reveal() if with_secrets else ""
        out[key] = value
    return out


def import_configuration(data: Any, *, dry_run: bool = False, actor: str = "command") -> Changes:
    """Create and update by natural key, all or nothing. Raises ConfigurationError with every reason."""
    reasons = list(_shape_problems(data))
    if reasons:
        raise ConfigurationError(reasons)
    changes = Changes()
    try:
        with transaction.atomic():
            for section in SECTIONS:
                for position, row in enumerate(data.get(section.name, [])):
                    reasons += _import_row(section, f"{section.name}[{position}]", row, changes)
            if not reasons:
                reasons += _import_mappings(data, changes, actor)
            if reasons:
                raise ConfigurationError(reasons)
            if dry_run:
                raise _DryRun
            if changes.sentences:
                audit.record(
                    "config.imported", {"sentence": f"{len(changes.sentences)} changes."}, actor=actor
                )
            for storefront in Storefront.objects.filter(active=True):
                intake.adopt_waiting_events(storefront)
    except _DryRun:
        pass
    return changes


def _shape_problems(data: Any) -> Iterator[str]:
    if not isinstance(data, dict):
        yield "The file must hold one JSON object."
        return
    known = [section.name for section in SECTIONS] + list(KINDS)
    for name, rows in data.items():
        if name not in known:
            yield f"{name}: unknown key (known are {', '.join(known)})"
        elif not isinstance(rows, list):
            yield f"{name}: must be a list"
        else:
            yield from (
                f"{name}[{position}]: must be an object"
                for position, row in enumerate(rows)
                if not isinstance(row, dict)
            )
    for name in known:
        rows = data.get(name)
        for position, row in enumerate(rows if isinstance(rows, list) else []):
            yield from _text_problems(f"{name}[{position}]", row)
    for section in SECTIONS:
        rows = data.get(section.name)
        objects = [
            (n, row) for n, row in enumerate(rows if isinstance(rows, list) else []) if isinstance(row, dict)
        ]
        seen: set[object] = set()
        for position, row in objects:
            place = f"{section.name}[{position}]"
            yield from (f"{place}.{key}: unknown key" for key in row if key not in section.keys)
            natural_key = row.get(section.natural_key)
            if isinstance(natural_key, str) and natural_key in seen:
                yield f"{place}.{section.natural_key}: “{natural_key}” stands there twice"
            seen.add(natural_key if isinstance(natural_key, str) else None)


def _text_problems(place: str, row: Any) -> Iterator[str]:
    """JSON can write what a database cannot hold: zero characters and halves of characters."""
    for key, value in row.items() if isinstance(row, dict) else ():
        if storable([value]) != [value]:
            yield f"{place}.{key}: holds a character that no text may hold"


def _import_row(section: Section, place: str, row: dict[str, Any], changes: Changes) -> list[str]:
    key = row.get(section.natural_key)
    if not isinstance(key, str) or not key.strip():
        return [f"{place}.{section.natural_key}: is required"]
    existing = section.model._default_manager.filter(**{section.natural_key: key}).first()
    thing = existing or section.model()
    before = {name: getattr(thing, name, None) for name in section.keys if name not in section.references}
    before |= {name: getattr(thing, f"{name}_id") for name in section.references}
    reasons = [reason for name in section.keys for reason in _assign(section, thing, name, row, place)]
    if reasons:
        return reasons
    try:
        thing.full_clean()
    except ValidationError as error:
        return [f"{place}.{name}: {text}" for name, texts in error.message_dict.items() for text in texts]
    changed = [name for name in section.keys if _value(section, thing, name) != before[name]]
    if existing is not None and not changed:
        changes.unchanged += 1
        return []
    thing.save()
    what = section.model._meta.verbose_name
    if existing is None:
        changes.sentences.append(f"{what} “{thing}” created")
    else:
        changes.sentences.append(f"{what} “{thing}” changed: {', '.join(changed)}")
    return []


def _value(section: Section, thing: models.Model, name: str) -> Any:
    return getattr(thing, f"{name}_id" if name in section.references else name)


def _assign(
    section: Section, thing: models.Model, name: str, row: dict[str, Any], place: str
) -> Iterator[str]:
    """Put one key of the file on the object; a missing key takes its default, a missing secret stays."""
    model_field = section.model._meta.get_field(name)
    assert isinstance(model_field, models.Field)  # noqa: S101 - sections name columns only
    if name in section.references:
        yield from _assign_reference(section, thing, name, row, place)
        return
    if isinstance(model_field, EncryptedTextField):
        plain = row.get(name) or ""
        if not isinstance(plain, str):
            yield f"{place}.{name}: must be a text"
        elif plain and not _is(getattr(thing, name), plain):
            setattr(thing, name, model_field.to_python(plain))
        return
    if name not in row:
        setattr(thing, name, model_field.get_default())
        return
    value = row[name]
    if isinstance(model_field, models.BooleanField) and not isinstance(value, bool):
        yield f"{place}.{name}: must be true or false"
        return
    if isinstance(model_field, models.CharField) and not isinstance(value, str):
        yield f"{place}.{name}: must be a text"
        return
    if isinstance(model_field, models.JSONField) and not isinstance(value, type(model_field.get_default())):
        yield f"{place}.{name}: must be {'a list' if model_field.get_default() == [] else 'an object'}"
        return
    if isinstance(model_field, models.IntegerField):
        if isinstance(value, (bool, float)):
            yield f"{place}.{name}: must be a whole number"
            return
        value = None if value == "" else value
    try:
        setattr(thing, name, model_field.to_python(value))
    except ValidationError as error:
        yield f"{place}.{name}: {' '.join(error.messages)}"


def _is(stored: EncryptedSecret, plain: str) -> bool:
    """Whether this is the stored secret; one that cannot be read any more is not, and is replaced."""
    try:
        return stored.reveal() == plain
    except CredentialsKeyError:
        return False


def _assign_reference(
    section: Section, thing: models.Model, name: str, row: dict[str, Any], place: str
) -> Iterator[str]:
    slug = row.get(name)
    target = section.references[name]
    found = target._default_manager.filter(slug=slug).first() if isinstance(slug, str) else None
    if found is None:
        yield f"{place}.{name}: there is no {target._meta.verbose_name} with the slug “{slug}”"
    else:
        setattr(thing, name, found)


def _import_mappings(data: dict[str, Any], changes: Changes, actor: str) -> list[str]:
    reasons: list[str] = []
    for kind in KINDS:
        rows = data.get(kind, [])
        if not rows:
            continue
        report = import_rows(kind, rows, actor=actor)
        # import_rows counts from 1; places in the file count from 0 like those of the other sections.
        reasons += [
            f"{kind}[{line - 1}]: {reason}" if line else f"{kind}: {reason}" for line, reason in report.errors
        ]
        changes.sentences += [f"{kind}: {sentence}" for sentence in report.changes]
        changes.unchanged += report.unchanged
        changes.warnings += [f"{kind}[{(line or 1) - 1}]: {text}" for line, text in report.warnings]
    return reasons
