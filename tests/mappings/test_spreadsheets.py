"""Spreadsheets as people and their programs really save them, imported as the portal and the command import them."""

import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest

from mappings.models import Holiday, ProductMapping, ShipmentMethodMapping
from mappings.resources import ImportReport, import_file
from tests.mappings import workbooks as wb

pytestmark = pytest.mark.django_db

HEADER = "storefront,product,match,item_template\n"
CARD = wb.texts(2, "", "BC14", "name", "T1")


@pytest.fixture
def take(tmp_path: Path) -> Any:
    """Import content as a file of a kind; a workbook or a text is told by its content."""

    def take(content: bytes | str, kind: str = "products", name: str = "") -> ImportReport:
        data = content.encode() if isinstance(content, str) else content
        file = tmp_path / (name or ("rows.xlsx" if data.startswith(b"PK") else "rows.csv"))
        file.write_bytes(data)
        return import_file(kind, file)

    return take


def products() -> list[str]:
    return list(ProductMapping.objects.order_by("pk").values_list("product", flat=True))


def refusals(report: ImportReport) -> list[str]:
    assert not ProductMapping.objects.exists()
    return [f"{line}: {reason}" for line, reason in report.errors]


# --- what a workbook says of itself


@pytest.mark.parametrize("said", ["A1:D2", "A1", "A1:A1", "B7:C9", "A1:XFD1048576", "nonsense"])
def test_all_rows_are_read_whatever_the_workbook_says_of_its_size(take: Any, said: str) -> None:
    rows = [wb.texts(line, "", f"P{line}", "name", "T") for line in range(2, 12)]
    content = wb.xlsx(wb.sheet(wb.header(), *rows, before=f'<dimension ref="{said}"/>'))
    assert take(content).created == 10


def test_rows_and_cells_without_references_are_read_in_their_order(take: Any) -> None:
    cells = "".join(f'<c t="str"><v>{value}</v></c>' for value in ("", "P", "name", "T"))
    assert take(wb.xlsx(wb.sheet(wb.header(), f"<row>{cells}</row>"))).created == 1


def test_rows_out_of_their_order_are_all_read(take: Any) -> None:
    rows = [wb.texts(line, "", f"P{line}", "name", "T") for line in (9, 3, 5)]
    assert take(wb.xlsx(wb.sheet(wb.header(), *rows))).created == 3


def test_a_prefix_before_every_tag_changes_nothing(take: Any) -> None:
    sheet = wb.sheet(wb.header(), CARD).replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:")
    assert take(wb.xlsx(sheet.replace("xmlns=", "xmlns:x="))).created == 1


