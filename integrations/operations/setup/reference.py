"""Reading the lists of the other systems: every list is kept with the time it was read, what vanished is marked as gone.

A list that cannot be read leaves its old entries as they are and a sentence in its `ReferenceReading`; the others go on.
Storing a list takes the same few queries whatever its length (inserts go in batches).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from integrations.clients.http.jsontext import storable
from integrations.clients.pace import choices as pace_choices
from integrations.clients.pace.choices import PaceListChoice
from integrations.clients.pace.client import PaceClient
from integrations.clients.pace.reference import Load
from integrations.clients.pace.user_fields import user_fields
from integrations.clients.pressero.client import PresseroClient
from integrations.clients.schemas import Site
from integrations.core.connections.clients import pace_client, pressero_client
from integrations.core.workqueue import work_leases
from integrations.enums import EventVerdict
from integrations.errors import ConfigError, CredentialError, HubError, TransientError
from integrations.models import (
    PaceServer,
    PresseroAccount,
    ReferenceEntry,
    ReferenceKind,
    ReferenceReading,
    Storefront,
    WebhookEvent,
)
from mappings.text import name_key, one_line

logger = logging.getLogger(__name__)

System = PaceServer | PresseroAccount
LONGEST_KEY, LONGEST_LABEL, LONGEST_SEARCH = 100, 300, 500
# Keys in one query: below SQLite's limit of parameters.
KEYS_PER_QUERY = 20_000


@dataclass(frozen=True)
class ReferenceLine:
    """What became of one list."""

    system: str
    kind: str
    parent: str = ""
    entries: int = 0
    new: int = 0
    changed: int = 0
    gone: int = 0
    error: str = ""

    def __str__(self) -> str:
        what = f"{self.system}, {ReferenceKind(self.kind).label}{f' of {self.parent}' if self.parent else ''}"
        if self.error:
            return f"{what}: could not be read. {self.error}"
        return f"{what}: {self.entries} ({self.new} new, {self.changed} changed, {self.gone} gone)"


@dataclass
class RefreshReport:
    """What a refresh did."""

    lines: list[ReferenceLine] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)

    @property
    def failures(self) -> list[str]:
        return [str(line) for line in self.lines if line.error]

    @property
    def sentence(self) -> str:
        read = sum(not line.error for line in self.lines)
        return f"{read} lists read, {len(self.failures)} failed."


def refresh_all() -> RefreshReport:
    """Every active server and account; a failing one does not stop the others."""
    report = RefreshReport()
    systems: list[System] = [
        *PaceServer.objects.filter(active=True).order_by("name"),
        *PresseroAccount.objects.filter(active=True).order_by("name"),
    ]
    for system in systems:
        refresh(system, report)
    return report


def work_name(system: System) -> str:
    """The name of the work of reading all lists of a system."""
    return f"reference data of {system.owner_column} {system.pk}"


def refresh(system: System, report: RefreshReport | None = None) -> RefreshReport:
    """All lists of one system; nothing when another worker is at it."""
    report = RefreshReport() if report is None else report
    with work_leases.one_at_a_time(work_name(system)) as run:
        if run is None:
            report.busy.append(f"{system}: another worker is reading it right now.")
            return report
        first = len(report.lines)
        lines = _read_server(system) if isinstance(system, PaceServer) else _read_account(system)
        for line in lines:
            report.lines.append(line)
            run.renew()
        run.summary = RefreshReport(report.lines[first:]).sentence
    return report


# --- Pace -----------------------------------------------------------------------------------------------------


def _read_server(server: PaceServer) -> Iterator[ReferenceLine]:
    reading = _ListReading(server)
    client: Any = reading.attempt_client(lambda: pace_client(server))
    for kind, reader in pace_choices.READERS.items():
        yield reading.renew(kind, partial(_load, client, reader))
    yield reading.renew(ReferenceKind.USER_FIELD, lambda: _user_fields(server, client))


def _user_fields(server: PaceServer, client: PaceClient) -> list[PaceListChoice]:
    """A field that is empty in the newest objects keeps the type that was seen before."""
    known = {
        (parent, key): extra
        for parent, key, extra in ReferenceEntry.objects.filter(
            server=server, kind=ReferenceKind.USER_FIELD
        ).values_list("parent", "key", "extra")
    }
    return [
        one if one.extra["type"] else replace(one, extra=known.get((one.parent, one.key), one.extra))
        for one in user_fields(client)
    ]


def _load(client: PaceClient, reader: Callable[[Load], list[PaceListChoice]]) -> list[PaceListChoice]:
    return reader(client.load)


# --- Pressero -------------------------------------------------------------------------------------------------


def _read_account(account: PresseroAccount) -> Iterator[ReferenceLine]:
    reading = _ListReading(account)
    client: Any = reading.attempt_client(lambda: pressero_client(account))
    yield reading.renew(
        ReferenceKind.SITE, lambda: [_site(site) for site in sites(client, known_sites(account))]
    )
    stored = ReferenceEntry.objects.filter(account=account, kind=ReferenceKind.SITE, gone_at__isnull=True)
    ours = set(Storefront.objects.filter(pressero_account=account).values_list("site_id", flat=True))
    for site_id, name, extra in stored.order_by("label").values_list("key", "label", "extra"):
        if site_id in ours and (host := extra.get("url")):
            read = partial(_products, client, host, site_id)
            yield reading.renew(ReferenceKind.PRODUCT, read, parent=site_id, shown=name)
    yield reading.renew(ReferenceKind.SHIPPING_METHOD, lambda: _methods(client))
    yield reading.renew(ReferenceKind.WORKFLOW, lambda: _workflows(client))
    yield reading.renew(ReferenceKind.STAGE, lambda: _stages(client))


def known_sites(account: PresseroAccount) -> list[str]:
    """The site ids of an account that the hub has met: of its storefronts, and of events nobody took."""
    homeless = WebhookEvent.objects.filter(
        account=account, verdict__in=[EventVerdict.UNKNOWN_SITE, EventVerdict.INACTIVE_SITE]
    ).exclude(site_id="")
    ids = {*Storefront.objects.filter(pressero_account=account).values_list("site_id", flat=True)}
    ids |= {site_id.lower() for site_id in homeless.values_list("site_id", flat=True).distinct()}
    return sorted(ids)


def sites(client: PresseroClient, ids: Iterable[str]) -> list[Site]:
    """The sites that Pressero knows among these. Pressero's API has no list of all sites."""
    found = []
    for site_id in ids:
        try:
            found.append(client.site(site_id))
        except ConfigError as error:
            if isinstance(error, CredentialError) or error.field != "site_id":
                raise
    return found


