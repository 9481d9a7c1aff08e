"""What Pace does on save for single types of objects, beyond storing what it was sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from typing import Any, Final

from integrations.simulation.sandbox.pace import templates
from integrations.simulation.sandbox.pace.errors import PaceError, not_found
from integrations.simulation.sandbox.pace.plant import PlantBehavior
from integrations.simulation.sandbox.pace.schema import Schema, server_time
from integrations.simulation.sandbox.pace.store import PaceStore, Record, Transaction, already_exists
from integrations.simulation.sandbox.pace.values import MAX_LENGTHS

OPEN: Final = "O"
FIRST_PART: Final = "01"
FROM_CUSTOMER: Final = ("shipVia", "csr", "salesPerson", "salesCategory", "terms", "priceList")
ADDRESS: Final = ("address1", "address2", "address3", "city", "state", "stateKey", "zip", "country")
TO_CONTACT: Final = {
    **{name: name for name in ADDRESS},
    "contactFirstName": "firstName",
    "contactLastName": "lastName",
    "email": "email",
    "phone": "businessPhoneNumber",
}
"""Where the fields of a shipment's address stand on the contact that is made from it."""
JOB_CONTACTS: Final = ("jobContact", "shipToJobContact", "billToJobContact")


@dataclass(frozen=True)
class PaceServices:
    """What triggers need besides the transaction: the plant, numbers, the time, who is asking, and a way to add objects."""

    schema: Schema
    store: PaceStore
    username: str
    insert: Callable[[str, Record, Transaction], str]

    @property
    def plant(self) -> PlantBehavior:
        return self.schema.plant

    def next_number(self, type_name: str) -> int:
        return self.store.next_number(type_name)

    def now(self) -> str:
        """The moment as the plant keeps its date-times."""
        zone = UTC if self.plant.utc_date_times else self.schema.zone
        return server_time(self.store.clock().astimezone(zone))

    def today(self) -> str:
        """The server's own day."""
        return server_time(self.store.clock().astimezone(self.schema.zone))[:10]


class Trigger:
    """The triggers of a type; by default none."""

    def before_create(self, fields: Record, txn: Transaction, services: PaceServices) -> None:
        """Complete the fields of a new object, or refuse it."""

    def after_create(self, key: str, fields: Record, txn: Transaction, services: PaceServices) -> None:
        """Do what follows from a new object."""

    def before_update(
        self, key: str, current: Record, changes: Record, txn: Transaction, services: PaceServices
    ) -> None:
        """Complete the changes of an object, or refuse them."""

    def after_update(self, key: str, changes: Record, txn: Transaction, services: PaceServices) -> None:
        """Do what follows from the changes of an object."""


def fill(fields: Record, defaults: dict[str, Any]) -> None:
    """Set the fields that were left empty."""
    for field, value in defaults.items():
        if fields.get(field) in (None, "", 0) and value not in (None, "", 0):
            fields[field] = value


class JobTrigger(Trigger):
    """A new job takes defaults from its customer, is open, and gets part 01."""

    def before_create(self, fields: Record, txn: Transaction, services: PaceServices) -> None:
        customer = txn.get("Customer", fields["customer"]) or {}
        fill(fields, {field: customer.get(field) for field in FROM_CUSTOMER})
        first_type = next((key for key, _ in txn.records("JobType")), None)
        fill(
            fields,
            {
                "adminStatus": OPEN,
                "jobType": int(first_type) if first_type else None,
                "enteredBy": services.username,
                "dateTimeSetup": services.now(),
                "lastStatusChangedDateTime": services.now(),
                "altCurrency": customer.get("defaultCurrency"),
            },
        )
        if services.plant.description_length:
            fields["description"] = fields["description"][: services.plant.description_length]
        _check_job_contacts("", fields, txn)

    def after_create(self, key: str, fields: Record, txn: Transaction, services: PaceServices) -> None:
        longest = MAX_LENGTHS["JobPart", "description"]
        part = {"job": key, "jobPart": FIRST_PART, "description": fields["description"][:longest]}
        quantity, price = fields.get("part1QuantityOrdered"), fields.get("part1QuotedPrice")
        fill(part, {"qtyOrdered": quantity, "quotedPrice": price})
        fill(part, {"jobProductType": fields.get("part1JobProductType")})
        services.insert("JobPart", part, txn)

    def before_update(
        self, key: str, current: Record, changes: Record, txn: Transaction, services: PaceServices
    ) -> None:
        _check_job_contacts(key, changes, txn)
        status = changes.get("adminStatus", current.get("adminStatus"))
        if status != current.get("adminStatus"):
            changes["prevAdminStatus"] = current.get("adminStatus")
            changes["lastStatusChangedDateTime"] = services.now()


