"""The Pace customer and contact of an order: found, or to be created (docs/mapping.md §8)."""

from collections.abc import Iterable

from automationhub.lib.texts import compared, email_addresses, first_email, holds_email, one_line
from integrations.causes import CauseKind
from integrations.clients.pace.xpath import is_quotable
from integrations.clients.schemas import PaceContact, PresseroOrder
from integrations.planning.addresses import Places
from integrations.planning.findings import PlanFindings
from integrations.planning.lineage import pace
from integrations.planning.new_customers import contact_fields, customer_fields
from integrations.planning.plan_types import (
    CustomerCandidates,
    Fields,
    FieldSource,
    PlannedCustomer,
    PlannedValue,
    SourceKind,
    StorefrontParameters,
)


def buyer_email(order: PresseroOrder) -> str:
    """The buyer's email: the first of those that the order gives."""
    return first_email(order.buyer_email)


def integration_id(storefront: StorefrontParameters) -> PlannedValue | None:
    """The customer id that the storefront names: the portal's value, else Pressero's own of the site."""
    if own := one_line(storefront.integration_id):
        source = FieldSource(
            SourceKind.PARAMETER, f'the Integration ID of the storefront "{storefront.name}"'
        )
        return PlannedValue(own, source)
    if sites := one_line(storefront.site_integration_id):
        return PlannedValue(sites, FieldSource(SourceKind.PRESSERO, "the site's Integration ID in Pressero"))
    return None


def choose_customer(
    order: PresseroOrder,
    storefront: StorefrontParameters,
    candidates: CustomerCandidates,
    places: Places,
    findings: PlanFindings,
) -> PlannedCustomer | None:
    """Customer and contact of the order; None with a problem when they cannot be determined.

    A contact that belongs to no customer cannot name one: a new customer then gets a new contact, and the contact
    found is left as it is.
    """
    named = integration_id(storefront)
    _note_other_emails(order, findings)
    if not _can_be_asked_for(order, storefront, named, findings):
        return None
    if not buyer_email(order):
        return _with_fallback(order, storefront, candidates, places, named, findings)
    if named is not None:
        return _of_named_customer(order, storefront, candidates, places, named, findings)
    return _of_email(order, storefront, candidates, places, findings)


def _of_named_customer(
    order: PresseroOrder,
    storefront: StorefrontParameters,
    candidates: CustomerCandidates,
    places: Places,
    named: PlannedValue,
    findings: PlanFindings,
) -> PlannedCustomer | None:
    """With an Integration ID: that customer, and its contact with the buyer's email."""
    customer = str(named.value)
    contact = None
    if candidates.customer_exists is not False:
        own = [c for c in _with_email(candidates.contacts, order) if _same(c.customer, customer)]
        contact = _chosen(own, order, findings)
        if contact is not None:
            return PlannedCustomer(customer, contact.id, {}, {}, f"customer:{customer}", named.source)
    missing = "customer" if candidates.customer_exists is False else "contact"
    if not _may_create(order, storefront, missing, customer, findings):
        return None
    if missing == "customer" and not _is_confirmed(storefront, candidates, findings):
        return None
    new_customer: Fields = {}
    # The customer is made by one order of all its buyers; after that, new buyers do not wait for one another.
    lock = f"customer:{customer} buyer:{buyer_email(order).casefold()}"
    if missing == "customer":
        new_customer = customer_fields(order, storefront, places, findings, id_=named)
        lock = f"customer:{customer}"
    new_contact = contact_fields(order, storefront, places, findings, customer=named)
    existing = "" if new_customer else customer
    return PlannedCustomer(existing, None, new_customer, new_contact, lock, named.source)


def _of_email(
    order: PresseroOrder,
    storefront: StorefrontParameters,
    candidates: CustomerCandidates,
    places: Places,
    findings: PlanFindings,
) -> PlannedCustomer | None:
    """Without an Integration ID: the contact with the buyer's email, and its customer."""
    email = buyer_email(order)
    lock = f"email:{email.lower()}"
    contact = _chosen(_with_email(candidates.contacts, order), order, findings)
    if contact is not None and contact.customer.strip():
        source = FieldSource(SourceKind.PACE, f"contact {contact.id} (same email as the buyer, {email})")
        return PlannedCustomer(contact.customer.strip(), contact.id, {}, {}, lock, source)
    if not _may_create(order, storefront, "customer", "", findings):
        return None
    if contact is not None:
        findings.note(
            f"contact {contact.id} with the buyer's email {email} belongs to no customer; a new customer with a new contact is created",
            field="customer",
        )
    new_customer = customer_fields(order, storefront, places, findings, id_=None)
    its_id = pace(None, "the id Pace gives the new customer")
    new_contact = contact_fields(order, storefront, places, findings, customer=its_id)
    source = FieldSource(SourceKind.PACE, f"no Pace contact of a customer has the buyer's email {email}")
    return PlannedCustomer("", None, new_customer, new_contact, lock, source)


