"""Finding orders: what each kind of word finds, how the words are kept up, and that the database answers by index."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.core.search import index as search_index
from integrations.core.search.index import find_orders, index_orders
from integrations.enums import SearchKind
from integrations.models import Order, PaceShipment, SearchWord
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from tests.conftest import Hub
from tests.factories import make_order

pytestmark = pytest.mark.django_db


def indexed(**values: object) -> Order:
    order = make_order(**values)  # type: ignore[arg-type]
    index_orders([order.pk])
    return order


@pytest.fixture
def order(db: None) -> Order:
    order = make_order(number=51234, items=2, jobs=("90017", "J-900"), po_number="PO-7781")
    PaceShipment.objects.create(job=order.jobs.first(), pace_id=1, numbers=["1Z 999 AA1"])
    index_orders([order.pk])
    return order


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("51234", SearchKind.NUMBER),
        ("#51234", SearchKind.NUMBER),
        ("5123", SearchKind.NUMBER),
        ("J-900", SearchKind.JOB),
        ("90017", SearchKind.JOB),
        ("po-77", SearchKind.PO),
        ("7781", SearchKind.PO),
        ("1z999AA1", SearchKind.TRACKING),
        ("1Z999", SearchKind.TRACKING),
        ("credit", SearchKind.CUSTOMER),
        ("Credit Example", SearchKind.CUSTOMER),
        ('"Credit Union"', SearchKind.CUSTOMER),
        ("avery@", SearchKind.EMAIL),
        ("business card", SearchKind.PRODUCT),
        ("card 2", SearchKind.PRODUCT),
        ("union card", SearchKind.CUSTOMER),
    ],
)
def test_an_order_is_found_by(order: Order, text: str, kind: SearchKind) -> None:
    indexed(number=77, customer_name="Somebody Else", buyer_email="x@y.example")
    found = find_orders(text)
    assert found.order_ids == [order.pk]
    assert kind in {hit.kind for hit in found.hits} or " " in text
    assert found.is_all


@pytest.mark.parametrize(
    "text", ["", "nobody", "redit", "9" * 60, "'", "%", "_", "union nobody", "\x00", "\ud800"]
)
def test_an_order_is_not_found_by(order: Order, text: str) -> None:
    assert find_orders(text).hits == ()


def test_just_this_number_comes_before_those_that_only_begin_with_it(order: Order) -> None:
    longer = indexed(number=512340)
    found = find_orders("51234")
    assert [hit.order_id for hit in found.hits] == [order.pk, longer.pk]
    assert found.order_ids == [order.pk]


def test_the_newest_comes_first(order: Order) -> None:
    newer = indexed(number=1, customer_name="Example Corp")
    assert find_orders("example").order_ids == [newer.pk, order.pk]


def test_an_order_that_nobody_has_read_yet_is_found_by_its_number() -> None:
    order = make_order(number=51234)
    assert not SearchWord.objects.exists()
    assert find_orders("51234").order_ids == [order.pk]


def test_a_search_that_matches_very_much_says_so() -> None:
    for number in range(1, 6):
        indexed(number=number)
    assert not find_orders("example", most=5).is_all
    assert find_orders("example", most=6).is_all


def test_two_common_words_find_the_few_orders_that_have_both() -> None:
    for number in range(1, 9):
        indexed(number=number, customer_name="Smith Press", buyer_email="")
    for number in range(11, 19):
        indexed(number=number, customer_name="Jones Works", buyer_email="")
    both = indexed(number=21, customer_name="Jones and Smith", buyer_email="")
    assert find_orders("smith jones").order_ids == [both.pk]


def test_what_an_order_no_longer_holds_does_not_find_it(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(po_number="NEW-1")
    index_orders([order.pk])
    assert find_orders("7781").order_ids == []
    assert find_orders("new-1").order_ids == [order.pk]


def test_the_words_of_all_orders_can_be_written_afresh() -> None:
    orders = [make_order(number=number) for number in range(1, 4)]
    call_command("index_orders")
    assert set(find_orders("example").order_ids) == {order.pk for order in orders}


def test_indexing_again_writes_nothing(order: Order) -> None:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        index_orders([order.pk])
    assert [query["sql"] for query in captured if not query["sql"].startswith("SELECT")] == []


# --- kept up by the work itself -------------------------------------------------------------------------------------


def test_an_order_can_be_found_by_what_was_read_and_by_its_job(hub: Hub) -> None:
    items = [ItemDraft("Poster 18x24", price="10.00", method="Ground")]
    order = hub.process(OrderDraft("Example CU Store", "avery@example.com", items))
    job = order.jobs.get().number
    for text in (order.customer_name, order.buyer_email, job, order.items.first().product_name):  # type: ignore[union-attr]
        assert order.pk in find_orders(f'"{text}"').order_ids, text


# --- what the database is asked -------------------------------------------------------------------------------------


def test_a_search_asks_a_fixed_number_of_questions(order: Order) -> None:
    for number in range(1, 40):
        indexed(number=number)
    for text, most in (("51234", 2), ("example", 1), ("example credit union", 5), ("a b c d e", 7)):
        with CaptureQueriesContext(connection) as captured:
            find_orders(text)
        assert len(captured) <= most, text


def test_the_database_answers_by_index_and_sorts_nothing() -> None:
    storefront = make_order().storefront
    orders = [
        Order(account=storefront.pressero_account, storefront=storefront, number=number)
        for number in range(100_000, 103_000)
    ]
    made = Order.objects.bulk_create(orders)
    SearchWord.objects.bulk_create(
        SearchWord(order=order, kind=SearchKind.CUSTOMER, word="example credit union") for order in made
    )
    slice_ = search_index._slice(SearchKind.CUSTOMER, "exam", 20)
    sql, values = slice_.query.sql_with_params()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE integrations_searchword")
            cursor.execute(f"EXPLAIN {sql}", values)
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values)
        plan = " ".join(str(row) for row in cursor.fetchall())
    assert "search_by_word" in plan
    assert "sort" not in plan.lower()
    assert "temp b-tree" not in plan.lower()


@pytest.mark.e2e
def test_a_first_reading_keeps_the_words_that_a_look_at_all_that_is_stored_would_keep(hub: Hub) -> None:
    item = ItemDraft("Poster 18x24", quantity=2, price="10.00", method="Ground", item_name="Spring sale")
    order = hub.process(OrderDraft("Example CU Store", "avery@example.com", [item]))
    words = set(SearchWord.objects.values_list("kind", "word"))
    index_orders([order.pk])
    assert set(SearchWord.objects.values_list("kind", "word")) == words
