"""Importing rows: what is taken, what is refused and in which words, and that it is all or nothing."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from integrations.models import Storefront
from mappings.errors import MappingError
from mappings.models import Holiday, ProductMapping, ShipmentAddressMapping, ShipmentMethodMapping
from mappings.resources import ImportReport, import_file, import_rows

pytestmark = pytest.mark.django_db

HEADERS = {
    "products": "storefront,product,match,item_template",
    "shipment_methods": "storefront,pressero_method,ship_via,account_number",
    "shipment_addresses": "storefront,business,address1,city,state,postal,country,ship_via,account_number",
    "statuses": "storefront,level,pace_status,workflow,pressero_stage,note",
    "holidays": "storefront,date,name,every_year",
}
CARD = {"storefront": "", "product": "BC14", "match": "part_number", "item_template": "T1"}


@pytest.fixture
def csv(tmp_path: Path) -> Any:
    def take(kind: str, *lines: str, headers: str = "", dry_run: bool = False) -> ImportReport:
        file = tmp_path / f"{kind}.csv"
        file.write_text("\n".join([headers or HEADERS[kind], *lines]) + "\n", encoding="utf-8")
        return import_file(kind, file, dry_run)

    return take


# --- good rows


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("products", "North,BC14,part_number,T1"),
        ("shipment_methods", "North,Ground,5010,A1"),
        ("shipment_addresses", "North,Example,1 Main St,Springfield,CA,90210,US,5010,"),
        ("statuses", "North,job,S,,X,shipped"),
        ("holidays", "North,2026-12-24,Eve,yes"),
    ],
)
def test_each_kind_is_created_then_unchanged(csv: Any, north: Storefront, kind: str, line: str) -> None:
    assert csv(kind, line).created == 1
    assert csv(kind, line) == ImportReport(unchanged=1)


def test_an_empty_storefront_means_all(csv: Any) -> None:
    csv("products", ",BC14,part_number,T1")
    assert ProductMapping.objects.get().storefront is None


def test_a_changed_answer_updates_the_row(csv: Any) -> None:
    csv("products", ",BC14,part_number,T1")
    report = csv("products", ", bc14 ,part_number,T2")
    assert (report.updated, ProductMapping.objects.get().item_template) == (1, "T2")


def test_a_change_is_told_in_a_sentence(csv: Any, north: Storefront) -> None:
    csv("shipment_methods", "North,Ground,5010,")
    assert csv("shipment_methods", "North,Ground,5011,A1").changes == [
        "changed: method Ground of North → ship via 5011, account A1 (ship_via 5010 → 5011, account_number empty → A1)"
    ]
    assert csv("shipment_methods", ",Ground,1,").changes == [
        "added: method Ground of all storefronts → ship via 1"
    ]


def test_an_untouched_row_keeps_its_time(csv: Any) -> None:
    csv("products", ",BC14,part_number,T1", ",BC15,part_number,T1")
    past = datetime(2020, 1, 1, tzinfo=UTC)
    ProductMapping.objects.update(updated_at=past)
    csv("products", ",BC14,part_number,T1", ",BC15,part_number,T2")
    assert list(ProductMapping.objects.filter(updated_at=past).values_list("product", flat=True)) == ["BC14"]


def test_rows_missing_from_the_file_stay(csv: Any) -> None:
    csv("products", ",BC14,part_number,T1")
    csv("products", ",BC15,part_number,T1")
    assert ProductMapping.objects.count() == 2


def test_a_rehearsal_tells_and_changes_nothing(csv: Any) -> None:
    report = csv("products", ",BC14,part_number,T1", dry_run=True)
    assert (report.created, len(report.changes), ProductMapping.objects.count()) == (1, 1, 0)


def test_a_column_left_out_of_a_file_keeps_its_value(csv: Any) -> None:
    csv("shipment_methods", ",Ground,5010,A1")
    csv("shipment_methods", ",Ground,5011", headers="storefront,pressero_method,ship_via")
    row = ShipmentMethodMapping.objects.get()
    assert (row.ship_via, row.account_number) == (5011, "A1")


@pytest.mark.parametrize(("written", "meant"), [("yes", True), ("NO", False), ("", False), ("TRUE", True)])
def test_every_year_is_yes_or_no(csv: Any, written: str, meant: bool) -> None:
    csv("holidays", f",2026-12-24,Eve,{written}")
    assert Holiday.objects.get().every_year is meant


def test_ten_times_the_rows_cost_few_more_queries(north: Storefront) -> None:
    def cost(number: int) -> int:
        rows = [{**CARD, "storefront": "North", "product": f"{number} {n}"} for n in range(number)]
        with CaptureQueriesContext(connection) as captured:
            assert import_rows("products", rows).created == number
        return len(captured)

    assert cost(400) <= cost(40) + 8


# --- rows of a configuration file


@pytest.mark.parametrize("ship_via", [5010, "5010", " 5010 ", 5010.0])
def test_ship_via_is_a_number_or_its_text(ship_via: Any) -> None:
    import_rows("shipment_methods", [{"pressero_method": "Ground", "ship_via": ship_via}])
    assert ShipmentMethodMapping.objects.get().ship_via == 5010


@pytest.mark.parametrize(("given", "meant"), [(True, True), (False, False), ("yes", True), (None, False)])
def test_every_year_may_be_a_json_value(given: Any, meant: bool) -> None:
    import_rows("holidays", [{"date": "2026-12-24", "name": "Eve", "every_year": given}])
    assert Holiday.objects.get().every_year is meant


def test_missing_keys_of_a_row_mean_empty(north: Storefront) -> None:
    import_rows("shipment_addresses", [{"country": "US", "ship_via": 1}])
    assert ShipmentAddressMapping.objects.get().storefront is None


def test_an_unknown_key_of_a_row_is_refused_by_name() -> None:
    assert import_rows("products", [CARD, {**CARD, "template": "T"}]).errors == [
        (2, "Unknown column “template”: the columns are storefront, product, match, item_template.")
    ]


@pytest.mark.parametrize("row", ["BC14", None, ["BC14"]])
def test_what_is_no_row_is_refused(row: Any) -> None:
    assert import_rows("products", [row]).errors[0][0] == 1


def test_a_value_that_is_no_text_is_refused() -> None:
    assert import_rows("products", [{**CARD, "product": ["BC14"]}]).errors == [
        (1, "product: it must be one text or number.")
    ]


def test_no_rows_change_nothing() -> None:
    assert import_rows("products", []) == ImportReport()


def test_an_unknown_kind_is_refused_by_name() -> None:
    with pytest.raises(MappingError, match="no kind “carriers”: the kinds are products,"):
        import_rows("carriers", [])


def test_a_failed_import_leaves_the_surrounding_transaction_usable() -> None:
    with transaction.atomic():
        import_rows("products", [CARD])
        assert import_rows("products", [{**CARD, "match": "x"}]).errors
        import_rows("products", [{**CARD, "product": "BC15"}])
    assert ProductMapping.objects.count() == 2


# --- bad rows


@pytest.mark.parametrize(
    ("kind", "line", "reason"),
    [
        ("products", "West,BC14,part_number,T1", "storefront: there is no storefront named “West”."),
        ("products", "north,BC14,part_number,T1", "storefront: there is no storefront named “north”."),
        ("products", ",BC14,sku,T1", "match: “sku” is unknown: write id or part_number or name."),
        ("products", ",BC14,,T1", "match: it is empty: write id or part_number or name."),
        ("products", ",,name,T1", "product: This field cannot be blank."),
        ("products", ",BC14,name,", "item_template: This field cannot be blank."),
        (
            "shipment_methods",
            ",Ground,UPS,",
            "ship_via: “UPS” is not a whole number between 0 and 2147483647.",
        ),
        ("shipment_methods", ",Ground,-1,", "ship_via: “-1” is not a whole number between 0 and 2147483647."),
        (
            "shipment_methods",
            ",Ground,5010.5,",
            "ship_via: “5010.5” is not a whole number between 0 and 2147483647.",
        ),
        (
            "shipment_methods",
            ",Ground,99999999999,",
            "ship_via: “99999999999” is not a whole number between 0 and 2147483647.",
        ),
        (
            "shipment_methods",
            ",Ground,,",
            "ship_via: Fill in the ship via or the account number; a row with neither has no effect.",
        ),
        (
            "shipment_addresses",
            ",,,,,,,5010,",
            "business: Fill in at least one column; an empty row would match every order of every storefront.",
        ),
        ("statuses", ",order,S,,X,", "level: “order” is unknown: write job or part."),
        ("statuses", ",job,S,,,", "pressero_stage: This field cannot be blank."),
        ("holidays", ",24.12.2026,Eve,", "date: “24.12.2026” is not a date: write YYYY-MM-DD."),
        ("holidays", ",2026-02-30,Eve,", "date: “2026-02-30” is not a date: write YYYY-MM-DD."),
        ("holidays", ",,Eve,", "date: it is empty: write YYYY-MM-DD."),
        ("holidays", ",2026-12-24,,", "name: This field cannot be blank."),
        ("holidays", ",2026-12-24,Eve,maybe", "every_year: “maybe” is unknown: write yes or no."),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_reason(
    csv: Any, north: Storefront, kind: str, line: str, reason: str
) -> None:
    assert csv(kind, line).errors == [(2, reason)]


def test_text_too_long_for_its_column_is_refused(csv: Any) -> None:
    ((line, reason),) = csv("products", f",BC14,name,{'T' * 65}").errors
    assert line == 2
    assert "at most 64 characters" in reason


def test_one_bad_row_keeps_the_whole_file_out(csv: Any) -> None:
    report = csv("products", ",BC14,part_number,T1", ",BC15,sku,T1", ",BC16,name,")
    assert [line for line, _ in report.errors] == [3, 4]
    assert (report.created, ProductMapping.objects.count()) == (0, 0)


def test_a_bad_row_keeps_updates_out_too(csv: Any) -> None:
    csv("products", ",BC14,part_number,T1")
    csv("products", ",BC14,part_number,T2", ",BC15,sku,T1")
    assert ProductMapping.objects.get().item_template == "T1"


def test_every_reason_of_a_row_is_told(csv: Any) -> None:
    assert len(csv("products", "West,BC14,sku,").errors) == 3


def test_the_same_row_twice_in_a_file_is_refused_with_both_lines(csv: Any) -> None:
    report = csv("products", ",BC14,name,T1", ",BC15,name,T1", ", bc14,name,T2")
    assert report.errors == [(4, "Duplicate of line 2.")]


def test_the_same_row_twice_is_refused_when_it_exists_already(csv: Any) -> None:
    csv("products", ",BC14,name,T1")
    assert csv("products", ",BC14,name,T1", ",BC14,name,T2").errors == [(3, "Duplicate of line 2.")]


def test_an_unknown_column_is_refused_by_name(csv: Any) -> None:
    report = csv("products", ",BC14,name,T1,x", headers="storefront,product,match,item_template,template")
    assert report.errors == [
        (None, "Unknown column “template”: the columns are storefront, product, match, item_template.")
    ]


def test_a_missing_key_column_is_refused_by_name(csv: Any) -> None:
    report = csv("products", "BC14,name,T1", headers="product,match,item_template")
    assert report.errors == [
        (
            None,
            "The column “storefront” is missing: the columns are storefront, product, match, item_template.",
        )
    ]


def test_a_column_named_twice_is_refused(csv: Any) -> None:
    report = csv(
        "products", ",BC14,name,T1,T2", headers="storefront,product,match,item_template,item_template"
    )
    assert report.errors == [(None, "The column “item_template” stands there twice.")]


def test_column_names_may_be_written_in_capitals(csv: Any) -> None:
    assert csv("holidays", ",2026-12-24,Eve,no", headers="Storefront, DATE,Name,Every_Year").created == 1


def test_a_collision_with_a_change_made_meanwhile_is_told_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import_rows("products", [CARD])
    monkeypatch.setattr("mappings.row_resource.KeyLoader.get_instance", lambda self, row: None)
    report = import_rows("products", [{**CARD, "product": "NEW"}, CARD])
    assert report.errors == [
        (None, "Another user changed these rows at the same time. Import the file again.")
    ]
    assert ProductMapping.objects.count() == 1


def test_a_date_may_be_a_spreadsheets_own() -> None:
    import_rows("holidays", [{"date": datetime(2026, 12, 24), "name": "Eve"}])  # noqa: DTZ001
    assert Holiday.objects.get().date == date(2026, 12, 24)
