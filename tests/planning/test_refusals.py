"""What Pace would refuse is found in the plan, before a transaction is opened: a sentence with order, item, field, cure.

One test for each kind. A value that the reading of an order refuses already never gets as far as a plan.
"""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from integrations.causes import CauseKind
from integrations.clients.pressero.orders import parse_order
from integrations.clients.schemas import PaceContact, PresseroOrder
from integrations.errors import PermanentError
from integrations.planning.parts import LARGEST_QUANTITY
from integrations.planning.plan import make_plan
from integrations.planning.plan_types import CustomerCandidates, PlanProblem, StorefrontParameters
from mappings.types import MappingTable, ProductRow, ShipmentMethodRow
from tests.planning.builders import NOW, PEORIA, file, inputs, item, order, plan, storefront, values

nobody = CustomerCandidates()
no_id = storefront(integration_id="")


def problem(
    of: PresseroOrder | None = None, store: StorefrontParameters | None = None, **more: Any
) -> PlanProblem:
    """The one problem of the plan."""
    [found] = make_plan(inputs(of, store, **more)).problems
    return found


class TestTooLong:
    def test_a_company_of_75_characters_is_cut_with_a_note_for_contact_and_customer(self) -> None:
        company = "Example Credit Union of the Upper Sample Valley and Its Neighboring Towns and Cities"
        made = plan(order(buyer_business=company), no_id, candidates=nobody)
        assert made.party is not None
        kept = "Example Credit Union of the Upper Sample Valley and Its Neig"
        assert values(made.party.create_contact)["companyName"] == kept
        assert values(made.party.create_customer)["custName"] == kept
        assert "cut at 60 characters" in made.party.create_contact["companyName"].source.detail
        assert [note.message for note in made.notes] == [
            f'Order 10234: the company name "{company}" is cut at the 60 characters that Pace keeps: "{kept}"'
        ] * 2

    def test_60_characters_fit(self) -> None:
        made = plan(order(buyer_business="B" * 60), no_id, candidates=nobody)
        assert made.party is not None and values(made.party.create_contact)["companyName"] == "B" * 60

    def test_a_long_company_name_is_no_matter_for_a_contact_that_exists(self) -> None:
        contact = PaceContact(3, "ACME", "avery@example.com")
        of = order(buyer_business="B" * 61)
        assert plan(of, no_id, candidates=CustomerCandidates((contact,))).problems == ()

    def test_a_company_name_of_the_defaults_is_cut_too(self) -> None:
        store = storefront(integration_id="", contact_defaults={"companyName": "D" * 61})
        made = plan(None, store, candidates=nobody)
        assert made.party is not None and values(made.party.create_contact)["companyName"] == "D" * 60

    def test_descriptions_are_cut_and_the_cut_is_in_the_lineage(self) -> None:
        job = plan(None, storefront(name="S" * 300)).jobs[0]
        assert len(str(values(job.fields)["description"])) == 255
        assert "cut at 255 characters" in job.fields["description"].source.detail
        part = job.parts[0].fields["description"]
        assert len(str(part.value)) == 64 and "cut at 64 characters" in part.source.detail


class TestTooLarge:
    def test_a_quantity(self) -> None:
        found = problem(
            order(item(1), item(2, quantity=LARGEST_QUANTITY + 1, ship_to=replace(PEORIA, city="X")))
        )
        assert (found.field, found.item) == ("qtyOrdered", 2)

    def test_the_pieces_of_one_shipment(self) -> None:
        found = problem(order(item(1, quantity=LARGEST_QUANTITY), item(3, quantity=1)))
        assert (found.field, found.item, found.mode) == ("quantity", 1, "order")
        assert found.message == (
            "Order 10234, item 1: items 1, 3 go to one address and come to 2,147,483,648 pieces, more than a Pace "
            "shipment can hold. Correct the quantities in Pressero."
        )

    def test_the_size_of_a_file_is_left_out_for_no_file_holds_an_order_up(self) -> None:
        made = plan(order(item(files=(file("film.mov", size=LARGEST_QUANTITY + 1),))))
        [part] = made.jobs[0].parts
        assert "fileSize" not in part.files[0].fields
        assert values(part.fields)["paceConnectFileSize"] == "2147483648"  # a text in Pace
        assert made.notes[0].message == (
            'Order 10234, item 1: file 1 "film.mov" is larger than Pace can count (2,147,483,648 bytes); its size is left out'
        )


