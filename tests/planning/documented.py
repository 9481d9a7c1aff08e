"""Reads the tables of docs/mapping.md, so that its examples and field names are checked and not only written."""

import re
from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mapping.md"
Row = dict[str, str]


def tables(heading: str) -> list[list[Row]]:
    """The tables of a section, each a list of rows by column title. A column title that occurs twice gets a 2."""
    sections = re.split(r"^## \d+\. ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    [section] = [one for one in sections if one.startswith(f"{heading}\n")]
    blocks = re.findall(r"(?:^\|.*\n)+", section + "\n", re.MULTILINE)
    return [_rows(block.splitlines()) for block in blocks]


def _rows(lines: Sequence[str]) -> list[Row]:
    head, _, *rows = ([_text(cell) for cell in line.strip().strip("|").split("|")] for line in lines)
    titles = [title + "2" * (title in head[:position]) for position, title in enumerate(head)]
    assert all(len(row) == len(titles) for row in rows), titles
    return [dict(zip(titles, row, strict=True)) for row in rows]


def _text(cell: str) -> str:
    """A cell without its outer blanks; blanks inside backticks around a whole cell are kept."""
    cell = cell.strip()
    whole = re.fullmatch(r"`([^`]*)`", cell)
    return whole[1] if whole else cell


def code(cell: str) -> set[str]:
    """The field names in a cell: what stands in backticks, or the whole of a cell that was all code."""
    names = set(re.findall(r"`([^`]+)`", cell))
    return names or ({cell} if re.fullmatch(r"[a-z]\w+", cell) else set())


def long_text(cell: str) -> str:
    """`A × 300` is 300 letters A."""
    return re.sub(r"(\w) × (\d+)", lambda found: found[1] * int(found[2]), cell)
