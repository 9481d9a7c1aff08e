"""Gathering what a plan is a function of: parameters, mapping rows, Pace's lists, what Pace knows of the buyer.

Reads only. What changes rarely comes from `core.connections.cached_lists`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings

from automationhub.lib.texts import first_email, one_line
from integrations.clients.pace.client import PaceClient
from integrations.clients.pace.xpath import is_quotable
from integrations.clients.pressero.client import PresseroClient
from integrations.clients.schemas import PaceContact, PresseroOrder
from integrations.core.connections import user_fields
from integrations.core.connections.cached_lists import cached, reference_of
from integrations.models import Storefront
from integrations.orders.submission import customer_check
from integrations.orders.submission.sites import check_site
from integrations.planning.plan_types import CustomerCandidates, Override, PlanInputs, StorefrontParameters
from mappings.lookup import table_for
from mappings.types import AddressQuery, MappingTable, ProductQuery


def gather(
    order: PresseroOrder,
    storefront: Storefront,
    pace: PaceClient,
    pressero: PresseroClient,
    now: datetime,
    overrides: tuple[Override, ...] = (),
) -> PlanInputs:
    """Everything that the plan of this order depends on. Raises the clients' errors, and OtherSite."""
    check_site(order, storefront)
    parameters = parameters_of(storefront)
    if not parameters.integration_id:
        site = cached(
            ("site", storefront.pressero_account_id, storefront.site_id),
            lambda: pressero.site(storefront.site_id),
        )
        parameters = replace(parameters, site_integration_id=site.integration_id)
    mappings = mappings_for(order, storefront, now)
    return PlanInputs(
        order=order,
        storefront=parameters,
        mappings=mappings,
        reference=reference_of(storefront.pace_server, pace),
        candidates=read_candidates(order, parameters, pace),
        now=now,
        overrides=overrides,
        user_fields=user_fields.types_for(mappings.fields, storefront.pace_server_id, overrides),
    )


def read_candidates(
    order: PresseroOrder, parameters: StorefrontParameters, pace: PaceClient
) -> CustomerCandidates:
    """What Pace knows of the buyer: two calls for a known one; one more look before a contact would be created, and one
    for a fallback contact.

    What Pace cannot be asked for (both kinds of quotes) is left out here; the plan then names it as a problem.
    """
    customer_id = parameters.integration_id or parameters.site_integration_id
    email = first_email(order.buyer_email)
    exists, found = _known_of_buyer(customer_id, email, pace)
    unconfirmed = parameters.integration_id and not parameters.integration_id_confirmed
    return CustomerCandidates(
        contacts=_contacts(email, customer_id, exists, found, pace) if found is not None else (),
        customer_exists=exists,
        alike=customer_check.nearest(pace, customer_id) if exists is False and unconfirmed else (),
        fallback=pace.contact(parameters.fallback_contact)
        if parameters.fallback_contact and not email
        else None,
    )


def _known_of_buyer(
    customer_id: str, email: str, pace: PaceClient
) -> tuple[bool | None, list[PaceContact] | None]:
    """Whether Pace has the customer, and the contacts with the email, asked at the same time; None where it is not asked."""
    reads: dict[str, Callable[[], Any]] = {}
    if customer_id and is_quotable(customer_id):
        reads["exists"] = lambda: pace.customer_exists(customer_id)
    if email and is_quotable(email):
        reads["contacts"] = lambda: pace.contacts_by_email(email)
    known = dict(zip(reads, pace.at_once(list(reads.values())), strict=True))
    return known.get("exists"), known.get("contacts")


def read_again(
    before: CustomerCandidates, order: PresseroOrder, parameters: StorefrontParameters, pace: PaceClient
) -> CustomerCandidates:
    """The same once more, right before a contact is created: another order may have created it meanwhile.

    One call where the customer is known to be in Pace: all of its contacts are compared.
    """
    customer_id = parameters.integration_id or parameters.site_integration_id
    email = first_email(order.buyer_email)
    if not (before.customer_exists and email and is_quotable(email)):
        return read_candidates(order, parameters, pace)
    alike = {one.id: one for one in (*before.contacts, *pace.contacts_alike(email, customer_id))}
    return replace(before, contacts=tuple(alike.values()))


def with_created(
    before: CustomerCandidates, order: PresseroOrder, customer: str, contact: int | None
) -> CustomerCandidates:
    """What Pace knows of the buyer after this customer and contact were created there."""
    exists = before.customer_exists if before.customer_exists is None else True
    if contact is None or contact in {one.id for one in before.contacts}:
        return replace(before, customer_exists=exists)
    made = PaceContact(contact, customer=customer, email=first_email(order.buyer_email))
    return replace(before, customer_exists=exists, contacts=(*before.contacts, made))


def _contacts(
    email: str, customer_id: str, customer_exists: bool | None, found: list[PaceContact], pace: PaceClient
) -> tuple[PaceContact, ...]:
    """The contacts with the buyer's email. Where none of them would be used, Pace is asked for those that are like it."""
    if customer_id:
        named = customer_id.casefold()
        if not customer_exists or any(one.customer.strip().casefold() == named for one in found):
            return tuple(found)
    elif any(one.customer.strip() for one in found):
        return tuple(found)
    found += pace.contacts_alike(email, customer_id)
    return tuple({one.id: one for one in found}.values())


def mappings_for(order: PresseroOrder, storefront: Storefront, now: datetime) -> MappingTable:
    """The mapping rows that can matter for the order: five queries at most."""
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
        rules=True,
    )


def parameters_of(storefront: Storefront) -> StorefrontParameters:
    """The storefront's and its server's parameters as plain values."""
    server = storefront.pace_server
    return StorefrontParameters(
        id=storefront.pk,
        name=storefront.name,
        integration_id=one_line(storefront.integration_id),
        integration_id_confirmed=storefront.integration_id_confirmed,
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
        server_home_country=server.home_country.strip(),
        server_web_order_ids=server.web_order_ids,
        customer_defaults=dict(server.customer_defaults),
        contact_defaults=dict(server.contact_defaults),
        internal_file_hosts=tuple(settings.ARTWORK_INTERNAL_HOSTS),
    )
