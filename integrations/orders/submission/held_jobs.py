"""Reading jobs that others made in Pace, to be compared with a plan: which are an order's, and what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from integrations.clients.pace.client import PaceClient
from integrations.clients.pace.partial_reading import load_known
from integrations.clients.pace.values import text_of
from integrations.clients.pace.xpath import (
    Condition,
    all_of,
    any_of,
    field_contains,
    field_equals,
    field_starts_with,
    is_quotable,
)
from integrations.planning.job_comparison import ALSO_READ, ONLY_WHILE_MADE, HeldJob, HeldPart
from integrations.planning.others_jobs import JobInPace, SoughtOrder, jobs_of
from integrations.planning.plan_types import Fields, Plan

_WHOSE = ["description", "customer"]
_ALSO_WHOSE = ["webOrderID", "poNum", "dateTimeSetup"]
_FILE_LINK = "contentFile/@fileUrl"
_CONTACT = "jobContact/@contact"

Row = dict[str, Any]


def find_jobs(pace: PaceClient, orders: Sequence[SoughtOrder]) -> dict[int, tuple[JobInPace, ...]]:
    """The jobs of each order, by its number: one call for all of these orders. Raises the clients' errors."""
    asked = any_of(*(condition for order in orders for condition in _conditions(order)))
    rows, _ = load_known(pace.load, "Job", asked, _WHOSE, _ALSO_WHOSE)
    jobs = [
        JobInPace(
            number=text_of(row["primaryKey"]),
            description=text_of(row["description"]),
            web_order_id=text_of(row["webOrderID"]),
            po_number=text_of(row["poNum"]),
            customer=text_of(row["customer"]),
            set_up=_moment(pace, row["dateTimeSetup"]),
        )
        for row in rows
    ]
    return {order.number: jobs_of(order, jobs) for order in orders}


def _moment(pace: PaceClient, local: str | None) -> datetime | None:
    return datetime.fromisoformat(local).replace(tzinfo=pace.clock.zone) if local else None


def _conditions(order: SoughtOrder) -> Iterable[Condition]:
    number = str(order.number)
    yield field_equals("webOrderID", number)
    yield field_starts_with("webOrderID", f"{number}-")
    yield field_contains("description", number)
    if order.po_number and order.customer and is_quotable(order.po_number) and is_quotable(order.customer):
        yield all_of(field_equals("customer", order.customer), field_equals("poNum", order.po_number))


def read_jobs(pace: PaceClient, numbers: Sequence[str], plans: Sequence[Plan]) -> dict[str, HeldJob]:
    """What Pace holds of these jobs in the fields of these plans: four calls at the same time, however many jobs. Raises the clients' errors.

    A field that Pace does not show is missing in the answer, and so is not compared.
    """
    of_jobs = any_of(*(field_equals("job", number) for number in numbers))
    planned = [job for plan in plans for job in plan.jobs]
    job_fields = _names(job.fields for job in planned)
    part_fields = _names(part.fields for job in planned for part in job.parts)
    shipment_fields = _names(one.fields for job in planned for one in job.shipments)
    of_job = [_CONTACT, "description", "customer", "webOrderID"]
    of_part = ["job", "jobPart", "webOrderLine", "qtyOrdered", *ALSO_READ["part"]]
    of_shipment = ["job", "id", "shipped", *ALSO_READ["shipment"]]
    jobs, parts, shipments, files = pace.at_once(
        [
            lambda: _load(pace, "Job", of_jobs, job_fields, of_job),
            lambda: _load(pace, "JobPart", of_jobs, part_fields, of_part),
            lambda: _load(pace, "JobShipment", of_jobs, shipment_fields, of_shipment),
            lambda: _load(pace, "JobPartContentFile", of_jobs, [], ["job", _FILE_LINK]),
        ]
    )
    return {
        text_of(row["primaryKey"]): HeldJob(
            number=text_of(row["primaryKey"]),
            fields=row,
            parts=tuple(HeldPart(text_of(one.get("jobPart")), one) for one in _of_job(parts, row, "jobPart")),
            shipments=tuple(_of_job(shipments, row, "id")),
            files=tuple(text_of(one.get(_FILE_LINK)) for one in _of_job(files, row, "primaryKey")),
            contact=text_of(row.get(_CONTACT)),
        )
        for row in jobs
    }


def _names(groups: Iterable[Fields]) -> list[str]:
    return list(dict.fromkeys(name for fields in groups for name in fields if name not in ONLY_WHILE_MADE))


def _load(
    pace: PaceClient, kind: str, of_jobs: Condition, planned: Sequence[str], others: Sequence[str]
) -> list[Row]:
    """The rows without the fields that Pace refuses: one that it does not know hides no other."""
    names = dict.fromkeys([*planned, *others])
    rows, refused = load_known(pace.load, kind, of_jobs, [], list(names))
    return [{name: value for name, value in row.items() if name not in refused} for row in rows]


def _of_job(rows: Sequence[Row], job: Row, by: str) -> list[Row]:
    mine = [row for row in rows if text_of(row.get("job")) == text_of(job["primaryKey"])]
    return sorted(mine, key=lambda row: (len(text_of(row.get(by))), text_of(row.get(by))))