class JobPartTrigger(Trigger):
    """A part is numbered within its job and takes defaults from it."""

    def before_create(self, fields: Record, txn: Transaction, services: PaceServices) -> None:
        job_key = fields["job"]
        job = txn.get("Job", job_key)
        if job is None:
            raise not_found("Job", job_key)
        number = self._number(job_key, fields, txn, services)
        if not (number.isascii() and number.isdigit() and len(number) >= 2):
            raise PaceError(f"Cannot convert value '{number}' of field 'jobPart' on object 'JobPart'")
        key = f"{job_key}:{number}"
        if fields.get("primaryKey") not in (None, "", key):
            raise PaceError(f"Value '{fields['primaryKey']}' of field 'primaryKey' is not '{key}'")
        if txn.get("JobPart", key) is not None:
            raise already_exists("JobPart", key)
        fields.update(jobPart=number, primaryKey=key)
        _check_job_contacts(job_key, fields, txn)
        fill(
            fields,
            {
                "productionStatus": job.get("adminStatus"),
                "itemTemplate": job.get("itemTemplate") if number == FIRST_PART else None,
                "jobType": job.get("jobType"),
                "earliestStartDateTime": job.get("earliestStartDateTime"),
                "dateTimeSetup": services.now(),
                "lastStatusChangedDateTime": services.now(),
            },
        )

    def after_create(self, key: str, fields: Record, txn: Transaction, services: PaceServices) -> None:
        txn.update("Job", fields["job"], {"totalParts": len(self._numbers(fields["job"], txn))})
        templates.make_lines(key, fields, txn, services.next_number)
        templates.make_content_file(key, txn, services.insert)
        if services.plant.computes_unforced_amounts:
            _compute_amounts(key, txn)

    def before_update(
        self, key: str, current: Record, changes: Record, txn: Transaction, services: PaceServices
    ) -> None:
        for field in ("job", "jobPart", "primaryKey"):
            if field in changes and changes[field] != current.get(field):
                raise PaceError(f"Field '{field}' on object 'JobPart' cannot be changed")
        _check_job_contacts(current["job"], changes, txn)
        status = changes.get("productionStatus", current.get("productionStatus"))
        if status != current.get("productionStatus"):
            changes["lastStatusChangedDateTime"] = services.now()
        template = changes.get("itemTemplate")
        if template != current.get("itemTemplate") and not services.plant.templates_work_at_creation_only:
            templates.make_lines(key, {**current, **changes}, txn, services.next_number)

    def after_update(self, key: str, changes: Record, txn: Transaction, services: PaceServices) -> None:
        templates.make_content_file(key, txn, services.insert)
        if services.plant.computes_unforced_amounts:
            _compute_amounts(key, txn)

    def _number(self, job_key: str, fields: Record, txn: Transaction, services: PaceServices) -> str:
        """The number of a new part: the next one, or the one that was asked for where the plant takes it."""
        following = self._next_number(job_key, txn)
        wanted = fields.get("jobPart") or None
        # Part 01 comes from Pace itself, with the job.
        if wanted is None or following == FIRST_PART or services.plant.part_numbers == "ignored":
            return following
        if services.plant.part_numbers == "refused":
            raise PaceError("Field 'jobPart' on object 'JobPart' is given by Pace and cannot be chosen")
        return str(wanted)

    @staticmethod
    def _numbers(job_key: str, txn: Transaction) -> list[int]:
        return [int(part["jobPart"]) for part in templates.parts_of(job_key, txn)]

    def _next_number(self, job_key: str, txn: Transaction) -> str:
        return f"{max(self._numbers(job_key, txn), default=0) + 1:02d}"


