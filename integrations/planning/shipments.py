"""Shipments, cartons and their contents (mapping rules 7)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from integrations.clients.schemas import Address, OrderItem
from integrations.planning.addresses import DestinationKey, Place, UnknownCountry, UnknownState, destination
from integrations.planning.context import Context, described, filled, is_listed
from integrations.planning.names import one_line
from integrations.planning.overrides import SHIPMENT
from integrations.planning.parts import LARGEST_QUANTITY, Line
from integrations.planning.plan_types import (
    Fields,
    PlannedContent,
    PlannedPart,
    PlannedShipment,
    PlannedValue,
)
from integrations.planning.sources import answered, computed, constant, pace, parameter, pressero
from mappings.errors import MappingMissing
from mappings.resolution import shipping
from mappings.types import AddressQuery, Answer, ShippingAnswer, ShippingDefaults

SHIPPER_NAME = "api_3rdParty"


@dataclass
class _Entry:
    """The parts of a job that go to one destination, with the first item's address and method."""

    item: OrderItem
    place: Place | None
    parts: list[tuple[PlannedPart, OrderItem]]


def planned_shipments(
    context: Context, lines: Sequence[Line], parts: Sequence[PlannedPart], ship_at: PlannedValue
) -> tuple[PlannedShipment, ...]:
    """One shipment per distinct ship-to address and method of the job's items, in the order of its parts."""
    entries: dict[DestinationKey, _Entry] = {}
    for line, part in zip(lines, parts, strict=True):
        place = _place(context, line.item)
        entry = entries.setdefault(destination(line.item, place), _Entry(line.item, place, []))
        entry.parts.append((part, line.item))
    shipment_type = context.once(_shipment_type)
    return tuple(_shipment(context, entry, shipment_type, ship_at) for entry in entries.values())


def _shipment(
    context: Context, entry: _Entry, shipment_type: PlannedValue | None, ship_at: PlannedValue
) -> PlannedShipment:
    numbers = tuple(part.number for part, _ in entry.parts)
    quantity = _quantity(context, entry)
    at = PlannedValue(
        ship_at.value,
        replace(ship_at.source, detail=f"the job's scheduled ship date-time: {ship_at.source.detail}"),
    )
    seqs = [item.seq for _, item in entry.parts]
    fields: Fields = {
        **_addressee(context, entry.item),
        **_whereabouts(entry),
        "description": computed(", ".join(numbers), "the part numbers it carries"),
        "quantity": quantity,
        "planned": constant(True),
        **({} if shipment_type is None else {"shipmentType": shipment_type}),
        "shipperName": constant(SHIPPER_NAME),
        "dateTime": at,
        "promiseDateTime": at,
        **_shipping(context, entry.item, seqs),
        "job": pace(None, "the job's number"),
    }
    if len(numbers) == 1:
        fields["jobPart"] = computed(numbers[0], "the one part it carries")
        fields["jobPartKey"] = pace(None, f"the job's number and part {numbers[0]}")
    fields = context.overrides.applied(SHIPMENT, seqs, fields)
    carton: Fields = {
        "shipment": pace(None, "the shipment's id"),
        "count": constant(1, "one carton per shipment"),
        "quantity": quantity,
        "addDefaultContent": constant(False, "its contents are written part by part"),
    }
    return PlannedShipment(
        numbers, filled(fields), carton, tuple(_content(part, item) for part, item in entry.parts)
    )


def _quantity(context: Context, entry: _Entry) -> PlannedValue:
    quantities = [item.quantity for _, item in entry.parts]
    terms = " + ".join(f"{item.quantity} of part {part.number}" for part, item in entry.parts)
    if max(quantities) <= LARGEST_QUANTITY < sum(quantities):
        items = ", ".join(str(item.seq) for _, item in entry.parts)
        context.findings.order_problem(
            f"items {items} go to one address and come to {sum(quantities):,} pieces, more than a Pace shipment can "
            "hold. Correct the quantities in Pressero.",
            field="quantity",
            cause="quantity:too_large",
            item=entry.item.seq,
        )
    return computed(sum(quantities), terms)


