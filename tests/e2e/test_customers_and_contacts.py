"""Whose job it becomes (docs/mapping.md §8): customer and contact found, chosen or created, from the order to Pace."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from integrations.core.audit import log as audit
from integrations.enums import FailureMode, OrderStatus
from integrations.models import Order
from integrations.operations import order_actions
from integrations.simulation.sandbox.pressero import Buyer, ItemDraft, OrderDraft, SandboxAddress
from tests.conftest import Hub

pytestmark = pytest.mark.e2e

CU = "Example CU Store"  # without an Integration ID
UNIVERSITY = "Demo University Shop"  # the site's Integration ID is DEMOUNI, which Pace does not know
HARBOUR = SandboxAddress(
    business="Newcomer Studio", first_name="Noa", last_name="Newcomer", address1="7 Harbour Rd", address2="Unit 2",
    city="Duluth", state="MN", postal="55802", country="US", phone="555-0199",
)  # fmt: skip
NEWCOMER = Buyer("Noa", "Newcomer", "noa@example.com", address=HARBOUR)


def draft(site: str = CU, buyer: str | Buyer = "avery@example.com", **item: Any) -> OrderDraft:
    return OrderDraft(
        site, buyer, [ItemDraft("Poster 18x24", price="10.00", method="Ground", ship_to=HARBOUR, **item)]
    )


def the_job(hub: Hub) -> dict[str, Any]:
    [job] = hub.pace.objects("Job")
    return job


def job_contact(hub: Hub) -> int:
    [link] = hub.pace.objects("JobContact")
    return int(link["contact"])


def new_contacts(hub: Hub) -> list[dict[str, Any]]:
    """The contacts beside those of the seed (5001 to 5005) and of the test (from 6001), and those that Pace makes of the
    addresses of shipments."""
    return [contact for contact in hub.contacts_of_buyers() if 5005 < contact["id"] < 6000]


def customers(hub: Hub) -> set[str]:
    return {customer["id"] for customer in hub.pace.objects("Customer")}


SEEDED = {"HOUSE", "EXCU", "NWBREW", "LAKESIDE"}


def writes(hub: Hub) -> list[str]:
    return [
        call.path for call in hub.pace.calls if "CreateObject" in call.path or "UpdateObject" in call.path
    ]


def told(order: Order) -> str:
    """Everything the order's timeline says."""
    return "\n".join(line.sentence for line in audit.timeline(order))


# --- the customer ---------------------------------------------------------------------------------------------------


def test_integration_id_of_the_storefront_wins_over_the_site_s(hub: Hub) -> None:
    hub.storefront(UNIVERSITY, integration_id=" NWBREW ")
    order = hub.process(draft(UNIVERSITY, "casey@example.com"))
    assert the_job(hub)["customer"] == "NWBREW"
    assert customers(hub) == SEEDED
    assert order.pace_customer == "NWBREW"
    assert "found through the Integration ID of the storefront" in told(order)


def test_integration_id_of_the_site_is_the_customer(hub: Hub) -> None:
    hub.pace.put("Customer", id="DEMOUNI", custName="Demo University")
    order = hub.process(draft(UNIVERSITY, "casey@example.com"))
    assert the_job(hub)["customer"] == "DEMOUNI"
    assert customers(hub) == SEEDED | {"DEMOUNI"}
    assert "found through the site's Integration ID in Pressero" in told(order)


def test_integration_id_wins_over_the_customer_of_the_buyer_s_contact(hub: Hub) -> None:
    hub.storefront(CU, integration_id="NWBREW")
    hub.process(draft())  # avery@example.com is contact 5002 of EXCU
    assert the_job(hub)["customer"] == "NWBREW"
    [contact] = new_contacts(hub)
    assert (contact["customer"], contact["email"]) == ("NWBREW", "avery@example.com")
    assert job_contact(hub) == contact["id"]


def test_without_an_integration_id_the_customer_is_that_of_the_contact_with_the_buyer_s_email(
    hub: Hub,
) -> None:
    order = hub.process(draft())
    assert the_job(hub)["customer"] == "EXCU"
    assert job_contact(hub) == 5002
    assert new_contacts(hub) == []
    assert "found through contact 5002 (same email as the buyer, avery@example.com)" in told(order)


