"""Files that come after the jobs were made: which part of which job each belongs to (docs/mapping.md §7). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from integrations.clients.schemas import PresseroItem, PresseroOrder
from integrations.planning.files import (
    NumberedFile,
    content_file,
    job_number_for,
    numbered_files,
    part_file_fields,
    unsafe_link,
)
from integrations.planning.kits import Kits
from integrations.planning.links import file_key, link_problem
from integrations.planning.plan_types import Fields, PlannedFile, PlannedValue, StorefrontParameters
from integrations.planning.units import WHOLE_ORDER


@dataclass(frozen=True)
class MadePart:
    """A part that is in Pace: of which job unit, its number, and the item it stands for."""

    unit: str
    number: str
    item: int


@dataclass(frozen=True)
class LateFile:
    """One file with the part it belongs to. `part_fields` are those of the part's own file, for its first one."""

    part: MadePart
    key: str
    file: PlannedFile
    part_fields: Fields
    problem: str = ""  # why Pace is not told to fetch it


def files_of_parts(
    order: PresseroOrder, storefront: StorefrontParameters, made: Sequence[MadePart], customer: PlannedValue
) -> list[LateFile]:
    """Every file of the order that has a link, with the part it belongs to, as the order is now."""
    kits = Kits(order)
    by_seq = {item.seq: item for item in kits.items}
    parts_of: dict[int, list[MadePart]] = {}
    for part in made:
        parts_of.setdefault(part.item, []).append(part)
    found: list[LateFile] = []
    for seq, parts in sorted(parts_of.items()):
        item = by_seq.get(seq)
        for owner, file in _files_for(item, kits, parts_of) if item is not None else ():
            if file[1].url.strip():
                part = _part_for(file[0], parts)
                own = part_file_fields(order, owner, file, storefront) if owner.seq == seq else {}
                planned = content_file(order, owner, file, storefront, customer)
                unsafe = link_problem(file[1].url, storefront.internal_file_hosts)
                problem = f"item {owner.seq}: {unsafe_link(*file, unsafe)}" if unsafe else ""
                found.append(LateFile(part, file_key(file[1].url), planned, own, problem))
    return found


def _files_for(
    item: PresseroItem, kits: Kits, parts_of: dict[int, list[MadePart]]
) -> Iterable[tuple[PresseroItem, NumberedFile]]:
    """The item's own files, and those of a kit whose first part it is."""
    yield from ((item, file) for file in numbered_files(item))
    for kit in kits.ancestors(item):
        # A component may have quantity 0 by now: what counts is that it is a part in Pace.
        first = next((part for part in kits.components(kit) if part.seq in parts_of), item)
        if first.seq == item.seq:
            yield from ((kit, file) for file in numbered_files(kit))


def _part_for(number: int, parts: Sequence[MadePart]) -> MadePart:
    """In split mode the item's job with this file number, else its last; otherwise the item's one part."""
    if parts[0].unit == WHOLE_ORDER:
        return parts[0]
    by_number = {int(part.unit.rpartition("-")[2]): part for part in parts}
    return by_number[job_number_for(number, tuple(by_number))]
