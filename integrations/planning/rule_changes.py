"""What field rules would say otherwise since an order was sent, because the order changed in Pressero. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from integrations.clients.schemas import PresseroOrder
from integrations.planning.field_rules import FieldRules
from integrations.planning.order_diff import OrderChangeFound
from integrations.planning.override_fields import CARTON, JOB, PART, SHIPMENT
from integrations.planning.plan_types import Fields
from integrations.stored import StoredPlan
from mappings.types import FieldRuleRow

OF_THE = " of the "
LONGEST_NAME = 60


def comparable_rules(rules: Sequence[FieldRuleRow]) -> tuple[FieldRuleRow, ...]:
    """The rules whose result is a matter of the order alone: those that set a field, whatever is planned for it."""
    return tuple(rule for rule in rules if rule.mode == "set" and "planned" not in rule.value + rule.when)


def rule_changes(
    rules: FieldRules, plan: StoredPlan, then: PresseroOrder, now: PresseroOrder
) -> tuple[OrderChangeFound, ...]:
    """A change for each field of an object in `plan` that comes out otherwise. Both orders are seen at the time of `rules`, so
    that a day that passed is no change."""
    found: dict[tuple[int | None, str], OrderChangeFound] = {}
    before, after = rules.of_order(then, rules.now), rules.of_order(now, rules.now)
    for object_, item, seqs in _objects(plan):
        old, new = _results(before, object_, then, seqs), _results(after, object_, now, seqs)
        for name in dict.fromkeys([*old, *new]):
            values = (_shown(old, name), _shown(new, name))
            if values[0] != values[1]:
                field = f"{name[:LONGEST_NAME]}{OF_THE}{object_}"
                found.setdefault((item, field), OrderChangeFound(item, field, *values))
    return tuple(found.values())


def _objects(plan: StoredPlan) -> Iterator[tuple[str, int | None, list[int]]]:
    """The objects of a stored plan: kind, the item that they are told by (None: the order), and the items they stand for."""
    jobs = plan.get("jobs") or []
    for job in jobs:
        items = {str(part.get("number")): int(part.get("item") or 0) for part in job.get("parts") or []}
        seqs = list(items.values())
        yield JOB, None if len(jobs) == 1 else next(iter(seqs), None), seqs
        for seq in seqs:
            yield PART, seq, [seq]
        for shipment in job.get("shipments") or []:
            carried = [items[number] for number in map(str, shipment.get("parts") or []) if number in items]
            for object_ in (SHIPMENT, CARTON) if carried else ():
                yield object_, carried[0], carried


def _results(rules: FieldRules, object_: str, order: PresseroOrder, seqs: Sequence[int]) -> Fields:
    by_seq = {item.seq: item for item in order.items}
    items = [by_seq[seq] for seq in seqs if seq in by_seq]
    # An item that is gone is a change of its own.
    return rules.applied(object_, items, {}) if len(items) == len(seqs) else {}


def _shown(fields: Fields, name: str) -> str:
    value = fields[name].value if name in fields else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
