"""From what was seen of a Pressero account to what became of each assumption. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.operations.probes.pace_seen import AskedFact
from integrations.operations.probes.pressero_assumptions import ASSUMPTIONS, KEYS, READ_TOO
from integrations.operations.probes.report import Assumption, ProbeFinding, ProbeResult, sentence
from integrations.stored import StoredKeys


@dataclass
class PresseroSeen:
    """What was asked and answered. `keys` are those of each kind of answer, as Pressero spells them."""

    number: int | None = None
    asked: dict[str, AskedFact] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def keys_of(data: Any) -> list[str]:
    """The keys of an object, or of all the objects of a list; those of the objects within, with a dot."""
    found: dict[str, None] = {}
    for one in data if isinstance(data, list) else [data]:
        for name, value in one.items() if isinstance(one, Mapping) else ():
            found[str(name)] = None
            if isinstance(value, Mapping):
                found.update(dict.fromkeys(f"{name}.{inner}" for inner in value))
    return list(found)


def findings(seen: PresseroSeen) -> tuple[ProbeFinding, ...]:
    """What became of every assumption, in the order of the list."""
    return tuple(_finding(assumption, seen) for assumption in ASSUMPTIONS)


def _finding(assumption: Assumption, seen: PresseroSeen) -> ProbeFinding:
    result, said = _keys(assumption.id, seen) if assumption.id in KEYS else _asked(assumption.id, seen)
    return ProbeFinding(assumption, result, said)


def _asked(question: str, seen: PresseroSeen) -> tuple[ProbeResult, str]:
    asked = seen.asked.get(question, AskedFact())
    if asked.ok is None:
        return ProbeResult.UNSEEN, asked.said
    return (ProbeResult.HOLDS, asked.said) if asked.ok else (ProbeResult.FAILS, sentence(asked.said))


def _keys(name: str, seen: PresseroSeen) -> tuple[ProbeResult, str]:
    wanted = KEYS[name]
    keys = seen.keys.get(wanted.where)
    if wanted.where == "order" and keys is not None:
        # What the details leave out is taken from the items.
        keys = [*keys, *seen.keys.get("item", [])]
    if not keys:
        return ProbeResult.UNSEEN, ""
    found = {key.lower() for key in keys}
    missing = [group for group in wanted.groups if not any(key.lower() in found for key in group)]
    if missing:
        return ProbeResult.FAILS, f"Missing: {', '.join(' or '.join(group) for group in missing)}."
    used = [
        next(key for key in keys if key.lower() in {one.lower() for one in group}) for group in wanted.groups
    ]
    return ProbeResult.HOLDS, f"{', '.join(used)}."


def key_lists(seen: PresseroSeen) -> dict[str, StoredKeys]:
    """Of each kind of answer: the expected keys that were found, those that are missing, and those the hub never reads.

    A key whose other spelling was found is not missing.
    """
    lists: dict[str, StoredKeys] = {}
    for where, keys in seen.keys.items():
        have = {key.lower() for key in keys}
        found: list[str] = []
        missing: list[str] = []
        for group in (group for one in KEYS.values() if one.where == where for group in one.groups):
            there = [key for key in group if key.lower() in have]
            found += there
            missing += [] if there else [" or ".join(group)]
        lists[where] = {
            "found": list(dict.fromkeys(found)),
            "missing": list(dict.fromkeys(missing)),
            "unknown": list(_unknown(keys)),
        }
    return lists


def _unknown(keys: Iterable[str]) -> Iterable[str]:
    for key in keys:
        name = key.lower()
        if name not in READ_TOO and not name.startswith(("shipto", "billto")):
            yield key
