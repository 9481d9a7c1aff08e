"""What the editor of field rules shows: the values of a recent order, what a rule makes of it, and whether it ever applies.

Reads what the hub stored of its orders; no other system is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from automationhub.lib.liquid import LiquidWork, ValueTables
from integrations.clients.pressero.orders import parse_order
from integrations.clients.schemas import PaceReference, PresseroItem, PresseroOrder
from integrations.core.connections.user_fields import user_field_types
from integrations.errors import HubError
from integrations.models import Order
from integrations.orders.submission.inputs import parameters_of
from integrations.planning import rule_variables
from integrations.planning.dates import server_zone
from integrations.planning.field_rules import FieldRules, Subject, subjects_of
from integrations.planning.findings import PlanFindings
from integrations.planning.override_fields import JOB, PART, SHIPMENT
from integrations.planning.plan_types import Fields, FieldSource, PlannedValue, SourceKind
from integrations.planning.rule_fields import type_words, writable_fields
from integrations.stored import StoredFields, StoredJob, StoredPart, StoredParty, StoredPlan, StoredShipment
from mappings.lookup import value_tables
from mappings.models import FieldRule
from mappings.text import name_key
from mappings.types import FieldRuleRow, MappingTable

# So many of the last orders a rule is tried with: enough to say that it never applies, few enough to wait for.
LAST_ORDERS = 200
OFFERED_ORDERS = 10
MOST_FIELDS = 50
_CUSTOMER, _CONTACT = "customer", "contact"


@dataclass(frozen=True)
class Placeholder:
    """One variable with its value in the example order."""

    name: str
    group: str
    text: str
    value: str


@dataclass(frozen=True)
class RuleOutcome:
    """What a rule makes of one order. `before`: the value that is planned without it, and `source` where that is from."""

    order: int
    applies: bool = False
    value: str = ""
    problem: str = ""
    before: str = ""
    source: str = ""
    item: int | None = None


@dataclass(frozen=True)
class PaceField:
    """A field that a rule may write. `remark`: what else writes it."""

    name: str
    kind: str
    remark: str = ""


def recent_orders(storefront_id: int | None, limit: int = OFFERED_ORDERS) -> list[Order]:
    """The last orders that were read from Pressero, of one storefront or of all."""
    rows = Order.objects.filter(fetched__isnull=False).select_related("storefront__pace_server")
    if storefront_id is not None:
        rows = rows.filter(storefront_id=storefront_id)
    return list(rows.order_by("-id")[:limit])


def placeholders(order: Order) -> list[Placeholder]:
    """All variables with the values that this order has, those by names that people gave included."""
    example = _Example.of(order)
    if example is None:
        return [Placeholder(one.name, one.group, one.text, "") for one in rule_variables.VARIABLES]
    values = {**example.shared, "item": rule_variables.of_item(example.first)}
    found: list[Placeholder] = []
    for one in rule_variables.VARIABLES:
        value = rule_variables.value_of(values, one.name.split("."))
        if one.name in rule_variables.NAMED:
            found += [
                Placeholder(f'{one.name}["{name}"]', one.group, one.text, text)
                for name, text in value.items()
            ]
            continue
        shown = f"{len(example.read.items)}" if one.name == "items" else rule_variables.shown(value)
        found.append(Placeholder(one.name, one.group, one.text, shown))
    return found


def try_rule(rule: FieldRuleRow, order: Order) -> RuleOutcome:
    """What a rule makes of an order: the first item (or the order as a whole) that it applies to."""
    example = _Example.of(order)
    if example is None:
        return RuleOutcome(order.number, problem="The order could not be read.")
    planned = _planned(order, rule)
    rules = example.rules(rule, _tables(rule), LiquidWork())
    last = RuleOutcome(order.number, before=planned[0], source=planned[1])
    for subject in example.subjects(rule.object):
        tried = rules.try_rule(rule, subject, _before(rule, planned))
        last = replace(
            last,
            applies=tried.applies,
            value=rule_variables.shown(tried.value),
            problem=tried.problem,
            item=subject.items[0].seq,
        )
        if tried.applies or tried.problem:
            break
    return last


@dataclass
class Count:
    """How many of the last orders a rule applied to. `stopped`: those that it could not be used for."""

    orders: int = 0
    applied: int = 0
    stopped: int = 0
    example: int | None = None


def count_matches(rule: FieldRuleRow) -> Count:
    """How often a rule would have applied to the last orders of its storefront. A costly rule is tried with fewer: all of
    them together may take the work of one order."""
    count, work = Count(), LiquidWork()
    tables = _tables(rule)
    for order in recent_orders(rule.storefront_id, LAST_ORDERS):
        example = _Example.of(order)
        if example is None:
            continue
        rules = example.rules(rule, tables, work)
        tried = [rules.try_rule(rule, subject, {}) for subject in example.subjects(rule.object)]
        if work.left < 0 and count.orders:
            break
        count.orders += 1
        if any(one.applies for one in tried):
            count.applied += 1
            count.example = count.example or order.number
        elif any(one.problem for one in tried):
            count.stopped += 1
    return count


def pace_fields(
    object_: str, text: str, storefront_id: int | None, *, most: int | None = MOST_FIELDS
) -> list[PaceField]:
    """The fields of an object that rules may write, with what else writes them; those that hold the text in their name."""
    own = {name: kind for (of, name), kind in user_field_types().items() if of == object_}
    known = {**writable_fields(object_), **own}
    taken = _ruled(object_, storefront_id)
    planned = _planned_sources(object_, storefront_id)
    wanted = name_key(text)
    found = [
        PaceField(name, type_words(kind), taken.get(name) or planned.get(name, ""))
        for name, kind in known.items()
        if wanted in name_key(name)
    ]
    # The plant's own fields first: they are what rules are written for most.
    return sorted(found, key=lambda one: (not one.name.startswith("u_"), one.name.lower()))[:most]


def _ruled(object_: str, storefront_id: int | None) -> dict[str, str]:
    rows = (
        FieldRule.objects.filter(object=object_)
        .order_by("pk")
        .values_list("pace_field", "pk", "storefront_id")
    )
    numbers: dict[str, list[str]] = {}
    for name, pk, of in rows:
        if storefront_id is None or of in (None, storefront_id):
            numbers.setdefault(name, []).append(str(pk))
    return {name: f"field rule {', '.join(pks)}" for name, pks in numbers.items()}


def _planned_sources(object_: str, storefront_id: int | None) -> dict[str, str]:
    """Where the last planned order took the fields of this object from."""
    rows = Order.objects.filter(plan__isnull=False)
    if storefront_id is not None:
        rows = rows.filter(storefront_id=storefront_id)
    order = rows.order_by("-id").first()
    if order is None:
        return {}
    fields = _fields_of(order.plan or {}, object_)
    return {name: str((planned.get("source") or {}).get("detail", "")) for name, planned in fields.items()}


def _planned(order: Order, rule: FieldRuleRow) -> tuple[str, str]:
    """The value that the order's stored plan has for this field, and where it is from."""
    planned = _fields_of(order.plan or {}, rule.object).get(rule.pace_field)
    if planned is None:
        return "", ""
    source = planned.get("source") or {}
    if source.get("mapping") == "fields":
        return "", str(source.get("detail", ""))
    return rule_variables.shown(planned.get("value")), str(source.get("detail", ""))


