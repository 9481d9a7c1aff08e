"""Makes a table of rows: finds the line with the column names, checks every cell, keeps the line of every row."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

import tablib

from mappings.spreadsheets.limits import SheetLimits
from mappings.spreadsheets.problems import CellProblem, UnreadableFile, column_letter
from mappings.spreadsheets.shown import QUOTED_TEXT, ShownValue, problem_with

# One row of a sheet: the line it stands on, and its filled cells by column, the first of which is 0.
SparseRow = tuple[int, dict[int, Any]]

EMPTY = "The file is empty: its first line must hold the column names."


class Labels:
    """The columns a table may have, by their names and by the labels that people see on the screen."""

    def __init__(self, labels: Mapping[str, Iterable[str]]) -> None:
        self.names = tuple(labels)
        self._by_key = {_label_key(label): name for name, several in labels.items() for label in several}
        self._by_key |= {_label_key(name): name for name in labels}

    def name_of(self, label: Any) -> str:
        """The name of the column with this label; "" for one that is not known."""
        return self._by_key.get(_label_key(str(label)), "")


class NumberedDataset(tablib.Dataset):
    """A table whose rows know their line in the file. `notes`: what the reader decided, a sentence each."""

    def __init__(
        self, headers: list[str], rows: Iterable[tuple[int, list[Any]]], notes: Iterable[str] = ()
    ) -> None:
        numbered = list(rows)
        super().__init__(*(cells for _, cells in numbered), headers=headers)
        self.lines = [line for line, _ in numbered]
        self.notes = list(notes)


class Problems:
    """Collects what is wrong with a file, up to a limit, and ends the reading with all of it."""

    def __init__(self, limits: SheetLimits) -> None:
        self.limit = limits.problems
        self.found: list[CellProblem] = []

    def add(self, line: int | None, text: str, column: str = "") -> None:
        self.found.append(CellProblem(line, text, column))
        if len(self.found) >= self.limit:
            self.found.append(CellProblem(None, "There may be more problems; correct these first."))
            self.end()

    def end(self) -> None:
        if self.found:
            raise UnreadableFile(*self.found)


def header_score(row: dict[int, Any], labels: Labels | None) -> int:
    """How much a line looks like the one with the column names: its known columns, or its cells when none are known."""
    if labels is None:
        return min(2, len(row))
    return len({name for cell in row.values() if (name := labels.name_of(cell))})


def build(
    rows: Iterable[SparseRow], labels: Labels | None, limits: SheetLimits, notes: Iterable[str] = ()
) -> NumberedDataset:
    """The table of a sheet's filled rows."""
    remaining = iter(rows)
    first = list(islice(remaining, limits.lines_before_header))
    if not first:
        raise UnreadableFile(EMPTY)
    scores = [header_score(row, labels) for _, row in first]
    at = scores.index(max(scores)) if max(scores) > (0 if labels else 1) else 0
    line, header = first[at]
    said = list(notes)
    if at:
        above = [number for number, _ in first[:at]]
        said.append(f"The column names were found in line {line}; {_lines(above)} above it was skipped.")
    problems = Problems(limits)
    headers = _headers(header, labels, limits)
    data = chain(first[at + 1 :], remaining)
    table = NumberedDataset(*_without_unnamed(headers, _checked(data, headers, limits, problems)), said)
    problems.end()
    return table


def place(headers: list[str], column: int) -> str:
    """A column in words: its name and the letters that a spreadsheet program shows above it."""
    name = headers[column] if column < len(headers) else ""
    letter = column_letter(column)
    return f"{name} (column {letter})" if name else f"column {letter}"


def _headers(row: dict[int, Any], labels: Labels | None, limits: SheetLimits) -> list[str]:
    width = max(row) + 1
    if width > limits.columns:
        raise UnreadableFile(f"The file has {width} columns; at most {limits.columns} can be read.")
    texts = [" ".join(str(row.get(column, "")).split()) for column in range(width)]
    return [(labels.name_of(text) or text) if labels else text for text in texts]


def _checked(
    rows: Iterable[SparseRow], headers: list[str], limits: SheetLimits, problems: Problems
) -> Iterator[tuple[int, list[Any]]]:
    """The rows with all their cells; what is wrong with them goes to `problems`."""
    width, count = len(headers), 0
    for line, filled in rows:
        count += 1
        if count * width > limits.cells:
            raise UnreadableFile(f"The file has more than {limits.cells:,} cells: split it.")
        if count > limits.rows:
            raise UnreadableFile(
                f"The file has more than {limits.rows:,} rows; at most {limits.rows:,} can be read in one go: split it."
            )
        cells: list[Any] = [""] * width
        for column, cell in filled.items():
            if column >= width:
                problems.add(None, f"Line {line} has {max(filled) + 1} cells, but there are {width} columns.")
                break
            if not headers[column]:
                problems.add(line, "the column has no name, but this cell is filled.", place(headers, column))
                continue
            cells[column] = _value(cell, line, place(headers, column), limits, problems)
        yield line, cells


def _value(cell: Any, line: int, column: str, limits: SheetLimits, problems: Problems) -> Any:
    if not isinstance(cell, str):
        return cell
    if len(cell) > limits.cell_characters:
        problems.add(line, f"the text is longer than {limits.cell_characters:,} characters.", column)
        return ""
    text = cell.strip()
    if reason := problem_with(text):
        problems.add(line, reason, column)
        return ""
    if not isinstance(cell, ShownValue) and (quoted := QUOTED_TEXT.fullmatch(text)):
        return quoted[1].replace('""', '"')
    return cell


def _without_unnamed(
    headers: list[str], rows: Iterable[tuple[int, list[Any]]]
) -> tuple[list[str], Iterable[tuple[int, list[Any]]]]:
    """The named columns only; an empty column between them holds nothing."""
    kept = [index for index, name in enumerate(headers) if name]
    if len(kept) == len(headers):
        return headers, rows
    return [headers[index] for index in kept], (
        (line, [cells[index] for index in kept]) for line, cells in rows
    )


def _lines(numbers: list[int]) -> str:
    return f"line {numbers[0]}" if len(numbers) == 1 else f"the text in lines {numbers[0]} to {numbers[-1]}"


def _label_key(label: str) -> str:
    """Labels are compared without case, invisible characters, the kind of blank, and marks of forms such as * or :."""
    visible = "".join(char for char in label if unicodedata.category(char) != "Cf")
    return re.sub(r"[\s_\-]+", " ", unicodedata.normalize("NFKC", visible).casefold()).strip(" *:")
