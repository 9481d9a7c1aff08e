"""What the coverage of a storefront says of its field rules and value tables."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from integrations.clients.schemas import PaceChoice, PaceReference, PresseroOrder
from integrations.models import Order
from integrations.operations.setup import rule_use
from integrations.operations.setup.coverage import Cover, CoverageInputs, CoverageLine, CoverageSection, cover
from integrations.operations.setup.rule_use import RuleUses
from integrations.orders.submission.steps import money_as_text
from mappings.models import FieldRule, TableValue
from mappings.types import FieldRuleRow, MappingTable, ShippingDefaults, ValueRow
from tests.clients.payloads import payload
from tests.factories import make_order
from tests.planning.builders import item, order, storefront

AT = datetime(2026, 3, 10, 16, tzinfo=UTC)
CSR = (ValueRow(1, "CSR", "Marketing", "7"),)
BY_DEPARTMENT = '{{ buyer.department | lookup: "CSR" }}'


def rule(id_: int, field: str = "u_a", value: str = "x", object_: str = "job", **more: Any) -> FieldRuleRow:
    return FieldRuleRow(id_, more.pop("storefront_id", None), object_, field, value=value, **more)


def sections(
    *rules: FieldRuleRow, of: tuple[PresseroOrder, ...] = (), rows: tuple[ValueRow, ...] = (), known: PaceReference | None = None
) -> dict[str, CoverageSection]:  # fmt: skip
    uses = RuleUses(MappingTable(fields=rules, values=rows), storefront(), known or PaceReference(), {}, UTC)
    for number, one in enumerate(of, start=1):
        uses.see(number, one, AT)
    inputs = CoverageInputs(
        "Shop", 1, (), (), (), (), {}, {}, {}, {}, MappingTable(), (), ShippingDefaults(),
        rules=tuple(uses.rules.values()), rule_orders=uses.orders, asked=uses.asked,
    )  # fmt: skip
    return {section.kind: section for section in cover(inputs).sections}


def line_of(id_: int, *rules: FieldRuleRow, **more: Any) -> CoverageLine:
    return next(line for line in sections(*rules, **more)["fields"].lines if line.row_id == id_)


MARKETING, SALES = order(buyer_department="Marketing"), order(buyer_department="Sales")


class TestRules:
    def test_a_rule_that_applied_says_to_how_many_orders(self) -> None:
        line = line_of(1, rule(1, when='buyer.department == "Sales"'), of=(MARKETING, SALES))
        assert (line.cover, line.orders, line.reason) == (Cover.ROW, 1, "applied to 1 of the last 2 orders")

    def test_a_rule_whose_condition_never_held_says_so(self) -> None:
        line = line_of(1, rule(1, when="order.total > 9000"), of=(MARKETING, SALES))
        assert (line.cover, line.orders) == (Cover.DEFAULT, 0)
        assert line.reason == "its condition held for none of the last 2 orders"

    def test_a_rule_that_comes_after_another_one_every_time_says_so(self) -> None:
        line = line_of(2, rule(1, priority=1), rule(2), of=(MARKETING,))
        assert line.cover == Cover.DEFAULT
        assert line.reason == "another rule for this field decided for 1 of the last 1 order"

    def test_an_append_rule_applies_beside_the_one_that_decides(self) -> None:
        rules = rule(1, "description2"), rule(2, "description2", mode="append")
        assert line_of(2, *rules, of=(MARKETING,)).cover == Cover.ROW

    @pytest.mark.parametrize(
        ("one", "why"),
        [
            (rule(1, "csr", "{{ buyer.department }}"), "“Marketing” is not a whole number"),
            (rule(1, "u_a", '{{ item.form["Cost center"] }}', required=True), "its value is required, and here it is empty"),
            (rule(1, "shipVia", "77", "shipment"), "Pace does not list “77”"),
            (rule(1, "u_a", "{% for i in (1..999) %}{% for j in (1..999) %}x{% endfor %}{% endfor %}"), "too much work"),
        ],
    )  # fmt: skip
    def test_a_rule_that_stops_orders_comes_first_with_the_reason(self, one: FieldRuleRow, why: str) -> None:
        known = PaceReference(ship_vias=(PaceChoice("1", "Ground"),))
        lines = sections(rule(2, "u_b"), one, of=(MARKETING,), known=known)["fields"].lines
        assert (lines[0].row_id, lines[0].cover) == (1, Cover.NONE)
        assert lines[0].reason.startswith("stops 1 of the last 1 order: ")
        assert why in lines[0].reason

    def test_an_item_that_is_not_made_counts_for_nothing(self) -> None:
        of = order(item(1), item(2, is_denied=True, notes="no number"))
        assert line_of(1, rule(1, "priority", "{{ item.notes }}", "part"), of=(of,)).cover == Cover.ROW

    def test_rules_of_other_storefronts_are_not_shown(self) -> None:
        assert sections(rule(1, storefront_id=2), of=(MARKETING,))["fields"].lines == ()

    def test_without_orders_nothing_is_said_of_its_condition(self) -> None:
        assert line_of(1, rule(1)).reason == "not tried: no recent order was read"

    def test_days_are_counted_from_the_day_of_the_order(self) -> None:
        # Ordered March 10, to be shipped on March 20: that rule looks past today, whenever that is.
        line = line_of(1, rule(1, when="order.days_to_ship == 10"), of=(order(),))
        assert line.cover == Cover.ROW

    def test_costly_rules_end_soon_and_what_was_seen_is_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rule_use, "LAST_ORDERS", 10_000)
        loop = rule(1, "u_a", "{% for i in (1..900) %}{{ i }}{% endfor %}")
        line = line_of(1, loop, of=(MARKETING,) * 2_000)
        assert line.cover == Cover.ROW
        assert 10 < line.orders < 1_000


class TestTables:
    def test_what_orders_asked_for_and_no_row_has_comes_first(self) -> None:
        rows = sections(rule(1, "u_a", BY_DEPARTMENT), of=(MARKETING, SALES, SALES), rows=CSR)["values"].lines
        assert [
            (line.name, line.detail, line.cover, line.orders, line.answer, line.row_id) for line in rows
        ] == [
            ("Sales", "CSR", Cover.NONE, 2, "", None),
            ("Marketing", "CSR", Cover.ROW, 1, "7", 1),
        ]
        assert rows[0].fill == {"table": "CSR", "original": "Sales"}

    def test_what_everything_else_answers_is_told_apart(self) -> None:
        (line,) = sections(rule(1, "u_a", BY_DEPARTMENT), of=(SALES,), rows=(ValueRow(2, "csr", "*", "4"),))[
            "values"
        ].lines
        assert (line.cover, line.answer, line.row_id) == (Cover.DEFAULT, "4", 2)

    def test_an_order_without_a_value_asks_for_nothing(self) -> None:
        assert sections(rule(1, "u_a", BY_DEPARTMENT), of=(order(),), rows=CSR)["values"].lines == ()

    def test_a_table_asked_in_a_condition_counts_and_a_rule_that_does_not_apply_asks_nothing(self) -> None:
        asks = rule(1, when='buyer.department == "Sales"', value=BY_DEPARTMENT)
        of = (MARKETING, SALES)
        assert [line.name for line in sections(asks, of=of, rows=CSR)["values"].lines] == ["Sales"]


def test_a_lookup_without_a_row_stops_nothing_and_a_rule_that_stops_orders_counts() -> None:
    asked = rule(1, "csr", BY_DEPARTMENT, required=True)
    uses = RuleUses(MappingTable(fields=(asked,), values=CSR), storefront(), PaceReference(), {}, UTC)
    uses.see(1, SALES, AT)
    found = cover(
        CoverageInputs(
            "Shop", 1, (), (), (), (), {}, {}, {}, {}, MappingTable(), (), ShippingDefaults(),
            rules=tuple(uses.rules.values()), rule_orders=1, asked=uses.asked,
        )
    )  # fmt: skip
    assert {section.kind: section.missing for section in found.sections if section.missing} == {
        "fields": 1,
        "values": 1,
    }
    assert found.missing == 1


@pytest.mark.django_db
def test_the_command_exports_rules_and_tables_like_the_rest() -> None:
    stored: Order = make_order(number=10234, fetched=money_as_text(payload({"OrderedByDepartment": "Sales"})))
    TableValue.objects.create(table="CSR", original="Marketing", replacement="7")
    made = FieldRule.objects.create(object="job", pace_field="u_csr", value=BY_DEPARTMENT)
    out = StringIO()
    call_command("mapping_coverage", stored.storefront.name, "--json", stdout=out)
    parts = {part["kind"]: part for part in json.loads(out.getvalue())["sections"]}
    assert [(line["row_id"], line["cover"]) for line in parts["fields"]["lines"]] == [(made.pk, "row")]
    assert [(line["name"], line["cover"]) for line in parts["values"]["lines"]] == [("Sales", "none")]
    text = StringIO()
    call_command("mapping_coverage", stored.storefront.name, stdout=text)
    assert "Field rules: 1 matched, 0 never matched, 0 stops orders" in text.getvalue()
    assert "Value tables: 0 found, 0 found by *, 1 not found" in text.getvalue()
