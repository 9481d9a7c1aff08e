"""From an order as read from Pressero to everything that will be written to Pace: `make_plan`.

A pure function of its inputs, the clock included (docs/mapping.md §16). Nothing is asked of a database or another system,
and every problem is found, not only the first.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC

from integrations.causes import CauseKind
from integrations.clients.schemas import PresseroItem
from integrations.planning.addresses import Places
from integrations.planning.context import PlanningContext, filled
from integrations.planning.customers import choose_customer
from integrations.planning.dates import Calendar, server_zone
from integrations.planning.decide import Decision, decide
from integrations.planning.field_rules import CONTACT, FieldRules
from integrations.planning.findings import PlanFindings
from integrations.planning.jobs import planned_job
from integrations.planning.kits import Kits
from integrations.planning.money import shares
from integrations.planning.override_fields import Overrides
from integrations.planning.own_fields import with_types
from integrations.planning.plan_types import (
    Fields,
    Note,
    Plan,
    PlanInputs,
    PlannedCustomer,
    StorefrontParameters,
)
from integrations.planning.rule_variables import Variables, buyers_contact
from integrations.planning.units import WHOLE_ORDER, Unit, job_units


def make_plan(inputs: PlanInputs) -> Plan:
    """The plan of an order. With problems it may be incomplete and must not be written."""
    order, store = inputs.order, inputs.storefront
    decision = _decision(inputs)
    if decision.kind != "send":
        return Plan(
            order.number,
            store.name,
            None,
            (),
            decision.left_out,
            decision=decision.kind,
            reason=decision.reason,
        )
    findings = PlanFindings(order.number)
    kits = Kits(order)
    sent = frozenset(decision.items)
    _check_items(kits, sent, findings)
    context = _context(inputs, kits, sent, findings)
    units = job_units(context, sent)
    jobs = tuple(planned_job(context, unit) for unit in units)
    return Plan(
        order_number=order.number,
        storefront=store.name,
        party=_party(context, units),
        jobs=jobs,
        left_out=decision.left_out,
        notes=findings.notes,
        problems=findings.problems,
        decision=decision.kind,
        reason=decision.reason,
    )


def _party(context: PlanningContext, units: Sequence[Unit]) -> PlannedCustomer | None:
    """The customer and contact, with what field rules say of those that are to be created."""
    party, items = context.party, [line.item for unit in units for line in unit.lines]
    more = buyers_contact(context.order)
    if party is None:
        return None
    return replace(
        party,
        create_customer=_new_with_rules(context, "customer", items, party.create_customer, {}),
        create_contact=_new_with_rules(context, CONTACT, items, party.create_contact, more),
    )


def _new_with_rules(
    context: PlanningContext, object_: str, items: Sequence[PresseroItem], fields: Fields, more: Variables
) -> Fields:
    return filled(context.rules.applied(object_, items, fields, more=more)) if fields else fields


def _decision(inputs: PlanInputs) -> Decision:
    order, store = inputs.order, inputs.storefront
    if inputs.items is None:
        return decide(order, store.wait_for_approval, assume_approved=inputs.preview)
    chosen = frozenset(inputs.items)
    left_out = decide(order, wait_for_approval=False).left_out
    noted = {note.item for note in left_out}
    extra = tuple(
        Note(f"item {item.seq} is left out: it is not among the items to send", item=item.seq)
        for item in Kits(order).items
        if item.seq not in chosen and item.seq not in noted
    )
    left_out = tuple(note for note in left_out if note.item not in chosen) + extra
    return Decision(
        "send", inputs.items, left_out, (), f"Order {order.number} is planned with the items chosen."
    )


def _context(inputs: PlanInputs, kits: Kits, sent: frozenset[int], findings: PlanFindings) -> PlanningContext:
    order, store = inputs.order, _as_begun(inputs)
    zone = server_zone(store, findings) or UTC
    places = Places(inputs.reference, store.server_home_country)
    now = inputs.now.astimezone(zone)
    all_sent = all(item.seq in sent for item in kits.parts())
    return PlanningContext(
        order=order,
        storefront=store,
        mappings=inputs.mappings,
        reference=inputs.reference,
        now=now,
        kits=kits,
        money=shares(order, kits, all_sent=all_sent, findings=findings),
        places=places,
        calendar=Calendar(inputs.mappings, store),
        party=choose_customer(order, store, inputs.candidates, places, findings),
        all_sent=all_sent,
        findings=findings,
        rules=FieldRules(
            order, store, inputs.mappings, inputs.reference, inputs.user_fields, now, zone, findings
        ),
        overrides=Overrides(with_types(inputs.overrides, inputs.user_fields, zone, findings)),
        begun=inputs.begun,
    )


def _as_begun(inputs: PlanInputs) -> StorefrontParameters:
    """The storefront's parameters; an order stays split, or in one job, as it was begun."""
    if not inputs.begun:
        return inputs.storefront
    return replace(inputs.storefront, one_job_per_item=WHOLE_ORDER not in inputs.begun)


def _check_items(kits: Kits, sent: frozenset[int], findings: PlanFindings) -> None:
    """What no plan can be made of: two items of one number, a kit of nothing."""
    for seq, count in Counter(item.seq for item in kits.items).items():
        if count > 1:
            findings.order_problem(
                f"Pressero shows {count} items with this number. Correct the order in Pressero.",
                field="items",
                cause=CauseKind.SAME_ITEM_NUMBER.of(),
                item=seq,
            )
    for item in kits.items:
        if kits.is_kit(item) and item.seq in sent and not kits.parts_below(item):
            findings.order_problem(
                "the kit has no component with a quantity over 0, so there is nothing to make a part of. "
                "Correct the kit in Pressero.",
                field="items",
                cause=CauseKind.EMPTY_KIT.of(),
                item=item.seq,
            )
