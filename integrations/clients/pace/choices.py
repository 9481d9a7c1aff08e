"""Pace's lists one by one, with what people want to see beside a code: for the portal's drop-downs."""

from collections.abc import Callable
from dataclasses import dataclass, field

from integrations.clients.pace.reference import Load, Row
from integrations.clients.pace.values import flag_of, number_of, text_of
from integrations.clients.pace.xpath import Condition, field_above, field_filled
from integrations.errors import HubError
from integrations.stored import StoredExtra


@dataclass(frozen=True)
class PaceListChoice:
    """One code. `parent`: what it belongs to, where codes are only unique within that."""

    key: str
    label: str = ""
    parent: str = ""
    active: bool = True
    extra: StoredExtra = field(default_factory=StoredExtra)


def ship_vias(load: Load) -> list[PaceListChoice]:
    """Ship vias with the names of their providers."""
    # docs/pace.md §8: a ship via names its provider, which the user may not be allowed to see (assumed).
    rows = load("ShipVia", field_above("id", 0), ["id", "description", "active", "provider"], ["id"])
    try:
        providers = load("ShipProvider", field_above("id", 0), ["id", "name"], ["id"])
    except HubError:
        providers = []  # a user without the right to see providers still sees the ship vias
    names = {number_of(row["id"] or row["primaryKey"]): text_of(row["name"]) for row in providers}
    return [
        _choice(
            row,
            extra=StoredExtra(provider=name) if (name := names.get(number_of(row["provider"]), "")) else None,
        )
        for row in rows
    ]


def job_statuses(load: Load) -> list[PaceListChoice]:
    # docs/pace.md §8: `openJob` false means closed (proved).
    rows = load("JobStatus", field_filled("id"), ["id", "description", "active", "openJob"], ["id"])
    return [_choice(row, extra={"open": flag_of(row["openJob"], unset=True)}) for row in rows]


def item_templates(load: Load) -> list[PaceListChoice]:
    # docs/pace.md §8: the key of a template is its code (proved).
    return _plain(load, "ItemTemplate", field_filled("code"), key="code")


def job_types(load: Load) -> list[PaceListChoice]:
    # docs/pace.md §8: a type has a number and a description (proved).
    return _plain(load, "JobType", field_above("id", 0))


def shipment_types(load: Load) -> list[PaceListChoice]:
    # docs/pace.md §8: the planned type has the flag `planned` (proved).
    rows = load("ShipmentType", field_above("id", 0), ["id", "description", "active", "planned"], ["id"])
    return [_choice(row, extra={"planned": flag_of(row["planned"], unset=False)}) for row in rows]


def countries(load: Load) -> list[PaceListChoice]:
    # docs/pace.md §8: a country has an ISO code beside its name (proved).
    rows = load("Country", field_above("id", 0), ["id", "name", "isoCountry"], ["id"])
    return [
        PaceListChoice(
            key=text_of(row["id"]) or row["primaryKey"],
            label=text_of(row["name"]),
            extra=StoredExtra(iso=iso) if (iso := text_of(row["isoCountry"]).upper()) else StoredExtra(),
        )
        for row in rows
    ]


def states(load: Load) -> list[PaceListChoice]:
    # docs/pace.md §8: a state belongs to a country by its number (proved).
    rows = load("State", field_filled("id"), ["id", "country", "description"], ["country", "id"])
    return [
        PaceListChoice(
            key=text_of(row["id"]),
            label=text_of(row["description"]),
            parent=str(number_of(row["country"]) or ""),
        )
        for row in rows
    ]


def _plain(load: Load, type_: str, all_: Condition, key: str = "id") -> list[PaceListChoice]:
    return [_choice(row, key=key) for row in load(type_, all_, [key, "description", "active"], [key])]


def _choice(row: Row, *, key: str = "id", extra: StoredExtra | None = None) -> PaceListChoice:
    return PaceListChoice(
        key=text_of(row[key]) or row["primaryKey"],
        label=text_of(row["description"]),
        active=flag_of(row["active"], unset=True),
        extra=extra or StoredExtra(),
    )


READERS: dict[str, Callable[[Load], list[PaceListChoice]]] = {
    "ship_via": ship_vias,
    "item_template": item_templates,
    "job_type": job_types,
    "job_status": job_statuses,
    "shipment_type": shipment_types,
    "country": countries,
    "state": states,
}