def _content(part: PlannedPart, item: OrderItem) -> PlannedContent:
    fields: Fields = {
        "carton": pace(None, "the carton's id"),
        "job": pace(None, "the job's number"),
        "jobPart": computed(part.number, f"item {item.seq} is part {part.number} of the job"),
        "quantity": pressero(item.quantity, f"item {item.seq}: all its pieces"),
    }
    return PlannedContent(part.number, fields)


# --- address --------------------------------------------------------------------------------------------------


def _addressee(context: Context, item: OrderItem) -> Fields:
    to, where = item.ship_to, f"item {item.seq}"
    full_name = one_line(f"{to.first_name} {to.last_name}")
    if business := to.business.strip():
        name = pressero(business, f"{where}: ShipToBusiness")
    else:
        name = pressero(full_name, f"{where}: ShipToFirstName and ShipToLastName, as ShipToBusiness is empty")
    if email := to.email.strip():
        mail = pressero(email, f"{where}: ShipToEmail")
    else:
        mail = pressero(
            context.order.buyer_email.strip(), f"OrderedByEmail, as ShipToEmail of {where} is empty"
        )
    return {
        "name": name,
        "contactFirstName": pressero(to.first_name.strip(), f"{where}: ShipToFirstName"),
        "contactLastName": pressero(to.last_name.strip(), f"{where}: ShipToLastName"),
        "address1": pressero(to.address1.strip(), f"{where}: ShipToAddress1"),
        "address2": pressero(to.address2.strip(), f"{where}: ShipToAddress2"),
        "address3": pressero(to.address3.strip(), f"{where}: ShipToAddress3"),
        "city": pressero(to.city.strip(), f"{where}: ShipToCity"),
        "zip": pressero(to.postal.strip(), f"{where}: ShipToPostal"),
        "phone": pressero(to.phone.strip(), f"{where}: ShipToPhone"),
        "email": mail,
    }


def _whereabouts(entry: _Entry) -> Fields:
    if entry.place is None:
        return {}
    to, place = entry.item.ship_to, entry.place
    fields: Fields = {
        "country": pace(
            place.country.id, f'Pace country {place.country.name}, found by ShipToCountry "{to.country}"'
        ),
    }
    if place.state_key:
        fields["state"] = pace(place.state, f'Pace state found by ShiptoStateProvince "{to.state}"')
        fields["stateKey"] = computed(
            place.state_key, f"country {place.country.id} and state code {place.state}"
        )
    elif place.state:
        fields["state"] = pressero(
            place.state, f"ShiptoStateProvince; Pace has no states for {place.country.name}"
        )
    return fields


def _place(context: Context, item: OrderItem) -> Place | None:
    """Country and state of the item's address; None with a problem when Pace does not know them."""
    to, findings = item.ship_to, context.findings
    if to == Address():
        findings.order_problem(
            "there is no ship-to address. Fill it in Pressero.",
            field="address1",
            cause="ship_to:missing",
            item=item.seq,
        )
        return None
    try:
        return context.places.place(to)
    except UnknownCountry:
        if to.country.strip():
            text = f'Pace has no country "{to.country}". Correct ShipToCountry in Pressero or add the country in Pace.'
        else:
            text = "the ship-to address has no country. Fill ShipToCountry in Pressero."
        findings.order_problem(
            text, field="country", cause=f"country:{to.country.strip().casefold()}", item=item.seq
        )
    except UnknownState as unknown:
        findings.order_problem(
            f'Pace has no state "{to.state}" in {unknown.country.name}. '
            "Correct ShiptoStateProvince in Pressero or add the state in Pace.",
            field="state",
            cause=f"state:{unknown.country.id}:{to.state.strip().casefold()}",
            item=item.seq,
        )
    return None


# --- how it ships ---------------------------------------------------------------------------------------------