def test_one_formatted_cell_in_the_last_row_and_column_is_no_row(take: Any, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(list(wb.PRODUCTS))
    book.active.append(["", "BC14", "name", "T1"])
    book.active.cell(1_048_576, 16_384).number_format = "0.00"
    book.save(tmp_path / "corner.xlsx")
    assert take((tmp_path / "corner.xlsx").read_bytes()).created == 1


@pytest.mark.parametrize("reference", ["A1048577", "XFE1", "ZZZZ1", "1A", "A0", ""])
def test_a_cell_outside_of_any_sheet_is_refused(take: Any, reference: str) -> None:
    line = reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") or "0"
    content = wb.xlsx(wb.sheet(wb.header(), f'<row r="{line}">{wb.text(reference, "x")}</row>'))
    assert "damaged" in refusals(take(content))[0]


# --- errors are no values


@pytest.mark.parametrize(
    "error",
    ["#REF!", "#NAME?", "#DIV/0!", "#N/A", "#VALUE!", "#NUM!", "#NULL!", "#SPILL!", "#BEZUG!", "#NV", "Err:502",
     "#ERROR!", "########", "#n/a"],
)  # fmt: skip
@pytest.mark.parametrize("form", ["error cell", "text cell", "csv"])
def test_an_error_of_a_spreadsheet_is_refused_with_line_and_column(take: Any, error: str, form: str) -> None:
    if form == "csv":
        content: Any = HEADER + f"\n,{error},name,T1\n"
    else:
        cell = f'<c r="B3" t="e"><v>{error}</v></c>' if form == "error cell" else wb.text("B3", error)
        content = wb.xlsx(wb.sheet(wb.header(), wb.row(3, cell, wb.text("C3", "name"), wb.text("D3", "T1"))))
    assert refusals(take(content)) == [
        f"3: product (column B): “{error}” is a spreadsheet error, not a value. Correct the cell, then import again."
    ]


def test_all_errors_of_a_file_are_told_together(take: Any) -> None:
    report = take(HEADER + ",#REF!,name,T1\n,BC14,name,#N/A\n")
    assert [line for line, _ in report.errors] == [2, 3]


def test_an_error_never_empties_an_existing_value(take: Any) -> None:
    take("storefront,pressero_method,ship_via,account_number\n,Ground,5010,A1\n", "shipment_methods")
    take("storefront,pressero_method,ship_via,account_number\n,Ground,5010,#N/A\n", "shipment_methods")
    assert ShipmentMethodMapping.objects.get().account_number == "A1"


@pytest.mark.parametrize("cell", ["<f>A1</f>", "<f>A1</f><v/>", "<f>A1</f><v></v>", '<f t="shared" si="0"/>'])
def test_a_formula_without_a_stored_value_is_refused_with_line_and_column(take: Any, cell: str) -> None:
    content = wb.xlsx(wb.sheet(wb.header(), wb.row(2, f'<c r="D2">{cell}</c>', wb.text("B2", "BC14"))))
    assert refusals(take(content)) == [
        "2: item_template (column D): the formula has no stored value. Open the file in a spreadsheet program and save "
        "it again."
    ]


def test_a_formula_counts_by_its_stored_value(take: Any) -> None:
    cells = ['<c r="B2" t="str"><f>A1</f><v>BC14</v></c>', '<c r="A2" t="str"><f>A1</f><v></v></c>']
    content = wb.xlsx(wb.sheet(wb.header(), wb.row(2, *cells, wb.text("C2", "name"), wb.text("D2", "T"))))
    assert (take(content).created, products()) == (1, ["BC14"])


@pytest.mark.parametrize("number", ["1.23457E+11", "1,23457E+11", "1E+15", "-2.5e-07"])
@pytest.mark.parametrize("form", ["text cell", "csv"])
def test_a_number_that_lost_its_digits_is_refused(take: Any, number: str, form: str) -> None:
    content: Any = wb.xlsx(wb.sheet(wb.header(), wb.texts(2, "", number, "name", "T")))
    if form == "csv":
        content = HEADER + f',"{number}",name,T\n'
    assert "2: product (column B): “" + number in refusals(take(content))[0]


def test_a_workbooks_number_keeps_all_its_digits_with_a_note(take: Any) -> None:
    report = take(_one_product(wb.number("B2", "123456789012")))
    assert products() == ["123456789012"]
    assert "all its digits, 123456789012." in report.notes[0]


@pytest.mark.parametrize("number", ["1.2345678901234567E+20", "0.00000001", "1E400", "INF", "1_0"])
def test_a_workbooks_number_that_is_not_stored_exactly_is_refused(take: Any, number: str) -> None:
    assert refusals(take(_one_product(wb.number("B2", number))))[0].startswith("2: product (column B): ")


def test_a_formula_in_a_csv_file_is_refused(take: Any) -> None:
    assert "is a formula, not a value" in refusals(take(HEADER + ',"=VLOOKUP(A1,B:C,2)",name,T\n'))[0]


def test_text_that_a_csv_file_protects_as_a_formula_is_read(take: Any) -> None:
    take(HEADER + ',"=""00501""",name,T\n')
    assert products() == ["00501"]


def test_merged_cells_are_refused_because_only_the_first_holds_the_value(take: Any) -> None:
    merged = '<mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>'
    content = wb.xlsx(wb.sheet(wb.header(), CARD, wb.texts(3, "", "BC15", "name", "T"), after=merged))
    assert refusals(take(content)) == [
        "2: storefront (column A): cells A2:A3 are merged. Split them and fill each one."
    ]


def test_a_merged_title_above_the_column_names_is_fine(take: Any) -> None:
    merged = '<mergeCells count="1"><mergeCell ref="A1:D1"/></mergeCells>'
    content = wb.xlsx(
        wb.sheet(wb.texts(1, "Products"), wb.header(2), wb.texts(3, "", "B", "name", "T"), after=merged)
    )
    assert take(content).created == 1


# --- what is shown


def _one_product(cell: str, *formats: str, properties: str = "") -> bytes:
    rows = wb.sheet(wb.header(), wb.row(2, cell, wb.text("C2", "name"), wb.text("D2", "T")))
    return wb.xlsx(rows, styles=wb.number_formats(*formats), properties=properties)


@pytest.mark.parametrize(
    ("number", "code", "shown"),
    [
        (501, "00000", "00501"),
        (501, "0000-00", "0005-01"),
        (5551234567, "(000) 000-0000", "(555) 123-4567"),
        (123456789, "000\\-00\\-0000", "123-45-6789"),
        (1234567, "#,##0", "1,234,567"),
        (1234.5, "#,##0.00", "1,234.50"),
        (-1234.5, "#,##0.00;(#,##0.00)", "(1,234.50)"),
        (1234.567, '"$"#,##0.00_);[Red]("$"#,##0.00)', "$1,234.57"),
        (1234, "[$€-407] 0", "€ 1234"),
        (0.125, "0.0%", "12.5%"),
        (1234567, '0,"k"', "1235k"),
        (7, '"SKU-"000', "SKU-007"),
        (7, "0.##", "7."),
        (0, "#", ""),
        (42, "@", "42"),
        (42, "General", "42"),
        (42, 'General" pcs"', None),
        (0.1 + 0.2, "General", "0.3"),
        (12.5, "General", "12.5"),
        (5.25, "# ?/?", None),
        (42, ";;;", None),
        (42, "[>100]0;00000", None),
        (1234567, "0.00E+00", None),
        (46380, "yyyy-mm-dd", "2026-12-24"),
        (46380, "m/d/yyyy", "12/24/2026"),
        (46380, "d-mmm-yy", "24-Dec-26"),
        (46380, "dddd, mmmm dd, yyyy", "Thursday, December 24, 2026"),
        (46380.75, "m/d/yy h:mm AM/PM", "12/24/26 6:00 PM"),
        (46380.5, "[$-409]yyyy\\.mm\\.dd hh:mm:ss;@", "2026.12.24 12:00:00"),
        (1.5, "[h]:mm", "36:00"),
        (1, "d/m/yyyy", "1/1/1900"),
        (3_000_000, "m/d/yyyy", None),
    ],
)
def test_a_number_is_read_as_it_is_shown(take: Any, number: float, code: str, shown: str | None) -> None:
    report = take(_one_product(wb.number("B2", number, style=1), code))
    if shown:
        assert products() == [shown]
    else:
        assert "product" in refusals(report)[0]


def test_an_empty_looking_number_is_refused_like_an_empty_cell(take: Any) -> None:
    assert refusals(take(_one_product(wb.number("B2", 0, style=1), "#")))


@pytest.mark.parametrize(
    ("number_id", "shown"), [(14, "12/24/2026"), (1, "46380"), (3, "46,380"), (49, "46380")]
)
def test_formats_that_every_workbook_knows_are_shown(take: Any, number_id: int, shown: str) -> None:
    styles = f'<styleSheet><cellXfs><xf numFmtId="{number_id}"/></cellXfs></styleSheet>'
    rows = wb.sheet(wb.header(), wb.row(2, wb.number("B2", 46380), wb.text("C2", "name"), wb.text("D2", "T")))
    take(wb.xlsx(rows, styles=styles))
    assert products() == [shown]


def test_an_id_shown_with_thousands_is_that_id(take: Any) -> None:
    rows = wb.sheet(
        wb.header(1, "storefront", "pressero_method", "ship_via"),
        wb.row(2, wb.text("B2", "Ground"), wb.number("C2", 5010, style=1)),
    )
    take(wb.xlsx(rows, styles=wb.number_formats("#,##0")), "shipment_methods")
    assert ShipmentMethodMapping.objects.get().ship_via == 5010


@pytest.mark.parametrize(("properties", "day"), [("", "2026-12-24"), ('date1904="1"', "2030-12-25")])
def test_dates_count_from_the_year_the_workbook_says(take: Any, properties: str, day: str) -> None:
    rows = wb.sheet(
        wb.header(1, "storefront", "date", "name"),
        wb.row(2, wb.number("B2", 46380, style=1), wb.text("C2", "Eve")),
    )
    take(wb.xlsx(rows, styles=wb.number_formats("d mmm"), properties=properties), "holidays")
    assert Holiday.objects.get().date.isoformat() == day


def test_a_date_written_as_text_of_a_date_cell_is_understood(take: Any) -> None:
    rows = wb.sheet(
        wb.header(1, "storefront", "date", "name"),
        wb.row(2, '<c r="B2" t="d"><v>2026-12-24T00:00:00</v></c>', wb.text("C2", "Eve")),
    )
    assert take(wb.xlsx(rows), "holidays").created == 1


def test_rich_texts_are_whole_and_without_phonetic_readings(take: Any) -> None:
    shared = (
        "<sst><si><r><t>BC</t></r><r><t>14</t></r><rPh><t>bee</t></rPh></si><si><t>a_x0041_b</t></si></sst>"
    )
    cells = ['<c r="B2" t="s"><v>0</v></c>', wb.text("C2", "name"), '<c r="D2" t="s"><v>1</v></c>']
    take(wb.xlsx(wb.sheet(wb.header(), wb.row(2, *cells)), texts=shared))
    row = ProductMapping.objects.get()
    assert (row.product, row.item_template) == ("BC14", "aAb")


# --- sheets


def test_the_visible_sheet_with_the_column_names_is_read_and_the_others_are_named(take: Any) -> None:
    wanted = wb.sheet(wb.header(), CARD)
    report = take(
        wb.xlsx(
            wb.sheet(wb.texts(1, "Read me")),
            wb.sheet(wb.header(), wb.texts(2, "", "OLD", "name", "T")),
            wanted,
            names=("Help", "Old", "Products"),
            states=("visible", "hidden", "visible"),
        )
    )
    assert products() == ["BC14"]
    assert report.notes == ["Only the sheet “Products” was read; “Help”, “Old” (hidden) were not."]


def test_of_two_like_sheets_the_active_one_is_read(take: Any) -> None:
    other = wb.sheet(wb.header(), wb.texts(2, "", "X", "name", "T"))
    take(wb.xlsx(other, wb.sheet(wb.header(), CARD), active=1))
    assert products() == ["BC14"]


def test_hidden_lines_are_read_and_told(take: Any) -> None:
    hidden = wb.row(
        2, wb.text("B2", "BC14"), wb.text("C2", "name"), wb.text("D2", "T"), attributes='hidden="1"'
    )
    assert take(wb.xlsx(wb.sheet(wb.header(), hidden))).notes == ["Hidden lines were read too: 2."]


# --- column names


@pytest.mark.parametrize(
    "names",
    [
        "Storefront,Product,Match,Item template",
        " STOREFRONT ,product*,Match:,item-template",
        "storefront,\u200bProduct,match,Item\u00a0Template",
    ],
)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_columns_may_have_the_labels_of_the_screen(take: Any, names: str, form: str) -> None:
    content: Any = names + "\n,BC14,name,T1\n"
    if form == "xlsx":
        content = wb.xlsx(wb.sheet(wb.header(1, *names.split(",")), CARD))
    assert take(content).created == 1


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("shipment_methods", "Storefront,Pressero method,Ship via,Account number\n,Ground,5010,A1\n"),
        ("shipment_addresses", "Storefront,Business,Address 1,City,State,Postal code,Country,Ship via,Account number\n"
         ",Example,,,,90210,,5010,\n"),
        ("statuses", "Storefront,Level,Pace status,Workflow,Pressero stage,Note\n,job,S,,X,\n"),
        ("holidays", "Storefront,Date,Name,Every year\n,2026-12-24,Eve,yes\n"),
    ],
)  # fmt: skip
def test_every_kind_knows_its_labels(take: Any, kind: str, lines: str) -> None:
    assert take(lines, kind).created == 1


