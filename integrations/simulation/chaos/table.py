"""The table of the fault matrix, for the terminal and for docs/fault-matrix.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from integrations.simulation.chaos.faults import BY_KEY
from integrations.simulation.chaos.results import PartResult, Row, rows

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
FIGURES = ("Cases", "Exactly one", "Duplicates", "Lost", "Partial", "Mean time to recover")
_BY_HAND = {fault.title for fault in BY_KEY.values() if fault.needs_person}


def matrix_rows(parts: Iterable[PartResult]) -> list[Row]:
    """A row for each fault and system, and database where there are several."""
    judged = [one for part in parts for one in part.judged]
    order = [fault.title for fault in BY_KEY.values()]
    found = rows(judged, lambda one: (one.group[0], one.group[1], one.group[3]))
    return sorted(found, key=lambda row: (order.index(row.group[0]), row.group[2] != "SQLite", row.group[1]))


def burst_rows(parts: Iterable[PartResult]) -> list[Row]:
    """A row for each burst."""
    return [replace(row, group=(part.title,)) for part in parts for row in rows(part.judged, lambda one: ())]


def lines(matrix: list[PartResult], bursts: list[PartResult], missing: list[str]) -> Iterator[str]:
    """Everything that is to be told, in Markdown that also reads well in a terminal."""
    if matrix:
        found = matrix_rows(matrix)
        yield from _table(("Fault", "System", "Database"), found)
        yield from _sum("Together", found)
        if any(row.group[0] in _BY_HAND for row in found):
            yield ""
            yield (
                "After a 401 an order rightly needs attention (staff must correct the password): there the fault is "
                "lifted and Retry pressed, as staff would. "
                f"Retry was pressed {sum(row.retried for row in found)} times in all."
            )
    if bursts:
        found = burst_rows(bursts)
        yield ""
        yield from _table(("Burst",), found)
        for part in bursts:
            yield ""
            yield f"{part.title}: {' '.join(part.remarks)}"
    for sentence in missing:
        yield ""
        yield f"**Not run:** {sentence}"


def _sum(title: str, found: list[Row]) -> Iterator[str]:
    cases = sum(row.cases for row in found)
    yield ""
    yield (
        f"{title}: {cases} cases, {sum(row.exactly_one for row in found)} exactly one, "
        f"{sum(row.duplicates for row in found)} duplicates, {sum(row.lost for row in found)} lost, "
        f"{sum(row.partial for row in found)} partial, mean time to recover "
        f"{sum(row.mean_seconds * row.cases for row in found) / cases:.1f} s."
    )


def _table(names: Sequence[str], found: list[Row]) -> Iterator[str]:
    head = (*names, *FIGURES)
    body = [(*row.group, *_figures(row)) for row in found]
    widths = [max(len(line[column]) for line in (head, *body)) for column in range(len(head))]
    numeric = range(len(names), len(head))

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.rjust(width) if column in numeric else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    yield line(head)
    rule = ["-" * (width - 1) + (":" if column in numeric else "-") for column, width in enumerate(widths)]
    yield f"| {' | '.join(rule)} |"
    yield from (line(cells) for cells in body)


def _figures(row: Row) -> tuple[str, ...]:
    numbers = (row.cases, row.exactly_one, row.duplicates, row.lost, row.partial)
    return (*(str(number) for number in numbers), f"{row.mean_seconds:.1f} s")


def is_good(matrix: list[PartResult], bursts: list[PartResult]) -> bool:
    """Whether every bad column is 0, and something was run at all."""
    found = [*matrix_rows(matrix), *burst_rows(bursts)]
    return bool(found) and all(row.is_good for row in found)


def write_into(page: Path, text: Iterable[str]) -> None:
    """Put the table between the marks of the page."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n" + "\n".join(text) + f"\n\n{END}{after}")