class PartLinkTrigger(Trigger):
    """Objects that name a part by ``job`` and ``jobPart`` or by ``jobPartKey``: it has to exist, and each fills in the other."""

    def before_create(self, fields: Record, txn: Transaction, services: PaceServices) -> None:
        self._link(fields, txn, services)

    def before_update(
        self, key: str, current: Record, changes: Record, txn: Transaction, services: PaceServices
    ) -> None:
        names = ("job", "jobPart", "jobPartKey")
        if not any(name in changes and changes[name] != current.get(name) for name in names):
            return
        merged = {name: changes.get(name, current.get(name)) for name in names}
        # The one that was not sent gives way to the one that was.
        if "jobPartKey" in changes and "jobPart" not in changes:
            merged["jobPart"] = None
        elif "jobPart" in changes and "jobPartKey" not in changes:
            merged["jobPartKey"] = None
        self._link(merged, txn, services)
        changes.update({name: value for name, value in merged.items() if value != current.get(name)})

    def _link(self, fields: Record, txn: Transaction, services: PaceServices) -> None:
        job, number, key = fields.get("job"), fields.get("jobPart"), fields.get("jobPartKey")
        if not key and number:
            if not job:
                raise PaceError("Field 'job' is required where 'jobPart' is given")
            key = f"{job}:{number}"
        if not key:
            return
        part = txn.get("JobPart", key)
        if part is None:
            raise not_found("JobPart", key)
        if (job and part["job"] != job) or (number and part["jobPart"] != number):
            raise PaceError(f"JobPart '{key}' does not belong to Job '{job}' as part '{number or ''}'")
        if not services.plant.fills_nothing_in:
            fields.update(job=part["job"], jobPart=part["jobPart"], jobPartKey=key)


class JobShipmentTrigger(PartLinkTrigger):
    """A shipment ships by its job's method unless it says otherwise."""

    def before_create(self, fields: Record, txn: Transaction, services: PaceServices) -> None:
        super().before_create(fields, txn, services)
        job = txn.get("Job", fields["job"]) or {}
        shipment_type = txn.get("ShipmentType", str(fields.get("shipmentType"))) or {}
        if not services.plant.fills_nothing_in:
            fill(fields, {"shipVia": job.get("shipVia")})
        if "planned" not in fields:
            fields["planned"] = bool(shipment_type.get("planned"))
        _fill_address(fields, txn, services)
        if services.plant.addresses_become_contacts:
            self._make_contact(fields, job, txn, services)

    @staticmethod
    def _make_contact(fields: Record, job: Record, txn: Transaction, services: PaceServices) -> None:
        if fields.get("contactNumber") or not any(fields.get(name) for name in ADDRESS):
            return
        contact = {to: fields[name] for name, to in TO_CONTACT.items() if fields.get(name)}
        contact |= {"customer": job.get("customer"), "active": True, "shipTo": True}
        if services.plant.contacts_get_the_company and fields.get("name"):
            contact["companyName"] = fields["name"][: MAX_LENGTHS["Contact", "companyName"]]
        fields["contactNumber"] = int(services.insert("Contact", contact, txn))

    def before_update(
        self, key: str, current: Record, changes: Record, txn: Transaction, services: PaceServices
    ) -> None:
        super().before_update(key, current, changes, txn, services)
        if changes.get("job", current["job"]) != current["job"]:
            raise PaceError("Field 'job' on object 'JobShipment' cannot be changed")
        if changes.get("stateKey", current.get("stateKey")) != current.get("stateKey"):
            _fill_address(changes, txn, services)


class CartonTrigger(Trigger):
    """A carton that is not told otherwise packs the part of its shipment, when there is just one."""

    def before_create(self, fields: Record, txn: Transaction, services: PaceServices) -> None:
        fields.setdefault("addDefaultContent", True)
        if not services.plant.fills_nothing_in:
            fill(fields, {"count": 1})

    def after_create(self, key: str, fields: Record, txn: Transaction, services: PaceServices) -> None:
        if not fields["addDefaultContent"]:
            return
        shipment = txn.get("JobShipment", str(fields["shipment"])) or {}
        job_key = shipment.get("job", "")
        parts = [shipment["jobPart"]] if shipment.get("jobPart") else JobPartTrigger._numbers(job_key, txn)
        if len(parts) == 1:
            number = parts[0] if isinstance(parts[0], str) else f"{parts[0]:02d}"
            content = {"carton": int(key), "jobPartJob": job_key, "jobPart": number}
            fill(content, {"quantity": fields.get("quantity")})
            services.insert("CartonContent", content, txn)