# --- which contact --------------------------------------------------------------------------------------------------


def contact(
    number: int, customer: str, *, active: bool = True, email: str = "jordan@example.com"
) -> dict[str, Any]:
    return {"id": number, "customer": customer or None, "active": active, "email": email}


@pytest.mark.parametrize(
    ("known", "chosen"),
    [
        ([contact(6001, "NWBREW", active=False), contact(6002, "LAKESIDE")], 6002),
        ([contact(6001, ""), contact(6002, "LAKESIDE")], 6002),
        ([contact(6003, "NWBREW"), contact(6002, "LAKESIDE")], 6002),
        (
            [
                contact(6001, "EXCU", active=False),
                contact(6002, ""),
                contact(6004, "NWBREW"),
                contact(6003, "LAKESIDE"),
            ],
            6003,
        ),
    ],
    ids=["active before inactive", "with a customer before without", "lowest id", "all three rules"],
)  # fmt: skip
def test_of_several_contacts_one_is_chosen_by_rule_and_the_choice_is_recorded(
    hub: Hub, known: list[dict[str, Any]], chosen: int
) -> None:
    for fields in known:
        hub.pace.put("Contact", **fields)
    order = hub.process(draft(buyer="jordan@example.com"))
    assert the_job(hub)["customer"] == next(fields["customer"] for fields in known if fields["id"] == chosen)
    assert job_contact(hub) == chosen
    assert new_contacts(hub) == []
    timeline = told(order)
    assert f"{len(known)} Pace contacts have the buyer's email jordan@example.com" in timeline
    assert f"Contact {chosen} is used" in timeline


def test_an_inactive_contact_is_used_when_it_is_the_only_one_and_that_is_recorded(hub: Hub) -> None:
    hub.pace.put("Contact", **contact(6001, "NWBREW", active=False))
    order = hub.process(draft(buyer="jordan@example.com"))
    assert (the_job(hub)["customer"], job_contact(hub)) == ("NWBREW", 6001)
    assert "contact 6001 is inactive" in told(order)


def test_with_an_integration_id_only_contacts_of_that_customer_count(hub: Hub) -> None:
    hub.storefront(CU, integration_id="NWBREW")
    hub.pace.put("Contact", **contact(6001, "LAKESIDE"))
    hub.pace.put("Contact", **contact(6002, "NWBREW", active=False))
    hub.process(draft(buyer="jordan@example.com"))
    assert (the_job(hub)["customer"], job_contact(hub)) == ("NWBREW", 6002)


@pytest.mark.parametrize("email", ["AVERY@Example.COM", "  avery@example.com  ", " Avery@example.com"])
def test_email_is_compared_without_case_and_outer_blanks(hub: Hub, email: str) -> None:
    hub.process(draft(buyer=Buyer("Avery", "Sample", email, address=HARBOUR)))
    assert (the_job(hub)["customer"], job_contact(hub)) == ("EXCU", 5002)
    assert new_contacts(hub) == []


def test_email_that_pace_keeps_with_capitals_is_found_when_the_buyer_writes_it_so(hub: Hub) -> None:
    hub.pace.put("Contact", **contact(6001, "NWBREW", email="Jordan@Example.com"))
    hub.process(draft(buyer=Buyer("Jordan", "Branch", "Jordan@Example.com", address=HARBOUR)))
    assert (the_job(hub)["customer"], job_contact(hub)) == ("NWBREW", 6001)


# --- creation -------------------------------------------------------------------------------------------------------


def test_unknown_customer_is_created_under_its_integration_id_with_the_buyer_as_contact(hub: Hub) -> None:
    order = hub.process(draft(UNIVERSITY, "casey@example.com"))
    [customer] = hub.pace.objects("Customer", id="DEMOUNI")
    assert (customer["custName"], customer["city"], customer["stateKey"]) == (
        "Demo University",
        "Ames",
        "1:IA",
    )
    [contact] = new_contacts(hub)
    assert (contact["customer"], contact["email"]) == ("DEMOUNI", "casey@example.com")
    assert (the_job(hub)["customer"], job_contact(hub)) == ("DEMOUNI", contact["id"])
    assert "Customer DEMOUNI was created in Pace." in told(order)