def _shipping(context: Context, item: OrderItem, seqs: Sequence[int]) -> Fields:
    answer = _with_staffs_choice(context, seqs, _shipping_answer(context, item))
    if answer is None:
        _report_no_ship_via(context, item)
        return {}
    fields: Fields = {"shipVia": answered(answer.ship_via, answer.ship_via_source)}
    if answer.account_number:
        fields["accountNumber"] = answered(answer.account_number, answer.account_source)
        fields["forcedAccountNumber"] = constant(True, "there is an account number")
    if not is_listed(answer.ship_via, context.reference.ship_vias):
        context.findings.config_problem(
            f"Pace has no ship via {answer.ship_via} ({answer.ship_via_source.reason}). "
            "Choose one that Pace has in that row or default.",
            field="shipVia",
            cause=f"ship_via:{answer.ship_via}",
            item=item.seq,
        )
    return fields


def _shipping_answer(context: Context, item: OrderItem) -> ShippingAnswer | None:
    to, store = item.ship_to, context.storefront
    address = AddressQuery(to.business, to.address1, to.city, to.state, to.postal, to.country)
    question = (address, item.method_name, item.method_id)
    if question in context.shipping_answers:
        answer = context.shipping_answers[question]
    else:
        defaults = ShippingDefaults(
            store.default_ship_via, store.default_account_number, store.server_default_ship_via
        )
        try:
            answer = shipping(
                replace(context.mappings, shipment_addresses=context.address_rows.near(address)),
                store.id,
                method_name=item.method_name,
                method_id=item.method_id,
                address=address,
                defaults=defaults,
            )
        except MappingMissing:
            answer = None
        context.shipping_answers[question] = answer
    return answer


def _with_staffs_choice(
    context: Context, seqs: Sequence[int], answer: ShippingAnswer | None
) -> ShippingAnswer | None:
    """The answer with what staff chose for one of these items; a ship via of theirs needs no row."""
    ship_via = context.overrides.of("shipment.shipVia", seqs)
    account = context.overrides.of("shipment.accountNumber", seqs)
    if ship_via is not None:
        chosen, source = int(str(ship_via.value)), Answer("staff", None, ship_via.detail)
        answer = (
            ShippingAnswer(chosen, source)
            if answer is None
            else replace(answer, ship_via=chosen, ship_via_source=source)
        )
    if account is not None and answer is not None:
        source = Answer("staff", None, account.detail)
        answer = replace(answer, account_number=str(account.value), account_source=source)
    return answer


def _report_no_ship_via(context: Context, item: OrderItem) -> None:
    method = one_line(item.method_name) or one_line(item.method_id)
    store = context.storefront.name
    if method:
        text = (
            f'the shipping method "{method}" has no Pace ship via. '
            f'Add a row under Shipment methods or set a default ship via on the storefront "{store}".'
        )
    else:
        text = f'there is no shipping method. Set a default ship via on the storefront "{store}".'
    context.findings.config_problem(
        text, field="shipVia", cause=f"shipment_method:{method.casefold()}", item=item.seq
    )


def _shipment_type(context: Context) -> PlannedValue | None:
    """The Pace server's setting, else the shipment type described "Planned"."""
    chosen, types = context.storefront.server_shipment_type, context.reference.shipment_types
    if chosen is not None:
        if not is_listed(chosen, types):
            context.findings.config_problem(
                f"Pace has no shipment type {chosen}. Correct the shipment type on the Pace server in the portal.",
                field="shipmentType",
                cause=f"shipment_type:{chosen}",
            )
        return parameter(chosen, "the Pace server's setting shipment_type")
    found = described(types, "Planned", "Planned Shipment")
    if found is None or not found.key.isdecimal():
        context.findings.config_problem(
            'Pace has no shipment type described "Planned". Set the shipment type on the Pace server in the portal.',
            field="shipmentType",
            cause="shipment_type:planned",
        )
        return None
    return pace(int(found.key), f'the shipment type described "{found.description}"')
