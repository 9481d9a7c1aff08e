"""XLSX files as other programs write them, part by part: what openpyxl would not write."""

import io
import zipfile
from collections.abc import Iterable
from html import escape
from typing import Any

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PRODUCTS = ("storefront", "product", "match", "item_template")


def xlsx(
    *sheets: str,
    names: Iterable[str] = (),
    states: Iterable[str] = (),
    active: int = 0,
    styles: str = "",
    texts: str = "",
    properties: str = "",
    compression: int = zipfile.ZIP_DEFLATED,
    parts: dict[str, Any] | None = None,
) -> bytes:
    """A workbook of these sheets' XML; `states`: visible or hidden; `parts`: further ones, or others in their place."""
    names = [*names, *(f"Sheet{number + 1}" for number in range(len(list(names)), len(sheets)))]
    states = [*states, *["visible"] * len(sheets)]
    links = [("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, len(sheets) + 1)]
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{number}" state="{state}" r:id="rId{number}"/>'
        for number, (name, state) in enumerate(zip(names, states, strict=False), 1)
    )
    written: dict[str, Any] = {
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{LINKS}"><workbookPr {properties}/><bookViews>'
        f'<workbookView activeTab="{active}"/></bookViews><sheets>{listed}</sheets></workbook>',
        **{f"xl/worksheets/sheet{number}.xml": sheet for number, sheet in enumerate(sheets, 1)},
    }
    if styles:
        links.append(("styles", "styles.xml"))
        written["xl/styles.xml"] = styles
    if texts:
        links.append(("sharedStrings", "/xl/sharedStrings.xml"))
        written["xl/sharedStrings.xml"] = texts
    written["xl/_rels/workbook.xml.rels"] = _relations(links)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as package:
        for name, content in {**written, **(parts or {})}.items():
            package.writestr(name, content)
    return out.getvalue()


def _relations(links: list[tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{number}" Type="{LINKS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(links, 1)
    )
    return f"<Relationships>{listed}</Relationships>"


def sheet(*rows: str, before: str = "", after: str = "") -> str:
    return f"<worksheet {MAIN}>{before}<sheetData>{''.join(rows)}</sheetData>{after}</worksheet>"


def row(number: int, *cells: str, attributes: str = "") -> str:
    return f'<row r="{number}" {attributes}>{"".join(cells)}</row>'


def text(reference: str, value: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def number(reference: str, value: object, style: int = 0) -> str:
    return f'<c r="{reference}" s="{style}"><v>{value}</v></c>'


def texts(line: int, *values: str) -> str:
    """A row of texts from column A on; empty ones are left out."""
    return row(line, *(text(f"{chr(65 + at)}{line}", value) for at, value in enumerate(values) if value))


def header(line: int = 1, *names: str) -> str:
    return texts(line, *(names or PRODUCTS))


def number_formats(*codes: str) -> str:
    """Styles that number these formats from 1; 0 is General."""
    own = "".join(
        f'<numFmt numFmtId="{164 + at}" formatCode="{escape(code)}"/>' for at, code in enumerate(codes)
    )
    used = "".join(f'<xf numFmtId="{164 + at}"/>' for at in range(len(codes)))
    return (
        f'<styleSheet {MAIN}><numFmts>{own}</numFmts><cellStyleXfs><xf numFmtId="3"/></cellStyleXfs>'
        f'<cellXfs><xf numFmtId="0"/>{used}</cellXfs></styleSheet>'
    )
