"""Reads what a storefront's coverage is made of: the same few queries whatever it has. Calls no other system."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from integrations.clients.pressero.orders import parse_order
from integrations.clients.schemas import PaceChoice, PaceReference, PresseroOrder
from integrations.core.connections.user_fields import user_field_type
from integrations.errors import HubError
from integrations.models import Order, PaceJob, ReferenceEntry, ReferenceKind, Storefront
from integrations.models.write_backs import UnmappedStatus
from integrations.operations.setup.coverage import Coverage, CoverageInputs, CoverageStatus, Need, cover
from integrations.operations.setup.rule_use import RuleUses
from integrations.orders.submission.inputs import parameters_of
from integrations.planning.dates import server_zone
from integrations.planning.findings import PlanFindings
from integrations.stored import StoredExtra
from mappings.lookup import every_row, every_status_row, table_for
from mappings.text import name_key
from mappings.types import AddressQuery, ProductQuery, ShippingDefaults

RECENT = timedelta(days=90)
MOST_ORDERS = 500


def coverage_of(storefront: Storefront) -> Coverage:
    """The picture of a storefront: what its things would resolve to now."""
    return cover(read(storefront))


def read(storefront: Storefront) -> CoverageInputs:
    lists = _Lists(storefront)
    uses = _rule_uses(storefront, lists)
    needs: list[Need] = []
    for pk, received_at, order in _orders(storefront):
        needs += _needs(pk, order)
        uses.see(pk, order, order.placed_at or received_at)
    # Orders do not say the Integration Id of a product that is not in their item: the site's list does.
    ids = {product.product_id.lower(): product for product in lists.products}
    needs = [
        replace(need, product=ids.get(need.product.product_id.lower(), need.product))
        if not need.product.integration_id
        else need
        for need in needs
    ]
    server = storefront.pace_server
    status_orders = _status_orders(storefront)
    listed = {name_key(status.key) for status in lists.statuses}
    met = {
        status for _, status in (*status_orders, *_unmapped(storefront)) if status and status not in listed
    }
    return CoverageInputs(
        storefront=storefront.name,
        storefront_id=storefront.pk,
        products=tuple(lists.products),
        methods=tuple(lists.methods),
        needs=tuple(needs),
        statuses=(*lists.statuses, *(CoverageStatus(status) for status in sorted(met))),
        status_orders=status_orders,
        workflows=lists.workflows,
        stages=lists.names[ReferenceKind.STAGE],
        ship_vias=lists.names[ReferenceKind.SHIP_VIA],
        templates=lists.names[ReferenceKind.ITEM_TEMPLATE],
        table=every_row(storefront.pk, addresses={need.address for need in needs}),
        status_rows=every_status_row(storefront.pk),
        defaults=ShippingDefaults(
            storefront.default_ship_via, storefront.default_account_number, server.default_ship_via
        ),
        hints=tuple(_hints(storefront, lists, needs)),
        rules=tuple(uses.rules.values()),
        rule_orders=uses.orders,
        asked=uses.asked,
    )


def _rule_uses(storefront: Storefront, lists: _Lists) -> RuleUses:
    """The counts of the storefront's field rules: one query for the rules and value tables."""
    mappings = table_for(storefront.pk, rules=True)
    parameters = parameters_of(storefront)
    reference = PaceReference(
        ship_vias=_choices(lists.names[ReferenceKind.SHIP_VIA]),
        item_templates=_choices(lists.names[ReferenceKind.ITEM_TEMPLATE]),
    )
    zone = server_zone(parameters, PlanFindings(0)) or UTC
    return RuleUses(mappings, parameters, reference, lists.user_fields, zone)


def _choices(names: Mapping[str, str]) -> tuple[PaceChoice, ...]:
    return tuple(PaceChoice(key, label) for key, label in names.items())


