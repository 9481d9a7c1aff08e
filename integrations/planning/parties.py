"""The Pace customer and contact of an order: found, or to be created (mapping rules 3)."""

from collections.abc import Iterable

from integrations.clients.schemas import Order, PaceContact
from integrations.planning.addresses import Places
from integrations.planning.findings import Findings
from integrations.planning.names import is_quotable
from integrations.planning.new_parties import contact_fields, customer_fields
from integrations.planning.plan_types import (
    Fields,
    PartyCandidates,
    PlannedParty,
    PlannedValue,
    Source,
    SourceKind,
    StorefrontParameters,
)
from integrations.planning.sources import pace


def buyer_email(order: Order) -> str:
    """The buyer's e-mail as given, without outer blanks."""
    return order.buyer_email.strip()


def integration_id(storefront: StorefrontParameters) -> PlannedValue | None:
    """The customer id that the storefront names: the portal's value, else Pressero's own of the site."""
    if own := storefront.integration_id.strip():
        source = Source(SourceKind.PARAMETER, f'the Integration ID of the storefront "{storefront.name}"')
        return PlannedValue(own, source)
    if sites := storefront.site_integration_id.strip():
        return PlannedValue(sites, Source(SourceKind.PRESSERO, "the site's Integration ID in Pressero"))
    return None


def choose_party(
    order: Order,
    storefront: StorefrontParameters,
    candidates: PartyCandidates,
    places: Places,
    findings: Findings,
) -> PlannedParty | None:
    """Customer and contact of the order; None with a problem when they cannot be determined.

    A contact that belongs to no customer cannot name one: a new customer then gets a new contact, and the contact
    found is left as it is.
    """
    named = integration_id(storefront)
    if not _can_be_asked_for(order, storefront, named, findings):
        return None
    if not buyer_email(order):
        return _with_fallback(order, storefront, candidates, places, named, findings)
    if named is not None:
        return _of_named_customer(order, storefront, candidates, places, named, findings)
    return _of_email(order, storefront, candidates, places, findings)


def _of_named_customer(
    order: Order,
    storefront: StorefrontParameters,
    candidates: PartyCandidates,
    places: Places,
    named: PlannedValue,
    findings: Findings,
) -> PlannedParty | None:
    """With an Integration ID: that customer, and its contact with the buyer's e-mail."""
    customer = str(named.value)
    contact = None
    if candidates.customer_exists is not False:
        own = [c for c in _with_email(candidates.contacts, order) if _same(c.customer, customer)]
        contact = _chosen(own, order, findings)
        if contact is not None:
            return PlannedParty(customer, contact.id, {}, {}, f"customer:{customer}", named.source)
    missing = "customer" if candidates.customer_exists is False else "contact"
    if not _may_create(order, storefront, missing, customer, findings):
        return None
    new_customer: Fields = {}
    if missing == "customer":
        new_customer = customer_fields(order, storefront, places, findings, id_=named)
    new_contact = contact_fields(order, storefront, places, findings, customer=named)
    existing = "" if new_customer else customer
    return PlannedParty(existing, None, new_customer, new_contact, f"customer:{customer}", named.source)


def _of_email(
    order: Order,
    storefront: StorefrontParameters,
    candidates: PartyCandidates,
    places: Places,
    findings: Findings,
) -> PlannedParty | None:
    """Without an Integration ID: the contact with the buyer's e-mail, and its customer."""
    email = buyer_email(order)
    lock = f"email:{email.lower()}"
    contact = _chosen(_with_email(candidates.contacts, order), order, findings)
    if contact is not None and contact.customer.strip():
        source = Source(
            SourceKind.PACE, f"the customer of contact {contact.id}, whose e-mail is the buyer's {email}"
        )
        return PlannedParty(contact.customer.strip(), contact.id, {}, {}, lock, source)
    if not _may_create(order, storefront, "customer", "", findings):
        return None
    if contact is not None:
        findings.note(
            f"contact {contact.id} with the buyer's e-mail {email} belongs to no customer; "
            "a new customer with a new contact is made",
            field="customer",
        )
    new_customer = customer_fields(order, storefront, places, findings, id_=None)
    its_id = pace(None, "the id Pace gives the new customer")
    new_contact = contact_fields(order, storefront, places, findings, customer=its_id)
    source = Source(
        SourceKind.PACE, f"a new customer: no Pace contact of a customer has the buyer's e-mail {email}"
    )
    return PlannedParty("", None, new_customer, new_contact, lock, source)


