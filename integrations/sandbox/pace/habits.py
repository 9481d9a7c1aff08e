"""What Pace does by itself for single types of objects, beyond storing what it was sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from integrations.sandbox.pace.errors import PaceError, not_found
from integrations.sandbox.pace.schema import server_time
from integrations.sandbox.pace.store import Record, Store, Transaction, already_exists
from integrations.sandbox.pace.values import MAX_LENGTHS

OPEN: Final = "O"
FROM_CUSTOMER: Final = ("shipVia", "csr", "salesPerson", "salesCategory", "terms", "priceList")
JOB_CONTACTS: Final = ("jobContact", "shipToJobContact", "billToJobContact")


@dataclass(frozen=True)
class Office:
    """What habits need besides the transaction: numbers, the time, who is asking, and a way to add objects."""

    store: Store
    zone: ZoneInfo
    username: str
    insert: Callable[[str, Record, Transaction], str]

    def next_number(self, type_name: str) -> int:
        return self.store.next_number(type_name)

    def now(self) -> str:
        return server_time(self.store.clock().astimezone(self.zone))

    def today(self) -> str:
        return self.now()[:10]


class Habit:
    """The habits of a type; by default none."""

    def before_create(self, fields: Record, txn: Transaction, office: Office) -> None:
        """Complete the fields of a new object, or refuse it."""

    def after_create(self, key: str, fields: Record, txn: Transaction, office: Office) -> None:
        """Do what follows from a new object."""

    def before_update(
        self, key: str, current: Record, changes: Record, txn: Transaction, office: Office
    ) -> None:
        """Complete the changes of an object, or refuse them."""


def fill(fields: Record, defaults: dict[str, Any]) -> None:
    """Set the fields that were left empty."""
    for field, value in defaults.items():
        if fields.get(field) in (None, "", 0) and value not in (None, "", 0):
            fields[field] = value


class JobHabit(Habit):
    """A new job takes defaults from its customer, is open, and gets part 01."""

    def before_create(self, fields: Record, txn: Transaction, office: Office) -> None:
        customer = txn.get("Customer", fields["customer"]) or {}
        fill(fields, {field: customer.get(field) for field in FROM_CUSTOMER})
        first_type = next((key for key, _ in txn.records("JobType")), None)
        fill(
            fields,
            {
                "adminStatus": OPEN,
                "jobType": int(first_type) if first_type else None,
                "enteredBy": office.username,
                "dateTimeSetup": office.now(),
                "lastStatusChangedDateTime": office.now(),
                "altCurrency": customer.get("defaultCurrency"),
            },
        )
        _check_job_contacts("", fields, txn)

    def after_create(self, key: str, fields: Record, txn: Transaction, office: Office) -> None:
        longest = MAX_LENGTHS["JobPart", "description"]
        part = {"job": key, "jobPart": "01", "description": fields["description"][:longest]}
        quantity, price = fields.get("part1QuantityOrdered"), fields.get("part1QuotedPrice")
        fill(part, {"qtyOrdered": quantity, "quotedPrice": price})
        office.insert("JobPart", part, txn)

    def before_update(
        self, key: str, current: Record, changes: Record, txn: Transaction, office: Office
    ) -> None:
        _check_job_contacts(key, changes, txn)
        status = changes.get("adminStatus", current.get("adminStatus"))
        if status != current.get("adminStatus"):
            changes["prevAdminStatus"] = current.get("adminStatus")
            changes["lastStatusChangedDateTime"] = office.now()


class JobPartHabit(Habit):
    """A part is numbered within its job and takes defaults from it."""

    def before_create(self, fields: Record, txn: Transaction, office: Office) -> None:
        job_key = fields["job"]
        job = txn.get("Job", job_key)
        if job is None:
            raise not_found("Job", job_key)
        number = fields.get("jobPart") or self._next_number(job_key, txn)
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
                "itemTemplate": job.get("itemTemplate") if number == "01" else None,
                "jobType": job.get("jobType"),
                "earliestStartDateTime": job.get("earliestStartDateTime"),
                "dateTimeSetup": office.now(),
                "lastStatusChangedDateTime": office.now(),
            },
        )

    def after_create(self, key: str, fields: Record, txn: Transaction, office: Office) -> None:
        txn.update("Job", fields["job"], {"totalParts": len(self._numbers(fields["job"], txn))})

    def before_update(
        self, key: str, current: Record, changes: Record, txn: Transaction, office: Office
    ) -> None:
        for field in ("job", "jobPart", "primaryKey"):
            if field in changes and changes[field] != current.get(field):
                raise PaceError(f"Field '{field}' on object 'JobPart' cannot be changed")
        _check_job_contacts(current["job"], changes, txn)
        status = changes.get("productionStatus", current.get("productionStatus"))
        if status != current.get("productionStatus"):
            changes["lastStatusChangedDateTime"] = office.now()

    @staticmethod
    def _numbers(job_key: str, txn: Transaction) -> list[int]:
        # Numbered from 01 without large gaps, so asking for each is quicker than reading every part there is.
        found, missed, number = [], 0, 1
        while missed < 100:
            if txn.get("JobPart", f"{job_key}:{number:02d}") is not None:
                found.append(number)
                missed = 0
            else:
                missed += 1
            number += 1
        return found

    def _next_number(self, job_key: str, txn: Transaction) -> str:
        return f"{max(self._numbers(job_key, txn), default=0) + 1:02d}"


class PartLinkHabit(Habit):
    """Objects that name a part by ``job`` and ``jobPart`` or by ``jobPartKey``: each fills in the other."""

    def before_create(self, fields: Record, txn: Transaction, office: Office) -> None:
        self._link(fields, txn)

    def before_update(
        self, key: str, current: Record, changes: Record, txn: Transaction, office: Office
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
        self._link(merged, txn)
        changes.update({name: value for name, value in merged.items() if value != current.get(name)})

    def _link(self, fields: Record, txn: Transaction) -> None:
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
        fields.update(job=part["job"], jobPart=part["jobPart"], jobPartKey=key)


class JobShipmentHabit(PartLinkHabit):
    """A shipment ships by its job's method unless it says otherwise."""

    def before_create(self, fields: Record, txn: Transaction, office: Office) -> None:
        super().before_create(fields, txn, office)
        job = txn.get("Job", fields["job"]) or {}
        shipment_type = txn.get("ShipmentType", str(fields.get("shipmentType"))) or {}
        fill(fields, {"shipVia": job.get("shipVia")})
        if "planned" not in fields:
            fields["planned"] = bool(shipment_type.get("planned"))
        _fill_address(fields, txn)

    def before_update(
        self, key: str, current: Record, changes: Record, txn: Transaction, office: Office
    ) -> None:
        super().before_update(key, current, changes, txn, office)
        if changes.get("job", current["job"]) != current["job"]:
            raise PaceError("Field 'job' on object 'JobShipment' cannot be changed")
        if changes.get("stateKey", current.get("stateKey")) != current.get("stateKey"):
            _fill_address(changes, txn)


