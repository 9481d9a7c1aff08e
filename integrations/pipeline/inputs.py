"""Gathering what a plan is a function of: parameters, mapping rows, Pace's lists, what Pace knows of the buyer.

Reads only. Pace's lists and Pressero's Integration ID of a site change rarely: they are kept in this process for
some minutes, so that no order reads them again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import TypeVar

from django.conf import settings

from integrations.clients.pace import PaceClient
from integrations.clients.pressero import PresseroClient
from integrations.clients.schemas import Order as PresseroOrder
from integrations.clients.schemas import PaceReference
from integrations.errors import ConfigError
from integrations.models import PaceServer, PresseroAccount, Storefront
from integrations.planning.names import is_quotable
from integrations.planning.overrides import Override
from integrations.planning.plan_types import PartyCandidates, PlanInputs, StorefrontParameters
from integrations.planning.statuses import StageChoice
from mappings.lookup import table_for
from mappings.text import name_key
from mappings.types import AddressQuery, MappingTable, ProductQuery

KEEP_SECONDS = 300.0

Kept = TypeVar("Kept")
_kept: dict[tuple[object, ...], tuple[float, object]] = {}
_lock = Lock()


def _keep(key: tuple[object, ...], read: Callable[[], Kept]) -> Kept:
    with _lock:
        found = _kept.get(key)
    if found is not None and found[0] > time.monotonic():
        return found[1]  # type: ignore[return-value]
    value = read()
    with _lock:
        _kept[key] = (time.monotonic() + KEEP_SECONDS, value)
    return value


def forget_kept() -> None:
    """Read everything afresh next time: "retry" after a change in Pace or Pressero must see it."""
    with _lock:
        _kept.clear()


def gather(
    order: PresseroOrder,
    storefront: Storefront,
    pace: PaceClient,
    pressero: PresseroClient,
    now: datetime,
    overrides: tuple[Override, ...] = (),
) -> PlanInputs:
    """Everything that the plan of this order depends on. Raises the clients' errors."""
    parameters = parameters_of(storefront)
    if not parameters.integration_id:
        site = _keep(
            ("site", storefront.pressero_account_id, storefront.site_id),
            lambda: pressero.site(storefront.site_id),
        )
        parameters = replace(parameters, site_integration_id=site.integration_id)
    return PlanInputs(
        order=order,
        storefront=parameters,
        mappings=_mappings_for(order, storefront, now),
        reference=reference_of(storefront.pace_server, pace),
        candidates=read_candidates(order, parameters, pace),
        now=now,
        overrides=overrides,
    )


def reference_of(server: PaceServer, pace: PaceClient) -> PaceReference:
    return _keep(("reference", server.pk, server.updated_at), pace.reference)


def workflows_of(account: PresseroAccount, pressero: PresseroClient) -> dict[str, list[StageChoice]]:
    """The stages of every workflow of the account, by the workflow's id."""

    def read() -> dict[str, list[StageChoice]]:
        return {
            name_key(workflow.id): [
                StageChoice(stage.id, stage.seq, stage.name, stage.customer_name)
                for stage in pressero.stages(workflow.id)
            ]
            for workflow in pressero.workflows()
        }

    return _keep(("workflows", account.pk, account.updated_at), read)


def read_candidates(
    order: PresseroOrder, parameters: StorefrontParameters, pace: PaceClient
) -> PartyCandidates:
    """What Pace knows of the buyer: two calls at the most, three with a fallback contact.

    What Pace cannot be asked for (both kinds of quotes) is left out here; the plan then names it as a problem.
    """
    customer_id = parameters.integration_id or parameters.site_integration_id
    email = order.buyer_email.strip()
    return PartyCandidates(
        contacts=tuple(pace.contacts_by_email(email)) if email and is_quotable(email) else (),
        customer_exists=pace.customer_exists(customer_id)
        if customer_id and is_quotable(customer_id)
        else None,
        fallback=pace.contact(parameters.fallback_contact)
        if parameters.fallback_contact and not email
        else None,
    )


def _mappings_for(order: PresseroOrder, storefront: Storefront, now: datetime) -> MappingTable:
    items = order.items
    wanted = [order.requested_ship_date, *(item.requested_ship_date for item in items)]
    placed = order.placed_at or now
    # A date may be pushed past the end of its year; one that is further off than this is a problem of its own.
    last = max([now.year + 1, *(day.year for day in wanted if day)])
    years = range(min(now.year, placed.year), min(last, now.year + 12) + 2)
    return table_for(
        storefront.pk,
        products=[
            ProductQuery(item.product_id, item.part_number, item.product_name, item.product_integration_id)
            for item in items
        ],
        methods=[(item.method_name, item.method_id) for item in items],
        addresses=[
            AddressQuery(to.business, to.address1, to.city, to.state, to.postal, to.country)
            for to in (item.ship_to for item in items)
        ],
        years=list(years),
    )


def parameters_of(storefront: Storefront) -> StorefrontParameters:
    """The storefront's and its server's parameters as plain values."""
    server = storefront.pace_server
    return StorefrontParameters(
        id=storefront.pk,
        name=storefront.name,
        integration_id=storefront.integration_id.strip(),
        wait_for_approval=storefront.wait_for_approval,
        one_job_per_item=storefront.one_job_per_item,
        override_file_name=storefront.override_file_name,
        override_job_name=storefront.override_job_name,
        skip_holidays=storefront.skip_holidays,
        holiday_rule=storefront.holiday_rule,
        holiday_country=storefront.holiday_country,
        holiday_subdivision=storefront.holiday_subdivision,
        default_ship_days=storefront.default_ship_days,
        default_po_number=storefront.default_po_number,
        job_type=storefront.job_type,
        admin_status=storefront.admin_status,
        default_ship_via=storefront.default_ship_via,
        default_account_number=storefront.default_account_number,
        create_missing_customers=storefront.create_missing_customers,
        fallback_contact=storefront.fallback_contact,
        server_time_zone=server.time_zone,
        server_default_ship_via=server.default_ship_via,
        server_job_type=server.job_type,
        server_admin_status=server.admin_status,
        server_job_order_type=server.job_order_type,
        server_shipment_type=server.shipment_type,
        customer_defaults=dict(server.customer_defaults),
        contact_defaults=dict(server.contact_defaults),
        internal_file_hosts=tuple(settings.ARTWORK_INTERNAL_HOSTS),
    )


def check_active(storefront: Storefront) -> None:
    """Raises ConfigError naming what is switched off."""
    for thing, kind in (
        (storefront, "storefront"),
        (storefront.pressero_account, "Pressero account"),
        (storefront.pace_server, "Pace server"),
    ):
        if not thing.active:
            raise ConfigError(
                f"The {kind} “{thing}” is inactive. Activate it, then press Retry.",
                field=kind,
                cause=f"inactive:{kind}",
            )