def _site(site: Site) -> PaceListChoice:
    return PaceListChoice(
        key=site.id.lower(),
        label=site.name,
        active=site.is_active,
        extra={"url": site.url, "integration_id": site.integration_id},
    )


def _products(client: PresseroClient, host: str, site_id: str) -> list[PaceListChoice]:
    return [
        PaceListChoice(
            key=product.id,
            label=product.name,
            parent=site_id,
            active=product.active,
            extra={"part_number": product.part_number, "integration_id": product.integration_id},
        )
        for product in client.products(host)
    ]


def _methods(client: PresseroClient) -> list[PaceListChoice]:
    return [
        PaceListChoice(
            key=method.id, label=method.name, active=method.active, extra={"carrier": method.carrier}
        )
        for method in client.shipping_methods()
    ]


def _workflows(client: PresseroClient) -> list[PaceListChoice]:
    return [PaceListChoice(key=flow.id, label=flow.name or flow.description) for flow in client.workflows()]


def _stages(client: PresseroClient) -> list[PaceListChoice]:
    return [
        PaceListChoice(
            key=stage.id,
            label=stage.name or stage.description,
            parent=flow.id,
            extra={"seq": stage.seq, "customer_name": stage.customer_name, "workflow": flow.name},
        )
        for flow in client.workflows()
        if flow.id
        for stage in client.stages(flow.id)
    ]


# --- storing --------------------------------------------------------------------------------------------------


