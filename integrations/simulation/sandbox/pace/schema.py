"""The types of objects that the sandbox Pace knows: fields, keys and references to one another."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from integrations.simulation.sandbox.pace.errors import PaceError
from integrations.simulation.sandbox.pace.plant import DEFAULT_PLANT, PlantBehavior

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
        "part1JobProductType": "JobProductType",
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
        "jobProductType": "JobProductType",
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
    "ItemTemplate": {"customer": "Customer", "jobProductType": "JobProductType"},
}

_ALIASES: Final[dict[str, str]] = {"jobPart": "jobPartKey", "state": "stateKey"}
"""In a path, these names lead to the object that the field on the right refers to."""

_JOB_ORDER_TYPE: Final = {"id": "string", "description": "string", "active": "boolean"}
_JOB_PRODUCT_TYPE: Final = {**_JOB_ORDER_TYPE, "autoCreateJobPartContentFile": "boolean"}

_UTC: Final = ZoneInfo("UTC")

_HALVES: Final = {"dateTime": ("date", "time"), "dateTimeSetup": ("dateSetup", "timeSetUp")}
"""Halves of the combined date-times whose names do not end in ``DateTime``."""


@dataclass(frozen=True)
class Bound:
    """What a filter, a sort or a column sees of a field: the type of its values, and how to read one."""

    kind: str
    read: Callable[[dict[str, Any]], Any]


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


def halves_of(combined: str) -> tuple[str, str]:
    """The names of the date and the time of day that a combined date-time is made of."""
    stem = combined.removesuffix("DateTime")
    return _HALVES.get(combined, (f"{stem}Date", f"{stem}Time"))


def is_date_only(field: str) -> bool:
    """Whether Pace keeps only the day of this field (`dateSetup`, `invoiceDate`, …)."""
    return re.search(r"[dD]ate", field) is not None and "Time" not in field


def is_combined_date_time(field: str) -> bool:
    """Whether Pace makes this field up from a date and a time, and so cannot filter on it."""
    return "datetime" in field.lower()


class Schema:
    """All types, by name, as the Pace of one plant in one time zone has them."""

    def __init__(
        self,
        *,
        job_order_types: bool = False,
        plant: PlantBehavior = DEFAULT_PLANT,
        zone: ZoneInfo = _UTC,
    ) -> None:
        self.plant = plant
        self.zone = zone
        text = Path(__file__).with_name("schema.json").read_text(encoding="utf-8")
        described: dict[str, dict[str, list[str]]] = json.loads(text)["objects"]
        fields = {
            name: {field: kind for kind, names in groups.items() for field in names}
            for name, groups in described.items()
        }
        fields["JobProductType"] = dict(_JOB_PRODUCT_TYPE)
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

    def bound(self, of_type: ObjectType, field: str) -> Bound | None:
        """What a filter, a sort or a column sees of a field; None for a field that is unknown to them."""
        kind, unset = of_type.field_type(field), of_type.unset.get(field)
        if kind == "date-time" and is_combined_date_time(field) and self.plant.halves_only:
            return None
        if kind == "date-time" and is_date_only(field):
            return Bound("date", lambda record: _day(record.get(field)))
        if kind is not None:
            return Bound(kind, lambda record: record.get(field, unset))
        return self._half(of_type, field) if self.plant.halves_only else None

    def _half(self, of_type: ObjectType, half: str) -> Bound | None:
        for combined, kind in of_type.fields.items():
            if kind == "date-time" and is_combined_date_time(combined) and half in halves_of(combined):
                return self._bound_half(combined, half)
        return None

    def _bound_half(self, combined: str, half: str) -> Bound:
        kind = "date" if half == halves_of(combined)[0] else "time"

        def read(record: dict[str, Any]) -> date | time | None:
            moment = self._on_the_wall(record.get(combined))
            if moment is None:
                return None
            return moment.date() if kind == "date" else moment.time()

        return Bound(kind, read)

    def _on_the_wall(self, stored: str | None) -> datetime | None:
        """A stored date-time as the server's wall clock shows it."""
        if not stored:
            return None
        moment = datetime.fromisoformat(stored)
        if self.plant.utc_date_times:
            moment = moment.replace(tzinfo=UTC).astimezone(self.zone).replace(tzinfo=None)
        return moment

    def milliseconds(self, value: date | time) -> int:
        """A day as its midnight, a time of day as that of the first day of 1970, both in the server's zone."""
        if isinstance(value, date):
            moment = datetime.combine(value, time(), self.zone)
        else:
            moment = datetime.combine(date(1970, 1, 1), value, self.zone)
        return int(moment.timestamp() * 1000)


def _day(stored: str | None) -> date | None:
    return date.fromisoformat(stored[:10]) if stored else None


def server_time(moment: datetime) -> str:
    """A moment, already in the server's zone, as Pace writes it: without an offset."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S")
