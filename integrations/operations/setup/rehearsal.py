"""Rehearsing a change of the configuration: what the last orders would become with it, compared with what they become now.

Plans in memory from stored payloads and kept lists. Nothing is stored, nobody is called, and no lock is held while orders
are planned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from integrations.enums import StorefrontMode
from integrations.models import PaceServer, Storefront
from integrations.operations.setup import rehearsal_inputs, versions
from integrations.operations.setup.configuration import Changes, import_configuration, storefronts_now
from integrations.operations.setup.rehearsal_inputs import Lists, StoredInputs, Unreadable
from integrations.orders.submission.going_live import inactive_part
from integrations.orders.submission.inputs import parameters_of
from integrations.planning.decide import decide
from integrations.planning.plan_diff import PlanDifference, PlanOutcome, differences
from mappings.models import MappingRow
from mappings.overlay import MappingRows
from mappings.resources import import_file
from mappings.types import AddressQuery, ProductQuery

ORDERS = 200
# A few minutes of planning, and some hundred megabytes at most.
MOST_ORDERS = 5000


class CannotRehearse(Exception):
    """The change cannot be applied, so nothing was planned; `reasons` say why."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = list(reasons)


@dataclass(frozen=True)
class RehearsalChange:
    """What the configuration would be: mapping rows that are new, changed or gone, and storefronts with their servers.

    `storefronts` None: they stay as they are. A new row has no id.
    """

    put: Mapping[str, Sequence[MappingRow]] = field(default_factory=dict)
    gone: Mapping[str, Sequence[MappingRow]] = field(default_factory=dict)
    storefronts: Mapping[int, Storefront] | None = None

    @classmethod
    def of(cls, changes: Changes) -> RehearsalChange:
        """What the dry run of an import or of a rollback found."""
        return cls(changes.rows, changes.gone, changes.storefronts)


@dataclass
class Rehearsal:
    """What the last orders would become. `orders` were planned; an order that changes in anything is in `changed`."""

    orders: int = 0
    changed: int = 0
    differences: list[PlanDifference] = field(default_factory=list)
    stops: list[int] = field(default_factory=list)
    recovers: list[int] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    # The ids of the orders that change, by their numbers.
    ids: dict[int, int] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """The result as programs read it: these keys stay."""
        return {
            "orders": self.orders,
            "changed": self.changed,
            "differences": [
                {
                    "order": one.order,
                    "object": one.object,
                    "field": one.field,
                    "before": one.before,
                    "after": one.after,
                }
                for one in self.differences
            ],
            "stops": self.stops,
            "recovers": self.recovers,
        }


# --- changes --------------------------------------------------------------------------------------------------


def of_configuration(data: Any) -> RehearsalChange:
    """The change that importing a configuration file would be. Raises ConfigurationError."""
    return RehearsalChange.of(import_configuration(data, dry_run=True))


def of_version(number: int) -> RehearsalChange:
    """The change that going back to a version would be. Raises NoSuchVersion, ConfigurationError."""
    return RehearsalChange.of(versions.rollback(number, dry_run=True))


def of_mappings(kind: str, path: str | Path) -> RehearsalChange:
    """The change that importing a file of mappings would be. Raises CannotRehearse, MappingError, OSError."""
    report = import_file(kind, path, dry_run=True)
    if report.errors:
        lines = [reason if line is None else f"line {line}: {reason}" for line, reason in report.errors]
        raise CannotRehearse(lines)
    return RehearsalChange(put={kind: report.rows})


def of_setting(changed: Storefront | PaceServer) -> RehearsalChange:
    """The change that saving a storefront or a Pace server with these values would be; `changed` is not saved."""
    storefronts = storefronts_now()
    if isinstance(changed, PaceServer):
        for storefront in storefronts.values():
            if storefront.pace_server_id == changed.pk:
                storefront.pace_server = changed
    elif changed.pk:
        storefronts[changed.pk] = changed
    return RehearsalChange(storefronts=storefronts)


# --- planning -------------------------------------------------------------------------------------------------


def rehearse(
    change: RehearsalChange,
    *,
    orders: int = ORDERS,
    storefront: Storefront | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Rehearsal:
    """Plan the last orders as they are now and as they would be. `progress` is called with how many of how many."""
    pks = rehearsal_inputs.last_orders(min(orders, MOST_ORDERS), storefront)
    now = as_it_is()
    then = replace(
        now,
        storefronts=now.storefronts if change.storefronts is None else change.storefronts,
        rows=now.rows.changed(change.put, change.gone),
    )
    result = Rehearsal()
    for done, one in enumerate(rehearsal_inputs.read_orders(pks), start=1):
        _add(result, one, now, then)
        progress(done, len(pks))
    return result


@dataclass(frozen=True)
class Configured:
    """All that a plan depends on besides its order: a configuration, and the kept lists of the other systems."""

    storefronts: Mapping[int, Storefront]
    rows: MappingRows
    lists: Lists

    def outcome(self, stored: StoredInputs) -> PlanOutcome:
        """What becomes of an order."""
        order, storefront = stored.order, self.storefronts[stored.storefront]
        server = storefront.pace_server
        site = self.lists.sites.get((storefront.pressero_account_id, storefront.site_id), "")
        parameters = replace(parameters_of(storefront), site_integration_id=site)
        items = order.items
        table = self.rows.table_for(
            storefront.pk,
            products=[
                ProductQuery(
                    item.product_id, item.part_number, item.product_name, item.product_integration_id
                )
                for item in items
            ],
            methods=[(item.method_name, item.method_id) for item in items],
            addresses=[
                AddressQuery(to.business, to.address1, to.city, to.state, to.postal, to.country)
                for to in (item.ship_to for item in items)
            ],
        )
        reference = self.lists.of(server.pk, order, server.home_country)
        plan = rehearsal_inputs.planned(stored, parameters, table, reference, server.pk)
        return PlanOutcome(
            plan=plan,
            decision=decide(order, storefront.wait_for_approval).kind,
            held_back=_held_back(storefront),
            settings=(
                ("Pace server", server.name),
                ("mode", StorefrontMode(storefront.mode).label),
            ),
        )


def as_it_is() -> Configured:
    """The configuration of today."""
    return Configured(storefronts_now(), MappingRows.stored(), rehearsal_inputs.stored_lists())


def _held_back(storefront: Storefront) -> str:
    off = inactive_part(storefront)
    return f"The {off[0]} “{off[1]}” is inactive, so its orders wait." if off else ""


def _add(result: Rehearsal, one: StoredInputs | Unreadable, now: Configured, then: Configured) -> None:
    if isinstance(one, Unreadable):
        result.unreadable.append(one)
        return
    number = one.order.number
    try:
        before, after = now.outcome(one), then.outcome(one)
    except Exception as error:  # noqa: BLE001 - one order that planning stumbles over must not hide the others
        reason = f"It cannot be planned: {type(error).__name__}: {error}"
        result.unreadable.append(Unreadable(number, reason))
        return
    result.orders += 1
    found = differences(before, after)
    if not found:
        return
    result.changed += 1
    result.ids[number] = one.pk
    result.differences += found
    if after.problems and not before.problems:
        result.stops.append(number)
    elif before.problems and not after.problems:
        result.recovers.append(number)
