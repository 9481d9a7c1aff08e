"""Rows inserted without objects are the rows that objects would have made."""

import pytest
from django.db import IntegrityError
from django.utils import timezone

from automationhub.lib.new_rows import NewRows
from integrations.models import AuditEntry, Order, Storefront

pytestmark = pytest.mark.django_db
COLUMNS = ("identity", "account_id", "number", "storefront_id", "wake_count", "received_at", "updated_at")


def rows_of(storefront: Storefront, *numbers: int) -> list[tuple[object, ...]]:
    now = timezone.now()
    account = storefront.pressero_account
    return [
        (account.identity_of(number), account.pk, number, storefront.pk, 0, now, now) for number in numbers
    ]


def test_columns_that_are_not_named_take_the_defaults_of_the_model(storefront: Storefront) -> None:
    [(pk,)] = NewRows(Order, *COLUMNS).insert(rows_of(storefront, 5))
    like = Order.objects.create(account=storefront.pressero_account, storefront=storefront, number=6)
    like.refresh_from_db()
    made = Order.objects.get(pk=pk)
    apart = {"id", "number", "identity", "received_at", "updated_at"}
    for field in Order._meta.concrete_fields:
        if field.attname not in apart:
            assert getattr(made, field.attname) == getattr(like, field.attname), field.name


def test_rows_come_back_in_their_order(storefront: Storefront) -> None:
    found = NewRows(Order, *COLUMNS, returning=("id", "number")).insert(rows_of(storefront, 7, 5, 6))
    assert [number for _, number in found] == [7, 5, 6]


def test_a_known_row_is_left_out_where_that_is_wanted(storefront: Storefront) -> None:
    insert = NewRows(Order, *COLUMNS, returning=("number",), unless_known=True).insert
    assert insert(rows_of(storefront, 5)) == [(5,)]
    assert insert(rows_of(storefront, 5, 6)) == [(6,)]


def test_else_it_keeps_all_out(storefront: Storefront) -> None:
    insert = NewRows(Order, *COLUMNS).insert
    insert(rows_of(storefront, 5))
    with pytest.raises(IntegrityError):
        insert(rows_of(storefront, 6, 5))


def test_nothing_is_asked_for_no_rows(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert NewRows(Order, *COLUMNS).insert([]) == []


def test_a_column_whose_default_is_no_plain_value_must_be_named() -> None:
    with pytest.raises(TypeError, match="data"):
        NewRows(AuditEntry, "at", "type", "actor", "correlation").insert([(timezone.now(), "x", "hub", "")])


def test_texts_and_json_are_stored_as_they_are(db: None) -> None:
    data = {"text": "100 % “quoted” %s", "none": None, "number": 5}
    columns = ("at", "type", "data", "actor", "correlation")
    [(pk,)] = NewRows(AuditEntry, *columns).insert([(timezone.now(), "x", data, "o'hub %s", "")])
    stored = AuditEntry.objects.get(pk=pk)
    assert (stored.data, stored.actor, stored.order_id) == (data, "o'hub %s", None)
