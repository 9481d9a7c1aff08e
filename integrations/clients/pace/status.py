"""What Pace says about many jobs at once: statuses, and the shipments that have left. Few calls, whatever the number.

Costs per `read_jobs` or `read_shipments`: one call for each page of 1,000 objects, so one call for a usual batch;
`read_shipments` makes two more when something has been shipped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from integrations.clients.pace.clock import day_of
from integrations.clients.pace.partial_reading import ReadingNotes, attempt, load_with
from integrations.clients.pace.reference import Load
from integrations.clients.pace.tracking_numbers import tracking_numbers
from integrations.clients.pace.values import flag_of, number_of, text_of
from integrations.clients.pace.xpath import all_of, any_of, field_equals

_PART_FIELDS = ["job", "jobPart", "productionStatus", "job/@adminStatus", "job/adminStatus/@openJob"]
_STATUS_NAMES = ["productionStatus/@description", "job/adminStatus/@description"]
_SHIPMENT_FIELDS = ["id", "job", "jobPart", "description", "trackingNumber"]


@dataclass(frozen=True)
class PaceStatus:
    """A Pace status: its id, and what people call it."""

    id: str
    name: str = ""

    @property
    def shown(self) -> str:
        return self.name or self.id


@dataclass(frozen=True)
class PolledJob:
    """A job as Pace shows it now, with the production status of each of its parts."""

    number: str
    status: PaceStatus
    is_open: bool
    parts: Mapping[str, PaceStatus] = field(default_factory=dict)


@dataclass(frozen=True)
class PolledShipment:
    """A JobShipment that has left. `numbers` are the tracking numbers of its own and of its cartons, each once.

    `parts` are the part numbers it carries; empty when Pace does not say. `partial`: the numbers of its cartons could
    not be read.
    """

    id: int
    job: str
    numbers: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    day: date | None = None
    partial: bool = False

    @property
    def tracking(self) -> str:
        return ", ".join(self.numbers)


def read_jobs(load: Load, numbers: Sequence[str], notes: ReadingNotes | None = None) -> dict[str, PolledJob]:
    """The jobs with these numbers, by number; a job that Pace does not have is not among them.

    With `notes` names that Pace refuses are left empty. A refusal of the statuses themselves is raised.
    """
    # docs/pace.md §8: a part's job and its status can be read as related columns (proved).
    if not numbers:
        return {}
    of_jobs = any_of(*(field_equals("job", number) for number in numbers))
    rows = load_with(load, "JobPart", of_jobs, _PART_FIELDS, _STATUS_NAMES, notes=notes, name="status_names")
    found: dict[str, PolledJob] = {}
    for row in rows:
        number, part = text_of(row["job"]), text_of(row["jobPart"])
        before = found.get(number)
        parts = dict(before.parts) if before else {}
        parts[part] = PaceStatus(
            text_of(row["productionStatus"]), text_of(row["productionStatus/@description"])
        )
        status = PaceStatus(text_of(row["job/@adminStatus"]), text_of(row["job/adminStatus/@description"]))
        # A job without a status, or with one that Pace no longer lists, is not closed.
        is_open = flag_of(row["job/adminStatus/@openJob"], unset=True)
        found[number] = PolledJob(number, status, is_open, parts)
    return found


def existing_jobs(load: Load, numbers: Sequence[str]) -> set[str]:
    """Which of these job numbers Pace knows."""
    # docs/pace.md §8: jobs are found by their numbers (proved).
    if not numbers:
        return set()
    rows = load("Job", any_of(*(field_equals("job", number) for number in numbers)), ["job"])
    return {text_of(row["job"]) for row in rows}


def read_shipments(
    load: Load, numbers: Sequence[str], notes: ReadingNotes | None = None
) -> list[PolledShipment]:
    """The shipments of these jobs that have left, with their tracking numbers and what they carry.

    With `notes` what Pace refuses is left out: shipments without dates, without what their cartons say, or none at all.
    """
    # docs/pace.md §8: `shipped` and `trackingNumber`, and contents that name their part (assumed).
    if not numbers:
        return []
    left = all_of(field_equals("shipped", True), any_of(*(field_equals("job", number) for number in numbers)))
    rows: list[dict[str, Any]] = attempt(
        notes,
        "shipments",
        lambda: load_with(
            load, "JobShipment", left, _SHIPMENT_FIELDS, ["dateTime"], notes=notes, name="ship_dates"
        ),
        [],
    )
    if not rows:
        return []
    ids = [number_of(row["id"] or row["primaryKey"]) for row in rows]
    of_shipments = any_of(*(field_equals("shipment", id_) for id_ in ids))
    packed = any_of(*(field_equals("carton/shipment", id_) for id_ in ids))
    cartons: list[dict[str, Any]] | None = attempt(
        notes,
        "carton_tracking",
        lambda: load("Carton", of_shipments, ["id", "shipment", "trackingNumber"], ["id"]),
        None,
    )
    contents: list[dict[str, Any]] = attempt(
        notes, "carton_contents", lambda: load("CartonContent", packed, ["carton/@shipment", "jobPart"]), []
    )
    return [_shipment(id_, row, cartons, contents) for id_, row in zip(ids, rows, strict=True)]


def _shipment(
    id_: int,
    row: Mapping[str, Any],
    cartons: Sequence[Mapping[str, Any]] | None,
    contents: Sequence[Mapping[str, Any]],
) -> PolledShipment:
    mine = [one for one in cartons or () if number_of(one["shipment"]) == id_]
    of_cartons = [text_of(one["trackingNumber"]) for one in mine]
    packed = {text_of(one["jobPart"]) for one in contents if number_of(one["carton/@shipment"]) == id_}
    own = text_of(row["jobPart"])
    # The hub, and Pace's own screens, write the part numbers there when a shipment carries several.
    described = [word.strip() for word in text_of(row["description"]).split(",")]
    listed = described if all(word.isdigit() and len(word) >= 2 for word in described) else []
    parts = sorted(packed - {""}) or ([own] if own else listed)
    return PolledShipment(
        id=id_,
        job=text_of(row["job"]),
        numbers=tracking_numbers((text_of(row["trackingNumber"]), *of_cartons)),
        parts=tuple(parts),
        day=day_of(row["dateTime"]),
        partial=cartons is None,
    )
