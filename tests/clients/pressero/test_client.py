"""Pressero's verbs."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import responses

from integrations.clients.pressero import session as pressero_session
from integrations.clients.pressero.client import (
    PresseroClient,
    PresseroConfig,
    Product,
    ShippingMethod,
    Stage,
    Workflow,
)
from integrations.clients.schemas import Address, Shipment, Site
from integrations.errors import (
    ConfigError,
    OrderNotFound,
    OutcomeUnknown,
    PermanentError,
    TransientError,
)
from tests.clients.payloads import DETAILS, ITEMS, SITE

BASE = "https://admin.example.com/api"
ORDER = f"{BASE}/V2/Orders/10234"
SEARCH = f"{BASE}/V2/Orders/Search"
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=-5)))


@pytest.fixture
def pressero() -> PresseroClient:
    return PresseroClient(PresseroConfig(BASE, "hub", "pw-secret", "sub", "con", "main"))


@pytest.fixture
def web() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        mock.post(f"{BASE}/V2/Authentication", json={"Token": "T-1"})
        yield mock


def last(web: responses.RequestsMock) -> Any:
    return web.calls[-1].request


def query(request: Any) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request.url).query))


# --- Reading orders -----------------------------------------------------------------------------------------


def test_an_order_is_read_from_its_details_and_items(
    pressero: PresseroClient, web: responses.RequestsMock
) -> None:
    web.get(f"{ORDER}/Details", body=DETAILS)
    web.get(f"{ORDER}/Items", body=ITEMS)
    order = pressero.order(10234)
    assert (order.number, order.total, len(order.items)) == (10234, Decimal("264.57"), 2)


def test_the_payload_is_kept_as_it_came_but_storable(
    pressero: PresseroClient, web: responses.RequestsMock
) -> None:
    web.get(f"{ORDER}/Details", body='{"orderNumber": 10234, "Odd": "a\\u0000b\\ud800", "Total": 1.10}')
    web.get(f"{ORDER}/Items", body='{"Items": [{"OrderItemNumber": 1}]}')
    assert pressero.order_payload(10234) == {
        "details": {"orderNumber": 10234, "Odd": "ab?", "Total": Decimal("1.10")},
        "items": [{"OrderItemNumber": 1}],
    }


@pytest.mark.parametrize("missing", ["Details", "Items"])
def test_an_order_that_is_not_shown_is_not_found(
    pressero: PresseroClient, web: responses.RequestsMock, missing: str
) -> None:
    if missing == "Items":
        web.get(f"{ORDER}/Details", body=DETAILS)
    web.get(f"{ORDER}/{missing}", status=404, json={"Message": "Order 10234 was not found."})
    with pytest.raises(OrderNotFound, match="does not show order 10234") as caught:
        pressero.order(10234)
    assert caught.value.evidence is not None


@pytest.mark.parametrize("items", ["[]", "null", '{"Items": []}'])
def test_an_order_without_items_is_not_there_yet(
    pressero: PresseroClient, web: responses.RequestsMock, items: str
) -> None:
    web.get(f"{ORDER}/Details", body=DETAILS)
    web.get(f"{ORDER}/Items", body=items)
    with pytest.raises(OrderNotFound, match="without items"):
        pressero.order(10234)


def test_another_order_than_asked_for_is_refused(
    pressero: PresseroClient, web: responses.RequestsMock
) -> None:
    web.get(f"{BASE}/V2/Orders/7/Details", body=DETAILS)
    web.get(f"{BASE}/V2/Orders/7/Items", body=ITEMS)
    with pytest.raises(PermanentError, match="asked for order 7 and answered with order 10234"):
        pressero.order(7)


def test_a_refusal_other_than_404_stays_permanent(
    pressero: PresseroClient, web: responses.RequestsMock
) -> None:
    web.get(f"{ORDER}/Details", status=400, json={"Message": "No."})
    with pytest.raises(PermanentError, match=r"No\."):
        pressero.order(10234)


# --- Searching ----------------------------------------------------------------------------------------------


def search_page(numbers: list[int], total: int | None = None) -> dict[str, Any]:
    rows = [{"OrderNumber": number, "OrderItemNumber": 1, "SiteId": SITE} for number in numbers]
    return {
        "Items": rows,
        "PageNumber": 0,
        "PageSize": 3,
        "TotalItems": len(numbers) if total is None else total,
    }


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pressero_session, "PAGE_SIZE", 3)


def test_search_sends_utc_times_and_counts_pages_from_zero(
    pressero: PresseroClient, web: responses.RequestsMock
) -> None:
    web.post(SEARCH, json=search_page([1]))
    assert list(pressero.search_orders(START, END)) == [[(1, SITE)]]
    assert query(last(web)) == {"pageNumber": "0", "pageSize": "500"}
    assert json.loads(last(web).body) == {
        "StartDate": "2026-01-01 00:00:00Z",
        "EndDate": "2026-01-02 05:00:00Z",
        "SortDescriptor": {"Member": "OrderNumber", "Direction": "Ascending"},
        "Filters": [],
    }


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize(
    "pages",
    [
        [search_page([1, 1, 2], 5), search_page([2, 3], 5)],
        [search_page([1, 2, 3], 3), search_page([])],  # a full page may be the last one
        [search_page([1, 2, 3], 0), search_page([])],  # nothing announced
        [search_page([1, 2], 3), search_page([3], 3)],  # a server with smaller pages
        [search_page([1, 2], 99), search_page([3], 99), search_page([], 99)],  # too much announced
    ],
)
def test_search_reads_on_until_a_page_ends_it(
    pressero: PresseroClient, web: responses.RequestsMock, pages: list[dict[str, Any]]
) -> None:
    for page in pages:
        web.post(SEARCH, json=page)
    found = [number for page in pressero.search_orders(START, END) for number, _ in page]
    assert found == [1, 2, 3]
    assert len(web.calls) == 1 + len(pages)


@pytest.mark.usefixtures("small_pages")
def test_search_notices_a_page_that_repeats(pressero: PresseroClient, web: responses.RequestsMock) -> None:
    web.post(SEARCH, json=search_page([1, 2, 3], 50))
    with pytest.raises(TransientError, match="again and again"):
        list(pressero.search_orders(START, END))


def test_a_row_without_a_number_is_logged_and_left_out(
    pressero: PresseroClient, web: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [{"OrderNumber": "x"}, {"OrderNumber": None}, {"ordernumber": "5", "siteid": SITE}]
    web.post(SEARCH, json={"Items": rows, "TotalItems": 3})
    assert list(pressero.search_orders(START, END)) == [[(5, SITE)]]
    assert caplog.text.count("left out") == 2


def test_a_search_needs_to_know_the_time_zone(pressero: PresseroClient) -> None:
    with pytest.raises(TypeError, match="time zone"):
        list(pressero.search_orders(START.replace(tzinfo=None), END))


# --- Writing back -------------------------------------------------------------------------------------------


def test_the_job_number_is_the_only_field_sent(pressero: PresseroClient, web: responses.RequestsMock) -> None:
    web.put(f"{ORDER}/Item/2", json={})
    pressero.set_job_number(10234, 2, "112823")
    assert json.loads(last(web).body) == {"MisId": "112823"}


@pytest.mark.parametrize(
    "answer", [{"status": 503}, {"body": "<html>"}, {"body": requests.exceptions.ReadTimeout()}]
)
def test_a_job_number_may_always_be_told_again(
    pressero: PresseroClient, web: responses.RequestsMock, answer: dict[str, Any]
) -> None:
    web.put(f"{ORDER}/Item/2", **answer)
    with pytest.raises(TransientError):
        pressero.set_job_number(10234, 2, "112823")


def test_an_empty_answer_to_a_write_is_a_success(
    pressero: PresseroClient, web: responses.RequestsMock
) -> None:
    web.put(f"{ORDER}/Item/2", body="")
    pressero.set_job_number(10234, 2, "112823")


def test_a_status_is_set_with_its_note_encoded(pressero: PresseroClient, web: responses.RequestsMock) -> None:
    web.put(f"{ORDER}/Item/2/Status/stage%2F1", json={})
    pressero.set_status(10234, 2, "stage/1", "50% done & größer #1")
    assert query(last(web)) == {"notes": "50% done & größer #1"}
    assert last(web).headers["Content-Type"] == "application/json"
    assert last(web).body is None


def test_a_status_without_a_note_sends_none(pressero: PresseroClient, web: responses.RequestsMock) -> None:
    web.put(f"{ORDER}/Item/2/Status/s1", json={})
    pressero.set_status(10234, 2, "s1")
    assert query(last(web)) == {}


@pytest.mark.parametrize("note", ["x" * 5_000, "ö" * 5_000, "字" * 5_000])
def test_a_long_note_is_cut_to_fit_an_address(
    pressero: PresseroClient, web: responses.RequestsMock, note: str
) -> None:
    web.put(f"{ORDER}/Item/2/Status/s1", json={})
    pressero.set_status(10234, 2, "s1", note)
    assert query(last(web))["notes"].endswith("…")
    assert len(last(web).url) < 2_000


def test_a_status_without_an_answer_is_unknown(pressero: PresseroClient, web: responses.RequestsMock) -> None:
    web.put(f"{ORDER}/Item/2/Status/s1", body=requests.exceptions.ReadTimeout())
    with pytest.raises(OutcomeUnknown, match="the hub checks Pressero before it writes again"):
        pressero.set_status(10234, 2, "s1")


def test_writing_to_an_order_that_is_not_shown_is_not_found(
    pressero: PresseroClient, web: responses.RequestsMock
) -> None:
    web.put(f"{ORDER}/Item/2", status=404)
    with pytest.raises(OrderNotFound):
        pressero.set_job_number(10234, 2, "1")


def test_shipments_are_listed(pressero: PresseroClient, web: responses.RequestsMock) -> None:
    row = {
        "ShipmentId": "s",
        "OrderItemId": "i",
        "ShipMethod": "Ground",
        "ShipTracking": "1Z",
        "ShipDate": "2025-03-13",
    }
    web.get(f"{ORDER}/Item/2/Shipments", json=[row])
    assert pressero.shipments(10234, 2) == [Shipment("s", "i", "Ground", "1Z", "2025-03-13")]


def add(pressero: PresseroClient, **changes: Any) -> None:
    pressero.add_shipment(
        **{
            "order_id": "o-guid",
            "item_ids": ["i-guid"],
            "method_name": "Ground",
            "ship_date": date(2025, 3, 13),
            "tracking": "1Z",
            "address": Address(business="North", state="IL", postal="61602"),
            "cost": Decimal("11.05"),
            **changes,
        }
    )


def test_a_shipment_is_added_with_presseros_own_ids(
    pressero: PresseroClient, web: responses.RequestsMock
) -> None:
    web.post(f"{BASE}/V2/Orders/Shipments", json={})
    add(pressero)
    body = json.loads(last(web).body)
    assert (body["OrderId"], body["SiteShippingMethodName"]) == ("o-guid", "Ground")
    info = body["ShipmentInfo"]
    assert (info["ShipDate"], info["Tracking"], info["Cost"]) == ("2025-03-13", "1Z", 11.05)
    assert info["Items"] == [{"OrderItemId": "i-guid"}]
    assert (info["Address"]["StateProvince"], info["Address"]["Postal"]) == ("IL", "61602")


def test_an_unknown_cost_is_not_sent(pressero: PresseroClient, web: responses.RequestsMock) -> None:
    web.post(f"{BASE}/V2/Orders/Shipments", body="")
    add(pressero, cost=None)
    assert "Cost" not in json.loads(last(web).body)["ShipmentInfo"]


def test_a_shipment_without_an_answer_is_unknown(
    pressero: PresseroClient, web: responses.RequestsMock
) -> None:
    web.post(f"{BASE}/V2/Orders/Shipments", status=502)
    with pytest.raises(OutcomeUnknown):
        add(pressero)


# --- Reference data -----------------------------------------------------------------------------------------


def test_a_site_is_read(pressero: PresseroClient, web: responses.RequestsMock) -> None:
    answer = {
        "SiteId": SITE,
        "SiteName": "Store",
        "Url": "https://store.example.com/",
        "MisId": "ACME",
        "IsActive": False,
    }
    web.get(f"{BASE}/SiteInfo/{SITE}", json=answer)
    assert pressero.site(SITE) == Site(SITE, "Store", "store.example.com", "ACME", is_active=False)


def test_a_site_may_keep_its_id_in_the_store(pressero: PresseroClient, web: responses.RequestsMock) -> None:
    web.get(
        f"{BASE}/SiteInfo/s",
        json={"PrimaryDomain": "p.example.com", "MisId": "", "SiteStore": {"misid": "ACME"}},
    )
    assert pressero.site("s") == Site("s", "", "p.example.com", "ACME")


def test_an_unknown_site_is_a_matter_of_settings(
    pressero: PresseroClient, web: responses.RequestsMock
) -> None:
    web.get(f"{BASE}/SiteInfo/nope", status=404)
    with pytest.raises(ConfigError, match="no site nope"):
        pressero.site("nope")


@pytest.mark.parametrize("site_id", ["", "..", "."])
def test_a_site_id_cannot_lead_elsewhere(pressero: PresseroClient, site_id: str) -> None:
    with pytest.raises(PermanentError, match="site ID"):
        pressero.site(site_id)


def test_a_site_id_is_one_segment(pressero: PresseroClient, web: responses.RequestsMock) -> None:
    web.get(f"{BASE}/SiteInfo/a%2F..%2Fb%3Fc", json={"SiteName": "Shop"})
    assert pressero.site("a/../b?c").id == "a/../b?c"


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"json": {"misId": "T-1"}}, "T-1"),
        ({"json": {"MisId": None}}, ""),
        ({"status": 404, "json": {"Message": "gone"}}, ""),
    ],
)
def test_a_products_integration_id(
    pressero: PresseroClient, web: responses.RequestsMock, answer: dict[str, Any], found: str
) -> None:
    web.get(f"{BASE}/site/store.example.com/products/p1", **answer)
    assert pressero.product_integration_id("https://store.example.com/", "p1") == found


def test_products_are_listed(pressero: PresseroClient, web: responses.RequestsMock) -> None:
    row = {"ProductId": "p", "ProductName": "Card", "PrintersPartNum": "BC", "MisId": "T", "IsActive": False}
    web.get(f"{BASE}/site/store.example.com/products/", json={"Items": [row], "TotalItems": 1})
    assert pressero.products("store.example.com") == [Product("p", "Card", "BC", "T", active=False)]
    assert query(last(web)) == {"pageNumber": "0", "pageSize": "500", "includeDeleted": "false"}


def test_shipping_methods_are_listed(pressero: PresseroClient, web: responses.RequestsMock) -> None:
    row = {
        "SubscriberShippingMethodId": "m",
        "MethodName": "Ground",
        "Carrier": "UPS",
        "IntegrationID": "GND",
    }
    web.post(f"{BASE}/SubscriberShippingMethods/Search", json={"Items": [row]})
    assert pressero.shipping_methods() == [ShippingMethod("m", "Ground", "UPS", "GND")]
    assert json.loads(last(web).body) == []


def test_workflows_are_listed(pressero: PresseroClient, web: responses.RequestsMock) -> None:
    web.get(
        f"{BASE}/Workflows", json={"Items": [{"WorkflowId": "w", "Name": "Standard", "Description": "d"}]}
    )
    assert pressero.workflows() == [Workflow("w", "Standard", "d")]


@pytest.mark.parametrize("wrapped", [False, True])
def test_stages_come_as_array_or_items(
    pressero: PresseroClient, web: responses.RequestsMock, wrapped: bool
) -> None:
    rows = [{"WorkflowStageId": "s", "Seq": "5", "PrinterStage": "Press", "CustomerStage": "In work"}]
    web.get(f"{BASE}/workflows/w/Stages", json={"Items": rows} if wrapped else rows)
    assert pressero.stages("w") == [Stage("s", 5, "Press", "In work")]


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("V2/Orders/10234/Details", lambda pressero: pressero.order(10234)),
        ("V2/Orders/10234/Item/1/Shipments", lambda pressero: pressero.shipments(10234, 1)),
        ("SiteInfo/s1", lambda pressero: pressero.site("s1")),
        ("Workflows", lambda pressero: pressero.workflows()),
        ("workflows/w1/Stages", lambda pressero: pressero.stages("w1")),
        ("site/shop.example.com/products/p1", lambda pressero: pressero.product_integration_id("shop.example.com", "p1")),
        ("site/shop.example.com/products/", lambda pressero: pressero.products("shop.example.com")),
    ],
)  # fmt: skip
def test_an_object_without_its_fields_is_no_answer(
    pressero: PresseroClient, web: responses.RequestsMock, path: str, call: Any
) -> None:
    """A server that starts up may say `{}`: that must not be read as "no discount", "no shipments" or "no sites"."""
    web.get(f"{BASE}/{path}", json={})
    with pytest.raises(TransientError) as raised:
        call(pressero)
    assert raised.value.evidence is not None
    assert raised.value.evidence.answer == "{}"


def test_a_search_that_says_nothing_is_not_an_empty_list(
    pressero: PresseroClient, web: responses.RequestsMock
) -> None:
    web.post(f"{BASE}/V2/Orders/Search", json={})
    with pytest.raises(TransientError):
        list(pressero.search_orders(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)))
