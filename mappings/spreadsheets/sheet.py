"""One sheet of a workbook: its filled cells, streamed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mappings.spreadsheets.limits import SheetLimits
from mappings.spreadsheets.number_formats import GENERAL, shown_number, shown_text
from mappings.spreadsheets.package import DAMAGED, EnoughRead, WorkbookPackage
from mappings.spreadsheets.problems import UnreadableFile, column_letter
from mappings.spreadsheets.shown import ShownValue
from mappings.spreadsheets.table import Labels, Problems, SparseRow, header_score

# The size of a sheet in Excel.
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
# Excel shows longer whole numbers as 1.23457E+11 although it stores all their digits.
LONGEST_SHOWN = 11
MOST_NOTED = 3
# Characters stored in one cell; escapes such as _x000D_ take seven for one.
LONGEST_TEXT = 300_000
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True)
class SheetContent:
    """What all sheets of a workbook share."""

    texts: list[str]
    formats: list[str]
    from_1904: bool
    limits: SheetLimits


@dataclass
class _Cell:
    column: int
    kind: str
    format: str
    formula: bool = False
    stored: bool = False


class SheetReader:
    """Reads the filled cells of one sheet, and remembers what has to be said about them."""

    def __init__(self, shared: SheetContent, most_rows: int | None = None) -> None:
        self.shared = shared
        self.most_rows = most_rows
        self.rows: list[SparseRow] = []
        self.problems: list[tuple[int, int, str]] = []
        self.merged: list[str] = []
        self.hidden: list[int] = []
        self.long_numbers: list[tuple[int, int, str]] = []
        self.dates: list[tuple[int, int, str]] = []
        self._line = self._column = 0
        self._row: dict[int, Any] = {}
        self._filled = 0
        self._cell: _Cell | None = None
        self._within: list[str] = []
        self._pieces: list[str] = []
        self._length = 0
        self._is_hidden = False

    def read(self, package: WorkbookPackage, part: str) -> None:
        """Fill `rows` with the sheet's rows, up to `most_rows` of them."""
        package.parse(part, self._start, self._end, self._text)

    # --- what has to be said ---

    def notes(self) -> list[str]:
        """What people might not expect of the rows that were read."""
        found = []
        if self.hidden:
            where = ", ".join(str(line) for line in self.hidden[:MOST_NOTED])
            more = " and others" if len(self.hidden) > MOST_NOTED else ""
            found.append(f"Hidden lines were read too: {where}{more}.")
        for line, column, text in self.long_numbers[:MOST_NOTED]:
            found.append(
                f"Line {line}, column {column_letter(column)}: the spreadsheet shows a shortened number; it was read "
                f"with all its digits, {text}."
            )
        return found

    def checked_rows(self, labels: Labels | None) -> list[SparseRow]:
        """The rows, unless a cell of the table is no value; those above the column names do not count."""
        scores = [header_score(row, labels) for _, row in self.rows[: self.shared.limits.lines_before_header]]
        best = max(scores, default=0)
        header = self.rows[scores.index(best)][0] if best else 0
        problems = Problems(self.shared.limits)
        for line, column, text in sorted([*self.problems, *self._merged_cells()]):
            if line > header:
                problems.add(line, text, self._place(header, column, labels))
        problems.end()
        return self.rows

    def _place(self, header: int, column: int, labels: Labels | None) -> str:
        label = next((str(row[column]) for line, row in self.rows if line == header and column in row), "")
        name = (labels.name_of(label) if labels else "") or label
        letter = column_letter(column)
        return f"{name} (column {letter})" if name else f"column {letter}"

    def _merged_cells(self) -> Iterator[tuple[int, int, str]]:
        """Only the first of merged cells holds what all of them show; the others would be read as empty."""
        filled = {line for line, _ in self.rows}
        for reference in self.merged:
            ends = [_REFERENCE.fullmatch(end) for end in reference.split(":")]
            if len(ends) != 2 or not ends[0] or not ends[1]:
                continue
            first, last = int(ends[0][2]), int(ends[1][2])
            if any(line in filled for line in range(max(first, 1), min(last, LAST_ROW) + 1)):
                yield (
                    first,
                    _column(ends[0][1]),
                    f"cells {reference} are merged. Split them and fill each one.",
                )

    # --- the parser's events ---

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._within.append(tag)
        if tag == "c":
            self._start_cell(attributes)
        elif tag == "row":
            self._line = int(attributes["r"]) if "r" in attributes else self._line + 1
            if not 0 < self._line <= LAST_ROW:
                raise UnreadableFile(DAMAGED)
            self._row, self._column = {}, 0
            self._is_hidden = attributes.get("hidden") in ("1", "true")
        elif tag in ("v", "is"):
            self._pieces, self._length = [], 0
            if self._cell is not None:
                self._cell.stored = True
        elif tag == "f" and self._cell is not None:
            self._cell.formula = True
        elif tag == "mergeCell" and len(self.merged) < self.shared.limits.rows:
            self.merged.append(attributes.get("ref", ""))

    def _start_cell(self, attributes: Mapping[str, str]) -> None:
        reference = attributes.get("r")
        if reference is None:
            column = self._column
        else:
            match = _REFERENCE.fullmatch(reference)
            if match is None:
                raise UnreadableFile(DAMAGED)
            column = _column(match[1])
        if column >= LAST_COLUMN:
            raise UnreadableFile(DAMAGED)
        self._column = column + 1
        style = int(attributes.get("s", "0"))
        formats = self.shared.formats
        code = formats[style] if 0 <= style < len(formats) else GENERAL
        self._cell = _Cell(column, attributes.get("t", "n"), code)
        self._pieces, self._length = [], 0

    def _text(self, piece: str) -> None:
        tag = self._within[-1]
        if tag == "v" or (tag == "t" and "is" in self._within and "rPh" not in self._within):
            self._pieces.append(piece)
            self._length += len(piece)
            if self._length > LONGEST_TEXT:
                where = f"Line {self._line}, column {column_letter(self._column - 1)}"
                raise UnreadableFile(f"{where}: the text is longer than a cell can hold.")

    def _end(self, tag: str) -> None:
        self._within.pop()
        if tag == "c" and self._cell is not None:
            self._take(self._cell, "".join(self._pieces))
            self._cell = None
        elif tag == "row" and self._row:
            if self._is_hidden:
                self.hidden.append(self._line)
            self.rows.append((self._line, self._row))
            self._row = {}
            if self.most_rows is not None and len(self.rows) >= self.most_rows:
                raise EnoughRead
            if len(self.rows) > self.shared.limits.rows + self.shared.limits.lines_before_header:
                most = self.shared.limits.rows
                raise UnreadableFile(
                    f"The file has more than {most:,} rows; at most {most:,} can be read in one go: split it."
                )

    def _take(self, cell: _Cell, stored: str) -> None:
        value = self._value(cell, stored)
        if value is None or value == "":
            return
        self._filled += 1
        if self._filled > self.shared.limits.cells:
            raise UnreadableFile(f"The file has more than {self.shared.limits.cells:,} cells: split it.")
        self._row[cell.column] = value

    def _value(self, cell: _Cell, stored: str) -> Any:
        """What the cell shows; None when it is empty or wrong."""
        if cell.formula and not stored and (cell.kind != "str" or not cell.stored):
            return self._wrong(
                cell,
                "the formula has no stored value. Open the file in a spreadsheet program and save it again.",
            )
        if cell.kind in ("s", "str", "inlineStr"):
            if cell.kind == "s":
                stored = self._shared_text(stored)
            text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), stored)
            return text if cell.format == GENERAL or not text else shown_text(text, cell.format)
        if not stored.strip():
            return None
        if cell.kind == "b":
            return ShownValue("TRUE", True) if stored.strip() in ("1", "true") else ShownValue("FALSE", False)
        if cell.kind == "d":
            return self._date(cell, stored.strip())
        if cell.kind == "e":
            return stored.strip()  # refused by its text, as in a CSV file
        return self._number(cell, stored.strip())

    def _shared_text(self, stored: str) -> str:
        try:
            number = int(stored or "0")
            if number < 0:
                raise IndexError
            return self.shared.texts[number]
        except (ValueError, IndexError):
            raise UnreadableFile(DAMAGED) from None

    def _number(self, cell: _Cell, stored: str) -> Any:
        if (
            cell.format == GENERAL
            and len(stored) <= LONGEST_SHOWN
            and stored.isdecimal()
            and stored.isascii()
        ):
            return int(stored)
        value = shown_number(stored, cell.format, self.shared.from_1904)
        if value is None:
            return self._wrong(
                cell,
                f"the hub cannot read what the number format “{cell.format[:60]}” shows for {stored[:40]}. Format the cell as text and type the value.",
            )
        if isinstance(value, int) and len(str(abs(value))) > LONGEST_SHOWN:
            self.long_numbers.append((self._line, cell.column, str(value)))
        return value

    def _date(self, cell: _Cell, stored: str) -> Any:
        try:
            moment = datetime.fromisoformat(stored)
        except ValueError:
            return self._wrong(cell, f"“{stored[:40]}” is not a date.")
        return ShownValue(stored, moment)

    def _wrong(self, cell: _Cell, text: str) -> None:
        if len(self.problems) < self.shared.limits.problems:
            self.problems.append((self._line, cell.column, text))


def _column(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1
