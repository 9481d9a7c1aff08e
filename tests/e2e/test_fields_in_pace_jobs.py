"""Every field of a Job (docs/mapping.md §3) as it arrived at the sandbox Pace, for the orders of `orders.py`."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from integrations.enums import OrderStatus
from tests.e2e.orders import LONG_NAME, ORDERS
from tests.e2e.sent import Sent, SentJob, in_jobs, wall_clock

pytestmark = [pytest.mark.e2e, pytest.mark.django_db]


@pytest.mark.parametrize(
    ("name", "jobs"),
    [
        ("single", 1), ("mixed", 1), ("approval", 1), ("kit", 1), ("split", 4), ("numbered", 4), ("long", 2),
        ("overrides", 1), ("server", 1),
    ],
)  # fmt: skip
def test_every_order_became_its_jobs(sent: Callable[[str], Sent], name: str, jobs: int) -> None:
    found = sent(name)
    assert (found.order.status, found.order.message) == (OrderStatus.SUBMITTED, "")
    assert len(found.jobs) == jobs


def test_no_order_is_left_uncompared() -> None:
    assert set(ORDERS) == {
        "single", "mixed", "approval", "kit", "split", "numbered", "long", "overrides", "server"
    }  # fmt: skip


# --- customer and contacts ------------------------------------------------------------------------------------------


@in_jobs(
    {
        "single": "EXCU",  # of contact 5002, whose email is the buyer's
        "mixed": "EXCU",
        "approval": "SAMPLEH",  # the site's Integration ID
        "kit": "LAKESIDE",  # of contact 6001
        "split#4": "EXCU",
        "overrides": "NWBREW",  # the storefront's Integration ID, before the site's DEMOUNI
        "server": "20001",  # given by Pace
    }
)
def test_customer_is_the_integration_id_or_the_customer_of_the_buyer(job: SentJob, expected: str) -> None:
    assert job.fields["customer"] == expected


@in_jobs(
    {
        "single": ("Avery", "Sample"),
        "approval": ("Riley", "Head"),  # who ordered, not Wen Ward who gets the parcel
        "kit": ("Jordan", "Branch"),
        "numbered#2": ("Avery", "Sample"),
        "overrides": ("Casey", "Student"),
        "server": ("Noa", "Newcomer"),
    }
)
def test_invoice_contact_is_the_user_who_placed_the_order(job: SentJob, expected: tuple[str, str]) -> None:
    assert (job.fields["contactFirstName"], job.fields["contactLastName"]) == expected


@in_jobs(
    {
        "single": 5002,
        "mixed": 5002,
        "approval": 5006,
        "kit": 6001,
        "split#1": 5002,
        "split#3": 5002,
        "server": 5006,
    }
)
def test_job_contact_is_made_once_from_the_contact_of_the_buyer(job: SentJob, expected: int) -> None:
    [link] = job.contacts
    assert (link["contact"], link["billTo"], link["shipTo"]) == (expected, True, True)
    used = (job.fields["jobContact"], job.fields["shipToJobContact"], job.fields["billToJobContact"])
    assert used == (link["id"], link["id"], link["id"])


# --- names ----------------------------------------------------------------------------------------------------------


@in_jobs(
    {
        "single": "10234 - Example CU Store",
        "approval": "10234 - Sample Health Portal",
        "kit": "10234 - Example CU Store",
        "overrides": f"10234 - {LONG_NAME}",
    }
)
def test_description_is_order_number_and_storefront(job: SentJob, expected: str) -> None:
    assert job.fields["description"] == expected


@in_jobs(
    {
        "split#1": "10234 - Example CU Store - Avery card (1-1)",
        "split#2": "10234 - Example CU Store - Avery card (1-2)",
        "split#3": "10234 - Example CU Store - Avery card (1-3)",
        "split#4": "10234 - Example CU Store - 10234-2-1",  # no ItemName
        "numbered#1": "10234 - Example CU Store - 10234-1-1",
        "numbered#2": "10234 - Example CU Store - 10234-1-2",
        "numbered#3": "10234 - Example CU Store - 10234-1-3",
        "numbered#4": "10234 - Example CU Store - 10234-2-1",
    }
)
def test_description_in_split_mode_has_the_job_name_and_the_numbers(job: SentJob, expected: str) -> None:
    assert job.fields["description"] == expected


@in_jobs(
    {
        "long#1": "10234 - Example - " + "a" * 230 + " (1-1)",
        "long#2": "10234 - " + "b" * 241 + " (2-1)",
    }
)
def test_description_loses_the_storefront_first_then_the_name_and_never_the_numbers(
    job: SentJob, expected: str
) -> None:
    assert job.fields["description"] == expected
    assert len(expected) <= 255


@in_jobs(
    {
        "single": "Matte side out, please.\nCall before delivery.",
        "approval": "Fold in three.",
        "split#2": "Two sides.",
        "overrides": "Open day.",
        "server": "Grommets.",
    }
)
def test_additional_description_of_mapped_items_is_their_notes(job: SentJob, expected: str) -> None:
    assert job.fields["description2"] == expected


@in_jobs(
    {
        "split#4": "Product name: Rate Insert\nPrice: 33.33\nShipping cost: 2.00\nTax: 1.11\nQuantity: 7",
        "numbered#4": "Product name: Rate Insert\nPrice: 33.33\nShipping cost: 2.00\nTax: 1.11\nQuantity: 7",
        "long#1": "Product name: Rate Insert\nPrice: 1.00\nShipping cost: 0.00\nTax: 0.00\nQuantity: 1",
    }
)
def test_additional_description_of_other_items_is_five_lines(job: SentJob, expected: str) -> None:
    assert job.fields["description2"] == expected


@in_jobs(
    {
        "mixed": (
            "Round corners.\n"
            "Product name: Rate Insert\nPrice: 75.25\nShipping cost: 5.19\nTax: 3.55\nQuantity: 1000"
        ),
        "kit": (
            "Assemble in order.\nGloss.\n"
            "Product name: Rate Insert\nPrice: 96.67\nShipping cost: 6.67\nTax: 3.00\nQuantity: 80"
        ),
    }
)  # fmt: skip
def test_additional_description_of_a_mixed_job_is_notes_and_then_five_lines(
    job: SentJob, expected: str
) -> None:
    assert job.fields["description2"] == expected


@in_jobs(
    {
        "single": "PO-7790",
        "mixed": "NOPO-1",  # none in Pressero: the storefront's parameter
        "approval": "9999",  # none in Pressero: the parameter's default
        "kit": "9999",
        "split#3": "PO-SPLIT",
        "overrides": "UNI-5",
        "server": "9999",
    }
)
def test_po_number_is_pressero_s_and_falls_back_to_the_storefront_default(
    job: SentJob, expected: str
) -> None:
    assert job.fields["poNum"] == expected


# --- settings -------------------------------------------------------------------------------------------------------


@in_jobs({"single": "New Order", "mixed": "New Order", "approval": "New Order", "split#2": "New Order"})
def test_job_order_type_is_the_text_new_order_where_pace_keeps_no_such_objects(
    job: SentJob, expected: str
) -> None:
    assert job.fields["jobOrderType"] == expected


@in_jobs({"server": "NEW"})
def test_job_order_type_is_the_key_of_the_object_new_order_where_pace_has_it(
    job: SentJob, expected: str
) -> None:
    assert job.fields["jobOrderType"] == expected


@in_jobs({"overrides": "REPRINT"})
def test_job_order_type_of_the_server_setting_wins(job: SentJob, expected: str) -> None:
    assert job.fields["jobOrderType"] == expected


@in_jobs(
    {
        "approval": 5002,  # the storefront's, the server has none
        "overrides": 5002,  # the storefront's, the server says 5003
        "server": 5003,  # the server's
    }
)
def test_job_type_is_the_storefront_s_before_the_server_s(job: SentJob, expected: int) -> None:
    assert job.body["jobType"] == job.fields["jobType"] == expected


@in_jobs({"overrides": "B", "server": "P"})
def test_status_is_the_storefront_s_before_the_server_s(job: SentJob, expected: str) -> None:
    assert job.body["adminStatus"] == job.fields["adminStatus"] == expected


@in_jobs({"single": (5001, "O"), "mixed": (5001, "O"), "kit": (5001, "O"), "split#4": (5001, "O")})
def test_job_type_and_status_without_a_setting_are_left_to_pace(
    job: SentJob, expected: tuple[int, str]
) -> None:
    assert "jobType" not in job.body
    assert "adminStatus" not in job.body
    assert (job.fields["jobType"], job.fields["adminStatus"]) == expected


# --- times ----------------------------------------------------------------------------------------------------------


@in_jobs(
    dict.fromkeys(
        ["single", "mixed", "approval", "kit", "split#1", "split#4", "overrides"], "2031-03-03T22:30:00"
    )
)
def test_earliest_start_is_now_at_the_server(job: SentJob, expected: str) -> None:
    assert wall_clock(job.fields["earliestStartDateTime"]) == expected
    assert job.body["earliestStartDateTime"] == "2031-03-04T03:30:00Z"


@in_jobs(
    {
        "single": "2031-03-17T17:00:00",  # the order's
        "mixed": "2031-03-12T17:00:00",  # the earliest of the items
        "approval": "2031-03-11T17:00:00",  # Monday 3rd + 5 = Saturday 8th; Sunday; Inventory day on the 10th
        "kit": "2031-04-18T17:00:00",
        "split#2": "2031-03-28T17:00:00",
        "overrides": "2031-07-07T17:00:00",  # Friday, 4 July is Independence Day; then a weekend
        "server": "2031-03-08T17:00:00",  # Monday 3rd + 5; weekends stay without skip_holidays
    }
)
def test_ship_date_and_promise_are_the_requested_date_or_the_default_days(
    job: SentJob, expected: str
) -> None:
    assert wall_clock(job.fields["scheduledShipDateTime"]) == expected
    assert wall_clock(job.fields["promiseDateTime"]) == expected


# --- money, ship via, template --------------------------------------------------------------------------------------


@in_jobs(
    {
        "single": "67.21",  # 54.00 + 8.75 + 4.46
        "mixed": "396.75",  # 351.75 + 30.00 + 20.00 - 5.00
        "approval": "180.10",  # 231.50 - 3.00, less 40.00 + 6.00 + 3.00 - 0.60 of the denied item
        "kit": "374.00",  # 200 + 60 + 30 + 50, 24.00 freight, 10.00 tax
        "split#1": "38.10",  # 33.34 + 3.34 + 1.67 - 0.25
        "split#2": "38.09",  # 33.33 + 3.34 + 1.67 - 0.25
        "split#3": "38.07",  # 33.33 + 3.33 + 1.66 - 0.25
        "split#4": "36.19",  # 33.33 + 2.00 + 1.11 - 0.25
        "overrides": "90.25",
        "server": "214.60",
    }
)
def test_price_and_amount_to_invoice_are_the_total_of_the_job_s_items(job: SentJob, expected: str) -> None:
    assert job.fields["originalQuotedPrice"] == Decimal(expected)
    assert job.fields["amountToInvoice"] == Decimal(expected)


@pytest.mark.parametrize(("name", "total"), [("split", "150.45"), ("numbered", "150.45"), ("long", "2.00")])
def test_the_amounts_of_several_jobs_add_up_to_the_order_s_total(
    sent: Callable[[str], Sent], name: str, total: str
) -> None:
    assert sum(job.fields["originalQuotedPrice"] for job in sent(name).jobs) == Decimal(total)
    assert sent(name).order.total == Decimal(total)


@in_jobs(
    {
        "single": 5014,
        "mixed": 5011,
        "approval": 5011,
        "kit": 5014,
        "split#4": 5012,
        "overrides": 5013,
        "server": 5015,
    }
)
def test_ship_via_is_that_of_the_first_shipment(job: SentJob, expected: int) -> None:
    assert job.body["shipVia"] == job.fields["shipVia"] == expected
    assert job.shipments[0].fields["shipVia"] == expected


@in_jobs(
    {
        "single": "POSTER-A2",
        "split#1": "BC-4/4-14PT",
        "split#4": None,  # its part has no template
        "mixed": "BC-4/4-14PT",
        "approval": "BC-4/4-14PT",
        "kit": "STOCK-ITEM",
        "overrides": "STOCK-ITEM",
        "server": "BANNER-13OZ",
    }
)
def test_item_template_is_that_of_part_01(job: SentJob, expected: str | None) -> None:
    assert job.body.get("itemTemplate") == job.fields["itemTemplate"] == expected


@in_jobs({"single": 12, "mixed": 500, "kit": 40, "split#3": 250})
def test_the_quantity_of_part_01_comes_with_the_job(job: SentJob, expected: int) -> None:
    assert job.body["part1QuantityOrdered"] == expected


@in_jobs(
    {
        "single": "10234",
        "mixed": "10234",
        "split#1": "10234-1-1",
        "split#3": "10234-1-3",
        "split#4": "10234-2-1",
    }
)
def test_web_order_id_is_the_order_number_and_in_split_mode_item_and_file(
    job: SentJob, expected: str
) -> None:
    assert job.fields["webOrderID"] == expected


# --- nothing else ---------------------------------------------------------------------------------------------------

ALWAYS = {
    "customer", "description", "description2", "jobOrderType", "contactFirstName", "contactLastName", "poNum",
    "earliestStartDateTime", "scheduledShipDateTime", "promiseDateTime", "originalQuotedPrice", "amountToInvoice",
    "shipVia", "webOrderID", "part1QuantityOrdered", "originalQuotedPriceForced", "amountToInvoiceForced",
    "scheduledShipDateForced", "scheduledShipTimeForced",
}  # fmt: skip


@in_jobs(
    {
        "single": {"itemTemplate"},
        "mixed": {"itemTemplate"},
        "approval": {"jobType", "itemTemplate"},
        "kit": {"itemTemplate"},
        "split#2": {"itemTemplate"},
        "split#4": set(),
        "overrides": {"jobType", "adminStatus", "itemTemplate"},
        "server": {"jobType", "adminStatus", "itemTemplate"},
    }
)
def test_no_other_field_of_a_job_is_written(job: SentJob, expected: set[str]) -> None:
    assert set(job.body) == ALWAYS | expected
    assert set(job.link_body) == {"job", "jobContact", "shipToJobContact", "billToJobContact"}
