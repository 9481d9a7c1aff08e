"""Text files: which encoding, which separator, which rows."""

import codecs
import csv
import re
from collections.abc import Iterator
from itertools import islice

import charset_normalizer

from mappings.spreadsheets.limits import SheetLimits
from mappings.spreadsheets.problems import UnreadableFile
from mappings.spreadsheets.table import Labels, SparseRow, header_score

SEPARATORS = ",;\t|"
# The longer mark first: UTF-32's begins like UTF-16's.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
# What spreadsheet programs write besides Unicode, with the name people know: Windows, Mac and DOS, the likeliest first.
OLD_ENCODINGS = {"cp1252": "Windows-1252", "mac_roman": "Mac Roman", "cp437": "DOS (code page 437)"}
# So much is enough to tell an encoding or a separator.
SAMPLE = 64 * 1024
# A hundred times the columns of the widest sheet.
MOST_SEPARATORS = 1_638_400
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def text_of(content: bytes) -> tuple[str, list[str]]:
    """The text of a file, and a note when its encoding had to be guessed."""
    for mark, codec, name in MARKS:
        if content.startswith(mark):
            return _decoded(content, codec, name), [f"The file was read as {name}."]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _guessed(content)
    if "\0" not in text[:SAMPLE]:
        return text, []
    return _without_mark(content)


def _without_mark(content: bytes) -> tuple[str, list[str]]:
    """UTF-16 without a byte order mark: Western text has a zero byte in every second place."""
    sample = content[:SAMPLE]
    for codec, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        if zeros.count(0) > len(zeros) // 2:
            return _decoded(content, codec, "UTF-16"), ["The file was read as UTF-16."]
    raise UnreadableFile("The file is not a spreadsheet: save it as CSV or XLSX.")


def _decoded(content: bytes, codec: str, name: str) -> str:
    try:
        return content.decode(codec).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content[: error.start].decode(codec, "ignore").count("\n") + 1
        raise UnreadableFile(
            f"The file begins as {name}, but line {line} is not {name}: save it again as “CSV UTF-8”."
        ) from error


def _guessed(content: bytes) -> tuple[str, list[str]]:
    """An encoding from before Unicode. Windows-1252 unless another one reads clearly better."""
    high = bytes(byte for byte in content if byte > 127 or byte in b"\n ")[:SAMPLE]
    if content[:SAMPLE].count(0) > 0:
        return _without_mark(content)
    readable = [codec for codec in OLD_ENCODINGS if _can_read(content, codec)]
    lines = b"\n".join(line for line in content.splitlines() if not line.isascii())[:SAMPLE]
    matches = charset_normalizer.from_bytes(lines or high, cp_isolation=readable, threshold=1.0)
    best = {match.encoding: match.chaos for match in matches}
    codec = min(readable, key=lambda one: (round(best.get(one, 1.0), 1), readable.index(one)))
    name = OLD_ENCODINGS[codec]
    note = f"The file is not UTF-8; it was read as {name}. Check letters with accents before you import."
    return content.decode(codec), [note]


def _can_read(content: bytes, codec: str) -> bool:
    try:
        content.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def rows_of(text: str, labels: Labels | None, limits: SheetLimits) -> Iterator[SparseRow]:
    """The filled rows of a text, each with the line it begins on."""
    separator, start, skipped = _separator(text, labels, limits)
    for line, filled in _records(text, start, separator, skipped, strict=True):
        if line > limits.lines:
            raise UnreadableFile(f"The file has more than {limits.lines:,} lines: delete the empty ones.")
        if filled:
            yield line, filled


def _separator(text: str, labels: Labels | None, limits: SheetLimits) -> tuple[str, int, int]:
    """The separator, and how many characters and lines stand before the table."""
    sample = text[:SAMPLE]
    # Spreadsheets may name the separator in a line of its own.
    first = next(_lines(sample), "")
    if first.strip(" \r\n").lower() in [f"sep={one}" for one in SEPARATORS]:
        return first.strip(" \r\n")[4:], len(first), 1
    if labels is not None:
        scores = {one: _score(sample, one, labels, limits) for one in SEPARATORS}
        best = max(SEPARATORS, key=lambda one: scores[one])
        if scores[best]:
            return best, 0, 0
    filled = [line for line in _lines(sample) if line.strip()][: limits.lines_before_header]
    header = next((line for line in filled if any(one in line for one in SEPARATORS)), "")
    return max(SEPARATORS, key=header.count), 0, 0


def _score(sample: str, separator: str, labels: Labels, limits: SheetLimits) -> int:
    """How many columns the best line names when it is read with this separator."""
    rows = (filled for _, filled in _records(sample, 0, separator, 0, strict=False) if filled)
    return max((header_score(row, labels) for row in islice(rows, limits.lines_before_header)), default=0)


def _records(text: str, start: int, separator: str, skipped: int, *, strict: bool) -> Iterator[SparseRow]:
    """Each record's first line and its filled cells; blank records are empty."""
    lines = _Lines(text, start, separator)
    reader = csv.reader(lines, delimiter=separator, strict=strict)
    while True:
        line = skipped + reader.line_num + 1
        lines.separators = 0
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if not strict:
                return
            raise UnreadableFile(f"Line {line} is not readable as CSV: {error}.") from error
        yield line, {column: cell for column, cell in enumerate(cells) if cell.strip()}


class _Lines:
    """The lines of a text for the CSV reader, which would take any number of cells into one record."""

    def __init__(self, text: str, start: int, separator: str) -> None:
        self.lines = _lines(text, start)
        self.separator = separator
        self.separators = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        self.separators += line.count(self.separator)
        if self.separators > MOST_SEPARATORS:
            raise UnreadableFile(f"The file has a row of more than {MOST_SEPARATORS:,} cells.")
        return line


def _lines(text: str, start: int = 0) -> Iterator[str]:
    """Line by line, with line ends, without a second copy of the text."""
    return (match[0] for match in _LINE.finditer(text, start))
