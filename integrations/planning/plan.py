"""From an order as read from Pressero to everything that will be written to Pace: `make_plan`.

A pure function of its inputs, the clock included (mapping rules 1). Nothing is asked of a database or another system,
and every problem is found, not only the first.
"""

from collections import Counter
from datetime import UTC

from integrations.planning.addresses import Places
from integrations.planning.context import Context
from integrations.planning.dates import Calendar, server_zone
from integrations.planning.decide import Decision, decide
from integrations.planning.findings import Findings
from integrations.planning.jobs import planned_job
from integrations.planning.kits import Kits
from integrations.planning.money import shares
from integrations.planning.overrides import Overrides
from integrations.planning.parties import choose_party
from integrations.planning.plan_types import Note, Plan, PlanInputs
from integrations.planning.units import job_units


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
    findings = Findings(order.number)
    kits = Kits(order)
    sent = frozenset(decision.items)
    _check_items(kits, sent, findings)
    context = _context(inputs, kits, sent, findings)
    jobs = tuple(planned_job(context, unit) for unit in job_units(context, sent))
    return Plan(
        order_number=order.number,
        storefront=store.name,
        party=context.party,
        jobs=jobs,
        left_out=decision.left_out,
        notes=findings.notes,
        problems=findings.problems,
        decision=decision.kind,
        reason=decision.reason,
    )


def _decision(inputs: PlanInputs) -> Decision:
    order, store = inputs.order, inputs.storefront
    if inputs.items is None:
        return decide(order, store.wait_for_approval, assume_approved=inputs.preview)
    chosen = frozenset(inputs.items)
    left_out = decide(order, wait_for_approval=False).left_out
    told = {note.item for note in left_out}
    extra = tuple(
        Note(f"item {item.seq} is left out: it is not among the items to send", item=item.seq)
        for item in Kits(order).items
        if item.seq not in chosen and item.seq not in told
    )
    left_out = tuple(note for note in left_out if note.item not in chosen) + extra
    return Decision(
        "send", inputs.items, left_out, (), f"Order {order.number} is planned with the items chosen."
    )


def _context(inputs: PlanInputs, kits: Kits, sent: frozenset[int], findings: Findings) -> Context:
    order, store = inputs.order, inputs.storefront
    zone = server_zone(store, findings) or UTC
    places = Places(inputs.reference)
    all_sent = all(item.seq in sent for item in kits.parts())
    return Context(
        order=order,
        storefront=store,
        mappings=inputs.mappings,
        reference=inputs.reference,
        now=inputs.now.astimezone(zone),
        kits=kits,
        money=shares(order, kits, all_sent=all_sent, findings=findings),
        places=places,
        calendar=Calendar(inputs.mappings, store),
        party=choose_party(order, store, inputs.candidates, places, findings),
        all_sent=all_sent,
        findings=findings,
        overrides=Overrides(inputs.overrides),
    )


def _check_items(kits: Kits, sent: frozenset[int], findings: Findings) -> None:
    """What no plan can be made of: two items of one number, a kit of nothing."""
    for seq, count in Counter(item.seq for item in kits.items).items():
        if count > 1:
            findings.order_problem(
                f"Pressero shows {count} items with this number. Correct the order in Pressero.",
                field="items",
                cause="items:same_number",
                item=seq,
            )
    for item in kits.items:
        if kits.is_kit(item) and item.seq in sent and not kits.parts_below(item):
            findings.order_problem(
                "the kit has no component with a quantity over 0, so there is nothing to make a part of. "
                "Correct the kit in Pressero.",
                field="items",
                cause="kit:empty",
                item=item.seq,
            )
