"""Which items a shipment of Pace carries, and whether Pressero knows it already. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from integrations.clients.pace.status import PolledShipment
from integrations.clients.schemas import Shipment
from integrations.planning.statuses import StatusSource


def items_carried(
    shipment: PolledShipment, unit: str, sources: Mapping[int, Sequence[StatusSource]]
) -> tuple[int, ...]:
    """The item numbers of what the shipment carries; empty when Pace does not say which of several parts it is.

    A kit goes with its parts: it is carried when all of them that the job has are.
    """
    parts_of_job = {source.part for found in sources.values() for source in found if source.unit == unit}
    parts = set(shipment.parts) & parts_of_job
    if not parts and len(parts_of_job) == 1:
        parts = parts_of_job
    carried = []
    for seq, found in sorted(sources.items()):
        own = {source.part for source in found if source.unit == unit}
        if own and own <= parts:
            carried.append(seq)
    return tuple(carried)


def is_known(numbers: Iterable[str], existing: Iterable[Shipment]) -> bool:
    """Whether one of Pressero's shipments has these tracking numbers already (perhaps inside a link, as staff paste it)."""
    wanted = list(numbers)
    return bool(wanted) and any(
        all(_stands_in(number, shipment.tracking) for number in wanted) for shipment in existing
    )


def _stands_in(number: str, text: str) -> bool:
    """As a whole: the number of another parcel may begin with this one."""
    pattern = r"(?<![^\W_])" + re.escape(number.strip()) + r"(?![^\W_])"
    return _plain(number) == _plain(text) or re.search(pattern, text, re.IGNORECASE) is not None


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()


def ship_day(planned: date | None, today: date) -> date:
    """The day to tell: Pace keeps the planned date, which may still lie ahead when the goods have left."""
    return min(planned, today) if planned else today