def test_an_almost_right_column_name_brings_the_right_one(take: Any) -> None:
    report = take("storefront,product,match,item templete\n,BC14,name,T1\n")
    assert report.errors[0][1].endswith("Did you mean item_template?")


def test_a_filled_cell_without_a_column_name_is_refused(take: Any) -> None:
    report = take("storefront,product,,match,item_template\n,BC14,x,name,T1\n")
    assert refusals(report) == ["2: column C: the column has no name, but this cell is filled."]


def test_an_empty_column_between_others_is_left_out(take: Any) -> None:
    assert take("storefront,product,,match,item_template\n,BC14,,name,T1\n").created == 1


# --- separators and titles


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "above",
    [
        "",
        "\n\n",
        "Product mappings\n",
        "Products, sizes, and papers; 2026\n\n",
        ",,,\n",
        '"Title, of\ntwo lines"\n\n\n',
        "Product\n",
    ],
)
def test_the_separator_is_that_of_the_line_with_the_column_names(
    take: Any, above: str, separator: str
) -> None:
    line = above.count("\n") + 2
    table = (HEADER + ",1 1/2; x|y,name,T\n").replace(",", separator)
    table = table.replace("1 1/2; x|y", '"1,5;2|3\tx"')
    report = take(above + table + separator + "#N/A" + separator + separator + "\n")
    assert [number for number, _ in report.errors] == [line + 1]


