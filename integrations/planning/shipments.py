"""Shipments, cartons and their contents (docs/mapping.md §5 and §6)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from automationhub.lib.territories import is_filler, names_no_country
from automationhub.lib.texts import email_addresses, first_email, one_line
from integrations.causes import CauseKind
from integrations.clients.schemas import Address, PresseroItem
from integrations.planning.addresses import (
    AddressPlace,
    DestinationKey,
    UnknownCountry,
    UnknownState,
    destination,
)
from integrations.planning.context import PlanningContext, described, filled, is_listed
from integrations.planning.field_rules import CONTACT
from integrations.planning.lineage import FORCED, answered, computed, constant, pace, parameter, pressero
from integrations.planning.names import COMPANY_NAME_LIMIT
from integrations.planning.override_fields import CARTON, SHIPMENT
from integrations.planning.parts import LARGEST_QUANTITY, PartLine
from integrations.planning.plan_types import (
    Fields,
    PlannedContent,
    PlannedPart,
    PlannedShipment,
    PlannedValue,
)
from integrations.planning.rule_variables import ship_to_contact
from integrations.planning.staffs_place import StaffsPlace, resolved, staffs_place
from mappings.errors import MappingMissing
from mappings.resolution import shipping
from mappings.types import AddressQuery, Resolution, ShippingAnswer, ShippingDefaults

SHIPPER_NAME = "api_3rdParty"
# Fields of a shipment, and where Pace puts them on the contact that it makes of the address.
_COPIED = {
    "contactFirstName": "firstName", "contactLastName": "lastName", "phone": "businessPhoneNumber", "address1": "address1",
    "address2": "address2", "address3": "address3", "city": "city", "state": "state", "zip": "zip", "country": "country",
}  # fmt: skip


@dataclass
class _ShipmentEntry:
    """The parts of a job that go to one destination, with the first item's address and method."""

    item: PresseroItem
    place: AddressPlace | None
    parts: list[tuple[PlannedPart, PresseroItem]]
    chosen: StaffsPlace | None = None

    @property
    def seqs(self) -> list[int]:
        return [item.seq for _, item in self.parts]


# Country and state of an address, or why Pace does not know them; None of a pickup.
_Found = AddressPlace | UnknownCountry | UnknownState | None


def planned_shipments(
    context: PlanningContext, lines: Sequence[PartLine], parts: Sequence[PlannedPart], ship_at: PlannedValue
) -> tuple[PlannedShipment, ...]:
    """One shipment per distinct ship-to address and method of the job's items, in the order of its parts."""
    entries: dict[DestinationKey, _ShipmentEntry] = {}
    met: list[tuple[_ShipmentEntry, PresseroItem, _Found]] = []
    for line, part in zip(lines, parts, strict=True):
        found = _found(context, line.item)
        place = found if isinstance(found, AddressPlace) else None
        entry = entries.setdefault(destination(line.item, place), _ShipmentEntry(line.item, place, []))
        entry.parts.append((part, line.item))
        met.append((entry, line.item, found))
    for entry in entries.values():
        entry.chosen = staffs_place(context, entry.seqs)
        if entry.chosen is not None:
            entry.place = resolved(context, entry.item, entry.chosen)
    for entry, item, found in met:
        if entry.chosen is None:
            _report_place(context, item, found)
    shipment_type = context.once(_shipment_type)
    return tuple(_shipment(context, entry, shipment_type, ship_at) for entry in entries.values())


def _shipment(
    context: PlanningContext, entry: _ShipmentEntry, shipment_type: PlannedValue | None, ship_at: PlannedValue
) -> PlannedShipment:
    numbers = tuple(part.number for part, _ in entry.parts)
    quantity = _quantity(context, entry)
    at = PlannedValue(
        ship_at.value,
        replace(ship_at.source, detail=f"the job's scheduled ship date-time: {ship_at.source.detail}"),
    )
    seqs = entry.seqs
    fields: Fields = {
        **_addressee(context, entry.item),
        **_whereabouts(entry),
        "description": computed(", ".join(numbers), "the part numbers it carries"),
        "quantity": quantity,
        "planned": constant(True),
        **({} if shipment_type is None else {"shipmentType": shipment_type}),
        "shipperName": constant(SHIPPER_NAME),
        "dateTime": at,
        "dateForced": FORCED,
        "timeForced": FORCED,
        "promiseDateTime": at,
        **_shipping(context, entry.item, seqs),
        "job": pace(None, "the job's number"),
    }
    if len(numbers) == 1:
        fields["jobPart"] = pace(None, f"the number Pace gives part {numbers[0]}, the one it carries")
        fields["jobPartKey"] = pace(None, f"the job's number and part {numbers[0]}")
    items = [item for _, item in entry.parts]
    fields = context.decided(SHIPMENT, items, fields)
    if entry.chosen is not None:
        fields.update(_whereabouts(entry))  # what staff chose wins over field rules
    carton: Fields = {
        "shipment": pace(None, "the shipment's id"),
        "count": constant(1, "one carton per shipment"),
        "quantity": quantity,
        "addDefaultContent": constant(False, "its contents are written part by part"),
    }
    carton = context.decided(CARTON, items, carton)
    contents = tuple(_content(part, item) for part, item in entry.parts)
    contact = _ship_to_contact(context, items, fields)
    return PlannedShipment(numbers, filled(fields), filled(carton), contents, filled(contact))


