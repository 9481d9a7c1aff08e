"""Reads and writes the CSV and XLSX files of the mappings, as people save them.

CSV: UTF-8 with or without a byte order mark, separated by comma, semicolon or tab. Rows keep the line they stand on, so
that every complaint names it. Empty rows are left out.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

import tablib
from import_export.formats.base_formats import CSV, XLSX

SEPARATORS = ",;\t"


class UnreadableFile(ValueError):
    """The file as a whole cannot be read; the text says why, with the line where there is one."""


class NumberedDataset(tablib.Dataset):
    """A table whose rows know their line in the file."""

    def __init__(self, headers: list[str], rows: Iterable[tuple[int, list[Any]]]) -> None:
        numbered = [(line, _fitted(cells, len(headers), line)) for line, cells in rows]
        super().__init__(*(cells for _, cells in numbered), headers=headers)
        self.lines = [line for line, _ in numbered]


def read_csv(content: bytes | str) -> NumberedDataset:
    """The rows of a CSV file."""
    rows = _csv_rows(_text(content))
    return _dataset(rows)


def read_xlsx(content: bytes) -> NumberedDataset:
    """The rows of the active sheet of a workbook; formulas count by the value they were saved with."""
    import openpyxl  # type: ignore[import-untyped]

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        rows = [(line, list(cells)) for line, cells in enumerate(book.active.iter_rows(values_only=True), 1)]
    except (
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        OSError,
        SyntaxError,
    ) as error:
        raise UnreadableFile("The file is not an XLSX workbook.") from error
    return _dataset(iter(rows))


def _dataset(rows: Iterator[tuple[int, list[Any]]]) -> NumberedDataset:
    filled = ((line, cells) for line, cells in rows if any(cell not in (None, "") for cell in cells))
    try:
        _, first = next(filled)
    except StopIteration:
        raise UnreadableFile("The file is empty: its first line must hold the column names.") from None
    headers = ["" if cell is None else str(cell).strip() for cell in first]
    while headers and not headers[-1]:
        headers.pop()
    return NumberedDataset(headers, filled)


def _fitted(cells: list[Any], width: int, line: int) -> list[Any]:
    """Short rows are filled up; what stands beyond the last column must be empty."""
    if any(cell not in (None, "") for cell in cells[width:]):
        raise UnreadableFile(f"Line {line} has {len(cells)} cells, but there are {width} columns.")
    return [*cells[:width], *[""] * (width - len(cells))]


def _text(content: bytes | str) -> str:
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile("The file is not UTF-8 text: save it as “CSV UTF-8”.") from error


def _csv_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    lines = io.StringIO(text, newline="")
    first = lines.readline()
    skipped = 0
    # Spreadsheets may name the separator in a line of its own.
    if first.strip().lower() in [f"sep={separator}".strip() for separator in SEPARATORS]:
        separator, skipped = first.strip()[4:] or "\t", 1
    else:
        separator = max(SEPARATORS, key=first.count)
        lines.seek(0)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        line = skipped + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableFile(f"Line {line} is not readable as CSV: {error}.") from error
        yield line, cells


class CsvFile(CSV):
    """The CSV format of the admin and of the commands."""

    def create_dataset(self, in_stream: bytes | str, **kwargs: Any) -> NumberedDataset:
        return read_csv(in_stream)


class XlsxFile(XLSX):
    """The XLSX format of the admin and of the commands."""

    def create_dataset(self, in_stream: bytes) -> NumberedDataset:
        return read_xlsx(in_stream)


FORMATS: dict[str, type[CsvFile] | type[XlsxFile]] = {".csv": CsvFile, ".xlsx": XlsxFile}
