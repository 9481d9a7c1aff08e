"""Mapping rules 3: customer and contact."""

from dataclasses import replace
from typing import Any

import pytest

from integrations.causes import CauseKind
from integrations.clients.schemas import PaceContact, PresseroOrder
from integrations.planning.plan import make_plan
from integrations.planning.plan_types import (
    CustomerCandidates,
    Plan,
    PlannedCustomer,
    SourceKind,
    StorefrontParameters,
)
from tests.planning.builders import (
    CONTACT,
    PEORIA,
    SPRINGFIELD,
    detail,
    inputs,
    item,
    order,
    plan,
    problems,
    storefront,
    values,
)

no_id = storefront(integration_id="")


def party_of(made: Plan) -> PlannedCustomer:
    assert made.party is not None
    return made.party


def party(
    of: PresseroOrder | None = None,
    store: StorefrontParameters | None = None,
    *contacts: PaceContact,
    exists: bool | None = None,
    fallback: PaceContact | None = None,
) -> PlannedCustomer:
    return party_of(plan(of, store, candidates=CustomerCandidates(contacts, exists, fallback)))


def contact(
    id_: int, customer: str = "HOUSE", active: bool = True, email: str = "avery@example.com"
) -> PaceContact:
    return PaceContact(id_, customer, email, active=active)


class TestCustomerId:
    def test_the_portals_integration_id_first(self) -> None:
        store = storefront(integration_id="PORTAL", site_integration_id="SITE")
        found = party(None, store, contact(1, "PORTAL"), exists=True)
        assert (found.customer_id, found.contact_id, found.lock) == ("PORTAL", 1, "customer:PORTAL")
        assert found.source.kind == SourceKind.PARAMETER

    def test_then_the_sites_integration_id(self) -> None:
        store = storefront(integration_id=" ", site_integration_id="SITE")
        found = party(None, store, contact(1, "SITE"), exists=True)
        assert (found.customer_id, found.source.kind) == ("SITE", SourceKind.PRESSERO)

    def test_then_the_customer_of_the_contact_with_the_buyers_email(self) -> None:
        found = party(order(buyer_email=" Avery@Example.COM "), no_id, contact(3, "ACME"))
        assert (found.customer_id, found.contact_id, found.lock) == ("ACME", 3, "email:avery@example.com")

    def test_another_email_is_nobody(self) -> None:
        assert party(None, no_id, contact(3, "ACME", email="other@example.com")).create_customer


@pytest.mark.parametrize(
    ("candidates", "chosen"),
    [
        ([contact(5, "A", active=False), contact(9, "B")], 9),
        ([contact(9, "B"), contact(5, "A")], 5),
        ([contact(5, ""), contact(9, "B")], 9),
        ([contact(5, "A", active=False)], 5),
    ],
)
def test_active_then_with_customer_then_lowest_id(candidates: Any, chosen: int) -> None:
    made = plan(None, no_id, candidates=CustomerCandidates(tuple(candidates)))
    assert party_of(made).contact_id == chosen
    [note] = made.notes
    assert all(f"{c.id}" in note.message for c in candidates)


def test_a_choice_among_contacts_says_of_each_what_it_is() -> None:
    made = plan(None, no_id, candidates=CustomerCandidates((contact(5, ""), contact(9, "B", active=False))))
    note = made.notes[0]
    assert "5 (active, no customer); 9 (inactive, customer B). Contact 5 is used" in note.message


class TestContact:
    def test_only_a_contact_of_the_customer_counts(self) -> None:
        found = party(None, None, contact(1, "OTHER"), contact(8, "HOUSE"), exists=True)
        assert found.contact_id == 8

    def test_a_missing_contact_is_created_for_the_customer(self) -> None:
        found = party(None, None, contact(1, "OTHER"), exists=True)
        assert (found.customer_id, found.contact_id, found.create_customer) == ("HOUSE", None, {})
        assert values(found.create_contact)["customer"] == "HOUSE"


