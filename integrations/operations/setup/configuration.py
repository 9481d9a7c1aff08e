"""The whole configuration as one file: export, and import by natural key, all or nothing (docs/mappings.md §5)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from automationhub.lib.crypto import CredentialsKeyError
from automationhub.lib.fields import EncryptedSecret, EncryptedTextField
from integrations.clients.http.jsontext import storable
from integrations.core.audit import log as audit
from integrations.core.connections.clients import note_move
from integrations.models import AlertChannel, PaceServer, PresseroAccount, Storefront, Subscription
from integrations.models.destinations import Destination
from integrations.operations.setup import activation, in_flight, removal
from integrations.orders.intake import receive
from integrations.orders.submission import customer_check, shadow
from mappings.models import MappingRow
from mappings.resources import IMPORT_ORDER, KINDS, export_rows, import_rows, table_keys


@dataclass(frozen=True)
class ConfigurationSection:
    """One list of the file: its model, its keys in their order, and its natural key."""

    name: str
    model: type[models.Model]
    keys: tuple[str, ...]
    natural_key: str
    references: Mapping[str, type[models.Model]] = field(default_factory=dict)
    # Lists of rows that it is for, by name.
    many: Mapping[str, type[models.Model]] = field(default_factory=dict)
    # Stands behind the mappings in the file.
    last: bool = False


SECTIONS = (
    ConfigurationSection(
        "pressero_accounts",
        PresseroAccount,
        ("name", "slug", "base_url", "username", "password", "subscriber_id", "consumer_id", "security_key",
         "hash_scheme", "active"),
        "slug",
    ),
    ConfigurationSection(
        "pace_servers",
        PaceServer,
        ("name", "slug", "url", "username", "password", "time_zone", "alert_emails", "push_token", "default_ship_via",
         "job_type", "admin_status", "job_order_type", "shipment_type", "retry_hours", "quiet_seconds",
         "customer_defaults", "contact_defaults", "home_country", "date_times", "web_order_ids",
         "max_concurrent_orders", "max_calls_per_second", "job_link", "active"),
        "slug",
    ),
    ConfigurationSection(
        "storefronts",
        Storefront,
        ("name", "site_id", "pressero_account", "pace_server", "integration_id", "wait_for_approval",
         "one_job_per_item", "override_file_name", "override_job_name", "skip_holidays", "holiday_rule",
         "holiday_country", "holiday_subdivision", "default_ship_days", "default_po_number", "job_type",
         "admin_status", "default_ship_via", "default_account_number", "create_missing_customers",
         "fallback_contact", "cancelled_stage", "alert_emails", "mode", "take_orders_from", "active"),
        "name",
        {"pressero_account": PresseroAccount, "pace_server": PaceServer},
    ),
    ConfigurationSection(
        "alert_channels",
        AlertChannel,
        ("name", "url", "storefronts", "kinds", "quiet_from", "quiet_until", "repeat_hours", "active"),
        "name",
        many={"storefronts": Storefront},
        last=True,
    ),
    ConfigurationSection("subscriptions", Subscription, ("name", "url", "secret", "events", "active"), "name", last=True),
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
    # What a rehearsal needs: rows that are new or changed, rows that go, and after a dry run all storefronts as they
    # would be.
    rows: dict[str, list[MappingRow]] = field(default_factory=dict)
    gone: dict[str, list[MappingRow]] = field(default_factory=dict)
    storefronts: dict[int, Storefront] = field(default_factory=dict)


def export_configuration(*, with_secrets: bool = False) -> dict[str, list[dict[str, Any]]]:
    """The configuration as plain data in a fixed order; secrets are "" unless asked for."""
    data: dict[str, list[dict[str, Any]]] = {}
    for section in SECTIONS:
        if not section.last:
            data[section.name] = _section_out(section, with_secrets=with_secrets)
    names = Storefront.objects.in_bulk()
    for kind in KINDS:
        data[kind] = export_rows(kind, storefronts=names)
    for section in SECTIONS:
        if section.last:
            data[section.name] = _section_out(section, with_secrets=with_secrets)
    return data


def _section_out(section: ConfigurationSection, *, with_secrets: bool) -> list[dict[str, Any]]:
    related = tuple(section.references)
    rows = section.model._default_manager.select_related(*related).order_by(section.natural_key)
    return [_row_out(section, row, with_secrets=with_secrets) for row in rows]


def as_file(data: dict[str, list[dict[str, Any]]]) -> str:
    """The text of the file; the same configuration always gives the same bytes."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _row_out(section: ConfigurationSection, row: models.Model, *, with_secrets: bool) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key in section.keys:
        value = getattr(row, key)
        if key in section.references:
            value = value.slug
        elif key in section.many:
            value = sorted(row_.name for row_ in value.all())
        elif isinstance(value, datetime):
            value = value.isoformat()
        elif isinstance(value, time):
            value = value.isoformat("minutes" if value.second == 0 else "seconds")
        elif isinstance(section.model._meta.get_field(key), EncryptedTextField):
            value = value.reveal() if with_secrets else ""
        out[key] = value
    return out