class CartonHabit(Habit):
    """A carton that is not told otherwise packs the part of its shipment, when there is just one."""

    def before_create(self, fields: Record, txn: Transaction, office: Office) -> None:
        fields.setdefault("addDefaultContent", True)
        fill(fields, {"count": 1})

    def after_create(self, key: str, fields: Record, txn: Transaction, office: Office) -> None:
        if not fields["addDefaultContent"]:
            return
        shipment = txn.get("JobShipment", str(fields["shipment"])) or {}
        job_key = shipment.get("job", "")
        parts = [shipment["jobPart"]] if shipment.get("jobPart") else JobPartHabit._numbers(job_key, txn)
        if len(parts) == 1:
            number = parts[0] if isinstance(parts[0], str) else f"{parts[0]:02d}"
            content = {"carton": int(key), "job": job_key, "jobPart": number}
            fill(content, {"quantity": fields.get("quantity")})
            office.insert("CartonContent", content, txn)


class CartonContentHabit(PartLinkHabit):
    """What is packed belongs to the job of the carton's shipment."""

    def before_create(self, fields: Record, txn: Transaction, office: Office) -> None:
        carton = txn.get("Carton", str(fields["carton"])) or {}
        shipment = txn.get("JobShipment", str(carton.get("shipment"))) or {}
        job = shipment.get("job")
        if not fields.get("job") and not fields.get("jobPartKey"):
            fields["job"] = job
        super().before_create(fields, txn, office)
        if fields.get("job") != job:
            raise PaceError(f"Job '{fields.get('job')}' is not the job of Carton '{fields['carton']}'")
        fields["jobPartJob"] = fields["job"]


class JobPartContentFileHabit(PartLinkHabit):
    """A file is linked to a part, so there has to be one."""

    def before_create(self, fields: Record, txn: Transaction, office: Office) -> None:
        super().before_create(fields, txn, office)
        if not fields.get("jobPartKey"):
            raise PaceError("Field 'jobPartKey' on object 'JobPartContentFile' is required")


class JobContactHabit(Habit):
    """A job contact belongs to the customer of its contact."""

    def before_create(self, fields: Record, txn: Transaction, office: Office) -> None:
        contact = txn.get("Contact", str(fields["contact"])) or {}
        fill(fields, {"customer": contact.get("customer")})


class CustomerHabit(Habit):
    """A new customer is open and dated today."""

    def before_create(self, fields: Record, txn: Transaction, office: Office) -> None:
        fill(fields, {"customerStatus": OPEN, "dateSetup": office.today(), "defaultCurrency": "USD"})
        _fill_address(fields, txn)


class ContactHabit(Habit):
    """A new contact is active unless it says otherwise."""

    def before_create(self, fields: Record, txn: Transaction, office: Office) -> None:
        fields.setdefault("active", True)
        _fill_address(fields, txn)


class StateHabit(Habit):
    """A state's key is made of its country and its code."""

    def before_create(self, fields: Record, txn: Transaction, office: Office) -> None:
        fields["primaryKey"] = f"{fields['country']}:{fields['id']}"


def _check_job_contacts(job_key: str, fields: Record, txn: Transaction) -> None:
    for field in JOB_CONTACTS:
        contact_key = fields.get(field)
        contact = txn.get("JobContact", str(contact_key)) if contact_key else None
        if contact is not None and contact.get("job") != job_key:
            raise PaceError(f"JobContact '{contact_key}' does not belong to Job '{job_key}'")


def _fill_address(fields: Record, txn: Transaction) -> None:
    state = txn.get("State", fields.get("stateKey") or "")
    if state is not None:
        fill(fields, {"state": state["id"], "country": state["country"]})


HABITS: Final[dict[str, Habit]] = {
    "Job": JobHabit(),
    "JobPart": JobPartHabit(),
    "JobShipment": JobShipmentHabit(),
    "JobContact": JobContactHabit(),
    "Carton": CartonHabit(),
    "CartonContent": CartonContentHabit(),
    "JobPartContentFile": JobPartContentFileHabit(),
    "Customer": CustomerHabit(),
    "Contact": ContactHabit(),
    "State": StateHabit(),
}