def _quantity(context: PlanningContext, entry: _ShipmentEntry) -> PlannedValue:
    quantities = [item.quantity for _, item in entry.parts]
    terms = " + ".join(f"{item.quantity} of part {part.number}" for part, item in entry.parts)
    if max(quantities) <= LARGEST_QUANTITY < sum(quantities):
        items = ", ".join(str(item.seq) for _, item in entry.parts)
        context.findings.order_problem(
            f"items {items} go to one address and come to {sum(quantities):,} pieces, more than a Pace shipment can "
            "hold. Correct the quantities in Pressero.",
            field="quantity",
            cause=CauseKind.QUANTITY.of("too_large"),
            item=entry.item.seq,
        )
    return computed(sum(quantities), terms)


def _content(part: PlannedPart, item: PresseroItem) -> PlannedContent:
    fields: Fields = {
        "carton": pace(None, "the carton's id"),
        "jobPartJob": pace(None, "the job's number"),
        "jobPart": pace(None, f"the number Pace gives part {part.number}, which stands for item {item.seq}"),
        "quantity": pressero(item.quantity, f"item {item.seq}: all its pieces"),
    }
    return PlannedContent(part.number, fields)


# --- address --------------------------------------------------------------------------------------------------


def _addressee(context: PlanningContext, item: PresseroItem) -> Fields:
    to, where = item.ship_to, f"item {item.seq}"
    fields = {"name": _name(context, item), **_contact(context, item)}
    if _is_pickup(to):
        return fields
    return {
        **fields,
        "address1": pressero(one_line(to.address1), f"{where}: ShipToAddress1"),
        "address2": pressero(one_line(to.address2), f"{where}: ShipToAddress2"),
        "address3": pressero(one_line(to.address3), f"{where}: ShipToAddress3"),
        "city": pressero(one_line(to.city), f"{where}: ShipToCity"),
        "zip": pressero(one_line(to.postal), f"{where}: ShipToPostal"),
    }


def _is_pickup(to: Address) -> bool:
    """Whether nothing is said of where the goods go: they are picked up."""
    return all(
        is_filler(part) for part in (to.address1, to.address2, to.address3, to.city, to.postal, to.state)
    )


def _name(context: PlanningContext, item: PresseroItem) -> PlannedValue:
    """The ship-to business or name; of a pickup that has neither, the buyer's."""
    to, order, where = item.ship_to, context.order, f"item {item.seq}"
    business = f"{where}: ShipToBusiness"
    candidates = [
        (one_line(to.business), business),
        (
            one_line(f"{to.first_name} {to.last_name}"),
            f"{where}: ShipToFirstName and ShipToLastName, as ShipToBusiness is empty",
        ),
    ]
    if _is_pickup(to):
        candidates += [
            (one_line(order.buyer_business), f"the buyer's business, as {where} has no ship-to address"),
            (
                one_line(f"{order.buyer_first_name} {order.buyer_last_name}"),
                f"the buyer's name, as {where} has no ship-to address",
            ),
        ]
    return next((pressero(text, detail) for text, detail in candidates if text), pressero("", business))