def import_configuration(
    data: Any, *, dry_run: bool = False, actor: str = "command", exact: bool = False
) -> Changes:
    """Create and update by natural key, all or nothing. Raises ConfigurationError with every reason.

    `exact`: what is not in the file goes too, as far as the file has its section. A dry run keeps nothing, and checks
    mapping rows outside of its transaction, so that orders do not wait for a long file.
    """
    reasons = list(_shape_problems(data))
    if reasons:
        raise ConfigurationError(reasons)
    changes = Changes()
    try:
        with transaction.atomic():
            if exact:
                reasons += removal.remove_absent(SECTIONS, data, changes, actor=actor, dry_run=dry_run)
            for section in SECTIONS:
                for position, row in enumerate(data.get(section.name, [])):
                    place = f"{section.name}[{position}]"
                    reasons += _import_row(section, place, row, changes, actor, exact=exact)
            if dry_run:
                changes.storefronts = storefronts_now()
                raise _DryRun
            if not reasons:
                reasons += _import_mappings(data, changes, actor)
            if reasons:
                raise ConfigurationError(reasons)
            if changes.sentences:
                audit.record(
                    "config.imported", {"sentence": f"{len(changes.sentences)} changes."}, actor=actor
                )
            for storefront in Storefront.objects.filter(active=True):
                receive.adopt_waiting_events(storefront)
                customer_check.ask(storefront)
            activation.resume_waiting()
            shadow.wake_unjudged()
    except _DryRun:
        if not reasons:
            reasons += _import_mappings(data, changes, actor, dry_run=True)
        if reasons:
            raise ConfigurationError(reasons) from None
    return changes


def storefronts_now() -> dict[int, Storefront]:
    """Every storefront with its account and server, by id: one query."""
    rows = Storefront.objects.select_related("pressero_account", "pace_server").order_by("pk")
    return {row.pk: row for row in rows}


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
                yield f"{place}.{section.natural_key}: “{natural_key}” appears twice"
            seen.add(natural_key if isinstance(natural_key, str) else None)


def _text_problems(place: str, row: Any) -> Iterator[str]:
    """JSON can write what a database cannot hold: zero characters and halves of characters."""
    for key, value in row.items() if isinstance(row, dict) else ():
        if storable([value]) != [value]:
            yield f"{place}.{key}: holds a character that no text may hold"


def _import_row(
    section: ConfigurationSection,
    place: str,
    row: dict[str, Any],
    changes: Changes,
    actor: str,
    *,
    exact: bool = False,
) -> list[str]:
    key = row.get(section.natural_key)
    if not isinstance(key, str) or not key.strip():
        return [f"{place}.{section.natural_key}: is required"]
    existing = section.model._default_manager.filter(**{section.natural_key: key}).first()
    if exact and existing is None and section.model is AlertChannel and not row.get("url"):
        changes.warnings.append(
            f"{place}: add the alert channel “{key}” again: versions do not hold its address"
        )
        return []
    thing = existing or section.model()
    columns = [name for name in section.keys if name not in section.many]
    before = {name: getattr(thing, name, None) for name in columns if name not in section.references}
    before |= {name: getattr(thing, f"{name}_id") for name in section.references}
    reasons = [reason for name in columns for reason in _assign(section, thing, name, row, place)]
    named = {name: _named_rows(section, name, row) for name in section.many}
    reasons += [f"{place}.{name}: {found}" for name, found in named.items() if isinstance(found, str)]
    if reasons:
        return reasons
    stored = _enter_again(thing, row) if isinstance(thing, Destination) else None
    try:
        thing.full_clean()
    except ValidationError as error:
        return [f"{place}.{name}: {text}" for name, texts in error.message_dict.items() for text in texts]
    changed = [name for name in columns if _value(section, thing, name) != before[name]]
    changed += [
        name
        for name, rows in named.items()
        if set(rows) != (set(getattr(existing, name).all()) if existing is not None else set())
    ]
    if existing is not None and not changed:
        changes.unchanged += 1
        return []
    if (
        exact
        and before.get("active")
        and not getattr(thing, "active", True)
        and (reasons := in_flight.reasons_to_keep(thing))
    ):
        return [f"{place}: {reason}" for reason in reasons]
    if existing is not None and isinstance(thing, in_flight.Place):
        met = [name for name in in_flight.MOVES[type(thing)] if name in changed]
        if reasons := in_flight.reasons_to_wait(thing, met):
            return [f"{place}: {reason}" for reason in reasons]
        changes.warnings += [f"{place}: {sentence}" for sentence in in_flight.consequences(thing, met)]
    secrets = thing.sent_secrets[:1] if isinstance(thing, Destination) else ()
    missing = [name for name in secrets if not getattr(thing, name)]
    thing.save()
    for name, rows in named.items():
        getattr(thing, name).set(rows)
    if isinstance(thing, Destination):
        note_move(stored, thing, actor=actor)
    what = section.model._meta.verbose_name
    if existing is None:
        changes.sentences.append(f"{what} “{thing}” created")
        if exact and missing:
            changes.warnings.append(
                f"{place}: enter the {missing[0]} of the {what} “{thing}”: versions hold no secrets"
            )
    else:
        changes.sentences.append(f"{what} “{thing}” changed: {', '.join(changed)}")
    return []


