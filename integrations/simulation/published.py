"""The published figures: each command keeps its own in docs/figures, and the blocks in the guarantee and README are made of them.

A command that proves something calls `publish` with its name; nothing here is typed by hand.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
BEGIN = "<!-- figures: written by make chaos, model, mutants and simulate with --write-docs -->"
END = "<!-- figures: end -->"
Figures = Mapping[str, Any]


def run_here(database: str = "") -> dict[str, str]:
    """When and on what a command has run, for its figures."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": f"{machine}, {database}" if database else machine,
    }


def kept(name: str, docs: Path = DOCS) -> dict[str, Any]:
    """The figures that a command has kept; empty: none yet."""
    path = docs / "figures" / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def publish(name: str, figures: Figures, docs: Path = DOCS) -> None:
    """Keep the figures of a command, and write all blocks again."""
    folder = docs / "figures"
    folder.mkdir(exist_ok=True)
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    (folder / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")
    for page in (docs / "guarantee.md", docs.parent / "README.md"):
        write_between(page, BEGIN, END, block(docs))


def write_between(page: Path, begin: str, end: str, text: str) -> None:
    """Put it between the marks of the page. Raises ValueError when the page has no such marks."""
    before, first, rest = page.read_text(encoding="utf-8").partition(begin)
    _, last, after = rest.partition(end)
    if not (first and last):
        raise ValueError(f"{page.name} has no place for {begin}")
    page.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")


def block(docs: Path = DOCS) -> str:
    """A row for each command that has kept figures."""
    lines = ["| command | figures | run |", "| --- | --- | --- |"]
    for name, words in WORDS.items():
        if figures := kept(name, docs):
            lines.append(f"| `make {name}` | {words(figures)} | {figures['date']}, {figures['machine']} |")
    return "\n".join(lines)


def _chaos(figures: Figures) -> str:
    bad = figures["duplicates"], figures["lost"], figures["partial"]
    judged = f"{figures['cases']:,} orders in {figures['kinds']} kinds of trouble, on {figures['engines']}"
    found = f"{judged}: {bad[0]:,} duplicates, {bad[1]:,} lost, {bad[2]:,} partial"
    if not (seconds := figures["recovery"]):
        return found
    times = "; ".join(
        f"{engine} {min(found):.1f} to {max(found):.1f} s" for engine, found in seconds.items() if found
    )
    missing = f"; after {never:,} not in time" if (never := figures.get("not_back", 0)) else ""
    return f"{found}. Back at 95 % of the throughput after: {times}{missing}"


def _model(figures: Figures) -> str:
    return (
        f"{figures['states']:,} states of the protocol explored, {figures['wrong']:,} of them wrong; "
        f"{figures['variants']:,} variants without a rule found out"
    )


def _mutants(figures: Figures) -> str:
    return (
        f"{figures['noticed']:,} of {figures['total']:,} safety lines are noticed by a test when taken away"
    )


def _simulate(figures: Figures) -> str:
    return (
        f"{figures['years']:.2f} simulated years in {figures['histories']:,} histories, {figures['orders']:,} orders, "
        f"{figures['faults']:,} faults of {figures['kinds']} kinds: {figures['violations']:,} violations"
    )


WORDS: dict[str, Callable[[Figures], str]] = {
    "chaos": _chaos,
    "model": _model,
    "mutants": _mutants,
    "simulate": _simulate,
}
