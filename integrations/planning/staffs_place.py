"""Country and state of a ship-to address as staff chose them for one order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from integrations.causes import Cause, CauseKind
from integrations.clients.schemas import PresseroItem
from integrations.planning.addresses import AddressPlace, UnknownCountry, UnknownState
from integrations.planning.context import PlanningContext
from integrations.planning.override_fields import COUNTRY, STATE
from integrations.planning.plan_types import Override


@dataclass(frozen=True)
class StaffsPlace:
    """What staff chose of the two; at least one of them."""

    country: Override | None
    state: Override | None


def staffs_place(context: PlanningContext, seqs: Sequence[int]) -> StaffsPlace | None:
    """What staff chose for the shipment of these items, None when nothing."""
    country, state = context.overrides.of(COUNTRY, seqs), context.overrides.of(STATE, seqs)
    return StaffsPlace(country, state) if country or state else None


def resolved(context: PlanningContext, item: PresseroItem, chosen: StaffsPlace) -> AddressPlace | None:
    """The item's country and state with what staff chose; None with a problem when Pace does not know them."""
    to, country, state = item.ship_to, chosen.country, chosen.state
    if country is not None:
        listed = context.places.country_of_id(country.value)
        if listed is None:
            text = f"Pace has no country {country.value}, {country.detail}. Choose one that Pace has."
            _problem(context, item, text, "country", CauseKind.COUNTRY.of(country.value))
            return None
        to = replace(to, country=listed.name)
    if state is not None:
        to = replace(to, state=str(state.value))
    try:
        return context.places.place(to)
    except UnknownCountry:
        text = f'Pace has no country "{to.country}". Choose the country of this order as well.'
        _problem(context, item, text, "country", CauseKind.COUNTRY.of(to.country.strip().casefold()))
    except UnknownState as unknown:
        text = (
            f'Pace has no state "{to.state}" in {unknown.country.name}. Choose a state that Pace has there.'
        )
        cause = CauseKind.STATE.of(f"{unknown.country.id}:{to.state.strip().casefold()}")
        _problem(context, item, text, "state", cause)
    return None


def _problem(context: PlanningContext, item: PresseroItem, text: str, field: str, cause: Cause) -> None:
    context.findings.order_problem(text, field=field, cause=cause, item=item.seq)
