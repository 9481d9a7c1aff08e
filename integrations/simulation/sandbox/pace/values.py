"""What Pace accepts in a field, and how it keeps it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from integrations.simulation.sandbox.pace.errors import PaceError, unknown_field
from integrations.simulation.sandbox.pace.schema import ObjectType, Schema, is_date_only, server_time

MAX_LENGTHS: Final[dict[tuple[str, str], int]] = {
    ("Contact", "companyName"): 60,
    ("Job", "description"): 255,
    ("JobPart", "description"): 64,
}

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LOCAL: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?")
_WITH_OFFSET: Final = re.compile(_LOCAL.pattern + r"(Z|[+-][0-9]{2}:?[0-9]{2})")
_LIMITS: Final = {"integer": 2**31 - 1, "long": 2**63 - 1}
_MAX_DIGITS: Final = 15


def stored_fields(sent: dict[str, Any], of_type: ObjectType, schema: Schema) -> dict[str, Any]:
    """The fields of a body, checked and as Pace keeps them. None unsets a field."""
    return {field: stored_value(value, field, of_type, schema) for field, value in sent.items()}


def stored_value(value: Any, field: str, of_type: ObjectType, schema: Schema) -> Any:
    """One value, checked against the type of its field, as Pace keeps it."""
    kind = of_type.field_type(field)
    if kind is None:
        raise unknown_field(field, of_type.name)
    if kind == "any":
        if isinstance(value, dict | list):
            raise _wrong(value, field, of_type, "a simple value")
        return value
    if value is None:
        return of_type.unset[field]
    match kind:
        case "string":
            return _text(value, field, of_type)
        case "boolean":
            if isinstance(value, bool):
                return value
        case "integer" | "long":
            if _is_number(value) and _is_whole(value) and abs(value) <= _LIMITS[kind]:
                return int(value)
        case "number":
            if _is_number(value) and abs(value) < 10**_MAX_DIGITS:
                return Decimal(value)
        case "date-time":
            moment = _moment(value, field, schema)
            if moment is not None:
                return moment
        case "array<integer>":
            if isinstance(value, list) and all(_is_number(item) and _is_whole(item) for item in value):
                return [int(item) for item in value]
    raise _wrong(value, field, of_type, kind)


def _wrong(value: Any, field: str, of_type: ObjectType, kind: str) -> PaceError:
    shown = value if not isinstance(value, bool) else str(value).lower()
    return PaceError(
        f"Cannot convert value '{str(shown)[:200]}' of field '{field}' on object '{of_type.name}' to {kind}"
    )


def _text(value: Any, field: str, of_type: ObjectType) -> str:
    if not isinstance(value, str):
        raise _wrong(value, field, of_type, "string")
    longest = MAX_LENGTHS.get((of_type.name, field))
    if longest is not None and len(value) > longest:
        raise PaceError(
            f"Value of field '{field}' on object '{of_type.name}' is too long: "
            f"{len(value)} characters, at most {longest}"
        )
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _is_whole(value: int | Decimal) -> bool:
    # The size is looked at first: 1E+999999 is whole, too, and would fill the memory as an int.
    if isinstance(value, Decimal):
        return value.adjusted() < 20 and value == value.to_integral_value()
    return True


def _moment(value: Any, field: str, schema: Schema) -> str | None:
    """A date-time as Pace keeps and answers it, without an offset, or the day alone where Pace keeps only that.

    A bare date is midnight UTC: at New York the evening before. Without an offset a date-time is UTC or the server's
    own, as the plant has it.
    """
    if not isinstance(value, str):
        return None
    plant, zone = schema.plant, schema.zone
    unnamed = UTC if plant.utc_date_times else zone
    try:
        if _DATE.fullmatch(value):
            moment = datetime.fromisoformat(value).replace(tzinfo=UTC)
        elif _WITH_OFFSET.fullmatch(value):
            moment = datetime.fromisoformat(value)
            if plant.ignores_offsets and not (value.endswith("Z") and plant.utc_date_times):
                moment = moment.replace(tzinfo=unnamed)
        elif _LOCAL.fullmatch(value):
            moment = datetime.fromisoformat(value).replace(tzinfo=unnamed)
        else:
            return None
        if is_date_only(field):
            return server_time(moment.astimezone(zone))[:10]
        # The server's own wall clock stays as it is written, in the hour that a clock skips, too.
        return server_time(moment if moment.tzinfo is unnamed else moment.astimezone(unnamed))
    except (ValueError, OverflowError):
        return None
