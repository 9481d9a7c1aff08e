"""The fields of a customer and a contact that Pace does not have yet (docs/mapping.md §8).

What the order says comes first; where it says nothing, the Pace server's "new customer defaults" and "new contact
defaults" apply.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from automationhub.lib.texts import first_email, one_line
from integrations.causes import CauseKind
from integrations.clients.schemas import Address, PresseroOrder
from integrations.planning.addresses import AddressPlace, Places, UnknownCountry, UnknownState
from integrations.planning.findings import PlanFindings
from integrations.planning.lineage import computed, default, pace, pressero
from integrations.planning.names import COMPANY_NAME_LIMIT
from integrations.planning.plan_types import Fields, PlannedValue, StorefrontParameters, Value

_PLACE_FIELDS = ("country", "state", "stateKey")


def customer_fields(
    order: PresseroOrder,
    storefront: StorefrontParameters,
    places: Places,
    findings: PlanFindings,
    *,
    id_: PlannedValue | None,
) -> Fields:
    """A new Customer: named after the business, else the buyer, else (when no default names it) the email.

    With `id_` (the Integration ID) it is created under that id; without, Pace gives one.
    """
    fields: Fields = {} if id_ is None else {"id": id_}
    business, business_from = _business(order)
    first, last, names_from = _names(order)
    if business:
        fields["custName"] = pressero(business, business_from)
    elif first or last:
        fields["custName"] = pressero(one_line(f"{first} {last}"), f"{names_from}, as there is no business")
    fields.update(_pressero(contactFirstName=(first, names_from), contactLastName=(last, names_from)))
    fields.update(_reach(order, "phoneNumber"))
    fields.update(_address(order, storefront.customer_defaults, places, findings))
    _fill_in(fields, storefront.customer_defaults, "new customer defaults", places, findings)
    if "custName" not in fields and (email := first_email(order.buyer_email)):
        fields["custName"] = pressero(email, "OrderedByEmail, as there is neither a business nor a name")
    _cut_company_name(fields, "custName", findings)
    return fields


def contact_fields(
    order: PresseroOrder,
    storefront: StorefrontParameters,
    places: Places,
    findings: PlanFindings,
    *,
    customer: PlannedValue,
) -> Fields:
    """A new Contact of the customer, from the buyer."""
    first, last, names_from = _names(order)
    fields: Fields = {"customer": customer}
    fields.update(_pressero(firstName=(first, names_from), lastName=(last, names_from)))
    fields.update(_reach(order, "businessPhoneNumber"))
    business, business_from = _business(order)
    if business:
        fields["companyName"] = pressero(business, business_from)
    fields.update(_address(order, storefront.contact_defaults, places, findings))
    _fill_in(fields, storefront.contact_defaults, "new contact defaults", places, findings)
    _cut_company_name(fields, "companyName", findings)
    return fields


def _cut_company_name(fields: Fields, field: str, findings: PlanFindings) -> None:
    """A company name longer than Pace keeps is cut: it says nothing that the order could not do without."""
    name = fields.get(field)
    if name is None or len(str(name.value)) <= COMPANY_NAME_LIMIT:
        return
    kept = str(name.value)[:COMPANY_NAME_LIMIT].rstrip()
    fields[field] = PlannedValue(
        kept, replace(name.source, detail=f"{name.source.detail}, cut at {COMPANY_NAME_LIMIT} characters")
    )
    findings.note(
        f'the company name "{name.value}" is cut at the {COMPANY_NAME_LIMIT} characters that Pace keeps: "{kept}"',
        field=field,
    )


def _business(order: PresseroOrder) -> tuple[str, str]:
    if business := one_line(order.buyer_business):
        return business, "the buyer's business in Pressero"
    return one_line(order.bill_to.business), "BillToBusiness"


def _names(order: PresseroOrder) -> tuple[str, str, str]:
    """First and last name of the buyer, else of the bill-to address, and where they come from."""
    first, last = one_line(order.buyer_first_name), one_line(order.buyer_last_name)
    if first or last:
        return first, last, "OrderedByFirstName and OrderedByLastName"
    return (
        one_line(order.bill_to.first_name),
        one_line(order.bill_to.last_name),
        "BillToFirstName and BillToLastName",
    )


def _reach(order: PresseroOrder, phone_field: str) -> Fields:
    phone, phone_from = one_line(order.buyer_phone), "the buyer's phone in Pressero"
    if not phone:
        phone, phone_from = one_line(order.bill_to.phone), "BillToPhone"
    return _pressero(
        email=(first_email(order.buyer_email), "OrderedByEmail"), **{phone_field: (phone, phone_from)}
    )


def _pressero(**found: tuple[str, str]) -> Fields:
    """Planned values of the texts that are not empty."""
    return {name: pressero(text, detail) for name, (text, detail) in found.items() if text}


def _address(
    order: PresseroOrder, defaults: Mapping[str, Any], places: Places, findings: PlanFindings
) -> Fields:
    """The bill-to address, else the first item's ship-to address, else nothing."""
    address, name = order.bill_to, "bill-to address"
    if not _has_place(address):
        first = min(order.items, key=lambda item: item.seq, default=None)
        if first is None or not _has_place(first.ship_to):
            return {}
        address, name = first.ship_to, f"ship-to address of item {first.seq}, as there is no bill-to address"
    fields = _pressero(
        address1=(one_line(address.address1), name),
        address2=(one_line(address.address2), name),
        address3=(one_line(address.address3), name),
        city=(one_line(address.city), name),
        zip=(one_line(address.postal), name),
    )
    place = _place(address, name, defaults, places, findings)
    if place is not None:
        fields["country"] = pace(
            place.country.id, f'the id of "{address.country.strip()}", country of the {name}'
        )
        if place.state:
            fields["state"] = pace(
                place.state, f'the code of "{address.state or address.country}", state of the {name}'
            )
        if place.state_key:
            fields["stateKey"] = computed(place.state_key, "country id and state code")
    return fields


