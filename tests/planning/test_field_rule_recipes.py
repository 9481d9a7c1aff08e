"""Every recipe of docs/field-rules.md, run: its rows are accepted, and its examples come out as the page says."""

import csv
import re
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from automationhub.lib.liquid import FILTERS
from integrations.clients.schemas import Address, PresseroOrder
from integrations.operations.setup.rule_checks import field_check, variable_check
from integrations.planning.plan_types import CustomerCandidates, Fields, Plan
from integrations.planning.rule_variables import VARIABLES
from mappings import rule_check
from mappings.models import RuleMode
from mappings.text import name_key
from mappings.types import FieldRuleRow, MappingTable, ValueRow
from tests.planning.builders import item, order, plan, storefront, values

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "field-rules.md").read_text(encoding="utf-8")
NAMES = re.findall(r"^### (.+)$", PAGE, re.MULTILINE)
STORES = {"": None, "Example CU Store": 1}


class Recipe:
    """One recipe: its rules, its value tables and its examples."""

    def __init__(self, name: str) -> None:
        section = PAGE.partition(f"\n### {name}\n")[2].partition("\n### ")[0]
        self.rules = [self._rule(n, row) for n, row in enumerate(self._block(section, "fields"), start=1)]
        self.tables = [ValueRow(n, **row) for n, row in enumerate(self._block(section, "values"), start=1)]
        lines = [line for line in section.splitlines() if line.startswith("|")][2:]
        self.examples = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]

    @staticmethod
    def _block(section: str, kind: str) -> list[dict[str, str]]:
        blocks = re.findall(rf"```{kind}\n(.*?)```", section, re.DOTALL)
        return [row for block in blocks for row in csv.DictReader(block.splitlines())]

    @staticmethod
    def _rule(number: int, row: dict[str, str]) -> FieldRuleRow:
        return FieldRuleRow(
            id=number,
            storefront_id=STORES[row.get("storefront", "")],
            object=row["object"],
            pace_field=row["pace_field"],
            priority=int(row.get("priority") or 100),
            when=row.get("when", ""),
            value=row["value"],
            mode=row.get("mode") or "set",
            required=row.get("required") == "yes",
        )

    @property
    def table(self) -> MappingTable:
        return MappingTable(fields=tuple(self.rules), values=tuple(self.tables))


def made(said: str, recipe: Recipe) -> Plan:
    """The plan of an order that says this: `form Room: 12, department: Sales`."""
    of: dict[str, Any] = {}
    line: dict[str, Any] = {}
    more: dict[str, Any] = {}
    store = storefront()
    for words in filter(None, (part.strip() for part in said.split(","))):
        name, _, text = (part.strip() for part in words.partition(":"))
        if name.startswith("form "):
            line["form"] = ((name.removeprefix("form "), text),)
        elif name == "product":
            line["product_name"] = text
        elif name == "department":
            of["buyer_department"] = text
        elif name == "PO":
            of["po_number"] = text
        elif name == "notes":
            of["notes"] = text
        elif name == "business":
            of["bill_to"] = Address(business=text)
        elif name == "ship date":
            of["requested_ship_date"] = date.fromisoformat(text)
        elif name == "ordered":
            more["now"] = datetime.combine(date.fromisoformat(text), time(16), tzinfo=UTC)
        elif name == "storefront":
            store = replace(store, name=text, id=1 if text in STORES else 2)
        else:
            assert name == "new buyer", words
            more["candidates"] = CustomerCandidates(contacts=(), customer_exists=True)
    read: PresseroOrder = order(item(1, **line), **of)
    return plan(read, store, table=recipe.table, **more)


def fields_of(object_: str, made_plan: Plan) -> Fields:
    job, party = made_plan.jobs[0], made_plan.party
    assert party is not None
    return {
        "job": job.fields,
        "part": job.parts[0].fields,
        "shipment": job.shipments[0].fields,
        "contact": party.create_contact,
    }[object_]


def shown(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " / ".join(str(value).splitlines())


def test_there_are_the_recipes_that_people_ask_for() -> None:
    assert len(NAMES) == 9


@pytest.mark.parametrize("name", NAMES)
def test_an_example_comes_out_as_the_page_says(name: str) -> None:
    recipe = Recipe(name)
    assert recipe.rules
    assert recipe.examples
    for said, field, becomes in recipe.examples:
        object_, _, pace_field = field.partition(" ")
        found = values(fields_of(object_, made(said, recipe))).get(pace_field)
        assert (said, field, shown(found)) == (said, field, becomes)


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_the_rows_of_a_recipe_can_be_saved(name: str) -> None:
    recipe = Recipe(name)
    rule_check.register(field_check, variable_check)
    tables = {name_key(row.table) for row in recipe.tables}
    for rule in recipe.rules:
        draft = rule_check.Draft(rule.object, rule.pace_field, rule.when, rule.value, rule.mode)
        assert rule_check.problems(draft, lambda known=tables: known) == {}
        assert rule_check.remarks(draft) == []
        assert rule.mode in RuleMode.values


def test_the_page_names_every_placeholder() -> None:
    section = PAGE.partition("## What a template can say")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([^`]+)`", section))
    for one in VARIABLES:
        head, _, last = one.name.rpartition(".")
        assert last in named or any(text.startswith(one.name) for text in named), one.name
        assert not head or any(text.startswith(head) for text in named), head
    assert "lookup" in FILTERS