def _contact(context: PlanningContext, item: PresseroItem) -> Fields:
    """Who is told about the shipment: the ship-to's person, email and phone, else the buyer's email; of a pickup without
    a person, the buyer."""
    to, order, where = item.ship_to, context.order, f"item {item.seq}"
    first, last, phone = one_line(to.first_name), one_line(to.last_name), one_line(to.phone)
    fields: Fields = {
        "contactFirstName": pressero(first, f"{where}: ShipToFirstName"),
        "contactLastName": pressero(last, f"{where}: ShipToLastName"),
        "phone": pressero(phone, f"{where}: ShipToPhone"),
        "email": _email(context, item),
    }
    if _is_pickup(to):
        why = f"of the buyer, as {where} has no ship-to address"
        if not first and not last:
            fields["contactFirstName"] = pressero(
                one_line(order.buyer_first_name), f"OrderedByFirstName {why}"
            )
            fields["contactLastName"] = pressero(one_line(order.buyer_last_name), f"OrderedByLastName {why}")
        if not phone:
            fields["phone"] = pressero(one_line(order.buyer_phone), f"the phone {why}")
    return fields


def _email(context: PlanningContext, item: PresseroItem) -> PlannedValue:
    first, *others = email_addresses(item.ship_to.email) or ("",)
    if others:
        context.findings.note(
            f"ShipToEmail holds several emails; the first, {first}, is used and {', '.join(others)} is left out",
            field="email",
            item=item.seq,
        )
    if first:
        return pressero(first, f"item {item.seq}: ShipToEmail")
    return pressero(
        first_email(context.order.buyer_email), f"OrderedByEmail, as ShipToEmail of item {item.seq} is empty"
    )


def _ship_to_contact(context: PlanningContext, items: Sequence[PresseroItem], shipment: Fields) -> Fields:
    """What the contact that Pace makes of the address must hold: the company, and what field rules say of it. The rules
    see what Pace copies there; only what they change is written."""
    company = _company(context, items[0])
    copied = {name: shipment[of] for of, name in _COPIED.items() if of in shipment}
    known = filled({**copied, **company})
    ruled = context.rules.applied(CONTACT, items, known, more=ship_to_contact(items[0]))
    changed = {name: planned for name, planned in ruled.items() if known.get(name) is not planned}
    return {**company, **changed}


def _company(context: PlanningContext, item: PresseroItem) -> Fields:
    """What the contact that Pace makes of the address holds: the company does not always arrive there."""
    business = one_line(item.ship_to.business)
    if not business:
        return {}
    kept = business[:COMPANY_NAME_LIMIT].rstrip()
    if kept != business:
        context.findings.note(
            f'the company is cut at {COMPANY_NAME_LIMIT} characters for the ship-to contact: "{kept}"',
            field="companyName",
            item=item.seq,
        )
    return {"companyName": pressero(kept, f"item {item.seq}: ShipToBusiness")}


def _whereabouts(entry: _ShipmentEntry) -> Fields:
    if entry.place is None:
        return {}
    to, place = entry.item.ship_to, entry.place
    fields: Fields = {
        "country": pace(
            place.country.id, f'Pace country {place.country.name}, found by ShipToCountry "{to.country}"'
        ),
    }
    if place.state_key:
        fields["state"] = pace(
            place.state, f'Pace state found by ShiptoStateProvince "{to.state or to.country}"'
        )
        fields["stateKey"] = computed(
            place.state_key, f"country {place.country.id} and state code {place.state}"
        )
    elif place.state:
        fields["state"] = pressero(
            place.state, f"ShiptoStateProvince; Pace has no states for {place.country.name}"
        )
    if entry.chosen and entry.chosen.country:
        fields["country"] = PlannedValue(place.country.id, entry.chosen.country.planned.source)
    if entry.chosen and entry.chosen.state and place.state:
        fields["state"] = PlannedValue(place.state, entry.chosen.state.planned.source)
    return fields


def _found(context: PlanningContext, item: PresseroItem) -> _Found:
    if _is_pickup(item.ship_to):
        return None
    try:
        return context.places.place(item.ship_to)
    except (UnknownCountry, UnknownState) as unknown:
        return unknown


def _report_place(context: PlanningContext, item: PresseroItem, found: _Found) -> None:
    """Say what there is to say about the place of an item's address, above all that Pace does not know it."""
    to, findings = item.ship_to, context.findings
    if isinstance(found, AddressPlace):
        if found.note:
            findings.note(found.note, field="state" if to.state else "country", item=item.seq)
    elif isinstance(found, UnknownCountry):
        if names_no_country(to.country):
            text = (
                "the ship-to address has no country. Fill ShipToCountry in Pressero, or set the home country on the "
                "Pace server in the portal."
            )
        else:
            text = f'Pace has no country "{to.country}". Correct ShipToCountry in Pressero or add the country in Pace.'
        findings.order_problem(
            text, field="country", cause=CauseKind.COUNTRY.of(to.country.strip().casefold()), item=item.seq
        )
    elif isinstance(found, UnknownState):
        findings.order_problem(
            f'Pace has no state "{to.state}" in {found.country.name}. '
            "Correct ShiptoStateProvince in Pressero or add the state in Pace.",
            field="state",
            cause=CauseKind.STATE.of(f"{found.country.id}:{to.state.strip().casefold()}"),
            item=item.seq,
        )
    else:
        findings.note(
            "there is no ship-to address, so it is a pickup: its shipment has no address and ships by the item's method",
            field="address1",
            item=item.seq,
        )


