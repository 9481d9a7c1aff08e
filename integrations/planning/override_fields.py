"""Values that staff change for one order only: which ones may be changed, and where they come into the plan.

A change is a pure input of planning like a mapping row: it wins over what the rules say, its lineage says so, and what
Pace does not list is still a problem.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from automationhub.lib.texts import lines, one_line
from integrations.planning.plan_types import Fields, Override, Value

_OF_LINES = 2000  # characters of fields that hold several lines
JOB, PART, SHIPMENT, CARTON = "job", "part", "shipment", "carton"


@dataclass(frozen=True)
class Field:
    """A Pace field that may be changed. `kind`: text, number or moment; `longest` in characters; `choices`: the stored
    list of Pace codes it is chosen from; `within`: the field of the same object whose value narrows that list."""

    level: str
    name: str
    label: str
    kind: str = "text"
    longest: int = 50
    choices: str = ""
    within: str = ""

    @property
    def key(self) -> str:
        return f"{self.level}.{self.name}"

    @property
    def of_lines(self) -> bool:
        """Whether it holds several lines."""
        return self.longest >= _OF_LINES


# They decide each other, so they are resolved together (planning/staffs_place.py) and not put over the plan one by one.
COUNTRY, STATE = "shipment.country", "shipment.state"

# Left out on purpose: what makes a job findable (description, customer), money and quantities (they must add up over
# parts, cartons and the order), and keys that Pace gives.
FIELDS: dict[str, Field] = {
    field.key: field
    for field in (
        Field(SHIPMENT, "shipVia", "Ship via", "number", choices="ship_via"),
        Field(SHIPMENT, "accountNumber", "Shipping account number"),
        Field(PART, "itemTemplate", "Item template", choices="item_template"),
        Field(PART, "additionalDescription", "Additional description of the part", longest=_OF_LINES),
        Field(JOB, "scheduledShipDateTime", "Ship date and time", "moment"),
        Field(JOB, "poNum", "PO number"),
        Field(JOB, "description2", "Additional description of the job", longest=_OF_LINES),
        Field(JOB, "jobType", "Job type", "number", choices="job_type"),
        Field(JOB, "adminStatus", "Job status", longest=20, choices="job_status"),
        Field(SHIPMENT, "name", "Ship to: name", longest=100),
        Field(SHIPMENT, "contactFirstName", "Ship to: first name"),
        Field(SHIPMENT, "contactLastName", "Ship to: last name"),
        Field(SHIPMENT, "address1", "Ship to: address, first line", longest=100),
        Field(SHIPMENT, "address2", "Ship to: address, second line", longest=100),
        Field(SHIPMENT, "address3", "Ship to: address, third line", longest=100),
        Field(SHIPMENT, "city", "Ship to: city"),
        Field(SHIPMENT, "state", "Ship to: state", choices="state", within="country"),
        Field(SHIPMENT, "zip", "Ship to: postal code", longest=20),
        Field(SHIPMENT, "country", "Ship to: country", "number", choices="country"),
        Field(SHIPMENT, "phone", "Ship to: phone", longest=30),
        Field(SHIPMENT, "email", "Ship to: email", longest=254),
    )
}


_LABELS = {field.name: field.label for field in FIELDS.values()}


def field_label(name: str) -> str:
    """What staff call a field of Pace, such as “Ship via” for shipVia."""
    return _LABELS.get(name, name)


class Overrides:
    """The changes of one order, asked by level and items."""

    def __init__(self, given: Collection[Override] = ()) -> None:
        self._by_place = {(one.key, one.item): one for one in given}

    def of(self, key: str, items: Sequence[int] = ()) -> Override | None:
        """The change of this field for the first of these items that has one, else the one of the whole order."""
        if not self._by_place:
            return None
        for item in (*items, None):
            if found := self._by_place.get((key, item)):
                return found
        return None

    def applied(self, level: str, items: Sequence[int], fields: Fields) -> Fields:
        """The fields with what staff changed; a field that the plan does not have is added."""
        if not self._by_place:
            return fields
        changed = {
            field.name: found.planned
            for field in FIELDS.values()
            if field.level == level
            and field.key not in (COUNTRY, STATE)
            and (found := self.of(field.key, items))
        }
        return {**fields, **changed}


def parse_value(key: str, text: str) -> Value:
    """What staff typed as the value that Pace takes. Raises ValueError with a sentence for people."""
    field = FIELDS[key]
    text = lines(text) if field.of_lines else one_line(text)
    if not text:
        raise ValueError(f"{field.label}: enter a value. To take a change back, use its own button.")
    if field.kind == "number":
        if not re.fullmatch(r"[0-9]{1,9}", text):
            raise ValueError(f"{field.label}: “{text}” is not a whole number. Choose one from the list.")
        return int(text)
    if field.kind == "moment":
        return _moment(field, text)
    if len(text) > field.longest:
        raise ValueError(f"{field.label}: at most {field.longest} characters, this has {len(text)}.")
    return text


def _moment(field: Field, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.replace(" ", "T", 1))
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None or len(text) < len("2026-01-31 08:00"):
        raise ValueError(
            f"{field.label}: write date and time like 2026-01-31 17:00, as the clock at the Pace server shows it."
        )
    return found
