"""The values of one order that staff may change, each with what is planned now and what would be without their changes.

Planned from what is stored, so that the form opens without asking Pressero or Pace.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from integrations.clients.pace.field_types import USER_DEFINED
from integrations.core.connections.user_fields import user_field_types
from integrations.models import Order, OrderOverride
from integrations.operations.setup import rehearsal_inputs
from integrations.operations.setup.rehearsal_inputs import Unreadable
from integrations.orders.submission.inputs import mappings_for, parameters_of
from integrations.planning.override_fields import (
    CARTON,
    FIELDS,
    JOB,
    OWN,
    PART,
    SHIPMENT,
    Field,
    changeable,
)
from integrations.planning.plan_types import Fields, Plan, PlannedValue, Value
from mappings.models import FieldRule

logger = logging.getLogger(__name__)

# Items on one page of the form at most, and boxes: each is sent with what it showed before, and Django takes a thousand
# values in one request.
ITEMS_AT_ONCE, MOST_BOXES = 10, 400
# A plant's own fields on the form, those that rules write first; others have their link in the plan.
MOST_OWN = 60


@dataclass(frozen=True)
class Slot:
    """One value that may be changed. `value`: as planned now, as it would be typed; `origin`: where that comes from;
    `without`: what would be planned without the change of staff, `changed`."""

    field: Field
    item: int | None
    value: str = ""
    origin: str = ""
    without: str = ""
    changed: OrderOverride | None = None


@dataclass(frozen=True)
class Group:
    """Values that belong together: those of the whole order, of an item, or of a shipment of some items."""

    level: str
    slots: Sequence[Slot]
    items: tuple[int, ...] = ()
    name: str = ""


@dataclass(frozen=True)
class Values:
    """All groups of an order, or of the items on one page. `problem`: why no planned values are shown."""

    groups: Sequence[Group]
    problem: str = ""
    page: int = 1
    pages: int = 1


@dataclass
class _Planned:
    """The fields of a plan by where they may be changed, and which items ship together, by the first of them."""

    fields: dict[tuple[str, int | None], Fields] = field(default_factory=dict)
    shipments: dict[int, tuple[int, ...]] = field(default_factory=dict)
    parts: list[int] = field(default_factory=list)


def values_of(order: Order, *, page: int = 1, item: int | None = None, key: str = "") -> Values:
    """The values of the order and of one page of its items; the page with `item` and the field `key`, where one is
    named."""
    now, without, problem = _plans(order)
    changed = {(row.key, row.item): row for row in OrderOverride.objects.filter(order=order)}
    fields = _fields(order, [key, *(one for one, _ in changed)])
    of_item = sum(one.level != JOB for one in fields)
    at_once = max(1, min(ITEMS_AT_ONCE, (MOST_BOXES - len(fields) + of_item) // of_item))
    names = dict(order.items.order_by("seq").values_list("seq", "product_name"))
    seqs = [seq for seq in names if seq in now.parts] or list(names)
    pages = max(1, -(-len(seqs) // at_once))
    if item in seqs:
        page = seqs.index(item) // at_once + 1
    page = min(max(page, 1), pages)
    shown = seqs[(page - 1) * at_once : page * at_once]
    book = _SlotFinder(fields, now, without, changed)
    groups = [Group(JOB, book.slots(JOB, ()))]
    for seq in shown:
        groups.append(Group(PART, book.slots(PART, (seq,)), (seq,), names[seq]))
        if together := _ships(now, seq):
            slots = [*book.slots(SHIPMENT, together), *book.slots(CARTON, together)]
            groups.append(Group(SHIPMENT, slots, together, names[seq]))
    return Values(groups, problem, page, pages)


def _ships(planned: _Planned, seq: int) -> tuple[int, ...]:
    """The items of the shipment that this item stands for; none for an item that ships with one before it."""
    if not planned.shipments:
        return (seq,)
    return planned.shipments.get(seq, ())


@dataclass(frozen=True)
class _SlotFinder:
    """What is planned and what was changed, asked slot by slot."""

    fields: Sequence[Field]
    now: _Planned
    without: _Planned
    changed: Mapping[tuple[str, int | None], OrderOverride]

    def slots(self, level: str, items: tuple[int, ...]) -> list[Slot]:
        return [self._slot(one, items) for one in self.fields if one.level == level]

    def _slot(self, of: Field, items: tuple[int, ...]) -> Slot:
        first = items[0] if items else None
        places: Iterable[int | None] = (*items, None)
        row = next((found for place in places if (found := self.changed.get((of.key, place)))), None)
        planned = self.now.fields.get((of.level, first), {}).get(of.name)
        without = self.without.fields.get((of.level, first), {}).get(of.name)
        return Slot(
            of,
            row.item if row else first,
            _as_stored(row) if row and planned is None else typed(planned),
            planned.source.detail if planned else "",
            typed(without),
            row,
        )


def _as_stored(row: OrderOverride) -> str:
    """What staff typed, a moment as its box takes it."""
    field = changeable(row.key)
    return row.value.replace(" ", "T", 1) if field and field.kind == "moment" else row.value


def typed(planned: PlannedValue | None) -> str:
    """A planned value as it would be typed into its box."""
    value: Value = planned.value if planned else None
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M")
    return str(value)


# --- the fields ----------------------------------------------------------------------------------------------------


def _fields(order: Order, also: Iterable[str]) -> list[Field]:
    """What planning lets staff change: the known fields, then the plant's own, with the fields `also` in any case."""
    named = [field for key in also if (field := changeable(key))]
    return list({field.key: field for field in (*FIELDS.values(), *own_fields(order), *named)}.values())


