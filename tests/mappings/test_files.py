"""CSV and XLSX files as people save them."""

from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
from django.test import override_settings

from integrations.models import Storefront
from mappings.errors import MappingError
from mappings.files import UnreadableFile, read
from mappings.models import ProductMapping, ShipmentAddressMapping, ShipmentMethodMapping
from mappings.resources import KINDS, export_file, export_rows, import_file, import_rows

LINES = "a,b\n1,2\n"


def workbook(path: Path, *rows: list[Any]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def full_tables(north: Storefront) -> None:
    import_rows(
        "products", [{"product": 'Ä, "x"\nY', "match": "name", "item_template": "T", "storefront": "North"}]
    )
    import_rows(
        "shipment_methods", [{"pressero_method": "Ground", "ship_via": 5010, "account_number": "007"}]
    )
    import_rows("shipment_addresses", [{"postal": "01234", "country": "US", "account_number": "A"}])
    import_rows("statuses", [{"level": "part", "pace_status": "S", "pressero_stage": "X", "note": "n"}])
    import_rows("holidays", [{"date": "2026-12-24", "name": "Eve", "every_year": True}])
    import_rows("values", [{"table": "CSR", "original": "Märkte, 1", "replacement": "007"}])
    rule = {"object": "job", "pace_field": "csr", "priority": 5, "required": True}
    import_rows("fields", [rule | {"storefront": "North", "value": '{{ buyer.department | lookup: "CSR" }}'}])


# --- reading


@pytest.mark.parametrize(
    "content",
    [
        LINES,
        "\ufeff" + LINES,
        LINES.replace(",", ";"),
        LINES.replace(",", "\t"),
        LINES.replace("\n", "\r\n"),
        LINES.replace("\n", "\r"),
        "sep=;\n" + LINES.replace(",", ";"),
    ],
)
def test_csv_is_read_with_any_mark_separator_and_line_end(content: str) -> None:
    table = read(content.encode())
    assert (table.headers, list(table)) == (["a", "b"], [("1", "2")])


def test_commas_inside_cells_do_not_make_commas_the_separator() -> None:
    assert list(read("a;b\n1,5;2,5\n")) == [("1,5", "2,5")]


def test_rows_keep_their_line_over_blank_lines_and_cells_of_several_lines() -> None:
    assert read('a,b\n\n1,"x\ny"\n,\n2,z\n').lines == [3, 6]


def test_the_line_with_the_separator_counts() -> None:
    assert read("sep=,\na,b\n1,2\n").lines == [3]


def test_a_short_row_is_filled_up() -> None:
    assert list(read("a,b\n1\n")) == [("1", "")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty"),
        (b"\n\n", "The file is empty"),
        (b"a,b\n1,2,3\n", "Line 2 has 3 cells, but there are 2 columns."),
        (b'a,b\n1,"2\n', "Line 2 is not readable as CSV"),
    ],
)
def test_an_unreadable_csv_file_is_refused_in_words(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        read(content)


def test_what_is_no_workbook_is_refused_in_words() -> None:
    with pytest.raises(UnreadableFile, match="not an XLSX workbook"):
        read(b"PK\x03\x04broken")


def test_empty_columns_and_rows_of_a_workbook_are_left_out(tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", ["a", "b", None], [1, 2, None], [None, None, None], [3, None, None])
    table = read(file.read_bytes())
    assert (table.headers, list(table), table.lines) == (["a", "b"], [(1, 2), (3, "")], [2, 4])


@pytest.mark.django_db
def test_numbers_and_dates_of_a_workbook_are_understood(tmp_path: Path) -> None:
    methods = workbook(tmp_path / "m.xlsx", ["storefront", "pressero_method", "ship_via"], [None, 12, 5010.0])
    days = workbook(
        tmp_path / "d.xlsx",
        ["storefront", "date", "name", "every_year"],
        [None, datetime(2026, 12, 24), "Eve", True],  # noqa: DTZ001
    )
    assert import_file("shipment_methods", methods).created == 1
    assert import_file("holidays", days).created == 1
    assert export_rows("shipment_methods")[0]["pressero_method"] == "12"
    assert export_rows("holidays")[0]["every_year"] == "yes"


@pytest.mark.django_db
def test_an_unreadable_file_is_one_error_of_the_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"")
    assert import_file("products", file).errors == [
        (None, "The file is empty: its first line must hold the column names.")
    ]


@pytest.mark.parametrize("name", ["a.txt", "a", "csv"])
def test_another_suffix_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(MappingError, match=r"must end in \.csv or \.xlsx"):
        export_file("products", tmp_path / name)


# --- there and back


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@pytest.mark.parametrize("kind", list(KINDS))
def test_an_exported_file_changes_nothing_when_imported(
    tmp_path: Path, north: Storefront, kind: str, suffix: str
) -> None:
    full_tables(north)
    file = tmp_path / f"rows.{suffix}"
    assert export_file(kind, file) == 1
    report = import_file(kind, file)
    assert (report.errors, report.unchanged) == ([], 1)


@pytest.mark.parametrize("kind", list(KINDS))
def test_exported_rows_bring_an_empty_table_back(north: Storefront, kind: str) -> None:
    full_tables(north)
    rows = export_rows(kind)
    KINDS[kind].model._default_manager.all().delete()
    assert import_rows(kind, rows).created == 1
    assert export_rows(kind) == rows


def test_exported_rows_hold_the_columns_of_the_contract(north: Storefront) -> None:
    full_tables(north)
    assert [*export_rows("shipment_methods"), *export_rows("holidays")] == [
        {"storefront": "", "pressero_method": "Ground", "ship_via": 5010, "account_number": "007"},
        {"storefront": "", "date": "2026-12-24", "name": "Eve", "every_year": "yes"},
    ]
    assert export_rows("shipment_addresses")[0]["ship_via"] is None


def test_rows_of_all_storefronts_come_first_then_by_storefront(north: Storefront, south: Storefront) -> None:
    for name in ("South", "", "North"):
        import_rows("shipment_methods", [{"storefront": name, "pressero_method": "Ground", "ship_via": 1}])
    assert [row["storefront"] for row in export_rows("shipment_methods")] == ["", "North", "South"]


@pytest.mark.django_db
def test_an_empty_table_is_exported_with_its_columns(tmp_path: Path) -> None:
    export_file("holidays", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text().strip() == "storefront,date,name,every_year"


@pytest.mark.parametrize("library_escapes", [True, False])
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@x", "'=x", "'plain"])
@pytest.mark.django_db
def test_no_cell_of_a_file_starts_like_a_formula_and_all_come_back_whole(
    tmp_path: Path, name: str, suffix: str, library_escapes: bool
) -> None:
    import_rows("products", [{"product": name, "match": "name", "item_template": name}])
    file = tmp_path / f"rows.{suffix}"
    with override_settings(IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT=library_escapes):
        export_file("products", file)
    table = read(file.read_bytes())
    assert str(table[0][1])[0] not in "=+-@"
    assert import_file("products", file).unchanged == 1
    assert ProductMapping.objects.get().product == name


@pytest.mark.django_db
def test_rows_of_a_configuration_file_are_not_escaped() -> None:
    import_rows("products", [{"product": "'=x", "match": "name", "item_template": "=y"}])
    assert export_rows("products")[0] | {"storefront": ""} == {
        "storefront": "",
        "product": "'=x",
        "match": "name",
        "item_template": "=y",
    }


@pytest.mark.django_db
def test_leading_zeros_survive_a_workbook(tmp_path: Path) -> None:
    import_rows("shipment_addresses", [{"postal": "01234", "account_number": "007"}])
    export_file("shipment_addresses", tmp_path / "a.xlsx")
    ShipmentAddressMapping.objects.all().delete()
    import_file("shipment_addresses", tmp_path / "a.xlsx")
    row = ShipmentAddressMapping.objects.get()
    assert (row.postal, row.account_number) == ("01234", "007")


@pytest.mark.django_db
def test_exporting_many_rows_costs_two_queries(
    tmp_path: Path, django_assert_num_queries: Any, north: Storefront
) -> None:
    import_rows(
        "shipment_methods",
        [{"storefront": "North", "pressero_method": f"M{n}", "ship_via": n} for n in range(300)],
    )
    with django_assert_num_queries(2):
        export_file("shipment_methods", tmp_path / "a.csv")
    assert ShipmentMethodMapping.objects.count() == 300