def test_the_lines_above_the_column_names_are_told(take: Any) -> None:
    report = take("Product mappings\nas of May\n" + HEADER + ",BC14,name,T1\n")
    assert report.notes == [
        "The column names were found in line 3; the text in lines 1 to 2 above it was skipped."
    ]


def test_a_workbook_may_have_a_title(take: Any) -> None:
    content = wb.xlsx(wb.sheet(wb.texts(2, "Products"), wb.header(4), wb.texts(5, "", "BC14", "name", "T")))
    assert take(content).created == 1


# --- encodings


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("cp1252", "Windows-1252"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("mac_roman", "Mac Roman"),
        ("cp437", "DOS (code page 437)"),
    ],
)
def test_what_is_not_utf_8_is_read_with_a_note(take: Any, codec: str, name: str) -> None:
    texts = ["Café crème", "Größe M", "Señor Piñata", "Façade brûlée", "naïve résumé"]
    lines = "".join(f",{text},name,T\n" for text in texts)
    report = take((HEADER + lines).encode(codec))
    assert products() == texts
    assert name in report.notes[0]


@pytest.mark.parametrize(
    "text", ["Café", "Flyer – large", "“Premium” card", "£ 5", "Jürgen", "½ fold", "Pâté’s"]
)
def test_a_single_accent_of_excels_ordinary_csv_is_read(take: Any, text: str) -> None:
    take((HEADER + f",{text},name,T\n").encode("cp1252"))
    assert products() == [text]


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
def test_utf_8_needs_no_note(take: Any, mark: bytes) -> None:
    assert take(mark + (HEADER + ",Café,name,T\n").encode()).notes == []


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0\0", bytes(range(256)), b"\xff\xfe\x00\xd8x\x00"])
def test_what_is_no_text_is_refused_in_words(take: Any, content: bytes) -> None:
    assert refusals(take(content))[0].startswith("None: The file ")