class TestUnknownToPace:
    @pytest.mark.parametrize("country", ["Atlantis", "XX", "ZZZ"])
    def test_the_country_of_a_ship_to_address(self, country: str) -> None:
        found = problem(order(item(1), item(2, ship_to=replace(PEORIA, country=country))))
        assert (found.item, found.field) == (2, "country")
        assert found.message == (
            f'Order 10234, item 2: Pace has no country "{country}". Correct ShipToCountry in Pressero or add the country '
            "in Pace."
        )

    def test_the_state_of_a_ship_to_address(self) -> None:
        found = problem(order(item(1), item(2, ship_to=replace(PEORIA, state="QQ"))))
        assert (found.item, found.field) == (
            2,
            "state",
        ) and "Correct ShiptoStateProvince in Pressero" in found.message

    def test_the_country_of_the_defaults_for_new_customers(self) -> None:
        of = order(item(), bill_to=replace(PEORIA, country=""))
        store = storefront(integration_id="", customer_defaults={"country": 99})
        found = problem(of, store, candidates=nobody)
        assert (found.field, found.mode, found.cause) == (
            "country",
            "config",
            CauseKind.PARTY_DEFAULTS.of("new customer defaults:country:99"),
        )
        assert found.message == (
            "Order 10234: the new customer defaults name the country 99, which Pace does not have. "
            "Correct them on the Pace server in the portal."
        )

    @pytest.mark.parametrize(
        ("store", "table"),
        [
            (storefront(default_ship_via=77), MappingTable()),
            (storefront(default_ship_via=None, server_default_ship_via=77), MappingTable()),
            (storefront(), MappingTable(shipment_methods=(ShipmentMethodRow(9, 1, "Ground", 77, ""),))),
        ],
    )
    def test_a_ship_via_wherever_it_comes_from(
        self, store: StorefrontParameters, table: MappingTable
    ) -> None:
        found = problem(order(item(4)), store, table=table)
        assert (found.item, found.field, found.mode) == (4, "shipVia", "config")
        assert found.message.startswith("Order 10234, item 4: Pace has no ship via 77 (")
        assert found.message.endswith("Choose one that Pace has there.")

    def test_a_shipping_method_without_a_ship_via(self) -> None:
        found = problem(order(item(2, method_name="Drone")), storefront(default_ship_via=None))
        assert (
            found.item == 2 and 'the shipping method "Drone" has no Pace ship via. Add a row' in found.message
        )

    def test_an_item_template(self) -> None:
        found = problem(
            order(item(2)), table=MappingTable(products=(ProductRow(5, None, "product-2", "id", "OLD"),))
        )
        assert (found.item, found.field) == (
            2,
            "itemTemplate",
        ) and "Correct the row under Products" in found.message

    def test_a_job_type(self) -> None:
        assert (
            "no job type 99, which is the Pace server's setting. Choose one"
            in problem(None, storefront(server_job_type=99)).message
        )

    def test_a_job_status(self) -> None:
        assert "Choose one that Pace has" in problem(None, storefront(admin_status="ZZ")).message

    def test_a_shipment_type(self) -> None:
        assert (
            "Correct the shipment type on the Pace server"
            in problem(None, storefront(server_shipment_type=77)).message
        )


class TestImpossibleDates:
    def test_an_order_date_beyond_reason_names_order_and_cure(self) -> None:
        found = problem(order(requested_ship_date=date(2999, 1, 1)))
        assert (found.field, found.item, found.mode) == ("scheduledShipDateTime", None, "order")
        assert found.message == (
            "Order 10234: the requested ship date Tue, Jan 1, 2999 is more than ten years away. Correct it in Pressero and "
            "try again."
        )

    def test_an_items_date_beyond_reason_names_the_item(self) -> None:
        of = order(item(1), item(2, requested_ship_date=date(2999, 1, 1)), requested_ship_date=None)
        found = problem(of)
        assert found.item == 2
        assert found.message.startswith("Order 10234, item 2: the requested ship date Tue, Jan 1, 2999")

    @pytest.mark.parametrize("days", [5_000, 99_999_999, 2**31 - 1])
    def test_default_ship_days_beyond_reason_are_a_matter_of_the_storefront(self, days: int) -> None:
        found = problem(order(requested_ship_date=None), storefront(default_ship_days=days))
        assert (found.field, found.mode) == ("scheduledShipDateTime", "config")
        assert found.message == (
            f"Order 10234: {days} default ship days lead to a ship date more than ten years away. "
            'Lower Default ship days on the storefront "Example CU Store".'
        )

    def test_a_day_that_no_calendar_has_is_refused_when_the_order_is_read(self) -> None:
        line = {"OrderNumber": 10234, "OrderItemNumber": 2, "RequestedShipDate": "2027-02-29T00:00:00Z"}
        with pytest.raises(
            PermanentError, match=r"order 10234, item 2: the field RequestedShipDate .* Correct it in"
        ):
            parse_order({"details": {"OrderNumber": 10234}, "items": [line]})


@pytest.mark.parametrize("text", ["", "  "])
def test_a_job_without_a_po_number_is_a_matter_of_the_storefront(text: str) -> None:
    found = problem(None, storefront(default_po_number=text))
    assert (found.field, found.mode) == ("poNum", "config")
    assert found.message == (
        'Order 10234: there is no PO number. Set the default PO number on the storefront "Example CU Store".'
    )


def test_a_country_list_that_was_not_read_refuses_no_default() -> None:
    from integrations.clients.schemas import PaceReference

    of = order(item(ship_to=PEORIA), bill_to=replace(PEORIA, country=""))
    store = storefront(integration_id="", customer_defaults={"country": 99})
    made = make_plan(inputs(of, store, candidates=nobody, reference=PaceReference(), now=NOW))
    assert all("defaults" not in found.message for found in made.problems)
