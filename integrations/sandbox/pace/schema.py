"""The types of objects that the sandbox Pace knows: fields, keys and references to one another."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from integrations.sandbox.pace.errors import PaceError

FIELD_TYPES: Final = frozenset(
    {"string", "integer", "long", "number", "boolean", "date-time", "array<integer>"}
)
USER_DEFINED: Final = "u_"
"""Fields that a site adds itself begin like this; their type is not known here."""

_UNSET: Final[dict[str, Any]] = {"integer": 0, "long": 0, "number": Decimal(0), "boolean": False}

_KEYS: Final[dict[str, str | None]] = {
    "Job": "job",
    "JobPart": "primaryKey",
    "State": "primaryKey",
    "ItemTemplate": "code",
    "FileAttachment": None,
}

_REFERENCES: Final[dict[str, dict[str, str]]] = {
    "Job": {
        "customer": "Customer",
        "jobType": "JobType",
        "adminStatus": "JobStatus",
        "shipVia": "ShipVia",
        "jobContact": "JobContact",
        "shipToJobContact": "JobContact",
        "billToJobContact": "JobContact",
        "itemTemplate": "ItemTemplate",
        "jobOrderType": "JobOrderType",
    },
    "JobPart": {
        "job": "Job",
        "productionStatus": "JobStatus",
        "itemTemplate": "ItemTemplate",
        "jobType": "JobType",
        "jobContact": "JobContact",
        "shipToJobContact": "JobContact",
        "contentFile": "ContentFile",
        "jobProduct": "JobProduct",
    },
    "JobProduct": {"job": "Job", "itemTemplate": "ItemTemplate"},
    "JobShipment": {
        "job": "Job",
        "jobPartKey": "JobPart",
        "shipVia": "ShipVia",
        "shipmentType": "ShipmentType",
        "country": "Country",
        "stateKey": "State",
        "customer": "Customer",
        "jobContact": "JobContact",
        "itemTemplate": "ItemTemplate",
    },
    "JobContact": {"job": "Job", "contact": "Contact", "customer": "Customer"},
    "Contact": {"customer": "Customer", "country": "Country", "stateKey": "State", "shipVia": "ShipVia"},
    "Customer": {
        "country": "Country",
        "stateKey": "State",
        "shipVia": "ShipVia",
        "defaultContact": "Contact",
        "shipToContact": "Contact",
        "billToContact": "Contact",
    },
    "Carton": {"shipment": "JobShipment"},
    "CartonContent": {
        "carton": "Carton",
        "job": "Job",
        "jobPartKey": "JobPart",
        "jobPartJob": "Job",
        "jobProduct": "JobProduct",
    },
    "ContentFile": {"customer": "Customer"},
    "JobPartContentFile": {"contentFile": "ContentFile", "job": "Job", "jobPartKey": "JobPart"},
    "ShipVia": {"provider": "ShipProvider"},
    "State": {"country": "Country"},
    "ItemTemplate": {"customer": "Customer"},
}

_ALIASES: Final[dict[str, str]] = {"jobPart": "jobPartKey", "state": "stateKey"}
"""In a path, these names lead to the object that the field on the right refers to."""

_JOB_ORDER_TYPE: Final = {"id": "string", "description": "string", "active": "boolean"}


@dataclass(frozen=True)
class ObjectType:
    """One type of object."""

    name: str
    fields: dict[str, str]
    """Type of every field, by its name."""
    key: str | None
    """The field that holds the primary key; None when the key is not among the fields."""
    references: dict[str, str]
    """Fields that hold the key of another object, and that object's type."""

    @cached_property
    def unset(self) -> dict[str, Any]:
        """How each field reads while nothing was stored in it: 0, false or null."""
        return {field: _UNSET.get(kind) for field, kind in self.fields.items()}

    @property
    def has_integer_key(self) -> bool:
        """True when the key is a number that Pace takes from a sequence."""
        return self.key is None or self.fields[self.key] in ("integer", "long")

    def field_type(self, field: str) -> str | None:
        """The type of a field, ``any`` for a user-defined one, None for an unknown one."""
        known = self.fields.get(field)
        if known is None and field.startswith(USER_DEFINED):
            return "any"
        return known

    def whole(self, record: dict[str, Any]) -> dict[str, Any]:
        """A stored record with all fields of its type, as Pace answers it."""
        return {**self.unset, **record}

    def referred_by(self, step: str) -> tuple[str, str] | None:
        """For one step of a path: the field that holds the key, and the type it leads to."""
        if step in self.references:
            return step, self.references[step]
        field = _ALIASES.get(step, "")
        return (field, self.references[field]) if field in self.references else None


def is_date_only(field: str) -> bool:
    """Whether Pace keeps only the day of this field (`dateSetup`, `invoiceDate`, …)."""
    return re.search(r"[dD]ate", field) is not None and "Time" not in field


def is_combined_date_time(field: str) -> bool:
    """Whether Pace makes this field up from a date and a time, and so cannot filter on it."""
    return "datetime" in field.lower()


class Schema:
    """All types, by name."""

    def __init__(self, *, job_order_types: bool = False) -> None:
        text = Path(__file__).with_name("schema.json").read_text(encoding="utf-8")
        described: dict[str, dict[str, list[str]]] = json.loads(text)["objects"]
        fields = {
            name: {field: kind for kind, names in groups.items() for field in names}
            for name, groups in described.items()
        }
        if job_order_types:
            fields["JobOrderType"] = dict(_JOB_ORDER_TYPE)
        self.types: dict[str, ObjectType] = {
            name: ObjectType(
                name,
                of_type,
                _KEYS.get(name, "id"),
                {field: to for field, to in _REFERENCES.get(name, {}).items() if to in fields},
            )
            for name, of_type in fields.items()
        }

    def __contains__(self, name: object) -> bool:
        return name in self.types

    def __getitem__(self, name: str) -> ObjectType:
        try:
            return self.types[name]
        except KeyError:
            raise PaceError(f"Unable to locate object {name}") from None


def server_time(moment: datetime) -> str:
    """A moment, already in the server's zone, as Pace writes it: without an offset."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S")
