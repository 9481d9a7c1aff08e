"""Short ways to write a planned value with its lineage."""

from functools import lru_cache

from integrations.planning.plan_types import FieldSource, PlannedValue, SourceKind, Value
from mappings.types import Resolution

# The same few constants and placeholders stand in every job: they are made once. `typed`, for 1 is not True here.
_made_once = lru_cache(maxsize=1024, typed=True)
_MAPPING_KINDS = ("products", "shipment_methods", "shipment_addresses", "fields")


def pressero(value: Value, detail: str) -> PlannedValue:
    """As Pressero has it; `detail` names the field."""
    return PlannedValue(value, FieldSource(SourceKind.PRESSERO, detail))


@_made_once
def parameter(value: Value, detail: str) -> PlannedValue:
    """A setting of the storefront or the Pace server."""
    return PlannedValue(value, FieldSource(SourceKind.PARAMETER, detail))


def default(value: Value, detail: str) -> PlannedValue:
    """What applies because nothing else said anything."""
    return PlannedValue(value, FieldSource(SourceKind.DEFAULT, detail))


def computed(value: Value, detail: str) -> PlannedValue:
    """Worked out; `detail` shows the terms."""
    return PlannedValue(value, FieldSource(SourceKind.COMPUTED, detail))


@_made_once
def pace(value: Value, detail: str) -> PlannedValue:
    """Found in Pace, or (value None) given by Pace when it is written."""
    return PlannedValue(value, FieldSource(SourceKind.PACE, detail))


@_made_once
def constant(value: Value, detail: str = "always so") -> PlannedValue:
    return PlannedValue(value, FieldSource(SourceKind.CONSTANT, detail))


FORCED = constant(True, "keeps Pace from computing the value anew")


def answered(value: Value, answer: Resolution) -> PlannedValue:
    """A value that a mapping question gave, with its row where there is one."""
    return PlannedValue(value, answer_source(answer))


def answer_source(answer: Resolution) -> FieldSource:
    if answer.kind in _MAPPING_KINDS:
        return FieldSource(SourceKind.MAPPING, answer.reason, answer.kind, answer.row_id)
    kinds = {
        "integration_id": SourceKind.PRESSERO,
        "storefront_default": SourceKind.PARAMETER,
        "server_default": SourceKind.DEFAULT,
        "staff": SourceKind.STAFF,
    }
    return FieldSource(kinds.get(answer.kind, SourceKind.DEFAULT), answer.reason)
