"""What field rules and value tables were used for in recent orders: which rules applied, never matched or stop orders, and
what the tables were asked for. Pure: orders in, counts out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from automationhub.lib.liquid import LiquidWork, RenderError, ValueTables
from automationhub.lib.liquid.tables import EVERYTHING_ELSE
from automationhub.lib.texts import compared
from integrations.clients.schemas import PaceReference, PresseroOrder
from integrations.planning.field_rules import FieldRules, RuleTry, in_order, subjects_of
from integrations.planning.findings import PlanFindings
from integrations.planning.plan_types import StorefrontParameters
from integrations.planning.rule_fields import UserFields
from mappings.types import FieldRuleRow, MappingTable, ValueRow

# As many as the editor of a rule tries; a storefront of huge orders is looked at as far as the work of a few of them goes.
LAST_ORDERS = 200


@dataclass
class RuleUse:
    """What one rule did: the orders that it applied to, that it stops, and in which another rule came first."""

    rule: FieldRuleRow
    applied: set[int] = field(default_factory=set)
    stopped: set[int] = field(default_factory=set)
    late: set[int] = field(default_factory=set)
    problem: str = ""

    def note(self, order: int, found: RuleTry) -> None:
        if found.problem:
            self.stopped.add(order)
            self.problem = self.problem or found.problem
        elif found.applies:
            self.applied.add(order)
        elif found.comes_late:
            self.late.add(order)


@dataclass
class TableUse:
    """One text that a value table was asked for. `row`: the row that answered, None for none; `text` as first asked."""

    table: str
    text: str
    row: ValueRow | None
    orders: set[int] = field(default_factory=set)

    @property
    def is_own_row(self) -> bool:
        return self.row is not None and compared(self.row.original) != EVERYTHING_ELSE


class AskedTables(ValueTables):
    """Value tables that remember what they were asked for. `order`: the one that asks now."""

    def __init__(self, rows: Iterable[ValueRow]) -> None:
        found = tuple(rows)
        super().__init__((row.table, row.original, row.replacement) for row in found)
        self._rows = {(compared(row.table), compared(row.original)): row for row in found}
        self.asked: dict[tuple[str, str], TableUse] = {}
        self.order = 0

    def find(self, table: str, original: str) -> str | None:
        key = compared(table), compared(original)
        # Nothing is asked for by an order without a value: there is no row to add for it.
        if key[1]:
            if key not in self.asked:
                row = self._rows.get(key) or self._rows.get((key[0], EVERYTHING_ELSE))
                self.asked[key] = TableUse(table, original, row)
            self.asked[key].orders.add(self.order)
        return super().find(table, original)


class RuleUses:
    """Counts what the rules of a storefront do, order by order."""

    def __init__(
        self,
        mappings: MappingTable,
        storefront: StorefrontParameters,
        reference: PaceReference,
        user_fields: UserFields,
        zone: tzinfo | None,
    ) -> None:
        self.rules = {rule.id: RuleUse(rule) for rule in in_order(mappings.fields, storefront.id)}
        self.orders = 0
        self._zone, self._work, self._is_full = zone, LiquidWork(), not self.rules
        self._tables = AskedTables(mappings.values)
        nobody = PresseroOrder(id="", number=0)
        now = datetime.min.replace(tzinfo=zone)
        self._evaluate = FieldRules(
            nobody, storefront, mappings, reference, user_fields, now, zone, PlanFindings(0), self._tables, self._work
        )  # fmt: skip
        self._objects = tuple(dict.fromkeys(use.rule.object for use in self.rules.values()))

    @property
    def asked(self) -> tuple[TableUse, ...]:
        return tuple(self._tables.asked.values())

    def see(self, order_id: int, order: PresseroOrder, at: datetime) -> None:
        """Ask the rules about one more order, as it was when it came: the first `LAST_ORDERS` of them, while the work of
        all together is not too much for a page."""
        items = sorted(
            (one for one in order.items if not one.is_denied and not one.is_kit), key=lambda one: one.seq
        )
        if self._is_full or self.orders >= LAST_ORDERS or not items:
            return
        try:
            self._work.spend(len(items) * len(self.rules))
        except RenderError:
            self._is_full = True
            return
        self._tables.order = order_id
        evaluate = self._evaluate.of_order(order, at.astimezone(self._zone))
        found = [
            said
            for object_ in self._objects
            for subject in subjects_of(object_, order, items)
            for said in evaluate.tried(object_, subject)
        ]
        self._is_full = self._work.left < 0
        # Without work left the rules say so of every order: that counts only for the first, which had it all to itself.
        if self._is_full and self.orders:
            return
        self.orders += 1
        for rule, tried in found:
            self.rules[rule.id].note(order_id, tried)
