"""What becomes one Pace job: the whole order, or one file of one item in split mode (docs/mapping.md §2, §3 and §13)."""

from dataclasses import dataclass, replace

from integrations.clients.schemas import PresseroItem
from integrations.planning.context import PlanningContext
from integrations.planning.files import NumberedFile, file_numbers, numbered_files
from integrations.planning.lineage import computed
from integrations.planning.money import ItemMoney, split_evenly
from integrations.planning.names import (
    JOB_DESCRIPTION_LIMIT,
    job_description,
    job_name,
    numbered_name,
)
from integrations.planning.parts import PartLine, check_line
from integrations.planning.plan_types import PlannedValue

WHOLE_ORDER = "order"


@dataclass(frozen=True)
class Unit:
    """One job to be: its lines become its parts. `items` are the Pressero items it stands for."""

    unit: str
    items: tuple[int, ...]
    lines: tuple[PartLine, ...]
    description: PlannedValue
    name: str = ""


def _numbers(context: PlanningContext, item: PresseroItem) -> tuple[int, ...]:
    """The file numbers of the item's jobs. Once one job of an order is made these are fixed: a file that comes after
    that would share the money of its item anew, and belongs to the item's last job."""
    units = [unit.partition("-") for unit in context.begun]
    begun = sorted(int(number) for seq, _, number in units if seq == str(item.seq) and number)
    return tuple(begun) or file_numbers(item)


def job_units(context: PlanningContext, sent: frozenset[int]) -> tuple[Unit, ...]:
    """The jobs of the items that are sent, in the order of items and files."""
    lines = [_line(context, item, sent) for item in context.kits.parts() if item.seq in sent]
    for line in lines:
        check_line(context, line)
    if not lines:
        return ()
    if not context.storefront.one_job_per_item:
        items = tuple(item.seq for item in context.kits.items if item.seq in sent)
        units: tuple[Unit, ...] = (Unit(WHOLE_ORDER, items, tuple(lines), _order_description(context)),)
    else:
        units = tuple(unit for line in lines for unit in _file_units(context, line))
    return units


def _line(context: PlanningContext, item: PresseroItem, sent: frozenset[int]) -> PartLine:
    return PartLine(
        item=context.kits.completed(item),
        money=context.money.of(item.seq),
        files=numbered_files(item),
        extra_files=_kit_files(context, item, sent),
    )


def _kit_files(
    context: PlanningContext, item: PresseroItem, sent: frozenset[int]
) -> tuple[tuple[PresseroItem, NumberedFile], ...]:
    """The files of the kits that the item belongs to. A kit is no part, so its first part that is sent carries them."""
    found: list[tuple[PresseroItem, NumberedFile]] = []
    for kit in context.kits.ancestors(item):
        first = next(part for part in context.kits.parts_below(kit) if part.seq in sent)
        if first.seq == item.seq:
            found += [(kit, file) for file in numbered_files(kit)]
    return tuple(found)


def _file_units(context: PlanningContext, line: PartLine) -> list[Unit]:
    """One job per file of an item; each has the item's quantity and an even part of its money."""
    item, numbers = line.item, _numbers(context, line.item)
    moneys: list[ItemMoney] = split_evenly(line.money, len(numbers))
    units = []
    for index, number in enumerate(numbers):
        own = replace(
            line,
            money=moneys[index],
            files=tuple(file for file in line.files if file[0] == number),
            extra_files=line.extra_files if index == 0 else (),
            share_of=len(numbers),
        )
        name = job_name(context.order.number, item, number, context.storefront.override_job_name)
        description = _file_description(context, item, number, name)
        units.append(Unit(f"{item.seq}-{number}", (item.seq,), (own,), description, name))
    return units


def _order_description(context: PlanningContext) -> PlannedValue:
    number, store = context.order.number, context.storefront.name
    text = job_description(number, store)
    return _described(
        context, text, job_description(number, store, limit=len(store) + 1000), "storefront name", None
    )


def _file_description(context: PlanningContext, item: PresseroItem, number: int, name: str) -> PlannedValue:
    order, store = context.order.number, context.storefront.name
    text = job_description(order, store, name=name, seq=item.seq, number=number)
    uncut = job_description(
        order, store, name=name, seq=item.seq, number=number, limit=len(store + name) + 1000
    )
    numbered = name == numbered_name(order, item.seq, number)
    what = "storefront name and job name" + ("" if numbered else ", item and file number")
    return _described(context, text, uncut, what, item.seq)


def _described(context: PlanningContext, text: str, uncut: str, what: str, item: int | None) -> PlannedValue:
    detail = f"order number {context.order.number}, {what}"
    if text != uncut:
        detail += f", cut at {JOB_DESCRIPTION_LIMIT} characters"
        context.findings.note(
            f'the job\'s description is cut at {JOB_DESCRIPTION_LIMIT} characters: "{text}"',
            field="description",
            item=item,
        )
    return computed(text, detail)