class TestCreation:
    def test_under_an_integration_id_that_pace_does_not_know(self) -> None:
        made = plan(None, None, candidates=CustomerCandidates((), False))
        assert (party_of(made).customer_id, party_of(made).contact_id) == ("", None)
        assert values(party_of(made).create_customer)["id"] == "HOUSE"
        assert values(party_of(made).create_contact)["customer"] == "HOUSE"
        assert values(made.jobs[0].fields)["customer"] == "HOUSE"

    def test_not_under_an_id_that_staff_did_not_confirm(self) -> None:
        store = storefront(integration_id_confirmed=False)
        made = make_plan(
            inputs(None, store, candidates=CustomerCandidates((), False, alike=("HAUS (House)",)))
        )
        [problem] = made.problems
        assert "Pace has no customer HOUSE" in problem.message
        assert "Did you mean HAUS (House)?" in problem.message
        assert made.party is None

    def test_under_the_sites_own_id_without_a_confirmation(self) -> None:
        store = storefront(integration_id="", site_integration_id="SITE")
        made = plan(None, store, candidates=CustomerCandidates((), False))
        assert values(party_of(made).create_customer)["id"] == "SITE"

    def test_without_integration_id_pace_gives_the_id(self) -> None:
        made = plan(None, no_id, candidates=CustomerCandidates())
        assert "id" not in party_of(made).create_customer
        assert values(made.jobs[0].fields)["customer"] is None
        assert party_of(made).lock == "email:avery@example.com"

    def test_a_contact_without_customer_gets_neither_used_nor_changed(self) -> None:
        made = plan(None, no_id, candidates=CustomerCandidates((contact(4, ""),)))
        assert (party_of(made).contact_id, bool(party_of(made).create_contact)) == (None, True)
        assert (
            "contact 4 with the buyer's email avery@example.com belongs to no customer"
            in made.notes[0].message
        )

    def test_fields_come_from_the_order(self) -> None:
        of = order(item(), bill_to=replace(SPRINGFIELD, address2="Floor 2"), buyer_phone="555-1")
        found = party(of, no_id)
        assert values(found.create_customer) == {
            "custName": "Example Credit Union",
            "contactFirstName": "Avery",
            "contactLastName": "Sample",
            "email": "avery@example.com",
            "phoneNumber": "555-1",
            "address1": "100 Main St",
            "address2": "Floor 2",
            "city": "Springfield",
            "zip": "62701",
            "country": 1,
            "state": "IL",
            "stateKey": "1:IL",
        }
        assert values(found.create_contact) == {
            "customer": None,
            "firstName": "Avery",
            "lastName": "Sample",
            "email": "avery@example.com",
            "businessPhoneNumber": "555-1",
            "companyName": "Example Credit Union",
            "address1": "100 Main St",
            "address2": "Floor 2",
            "city": "Springfield",
            "zip": "62701",
            "country": 1,
            "state": "IL",
            "stateKey": "1:IL",
        }

    def test_without_bill_to_the_first_items_ship_to(self) -> None:
        assert (
            values(party(order(item(2), item(1, ship_to=SPRINGFIELD)), no_id).create_customer)["city"]
            == "Springfield"
        )

    def test_the_customer_is_named_after_business_then_buyer_then_email(self) -> None:
        def name(**more: Any) -> Any:
            return values(party(order(**more), no_id).create_customer)["custName"]

        assert name(buyer_business="ACME") == "ACME"
        assert name() == "Avery Sample"
        assert name(buyer_first_name="", buyer_last_name="") == "avery@example.com"

    def test_defaults_apply_only_where_the_order_has_no_value(self) -> None:
        store = storefront(
            integration_id="",
            customer_defaults={"custName": "Web customer", "terms": 3, "creditLimit": 0.1, "empty": ""},
            contact_defaults={"lastName": "Unknown", "firstName": "Web"},
        )
        found = party(order(buyer_first_name="Avery", buyer_last_name=""), store)
        customer, made = values(found.create_customer), values(found.create_contact)
        assert (customer["custName"], customer["terms"], str(customer["creditLimit"])) == ("Avery", 3, "0.1")
        assert "empty" not in customer
        assert (made["firstName"], made["lastName"]) == ("Avery", "Unknown")
        assert detail(found.create_contact, "lastName") == "the Pace server's new contact defaults"

    def test_a_default_state_is_not_put_beside_another_country(self) -> None:
        store = storefront(
            integration_id="", customer_defaults={"country": 1, "state": "FL", "stateKey": "1:FL"}
        )
        of = order(bill_to=replace(PEORIA, country="Canada", state=""))
        customer = values(party(of, store).create_customer)
        assert customer["country"] == 2 and "state" not in customer and "stateKey" not in customer

    def test_an_unknown_bill_to_country_is_a_problem_unless_there_is_a_default(self) -> None:
        of = order(bill_to=replace(PEORIA, country="Atlantis"))
        nobody = CustomerCandidates()
        assert 'Pace has no country "Atlantis"' in problems(of, no_id, candidates=nobody)[0]
        both = {"country": 1}
        store = storefront(integration_id="", customer_defaults=both, contact_defaults=both)
        assert values(party_of(plan(of, store, candidates=nobody)).create_customer)["country"] == 1

    def test_an_unknown_bill_to_state_is_left_out(self) -> None:
        customer = values(party(order(bill_to=replace(PEORIA, state="Nowhere")), no_id).create_customer)
        assert customer["country"] == 1 and "state" not in customer

    def test_a_default_that_is_no_plain_value_is_a_problem(self) -> None:
        store = storefront(integration_id="", customer_defaults={"tags": [1]})
        assert 'for "tags"' in problems(None, store, candidates=CustomerCandidates())[0]

    @pytest.mark.parametrize(
        ("store", "candidates", "words"),
        [
            (
                storefront(create_missing_customers=False),
                CustomerCandidates((), False),
                'the customer "HOUSE" is not in Pace',
            ),
            (
                storefront(create_missing_customers=False),
                CustomerCandidates((), True),
                'the customer "HOUSE" has no contact',
            ),
            (
                storefront(create_missing_customers=False, integration_id=""),
                CustomerCandidates(),
                "no Pace contact with a",
            ),
        ],
    )
    def test_forbidden_creation_stops_the_order(
        self, store: StorefrontParameters, candidates: Any, words: str
    ) -> None:
        made = make_plan(inputs(None, store, candidates=candidates))
        [problem] = made.problems
        assert problem.message.startswith(f"Order 10234: {words}") and problem.mode == "config"
        assert "does not allow creating one" in problem.message and made.party is None
        assert problem.field == problem.cause.kind

    def test_orders_of_one_missing_customer_have_one_cause(self) -> None:
        store = storefront(create_missing_customers=False)
        [problem] = make_plan(inputs(None, store, candidates=CustomerCandidates((), False))).problems
        assert problem.cause == CauseKind.CUSTOMER.of("HOUSE")

    def test_orders_of_one_unknown_buyer_have_one_cause(self) -> None:
        store = storefront(create_missing_customers=False, integration_id="")
        made = make_plan(
            inputs(order(buyer_email="Avery@Example.com"), store, candidates=CustomerCandidates())
        )
        assert [problem.cause for problem in made.problems] == [CauseKind.CUSTOMER.of("avery@example.com")]


