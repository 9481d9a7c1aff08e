"""What Pace says about many jobs at once: statuses, and the shipments that have left. Few calls, whatever the number.

Costs per `read_jobs` or `read_shipments`: one call for each page of 1,000 objects, so one call for a usual batch;
`read_shipments` makes two more when something has been shipped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from integrations.clients.pace_reference import Load
from integrations.clients.pace_values import flag_of, number_of, text_of
from integrations.clients.xpath import all_of, any_of, field_equals

_PART_FIELDS = [
    "job",
    "jobPart",
    "productionStatus",
    "productionStatus/@description",
    "job/@adminStatus",
    "job/adminStatus/@description",
    "job/adminStatus/@openJob",
]
_SHIPMENT_FIELDS = ["id", "job", "jobPart", "description", "trackingNumber", "dateTime"]


@dataclass(frozen=True)
class Status:
    """A Pace status: its id, and what people call it."""

    id: str
    name: str = ""

    @property
    def shown(self) -> str:
        return self.name or self.id


@dataclass(frozen=True)
class JobReading:
    """A job as Pace shows it now, with the production status of each of its parts."""

    number: str
    status: Status
    is_open: bool
    parts: Mapping[str, Status] = field(default_factory=dict)


@dataclass(frozen=True)
class ShipmentReading:
    """A JobShipment that has left. `numbers` are the tracking numbers of its own and of its cartons, each once.

    `parts` are the part numbers it carries; empty when Pace does not say.
    """

    id: int
    job: str
    numbers: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    day: date | None = None

    @property
    def tracking(self) -> str:
        return ", ".join(self.numbers)


def read_jobs(load: Load, numbers: Sequence[str]) -> dict[str, JobReading]:
    """The jobs with these numbers, by number; a job that Pace does not have is not among them."""
    if not numbers:
        return {}
    rows = load("JobPart", any_of(*(field_equals("job", number) for number in numbers)), _PART_FIELDS)
    found: dict[str, JobReading] = {}
    for row in rows:
        number, part = text_of(row["job"]), text_of(row["jobPart"])
        before = found.get(number)
        parts = dict(before.parts) if before else {}
        parts[part] = Status(text_of(row["productionStatus"]), text_of(row["productionStatus/@description"]))
        status = Status(text_of(row["job/@adminStatus"]), text_of(row["job/adminStatus/@description"]))
        # A job without a status, or with one that Pace no longer lists, is not closed.
        is_open = flag_of(row["job/adminStatus/@openJob"], unset=True)
        found[number] = JobReading(number, status, is_open, parts)
    return found


def existing_jobs(load: Load, numbers: Sequence[str]) -> set[str]:
    """Which of these job numbers Pace knows."""
    if not numbers:
        return set()
    rows = load("Job", any_of(*(field_equals("job", number) for number in numbers)), ["job"])
    return {text_of(row["job"]) for row in rows}


def read_shipments(load: Load, numbers: Sequence[str]) -> list[ShipmentReading]:
    """The shipments of these jobs that have left, with their tracking numbers and what they carry."""
    if not numbers:
        return []
    of_jobs = any_of(*(field_equals("job", number) for number in numbers))
    rows = load("JobShipment", all_of(field_equals("shipped", True), of_jobs), _SHIPMENT_FIELDS)
    if not rows:
        return []
    ids = [number_of(row["id"] or row["primaryKey"]) for row in rows]
    cartons = load(
        "Carton",
        any_of(*(field_equals("shipment", id_) for id_ in ids)),
        ["id", "shipment", "trackingNumber"],
        ["id"],
    )
    contents = load(
        "CartonContent",
        any_of(*(field_equals("carton/shipment", id_) for id_ in ids)),
        ["carton/@shipment", "jobPart"],
    )  # fmt: skip
    return [_shipment(id_, row, cartons, contents) for id_, row in zip(ids, rows, strict=True)]


def _shipment(
    id_: int,
    row: Mapping[str, Any],
    cartons: Sequence[Mapping[str, Any]],
    contents: Sequence[Mapping[str, Any]],
) -> ShipmentReading:
    of_cartons = [text_of(one["trackingNumber"]) for one in cartons if number_of(one["shipment"]) == id_]
    texts = [one.strip() for one in (text_of(row["trackingNumber"]), *of_cartons)]
    packed = {text_of(one["jobPart"]) for one in contents if number_of(one["carton/@shipment"]) == id_}
    own = text_of(row["jobPart"])
    # The hub, and Pace's own screens, write the part numbers there when a shipment carries several.
    described = [word.strip() for word in text_of(row["description"]).split(",")]
    listed = described if all(word.isdigit() and len(word) >= 2 for word in described) else []
    parts = sorted(packed - {""}) or ([own] if own else listed)
    return ShipmentReading(
        id=id_,
        job=text_of(row["job"]),
        numbers=tuple(dict.fromkeys(text for text in texts if text)),
        parts=tuple(parts),
        day=_day(row["dateTime"]),
    )


def _day(value: Any) -> date | None:
    """The day of a Pace date-time, in the server's own zone as it was sent."""
    try:
        return date.fromisoformat(text_of(value)[:10])
    except ValueError:
        return None
