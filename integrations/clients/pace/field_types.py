"""The fields of Pace objects that field rules may write: their types, and the lengths that are known.

A site adds fields of its own, `u_…`: what is known of those was seen in its own objects.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

# What rules call an object, and Pace's name of it.
OBJECTS: Final[dict[str, str]] = {
    "job": "Job",
    "part": "JobPart",
    "shipment": "JobShipment",
    "carton": "Carton",
    "customer": "Customer",
    "contact": "Contact",
}
USER_DEFINED: Final = "u_"

# Characters that a field of one line is known to take (docs/pace.md §4). Of others nothing is known.
LONGEST: Final[dict[tuple[str, str], int]] = {
    ("job", "description"): 255,
    ("part", "description"): 64,
    ("contact", "companyName"): 60,
    ("customer", "custName"): 60,
}


@cache
def field_types(object_: str) -> Mapping[str, str]:
    """The type of each field of an object, by its name: string, integer, long, number, boolean or date-time."""
    text = Path(__file__).with_name("field_types.json").read_text(encoding="utf-8")
    by_type: dict[str, list[str]] = json.loads(text)["objects"][OBJECTS[object_]]
    return {name: kind for kind, names in by_type.items() for name in sorted(names)}


def type_of_value(value: object) -> str:
    """The type that a value which Pace answered shows; "" for an unset field, which shows none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "boolean"
    return "integer" if isinstance(value, int) else "string" if isinstance(value, str) else "number"