def _tables(rule: FieldRuleRow) -> ValueTables:
    rows = value_tables() if "lookup" in rule.value + rule.when else ()
    return ValueTables((row.table, row.original, row.replacement) for row in rows)


def _before(rule: FieldRuleRow, planned: tuple[str, str]) -> Fields:
    if not planned[0]:
        return {}
    return {rule.pace_field: PlannedValue(planned[0], FieldSource(SourceKind.COMPUTED, planned[1]))}


def _fields_of(plan: StoredPlan, object_: str) -> StoredFields:
    job: StoredJob = next(iter(plan.get("jobs") or []), StoredJob())
    party = plan.get("party") or StoredParty()
    part: StoredPart = next(iter(job.get("parts") or []), StoredPart())
    shipment: StoredShipment = next(iter(job.get("shipments") or []), StoredShipment())
    found: dict[str, StoredFields | None] = {
        JOB: job.get("fields"),
        PART: part.get("fields"),
        SHIPMENT: shipment.get("fields"),
        "carton": shipment.get("carton"),
        _CUSTOMER: party.get("create_customer"),
        _CONTACT: party.get("create_contact"),
    }
    return found.get(object_) or {}


@dataclass
class _Example:
    """A stored order as a rule sees it."""

    order: Order
    read: PresseroOrder
    now: datetime
    shared: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, order: Order) -> _Example | None:
        try:
            read = parse_order(order.fetched or {})
        except HubError:
            return None
        if not read.items:
            return None
        store = parameters_of(order.storefront)
        zone = server_zone(store, PlanFindings(order.number))
        # The day on which it came: seen from today, every order of last month was due long ago.
        now = (read.placed_at or order.received_at).astimezone(zone)
        return cls(order, read, now, rule_variables.of_order(read, store, now, zone))

    @property
    def first(self) -> PresseroItem:
        return min(self.read.items, key=lambda item: item.seq)

    def subjects(self, object_: str) -> Iterator[Subject]:
        """What a rule of this object is asked for: each item, or the order as a whole."""
        items = sorted(self.read.items, key=lambda item: item.seq)
        yield from subjects_of(object_, self.read, items)

    def rules(self, rule: FieldRuleRow, tables: ValueTables, work: LiquidWork) -> FieldRules:
        store = parameters_of(self.order.storefront)
        return FieldRules(
            self.read,
            store,
            MappingTable(fields=(rule,)),
            PaceReference(),
            user_field_types(self.order.storefront.pace_server_id)
            if rule.pace_field.startswith("u_")
            else {},
            self.now,
            self.now.tzinfo,
            PlanFindings(self.order.number),
            tables,
            work,
        )
