"""What a rehearsal plans from: stored payloads of the last orders and kept lists of Pace. Calls no other system.

A constant number of queries, and one more for each hundred orders.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from automationhub.lib.territories import country_code
from automationhub.lib.texts import first_email
from integrations.causes import CauseKind
from integrations.clients.pressero.orders import parse_order
from integrations.clients.schemas import (
    PaceChoice,
    PaceContact,
    PaceCountry,
    PaceReference,
    PaceState,
    PresseroOrder,
)
from integrations.core.connections import user_fields
from integrations.errors import HubError
from integrations.models import Order, OrderOverride, ReferenceEntry, ReferenceKind, Storefront
from integrations.models.reference import PACE_KINDS
from integrations.orders.submission import overrides
from integrations.planning.plan import make_plan
from integrations.planning.plan_types import (
    CustomerCandidates,
    Override,
    Plan,
    PlanInputs,
    StorefrontParameters,
)
from integrations.stored import StoredExtra
from mappings.types import MappingTable

AT_ONCE = 100
# Stands for the customer of a buyer whom only Pace knows: the same before and after, so it makes no difference.
UNKNOWN_CUSTOMER = "the buyer's customer in Pace"
UNKNOWN_CONTACT = 0
# What an order was stopped for, as `planning.customers` names it.
_LACKS = {
    CauseKind.CUSTOMER: "customer",
    CauseKind.INTEGRATION_ID: "customer",
    CauseKind.CONTACT: "contact",
}


@dataclass(frozen=True)
class StoredInputs:
    """One order as it was last read, and what the hub has kept of its buyer in Pace."""

    pk: int
    storefront: int
    order: PresseroOrder
    at: datetime
    overrides: tuple[Override, ...]
    customer: str = ""
    contact: int | None = None
    # The customer, or only the contact, was missing when the order stopped.
    lacks: str = ""


@dataclass(frozen=True)
class Unreadable:
    """An order that cannot be planned from what is stored, and why."""

    number: int
    reason: str


def last_orders(count: int, storefront: Storefront | None = None) -> list[int]:
    """The ids of the last orders, the newest first: one query."""
    orders = Order.objects.order_by("-id")
    if storefront is not None:
        orders = orders.filter(storefront=storefront)
    return list(orders.values_list("pk", flat=True)[:count])


def read_orders(pks: Sequence[int]) -> Iterator[StoredInputs | Unreadable]:
    """The orders one by one in this order; no more than a hundred payloads are in memory."""
    chosen = _overrides(pks)
    columns = (
        "pk", "number", "storefront_id", "fetched", "fetched_at", "received_at", "plan__party", "cause_kind", "pace_customer",
    )  # fmt: skip
    for start in range(0, len(pks), AT_ONCE):
        some = pks[start : start + AT_ONCE]
        rows = {row["pk"]: row for row in Order.objects.filter(pk__in=some).values(*columns)}
        yield from (_stored(rows[pk], chosen.get(pk, ())) for pk in some if pk in rows)


def _stored(row: dict[str, Any], chosen: tuple[Override, ...]) -> StoredInputs | Unreadable:
    if not row["fetched"]:
        return Unreadable(row["number"], "It was not read from Pressero yet, or its text was removed.")
    try:
        order = parse_order(row["fetched"])
    except (HubError, ValueError, TypeError, KeyError, AttributeError) as error:
        return Unreadable(row["number"], f"Its stored text cannot be read: {error}")
    known = row["plan__party"] if isinstance(row["plan__party"], dict) else {}
    return StoredInputs(
        pk=row["pk"],
        storefront=row["storefront_id"],
        order=order,
        at=row["fetched_at"] or row["received_at"],
        overrides=chosen,
        customer=str(row["pace_customer"] or known.get("customer_id") or ""),
        contact=known.get("contact_id"),
        lacks=_LACKS.get(row["cause_kind"], ""),
    )


def _overrides(pks: Iterable[int]) -> dict[int, tuple[Override, ...]]:
    """What staff changed for these orders only: one query."""
    found: dict[int, list[Override]] = defaultdict(list)
    for row in OrderOverride.objects.filter(order__in=list(pks)).order_by("pk"):
        if (planned := overrides.as_planned(row)) is not None:
            found[row.order_id].append(planned)
    return {pk: tuple(some) for pk, some in found.items()}


def candidates(stored: StoredInputs, parameters: StorefrontParameters) -> CustomerCandidates:
    """What Pace would say of the buyer, as far as the hub knows: what it said when the order was planned.

    A customer that a storefront names is taken as known in Pace: whether it is can only be asked there.
    """
    named = parameters.integration_id or parameters.site_integration_id
    customer = named or stored.customer or UNKNOWN_CUSTOMER
    contact = PaceContact(
        id=UNKNOWN_CONTACT if stored.contact is None else stored.contact,
        customer=customer,
        email=first_email(stored.order.buyer_email),
    )
    fallback = parameters.fallback_contact
    return CustomerCandidates(
        contacts=() if stored.lacks else (contact,),
        customer_exists=stored.lacks != "customer" if named else None,
        fallback=PaceContact(id=fallback, customer=customer) if fallback else None,
    )


def planned(
    stored: StoredInputs,
    parameters: StorefrontParameters,
    table: MappingTable,
    reference: PaceReference,
    server_id: int,
) -> Plan:
    """The plan of a stored order by these settings and rows."""
    return make_plan(
        PlanInputs(
            order=stored.order,
            storefront=parameters,
            mappings=table,
            reference=reference,
            candidates=candidates(stored, parameters),
            now=stored.at,
            preview=True,
            overrides=stored.overrides,
            user_fields=user_fields.types_for(table.fields, server_id, stored.overrides),
        )
    )


@dataclass(frozen=True)
class Lists:
    """What is kept of the lists of Pace servers, and of the sites of Pressero accounts."""

    servers: dict[int, PaceReference]
    sites: dict[tuple[int, str], str] = field(default_factory=dict)

    def of(self, server: int, order: PresseroOrder, home_country: str) -> PaceReference:
        """The lists of a server. Countries that were never read are taken as known: both plans then find the same ones."""
        reference = self.servers.get(server, PaceReference())
        if reference.countries:
            return reference
        named = [home_country, *(item.ship_to.country for item in order.items)]
        codes = sorted({code for text in named if (code := country_code(text))})
        met = tuple(PaceCountry(number, code, iso2=code) for number, code in enumerate(codes, start=1))
        return PaceReference(**{**vars(reference), "countries": met, "states": ()})


def stored_lists(server_id: int | None = None) -> Lists:
    """All kept lists, or those of one Pace server and all sites: two queries."""
    rows: dict[int, dict[str, list[tuple[str, str, str, StoredExtra, bool]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    kept = ReferenceEntry.objects.filter(gone_at__isnull=True)
    of_pace = kept.filter(server__isnull=False, kind__in=PACE_KINDS).order_by("server", "kind", "key")
    if server_id is not None:
        of_pace = of_pace.filter(server=server_id)
    for server, kind, key, label, parent, extra, active in of_pace.values_list(
        "server", "kind", "key", "label", "parent", "extra", "active"
    ):
        if server is not None:
            rows[server][kind].append((key, label, parent, extra, active))
    sites = kept.filter(account__isnull=False, kind=ReferenceKind.SITE)
    return Lists(
        servers={server: _reference(lists) for server, lists in rows.items()},
        sites={
            (account, key): str(extra.get("integration_id") or "")
            for account, key, extra in sites.values_list("account", "key", "extra")
        },
    )


def _reference(lists: dict[str, list[tuple[str, str, str, StoredExtra, bool]]]) -> PaceReference:
    def choices(kind: str) -> tuple[PaceChoice, ...]:
        return tuple(
            PaceChoice(key, label, active, planned=bool(extra.get("planned")))
            for key, label, _, extra, active in lists.get(kind, ())
        )

    return PaceReference(
        countries=tuple(
            PaceCountry(int(key), label, iso2=str(extra.get("iso") or ""))
            for key, label, _, extra, _ in lists.get(ReferenceKind.COUNTRY, ())
            if key.isdigit()
        ),
        states=tuple(
            PaceState(f"{country}:{key}", key, int(country), label)
            for key, label, country, _, _ in lists.get(ReferenceKind.STATE, ())
            if country.isdigit()
        ),
        ship_vias=choices(ReferenceKind.SHIP_VIA),
        shipment_types=choices(ReferenceKind.SHIPMENT_TYPE),
        job_types=choices(ReferenceKind.JOB_TYPE),
        job_statuses=choices(ReferenceKind.JOB_STATUS),
        item_templates=choices(ReferenceKind.ITEM_TEMPLATE),
    )