def test_known_customer_gets_only_the_missing_contact(hub: Hub) -> None:
    hub.pace.put("Customer", id="DEMOUNI", custName="As Pace has it")
    hub.process(draft(UNIVERSITY, "casey@example.com"))
    [customer] = hub.pace.objects("Customer", id="DEMOUNI")
    assert customer["custName"] == "As Pace has it"
    [contact] = new_contacts(hub)
    assert (contact["customer"], job_contact(hub)) == ("DEMOUNI", contact["id"])


def test_without_an_integration_id_pace_gives_the_new_customer_its_id(hub: Hub) -> None:
    order = hub.process(draft(buyer=NEWCOMER))
    [given] = customers(hub) - SEEDED
    [body] = [call.body for call in hub.pace.calls if call.path.endswith("/createCustomer")]
    assert "id" not in body
    [contact] = new_contacts(hub)
    assert contact["customer"] == given
    assert (the_job(hub)["customer"], job_contact(hub)) == (given, contact["id"])
    assert order.pace_customer == given


def test_contact_without_a_customer_names_none_so_customer_and_contact_are_created(hub: Hub) -> None:
    hub.pace.put("Contact", **contact(6001, ""))
    order = hub.process(draft(buyer="jordan@example.com"))
    [given] = customers(hub) - SEEDED
    [created] = new_contacts(hub)
    assert (the_job(hub)["customer"], created["customer"], job_contact(hub)) == (given, given, created["id"])
    [left] = hub.pace.objects("Contact", id=6001)
    assert left["customer"] is None
    assert "contact 6001 with the buyer's email jordan@example.com belongs to no customer" in told(order)


def test_new_customer_and_contact_hold_what_the_order_says(hub: Hub) -> None:
    hub.process(draft(buyer=NEWCOMER))
    [given] = customers(hub) - SEEDED
    [customer] = hub.pace.objects("Customer", id=given)
    address = {
        "address1": "7 Harbour Rd", "address2": "Unit 2", "city": "Duluth", "zip": "55802", "country": 1, "state": "MN",
        "stateKey": "1:MN", "email": "noa@example.com",
    }  # fmt: skip
    wanted = address | {
        "custName": "Newcomer Studio", "contactFirstName": "Noa", "contactLastName": "Newcomer", "phoneNumber": "555-0199",
    }  # fmt: skip
    assert {name: customer[name] for name in wanted} == wanted
    [contact] = new_contacts(hub)
    wanted = address | {
        "companyName": "Newcomer Studio", "firstName": "Noa", "lastName": "Newcomer", "businessPhoneNumber": "555-0199",
    }  # fmt: skip
    assert {name: contact[name] for name in wanted} == wanted


def test_defaults_of_the_server_fill_only_what_the_order_leaves_open(hub: Hub) -> None:
    hub.set_server(
        customer_defaults={
            "terms": 7, "customerType": 3, "salesPerson": 4, "csr": 5, "city": "Nowhere", "custName": "Nobody",
            "country": 2, "phoneNumber": "000",
        },
        contact_defaults={"title": "Buyer", "salesPerson": 4, "businessPhoneNumber": "000", "zip": "00000", "state": "ON"},
    )  # fmt: skip
    without_phone = replace(HARBOUR, phone="")
    hub.process(draft(buyer=Buyer("Noa", "Newcomer", "noa@example.com", address=without_phone)))
    [given] = customers(hub) - SEEDED
    [customer] = hub.pace.objects("Customer", id=given)
    filled = {"terms": 7, "customerType": 3, "salesPerson": 4, "csr": 5, "phoneNumber": "000"}
    kept = {"custName": "Newcomer Studio", "city": "Duluth", "country": 1, "state": "MN", "stateKey": "1:MN"}
    assert {name: customer[name] for name in filled | kept} == filled | kept
    [contact] = new_contacts(hub)
    filled = {"title": "Buyer", "salesPerson": 4, "businessPhoneNumber": "000"}
    kept = {"zip": "55802", "state": "MN", "country": 1, "stateKey": "1:MN", "lastName": "Newcomer"}
    assert {name: contact[name] for name in filled | kept} == filled | kept


