"""Recognizing an order's job among those that Pace holds: pure.

A job is found by its description, by its web order ID beside a description that begins with the order number, and, in
split mode, by the item and file number at the end of its description. Texts are compared as Pace may have changed them:
case, blanks, and a cut at the end.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from integrations.clients.schemas import PaceJobFound
from integrations.planning.names import numbered_name
from integrations.planning.units import WHOLE_ORDER

# A shorter beginning of a description is no proof that it was cut.
LEAST_OF_A_CUT_TEXT = 20


@dataclass(frozen=True)
class Sought:
    """The job unit that is looked for."""

    order_number: int
    unit: str
    description: str

    @property
    def web_order_id(self) -> str:
        number = str(self.order_number)
        return number if self.unit == WHOLE_ORDER else f"{number}-{self.unit}"


@dataclass(frozen=True)
class Recognized:
    """`mine`: the numbers of the jobs that are this unit. `unexplained`: jobs of the order that are none of its units."""

    mine: tuple[PaceJobFound, ...]
    unexplained: tuple[PaceJobFound, ...]


def recognize(found: Iterable[PaceJobFound], sought: Sought, accounted_for: Collection[str]) -> Recognized:
    """Tell the jobs apart. `accounted_for`: numbers that are known to be other jobs, of this order or another one."""
    open_ = [job for job in found if job.number not in accounted_for]
    mine = tuple(job for job in open_ if _is(job, sought))
    others = (job for job in open_ if job not in mine and not _is_another_unit(job, sought))
    return Recognized(mine, tuple(others))


def _is(job: PaceJobFound, sought: Sought) -> bool:
    return (
        _text(job.description) == _text(sought.description)
        or job.web_order_id.strip() == sought.web_order_id
        or (sought.unit == WHOLE_ORDER and not job.web_order_id.strip() and _is_cut(job, sought))
        or (sought.unit != WHOLE_ORDER and _unit_in(job, sought.order_number) == sought.unit)
    )


def _is_another_unit(job: PaceJobFound, sought: Sought) -> bool:
    """A sibling in split mode is looked for by itself. The job of a whole order beside such units explains nothing."""
    return sought.unit != WHOLE_ORDER and _unit_in(job, sought.order_number) not in ("", sought.unit)


def _unit_in(job: PaceJobFound, order_number: int) -> str:
    """The unit that the web order ID or the end of the description names; "" for none."""
    ids = (job.web_order_id.strip(), _text(job.description).rpartition(" ")[2].strip("()"))
    for text in ids:
        item, _, file = text.removeprefix(f"{order_number}-").partition("-")
        if item.isdecimal() and file.isdecimal():
            named = numbered_name(order_number, int(item), int(file))
            if text == named or re.search(rf"\({text}\)$", job.description.strip()):
                return f"{item}-{file}"
    return ""


def _is_cut(job: PaceJobFound, sought: Sought) -> bool:
    text = _text(job.description)
    return len(text) >= LEAST_OF_A_CUT_TEXT and _text(sought.description).startswith(text)


def _text(text: str) -> str:
    return " ".join(text.split()).casefold()
