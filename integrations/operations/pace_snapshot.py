"""What Pace holds of an order's jobs now, beside what was sent: read on demand by a worker, stored for the page."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from integrations.clients.http.gateway import CallRecord
from integrations.clients.pace.client import PaceClient
from integrations.clients.pace.partial_reading import load_known
from integrations.clients.pace.values import text_of
from integrations.clients.pace.xpath import Condition, any_of, field_equals
from integrations.core.audit.recorder import note_trouble
from integrations.core.connections import circuits
from integrations.core.connections.clients import pace_client
from integrations.core.workqueue import messages as queue
from integrations.enums import JobState
from integrations.errors import HubError, NotAllowed
from integrations.models import Order, PaceJob, PaceSnapshot
from integrations.operations import change_check
from integrations.planning.plan_types import SourceKind
from integrations.planning.same_values import is_same
from integrations.stored import StoredHeldRow, StoredJob, StoredTable

logger = logging.getLogger(__name__)


_JOB_STATUS = ["adminStatus", "adminStatus/@description"]
_PART_STATUS = ["productionStatus", "productionStatus/@description"]
# Fields that Pace gives or changes by itself while a job is made or goes through the plant: shown, but no difference.
# Columns that Pace has only while a job is made.
_NOT_KEPT = {"part1QuantityOrdered"}
_PACES_OWN = {"job", "jobPart", "jobPartKey", "shipment", "carton", "jobContact", "adminStatus", "planned"}


def read(order_id: int) -> None:
    """Read the jobs of an order from Pace and store them, or why that failed. Does nothing when nobody asked."""
    snapshot = PaceSnapshot.objects.filter(order=order_id).first()
    if snapshot is None or not snapshot.is_waiting:
        return
    begun_at = timezone.now()
    held, problem = snapshot.held, ""
    try:
        held = _read(order_id)
    except HubError as error:
        problem = error.message
    # A slow reading that comes back late does not replace a newer one.
    older = PaceSnapshot.objects.filter(Q(read_at__isnull=True) | Q(read_at__lt=begun_at), pk=snapshot.pk)
    if older.update(held=held, problem=problem, read_at=begun_at) and not problem:
        change_check.note_what_pace_holds(order_id, held)


def _read(order_id: int) -> list[StoredTable]:
    order = Order.objects.get(pk=order_id)
    jobs = list(
        PaceJob.objects.filter(order=order_id, state=JobState.DONE).select_related("server").order_by("id")
    )
    planned = {str(job.get("unit")): job for job in (order.plan or {}).get("jobs") or []}
    tables: list[StoredTable] = []
    for server in {job.server_id: job.server for job in jobs}.values():
        mine = [job for job in jobs if job.server_id == server.pk]
        last_trouble: dict[str, str] = {}

        def observe(call: CallRecord, trouble: dict[str, str] = last_trouble) -> None:
            note_trouble(trouble, call)

        with circuits.guard(server, last_trouble):
            reading = _SnapshotReading(pace_client(server, observer=observe), mine, planned)
            tables += reading.tables()
    return tables


class _SnapshotReading:
    """The jobs of one server: nine calls at the most, however many jobs there are."""

    def __init__(self, pace: PaceClient, jobs: list[PaceJob], planned: Mapping[str, StoredJob]) -> None:
        self._pace = pace
        self._jobs = jobs
        self._planned = planned
        self._of_jobs = any_of(*(field_equals("job", job.number) for job in jobs))

    def tables(self) -> list[StoredTable]:
        plans = [self._planned.get(job.unit) or StoredJob() for job in self._jobs]
        sent = [one for plan in plans for one in plan.get("shipments") or []]
        contacts = _names(_decided(one.get("contact")) for one in sent)
        found = {
            "jobs": self._load("Job", _names(plan.get("fields") for plan in plans), ["job", *_JOB_STATUS]),
            "parts": self._load(
                "JobPart",
                _names(part.get("fields") for plan in plans for part in plan.get("parts") or []),
                ["job", "jobPart", *_PART_STATUS],
            ),
            "shipments": self._load(
                "JobShipment",
                _names(one.get("fields") for one in sent),
                ["job", "id", "shipped", "trackingNumber", *(["contactNumber"] if contacts else [])],
            ),
            "files": self._pace.load(
                "JobPartContentFile",
                self._of_jobs,
                ["job", "jobPart", "contentFile/@fileName", "contentFile/@fileUrl"],
            ),
        }
        ids = [field_equals("shipment", _as_number(row.get("id"))) for row in found["shipments"]]
        found["cartons"] = self._load_of(
            "Carton", _names(_decided(one.get("carton")) for one in sent), ["id", "shipment"], ids
        )
        numbers = [number for row in found["shipments"] if (number := _as_number(row.get("contactNumber")))]
        found["contacts"] = self._load_of(
            "Contact", contacts, ["id"], [field_equals("id", number) for number in numbers]
        )
        return [
            table
            for job, plan in zip(self._jobs, plans, strict=True)
            for table in _tables_of(job, plan, found)
        ]

    def _load_of(
        self, kind: str, planned: list[str], others: list[str], of: list[Condition]
    ) -> list[dict[str, Any]]:
        """What belongs to shipments: read only where a field rule or staff decided something of it."""
        return self._load(kind, planned, others, any_of(*of)) if planned and of else []

    def _load(
        self, kind: str, planned: list[str], others: list[str], of: Condition | None = None
    ) -> list[dict[str, Any]]:
        """The rows without the planned fields that Pace does not show: one that it refuses hides no other."""
        wanted = [name for name in planned if name not in others and name not in _NOT_KEPT]
        rows, refused = load_known(self._pace.load, kind, of or self._of_jobs, others, wanted)
        return [{name: value for name, value in row.items() if name not in refused} for row in rows]


def _names(groups: Iterable[Mapping[str, Any] | None]) -> list[str]:
    return list(dict.fromkeys(name for fields in groups for name in fields or {}))


def _decided(fields: Mapping[str, Any] | None) -> dict[str, Any]:
    """The fields of a stored plan that a field rule or staff decided."""
    return {name: one for name, one in (fields or {}).items() if _is_decided(one.get("source") or {})}


def _is_decided(source: Mapping[str, Any]) -> bool:
    return source.get("mapping") == "fields" or source.get("kind") == SourceKind.STAFF


def _tables_of(
    job: PaceJob, plan: StoredJob, found: Mapping[str, list[dict[str, Any]]]
) -> Iterable[StoredTable]:
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
        title = f"Job {job.number}, shipment {position + 1}"
        yield _table(title, row, fields)
        if row is not None and position < len(sent):
            yield from _decided_of_shipment(title, row, sent[position], found)
    files: list[StoredHeldRow] = [
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


def _decided_of_shipment(
    title: str,
    held: Mapping[str, Any],
    sent: Mapping[str, Any],
    found: Mapping[str, list[dict[str, Any]]],
) -> Iterable[StoredTable]:
    """Carton and ship-to contact of a shipment, as far as field rules or staff decided something of them."""
    cartons = {_as_number(row.get("shipment")): row for row in found["cartons"]}
    contacts = {_as_number(row.get("id")): row for row in found["contacts"]}
    if fields := _decided(sent.get("carton")):
        yield _table(f"{title}, carton", cartons.get(_as_number(held.get("id"))), fields)
    if fields := _decided(sent.get("contact")):
        row = contacts.get(_as_number(held.get("contactNumber")))
        yield _table(f"{title}, ship-to contact", row, fields)


def _as_number(value: Any) -> int:
    text = text_of(value)
    return int(text) if text.isdecimal() else 0


def _table(title: str, held: Mapping[str, Any] | None, planned: Mapping[str, Any]) -> StoredTable:
    if held is None:
        return {"title": title, "missing": True, "rows": []}
    rows: list[StoredHeldRow] = []
    for name in dict.fromkeys([*planned, *held]):
        if name == "primaryKey" or (name not in planned and held.get(name) in (None, "")):
            continue
        sent = planned[name].get("value") if name in planned else None
        now = held.get(name)
        same = None
        if sent is not None and name in held and name not in _PACES_OWN:
            same = is_same(sent, now)
        rows.append({"field": name, "sent": _shown(sent), "held": _shown(now), "same": same})
    return {"title": title, "missing": False, "rows": rows}


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


# A message may be lost with its broker: after this long the button sends another one.
PATIENCE = timedelta(seconds=45)


def ask(order: Order, *, actor: str) -> PaceSnapshot:
    """Have Pace read for this order; a look that is on its way already is not asked for twice.

    Raises NotAllowed while no job of the order is in Pace.
    """
    if not order.jobs.filter(state=JobState.DONE).exists():
        raise NotAllowed(f"Order {order.number} has no job in Pace yet.")
    now = timezone.now()
    with transaction.atomic():
        found, created = PaceSnapshot.objects.select_for_update().get_or_create(
            order=order, defaults={"asked_at": now, "asked_by": actor[:200]}
        )
        if not created and found.is_waiting and now - found.asked_at < PATIENCE:
            return found
        found.asked_at, found.asked_by = now, actor[:200]
        found.save(update_fields=["asked_at", "asked_by"])
        queue.ask_for_snapshot(order.pk)
    return found