def _has_place(address: Address) -> bool:
    return any(part.strip() for part in (address.address1, address.city, address.postal))


def _place(
    address: Address, name: str, defaults: Mapping[str, Any], places: Places, findings: PlanFindings
) -> AddressPlace | None:
    """Country and state; what Pace does not know is left out with a note, a country without default is a problem."""
    if not address.country.strip():
        return None
    try:
        place = places.place(address)
    except UnknownCountry:
        if defaults.get("country"):
            findings.note(
                f'Pace does not know the country "{address.country}" of the {name}; the default is used',
                field="country",
            )
        else:
            findings.order_problem(
                f'Pace has no country "{address.country}" (from the {name}). Correct the address in Pressero, add '
                "the country in Pace, or set a country in the defaults for new customers and contacts.",
                field="country",
                cause=CauseKind.COUNTRY.of(address.country.strip().casefold()),
            )
        return None
    except UnknownState as unknown:
        findings.note(
            f'Pace does not know the state "{address.state}" of the {name} in {unknown.country.name}; it is left out',
            field="state",
        )
        return AddressPlace(unknown.country)
    if place.note:
        findings.note(f"{name}: {place.note}", field="country")
    return place


def _fill_in(
    fields: Fields, defaults: Mapping[str, Any], name: str, places: Places, findings: PlanFindings
) -> None:
    """The defaults, in a fixed order, where the order gave nothing.

    A default state belongs to the default country: it is not put beside another country or beside a state from the order.
    """
    country = fields.get("country")
    foreign = country is not None and str(country.value) != str(defaults.get("country", country.value))
    for field in sorted(defaults):
        if field in fields or (
            field in _PLACE_FIELDS and (foreign or (field == "stateKey" and "state" in fields))
        ):
            continue
        value = defaults[field]
        if value is None or value == "":
            continue
        if field == "country" and not places.has_country_id(value):
            findings.config_problem(
                f"the {name} name the country {value}, which Pace does not have. "
                "Correct them on the Pace server in the portal.",
                field="country",
                cause=CauseKind.PARTY_DEFAULTS.of(f"{name}:country:{value}"),
            )
        fields[field] = default(_value(field, value, name, findings), f"the Pace server's {name}")


def _value(field: str, value: Any, name: str, findings: PlanFindings) -> Value:
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, (bool, int, Decimal)):
        return value
    if isinstance(value, float):
        return Decimal(repr(value))
    findings.config_problem(
        f'the {name} hold no text, number or yes/no for "{field}". Correct them on the Pace server.',
        field=field,
        cause=CauseKind.PARTY_DEFAULTS.of(f"{name}:{field}"),
    )
    return None