def _enter_again(thing: Destination, row: Mapping[str, Any]) -> Destination | None:
    """A secret that stands in the file was entered for the file's address, also when it is the stored one; the row as
    it is stored."""
    stored: Destination | None = thing.stored()
    if stored is not None and stored.destination != thing.destination:
        for name in thing.sent_secrets:
            if row.get(name):
                setattr(thing, name, EncryptedSecret.of(row[name]))
    return stored


def _named_rows(section: ConfigurationSection, name: str, row: Mapping[str, Any]) -> list[models.Model] | str:
    """The rows that a list of names in the file stands for; a text says what is wrong with it."""
    names = row.get(name, [])
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        return "must be a list of names"
    target = section.many[name]
    found = {str(one): one for one in target._default_manager.filter(name__in=names)}
    for one in names:
        if one not in found:
            return f"there is no {target._meta.verbose_name} “{one}”"
    return [found[one] for one in names]


def _value(section: ConfigurationSection, thing: models.Model, name: str) -> Any:
    return getattr(thing, f"{name}_id" if name in section.references else name)


def _assign(
    section: ConfigurationSection, thing: models.Model, name: str, row: dict[str, Any], place: str
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
    if isinstance(model_field, models.DateTimeField):
        yield from _assign_moment(thing, name, value, place)
        return
    if isinstance(model_field, models.TimeField):
        yield from _assign_time(thing, name, value, place)
        return
    try:
        setattr(thing, name, model_field.to_python(value))
    except ValidationError as error:
        yield f"{place}.{name}: {' '.join(error.messages)}"


def _assign_moment(thing: models.Model, name: str, value: Any, place: str) -> Iterator[str]:
    """A date-time; without a zone it is one of the portal's (TIME_ZONE)."""
    if value in (None, ""):
        setattr(thing, name, None)
        return
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        yield f"{place}.{name}: must be a date-time, such as 2026-05-04T08:00:00-04:00, or null"
        return
    setattr(thing, name, moment if moment.tzinfo else timezone.make_aware(moment))


def _assign_time(thing: models.Model, name: str, value: Any, place: str) -> Iterator[str]:
    """A time of day, in the portal's time zone."""
    if value in (None, ""):
        setattr(thing, name, None)
        return
    try:
        moment = time.fromisoformat(value)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is not None:
        yield f"{place}.{name}: must be a time of day, such as 22:00, or null"
        return
    setattr(thing, name, moment.replace(microsecond=0))


def _is(stored: EncryptedSecret, plain: str) -> bool:
    """Whether this is the stored secret; one that cannot be read any more is not, and is replaced."""
    try:
        return stored.reveal() == plain
    except CredentialsKeyError:
        return False


def _assign_reference(
    section: ConfigurationSection, thing: models.Model, name: str, row: dict[str, Any], place: str
) -> Iterator[str]:
    slug = row.get(name)
    target = section.references[name]
    found = target._default_manager.filter(slug=slug).first() if isinstance(slug, str) else None
    if found is None:
        yield f"{place}.{name}: there is no {target._meta.verbose_name} with the slug “{slug}”"
    else:
        setattr(thing, name, found)


def _import_mappings(
    data: dict[str, Any], changes: Changes, actor: str, *, dry_run: bool = False
) -> list[str]:
    reasons: list[str] = []
    tables = table_keys(data.get("values", []))
    for kind in IMPORT_ORDER:
        rows = data.get(kind, [])
        if not rows:
            continue
        storefronts = changes.storefronts if dry_run else None
        report = import_rows(kind, rows, dry_run, actor=actor, storefronts=storefronts, tables=tables)
        # import_rows counts from 1; places in the file count from 0 like those of the other sections.
        reasons += [
            f"{kind}[{line - 1}]: {reason}" if line else f"{kind}: {reason}" for line, reason in report.errors
        ]
        changes.sentences += [f"{kind}: {sentence}" for sentence in report.changes]
        changes.unchanged += report.unchanged
        changes.rows[kind] = report.rows
        changes.warnings += [f"{kind}[{(line or 1) - 1}]: {text}" for line, text in report.warnings]
    return reasons
