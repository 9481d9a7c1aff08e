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
    """A Pace field that may be changed. `kind`: text, number, moment or own (of the plant, whose type is known only with
    its Pace server); `longest` in characters; `choices`: the stored list of Pace codes it is chosen from; `within`: the
    field of the same object whose value narrows that list."""

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
        Field(JOB, "csr", "CSR", "number"),
        Field(JOB, "jobProductType", "Job product type"),
        Field(PART, "salesCategory", "Sales category", "number"),
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
        Field(SHIPMENT, "notes", "Notes of the shipment", longest=_OF_LINES),
    )
}
OWN = "own"
_OWN_KEY = re.compile(rf"({JOB}|{PART}|{SHIPMENT}|{CARTON})\.(u_[A-Za-z0-9_]{{1,98}})")


def changeable(key: str) -> Field | None:
    """The field of this key: one of `FIELDS`, or one that the plant added to Pace itself (`u_…`). None for any other."""
    if key in FIELDS:
        return FIELDS[key]
    own = _OWN_KEY.fullmatch(key)
    return Field(own[1], own[2], own[2], OWN, _OF_LINES) if own else None


_LABELS = {field.name: field.label for field in FIELDS.values()}


def field_label(name: str) -> str:
    """What staff call a field of Pace, such as “Ship via” for shipVia."""
    return _LABELS.get(name, name)


class Overrides:
    """The changes of one order, asked by level and items."""

    def __init__(self, given: Collection[Override] = ()) -> None:
        self._by_place = {(one.key, one.item): one for one in given}

    def __bool__(self) -> bool:
        return bool(self._by_place)

    def of(self, key: str, items: Sequence[int] = ()) -> Override | None:
        """The change of this field for the first of these items that has one, else the one of the whole order."""
        if not self._by_place:
            return None
        for item in (*items, None):
            if found := self._by_place.get((key, item)):
                return found
        return None

    def chosen(self, level: str, items: Sequence[int] = ()) -> Fields:
        """What staff chose for an object of these items, by field; also fields that the plan does not have."""
        if not self._by_place:
            return {}
        keys = dict.fromkeys([*FIELDS, *sorted(key for key, _ in self._by_place)])
        return {
            field.name: found.planned
            for field in map(changeable, keys)
            if field
            and field.level == level
            and field.key not in (COUNTRY, STATE)
            and (found := self.of(field.key, items))
        }


def parse_value(key: str, text: str) -> Value:
    """What staff typed as the value that Pace takes, of a plant's own field as text (`own_fields` gives it its type).
    Raises ValueError with a sentence for people."""
    field = changeable(key)
    if field is None:
        raise ValueError("This value cannot be changed for one order.")
    text = lines(text) if field.of_lines else one_line(text)
    if not text:
        raise ValueError(f"{field.label}: enter a value. To take a change back, use its own button.")
    if field.kind == "number":
        if not re.fullmatch(r"[0-9]{1,9}", text):
            hint = " Choose one from the list." if field.choices else ""
            raise ValueError(f"{field.label}: “{text}” is not a whole number.{hint}")
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
