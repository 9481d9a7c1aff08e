"""Creating, updating and deleting objects: what Pace checks whatever the type of the object.

What it does for one type only (a job gets its first part, a carton fills itself) is in ``triggers.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from integrations.simulation.sandbox.pace.errors import PaceError, not_found
from integrations.simulation.sandbox.pace.schema import ObjectType, Schema
from integrations.simulation.sandbox.pace.store import PaceStore, Record, Transaction
from integrations.simulation.sandbox.pace.templates import LINE
from integrations.simulation.sandbox.pace.triggers import TRIGGERS, PaceServices, Trigger
from integrations.simulation.sandbox.pace.values import stored_fields

REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "Job": (
        "customer",
        "description",
        "poNum",
        "promiseDateTime",
        "scheduledShipDateTime",
        "earliestStartDateTime",
    ),
    "JobPart": ("job",),
    "JobProduct": ("job",),
    "JobShipment": ("job",),
    "JobContact": ("job", "contact"),
    "Carton": ("shipment",),
    "CartonContent": ("carton",),
    "ContentFile": ("fileName",),
    "JobPartContentFile": ("contentFile",),
    "Customer": ("custName",),
    "State": ("id", "country"),
}

OWNED: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "Job": (("JobPart", "job"), ("JobShipment", "job"), ("JobContact", "job"), ("JobProduct", "job")),
    "JobPart": (("CartonContent", "jobPartKey"), ("JobPartContentFile", "jobPartKey"), (LINE, "part")),
    "JobShipment": (("Carton", "shipment"),),
    "Carton": (("CartonContent", "carton"),),
}
"""What is deleted together with an object: types, and their field that names it."""


def is_unset(value: Any) -> bool:
    """Whether a reference or a required field counts as empty."""
    return value is None or value == "" or (value == 0 and not isinstance(value, bool))


class Rules:
    """Pace's checks and triggers over one store."""

    def __init__(
        self,
        schema: Schema,
        store: PaceStore,
        username: str,
        required: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        self.schema = schema
        self._services = PaceServices(schema, store, username, self.insert)
        more = required or {}
        self._required = {name: (*REQUIRED.get(name, ()), *more.get(name, ())) for name in {*REQUIRED, *more}}

    # Create

    def create(self, type_name: str, body: Any, txn: Transaction) -> Record:
        """Create an object from the body of a call; the whole object as Pace answers it."""
        of_type = self.schema[type_name]
        fields = self._checked(of_type, body)
        self._require(of_type, fields, self._required.get(type_name, ()))
        self._check_references(of_type, fields, txn)
        key = self.insert(type_name, fields, txn)
        record = txn.get(type_name, key)
        return of_type.whole(record or {})

    def insert(self, type_name: str, fields: Record, txn: Transaction) -> str:
        """Complete and store a new object; its key. ``fields`` have been checked, or come from Pace itself."""
        of_type = self.schema[type_name]
        trigger = TRIGGERS.get(type_name, Trigger())
        trigger.before_create(fields, txn, self._services)
        # Only now: the triggers fill in references, which have to be right as well.
        self._check_references(of_type, fields, txn)
        key = self._new_key(of_type, fields)
        txn.insert(type_name, key, fields)
        trigger.after_create(key, fields, txn, self._services)
        return key

    def _new_key(self, of_type: ObjectType, fields: Record) -> str:
        if of_type.key is None:
            return str(self._services.next_number(of_type.name))
        if is_unset(fields.get(of_type.key)):
            if not of_type.has_integer_key and of_type.name not in ("Job", "Customer"):
                raise PaceError(f"Field '{of_type.key}' on object '{of_type.name}' is required")
            number = self._services.next_number(of_type.name)
            fields[of_type.key] = number if of_type.has_integer_key else str(number)
        elif of_type.name == "Job":
            raise PaceError("Field 'job' on object 'Job' is given by Pace and cannot be chosen")
        return str(fields[of_type.key])

    # Update

    def update(self, type_name: str, body: Any, txn: Transaction) -> Record:
        """Change the fields named in the body of a call; the whole object afterwards."""
        of_type = self.schema[type_name]
        changes = self._checked(of_type, body)
        key = self._key_of(of_type, changes)
        current = txn.get(type_name, key)
        if current is None:
            raise not_found(type_name, key)
        required = [field for field in self._required.get(type_name, ()) if field in changes]
        self._require(of_type, changes, required)
        self._check_references(of_type, changes, txn)
        trigger = TRIGGERS.get(type_name, Trigger())
        trigger.before_update(key, current, changes, txn, self._services)
        txn.update(type_name, key, changes)
        trigger.after_update(key, changes, txn, self._services)
        return of_type.whole(txn.get(type_name, key) or {})

    def _key_of(self, of_type: ObjectType, fields: Record) -> str:
        key = fields.get(of_type.key) if of_type.key else None
        if of_type.name == "JobPart" and is_unset(key) and fields.get("job") and fields.get("jobPart"):
            key = f"{fields['job']}:{fields['jobPart']}"
        if is_unset(key):
            raise PaceError(f"The primary key of object '{of_type.name}' is missing: {of_type.key}")
        return str(key)

    # Delete

    def delete(self, type_name: str, key: str, txn: Transaction) -> None:
        """Delete an object with what belongs to it; refused while anything else refers to it."""
        if txn.get(self.schema[type_name].name, key) is None:
            raise not_found(type_name, key)
        doomed = {(type_name, key)}
        fresh = list(doomed)
        while fresh:
            parent_type, parent_key = fresh.pop()
            for child_type, field in OWNED.get(parent_type, ()):
                for child_key, child in txn.records(child_type):
                    if str(child.get(field)) == parent_key and (child_type, child_key) not in doomed:
                        doomed.add((child_type, child_key))
                        fresh.append((child_type, child_key))
        for other in self.schema.types.values():
            for other_key, record in txn.records(other.name):
                for field, to in other.references.items():
                    if (to, str(record.get(field))) in doomed and (other.name, other_key) not in doomed:
                        raise PaceError(
                            f"Object {type_name} with primary key '{key}' cannot be deleted: "
                            f"{other.name} '{other_key}' refers to it"
                        )
        for doomed_type, doomed_key in doomed:
            txn.delete(doomed_type, doomed_key)

    # Checks

    def _checked(self, of_type: ObjectType, body: Any) -> Record:
        if not isinstance(body, dict):
            raise PaceError(f"Expected the fields of object '{of_type.name}' as a JSON object")
        return stored_fields(body, of_type, self.schema)

    def _require(self, of_type: ObjectType, fields: Record, required: Iterable[str]) -> None:
        for field in required:
            value = fields.get(field)
            if is_unset(value) or (isinstance(value, str) and not value.strip()):
                raise PaceError(f"Field '{field}' on object '{of_type.name}' is required")

    def _check_references(self, of_type: ObjectType, fields: Record, txn: Transaction) -> None:
        for field, to in of_type.references.items():
            value = fields.get(field)
            if not is_unset(value) and txn.get(to, str(value)) is None:
                raise not_found(to, value)
