"""The calls that write one planned job inside an open Pace transaction (docs/mapping.md §3 to §7).

Order matters: Pace makes part 01 with the job, by the job's template and quantity; a contact can be linked once the job
exists; a carton needs its shipment. Keys that only Pace can give are put in here, everything else stands in the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.causes import CauseKind
from integrations.clients.pace.client import PaceClient
from integrations.clients.pace.values import number_of, text_of
from integrations.clients.pace.xpath import field_equals
from integrations.errors import PermanentError
from integrations.planning.file_placement import file_key
from integrations.planning.plan_types import PlannedFile, PlannedJob, PlannedShipment, Value, sendable
from integrations.stored import StoredJob, StoredPlan

Create = Callable[[str, dict[str, Any]], dict[str, Any]]

_FIRST_PART = "01"  # what Pace calls the part that it makes with the job


@dataclass(frozen=True)
class WrittenJob:
    """What Pace made of a planned job, inside the transaction that is still open.

    `description` is the one Pace holds, by which the job is found again; an event handler or a shorter field may have
    changed it. `parts` gives the number Pace gave each part, by the number it has in the plan.
    """

    number: str
    description: str
    parts: Mapping[str, str]


def write_job(
    pace: PaceClient, job: PlannedJob, contact_id: int | None, txn: str, *, between_calls: Callable[[], None]
) -> WrittenJob:
    """Write the job with parts, files, shipments and cartons under `txn`.

    Raises the clients' errors; the caller rolls back.
    """
    return _Writing(pace, job, txn, between_calls).write(contact_id)


def renumbered(plan: StoredPlan, unit: str, parts: Mapping[str, str]) -> StoredPlan:
    """The stored plan with the numbers that Pace gave the parts of this job: what follows finds them by these."""
    if all(planned == given for planned, given in parts.items()):
        return plan
    jobs = [_renumbered_job(job, parts) if job["unit"] == unit else job for job in plan["jobs"]]
    return {**plan, "jobs": jobs}


def _renumbered_job(job: StoredJob, parts: Mapping[str, str]) -> StoredJob:
    return {
        **job,
        "parts": [{**part, "number": parts[part["number"]]} for part in job["parts"]],
        "shipments": [
            {
                **shipment,
                "parts": [parts[number] for number in shipment["parts"]],
                "contents": [{**one, "part": parts[one["part"]]} for one in shipment["contents"]],
            }
            for shipment in job["shipments"]
        ],
    }


def files_in_pace(pace: PaceClient, number: str, txn: str | None = None) -> set[tuple[str, str]]:
    """The content files that Pace holds for the job: part number and key of the link. One call."""
    found = pace.load(
        "JobPartContentFile", field_equals("job", number), ["jobPart", "contentFile/@fileUrl"], txn=txn
    )
    return {(text_of(row["jobPart"]), file_key(text_of(row["contentFile/@fileUrl"]))) for row in found}


def link_file(create: Create, number: str, part: str, file: PlannedFile) -> None:
    """Make the ContentFile and link it to the part of job `number`."""
    content = create("ContentFile", sendable(file.fields))["id"]
    create(
        "JobPartContentFile",
        {"job": number, "jobPart": part, "jobPartKey": f"{number}:{part}", "contentFile": content},
    )


@dataclass
class _Writing:
    """One job on its way into a transaction."""

    pace: PaceClient
    job: PlannedJob
    txn: str
    between_calls: Callable[[], None]
    number: str = ""
    parts: dict[str, str] = field(default_factory=dict)

    def write(self, contact_id: int | None) -> WrittenJob:
        made = self.create("Job", sendable(self.job.fields))
        self.number = str(made["job"])
        if contact_id is not None:
            self._link_contact(contact_id)
        for part in self.job.parts:
            self.parts[part.number] = self._write_part(part.fields, first=not self.parts)
        self._write_files()
        for shipment in self.job.shipments:
            self._write_shipment(shipment)
        return WrittenJob(self.number, text_of(made.get("description")) or self.job.description, self.parts)

    def create(self, kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        self.between_calls()
        return self.pace.create(kind, fields, self.txn)

    def update(self, kind: str, fields: Mapping[str, Any]) -> None:
        self.between_calls()
        self.pace.update(kind, fields, self.txn)

    def _link_contact(self, contact_id: int) -> None:
        fields = {"job": self.number, "contact": contact_id, **sendable(self.job.contact)}
        link = self.create("JobContact", fields)["id"]
        self.update(
            "Job",
            {"job": self.number, "jobContact": link, "shipToJobContact": link, "billToJobContact": link},
        )

    def _write_part(self, planned: Mapping[str, Any], *, first: bool) -> str:
        """Write one part; the number Pace gave it."""
        fields = sendable(dict(planned))
        if first:
            # It has its template from the job; a template that is set later makes no lines.
            fields.pop("itemTemplate", None)
            self.update("JobPart", {"primaryKey": f"{self.number}:{_FIRST_PART}", **fields})
            return _FIRST_PART
        made = self.create("JobPart", {"job": self.number, **fields})
        number = text_of(made.get("jobPart")) or text_of(made.get("primaryKey")).rpartition(":")[2]
        if not number:
            raise PermanentError(
                f"Pace made a part of job {self.number} but did not answer its number, so its shipments and files cannot "
                "be linked to it. Nothing was kept. Ask EFI about createJobPart, then select Retry.",
                field="jobPart",
                cause=CauseKind.PART_WITHOUT_NUMBER.of(),
            )
        return number

    def _write_files(self) -> None:
        files = [(self.parts[part.number], file) for part in self.job.parts for file in part.files]
        there: set[tuple[str, str]] = set()
        if files and self.job.pace_makes_files:
            self.between_calls()
            there = files_in_pace(self.pace, self.number, self.txn)
        for part, file in files:
            if (part, file_key(str(file.fields["fileUrl"].value))) not in there:
                link_file(self.create, self.number, part, file)

    def _write_shipment(self, shipment: PlannedShipment) -> None:
        fields: dict[str, Value] = {"job": self.number, **sendable(shipment.fields)}
        numbers = [self.parts[part] for part in shipment.parts]
        if fields.get("description") == ", ".join(shipment.parts):
            fields["description"] = ", ".join(numbers)
        if len(numbers) == 1:
            fields |= {"jobPart": numbers[0], "jobPartKey": f"{self.number}:{numbers[0]}"}
        made = self.create("JobShipment", fields)
        self._complete_contact(number_of(made.get("contactNumber")), shipment)
        carton_id = self.create("Carton", {"shipment": made["id"], **sendable(shipment.carton)})["id"]
        for content in shipment.contents:
            number = self.parts[content.part]
            self.create(
                "CartonContent",
                {
                    "carton": carton_id,
                    "jobPartJob": self.number,
                    "jobPart": number,
                    **sendable(content.fields),
                },
            )

    def _complete_contact(self, contact_id: int, shipment: PlannedShipment) -> None:
        """Put on the contact that Pace made of the address what field rules decide, and the company where it did not
        arrive there."""
        if not contact_id:
            return
        ruled = {name: one for name, one in shipment.contact.items() if one.source.mapping == "fields"}
        fields = sendable(ruled)
        company = sendable({name: one for name, one in shipment.contact.items() if name not in ruled})
        if company:
            self.between_calls()
            found = self.pace.load("Contact", field_equals("id", contact_id), ["companyName"], txn=self.txn)
            if found and not text_of(found[0]["companyName"]).strip():
                fields |= company
        if fields:
            self.update("Contact", {"id": contact_id, **fields})
