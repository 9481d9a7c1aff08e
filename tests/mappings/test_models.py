"""What the tables refuse, and how they say it."""

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from integrations.models import Storefront
from mappings.models import (
    Holiday,
    MappingRow,
    ProductMapping,
    ShipmentAddressMapping,
    ShipmentMethodMapping,
    StatusMapping,
)
from mappings.models.shipment_addresses import NEEDS_COLUMN
from mappings.models.shipping import NEEDS_ANSWER
from mappings.resources import KINDS

pytestmark = pytest.mark.django_db

# A complete row of each kind, the same row written differently, and another row.
ROWS: list[tuple[type[MappingRow], dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (
        ProductMapping,
        {"product": "BC14", "match": "part_number", "item_template": "T1"},
        {"product": " bc14 ", "item_template": "T2"},
        {"match": "name"},
    ),
    (
        ShipmentMethodMapping,
        {"pressero_method": "Ground", "ship_via": 1},
        {"pressero_method": "GROUND "},
        {"pressero_method": "Air"},
    ),
    (ShipmentAddressMapping, {"business": "A B", "ship_via": 1}, {"business": " a  b"}, {"city": "X"}),
    (
        StatusMapping,
        {"level": "job", "pace_status": "S", "workflow": "W", "pressero_stage": "X"},
        {"pace_status": "s", "workflow": " w", "pressero_stage": "Y"},
        {"workflow": ""},
    ),
    (
        Holiday,
        {"date": date(2026, 12, 24), "name": "Eve"},
        {"name": "Another", "every_year": True},
        {"date": date(2026, 12, 31)},
    ),
]
EACH = pytest.mark.parametrize(
    ("model", "row", "same", "other"), ROWS, ids=[entry[0].__name__ for entry in ROWS]
)


def messages(row: MappingRow) -> str:
    with pytest.raises(ValidationError) as caught:
        row.full_clean()
    return " ".join(caught.value.messages)


def saving_fails(row: MappingRow) -> bool:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        return True
    return False


@EACH
def test_a_complete_row_is_fine(model: Any, row: dict, same: dict, other: dict) -> None:
    model(**row).full_clean()


@EACH
def test_the_same_row_twice_for_a_storefront_is_refused_in_words(
    model: Any, row: dict, same: dict, other: dict, north: Storefront
) -> None:
    model.objects.create(**row, storefront=north)
    assert "This storefront already has a row for this" in messages(
        model(**{**row, **same}, storefront=north)
    )


@EACH
def test_the_same_row_twice_for_all_storefronts_is_refused_in_words(
    model: Any, row: dict, same: dict, other: dict
) -> None:
    model.objects.create(**row)
    assert "There is already a row of all storefronts for this" in messages(model(**{**row, **same}))


@EACH
def test_the_database_refuses_the_same_row_twice(
    model: Any, row: dict, same: dict, other: dict, north: Storefront
) -> None:
    model.objects.create(**row)
    model.objects.create(**row, storefront=north)
    assert saving_fails(model(**{**row, **same}))
    assert saving_fails(model(**{**row, **same}, storefront=north))


@EACH
def test_storefronts_and_all_of_them_may_each_have_the_row(
    model: Any, row: dict, same: dict, other: dict, north: Storefront, south: Storefront
) -> None:
    model.objects.create(**row)
    model.objects.create(**row, storefront=north)
    model(**row, storefront=south).full_clean()


@EACH
def test_another_row_beside_it_is_fine(model: Any, row: dict, same: dict, other: dict) -> None:
    model.objects.create(**row)
    model(**{**row, **other}).full_clean()


@EACH
def test_a_row_can_be_saved_again(model: Any, row: dict, same: dict, other: dict) -> None:
    saved = model.objects.create(**row)
    saved.full_clean()
    saved.save()


@EACH
def test_a_row_reads_as_a_sentence(model: Any, row: dict, same: dict, other: dict, north: Storefront) -> None:
    assert "all storefronts" in str(model(**row))
    assert "North" in str(model(**row, storefront=north))


@EACH
def test_rows_go_with_their_storefront(
    model: Any, row: dict, same: dict, other: dict, north: Storefront
) -> None:
    model.objects.create(**row, storefront=north)
    north.delete()
    assert not model.objects.exists()


@pytest.mark.parametrize(
    ("model", "row"),
    [
        (ProductMapping, {"product": "  ", "match": "name", "item_template": "T"}),
        (ProductMapping, {"product": "X", "match": "name", "item_template": " "}),
        (ProductMapping, {"product": "X", "match": "sku", "item_template": "T"}),
        (ShipmentMethodMapping, {"pressero_method": " ", "ship_via": 1}),
        (ShipmentMethodMapping, {"pressero_method": "X"}),
        (ShipmentAddressMapping, {"city": "X"}),
        (ShipmentAddressMapping, {"ship_via": 1}),
        (StatusMapping, {"level": "job", "pace_status": "", "pressero_stage": "X"}),
        (StatusMapping, {"level": "job", "pace_status": "S", "pressero_stage": ""}),
        (StatusMapping, {"level": "order", "pace_status": "S", "pressero_stage": "X"}),
        (Holiday, {"date": date(2026, 1, 1), "name": " "}),
    ],
)
def test_an_incomplete_row_is_refused_by_validation_and_by_the_database(model: Any, row: dict) -> None:
    assert messages(model(**row))
    assert saving_fails(model(**row))


def test_a_row_without_an_answer_says_what_to_fill() -> None:
    assert messages(ShipmentMethodMapping(pressero_method="X")) == NEEDS_ANSWER


def test_an_address_row_without_columns_says_what_to_fill() -> None:
    assert messages(ShipmentAddressMapping(ship_via=1)) == NEEDS_COLUMN


def test_an_address_row_with_only_a_storefront_is_fine(north: Storefront) -> None:
    ShipmentAddressMapping(storefront=north, ship_via=1).full_clean()


def test_a_row_with_only_an_account_number_is_fine() -> None:
    ShipmentMethodMapping(pressero_method="X", account_number="A").full_clean()


def test_saving_a_single_column_keeps_the_key_up_to_date() -> None:
    row = ProductMapping.objects.create(product="A", match="name", item_template="T")
    row.product = "B"
    row.save(update_fields=["product"])
    row.refresh_from_db()
    assert row.product_key == "b"


def test_outer_blanks_are_not_stored() -> None:
    row = ShipmentMethodMapping.objects.create(pressero_method=" Ground ", account_number=" 7 ", ship_via=1)
    assert (row.pressero_method, row.account_number) == ("Ground", "7")


def test_the_longest_product_fits_whatever_its_characters() -> None:
    row = ProductMapping(product="\u0390" * 255, match="name", item_template="T")
    row.full_clean()
    row.save()
    assert ProductMapping.objects.get().product_key == row.product_key


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_visible_column_is_explained(kind: Any) -> None:
    for name in kind.columns:
        assert kind.model._meta.get_field(name).help_text


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_import_and_export_have_rights_of_their_own(kind: Any) -> None:
    names = {name for name, _ in kind.model._meta.permissions}
    model = kind.model._meta.model_name
    assert names == {f"import_{model}", f"export_{model}"}