class TestBuyerWithoutEmail:
    nobody = order(buyer_email=" ")

    def test_is_a_problem_that_names_the_order(self) -> None:
        [problem] = make_plan(inputs(self.nobody)).problems
        assert problem.message.startswith("Order 10234: the buyer has no email") and problem.mode == "order"

    def test_uses_the_fallback_contact(self) -> None:
        found = party(self.nobody, storefront(fallback_contact=7), exists=True, fallback=CONTACT)
        assert (found.customer_id, found.contact_id, found.create_contact) == ("HOUSE", 7, {})

    def test_without_integration_id_the_fallback_gives_the_customer(self) -> None:
        store = storefront(fallback_contact=7, integration_id="")
        assert party(self.nobody, store, fallback=replace(CONTACT, customer="ACME")).customer_id == "ACME"

    def test_the_customer_may_still_be_created(self) -> None:
        found = party(self.nobody, storefront(fallback_contact=7), exists=False, fallback=CONTACT)
        assert values(found.create_customer)["id"] == "HOUSE" and found.contact_id == 7

    @pytest.mark.parametrize(
        ("store", "words"),
        [
            (storefront(fallback_contact=7, create_missing_customers=False), "does not allow creating one"),
            (storefront(fallback_contact=7, integration_id_confirmed=False), "select Confirm new customer"),
        ],
    )
    def test_a_customer_that_may_not_be_created_stops_the_order(
        self, store: StorefrontParameters, words: str
    ) -> None:
        made = make_plan(inputs(self.nobody, store, candidates=CustomerCandidates((), False, CONTACT)))
        assert made.party is None
        assert [words in problem.message for problem in made.problems] == [True]

    @pytest.mark.parametrize(
        ("fallback", "words"),
        [
            (None, "is not in Pace."),
            (replace(CONTACT, customer=""), "belongs to no customer in Pace."),
        ],
    )
    def test_a_useless_fallback_is_a_problem_of_the_configuration(
        self, fallback: PaceContact | None, words: str
    ) -> None:
        store = storefront(fallback_contact=7, integration_id="")
        made = make_plan(inputs(self.nobody, store, candidates=CustomerCandidates(fallback=fallback)))
        assert [problem.mode for problem in made.problems] == ["config"]
        assert "fallback contact 7" in made.problems[0].message
        assert words in made.problems[0].message


def test_values_with_both_kinds_of_quotes_are_refused() -> None:
    messages = problems(order(buyer_email="a'b\"c@example.com"), storefront(integration_id="A'\"B"))
    assert "Integration ID" in messages[0] and "email" in messages[1]


class TestSeveralEmails:
    def test_the_first_is_the_buyers_with_a_note(self) -> None:
        of = order(buyer_email="new@example.com; boss@example.com")
        made = plan(of, storefront(integration_id=""), candidates=CustomerCandidates())
        assert made.party is not None
        assert values(made.party.create_contact)["email"] == "new@example.com"
        assert [note.message for note in made.notes] == [
            "Order 10234: the buyer has several emails; the first, new@example.com, is used and boss@example.com is left out"
        ]

    @pytest.mark.parametrize(
        "typed",
        ["Avery@Example.COM", "\u200eavery@example.com\u00a0", "office@example.com; avery@example.com"],
    )
    def test_a_contact_as_a_person_typed_it_is_that_contact(self, typed: str) -> None:
        contact = PaceContact(31, "ACME", typed)
        made = plan(None, storefront(integration_id=""), candidates=CustomerCandidates((contact,)))
        assert made.party is not None and (made.party.contact_id, made.party.customer_id) == (31, "ACME")