class _ListReading:
    """The readings of one system. When it cannot be called at all, its other lists are not tried any more."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._given_up = ""

    def attempt_client(self, make: Callable[[], Any]) -> Any:
        try:
            return make()
        except HubError as error:
            self._given_up = str(error)
            return None

    def renew(
        self, kind: str, read: Callable[[], list[PaceListChoice]], *, parent: str = "", shown: str = ""
    ) -> ReferenceLine:
        now = timezone.now()
        if not self._given_up:
            try:
                line = store(self._system, kind, read(), parent=parent, now=now)
            except HubError as error:
                if isinstance(error, CredentialError) or (
                    isinstance(error, TransientError) and error.surely_not_sent
                ):
                    self._given_up = str(error)
                return self._failed(kind, parent, str(error), now)
            return replace(line, parent=shown or parent)
        return self._failed(kind, parent, self._given_up, now)

    def _failed(self, kind: str, parent: str, error: str, now: datetime) -> ReferenceLine:
        logger.warning("Reference data: %s, %s: %s", self._system, kind, error)
        ReferenceReading.objects.update_or_create(
            **self._system.as_owner, kind=kind, parent=parent, defaults={"failed_at": now, "error": error}
        )
        return ReferenceLine(str(self._system), kind, parent, error=error)


@transaction.atomic
def store(
    system: System,
    kind: str,
    choices: Iterable[PaceListChoice],
    *,
    parent: str = "",
    now: datetime | None = None,
) -> ReferenceLine:
    """Put one list in place of what was known of it. `parent`: only the entries of this one are replaced."""
    now = now or timezone.now()
    listed = ReferenceEntry.objects.filter(
        **system.as_owner, kind=kind, **({"parent": parent} if parent else {})
    )
    before = {
        (row.parent, row.key): row
        for row in listed.only("parent", "key", "label", "extra", "active", "gone_at")
    }
    fresh: dict[tuple[str, str], ReferenceEntry] = {}
    for choice in choices:
        entry = _entry(system, kind, choice, now)
        if entry is not None:
            fresh[entry.parent, entry.key] = entry
    new = [key for key in fresh if key not in before]
    changed = [key for key in fresh if key in before and not _same(before[key], fresh[key])]
    gone = [row.pk for key, row in before.items() if key not in fresh and row.gone_at is None]
    for start in range(0, len(gone), KEYS_PER_QUERY):
        ReferenceEntry.objects.filter(pk__in=gone[start : start + KEYS_PER_QUERY]).update(gone_at=now)
    listed.filter(gone_at__isnull=True).update(seen_at=now)
    ReferenceEntry.objects.bulk_create(
        [fresh[key] for key in (*new, *changed)],
        batch_size=1000,
        update_conflicts=True,
        unique_fields=[system.owner_column, "kind", "parent", "key"],
        update_fields=["label", "extra", "active", "search", "seen_at", "gone_at"],
    )
    ReferenceReading.objects.update_or_create(
        **system.as_owner,
        kind=kind,
        parent=parent,
        defaults={"read_at": now, "entries": len(fresh), "failed_at": None, "error": ""},
    )
    return ReferenceLine(str(system), kind, parent, len(fresh), len(new), len(changed), len(gone))


def _entry(system: System, kind: str, choice: PaceListChoice, now: datetime) -> ReferenceEntry | None:
    key = one_line(choice.key)
    if not key or len(key) > LONGEST_KEY:
        return None
    label = " ".join(one_line(choice.label).split())[:LONGEST_LABEL]
    words = [
        key,
        label,
        *(str(choice.extra[name]) for name in ("part_number", "provider") if choice.extra.get(name)),
    ]
    return ReferenceEntry(
        **system.as_owner,
        kind=kind,
        parent=one_line(choice.parent)[:64],
        key=key,
        label=label,
        extra=storable(choice.extra),
        active=choice.active,
        search=name_key(" ".join(words))[:LONGEST_SEARCH],
        seen_at=now,
    )


def _same(old: ReferenceEntry, new: ReferenceEntry) -> bool:
    shown = (old.label, old.extra, old.active) == (new.label, new.extra, new.active)
    return shown and old.gone_at is None
