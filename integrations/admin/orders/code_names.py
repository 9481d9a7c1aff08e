"""Codes of Pace with their names, as people know them: 5013 UPS Next Day Air."""

from collections.abc import Collection

from integrations.models import ReferenceEntry, ReferenceKind
from integrations.stored import StoredPlan

# Fields of a plan that hold a code, and the list it is from.
KINDS = {
    "shipVia": ReferenceKind.SHIP_VIA,
    "itemTemplate": ReferenceKind.ITEM_TEMPLATE,
    "jobType": ReferenceKind.JOB_TYPE,
    "adminStatus": ReferenceKind.JOB_STATUS,
    "shipmentType": ReferenceKind.SHIPMENT_TYPE,
    "country": ReferenceKind.COUNTRY,
}

Code = tuple[str, str]


def names_of(codes: Collection[Code], server_id: int) -> dict[Code, str]:
    """The names of these codes (field of the plan, code) on one Pace server, as last read; one query."""
    wanted = {(KINDS[field], code): (field, code) for field, code in codes if field in KINDS and code}
    if not wanted:
        return {}
    rows = ReferenceEntry.objects.filter(
        server=server_id,
        kind__in={kind for kind, _ in wanted},
        key__in={code for _, code in wanted},
        parent="",
    )
    found = {
        (kind, key): label for kind, key, label in rows.values_list("kind", "key", "label") if label != key
    }
    return {code: found[place] for place, code in wanted.items() if place in found}


def codes_in_plan(plan: StoredPlan) -> set[Code]:
    """The codes of a plan's jobs, parts and shipments."""
    groups = [
        (one.get("fields") or {})
        for job in plan.get("jobs") or []
        for one in (job, *(job.get("parts") or []), *(job.get("shipments") or []))
    ]
    return {
        (name, str(planned.get("value") or ""))
        for fields in groups
        for name, planned in fields.items()
        if name in KINDS
    }