class CartonContentTrigger(PartLinkTrigger):
    """What is packed belongs to the job of the carton's shipment."""

    def before_create(self, fields: Record, txn: Transaction, services: PaceServices) -> None:
        plant = services.plant
        job = self._job(fields, txn)
        part_job = fields.get("jobPartJob")
        for named in (fields.get("job"), part_job):
            if named and named != job:
                raise PaceError(f"Job '{named}' is not the job of Carton '{fields['carton']}'")
        if plant.contents_need_job_part_job and not part_job:
            # The whole job is packed: a part that no job goes with is not heard.
            fields["jobPart"] = fields["jobPartKey"] = None
        if part_job and fields.get("jobPart"):
            self._link({**fields, "job": part_job, "jobPartKey": None}, txn, services)
        if not plant.fills_nothing_in:
            if not fields.get("jobPartKey"):
                fields["job"] = fields.get("job") or job
            super().before_create(fields, txn, services)
            fields["jobPartJob"] = fields["job"]

    @staticmethod
    def _job(fields: Record, txn: Transaction) -> str | None:
        carton = txn.get("Carton", str(fields["carton"])) or {}
        shipment = txn.get("JobShipment", str(carton.get("shipment"))) or {}
        job: str | None = shipment.get("job")
        return job


class JobPartContentFileTrigger(PartLinkTrigger):
    """A file is linked to a part, so there has to be one."""

    def before_create(self, fields: Record, txn: Transaction, services: PaceServices) -> None:
        super().before_create(fields, txn, services)
        if not fields.get("jobPartKey") and not (fields.get("job") and fields.get("jobPart")):
            raise PaceError("Field 'jobPartKey' on object 'JobPartContentFile' is required")


class JobContactTrigger(Trigger):
    """A job contact belongs to the customer of its contact."""

    def before_create(self, fields: Record, txn: Transaction, services: PaceServices) -> None:
        if services.plant.fills_nothing_in:
            return
        contact = txn.get("Contact", str(fields["contact"])) or {}
        fill(fields, {"customer": contact.get("customer")})


class CustomerTrigger(Trigger):
    """A new customer is open and dated today."""

    def before_create(self, fields: Record, txn: Transaction, services: PaceServices) -> None:
        fill(fields, {"customerStatus": OPEN, "dateSetup": services.today(), "defaultCurrency": "USD"})
        _fill_address(fields, txn, services)


class ContactTrigger(Trigger):
    """A new contact is active unless it says otherwise."""

    def before_create(self, fields: Record, txn: Transaction, services: PaceServices) -> None:
        fields.setdefault("active", True)
        _fill_address(fields, txn, services)


class StateTrigger(Trigger):
    """A state's key is made of its country and its code."""

    def before_create(self, fields: Record, txn: Transaction, services: PaceServices) -> None:
        fields["primaryKey"] = f"{fields['country']}:{fields['id']}"


def _check_job_contacts(job_key: str, fields: Record, txn: Transaction) -> None:
    for field in JOB_CONTACTS:
        contact_key = fields.get(field)
        contact = txn.get("JobContact", str(contact_key)) if contact_key else None
        if contact is not None and contact.get("job") != job_key:
            raise PaceError(f"JobContact '{contact_key}' does not belong to Job '{job_key}'")


AMOUNTS: Final = (
    ("originalQuotedPrice", "originalQuotedPrice"),
    ("amountToInvoice", "quotedPrice"),
    ("quantityOrdered", "qtyOrdered"),
)
"""Fields of a job that Pace adds up from its parts, and the fields of the parts."""


def _compute_amounts(part_key: str, txn: Transaction) -> None:
    """What Pace works out itself where no `…Forced` flag keeps it from it: a part's prices, and the sums of its job.

    The sandbox knows no prices of templates, so a part is worth nothing then.
    """
    part = txn.get("JobPart", part_key) or {}
    prices = ("originalQuotedPrice", "quotedPrice")
    txn.update("JobPart", part_key, {name: Decimal(0) for name in prices if not part.get(f"{name}Forced")})
    job = txn.get("Job", part["job"]) or {}
    parts = templates.parts_of(part["job"], txn)
    sums = {
        name: sum((one.get(of_part) or 0) for one in parts)
        for name, of_part in AMOUNTS
        if not job.get(f"{name}Forced")
    }
    txn.update("Job", part["job"], sums)


def _fill_address(fields: Record, txn: Transaction, services: PaceServices) -> None:
    if services.plant.fills_nothing_in:
        return
    state = txn.get("State", fields.get("stateKey") or "")
    if state is not None:
        fill(fields, {"state": state["id"], "country": state["country"]})


TRIGGERS: Final[dict[str, Trigger]] = {
    "Job": JobTrigger(),
    "JobPart": JobPartTrigger(),
    "JobShipment": JobShipmentTrigger(),
    "JobContact": JobContactTrigger(),
    "Carton": CartonTrigger(),
    "CartonContent": CartonContentTrigger(),
    "JobPartContentFile": JobPartContentFileTrigger(),
    "Customer": CustomerTrigger(),
    "Contact": ContactTrigger(),
    "State": StateTrigger(),
}
