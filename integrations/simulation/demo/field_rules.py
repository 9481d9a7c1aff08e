"""The demo's field rules and the value table that one of them asks: each shows what such a rule is for."""

from __future__ import annotations

from typing import Any

CU = "Example CU Store"


def with_field_rules(configuration: dict[str, Any]) -> dict[str, Any]:
    """The configuration with the demo's rules."""
    return {**configuration, "fields": demo_field_rules(), "values": demo_value_tables()}


def demo_field_rules() -> list[dict[str, Any]]:
    """Five rules: two for the forms of all storefronts, three of one storefront."""
    return [
        _rule("job", "u_cost_center", '{{ item.form["Cost center"] }}', when='item.form["Cost center"]'),
        _rule(
            "job",
            "csr",
            '{{ buyer.department | lookup: "CSR by department" }}',
            when="buyer.department",
            storefront=CU,
        ),
        _rule("part", "salesCategory", "3", when='item.product.name contains "Poster"', storefront=CU),
        _rule("job", "u_rush", "yes", when="order.days_to_ship <= 3", storefront=CU),
        _rule(
            "job",
            "description2",
            'Budget: {{ item.form["Budget"] }}{% if order.paid %}, paid{% endif %}',
            when='item.form["Budget"]',
            mode="append",
        ),
    ]


def demo_value_tables() -> list[dict[str, Any]]:
    """Which CSR of the sandbox Pace looks after which department."""
    return [
        {"table": "CSR by department", "original": "Marketing", "replacement": "2"},
        {"table": "CSR by department", "original": "*", "replacement": "1"},
    ]


def _rule(object_: str, field: str, value: str, **columns: str) -> dict[str, Any]:
    return {
        "storefront": "", "object": object_, "pace_field": field, "priority": 100, "when": "", "value": value,
        "mode": "set", "required": "no", **columns,
    }  # fmt: skip
