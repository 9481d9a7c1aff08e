"""What field rules say otherwise after an order changed in Pressero."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from integrations.clients.schemas import PaceReference, PresseroOrder
from integrations.planning.field_rules import FieldRules
from integrations.planning.findings import PlanFindings
from integrations.planning.rule_changes import comparable_rules, rule_changes
from mappings.types import FieldRuleRow, MappingTable
from tests.planning.builders import item, order, plan, storefront

NOW = datetime(2026, 3, 12, 16, tzinfo=UTC)


def changes(then: PresseroOrder, now: PresseroOrder, *rules: FieldRuleRow) -> list[tuple[Any, ...]]:
    kept = MappingTable(fields=comparable_rules(rules))
    evaluate = FieldRules(then, storefront(), kept, PaceReference(), {}, NOW, UTC, PlanFindings(then.number))
    found = rule_changes(evaluate, plan(then).as_data(), then, now)
    return [(one.item, one.field, one.before, one.after) for one in found]


def rule(object_: str, field: str, value: str, **more: Any) -> FieldRuleRow:
    return FieldRuleRow(1, None, object_, field, value=value, **more)


def test_a_value_that_comes_out_otherwise_is_a_change_of_its_object() -> None:
    then, now = order(buyer_department="Sales"), order(buyer_department="Marketing")
    assert changes(then, now, rule("job", "u_department", "{{ buyer.department }}")) == [
        (None, "u_department of the job", "Sales", "Marketing")
    ]


def test_a_part_and_a_shipment_are_told_by_their_item() -> None:
    then = order(item(1), item(2, form=(("Dock", "A"),)))
    now = order(item(1), item(2, form=(("Dock", "B"),)))
    value = '{{ item.form["Dock"] }}'
    assert changes(then, now, rule("part", "u_dock", value)) == [(2, "u_dock of the part", "A", "B")]
    listed = '{{ items | map: "form" | join }}'
    assert changes(then, now, rule("shipment", "notes", listed))[0][:2] == (1, "notes of the shipment")


def test_a_condition_that_no_longer_holds_leaves_the_field_empty() -> None:
    then, now = order(buyer_department="Sales"), order()
    assert changes(then, now, rule("job", "csr", "7", when="buyer.department")) == [
        (None, "csr of the job", "7", "")
    ]


def test_what_a_rule_does_not_look_at_and_a_day_that_passed_change_nothing() -> None:
    rules = rule("job", "u_a", "{{ order.days_to_ship }} {{ today }} {{ order.po }}")
    assert changes(order(), order(notes="New"), rules) == []


def test_rules_that_build_on_what_is_planned_are_left_out() -> None:
    rows = (rule("job", "poNum", "WEB-{{ planned }}"), rule("job", "description2", "x", mode="append"))
    assert comparable_rules(rows) == ()