def test_second_order_of_a_new_buyer_finds_what_the_first_created(hub: Hub) -> None:
    hub.process(draft(buyer=NEWCOMER))
    hub.process(draft(buyer="noa@example.com"))
    [given] = customers(hub) - SEEDED
    assert {job["customer"] for job in hub.pace.objects("Job")} == {given}
    assert len(new_contacts(hub)) == 1


# --- creation forbidden ---------------------------------------------------------------------------------------------


def forbid_for_a_new_buyer(hub: Hub) -> OrderDraft:
    hub.storefront(CU, create_missing_customers=False)
    return draft(buyer=NEWCOMER)


def forbid_for_an_unknown_integration_id(hub: Hub) -> OrderDraft:
    hub.storefront(UNIVERSITY, create_missing_customers=False)
    return draft(UNIVERSITY, "casey@example.com")


def forbid_for_a_missing_contact(hub: Hub) -> OrderDraft:
    hub.storefront(CU, create_missing_customers=False, integration_id="NWBREW")
    return draft()


@pytest.mark.parametrize(
    ("forbid", "says"),
    [
        (forbid_for_a_new_buyer, ["noa@example.com", "Example CU Store"]),
        (forbid_for_an_unknown_integration_id, ['customer "DEMOUNI" is not in Pace', "Demo University Shop"]),
        (
            forbid_for_a_missing_contact,
            ['customer "NWBREW" has no contact', "avery@example.com", "Example CU Store"],
        ),
    ],
)
def test_forbidden_creation_stops_with_a_clear_sentence_and_goes_on_when_it_is_allowed(
    hub: Hub, forbid: Callable[[Hub], OrderDraft], says: list[str]
) -> None:
    order = hub.process(forbid(hub))
    assert (order.status, order.failure_mode) == (OrderStatus.NEEDS_ATTENTION, FailureMode.CONFIG)
    for words in [
        *says,
        f"rder {order.number}",
        "does not allow creating one",
        "Create it in Pace, or allow creation",
    ]:
        assert words in order.message
    assert order.due_at is None
    assert writes(hub) == []

    order.storefront.create_missing_customers = True
    order.storefront.save()
    order_actions.retry(order, actor="test")
    order = hub.process(order)
    assert (order.status, order.message) == (OrderStatus.SUBMITTED, "")
    assert job_contact(hub) == new_contacts(hub)[0]["id"]


def test_forbidden_creation_goes_on_when_the_contact_was_created_in_pace_by_hand(hub: Hub) -> None:
    order = hub.process(forbid_for_a_new_buyer(hub))
    hub.pace.put("Contact", id=6001, customer="LAKESIDE", email="noa@example.com", active=True)
    order_actions.retry(order, actor="test")
    hub.process(order)
    assert (the_job(hub)["customer"], job_contact(hub)) == ("LAKESIDE", 6001)
    assert customers(hub) == SEEDED


# --- no email -------------------------------------------------------------------------------------------------------

NAMELESS = Buyer("Sam", "Nomail", "", address=HARBOUR)


def test_buyer_without_an_email_stops_the_order_by_name_and_a_fallback_contact_lets_it_go_on(
    hub: Hub,
) -> None:
    order = hub.process(draft(buyer=NAMELESS))
    assert (order.status, order.failure_mode) == (OrderStatus.NEEDS_ATTENTION, FailureMode.ORDER)
    for words in [f"rder {order.number}", "no email", "fallback contact", "Example CU Store"]:
        assert words in order.message
    assert writes(hub) == []

    hub.storefront(CU, fallback_contact=5004)
    order_actions.retry(order, actor="test")
    order = hub.process(order)
    assert order.status == OrderStatus.SUBMITTED
    assert (the_job(hub)["customer"], job_contact(hub)) == ("NWBREW", 5004)
    assert "the fallback contact 5004 is used" in told(order)


def test_fallback_contact_serves_an_integration_id_too(hub: Hub) -> None:
    hub.storefront(CU, integration_id="LAKESIDE", fallback_contact=5004)
    hub.process(draft(buyer=NAMELESS))
    assert (the_job(hub)["customer"], job_contact(hub)) == ("LAKESIDE", 5004)


def test_fallback_contact_is_not_used_for_a_buyer_with_an_email(hub: Hub) -> None:
    hub.storefront(CU, fallback_contact=5004)
    hub.process(draft())
    assert (the_job(hub)["customer"], job_contact(hub)) == ("EXCU", 5002)


