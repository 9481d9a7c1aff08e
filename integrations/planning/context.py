"""What every piece of planning has at hand: the inputs and what was worked out of them before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TypeVar, cast

from integrations.causes import CauseKind
from integrations.clients.schemas import PaceChoice, PaceReference, PresseroItem, PresseroOrder
from integrations.planning.address_rows import AddressRows
from integrations.planning.addresses import Places
from integrations.planning.dates import Calendar
from integrations.planning.field_rules import FieldRules
from integrations.planning.findings import PlanFindings
from integrations.planning.kits import Kits
from integrations.planning.lineage import pace
from integrations.planning.money import OrderMoney
from integrations.planning.override_fields import JOB, Overrides
from integrations.planning.plan_types import Fields, PlannedCustomer, PlannedValue, StorefrontParameters
from mappings.resolution import item_template
from mappings.types import MappingTable, ProductQuery, Resolution, ShippingAnswer, TemplateAnswer

Made = TypeVar("Made")


@dataclass(frozen=True)
class PlanningContext:
    """One order being planned. `now` is in the Pace server's zone; `party` is None when there is a problem with it.

    The dicts keep answers of the mappings (a table of many rows is asked once per distinct question) and what is the
    same in every job of the order: split by files, an order may have hundreds.
    """

    order: PresseroOrder
    storefront: StorefrontParameters
    mappings: MappingTable
    reference: PaceReference
    now: datetime
    kits: Kits
    money: OrderMoney
    places: Places
    calendar: Calendar
    party: PlannedCustomer | None
    all_sent: bool
    findings: PlanFindings
    rules: FieldRules
    overrides: Overrides = field(default_factory=Overrides)
    begun: tuple[str, ...] = ()
    _templates: dict[ProductQuery, TemplateAnswer] = field(default_factory=dict)
    shipping_answers: dict[tuple[object, ...], ShippingAnswer | None] = field(default_factory=dict)
    _made: dict[object, object] = field(default_factory=dict)

    def once(self, make: "Callable[[PlanningContext], Made]") -> Made:
        """What `make` makes of this order, made once."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast(Made, self._made[make])

    def template(self, item: PresseroItem) -> TemplateAnswer:
        """The item template of an item ("" when none applies); one that Pace does not have is a problem."""
        query = ProductQuery(
            item.product_id, item.part_number, item.product_name, item.product_integration_id
        )
        chosen = self.overrides.of("part.itemTemplate", [item.seq])
        if chosen is not None:
            answer = TemplateAnswer(str(chosen.value), Resolution("staff", None, chosen.detail))
        else:
            if query not in self._templates:
                self._templates[query] = item_template(self.mappings, self.storefront.id, query)
            answer = self._templates[query]
        if answer.item_template and self._template_codes and answer.item_template not in self._template_codes:
            self.findings.config_problem(
                f'Pace has no item template "{answer.item_template}" for the product "{item.product_name}" '
                f"(from {answer.source.reason}). Correct the row under Products or the product's Integration Id in Pressero.",
                field="itemTemplate",
                cause=CauseKind.ITEM_TEMPLATE.of(answer.item_template),
                item=item.seq,
            )
        return answer

    def decided(self, object_: str, items: Sequence[PresseroItem], fields: Fields) -> Fields:
        """The fields with what field rules and staff decide. What staff chose for this order, no rule is asked about."""
        if not self.overrides:
            return self.rules.applied(object_, items, fields)
        seqs = () if object_ == JOB else [item.seq for item in items]
        chosen = self.overrides.chosen(object_, seqs)
        return {**self.rules.applied(object_, items, fields, leave=chosen), **chosen}

    @cached_property
    def address_rows(self) -> AddressRows:
        return AddressRows(self.mappings.shipment_addresses, self.places)

    @cached_property
    def _template_codes(self) -> frozenset[str]:
        return frozenset(choice.key for choice in self.reference.item_templates)

    @property
    def customer(self) -> PlannedValue:
        """The Pace customer's id; None while Pace has still to give it."""
        if self.party is None:
            return pace(None, "the customer could not be determined")
        if self.party.customer_id:
            return PlannedValue(self.party.customer_id, self.party.source)
        named = self.party.create_customer.get("id")
        return named or pace(None, "the id Pace gives the new customer")


def is_listed(key: object, choices: tuple[PaceChoice, ...]) -> bool:
    """Whether Pace's list has the key; a list that was not read says yes to everything."""
    return not choices or any(choice.key == str(key) for choice in choices)


def described(choices: tuple[PaceChoice, ...], *descriptions: str) -> PaceChoice | None:
    """The choice with one of these descriptions (case and blanks ignored): earlier ones first, active before inactive."""
    for wanted in descriptions:
        found = [c for c in choices if " ".join(c.description.casefold().split()) == wanted.casefold()]
        if found:
            return min(found, key=lambda choice: not choice.active)
    return None


def filled(fields: Mapping[str, PlannedValue]) -> dict[str, PlannedValue]:
    """The fields without those whose value is an empty text: Pace's own default or the template's value stays."""
    return {name: planned for name, planned in fields.items() if planned.value != ""}