# --- other files


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old kind (.xls), or has a password"),
        (wb.xlsx(wb.sheet(), parts={"mimetype": "application/vnd.oasis"}), "OpenDocument"),
        (wb.xlsx(wb.sheet(), parts={"_rels/.rels": wb._relations([("officeDocument", "xl/workbook.bin")])}), ".xlsb"),
        (wb.xlsx(wb.sheet(), parts={"_rels/.rels": wb._relations([("officeDocument", "word/document.xml")])}),
         "not an XLSX"),
        (wb.xlsx(wb.sheet(), parts={"xl/workbook.xml": "<workbook><sheets/></workbook>"}), "not an XLSX"),
        (wb.xlsx("<worksheet><sheetData>"), "damaged"),
        (wb.xlsx("<!DOCTYPE x [<!ENTITY a 'aaaa'>]><worksheet/>"), "damaged"),
        (wb.xlsx(wb.sheet(), compression=zipfile.ZIP_LZMA), "damaged"),
        (wb.xlsx(wb.sheet()), "empty"),
        (wb.xlsx(wb.sheet(), wb.sheet()), "empty"),
    ],
)  # fmt: skip
def test_other_files_are_refused_with_what_to_do(take: Any, content: bytes, reason: str) -> None:
    assert reason in refusals(take(content, name="rows.xlsx"))[0]


@pytest.mark.parametrize("name", ["rows.csv", "rows.xlsx"])
@pytest.mark.parametrize("content", [HEADER + ",BC14,name,T\n", wb.xlsx(wb.sheet(wb.header(), CARD))])
def test_a_file_with_the_wrong_ending_is_read_by_its_content(take: Any, content: Any, name: str) -> None:
    assert take(content, name=name).created == 1


def test_a_file_that_a_common_library_wrote_is_read(take: Any, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["storefront", "date", "name", "every_year"], [None, datetime(2026, 12, 24), "Eve", True]):  # noqa: DTZ001
        book.active.append(row)
    book.save(tmp_path / "book.xlsx")
    assert take((tmp_path / "book.xlsx").read_bytes(), "holidays").created == 1
    assert Holiday.objects.get().every_year


# --- there and back


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@pytest.mark.parametrize(
    "code", ["1E+11", "#REF!", "#N/A", "####", "'1E+11", "=1", "Err:502", "00501", "1E+1", "#1"]
)
def test_codes_that_look_like_errors_survive_export_and_import(
    take: Any, tmp_path: Path, code: str, suffix: str
) -> None:
    from mappings.resources import export_file, import_rows

    import_rows("products", [{"product": code, "match": "name", "item_template": code}])
    export_file("products", tmp_path / f"rows.{suffix}")
    assert import_file("products", tmp_path / f"rows.{suffix}").unchanged == 1
