"""Job parts (docs/mapping.md §4)."""

from dataclasses import dataclass

from automationhub.lib.texts import one_line
from integrations.causes import CauseKind
from integrations.clients.schemas import OrderFile, PresseroItem
from integrations.planning.context import PlanningContext, filled
from integrations.planning.files import (
    LARGEST_FILE_SIZE,
    NumberedFile,
    content_file,
    part_file_fields,
    unsafe_link,
)
from integrations.planning.lineage import FORCED, answered, computed, pace, pressero
from integrations.planning.links import link_problem
from integrations.planning.money import ItemMoney
from integrations.planning.names import part_description
from integrations.planning.override_fields import PART
from integrations.planning.plan_types import (
    Fields,
    PlannedFile,
    PlannedPart,
    PlannedValue,
    StorefrontParameters,
)

LARGEST_QUANTITY = 2**31 - 1  # Pace keeps quantities as 32-bit integers


@dataclass(frozen=True)
class PartLine:
    """One item as a part of one job: with the money and the files this job gets of it.

    `extra_files` are those of the kit that the item belongs to, each with the kit's item. `share_of` is the number of
    jobs among which the item's money is split.
    """

    item: PresseroItem
    money: ItemMoney
    files: tuple[NumberedFile, ...]
    extra_files: tuple[tuple[PresseroItem, NumberedFile], ...] = ()
    share_of: int = 1


def check_line(context: PlanningContext, line: PartLine) -> None:
    """The problems of an item that have nothing to do with a mapping."""
    item = line.item
    if not 0 < item.quantity <= LARGEST_QUANTITY:
        what = "is not over 0" if item.quantity <= 0 else "is more than Pace can hold"
        context.findings.order_problem(
            f"the quantity {item.quantity} {what}. Correct the quantity in Pressero.",
            field="qtyOrdered",
            cause=CauseKind.QUANTITY.of("not_positive" if item.quantity <= 0 else "too_large"),
            item=item.seq,
        )
    for owner, (number, file) in [(item, own) for own in line.files] + list(line.extra_files):
        if file.url.strip() and (problem := _link_problem(context, file)):
            context.findings.note(unsafe_link(number, file, problem), field="fileUrl", item=owner.seq)
    for number, file in line.files:
        if not file.url.strip():
            context.findings.note(
                f'file {number} "{file.name}" has no link yet and is added when it has one',
                field="fileUrl",
                item=item.seq,
            )
        if file.size is not None and file.size > LARGEST_FILE_SIZE:
            context.findings.note(
                f'file {number} "{file.name}" is larger than Pace can count ({file.size:,} bytes); its size is left out',
                field="fileSize",
                item=item.seq,
            )


def planned_part(context: PlanningContext, line: PartLine, number: str) -> PlannedPart:
    """The part of one item."""
    item, store = line.item, context.storefront
    quantity = pressero(
        item.quantity, f"item {item.seq}: pieces (TotalQuantity, else Quantity x UOMQuantity)"
    )
    price = _price(line)
    fields: Fields = {
        "jobPart": pace(
            None, f"the number Pace gives the part; item {item.seq} is part {number} of this plan"
        ),
        **_web_order_line(store, item),
        "qtyOrdered": quantity,
        "description": context.once(_description),
        "originalQuotedPrice": price,
        "originalQuotedPriceForced": FORCED,
        "quotedPrice": price,
        "quotedPriceForced": FORCED,
        "freightAmt": computed(
            line.money.freight, f"item {item.seq}: {_split(line.money.freight_how, line)}"
        ),
        "additionalDescription": _options(item),
        "itemTemplate": template_value(context, item),
    }
    sendable = tuple(file for file in line.files if _may_be_sent(context, file[1]))
    if sendable:
        fields.update(part_file_fields(context.order, item, sendable[0], store))
    fields = context.decided(PART, [item], fields)
    return PlannedPart(number, item.seq, filled(fields), _content_files(context, line, sendable))


def _web_order_line(store: StorefrontParameters, item: PresseroItem) -> Fields:
    return {"webOrderLine": pressero(item.seq, "ItemNumber")} if store.server_web_order_ids else {}


def _content_files(
    context: PlanningContext, line: PartLine, sendable: tuple[NumberedFile, ...]
) -> tuple[PlannedFile, ...]:
    owned = [(line.item, file) for file in sendable]
    owned += [(kit, file) for kit, file in line.extra_files if _may_be_sent(context, file[1])]
    return tuple(
        content_file(context.order, item, file, context.storefront, context.customer) for item, file in owned
    )


def _link_problem(context: PlanningContext, file: OrderFile) -> str:
    return link_problem(file.url, context.storefront.internal_file_hosts)


def _may_be_sent(context: PlanningContext, file: OrderFile) -> bool:
    """A file without a link may get one later; one with an unsafe link waits for a person (late_files.py)."""
    return bool(file.url.strip()) and not _link_problem(context, file)


def template_value(context: PlanningContext, item: PresseroItem) -> PlannedValue:
    answer = context.template(item)
    return answered(answer.item_template, answer.source)


def _price(line: PartLine) -> PlannedValue:
    money = line.money
    terms = f"{money.price} price + {money.freight} freight share"
    how = _split(f"{terms} ({money.price_how})" if "kit" in money.price_how else terms, line)
    return computed(money.part_price, f"item {line.item.seq}: {how}")


def _split(how: str, line: PartLine) -> str:
    return f"{how}, split evenly over the item's {line.share_of} jobs" if line.share_of > 1 else how


def _description(context: PlanningContext) -> PlannedValue:
    number, name = context.order.number, context.storefront.name
    text = part_description(number, name)
    cut = "" if text.endswith(one_line(name)) else ", cut at 64 characters"
    return computed(text, f"order number {number} and storefront name{cut}")


def _options(item: PresseroItem) -> PlannedValue:
    text = "\n".join(f"{name}: {value}" for name, value in item.options)
    return pressero(text, f"item {item.seq}: its pricing parameters (PricingEngineInfo)")
