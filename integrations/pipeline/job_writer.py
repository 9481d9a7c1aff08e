"""The calls that write one planned job inside an open Pace transaction (mapping rules 4 to 7).

Order matters: Pace makes part 01 with the job; a contact can be linked once the job exists; a carton needs its
shipment. Keys that only Pace can give are put in here, everything else stands in the plan.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from integrations.clients.pace import PaceClient
from integrations.planning.plan_types import PlannedFile, PlannedJob, PlannedShipment, sendable

Create = Callable[[str, dict[str, Any]], dict[str, Any]]


def write_job(
    pace: PaceClient, job: PlannedJob, contact_id: int | None, txn: str, *, between_calls: Callable[[], None]
) -> str:
    """Write the job with parts, files, shipments and cartons under `txn`; the job number Pace gave it.

    Raises the clients' errors; the caller rolls back.
    """

    def create(kind: str, fields: dict[str, Any]) -> dict[str, Any]:
        between_calls()
        return pace.create(kind, fields, txn)

    def update(kind: str, fields: dict[str, Any]) -> None:
        between_calls()
        pace.update(kind, fields, txn)

    number = str(create("Job", sendable(job.fields))["job"])
    if contact_id is not None:
        link = create("JobContact", {"job": number, "contact": contact_id, **sendable(job.contact)})["id"]
        update("Job", {"job": number, "jobContact": link, "shipToJobContact": link, "billToJobContact": link})
    for position, part in enumerate(job.parts):
        if position == 0:
            update("JobPart", {"primaryKey": f"{number}:{part.number}", **sendable(part.fields)})
        else:
            create("JobPart", {"job": number, "jobPart": part.number, **sendable(part.fields)})
        for file in part.files:
            link_file(create, number, part.number, file)
    for shipment in job.shipments:
        _write_shipment(create, number, shipment)
    return number


def link_file(create: Create, number: str, part: str, file: PlannedFile) -> None:
    """Make the ContentFile and link it to the part of job `number`."""
    content = create("ContentFile", sendable(file.fields))["id"]
    create(
        "JobPartContentFile",
        {"job": number, "jobPart": part, "jobPartKey": f"{number}:{part}", "contentFile": content},
    )


def _write_shipment(create: Create, number: str, shipment: PlannedShipment) -> None:
    fields = {"job": number, **sendable(shipment.fields)}
    if len(shipment.parts) == 1:
        fields |= {"jobPart": shipment.parts[0], "jobPartKey": f"{number}:{shipment.parts[0]}"}
    shipment_id = create("JobShipment", fields)["id"]
    carton_id = create("Carton", {"shipment": shipment_id, **sendable(shipment.carton)})["id"]
    for content in shipment.contents:
        create(
            "CartonContent",
            {"carton": carton_id, "job": number, "jobPart": content.part, **sendable(content.fields)},
        )