def _with_fallback(
    order: Order,
    storefront: StorefrontParameters,
    candidates: PartyCandidates,
    places: Places,
    named: PlannedValue | None,
    findings: Findings,
) -> PlannedParty | None:
    """A buyer without an e-mail: the storefront's fallback contact."""
    if storefront.fallback_contact is None:
        findings.order_problem(
            "the buyer has no e-mail (OrderedByEmail), so no Pace contact can be found. Fill it in Pressero or set a "
            f'fallback contact on the storefront "{storefront.name}".',
            field="contact",
            cause="buyer_email:missing",
        )
        return None
    fallback = candidates.fallback
    wanted = storefront.fallback_contact
    if fallback is None or (named is None and not fallback.customer.strip()):
        what = "is not in Pace" if fallback is None else "belongs to no customer in Pace"
        findings.config_problem(
            f"the buyer has no e-mail and the fallback contact {wanted} of the storefront "
            f'"{storefront.name}" {what}. Set the id of a Pace contact of a customer.',
            field="contact",
            cause=f"fallback_contact:{wanted}",
        )
        return None
    findings.note(f"the buyer has no e-mail; the fallback contact {fallback.id} is used", field="contact")
    if named is None:
        customer = fallback.customer.strip()
        source = Source(
            SourceKind.PARAMETER, f"the customer of the storefront's fallback contact {fallback.id}"
        )
        return PlannedParty(customer, fallback.id, {}, {}, f"customer:{customer}", source)
    customer = str(named.value)
    lock = f"customer:{customer}"
    if candidates.customer_exists is not False:
        return PlannedParty(customer, fallback.id, {}, {}, lock, named.source)
    if not _may_create(order, storefront, "customer", customer, findings):
        return None
    new_customer = customer_fields(order, storefront, places, findings, id_=named)
    return PlannedParty("", fallback.id, new_customer, {}, lock, named.source)


def _with_email(contacts: Iterable[PaceContact], order: Order) -> list[PaceContact]:
    return [contact for contact in contacts if _same(contact.email, buyer_email(order))]


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _chosen(contacts: list[PaceContact], order: Order, findings: Findings) -> PaceContact | None:
    """Active before inactive, with a customer before without, then the lowest id; a choice is noted."""
    if not contacts:
        return None
    ranked = sorted(contacts, key=lambda c: (not c.active, not c.customer.strip(), c.id))
    best = ranked[0]
    if len(ranked) > 1:
        findings.note(
            f"{len(ranked)} Pace contacts have the buyer's e-mail {buyer_email(order)}: "
            f"{'; '.join(_words(c) for c in ranked)}. Contact {best.id} is used "
            "(active before inactive, with a customer before without, then the lowest id)",
            field="contact",
        )
    elif not best.active:
        findings.note(
            f"contact {best.id} is inactive in Pace and is used as it is the only one", field="contact"
        )
    return best


def _words(contact: PaceContact) -> str:
    customer = f"customer {contact.customer.strip()}" if contact.customer.strip() else "no customer"
    return f"{contact.id} ({'active' if contact.active else 'inactive'}, {customer})"


def _can_be_asked_for(
    order: Order, storefront: StorefrontParameters, named: PlannedValue | None, findings: Findings
) -> bool:
    """Whether Pace can be asked for customer and contact: its filters know no value with both kinds of quotes."""
    fine = True
    if named is not None and not is_quotable(str(named.value)):
        findings.config_problem(
            f"the Integration ID {named.value} holds both kinds of quotes, which Pace cannot be asked for. "
            f'Correct it on the storefront "{storefront.name}".',
            field="customer",
            cause=f"integration_id:{named.value}",
        )
        fine = False
    if not is_quotable(buyer_email(order)):
        findings.order_problem(
            f"the buyer's e-mail {buyer_email(order)} holds both kinds of quotes, which Pace cannot be asked for. "
            "Correct it in Pressero.",
            field="contact",
            cause="buyer_email:quotes",
        )
        fine = False
    return fine


def _may_create(
    order: Order, storefront: StorefrontParameters, what: str, customer: str, findings: Findings
) -> bool:
    """Whether a missing customer or contact may be created; if not, that is a problem."""
    if storefront.create_missing_customers:
        return True
    email = buyer_email(order)
    if what == "customer" and customer:
        text = f'the customer "{customer}" is not in Pace'
    elif what == "customer":
        text = f"no Pace contact with a customer has the buyer's e-mail {email}"
    else:
        text = f'the customer "{customer}" has no contact with the buyer\'s e-mail {email} in Pace'
    findings.config_problem(
        f'{text}, and the storefront "{storefront.name}" forbids to create one. '
        "Create it in Pace or allow creation on the storefront.",
        field=what,
        cause=f"{what}:{customer or email.lower()}",
    )
    return False