class _Lists:
    """The stored lists of the storefront's two systems: one query."""

    def __init__(self, storefront: Storefront) -> None:
        self.products: list[ProductQuery] = []
        self.methods: list[tuple[str, str]] = []
        self.statuses: list[CoverageStatus] = []
        self.workflows: dict[str, str] = {}
        self.names: dict[str, dict[str, str]] = {
            kind: {} for kind in (ReferenceKind.STAGE, ReferenceKind.SHIP_VIA, ReferenceKind.ITEM_TEMPLATE)
        }
        self.user_fields: dict[tuple[str, str], str] = {}
        kinds = (
            ReferenceKind.SHIP_VIA,
            ReferenceKind.ITEM_TEMPLATE,
            ReferenceKind.JOB_STATUS,
            ReferenceKind.USER_FIELD,
        )
        account_wide = (ReferenceKind.SHIPPING_METHOD, ReferenceKind.WORKFLOW, ReferenceKind.STAGE)
        of_pressero = Q(kind__in=account_wide) | Q(kind=ReferenceKind.PRODUCT, parent=storefront.site_id)
        rows = ReferenceEntry.objects.filter(
            Q(server=storefront.pace_server_id, kind__in=kinds)
            | Q(of_pressero, account=storefront.pressero_account_id),
            gone_at__isnull=True,
        ).order_by("pk")
        for kind, key, label, extra, active, parent in rows.values_list(
            "kind", "key", "label", "extra", "active", "parent"
        ):
            if kind == ReferenceKind.USER_FIELD:
                self.user_fields |= user_field_type(parent, key, extra)
            else:
                self._add(kind, key, label, extra, active=active)

    def _add(self, kind: str, key: str, label: str, extra: StoredExtra, *, active: bool) -> None:
        if kind in self.names:
            self.names[kind][key] = label
        elif kind == ReferenceKind.WORKFLOW:
            self.workflows[key] = label
        elif not active:
            return
        elif kind == ReferenceKind.PRODUCT:
            part, own = str(extra.get("part_number") or ""), str(extra.get("integration_id") or "")
            self.products.append(ProductQuery(key, part, label, own))
        elif kind == ReferenceKind.SHIPPING_METHOD:
            self.methods.append((label, key))
        elif kind == ReferenceKind.JOB_STATUS:
            self.statuses.append(CoverageStatus(key, label))


def _orders(storefront: Storefront) -> Iterator[tuple[int, datetime, PresseroOrder]]:
    """The recent orders that were read, the newest first, with when each was received."""
    recent = Order.objects.filter(
        storefront=storefront, received_at__gte=timezone.now() - RECENT, fetched__isnull=False
    ).order_by("-id")
    for pk, received_at, fetched in recent.values_list("pk", "received_at", "fetched")[:MOST_ORDERS]:
        try:
            yield pk, received_at, parse_order(fetched or {})
        except (HubError, ValueError, TypeError, KeyError):
            continue  # an order that cannot be read has a page of its own that says so


def _needs(pk: int, order: PresseroOrder) -> Iterator[Need]:
    for item in order.items:
        to = item.ship_to
        yield Need(
            order=pk,
            product=ProductQuery(
                item.product_id, item.part_number, item.product_name, item.product_integration_id
            ),
            method_name=item.method_name,
            method_id=item.method_id,
            address=AddressQuery(to.business, to.address1, to.city, to.state, to.postal, to.country),
            is_made=not item.is_denied and not item.is_kit,
            is_kit=item.is_kit,
        )


def _status_orders(storefront: Storefront) -> dict[tuple[str, str], frozenset[int]]:
    """The recent orders whose jobs or parts have a status, as last read from Pace."""
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    jobs = PaceJob.objects.filter(
        order__storefront=storefront, submitted_at__gte=timezone.now() - RECENT
    ).order_by("-id")
    for order, status, parts in jobs.values_list("order", "pace_status", "part_statuses")[:MOST_ORDERS]:
        if status:
            found["job", name_key(status)].add(order)
        for part in parts.values():
            if part.get("id"):
                found["part", name_key(str(part["id"]))].add(order)
    return {key: frozenset(orders) for key, orders in found.items()}


def _unmapped(storefront: Storefront) -> Iterator[tuple[str, str]]:
    """Statuses that nobody was told of, also of jobs long ago."""
    rows = UnmappedStatus.objects.filter(storefront=storefront).order_by("pk")
    for job_status, part_status in rows.values_list("job_status", "part_status"):
        yield "job", name_key(job_status)
        yield "part", name_key(part_status)


def _hints(storefront: Storefront, lists: _Lists, needs: Iterable[Need]) -> Iterator[str]:
    if not lists.products:
        yield (
            f"The products of this site were not read yet. Select Refresh codes on the page of {storefront.pressero_account}."
        )
    if not lists.statuses:
        yield f"The codes of {storefront.pace_server} were not read yet. Select Refresh codes on its page."
    if not needs:
        yield f"No order was read in the last {RECENT.days} days, so no addresses are known yet."
