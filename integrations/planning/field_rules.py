"""Field rules: what staff decided a Pace field becomes, on top of everything else that planning decides. Pure.

Of the rules for one field whose condition holds, a storefront's own come before those for all storefronts, then the lowest
priority: the first decides, by `set` or `if_empty`; every `append` rule adds a line. A template is filled in once for each
set of values that it depends on, so that an order of hundreds of items costs little more than one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from types import MappingProxyType
from typing import Any

from automationhub.lib.liquid import (
    LiquidWork,
    Record,
    Renderer,
    RenderError,
    Template,
    TemplateError,
    ValueTables,
    Variable,
    condition,
    template,
)
from integrations.causes import CauseKind
from integrations.clients.schemas import PaceReference, PresseroItem, PresseroOrder
from integrations.planning import rule_variables
from integrations.planning.findings import PlanFindings
from integrations.planning.lineage import constant
from integrations.planning.override_fields import CARTON, PART, SHIPMENT
from integrations.planning.plan_types import (
    Fields,
    FieldSource,
    PlannedValue,
    SourceKind,
    StorefrontParameters,
    Value,
)
from integrations.planning.rule_fields import UserFields, converter, field_problem, takes_lines, type_of
from integrations.planning.rule_variables import Variables
from mappings.types import FieldRuleRow, MappingTable

SET, APPEND, IF_EMPTY = "set", "append", "if_empty"
CONTACT = "contact"
_NOTHING: Variables = MappingProxyType({})
# Fields whose codes Pace lists, and the list.
_LISTS: dict[str, Callable[[PaceReference], Iterable[Any]]] = {
    "shipVia": lambda known: known.ship_vias,
    "jobType": lambda known: known.job_types,
    "adminStatus": lambda known: known.job_statuses,
    "itemTemplate": lambda known: known.item_templates,
    "shipmentType": lambda known: known.shipment_types,
}
# A value beside which another field has to stand, or Pace computes it anew.
_BESIDE = {"accountNumber": "forcedAccountNumber"}

# What is the same for all items of an order, and all names that data has.
_OF_ORDER = frozenset({"order", "storefront", "buyer", "sales_rep", "bill_to", "today", "now"})
_ROOTS = frozenset(one.name.partition(".")[0] for one in rule_variables.VARIABLES)
_OF_LISTS = frozenset(rule_variables.OF_EVERYTHING)
_NEVER = object()  # the rule's condition does not hold
_REQUIRED = "its value is required, and here it is empty"


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A rule with its templates. `is_once`: its outcome is the same for the whole order. `depends_on`: the variables that
    decide its outcome, None when it is cheaper or necessary to compute it each time. `trouble`: why it cannot be used."""

    rule: FieldRuleRow
    kind: str
    when: Template | None
    value: Template | None
    convert: Callable[[str], Value]
    is_once: bool
    depends_on: tuple[Variable, ...] | None
    source: FieldSource
    trouble: str = ""
    # The values of texts that were converted before.
    made: dict[str, PlannedValue] = field(default_factory=dict)


@dataclass(frozen=True)
class RuleTry:
    """What one rule says: whether it applies, and its value, or why it cannot be used. `comes_late`: another rule for the
    same field decided first."""

    applies: bool
    value: Value = None
    problem: str = ""
    comes_late: bool = False


@dataclass(frozen=True)
class Subject:
    """What a rule is asked for: the items that an object stands for, and what templates see beside order and items."""

    items: Sequence[PresseroItem]
    more: Variables = field(default_factory=dict)


def subjects_of(object_: str, order: PresseroOrder, items: Sequence[PresseroItem]) -> Iterator[Subject]:
    """What rules of this object are asked for, one at a time, when an order is not planned: each item, or all together."""
    if object_ in (PART, SHIPMENT, CARTON):
        yield from (Subject([item]) for item in items)
    elif items:
        yield Subject(items, rule_variables.buyers_contact(order) if object_ == CONTACT else _NOTHING)
        if object_ == CONTACT:
            yield from (Subject([item], rule_variables.ship_to_contact(item)) for item in items)


