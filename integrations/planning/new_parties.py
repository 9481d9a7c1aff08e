"""The fields of a customer and a contact that Pace does not have yet (mapping rules 3, point 3).

What the order says comes first; where it says nothing, the Pace server's "new customer defaults" and "new contact
defaults" apply.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from integrations.clients.schemas import Address, Order
from integrations.planning.addresses import Place, Places, UnknownCountry, UnknownState
from integrations.planning.findings import Findings
from integrations.planning.names import one_line
from integrations.planning.plan_types import Fields, PlannedValue, SourceKind, StorefrontParameters, Value
from integrations.planning.sources import computed, default, pace, pressero

COMPANY_NAME_LIMIT = 60  # characters, Contact.companyName
_PLACE_FIELDS = ("country", "state", "stateKey")


def customer_fields(
    order: Order,
    storefront: StorefrontParameters,
    places: Places,
    findings: Findings,
    *,
    id_: PlannedValue | None,
) -> Fields:
    """A new Customer: named after the business, else the buyer, else (when no default names it) the e-mail.

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
    if "custName" not in fields and order.buyer_email.strip():
        fields["custName"] = pressero(
            order.buyer_email.strip(), "OrderedByEmail, as there is neither a business nor a name"
        )
    return fields


def contact_fields(
    order: Order,
    storefront: StorefrontParameters,
    places: Places,
    findings: Findings,
    *,
    customer: PlannedValue,
) -> Fields:
    """A new Contact of the customer, from the buyer. A company name over 60 characters is a problem."""
    first, last, names_from = _names(order)
    fields: Fields = {"customer": customer}
    fields.update(_pressero(firstName=(first, names_from), lastName=(last, names_from)))
    fields.update(_reach(order, "businessPhoneNumber"))
    business, business_from = _business(order)
    if business:
        fields["companyName"] = pressero(business, business_from)
    fields.update(_address(order, storefront.contact_defaults, places, findings))
    _fill_in(fields, storefront.contact_defaults, "new contact defaults", places, findings)
    if "companyName" in fields:
        _check_company_name(fields["companyName"], findings)
    return fields


def _check_company_name(name: PlannedValue, findings: Findings) -> None:
    length = len(str(name.value))
    if length <= COMPANY_NAME_LIMIT:
        return
    text = (
        f'the company name "{name.value}" ({name.source.detail}) has {length} characters, a Pace contact holds '
        f"{COMPANY_NAME_LIMIT}."
    )
    if name.source.kind == SourceKind.DEFAULT:
        findings.config_problem(
            f"{text} Shorten it on the Pace server in the portal.",
            field="companyName",
            cause="companyName:default_too_long",
        )
    else:
        findings.order_problem(
            f"{text} Shorten it in Pressero, or create the contact in Pace.",
            field="companyName",
            cause="companyName:too_long",
        )


def _business(order: Order) -> tuple[str, str]:
    if business := one_line(order.buyer_business):
        return business, "the buyer's business in Pressero"
    return one_line(order.bill_to.business), "BillToBusiness"


def _names(order: Order) -> tuple[str, str, str]:
    """First and last name of the buyer, else of the bill-to address, and where they come from."""
    first, last = one_line(order.buyer_first_name), one_line(order.buyer_last_name)
    if first or last:
        return first, last, "OrderedByFirstName and OrderedByLastName"
    return (
        one_line(order.bill_to.first_name),
        one_line(order.bill_to.last_name),
        "BillToFirstName and BillToLastName",
    )


def _reach(order: Order, phone_field: str) -> Fields:
    phone, phone_from = order.buyer_phone.strip(), "the buyer's phone in Pressero"
    if not phone:
        phone, phone_from = order.bill_to.phone.strip(), "BillToPhone"
    return _pressero(
        email=(order.buyer_email.strip(), "OrderedByEmail"), **{phone_field: (phone, phone_from)}
    )


def _pressero(**found: tuple[str, str]) -> Fields:
    """Planned values of the texts that are not empty."""
    return {name: pressero(text, detail) for name, (text, detail) in found.items() if text}


def _address(order: Order, defaults: Mapping[str, Any], places: Places, findings: Findings) -> Fields:
    """The bill-to address, else the first item's ship-to address, else nothing."""
    address, name = order.bill_to, "bill-to address"
    if not _has_place(address):
        first = min(order.items, key=lambda item: item.seq, default=None)
        if first is None or not _has_place(first.ship_to):
            return {}
        address, name = first.ship_to, f"ship-to address of item {first.seq}, as there is no bill-to address"
    fields = _pressero(
        address1=(address.address1.strip(), name),
        address2=(address.address2.strip(), name),
        address3=(address.address3.strip(), name),
        city=(address.city.strip(), name),
        zip=(address.postal.strip(), name),
    )
    place = _place(address, name, defaults, places, findings)
    if place is not None:
        fields["country"] = pace(
            place.country.id, f'the id of "{address.country.strip()}", country of the {name}'
        )
        if place.state:
            fields["state"] = pace(place.state, f'the code of "{address.state.strip()}", state of the {name}')
        if place.state_key:
            fields["stateKey"] = computed(place.state_key, "country id and state code")
    return fields


def _has_place(address: Address) -> bool:
    return any(part.strip() for part in (address.address1, address.city, address.postal))


def _place(
    address: Address, name: str, defaults: Mapping[str, Any], places: Places, findings: Findings
) -> Place | None:
    """Country and state; what Pace does not know is left out with a note, a country without default is a problem."""
    if not address.country.strip():
        return None
    try:
        return places.place(address)
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
                cause=f"country:{address.country.strip().casefold()}",
            )
        return None
    except UnknownState as unknown:
        findings.note(
            f'Pace does not know the state "{address.state}" of the {name} in {unknown.country.name}; it is left out',
            field="state",
        )
        return Place(unknown.country)


def _fill_in(
    fields: Fields, defaults: Mapping[str, Any], name: str, places: Places, findings: Findings
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
                cause=f"{name}:country:{value}",
            )
        fields[field] = default(_value(field, value, name, findings), f"the Pace server's {name}")


def _value(field: str, value: Any, name: str, findings: Findings) -> Value:
    if isinstance(value, (bool, int, str, Decimal)):
        return value
    if isinstance(value, float):
        return Decimal(repr(value))
    findings.config_problem(
        f'the {name} hold no text, number or yes/no for "{field}". Correct them on the Pace server.',
        field=field,
        cause=f"{name}:{field}",
    )
    return None
