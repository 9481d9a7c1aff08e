"""The job's Additional Description, `description2` (docs/mapping.md §3)."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from automationhub.lib.texts import one_line
from integrations.planning.cents import from_cents, to_cents
from integrations.planning.context import PlanningContext
from integrations.planning.money import add_up
from integrations.planning.parts import PartLine
from integrations.planning.plan_types import FieldSource, PlannedValue, SourceKind


def additional_description(context: PlanningContext, lines: Sequence[PartLine]) -> PlannedValue:
    """Notes of the items with an item template, then five lines for all the others together.

    The notes are the ItemNotes item by item (a component's after those of its kit), then the order's Notes; the same
    text is not repeated. "" when there is nothing to say.
    """
    mapped = [line for line in lines if context.template(line.item).item_template]
    others = [line for line in lines if not context.template(line.item).item_template]
    text, details = [], []
    if mapped:
        text += _notes(context, mapped)
        details.append(f"ItemNotes of {_seqs(mapped)} (with an item template) and the order's Notes")
    if others:
        text += _five_lines(context, others)
        details.append(
            f"product name, price, shipping cost, tax and quantity of {_seqs(others)} (without item template)"
        )
    kind = SourceKind.COMPUTED if others else SourceKind.PRESSERO
    return PlannedValue("\n".join(text), FieldSource(kind, "; ".join(details)))


def _notes(context: PlanningContext, lines: Iterable[PartLine]) -> list[str]:
    found: dict[str, None] = {}
    for line in lines:
        for kit in reversed(context.kits.ancestors(line.item)):
            found.setdefault(kit.notes.strip())
        found.setdefault(line.item.notes.strip())
    found.setdefault(context.order.notes.strip())
    return [text for text in found if text]


def _five_lines(context: PlanningContext, lines: Sequence[PartLine]) -> list[str]:
    money = add_up(line.money for line in lines)
    names = dict.fromkeys(one_line(line.item.product_name) for line in lines)
    return [
        f"Product name: {', '.join(name for name in names if name)}",
        f"Price: {_subtotal(context, lines, money.price)}",
        f"Shipping cost: {money.freight}",
        f"Tax: {money.tax}",
        f"Quantity: {sum(line.item.quantity for line in lines)}",
    ]


def _subtotal(context: PlanningContext, lines: Sequence[PartLine], price: Decimal) -> Decimal:
    """The order's own subtotal where the lines are the whole order, else the sum of their prices."""
    subtotal, split = context.order.subtotal, context.storefront.one_job_per_item
    if subtotal is not None and not split and context.all_sent and len(lines) == len(context.kits.parts()):
        return from_cents(to_cents(subtotal))
    return price


def _seqs(lines: Sequence[PartLine]) -> str:
    return f"{'item' if len(lines) == 1 else 'items'} {', '.join(str(line.item.seq) for line in lines)}"