# --- how it ships ---------------------------------------------------------------------------------------------


def _shipping(context: PlanningContext, item: PresseroItem, seqs: Sequence[int]) -> Fields:
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
            f"Pace has no ship via {answer.ship_via} (from {answer.ship_via_source.reason}). "
            "Choose one that Pace has there.",
            field="shipVia",
            cause=CauseKind.SHIP_VIA.of(answer.ship_via),
            item=item.seq,
        )
    return fields


def _shipping_answer(context: PlanningContext, item: PresseroItem) -> ShippingAnswer | None:
    to, store = item.ship_to, context.storefront
    address = AddressQuery(to.business, to.address1, to.city, to.state, to.postal, to.country)
    question = (address, item.method_name, item.method_id)
    if question in context.shipping_answers:
        answer = context.shipping_answers[question]
    else:
        defaults = ShippingDefaults(
            store.default_ship_via, store.default_account_number, store.server_default_ship_via
        )
        # A pickup goes nowhere: only its method says how.
        asked, rows = (address, ()) if _is_pickup(to) else context.address_rows.near(address)
        try:
            answer = shipping(
                replace(context.mappings, shipment_addresses=rows),
                store.id,
                method_name=item.method_name,
                method_id=item.method_id,
                address=asked,
                defaults=defaults,
            )
        except MappingMissing:
            answer = None
        context.shipping_answers[question] = answer
    return answer


def _with_staffs_choice(
    context: PlanningContext, seqs: Sequence[int], answer: ShippingAnswer | None
) -> ShippingAnswer | None:
    """The answer with what staff chose for one of these items; a ship via of theirs needs no row."""
    ship_via = context.overrides.of("shipment.shipVia", seqs)
    account = context.overrides.of("shipment.accountNumber", seqs)
    if ship_via is not None:
        chosen, source = int(str(ship_via.value)), Resolution("staff", None, ship_via.detail)
        answer = (
            ShippingAnswer(chosen, source)
            if answer is None
            else replace(answer, ship_via=chosen, ship_via_source=source)
        )
    if account is not None and answer is not None:
        source = Resolution("staff", None, account.detail)
        answer = replace(answer, account_number=str(account.value), account_source=source)
    return answer


def _report_no_ship_via(context: PlanningContext, item: PresseroItem) -> None:
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
        text, field="shipVia", cause=CauseKind.SHIPMENT_METHOD.of(method.casefold()), item=item.seq
    )


def _shipment_type(context: PlanningContext) -> PlannedValue | None:
    """The Pace server's setting, else the active type with the flag `planned`; of several the one described "Planned",
    else the lowest id."""
    chosen, types = context.storefront.server_shipment_type, context.reference.shipment_types
    if chosen is not None:
        if not is_listed(chosen, types):
            context.findings.config_problem(
                f"Pace has no shipment type {chosen}. Correct the shipment type on the Pace server in the portal.",
                field="shipmentType",
                cause=CauseKind.SHIPMENT_TYPE.of(chosen),
            )
        return parameter(chosen, "the Pace server's setting shipment_type")
    planned = tuple(one for one in types if one.planned and one.active and one.key.isdecimal())
    if not planned:
        context.findings.config_problem(
            "Pace has no active shipment type with the flag Planned. Set the shipment type on the Pace server in the "
            "portal.",
            field="shipmentType",
            cause=CauseKind.SHIPMENT_TYPE.of(),
        )
        return None
    found = described(planned, "Planned") or min(planned, key=lambda one: int(one.key))
    detail = f'the shipment type "{found.description}", which has the flag Planned'
    if len(planned) > 1:
        others = ", ".join(f'"{one.description}"' for one in planned if one is not found)
        detail += f"; so has {others}"
        context.findings.note(
            f'Pace has several planned shipment types; "{found.description}" ({found.key}) is used, not {others}. Choose '
            "one on the Pace server in the portal.",
            field="shipmentType",
        )
    return pace(int(found.key), detail)
