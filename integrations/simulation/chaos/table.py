"""The tables of the fault matrix, for the terminal and for docs/fault-matrix.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from integrations.simulation.chaos.faults import BY_KEY
from integrations.simulation.chaos.results import ResultRow, Summary, as_data, from_data
from integrations.simulation.published import DOCS, kept, publish, write_between

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
PAGE = "fault-matrix.md"
FIGURES = ("Cases", "Exactly one", "Duplicates", "Lost", "Partial", "Mean time to recover")
_BY_HAND = {fault.title for fault in BY_KEY.values() if fault.needs_person}
_TITLES = [fault.title for fault in BY_KEY.values()]


def lines(found: Sequence[Summary], missing: Iterable[str] = ()) -> Iterator[str]:
    """Everything that is to be told, in Markdown that also reads well in a terminal."""
    of = {what: [one for one in found if one.what == what] for what in ("matrix", "burst", "stream")}
    if of["matrix"]:
        yield from _matrix(of["matrix"])
    if of["burst"]:
        yield ""
        yield from _table(("Burst",), [(row, row.group) for one in of["burst"] for row in one.rows])
    if of["stream"]:
        yield ""
        yield from _streams(of["stream"])
    for one in found:
        yield ""
        yield " ".join((f"{one.title}: {one.date}, {one.machine}, {_duration(one.seconds)}.", *one.remarks))
    for sentence in missing:
        yield ""
        yield f"**Not run:** {sentence}"


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} s"


def _matrix(found: Sequence[Summary]) -> Iterator[str]:
    entries = [(row, (row.group[0], one.engine)) for one in found for row in one.rows]
    entries.sort(
        key=lambda entry: (
            _TITLES.index(entry[1][0]) if entry[1][0] in _TITLES else -1,
            entry[1][1] != "SQLite",
        )
    )
    yield from _table(("Fault", "Database"), entries)
    all_rows = [row for row, _ in entries]
    cases = sum(row.cases for row in all_rows)
    yield ""
    yield (
        f"Together: {cases} cases, {sum(row.exactly_one for row in all_rows)} exactly one, "
        f"{sum(row.duplicates for row in all_rows)} duplicates, {sum(row.lost for row in all_rows)} lost, "
        f"{sum(row.partial for row in all_rows)} partial, mean time to recover "
        f"{sum(row.mean_seconds * row.cases for row in all_rows) / cases:.1f} s."
    )
    if any(row.group[0] in _BY_HAND for row in all_rows):
        yield ""
        yield (
            "After a 401, or when Pace turns something down, an order rightly needs attention: there the fault is lifted and "
            f"Retry selected, as staff would. Retry was selected {sum(row.retried for row in all_rows)} times in all."
        )


def _streams(found: Sequence[Summary]) -> Iterator[str]:
    """A row for each nemesis, with the way back of the whole hub."""
    entries = []
    for one in found:
        back = {each.nemesis: each for each in one.recovered}
        for row in one.rows:
            each = back.get(row.group[0])
            told = ("", "") if each is None else (f"{each.meanwhile:.0%}", _back(each.seconds))
            entries.append((row.group[0], one.engine, *_figures(row)[:-1], *told))
    names = ("Nemesis", "Database", "Orders", *FIGURES[1:-1], "Throughput during it", "Back at 95 %")
    yield from _aligned(names, 2, entries)


def _back(seconds: float | None) -> str:
    return "not in time" if seconds is None else f"{seconds:.1f} s"


def _table(names: Sequence[str], found: Iterable[tuple[ResultRow, tuple[str, ...]]]) -> Iterator[str]:
    yield from _aligned((*names, *FIGURES), len(names), [(*group, *_figures(row)) for row, group in found])


def _aligned(head: Sequence[str], words: int, body: Sequence[Sequence[str]]) -> Iterator[str]:
    """`words`: how many columns are no numbers."""
    widths = [max(len(line[column]) for line in (head, *body)) for column in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.rjust(width) if column >= words else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    yield line(head)
    rule = ["-" * (width - 1) + (":" if column >= words else "-") for column, width in enumerate(widths)]
    yield f"| {' | '.join(rule)} |"
    yield from (line(cells) for cells in body)


def _figures(row: ResultRow) -> tuple[str, ...]:
    numbers = (row.cases, row.exactly_one, row.duplicates, row.lost, row.partial)
    return (*(str(number) for number in numbers), f"{row.mean_seconds:.1f} s")


def is_good(found: Iterable[Summary]) -> bool:
    """Whether every bad column is 0, every hub came back after its nemesis, and something was run at all."""
    every = [row for one in found for row in one.rows]
    return bool(every) and all(row.is_good for row in every) and not _not_back(found)


def _not_back(found: Iterable[Summary]) -> int:
    """After how many nemeses the throughput was not back while it was watched."""
    return sum(back.seconds is None for one in found for back in one.recovered)


# --- docs ---------------------------------------------------------------------------------------------------------------------


def write_docs(found: Sequence[Summary], docs: Path = DOCS) -> None:
    """Keep the figures of these parts beside those of the others, and write page and blocks of them all."""
    parts = {**from_data(kept("chaos", docs).get("parts", {})), **{one.name: one for one in found}}
    order = {"matrix": 0, "burst": 1, "stream": 2}
    every = sorted(parts.values(), key=lambda one: (order[one.what], one.engine != "SQLite"))
    write_between(docs / PAGE, BEGIN, END, "\n".join(lines(every)))
    publish("chaos", _published(every), docs)


def _published(every: Sequence[Summary]) -> dict[str, Any]:
    all_rows = [row for one in every for row in one.rows]
    engines = sorted({one.engine for one in every}, reverse=True)
    machines = sorted({one.machine for one in every})
    dates = sorted({one.date for one in every})
    recovery = {
        engine: [
            back.seconds
            for one in every
            if one.engine == engine
            for back in one.recovered
            if back.seconds is not None
        ]
        for engine in engines
    }
    return {
        "date": dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}",
        "machine": "; ".join(machines),
        "engines": " and ".join("PostgreSQL with Redis" if one == "PostgreSQL" else one for one in engines),
        "cases": sum(row.cases for row in all_rows),
        "kinds": len({row.group[0] for one in every if one.what != "burst" for row in one.rows}),
        **{
            column: sum(getattr(row, column) for row in all_rows)
            for column in ("exactly_one", "duplicates", "lost", "partial")
        },
        "recovery": {engine: seconds for engine, seconds in recovery.items() if seconds},
        "not_back": _not_back(every),
        "parts": as_data(every),
    }
