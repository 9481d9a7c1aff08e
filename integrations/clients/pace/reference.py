"""Reads Pace's own lists: countries, states, ship vias, types, statuses, templates."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from integrations.clients.pace.values import flag_of, number_of, text_of
from integrations.clients.pace.xpath import Condition, field_above, field_equals, field_filled
from integrations.clients.schemas import PaceChoice, PaceCountry, PaceReference, PaceState
from integrations.errors import HubError, PermanentError

Row = Mapping[str, Any]
Read = TypeVar("Read")


class Load(Protocol):
    """`PaceClient.load`, as far as it is needed here."""

    def __call__(
        self, type_: str, xpath: Condition, fields: Sequence[str], sort: Sequence[str] | None = None
    ) -> list[dict[str, Any]]: ...


def one_after_another(reads: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each of these reads gives."""
    return [read() for read in reads]


def read(
    load: Load, at_once: Callable[[Sequence[Callable[[], Any]]], list[Any]] = one_after_another
) -> PaceReference:
    """All lists. Every one is sorted by its key, so that two readings of the same data are equal."""
    # docs/pace.md §8: types of jobs and shipments, statuses and templates have key and description (proved).
    numbered = field_above("id", 0)
    lists: dict[str, Callable[[], Any]] = {
        "countries": lambda: _countries(load, numbered),
        "states": lambda: _states(load),
        "ship_vias": lambda: _choices(load, "ShipVia", numbered),
        "shipment_types": lambda: _choices(load, "ShipmentType", numbered, flags=("planned",)),
        "job_types": lambda: _choices(load, "JobType", numbered),
        "job_statuses": lambda: _choices(load, "JobStatus", field_filled("id")),
        "job_order_types": lambda: _job_order_types(load),
        "item_templates": lambda: _choices(load, "ItemTemplate", field_filled("code"), key="code"),
        "makes_content_files": lambda: _makes_content_files(load),
    }
    return PaceReference(**dict(zip(lists, at_once(list(lists.values())), strict=True)))


def _countries(load: Load, numbered: Condition) -> tuple[PaceCountry, ...]:
    # docs/pace.md §8: a country has two ISO codes beside its name (proved).
    rows = load("Country", numbered, ["id", "name", "isoCountry", "isoCountryAlpha3"], ["id"])
    return tuple(_country(row) for row in rows)


def _states(load: Load) -> tuple[PaceState, ...]:
    # docs/pace.md §8: a state's key is `{country}:{code}` (proved).
    rows = load("State", field_filled("id"), ["id", "country", "description"], ["country", "id"])
    return tuple(_state(row) for row in rows)


def _choices(
    load: Load, type_: str, all_: Condition, key: str = "id", flags: Sequence[str] = ()
) -> tuple[PaceChoice, ...]:
    rows = load(type_, all_, [key, "description", "active", *flags], [key])
    return tuple(
        PaceChoice(
            key=text_of(row[key]) or row["primaryKey"],
            description=text_of(row["description"]),
            active=flag_of(row["active"], unset=True),
            **{flag: flag_of(row[flag], unset=False) for flag in flags},
        )
        for row in rows
    )


def _job_order_types(load: Load) -> tuple[PaceChoice, ...]:
    # docs/pace.md §8: older versions of Pace lack them (assumed).
    return _where_known(
        "JobOrderType", lambda: _choices(load, "JobOrderType", field_filled("description")), ()
    )


def _makes_content_files(load: Load) -> bool:
    """Whether a product type makes Pace create a part's content file: ours would be a second one then."""
    # docs/pace.md §8: the flag says whether Pace makes content files itself (assumed).
    wanted = field_equals("autoCreateJobPartContentFile", True)
    return _where_known("JobProductType", lambda: bool(load("JobProductType", wanted, ["id"])), False)


def _where_known(type_: str, read: Callable[[], Read], otherwise: Read) -> Read:
    """Older versions of Pace lack some types of objects and say so; how they put it differs."""
    try:
        return read()
    except HubError as error:
        said = error.evidence.answer if error.evidence else ""
        if isinstance(error, PermanentError) or type_ in said:
            return otherwise
        raise


def _country(row: Row) -> PaceCountry:
    return PaceCountry(
        id=number_of(row["id"] or row["primaryKey"]),
        name=text_of(row["name"]),
        iso2=text_of(row["isoCountry"]).upper(),
        iso3=text_of(row["isoCountryAlpha3"]).upper(),
    )


def _state(row: Row) -> PaceState:
    code, country = text_of(row["id"]), number_of(row["country"])
    key = row["primaryKey"] if ":" in row["primaryKey"] else f"{country}:{code}"
    return PaceState(key=key, code=code, country=country, description=text_of(row["description"]))
