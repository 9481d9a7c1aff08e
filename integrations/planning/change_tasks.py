"""Which value of Pace a change in Pressero is about, found in what Pace was read to hold. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from integrations.stored import StoredJob, StoredPlan, StoredTable

# What staff call a field of an item (planning/order_diff.py) -> the field of its part, or of the shipment it is in. Only
# fields that Pace holds as Pressero has them: money and dates go through rules, so equal values prove nothing.
PART_FIELDS = {"quantity": "qtyOrdered"}
SHIPMENT_FIELDS = {
    "ship-to business": "name",
    "ship-to address1": "address1",
    "ship-to address2": "address2",
    "ship-to city": "city",
    "ship-to postal": "zip",
}
ORDER_FIELDS = {"PO number": "poNum"}


def is_comparable(item: int | None, field: str) -> bool:
    """Whether Pace holds this field of an order (`item` None) or item as Pressero has it."""
    return field in ORDER_FIELDS if item is None else field in PART_FIELDS or field in SHIPMENT_FIELDS


def held_value(
    item: int | None,
    field: str,
    *,
    plan: StoredPlan,
    jobs: Mapping[str, str],
    held: Iterable[StoredTable],
) -> tuple[str, str] | None:
    """Job number and value of the field as Pace holds it; None when it was not read or is not comparable.

    `plan`: as the order was sent. `jobs`: unit of the plan -> job number. `held`: the tables of a reading of Pace.
    """
    tables = {str(table.get("title")): table for table in held}
    for job in plan.get("jobs") or []:
        number = jobs.get(str(job.get("unit")), "")
        for title, name in _places(item, field, job, number) if number else ():
            value = _value(tables.get(title), name)
            if value is not None:
                return number, value
    return None


def _places(item: int | None, field: str, job: StoredJob, number: str) -> list[tuple[str, str]]:
    """Tables of a reading, by their titles, and the column in which this job holds the field."""
    if item is None:
        return [(f"Job {number}", ORDER_FIELDS[field])] if field in ORDER_FIELDS else []
    parts = [str(part.get("number")) for part in job.get("parts") or [] if part.get("item") == item]
    if field in PART_FIELDS:
        return [(f"Job {number}, part {part}", PART_FIELDS[field]) for part in parts]
    if field in SHIPMENT_FIELDS:
        return [
            (f"Job {number}, shipment {position}", SHIPMENT_FIELDS[field])
            for position, shipment in enumerate(job.get("shipments") or [], start=1)
            if set(map(str, shipment.get("parts") or [])) & set(parts)
        ]
    return []


def _value(table: StoredTable | None, name: str) -> str | None:
    rows = table["rows"] if table else []
    return next((row.get("held", "") for row in rows if row.get("field") == name), None)