def _unlisted(value: Value) -> str:
    return f"Pace does not list “{value}”"


def in_order(rules: Iterable[FieldRuleRow], storefront_id: int) -> list[FieldRuleRow]:
    """The rules that concern a storefront, the one that decides first."""
    concerned = [rule for rule in rules if rule.storefront_id in (None, storefront_id)]
    return sorted(concerned, key=lambda rule: (rule.storefront_id is None, rule.priority, rule.id))


@dataclass
class FieldRules:
    """The rules of one order and what they see of it. `tables` are the value tables of the mappings unless others are given."""

    order: PresseroOrder
    storefront: StorefrontParameters
    mappings: MappingTable
    reference: PaceReference
    user_fields: UserFields
    now: datetime
    zone: tzinfo | None
    findings: PlanFindings
    tables: ValueTables | None = None
    work: LiquidWork = field(default_factory=LiquidWork)
    _by_object: dict[str, dict[str, list[_Compiled]]] = field(init=False)
    _items: dict[int, Record] = field(default_factory=dict)
    _outcomes: dict[Any, Any] = field(default_factory=dict)
    _listed: dict[str, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_object = {}
        for rule in in_order(self.mappings.fields, self.storefront.id):
            fields = self._by_object.setdefault(rule.object, {})
            fields.setdefault(rule.pace_field, []).append(compiled(rule, self.user_fields, self.zone))
        if self._by_object:
            tables = self.tables or ValueTables(
                (row.table, row.original, row.replacement) for row in self.mappings.values
            )
            self._renderer = Renderer(tables, self.work)
            self._shared = rule_variables.of_order(self.order, self.storefront, self.now, self.zone)

    def of_order(self, order: PresseroOrder, now: datetime) -> FieldRules:
        """The same rules, compiled already, for another order."""
        other = copy(self)
        other.order, other.now = order, now
        other._items, other._outcomes = {}, {}
        if self._by_object:
            other._shared = rule_variables.of_order(order, self.storefront, now, self.zone)
        return other

    def applied(
        self,
        object_: str,
        items: Sequence[PresseroItem],
        fields: Fields,
        *,
        leave: Collection[str] = (),
        more: Variables = _NOTHING,
    ) -> Fields:
        """The fields of an object with what the rules make of them. `items`: those that the object stands for; `leave`:
        fields that no rule is asked about; `more`: what the templates see beside order and items."""
        by_field = self._by_object.get(object_)
        if not by_field or not items:
            return fields
        variables = self._variables(items)
        if more:
            variables.update(more)
        of_item = object_ in (PART, SHIPMENT, CARTON) or len(items) == 1
        item = items[0].seq if of_item else None
        changed = dict(fields)
        for name, rules in by_field.items():
            if name in leave:
                continue
            if len(rules) == 1 and rules[0].rule.mode == SET:
                self._apply_one(name, rules[0], changed, variables, item)
            else:
                self._apply(name, rules, changed, variables, item)
        return changed

    def try_rule(self, rule: FieldRuleRow, subject: Subject, before: Fields) -> RuleTry:
        """What this rule alone says of this. `before`: the field as it is planned without rules."""
        one = compiled(rule, self.user_fields, self.zone)
        planned = before.get(rule.pace_field)
        variables = {**self._seen(subject), "planned": None if planned is None else planned.value}
        return self._tried(one, self._computed(one, variables))

    def tried(self, object_: str, subject: Subject) -> Iterator[tuple[FieldRuleRow, RuleTry]]:
        """What each rule of an object says of this, as planning asks them: a rule that comes late is not asked, and nothing
        counts as planned before."""
        variables = {**self._seen(subject), "planned": None}
        for rules in self._by_object.get(object_, {}).values():
            decided = stopped = False
            for one in rules:
                if stopped or (decided and one.rule.mode != APPEND):
                    yield one.rule, RuleTry(applies=False, comes_late=True)
                    continue
                found = self._tried(one, self._outcome(one, variables))
                stopped = bool(found.problem)
                decided = decided or (found.applies and one.rule.mode != APPEND)
                yield one.rule, found

    def _tried(self, one: _Compiled, outcome: Any) -> RuleTry:
        if outcome is _NEVER:
            return RuleTry(applies=False)
        if isinstance(outcome, RenderError):
            return RuleTry(applies=False, problem=outcome.message)
        if outcome.value == "" and one.rule.required:
            return RuleTry(applies=False, problem=_REQUIRED)
        if self._is_unlisted(one.rule.pace_field, outcome.value):
            return RuleTry(applies=False, problem=_unlisted(outcome.value))
        return RuleTry(applies=True, value=outcome.value)

    def _seen(self, subject: Subject) -> dict[str, Any]:
        return {**self._variables(subject.items), **subject.more}

    def _variables(self, items: Sequence[PresseroItem]) -> dict[str, Any]:
        records = [self._record(item) for item in items]
        return {**self._shared, "item": records[0], "items": records}

    def _record(self, item: PresseroItem) -> Record:
        found = self._items.get(item.seq)
        if found is None:
            found = self._items[item.seq] = rule_variables.of_item(item)
        return found

    def _apply_one(
        self, name: str, one: _Compiled, fields: Fields, variables: dict[str, Any], item: int | None
    ) -> None:
        """As `_apply`, for the usual case: one rule, which sets the field."""
        if one.is_once:
            outcome = self._outcome(one, variables)
        else:
            before = fields.get(name)
            variables["planned"] = None if before is None else before.value
            outcome = self._outcome(one, variables)
        if type(outcome) is PlannedValue and (outcome.value != "" or not one.rule.required):
            self._set(fields, name, outcome, one, item)
        elif outcome is not _NEVER:
            self._apply(name, [one], fields, variables, item)

    def _apply(
        self, name: str, rules: list[_Compiled], fields: Fields, variables: dict[str, Any], item: int | None
    ) -> None:
        before = fields.get(name)
        variables["planned"] = None if before is None else before.value
        decided, appended = False, []
        for one in rules:
            if decided and one.rule.mode != APPEND:
                continue
            outcome = self._outcome(one, variables)
            if outcome is _NEVER:
                continue
            if isinstance(outcome, RenderError):
                self._problem(one, outcome.message, "template", item)
                return
            if outcome.value == "" and one.rule.required:
                self._problem(one, _REQUIRED, "required", item)
                return
            if one.rule.mode == APPEND:
                if outcome.value != "":
                    appended.append((one, str(outcome.value)))
                continue
            decided = True
            if one.rule.mode != IF_EMPTY or before is None or before.value == "":
                self._set(fields, name, outcome, one, item)
        if appended:
            self._append(fields, name, appended, item)

    def _set(
        self, fields: Fields, name: str, planned: PlannedValue, one: _Compiled, item: int | None
    ) -> None:
        if planned.value == "":
            if name in fields and fields[name].value != "":
                fields[name] = planned
                self.findings.note(f"field rule {one.rule.id} leaves {name} empty", field=name, item=item)
            return
        fields[name] = planned
        if self._is_unlisted(name, planned.value):
            self._problem(one, _unlisted(planned.value), "list", item)
        if name in _BESIDE:
            fields[_BESIDE[name]] = constant(True, "there is an account number")

    def _is_unlisted(self, name: str, value: Value) -> bool:
        """Whether Pace gave a list for this field, and the value is not in it."""
        if name not in _LISTS or value == "":
            return False
        if name not in self._listed:
            self._listed[name] = frozenset(choice.key for choice in _LISTS[name](self.reference))
        return bool(self._listed[name]) and str(value) not in self._listed[name]

    def _append(
        self, fields: Fields, name: str, appended: list[tuple[_Compiled, str]], item: int | None
    ) -> None:
        first, before = appended[0][0], fields.get(name)
        parts = [] if before is None or before.value in (None, "") else [str(before.value)]
        between = "\n" if takes_lines(first.rule.object, name, first.kind) else " "
        try:
            value = first.convert(between.join([*parts, *(line for _, line in appended)]))
        except ValueError as error:
            self._problem(appended[-1][0], str(error), "value", item)
            return
        numbers = [str(one.rule.id) for one, _ in appended]
        which = f"field rule {numbers[0]}" if len(numbers) == 1 else f"field rules {' and '.join(numbers)}"
        added = f", added to: {before.source.detail}" if parts and before is not None else ""
        fields[name] = PlannedValue(value, replace(first.source, detail=f"{which}{added}"))

    # --- what one rule says of one object ---

    def _outcome(self, one: _Compiled, variables: Mapping[str, Any]) -> Any:
        """_NEVER, a RenderError, or the planned value; equal data is computed once."""
        if one.is_once:
            known = self._outcomes.get(one.rule.id)
            if known is None:
                known = self._outcomes[one.rule.id] = self._computed(one, variables)
            return known
        if one.depends_on is None:
            return self._computed(one, variables)
        key: list[Any] = [one.rule.id]
        for path in one.depends_on:
            value = rule_variables.value_of(variables, path)
            # Numbers that are equal may print differently: 1.5 and 1.50, 1 and true.
            key.append(value if value is None or type(value) is str else (type(value), str(value)))
            if isinstance(value, (list, dict)):
                return self._computed(one, variables)
        whole = tuple(key)
        found = self._outcomes.get(whole)
        if found is None:
            found = self._outcomes[whole] = self._computed(one, variables)
        return found

    def _computed(self, one: _Compiled, variables: Mapping[str, Any]) -> Any:
        if one.trouble or one.value is None:
            return RenderError(one.trouble)
        try:
            if one.when is not None and not self._renderer.holds(one.when, variables):
                return _NEVER
            text = self._renderer.render(one.value, variables)
            made = one.made.get(text)
            if made is None:
                value = text.strip() if one.rule.mode == APPEND else one.convert(text)
                made = one.made[text] = PlannedValue(value, one.source)
            return made
        except RenderError as error:
            return error
        except ValueError as error:
            return RenderError(str(error))

    def _problem(self, one: _Compiled, what: str, cause: str, item: int | None) -> None:
        rule = one.rule
        self.findings.config_problem(
            f"field rule {rule.id} for {rule.pace_field} of the {rule.object} cannot be applied: {what}. "
            "Correct the rule under Field rules, or the order in Pressero.",
            field=rule.pace_field,
            cause=CauseKind.FIELD_RULE.of(f"{rule.id}:{cause}"),
            item=item,
        )


def compiled(rule: FieldRuleRow, user_fields: UserFields, zone: tzinfo | None) -> _Compiled:
    """The rule with its templates; rows are checked when they are saved, and a row that is wrong all the same says why."""
    trouble = field_problem(rule.object, rule.pace_field).rstrip(".")
    kind = "" if trouble else type_of(rule.object, rule.pace_field, user_fields)
    when = value = None
    try:
        when = condition(rule.when) if rule.when.strip() else None
        value = template(rule.value)
    except TemplateError as error:
        trouble = trouble or str(error).rstrip(".")
    return _Compiled(
        rule,
        kind,
        when,
        value,
        converter(rule.object, rule.pace_field, kind, zone),
        *_depends_on(when, value),
        FieldSource(SourceKind.MAPPING, f"field rule {rule.id}", "fields", rule.id),
        trouble,
    )


def _depends_on(when: Template | None, value: Template | None) -> tuple[bool, tuple[Variable, ...] | None]:
    """Whether the outcome is the same for the whole order, else the variables that decide it where asking for them costs
    less than computing it."""
    found: dict[Variable, None] = {}
    used = [one for one in (when, value) if one is not None]
    for one in used:
        if one.variables is None or one.own_names & _ROOTS:
            return False, None
        found.update(dict.fromkeys(one.variables))
    if all(path[0] in _OF_ORDER for path in found):
        return True, None
    # Plain templates are as quick as looking their outcome up. The size of a list is not seen in what names it.
    is_quick = all(one.function is not None for one in used)
    if is_quick or any(_OF_LISTS.intersection(path) for path in found):
        return False, None
    return False, tuple(found)
