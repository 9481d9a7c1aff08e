"""The stored lists of the other systems, for drop-downs, names beside codes, and "did you mean"."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from integrations.models import ReferenceEntry, ReferenceKind, Storefront
from integrations.models.reference import PACE_KINDS
from mappings.reference import Code, ReferenceFinding, Standing, sentence
from mappings.text import name_key

MOST_CHOICES = 50
# Comparing texts is slow: so many comparisons one look-up spends on suggestions.
SUGGESTION_BUDGET = 300_000


@dataclass(frozen=True)
class Scope:
    """Whose lists. All None: those of every system."""

    server_id: int | None = None
    account_id: int | None = None
    site_id: str = ""


EVERYWHERE = Scope()


def scope_of(storefront_id: int | None) -> Scope:
    """The systems of a storefront; of a row for all storefronts, every system."""
    if storefront_id is None:
        return EVERYWHERE
    row = (
        Storefront.objects.filter(pk=storefront_id)
        .values("pace_server", "pressero_account", "site_id")
        .first()
    )
    return Scope(row["pace_server"], row["pressero_account"], row["site_id"]) if row else EVERYWHERE


@dataclass(frozen=True)
class FormChoice:
    """One line of a drop-down: what is put into the field, and what is shown beside it."""

    value: str
    label: str
    detail: str = ""


@dataclass(frozen=True)
class Choices:
    """What a search found. `listed`: whether the list was ever read."""

    found: list[FormChoice]
    more: bool = False
    listed: bool = True


def search(kind: str, text: str, scope: Scope, *, within: str = "", exact: bool = False) -> Choices:
    """The entries whose code or name holds every word of `text`, the nearest first; at most 50.

    `within`: the workflow of stages, the country of states; of products, what goes into the field: id, part_number or name.
    `exact`: the entry that this code names.
    """
    entries = _entries(kind, scope)
    if kind in (ReferenceKind.STAGE, ReferenceKind.STATE) and within:
        entries = entries.filter(parent__iexact=within)
    listed = entries.exists()
    entries = entries.filter(gone_at__isnull=True)
    key = name_key(text)
    if exact:
        entries = entries.filter(_names(kind, text.strip()))
    for word in key.split() if not exact else ():
        entries = entries.filter(search__contains=word)
    if kind == ReferenceKind.PRODUCT and within == "part_number":
        entries = entries.exclude(extra__part_number="").exclude(extra__part_number__isnull=True)
    nearest = Case(
        When(key__iexact=text.strip(), then=Value(0)),
        When(search__startswith=key, then=Value(1)),
        When(label__istartswith=text.strip(), then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    # The same code may be in the lists of several systems.
    found: dict[str, FormChoice] = {}
    for entry in entries.annotate(nearest=nearest).order_by("nearest", "label", "key")[: 4 * MOST_CHOICES]:
        choice = _choice(entry, within)
        found.setdefault(choice.value, choice)
    choices = list(found.values())
    return Choices(choices[:MOST_CHOICES], len(choices) > MOST_CHOICES, listed)


def _names(kind: str, text: str) -> Q:
    """Entries that a code in a field may mean."""
    if kind == ReferenceKind.PRODUCT:
        return Q(key__iexact=text) | Q(label__iexact=text) | Q(extra__part_number=text)
    if kind == ReferenceKind.SHIPPING_METHOD:
        return Q(key__iexact=text) | Q(label__iexact=text)
    return Q(key__iexact=text)


def _entries(kind: str, scope: Scope) -> QuerySet[ReferenceEntry]:
    entries = ReferenceEntry.objects.filter(kind=kind)
    if kind in PACE_KINDS:
        return (
            entries.filter(server=scope.server_id)
            if scope.server_id
            else entries.filter(server__isnull=False)
        )
    if scope.account_id:
        entries = entries.filter(account=scope.account_id)
    if kind == ReferenceKind.PRODUCT and scope.site_id:
        entries = entries.filter(parent=scope.site_id)
    return entries


def _choice(entry: ReferenceEntry, within: str) -> FormChoice:
    extra = entry.extra
    off = "" if entry.active else "switched off"
    if entry.kind == ReferenceKind.PRODUCT:
        part = str(extra.get("part_number") or "")
        value = {"part_number": part, "name": entry.label}.get(within, entry.key)
        detail = {"part_number": entry.label, "name": part}.get(within, f"{entry.label} {part}".strip())
        return FormChoice(value, entry.label, _joined(detail if detail != entry.label else part, off))
    if entry.kind == ReferenceKind.SHIPPING_METHOD:
        return FormChoice(
            entry.label or entry.key, entry.label, _joined(str(extra.get("carrier") or ""), off)
        )
    closed = "closed" if entry.kind == ReferenceKind.JOB_STATUS and extra.get("open") is False else ""
    seen_by_buyers = str(extra.get("customer_name") or "")
    details = (
        str(extra.get("provider") or ""),
        str(extra.get("workflow") or ""),
        f"buyers see “{seen_by_buyers}”" if seen_by_buyers and seen_by_buyers != entry.label else "",
        closed,
        off,
    )
    return FormChoice(entry.key, entry.label, _joined(*details))


def _joined(*texts: str) -> str:
    return ", ".join(text for text in texts if text)


# --- what is known of codes -----------------------------------------------------------------------------------


def look_up(codes: Collection[Code]) -> dict[Code, ReferenceFinding]:
    """What is known of these codes: one query, and one for each kind of code."""
    storefronts = {
        pk: Scope(server, account, site)
        for pk, server, account, site in Storefront.objects.filter(
            pk__in={code.storefront_id for code in codes if code.storefront_id is not None}
        ).values_list("pk", "pace_server", "pressero_account", "site_id")
    }
    budget = [SUGGESTION_BUDGET]
    findings: dict[Code, ReferenceFinding] = {}
    for kind in sorted({code.kind for code in codes}):
        book = _Book(kind)
        for code in codes:
            if code.kind == kind:
                scope = storefronts.get(code.storefront_id or 0, EVERYWHERE)
                findings[code] = book.find(code, scope, budget)
    return findings


# A row may name these by what people call them.
_BY_NAME_TOO = (
    ReferenceKind.PRODUCT,
    ReferenceKind.SHIPPING_METHOD,
    ReferenceKind.WORKFLOW,
    ReferenceKind.STAGE,
)


class _Book:
    """One kind of list of all systems, by what its entries are called."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._by_name: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._rows: list[dict[str, Any]] = []
        wanted = ["server_id", "account_id", "parent", "key", "label", "gone_at", "search"]
        if kind in (ReferenceKind.PRODUCT, ReferenceKind.STAGE):
            wanted.append("extra")
        for row in ReferenceEntry.objects.filter(kind=kind).values(*wanted):
            self._rows.append(row)
            for name in self._names_of(row):
                self._by_name[name].append(row)

    def _names_of(self, row: dict[str, Any]) -> set[str]:
        names = [row["key"]]
        if self._kind in _BY_NAME_TOO:
            names.append(row["label"])
        if self._kind == ReferenceKind.PRODUCT:
            names.append(str(row["extra"].get("part_number") or ""))
        return {name_key(name) for name in names} - {""}

    def find(self, code: Code, scope: Scope, budget: list[int]) -> ReferenceFinding:
        meant = [
            row for row in self._by_name.get(name_key(code.value), ()) if self._concerns(row, code, scope)
        ]
        present = next((row for row in meant if row["gone_at"] is None), None)
        if present is not None:
            return ReferenceFinding(Standing.KNOWN, present["label"])
        if meant:
            return ReferenceFinding(Standing.GONE, meant[0]["label"])
        rows = [row for row in self._rows if self._concerns(row, code, scope)]
        if not rows:
            return ReferenceFinding(Standing.UNLISTED)
        return ReferenceFinding(Standing.UNKNOWN, suggestion=self._nearest(code, rows, budget))

    def _concerns(self, row: dict[str, Any], code: Code, scope: Scope) -> bool:
        if self._kind in PACE_KINDS:
            there = self._kind != ReferenceKind.STATE or code.within in ("", row["parent"])
            return there and scope.server_id in (None, row["server_id"])
        if scope.account_id not in (None, row["account_id"]):
            return False
        if self._kind == ReferenceKind.PRODUCT:
            return scope.site_id in ("", row["parent"])
        if self._kind == ReferenceKind.STAGE and code.within:
            names = {name_key(row["parent"]), name_key(str(row["extra"].get("workflow") or ""))}
            return name_key(code.within) in names
        return True

    def _nearest(self, code: Code, rows: Iterable[dict[str, Any]], budget: list[int]) -> str:
        names: dict[str, str] = {}
        for row in rows:
            if row["gone_at"] is None:
                shown = f"{row['key']} {row['label']}".strip()
                if self._kind in (ReferenceKind.PRODUCT, ReferenceKind.SHIPPING_METHOD):
                    shown = row["label"] or row["key"]
                for name in (*self._names_of(row), name_key(row["label"])):
                    names.setdefault(name, shown)
        budget[0] -= len(names)
        if budget[0] < 0:
            return ""
        wanted = name_key(code.value)
        near = difflib.get_close_matches(wanted, names, n=5, cutoff=0.6)
        # Of codes that are equally near, the first one.
        near.sort(key=lambda name: (-difflib.SequenceMatcher(None, name, wanted).ratio(), name))
        return names[near[0]] if near else ""


def warning(kind: str, value: str, scope: Scope) -> str:
    """Why this code of a setting should be looked at again; "" when its system lists it, or nothing is known."""
    code = Code(kind, value)
    finding = _Book(kind).find(code, scope, [SUGGESTION_BUDGET])
    return sentence(code, finding) if finding.stale else ""
