"""What differs between two configurations, by names instead of ids. Pure: plain data of configuration files in and out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mappings.resources import KINDS, key_of_row

Data = Mapping[str, Sequence[Mapping[str, Any]]]

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
# What a row of each list is called, for one and for several of them.
NOUNS = {
    "pressero_accounts": ("Pressero account", "Pressero accounts"),
    "pace_servers": ("Pace server", "Pace servers"),
    "storefronts": ("storefront", "storefronts"),
    "products": ("product row", "product rows"),
    "shipment_methods": ("shipment method row", "shipment method rows"),
    "shipment_addresses": ("shipment address row", "shipment address rows"),
    "statuses": ("status row", "status rows"),
    "holidays": ("holiday", "holidays"),
    "fields": ("field rule", "field rules"),
    "values": ("value row", "value rows"),
    "alert_channels": ("alert channel", "alert channels"),
    "subscriptions": ("subscription", "subscriptions"),
}
# Fields named in a summary; more of them are counted.
FIELDS_IN_SUMMARY = 4
LONGEST_SUMMARY = 300


@dataclass(frozen=True)
class FieldChange:
    """One field of an entry, before and after, as readable text."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class DiffEntry:
    """One entry that is not the same in both: `what` is added, removed or changed."""

    section: str
    name: str
    what: str
    fields: tuple[FieldChange, ...] = ()

    @property
    def noun(self) -> str:
        """What kind of entry it is, for reading."""
        return _nouns(self.section)[0]

    def __str__(self) -> str:
        fields = "; ".join(
            f"{one.name}: {one.before or 'empty'} → {one.after or 'empty'}" for one in self.fields
        )
        title = f"{self.noun} “{self.name}” {self.what}"
        return f"{title}: {fields}" if self.what == CHANGED else title


def differences(before: Data, after: Data) -> list[DiffEntry]:
    """Every entry that differs, section by section in the order of the file."""
    names = list(dict.fromkeys([*after, *before]))
    return [entry for name in names for entry in _section(name, before.get(name, ()), after.get(name, ()))]


def _section(
    name: str, before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> Iterator[DiffEntry]:
    if before == after:
        return
    old, new = ({name_of(name, row): row for row in rows} for rows in (before, after))
    for key, row in new.items():
        if key not in old:
            yield DiffEntry(name, key, ADDED, tuple(_fields({}, row)))
        elif old[key] != row and (fields := tuple(_fields(old[key], row))):
            yield DiffEntry(name, key, CHANGED, fields)
    for key, row in old.items():
        if key not in new:
            yield DiffEntry(name, key, REMOVED, tuple(_fields(row, {})))


def name_of(section: str, row: Mapping[str, Any]) -> str:
    """What an entry is known by: its natural key in words."""
    if section in KINDS:
        return key_of_row(section, row)
    return str(row.get("slug") or row.get("name") or "")


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[FieldChange]:
    for field in dict.fromkeys([*after, *before]):
        old, new = _shown(before.get(field)), _shown(after.get(field))
        if old != new:
            yield FieldChange(field, old, new)


def _shown(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_shown(one)}" for key, one in sorted(value.items()))
    return str(value)


def summary(entries: Sequence[DiffEntry]) -> str:
    """The differences in one line: what changed by name where it is little, else how many of each."""
    if not entries:
        return "No difference: the changes were undone."
    line = "; ".join(_brief(entry) for entry in entries[:2])
    if len(entries) > 2 or len(line) > LONGEST_SUMMARY:
        counts = Counter((entry.section, entry.what) for entry in entries)
        line = "; ".join(
            f"{count} {_nouns(section)[count != 1]} {what}" for (section, what), count in counts.items()
        )
    return f"{line[:1].upper()}{line[1:]}."[:LONGEST_SUMMARY]


def _brief(entry: DiffEntry) -> str:
    if entry.what != CHANGED:
        return f"{entry.noun} “{entry.name}” {entry.what}"
    names = [one.name for one in entry.fields]
    more = len(names) - FIELDS_IN_SUMMARY
    shown = ", ".join(names[:FIELDS_IN_SUMMARY]) + (f" and {more} more" if more > 0 else "")
    return f"{entry.noun} “{entry.name}” changed: {shown}"


def _nouns(section: str) -> tuple[str, str]:
    plain = section.replace("_", " ")
    return NOUNS.get(section, (f"{plain} entry", f"{plain} entries"))
