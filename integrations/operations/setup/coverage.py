"""What everything a storefront has would resolve to: products, shipping methods, addresses of recent orders, statuses,
and what its field rules and value tables did for these orders.

Pure: lists and rows in, lines out. `coverage_reader` gathers what goes in.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from integrations.clients.schemas import PaceReference
from integrations.operations.setup.rule_use import RuleUse, TableUse
from integrations.planning.address_rows import AddressRows
from integrations.planning.addresses import Places
from mappings.errors import MappingMissing
from mappings.resolution import item_template, shipping, stage_for_status
from mappings.text import address_key, name_key, one_line
from mappings.types import (
    ADDRESS_COLUMNS,
    AddressQuery,
    MappingTable,
    ProductQuery,
    ProductRow,
    ShippingDefaults,
    StatusRow,
)

NO_PRODUCT, ANYWHERE = ProductQuery(), AddressQuery()
_SHOWN = 120  # characters of a template or a buyer's text in a line


class Cover(StrEnum):
    """How something is covered."""

    ROW = "row"
    DEFAULT = "default"
    NONE = "none"


WORDS = {Cover.ROW: "mapped", Cover.DEFAULT: "by default", Cover.NONE: "not mapped"}
_WORDS_OF = {
    "products": {Cover.DEFAULT: "by Integration Id"},
    "statuses": {Cover.DEFAULT: "partly mapped"},
    "fields": {Cover.ROW: "matched", Cover.DEFAULT: "never matched", Cover.NONE: "stops orders"},
    "values": {Cover.ROW: "found", Cover.DEFAULT: "found by *", Cover.NONE: "not found"},
}
# Where something is missing, and no order stops for it: buyers are not told, a field stays empty.
_HARMLESS = frozenset({"statuses", "values"})


@dataclass(frozen=True)
class CoverageLine:
    """One thing a storefront has. `answer`: what it resolves to; `orders`: recent orders that it touches; `fill`: the
    columns of a new row for it; `row_id`: the row that wins."""

    name: str
    cover: Cover
    answer: str
    reason: str
    orders: int = 0
    row_id: int | None = None
    fill: dict[str, str] = field(default_factory=dict)
    detail: str = ""


@dataclass(frozen=True)
class CoverageSection:
    """The lines of one kind of mapping, what is missing first."""

    kind: str
    title: str
    lines: tuple[CoverageLine, ...]

    def count(self, cover: Cover) -> int:
        return sum(line.cover == cover for line in self.lines)

    @property
    def missing(self) -> int:
        return self.count(Cover.NONE)

    def word(self, cover: Cover) -> str:
        """How this is called here."""
        return _WORDS_OF.get(self.kind, WORDS).get(cover, WORDS[cover])


@dataclass(frozen=True)
class Coverage:
    """The whole picture of one storefront. `hints`: why a list is empty, and what to do about it."""

    storefront: str
    storefront_id: int
    orders: int
    sections: tuple[CoverageSection, ...]
    hints: tuple[str, ...] = ()

    @property
    def missing(self) -> int:
        """What stops orders, or reaches Pace without a template."""
        return sum(section.missing for section in self.sections if section.kind not in _HARMLESS)

    def as_data(self) -> dict[str, Any]:
        return {
            "storefront": self.storefront,
            "recent_orders": self.orders,
            "hints": list(self.hints),
            "sections": [
                {
                    "kind": section.kind,
                    "mapped": section.count(Cover.ROW),
                    "by_default": section.count(Cover.DEFAULT),
                    "not_mapped": section.missing,
                    "lines": [asdict(line) for line in section.lines],
                }
                for section in self.sections
            ],
        }


@dataclass(frozen=True)
class Need:
    """One item of a recent order, as far as mappings are concerned."""

    order: int
    product: ProductQuery = NO_PRODUCT
    method_name: str = ""
    method_id: str = ""
    address: AddressQuery = ANYWHERE
    # False: an item that becomes no part (a denied one, or a kit's parent).
    is_made: bool = True
    is_kit: bool = False


@dataclass(frozen=True)
class CoverageStatus:
    """A Pace status, and whether it is an open one."""

    key: str
    label: str = ""


@dataclass(frozen=True)
class CoverageInputs:
    """Everything that the picture is made of."""

    storefront: str
    storefront_id: int
    products: tuple[ProductQuery, ...]
    methods: tuple[tuple[str, str], ...]
    needs: tuple[Need, ...]
    statuses: tuple[CoverageStatus, ...]
    workflows: Mapping[str, str]
    stages: Mapping[str, str]
    ship_vias: Mapping[str, str]
    templates: Mapping[str, str]
    table: MappingTable
    status_rows: tuple[StatusRow, ...]
    defaults: ShippingDefaults
    hints: tuple[str, ...] = ()
    # (level, status) -> the recent orders whose jobs or parts have it.
    status_orders: Mapping[tuple[str, str], frozenset[int]] = field(default_factory=dict)
    # What the field rules did for the last orders, how many orders those were, and what value tables were asked for.
    rules: tuple[RuleUse, ...] = ()
    rule_orders: int = 0
    asked: tuple[TableUse, ...] = ()


def cover(inputs: CoverageInputs) -> Coverage:
    """The picture. Takes time in proportion to the lists, not to lists times rows."""
    sections = (
        CoverageSection("products", "Products", _sorted(_products(inputs))),
        CoverageSection("shipment_methods", "Shipping methods", _sorted(_methods(inputs))),
        CoverageSection("shipment_addresses", "Addresses of recent orders", _sorted(_addresses(inputs))),
        CoverageSection("statuses", "Pace statuses", _sorted(_statuses(inputs))),
        CoverageSection("fields", "Field rules", _sorted(_rules(inputs))),
        CoverageSection("values", "Value tables", _sorted(_lookups(inputs))),
    )
    orders = len({need.order for need in inputs.needs})
    return Coverage(inputs.storefront, inputs.storefront_id, orders, sections, inputs.hints)


def _sorted(lines: Iterable[CoverageLine]) -> tuple[CoverageLine, ...]:
    """What is missing first, of that what touches the most orders."""
    rank = {Cover.NONE: 0, Cover.DEFAULT: 1, Cover.ROW: 2}
    return tuple(sorted(lines, key=lambda line: (rank[line.cover], -line.orders, name_key(line.name))))


# --- products -------------------------------------------------------------------------------------------------


def _products(inputs: CoverageInputs) -> Iterable[CoverageLine]:
    rows: dict[str, list[ProductRow]] = defaultdict(list)
    for row in inputs.table.products:
        rows[name_key(row.product)].append(row)
    queries: dict[tuple[str, ...], ProductQuery] = {}
    for query in inputs.products:
        queries[_product_key(query)] = query
    orders: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for need in inputs.needs:
        if need.is_made:
            key = _product_key(need.product)
            # What the list of the site says counts; an order may hold a product that was taken off since.
            queries.setdefault(key, need.product)
            orders[key].add(need.order)
    # A kit's own row would never be looked for: its components are.
    kits = {_product_key(need.product) for need in inputs.needs if need.is_kit}
    for key, query in queries.items():
        if key in kits and not orders[key]:
            continue
        asked = (query.product_id, query.part_number, query.name)
        mine = tuple({row.id: row for text in asked for row in rows.get(name_key(text), ())}.values())
        answer = item_template(MappingTable(products=mine), inputs.storefront_id, query)
        kinds = {"products": Cover.ROW, "integration_id": Cover.DEFAULT}
        unknown = _unlisted(answer.item_template, inputs.templates)
        yield CoverageLine(
            name=query.name or query.part_number or query.product_id,
            detail=query.part_number,
            cover=Cover.NONE if unknown else kinds.get(answer.source.kind, Cover.NONE),
            answer=_named(answer.item_template, inputs.templates),
            reason=f"{answer.source.reason}{unknown}",
            orders=len(orders[key]),
            row_id=answer.source.row_id,
            fill=_product_fill(query),
        )


def _product_key(query: ProductQuery) -> tuple[str, ...]:
    if query.product_id:
        return ("id", name_key(query.product_id))
    return ("text", name_key(query.part_number), name_key(query.name))


def _product_fill(query: ProductQuery) -> dict[str, str]:
    for match, value in (("part_number", query.part_number), ("id", query.product_id), ("name", query.name)):
        if value:
            return {"product": value, "match": match}
    return {}


# --- shipping -------------------------------------------------------------------------------------------------


def _methods(inputs: CoverageInputs) -> Iterable[CoverageLine]:
    names: dict[str, tuple[str, str]] = {}
    for name, method_id in inputs.methods:
        names.setdefault(name_key(name) or name_key(method_id), (name, method_id))
    orders: dict[str, set[int]] = defaultdict(set)
    for need in inputs.needs:
        if need.is_made:
            key = name_key(need.method_name) or name_key(need.method_id)
            names.setdefault(key, (need.method_name, need.method_id))
            orders[key].add(need.order)
    table = MappingTable(shipment_methods=inputs.table.shipment_methods)
    for key, (name, method_id) in names.items():
        line = _shipping_line(inputs, table, name, method_id, ANYWHERE)
        yield CoverageLine(
            name=name or method_id or "no shipping method",
            orders=len(orders[key]),
            fill={"pressero_method": name or method_id},
            **line,
        )


def _addresses(inputs: CoverageInputs) -> Iterable[CoverageLine]:
    found: dict[tuple[str, ...], tuple[AddressQuery, str, str]] = {}
    orders: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for need in inputs.needs:
        if not need.is_made or need.address == ANYWHERE:
            continue
        columns = tuple(address_key(getattr(need.address, column)) for column in ADDRESS_COLUMNS)
        key = (*columns, name_key(need.method_name) or name_key(need.method_id))
        found.setdefault(key, (need.address, need.method_name, need.method_id))
        orders[key].add(need.order)
    rows = AddressRows(inputs.table.shipment_addresses, Places(PaceReference()))
    for key, (address, name, method_id) in found.items():
        asked, near = rows.near(address)
        table = replace(inputs.table, shipment_addresses=near)
        values = {column: getattr(address, column) for column in ADDRESS_COLUMNS}
        yield CoverageLine(
            name=", ".join(value for value in values.values() if value),
            detail=name or method_id,
            orders=len(orders[key]),
            fill={column: value for column, value in values.items() if value},
            **_shipping_line(inputs, table, name, method_id, asked),
        )


def _shipping_line(
    inputs: CoverageInputs, table: MappingTable, name: str, method_id: str, address: AddressQuery
) -> dict[str, Any]:
    try:
        answer = shipping(
            table,
            inputs.storefront_id,
            method_name=name,
            method_id=method_id,
            address=address,
            defaults=inputs.defaults,
        )
    except MappingMissing:
        reason = "no mapping matches and there is no default ship via; such orders stop"
        return {"cover": Cover.NONE, "answer": "", "reason": reason, "row_id": None}
    # Only a row of the section's own kind can be opened from it.
    own = "shipment_methods" if address == ANYWHERE else "shipment_addresses"
    via, source = str(answer.ship_via), answer.ship_via_source
    mapped = source.kind in ("shipment_addresses", "shipment_methods")
    unknown = _unlisted(via, inputs.ship_vias)
    account = f", account {answer.account_number}" if answer.account_number else ""
    return {
        "cover": Cover.NONE if unknown else Cover.ROW if mapped else Cover.DEFAULT,
        "answer": f"{_named(via, inputs.ship_vias)}{account}",
        "reason": f"{source.reason}{unknown}",
        "row_id": source.row_id if source.kind == own else None,
    }


# --- statuses -------------------------------------------------------------------------------------------------


def _statuses(inputs: CoverageInputs) -> Iterable[CoverageLine]:
    """One line per status and level. Mapped by default: the row of the default workflow serves all workflows."""
    by_status: dict[str, list[StatusRow]] = defaultdict(list)
    for row in inputs.status_rows:
        by_status[name_key(row.pace_status)].append(row)
    for status in inputs.statuses:
        rows = by_status.get(name_key(status.key), [])
        for level in ("job", "part"):
            asked = {f"{level}_status": status.key}
            default = stage_for_status(rows, inputs.storefront_id, **asked)
            updated: Counter[str] = Counter()
            answers = []
            for workflow, name in inputs.workflows.items():
                own = stage_for_status(
                    rows, inputs.storefront_id, workflow=workflow, workflow_name=name, **asked
                )
                updated["with" if own.pressero_stage else "without"] += 1
                if own.pressero_stage and own.source.row_id != default.source.row_id:
                    answers.append(f"{name or workflow}: {_named(own.pressero_stage, inputs.stages)}")
            if default.pressero_stage:
                answers.append(_named(default.pressero_stage, inputs.stages))
            yield CoverageLine(
                name=_named(status.key, {status.key: status.label}),
                detail=f"of the {level}",
                cover=Cover.ROW
                if answers and not updated["without"]
                else Cover.DEFAULT
                if answers
                else Cover.NONE,
                answer="; ".join(answers),
                reason=_status_reason(default.source.reason, answers, updated["without"]),
                orders=len(inputs.status_orders.get((level, name_key(status.key)), ())),
                row_id=default.source.row_id,
                fill={"level": level, "pace_status": status.key},
            )


def _status_reason(reason: str, answers: list[str], without: int) -> str:
    if not answers:
        return "not mapped; the storefront gets no update"
    if without:
        return f"{without} other workflow{'s get' if without > 1 else ' gets'} no update"
    return reason


# --- field rules ----------------------------------------------------------------------------------------------


def _rules(inputs: CoverageInputs) -> Iterable[CoverageLine]:
    for use in inputs.rules:
        rule = use.rule
        when = f", when {one_line(rule.when)[:_SHOWN]}" if rule.when.strip() else ""
        yield CoverageLine(
            name=f"{rule.pace_field} of the {rule.object}",
            detail=f"field rule {rule.id}{when}",
            cover=Cover.NONE if use.stopped else Cover.ROW if use.applied else Cover.DEFAULT,
            answer=one_line(rule.value)[:_SHOWN] or "left empty",
            reason=_rule_reason(use, inputs.rule_orders),
            orders=len(use.stopped | use.applied),
            row_id=rule.id,
        )


def _rule_reason(use: RuleUse, orders: int) -> str:
    if use.stopped:
        return f"stops {_share(use.stopped, orders)}: {use.problem}"
    if use.applied:
        return f"applied to {_share(use.applied, orders)}"
    if not orders:
        return "not tried: no recent order was read"
    if use.late:
        return f"another rule for this field decided for {_share(use.late, orders)}"
    return f"its condition held for {_share((), orders)}"


def _share(some: Collection[int], orders: int) -> str:
    return f"{len(some) or 'none'} of the last {orders} order{'' if orders == 1 else 's'}"


def _lookups(inputs: CoverageInputs) -> Iterable[CoverageLine]:
    for use in inputs.asked:
        row = use.row
        yield CoverageLine(
            name=one_line(use.text)[:_SHOWN],
            detail=use.table,
            cover=Cover.NONE if row is None else Cover.ROW if use.is_own_row else Cover.DEFAULT,
            answer="" if row is None else row.replacement,
            reason="no row, and none for everything else (*); the field rule gets an empty value"
            if row is None
            else f"value row {row.id}"
            if use.is_own_row
            else f"value row {row.id} for everything else (*)",
            orders=len(use.orders),
            row_id=None if row is None else row.id,
            fill={"table": use.table, "original": use.text},
        )


def _unlisted(code: str, names: Mapping[str, str]) -> str:
    """The end of a sentence about a code that Pace does not list; "" when it does, or its list is not known."""
    return ", but Pace does not list it; such orders stop" if code and names and code not in names else ""


def _named(code: str, names: Mapping[str, str]) -> str:
    name = names.get(code, "")
    return f"{code} {name}".strip() if name != code else code
