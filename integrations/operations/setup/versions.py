"""Versions of the configuration: what it was after each change, the difference between two, and the way back.

Whatever changes the configuration calls `note` afterwards; it compares, so a call too many costs one reading and writes
nothing. What changed without a call is noted by the schedule, and before versions are looked at.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from integrations.core.audit import log as audit
from integrations.models import ConfigurationVersion
from integrations.operations.setup.configuration import (
    SECTIONS,
    Changes,
    ConfigurationError,
    export_configuration,
    import_configuration,
)
from integrations.operations.setup.configuration_diff import DiffEntry, differences, summary
from mappings.resources import KINDS

Configuration = dict[str, list[dict[str, Any]]]

# Whoever fills in twenty mapping rows by hand makes one version, not twenty. Counted from the first change, so that a long
# day of editing still leaves a version for each ten minutes to go back to.
ONE_EDIT = timedelta(minutes=10)
OUTSIDE = "outside the portal"


class NoSuchVersion(Exception):
    """There is no version of this number; the message lists those there are."""


def note(actor: str, what: str = "", *, alone: bool = False) -> ConfigurationVersion | None:
    """Store today's configuration as a version if it differs from the newest one; None when it does not.

    `what` says in one line what was done; else the differences say it. An ordinary edit, without `what` and not `alone`,
    joins the newest version while that is an edit of the same person and not older than ten minutes.
    """
    is_edit = not what and not alone
    for _ in range(3):
        newest = ConfigurationVersion.objects.defer("content").first()
        data = export_configuration()
        packed = _packed(data)
        if newest.digest == _digest(packed) if newest else not any(data.values()):
            return None  # a hub that is not set up has no version yet
        try:
            with transaction.atomic():
                return _store(newest, data, packed, actor, what, is_edit=is_edit)
        except (IntegrityError, _Overtaken):
            continue  # another process stored a version meanwhile: compare with that one
    return None


class _Overtaken(Exception):
    """The newest version is another one by now."""


def note_outside() -> ConfigurationVersion | None:
    """Note what changed without the portal and the commands: by a program, or directly in the database."""
    newest = ConfigurationVersion.objects.only("number").first()
    return note(OUTSIDE, "" if newest else "The configuration as it was found.")


def _store(
    newest: ConfigurationVersion | None,
    data: Configuration,
    packed: bytes,
    actor: str,
    what: str,
    *,
    is_edit: bool,
) -> ConfigurationVersion:
    """Within a transaction: the version that follows the one that `data` was compared with."""
    found = ConfigurationVersion.objects.select_for_update().defer("content").first()
    if (found and (found.number, found.digest)) != (newest and (newest.number, newest.digest)):
        raise _Overtaken
    now = timezone.now()
    row = ConfigurationVersion(number=found.number + 1 if found else 1, begun_at=now)
    if found and is_edit and _is_joined(found, actor, now):
        row = found
    before = ConfigurationVersion.objects.filter(number__lt=row.number).first()
    row.at, row.actor, row.is_edit = now, actor[:200], is_edit
    row.summary = what[:500] or summary(differences(_stored(before) if before else {}, data))
    row.content, row.digest = zlib.compress(packed), _digest(packed)
    row.save()
    return row


def _is_joined(newest: ConfigurationVersion, actor: str, now: datetime) -> bool:
    """Whether a further edit becomes part of the newest version. The first one stays what everything began with."""
    same = newest.is_edit and newest.actor == actor[:200] and newest.number > 1
    return same and now - newest.begun_at < ONE_EDIT


def _packed(data: Configuration) -> bytes:
    """The same configuration always gives the same bytes."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _digest(packed: bytes) -> str:
    return hashlib.sha256(packed).hexdigest()


def compressed(data: Configuration) -> bytes:
    """A configuration as a version stores it."""
    return zlib.compress(_packed(data))


def content(version: ConfigurationVersion) -> Configuration:
    """The configuration of a version, as a file without secrets has it."""
    data = _stored(version)
    orders = {section.name: section.keys for section in SECTIONS}
    orders |= {name: kind.columns for name, kind in KINDS.items()}
    return {
        name: [_in_order(row, orders.get(name, ())) for row in data[name]]
        for name in [*orders, *data]
        if name in data
    }


def _stored(version: ConfigurationVersion) -> Configuration:
    data: Configuration = json.loads(zlib.decompress(bytes(version.content)))
    return data


def _in_order(row: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """The keys as the file has them; stored rows are sorted so that equal ones give equal bytes."""
    return {key: row[key] for key in (*keys, *row) if key in row}


def listed() -> Sequence[ConfigurationVersion]:
    """Every version, the newest first, without contents; what changed outside the portal is noted before."""
    note_outside()
    return list(ConfigurationVersion.objects.defer("content"))


def numbered(number: int) -> ConfigurationVersion:
    """The version of this number. Raises NoSuchVersion."""
    found = ConfigurationVersion.objects.filter(number=number).first()
    if found is None:
        newest = ConfigurationVersion.objects.only("number").first()
        known = f"Versions 1 to {newest.number} exist." if newest else "There are no versions yet."
        raise NoSuchVersion(f"There is no version {number}. {known}")
    return found


def diff(before: int, after: int | None = None) -> list[DiffEntry]:
    """What differs between two versions, or between a version and today. Raises NoSuchVersion."""
    note_outside()
    old = content(numbered(before))
    return differences(old, content(numbered(after)) if after is not None else export_configuration())


def previous(version: ConfigurationVersion) -> ConfigurationVersion | None:
    """The version before this one."""
    return ConfigurationVersion.objects.filter(number__lt=version.number).first()


def following(version: ConfigurationVersion) -> ConfigurationVersion | None:
    """The version after this one."""
    return ConfigurationVersion.objects.filter(number__gt=version.number).last()


def since(version: ConfigurationVersion) -> list[DiffEntry]:
    """What is different today from a version."""
    return differences(content(version), export_configuration())


def changes_of(version: ConfigurationVersion) -> list[DiffEntry]:
    """What a version changed."""
    before = previous(version)
    return differences(content(before) if before else {}, content(version))


def rollback(number: int, *, dry_run: bool = False, actor: str = "command") -> Changes:
    """Make the configuration what it was at a version, as a new version; stored secrets stay.

    What the version does not have goes: mapping rows are deleted, what orders refer to is switched off. Raises
    NoSuchVersion, and ConfigurationError with every reason when it cannot be applied; nothing is changed then.
    """
    note_outside()
    target = target_of(number)
    changes = import_configuration(target, dry_run=dry_run, actor=actor, exact=True)
    if not dry_run and changes.sentences:
        note(actor, f"Rolled back to version {number}.")
        audit.record("config.rolled_back", {"version": number}, actor=actor)
    return changes


def target_of(number: int) -> Configuration:
    """The configuration of a version as this release can apply it. Raises NoSuchVersion, ConfigurationError.

    A version of an older release lacks keys of today, which then keep their values of today; one of a newer release has
    keys that are not known here, and is refused.
    """
    stored, today = content(numbered(number)), export_configuration()
    if unknown := [name for name in stored if name not in today]:
        raise ConfigurationError(
            [f"{name}: version {number} has entries that this release does not know" for name in unknown]
        )
    for section in SECTIONS:
        now = {row[section.natural_key]: row for row in today[section.name]}
        stored[section.name] = (
            [{**now.get(row[section.natural_key], {}), **row} for row in stored.get(section.name, [])]
            if section.name in stored
            else today[section.name]
        )
    return stored