def _with_fallback(
    order: PresseroOrder,
    storefront: StorefrontParameters,
    candidates: CustomerCandidates,
    places: Places,
    named: PlannedValue | None,
    findings: PlanFindings,
) -> PlannedCustomer | None:
    """A buyer without an email: the storefront's fallback contact."""
    if storefront.fallback_contact is None:
        findings.order_problem(
            "the buyer has no email (OrderedByEmail), so no Pace contact can be found. Fill it in Pressero or set a "
            f'fallback contact on the storefront "{storefront.name}".',
            field="contact",
            cause=CauseKind.BUYER_EMAIL.of("missing"),
        )
        return None
    fallback = candidates.fallback
    wanted = storefront.fallback_contact
    if fallback is None or (named is None and not fallback.customer.strip()):
        what = "is not in Pace" if fallback is None else "belongs to no customer in Pace"
        findings.config_problem(
            f"the buyer has no email and the fallback contact {wanted} of the storefront "
            f'"{storefront.name}" {what}. Set the id of a Pace contact of a customer.',
            field="contact",
            cause=CauseKind.FALLBACK_CONTACT.of(wanted),
        )
        return None
    findings.note(f"the buyer has no email; the fallback contact {fallback.id} is used", field="contact")
    if named is None:
        customer = fallback.customer.strip()
        source = FieldSource(SourceKind.PARAMETER, f"the storefront's fallback contact {fallback.id}")
        return PlannedCustomer(customer, fallback.id, {}, {}, f"customer:{customer}", source)
    customer = str(named.value)
    lock = f"customer:{customer}"
    if candidates.customer_exists is not False:
        return PlannedCustomer(customer, fallback.id, {}, {}, lock, named.source)
    if not _may_create(order, storefront, "customer", customer, findings):
        return None
    if not _is_confirmed(storefront, candidates, findings):
        return None
    new_customer = customer_fields(order, storefront, places, findings, id_=named)
    return PlannedCustomer("", fallback.id, new_customer, {}, lock, named.source)


def _with_email(contacts: Iterable[PaceContact], order: PresseroOrder) -> list[PaceContact]:
    return [contact for contact in contacts if holds_email(contact.email, buyer_email(order))]


def _note_other_emails(order: PresseroOrder, findings: PlanFindings) -> None:
    first, *others = email_addresses(order.buyer_email) or ("",)
    if others:
        findings.note(
            f"the buyer has several emails; the first, {first}, is used and {', '.join(others)} is left out",
            field="contact",
        )


def _same(one: str, other: str) -> bool:
    return compared(one) == compared(other)


def _chosen(contacts: list[PaceContact], order: PresseroOrder, findings: PlanFindings) -> PaceContact | None:
    """Active before inactive, with a customer before without, then the lowest id; a choice is noted."""
    if not contacts:
        return None
    ranked = sorted(contacts, key=lambda c: (not c.active, not c.customer.strip(), c.id))
    best = ranked[0]
    if len(ranked) > 1:
        findings.note(
            f"{len(ranked)} Pace contacts have the buyer's email {buyer_email(order)}: "
            f"{'; '.join(_words(c) for c in ranked)}. Contact {best.id} is used "
            "(active before inactive, with a customer before without, then the lowest id)",
            field="contact",
        )
    elif not best.active:
        findings.note(
            f"contact {best.id} is inactive in Pace; it is used because it is the only one", field="contact"
        )
    return best


def _words(contact: PaceContact) -> str:
    customer = f"customer {contact.customer.strip()}" if contact.customer.strip() else "no customer"
    return f"{contact.id} ({'active' if contact.active else 'inactive'}, {customer})"


def _can_be_asked_for(
    order: PresseroOrder, storefront: StorefrontParameters, named: PlannedValue | None, findings: PlanFindings
) -> bool:
    """Whether Pace can be asked for customer and contact: its filters know no value with both kinds of quotes."""
    fine = True
    if named is not None and not is_quotable(str(named.value)):
        findings.config_problem(
            f"the Integration ID {named.value} holds both kinds of quotes, which Pace cannot be asked for. "
            f'Correct it on the storefront "{storefront.name}".',
            field="customer",
            cause=CauseKind.INTEGRATION_ID.of(named.value),
        )
        fine = False
    if not is_quotable(buyer_email(order)):
        findings.order_problem(
            f"the buyer's email {buyer_email(order)} holds both kinds of quotes, which Pace cannot be asked for. "
            "Correct it in Pressero.",
            field="contact",
            cause=CauseKind.BUYER_EMAIL.of("quotes"),
        )
        fine = False
    return fine


def _may_create(
    order: PresseroOrder, storefront: StorefrontParameters, what: str, customer: str, findings: PlanFindings
) -> bool:
    """Whether a missing customer or contact may be created; if not, that is a problem."""
    if storefront.create_missing_customers:
        return True
    email = buyer_email(order)
    if what == "customer" and customer:
        text = f'the customer "{customer}" is not in Pace'
    elif what == "customer":
        text = f"no Pace contact with a customer has the buyer's email {email}"
    else:
        text = f'the customer "{customer}" has no contact with the buyer\'s email {email} in Pace'
    findings.config_problem(
        f'{text}, and the storefront "{storefront.name}" does not allow creating one. '
        "Create it in Pace, or allow creation on the storefront.",
        field=what,
        cause=CauseKind(what).of(customer or email.lower()),
    )
    return False


def _is_confirmed(
    storefront: StorefrontParameters, candidates: CustomerCandidates, findings: PlanFindings
) -> bool:
    """Whether a customer may be created under the Integration ID: not under one that staff entered and did not confirm.

    Pressero's own Integration ID of the site needs no confirmation here.
    """
    own = storefront.integration_id.strip()
    if not own or storefront.integration_id_confirmed:
        return True
    meant = f" Did you mean {' or '.join(candidates.alike)}?" if candidates.alike else ""
    findings.config_problem(
        f'Pace has no customer {own}, the Integration ID of the storefront "{storefront.name}".{meant} Correct the ID, or '
        "select Confirm new customer on the storefront's page to create this customer.",
        field="customer",
        cause=CauseKind.INTEGRATION_ID.of(own),
    )
    return False