@pytest.mark.parametrize(("number", "what"), [(9999, "is not in Pace"), (6001, "belongs to no customer")])
def test_fallback_contact_that_is_of_no_use_stops_the_order(hub: Hub, number: int, what: str) -> None:
    hub.pace.put("Contact", **contact(6001, "", email=""))
    hub.storefront(CU, fallback_contact=number)
    order = hub.process(draft(buyer=NAMELESS))
    assert (order.status, order.failure_mode) == (OrderStatus.NEEDS_ATTENTION, FailureMode.CONFIG)
    for words in [f"rder {order.number}", f"fallback contact {number}", what]:
        assert words in order.message
    assert writes(hub) == []


# --- quotes ---------------------------------------------------------------------------------------------------------

BOTH = """o'hara"x"""


def quoted_email(hub: Hub) -> OrderDraft:
    return draft(buyer=Buyer("Pat", "O'Hara", f"{BOTH}@example.com", address=HARBOUR))


def quoted_integration_id(hub: Hub) -> OrderDraft:
    hub.storefront(CU, integration_id=BOTH)
    return draft()


@pytest.mark.parametrize("prepare", [quoted_email, quoted_integration_id])
def test_value_with_both_kinds_of_quotes_is_refused_by_name_and_nothing_is_written(
    hub: Hub, prepare: Callable[[Hub], OrderDraft]
) -> None:
    order = hub.process(prepare(hub))
    assert order.status == OrderStatus.NEEDS_ATTENTION
    for words in [f"rder {order.number}", "both kinds of quotes", BOTH]:
        assert words in order.message
    assert writes(hub) == []
    assert hub.pace.objects("Job") == []


def test_job_named_with_both_kinds_of_quotes_is_made_once(hub: Hub) -> None:
    hub.storefront(CU, one_job_per_item=True)
    order = hub.process(draft(item_name=f'Poster 18" {BOTH}'))
    assert order.status == OrderStatus.SUBMITTED, order.message
    assert BOTH in the_job(hub)["description"]


@pytest.mark.parametrize(
    "email", ["o'hara@example.com", 'o"hara@example.com', """x' or '1'='1""", """x" or "1"="1"""]
)
def test_value_with_one_kind_of_quotes_is_found_as_it_is_and_changes_no_query(hub: Hub, email: str) -> None:
    hub.pace.put("Contact", id=6001, customer="LAKESIDE", email=email, active=True)
    hub.process(draft(buyer=Buyer("Pat", "O'Hara", email, address=HARBOUR)))
    assert (the_job(hub)["customer"], job_contact(hub)) == ("LAKESIDE", 6001)
    assert new_contacts(hub) == []


@pytest.mark.parametrize("email", ["""x' or '1'='1""", """x" or "1"="1"""])
def test_value_that_looks_like_a_query_finds_nobody_else(hub: Hub, email: str) -> None:
    hub.process(draft(buyer=Buyer("Pat", "O'Hara", email, address=HARBOUR)))
    [given] = customers(hub) - SEEDED
    assert the_job(hub)["customer"] == given


@pytest.mark.parametrize("integration_id", ["LAKESIDE", ""])
def test_contact_that_a_csr_typed_with_capitals_is_the_buyers(hub: Hub, integration_id: str) -> None:
    hub.storefront(CU, integration_id=integration_id)
    hub.pace.put("Contact", id=6001, customer="LAKESIDE", email="Jo.Miller@Example.com", active=True)
    hub.process(draft(buyer=Buyer("Jo", "Miller", "jo.miller@example.com", address=HARBOUR)))
    assert (the_job(hub)["customer"], job_contact(hub)) == ("LAKESIDE", 6001)
    assert new_contacts(hub) == []


def test_two_emails_in_one_field_make_one_contact_with_the_first(hub: Hub) -> None:
    hub.storefront(CU, integration_id="LAKESIDE")
    order = hub.process(
        draft(buyer=Buyer("Jo", "Miller", "jo@new.example; boss@new.example", address=HARBOUR))
    )
    assert order.status == OrderStatus.SUBMITTED, order.message
    [contact] = new_contacts(hub)
    assert contact["email"] == "jo@new.example"
