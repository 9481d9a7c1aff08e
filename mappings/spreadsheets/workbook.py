"""XLSX workbooks: which sheet, and its filled rows as people see them.

What a sheet says of its own size is ignored: only cells that are there are read, wherever they stand.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from openpyxl.styles.numbers import BUILTIN_FORMATS  # type: ignore[import-untyped]

from mappings.spreadsheets.limits import SheetLimits
from mappings.spreadsheets.number_formats import GENERAL, REGIONAL
from mappings.spreadsheets.package import DAMAGED, NOT_A_WORKBOOK, WorkbookPackage
from mappings.spreadsheets.problems import UnreadableFile
from mappings.spreadsheets.sheet import LONGEST_TEXT, SheetContent, SheetReader
from mappings.spreadsheets.table import EMPTY, Labels, NumberedDataset, build, header_score

# Cell formats and texts are referred to by their number; Excel itself stops at these.
MOST_FORMATS = 65_536


@dataclass(frozen=True)
class _Sheet:
    name: str
    part: str
    hidden: bool


def read(content: bytes, labels: Labels | None, limits: SheetLimits) -> NumberedDataset:
    """The table of the sheet that has the column names; other sheets are named in a note."""
    package = WorkbookPackage(content, limits)
    part = _workbook_part(package)
    relations = package.relations(part)
    sheets, active, from_1904 = _sheets(package, part, relations)
    by_kind = dict(relations.values())
    shared = SheetContent(
        texts=_texts(package, by_kind.get("sharedStrings", ""), limits),
        formats=_formats(package, by_kind.get("styles", "")),
        from_1904=from_1904,
        limits=limits,
    )
    chosen = _chosen(package, shared, sheets, active, labels)
    reader = SheetReader(shared)
    reader.read(package, chosen.part)
    notes = [*_about_sheets(sheets, chosen), *reader.notes()]
    return build(reader.checked_rows(labels), labels, limits, notes)


def _workbook_part(package: WorkbookPackage) -> str:
    if package.has("mimetype"):
        raise UnreadableFile("The file is an OpenDocument spreadsheet: save it as .xlsx or CSV.")
    found = [target for kind, target in package.relations("").values() if kind == "officeDocument"]
    part = found[0] if found else "xl/workbook.xml"
    if part.endswith(".bin"):
        raise UnreadableFile("The file is a binary workbook (.xlsb): save it as .xlsx.")
    if not package.has(part):
        raise UnreadableFile(NOT_A_WORKBOOK)
    return part


def _sheets(
    package: WorkbookPackage, part: str, relations: Mapping[str, tuple[str, str]]
) -> tuple[list[_Sheet], int, bool]:
    """The work sheets in their order, the place of the active one, and whether dates count from 1904."""
    sheets: list[_Sheet] = []
    all_sheets = active = 0
    active_at, from_1904 = 0, False

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal all_sheets, active, active_at, from_1904
        if tag == "workbookPr":
            from_1904 = attributes.get("date1904") in ("1", "true")
        elif tag == "workbookView":
            active_at = int(attributes.get("activeTab", "0"))
        elif tag == "sheet":
            identity = next(
                (value for name, value in attributes.items() if name.rpartition(":")[2] == "id"), ""
            )
            kind, target = relations.get(identity, ("", ""))
            if kind == "worksheet":
                if all_sheets == active_at:
                    active = len(sheets)
                hidden = attributes.get("state", "visible") != "visible"
                sheets.append(_Sheet(attributes.get("name", ""), target, hidden))
            all_sheets += 1

    package.parse(part, start)
    if not sheets:
        raise UnreadableFile(NOT_A_WORKBOOK)
    return sheets, active, from_1904


def _chosen(
    package: WorkbookPackage, shared: SheetContent, sheets: list[_Sheet], active: int, labels: Labels | None
) -> _Sheet:
    """The visible sheet whose best line names most columns; among equals the active one, then the first."""
    candidates = [index for index, sheet in enumerate(sheets) if not sheet.hidden] or list(range(len(sheets)))
    if len(candidates) == 1:
        return sheets[candidates[0]]
    scores: dict[int, int] = {}
    for index in candidates:
        reader = SheetReader(shared, most_rows=shared.limits.lines_before_header)
        reader.read(package, sheets[index].part)
        scores[index] = max((header_score(row, labels) for _, row in reader.rows), default=0)
    if not any(scores.values()):
        raise UnreadableFile(EMPTY)
    return sheets[min(candidates, key=lambda index: (-scores[index], index != active, index))]


def _about_sheets(sheets: list[_Sheet], chosen: _Sheet) -> list[str]:
    others = [f"“{one.name}”{' (hidden)' if one.hidden else ''}" for one in sheets if one is not chosen]
    if not others:
        return []
    more = f" and {len(others) - 5} more" if len(others) > 5 else ""
    verb = "was" if len(others) == 1 else "were"
    return [f"Only the sheet “{chosen.name}” was read; {', '.join(others[:5])}{more} {verb} not."]


def _texts(package: WorkbookPackage, part: str, limits: SheetLimits) -> list[str]:
    """The texts that cells refer to by number; phonetic readings beside them are left out."""
    texts: list[str] = []
    if not package.has(part):
        return texts
    pieces: list[str] = []
    within: list[str] = []
    length = 0

    def start(tag: str, _: Mapping[str, str]) -> None:
        nonlocal length
        within.append(tag)
        if tag == "si":
            pieces.clear()
            length = 0

    def end(tag: str) -> None:
        within.pop()
        if tag == "si":
            if len(texts) >= limits.texts:
                raise UnreadableFile(
                    f"The workbook has more than {limits.texts:,} different texts: split it."
                )
            texts.append("".join(pieces))

    def text(piece: str) -> None:
        nonlocal length
        if within[-1] == "t" and "rPh" not in within:
            pieces.append(piece)
            length += len(piece)
            if length > LONGEST_TEXT:
                raise UnreadableFile("The workbook holds a text that is longer than a cell can hold.")

    package.parse(part, start, end, text)
    return texts


def _formats(package: WorkbookPackage, part: str) -> list[str]:
    """The number format of each cell style."""
    own: dict[int, str] = {}
    styles: list[int] = []
    within: list[str] = []

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "numFmt" and within[-1:] == ["numFmts"]:
            own[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", GENERAL)
        elif tag == "xf" and within[-1:] == ["cellXfs"]:
            styles.append(int(attributes.get("numFmtId", "0")))
            if len(styles) > MOST_FORMATS:
                raise UnreadableFile(DAMAGED)
        within.append(tag)

    def end(_: str) -> None:
        within.pop()

    if package.has(part):
        package.parse(part, start, end)
    known = {**BUILTIN_FORMATS, **REGIONAL, **own}
    return [known.get(number, GENERAL) for number in styles]
