"""The palette: what it finds, for whom, and at what cost."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integrations.admin.monitoring.palette import begins
from integrations.core.search.index import index_orders
from integrations.models import Order
from mappings.models import Holiday, ProductMapping
from tests.admin.conftest import Login
from tests.factories import make_order, make_storefront, make_user

pytestmark = pytest.mark.django_db

PALETTE = reverse("hub-palette")


@pytest.fixture
def orders(db: None) -> list[Order]:
    made = [
        make_order(number=51234, jobs=("90017",), items=1, po_number="PO-7781"),
        make_order(number=512345, customer_name="<b>Union</b> Press"),
        *(make_order(number=600 + number) for number in range(7)),
    ]
    index_orders([order.pk for order in made])
    return made


def found(client: Client, text: str) -> dict[str, list[dict[str, Any]]]:
    answer = client.get(PALETTE, {"q": text})
    assert answer.status_code == 200
    return {section["title"]: section["items"] for section in answer.json()["sections"]}


def titles(client: Client, text: str, section: str) -> list[str]:
    return [item["title"] for item in found(client, text).get(section, [])]


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("need att", ("Needs attention",), True),
        ("ATT", ("Needs attention",), True),
        ("", ("Orders",), True),
        ("eeds", ("Needs attention",), False),
        ("orders x", ("Orders",), False),
        ("map prod", ("Products", "Mappings"), True),
    ],
)
def test_each_typed_word_begins_a_word_of_the_name(text: str, names: tuple[str, ...], expected: bool) -> None:
    assert begins(text, *names) is expected


def test_orders_are_found_by_what_the_search_finds_them_by(viewer: Client, orders: list[Order]) -> None:
    assert titles(viewer, "90017", "Orders: Job in Pace") == ["51234", "Show all that was found"]
    assert titles(viewer, "7781", "Orders: PO number")[0] == "51234"
    lines = found(viewer, "exam")["Orders: Customer"]
    assert [line["icon"] for line in lines] == ["receipt_long"] * 5 + ["manage_search"]
    assert lines[0]["detail"].startswith("Example Credit Union, ")


def test_a_storefront_and_a_mapping_row_are_found_by_their_names(viewer: Client) -> None:
    make_storefront(name="Riverside Store")
    ProductMapping.objects.create(product="Riverside Poster", match="name", item_template="P")
    Holiday.objects.create(date="2026-12-24", name="Riverside day")
    assert titles(viewer, "rivers", "Storefronts") == ["Riverside Store"]
    rows = found(viewer, "rivers")["Mappings"]
    assert len(rows) == 2
    assert "Riverside Poster" in rows[0]["title"]


def test_pages_are_found_by_the_names_of_the_menu(viewer: Client) -> None:
    assert titles(viewer, "needs", "Pages") == ["Needs attention"]
    assert found(viewer, "webhook")["Pages"][0]["url"] == reverse(
        "admin:integrations_webhookevent_changelist"
    )


def test_documents_are_found_by_their_titles(viewer: Client) -> None:
    lines = found(viewer, "staff gui")["Documents"]
    assert [(line["title"], line["url"]) for line in lines] == [
        ("Staff guide", reverse("document", args=["staff-guide"]))
    ]


def test_the_number_of_an_order_offers_what_can_be_done_to_it(operator: Client) -> None:
    order = make_order(number=51234, status="needs_attention", failure_mode="config")
    assert "Retry" in titles(operator, "51234", "Order 51234")
    lines = found(operator, "retry #51234")["Order 51234"]
    assert [(line["title"], line["url"]) for line in lines] == [
        ("Retry", reverse("admin:integrations_order_retry", args=[order.pk]))
    ]


def test_what_somebody_may_not_do_is_not_offered(viewer: Client, operator: Client) -> None:
    make_order(number=51234, status="needs_attention", failure_mode="config")
    assert "Order 51234" not in found(viewer, "51234")
    assert titles(viewer, "add", "Actions") == []
    assert titles(operator, "preview", "Actions") == ["Preview by number"]


def test_an_administrator_may_add_rows_from_it(boss: Client) -> None:
    assert "Add product mapping" in titles(boss, "add prod", "Actions")


def test_what_somebody_may_not_open_is_not_named(stranger: Client, orders: list[Order]) -> None:
    make_storefront(name="Example Store")
    ProductMapping.objects.create(product="Example Poster", match="name", item_template="P")
    assert set(found(stranger, "example")) <= {"Documents"}
    assert found(stranger, "") == {}


def test_rights_to_one_list_open_only_that(login: Login, orders: list[Order]) -> None:
    client = login(make_user("mapper", "view_productmapping"))
    ProductMapping.objects.create(product="Example Poster", match="name", item_template="P")
    Holiday.objects.create(date="2026-12-24", name="Example day")
    sections = found(client, "example")
    assert set(sections) <= {"Mappings", "Documents"}
    assert len(sections["Mappings"]) == 1


def test_only_staff_may_ask(client: Client) -> None:
    assert client.get(PALETTE, {"q": "51234"}).status_code == 302


def test_it_asks_as_much_for_many_rows_as_for_few(boss: Client, orders: list[Order]) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            boss.get(PALETTE, {"q": "example union"})
        return len(captured)

    ProductMapping.objects.create(
        product="Example union 1", match="name", item_template="P", storefront=orders[0].storefront
    )
    index_orders([make_order(number=999, customer_name="Example Union").pk])
    queries()  # the first page after a login notes the session
    few = queries()
    index_orders([make_order(number=1000 + number).pk for number in range(40)])
    for number in range(40):
        storefront = make_storefront(name=f"Example union {number}")
        ProductMapping.objects.create(
            product=f"Example union {number}", match="name", item_template="P", storefront=storefront
        )
    assert queries() == few
    assert few < 25
