"""What Pace holds of an order's jobs now, beside what was sent: read on demand by a worker, stored for the page."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone

from automationhub.lib.crypto import CredentialsKeyError
from integrations.clients.http import CallRecord
from integrations.clients.pace import PaceClient
from integrations.clients.pace_values import flag_of, text_of
from integrations.clients.xpath import any_of, field_equals
from integrations.enums import JobState
from integrations.errors import HubError
from integrations.models import Order, PaceJob, PaceLook
from integrations.services import circuits
from integrations.services.connections import pace_client
from integrations.services.recorder import note_trouble

logger = logging.getLogger(__name__)

Table = dict[str, Any]
Row = dict[str, Any]

_JOB_STATUS = ["adminStatus", "adminStatus/@description"]
_PART_STATUS = ["productionStatus", "productionStatus/@description"]
# Fields that Pace gives or changes by itself while a job is made or goes through the plant: shown, but no difference.
_PACES_OWN = {"job", "jobPart", "jobPartKey", "shipment", "carton", "jobContact", "adminStatus", "planned"}


def read(order_id: int) -> None:
    """Read the jobs of an order from Pace and store them, or why that failed. Does nothing when nobody asked."""
    look = PaceLook.objects.filter(order=order_id).first()
    if look is None or not look.is_waiting:
        return
    begun_at = timezone.now()
    held, problem = look.held, ""
    try:
        held = _read(order_id)
    except HubError as error:
        problem = error.message
    except CredentialsKeyError as error:
        problem = str(error)
    PaceLook.objects.filter(pk=look.pk).update(held=held, problem=problem, read_at=begun_at)


def _read(order_id: int) -> list[Table]:
    order = Order.objects.get(pk=order_id)
    jobs = list(
        PaceJob.objects.filter(order=order_id, state=JobState.DONE).select_related("server").order_by("id")
    )
    planned = {str(job.get("unit")): job for job in (order.plan or {}).get("jobs") or []}
    tables: list[Table] = []
    for server in {job.server_id: job.server for job in jobs}.values():
        mine = [job for job in jobs if job.server_id == server.pk]
        last_trouble: dict[str, str] = {}

        def observe(call: CallRecord, trouble: dict[str, str] = last_trouble) -> None:
            note_trouble(trouble, call)

        with circuits.calling(server, last_trouble):
            reading = _Reading(pace_client(server, observer=observe), mine, planned)
            tables += reading.tables()
    return tables


class _Reading:
    """The jobs of one server: seven calls at the most, however many jobs there are."""

    def __init__(self, pace: PaceClient, jobs: list[PaceJob], planned: Mapping[str, dict[str, Any]]) -> None:
        self._pace = pace
        self._jobs = jobs
        self._planned = planned
        self._of_jobs = any_of(*(field_equals("job", job.number) for job in jobs))

    def tables(self) -> list[Table]:
        plans = [self._planned.get(job.unit) or {} for job in self._jobs]
        found = {
            "jobs": self._load("Job", _names(plan.get("fields") for plan in plans), ["job", *_JOB_STATUS]),
            "parts": self._load(
                "JobPart",
                _names(part.get("fields") for plan in plans for part in plan.get("parts") or []),
                ["job", "jobPart", *_PART_STATUS],
            ),
            "shipments": self._load(
                "JobShipment",
                _names(one.get("fields") for plan in plans for one in plan.get("shipments") or []),
                ["job", "id", "shipped", "trackingNumber"],
            ),
            "files": self._pace.load(
                "JobPartContentFile",
                self._of_jobs,
                ["job", "jobPart", "contentFile/@fileName", "contentFile/@fileUrl"],
            ),
        }
        return [
            table
            for job, plan in zip(self._jobs, plans, strict=True)
            for table in _tables_of(job, plan, found)
        ]

    def _load(self, kind: str, planned: list[str], others: list[str]) -> list[dict[str, Any]]:
        return self._pace.load(kind, self._of_jobs, list(dict.fromkeys([*others, *planned])))


def _names(groups: Iterable[Mapping[str, Any] | None]) -> list[str]:
    return list(dict.fromkeys(name for fields in groups for name in fields or {}))


def _tables_of(
    job: PaceJob, plan: Mapping[str, Any], found: Mapping[str, list[dict[str, Any]]]
) -> Iterable[Table]:
    mine = {
        kind: [row for row in rows if text_of(row.get("job")) == job.number] for kind, rows in found.items()
    }
    if not mine["jobs"]:
        yield {"title": f"Job {job.number}", "missing": True, "rows": []}
        return
    yield _table(f"Job {job.number}", mine["jobs"][0], plan.get("fields") or {})
    parts = {text_of(row.get("jobPart")): row for row in mine["parts"]}
    for part in plan.get("parts") or []:
        title = f"Job {job.number}, part {part['number']}"
        row = parts.pop(part["number"], None)
        yield _table(title, row, part.get("fields") or {})
    for number, row in sorted(parts.items()):
        yield _table(f"Job {job.number}, part {number} (not made by the hub)", row, {})
    # Pace lists shipments in the order they were made, as the plan does.
    shipments = sorted(mine["shipments"], key=lambda row: _as_number(row.get("id")))
    sent = plan.get("shipments") or []
    for position in range(max(len(shipments), len(sent))):
        row = shipments[position] if position < len(shipments) else None
        fields = sent[position].get("fields") or {} if position < len(sent) else {}
        yield _table(f"Job {job.number}, shipment {position + 1}", row, fields)
    files = [
        {
            "field": f"part {text_of(row.get('jobPart'))}",
            "sent": "",
            "held": text_of(row.get("contentFile/@fileName")),
            "same": None,
        }
        for row in mine["files"]
    ]
    if files:
        yield {"title": f"Job {job.number}, files", "missing": False, "rows": files}


def _as_number(value: Any) -> int:
    text = text_of(value)
    return int(text) if text.isdecimal() else 0


def _table(title: str, held: Mapping[str, Any] | None, planned: Mapping[str, Any]) -> Table:
    if held is None:
        return {"title": title, "missing": True, "rows": []}
    rows: list[Row] = []
    for name in dict.fromkeys([*planned, *held]):
        if name == "primaryKey" or (name not in planned and held.get(name) in (None, "")):
            continue
        sent = planned[name].get("value") if name in planned else None
        now = held.get(name)
        same = None
        if sent is not None and name not in _PACES_OWN:
            same = is_same(sent, now)
        rows.append({"field": name, "sent": _shown(sent), "held": _shown(now), "same": same})
    return {"title": title, "missing": False, "rows": rows}


def is_same(sent: Any, held: Any) -> bool:
    """Whether Pace holds what was sent; numbers, dates and yes/no may come back in another spelling."""
    if isinstance(sent, bool):
        return flag_of(held, unset=False) is sent
    left, right = _plain(sent), _plain(held)
    if left == right:
        return True
    try:
        return Decimal(left) == Decimal(right)
    except InvalidOperation:
        pass
    try:
        return datetime.fromisoformat(left).replace(tzinfo=None) == datetime.fromisoformat(right).replace(
            tzinfo=None
        )
    except ValueError:
        return False


def _plain(value: Any) -> str:
    # Pace trims texts and keeps one kind of line end.
    return "\n".join(line.rstrip() for line in text_of(value).strip().splitlines())


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