def own_fields(order: Order) -> list[Field]:
    """The plant's own fields (`u_…`) that were seen in Pace or that a field rule writes: two queries."""
    seen = list(user_field_types(order.storefront.pace_server_id))
    for_all_or_it = Q(storefront=order.storefront_id) | Q(storefront__isnull=True)
    ruled = FieldRule.objects.filter(for_all_or_it, pace_field__startswith=USER_DEFINED).order_by("pk")
    keys = (f"{object_}.{name}" for object_, name in [*ruled.values_list("object", "pace_field"), *seen])
    found = [field for key in dict.fromkeys(keys) if (field := changeable(key)) and field.kind == OWN]
    return sorted(found[:MOST_OWN], key=lambda field: (field.level, field.name.lower()))


# --- the plans ----------------------------------------------------------------------------------------------------


def _plans(order: Order) -> tuple[_Planned, _Planned, str]:
    """The plan of now, the one without what staff changed, and why there is none."""
    stored = next(iter(rehearsal_inputs.read_orders([order.pk])))
    if isinstance(stored, Unreadable):
        return _Planned(), _Planned(), stored.reason
    storefront = order.storefront
    server = storefront.pace_server
    lists = rehearsal_inputs.stored_lists(server.pk)
    site = lists.sites.get((storefront.pressero_account_id, storefront.site_id), "")
    parameters = replace(parameters_of(storefront), site_integration_id=site)
    stored = replace(stored, at=timezone.now())
    try:
        table = mappings_for(stored.order, storefront, stored.at)
        reference = lists.of(server.pk, stored.order, server.home_country)
        plans = [
            rehearsal_inputs.planned(one, parameters, table, reference, server.pk)
            for one in (stored, replace(stored, overrides=()))
        ]
    except Exception as error:  # whatever planning stumbles over, the values can be changed all the same
        logger.exception("The values of order %s could not be planned for the form.", order.number)
        return _Planned(), _Planned(), f"It cannot be planned: {type(error).__name__}: {error}"
    return _by_place(plans[0]), _by_place(plans[1]), ""


def _by_place(plan: Plan) -> _Planned:
    found = _Planned()
    for job in plan.jobs:
        found.fields.setdefault((JOB, None), job.fields)
        numbers = {part.number: part.item for part in job.parts}
        for part in job.parts:
            found.fields.setdefault((PART, part.item), part.fields)
            if part.item not in found.parts:
                found.parts.append(part.item)
        for shipment in job.shipments:
            together = tuple(dict.fromkeys(numbers[number] for number in shipment.parts))
            found.fields.setdefault((SHIPMENT, together[0]), shipment.fields)
            found.fields.setdefault((CARTON, together[0]), shipment.carton)
            found.shipments.setdefault(together[0], together)
    return found
