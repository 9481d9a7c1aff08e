"""Writes docs/performance.md and its pictures from what the subjects measured.

    python -m benchmarks.document FILE      the reports and the sentences about what did not run, as JSON

A program of its own, run by `make bench` with a Python that has matplotlib: nothing that is measured loads it.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.harness import ROOT, Goal, figure

DOCUMENT = ROOT / "docs" / "performance.md"
PICTURES = ROOT / "docs" / "images" / "performance"
COLOURS = ("#0f766e", "#94a3b8", "#d97706", "#7c3aed", "#be123c", "#1d4ed8", "#475569")

HEAD = """# How fast it is, measured side by side

`make bench` writes this page; the runs it tells of took {minutes} minutes together, the last on {date}, on {machine}. Absolute times differ from
machine to machine, so every claim is a ratio of two things measured in the same run, or a count. The counts (queries and
calls of a webhook, an order, a sweep, a status pass) are also checked by the test suite, `tests/e2e/test_costs.py`.

| | measured | goal | |
| --- | --- | --- | --- |
{goals}
"""


def write(reports: list[dict[str, Any]], broken: list[str]) -> None:
    """Replace the page and its pictures."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    lines = []
    for report in reports:
        lines.append(f"| **{report['title']}** | | | |")
        for goal in _goals(report):
            met = "met" if goal.met else "**missed**"
            lines.append(f"| {_cell(goal.name)} | {figure(goal.value)} | {goal.bound} | {met} |")
    took = sum(report["seconds"] for report in reports)
    text = HEAD.format(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        minutes=f"{took / 60:.0f}",
        machine=_machine(),
        goals="\n".join(lines),
    )
    not_run = [*broken, *(sentence for report in reports for sentence in report["not_run"])]
    if not_run:
        text += "\nNot run:\n" + "".join(f"- {sentence}\n" for sentence in not_run)
    for report in reports:
        text += f"\n## {report['title']}\n\n`python -m benchmarks.{report['subject']}`\n"
        notes = [f"{goal.name}: {goal.note}" for goal in _goals(report) if goal.note]
        for block in report["blocks"]:
            text += f"\n{_block(block)}\n"
        for note in notes:
            text += f"\n{note}\n"
    DOCUMENT.write_text(text)


def _goals(report: dict[str, Any]) -> list[Goal]:
    return [Goal(**{key: value for key, value in data.items() if key != "met"}) for data in report["goals"]]


def _machine() -> str:
    return f"{os.cpu_count()} cores ({platform.machine()}, Python {platform.python_version()})"


def _block(block: dict[str, Any]) -> str:
    if block["kind"] == "text":
        return str(block["text"])
    if block["kind"] == "code":
        return f"### {block['heading']}\n\n```text\n{block['text']}\n```"
    if block["kind"] == "picture":
        _draw(block)
        return f"![{block['title']}](images/performance/{block['name']}.png)"
    rows = [block["columns"], ["---"] * len(block["columns"]), *block["rows"]]
    table = "\n".join("| " + " | ".join(_cell(str(cell)) for cell in row) + " |" for row in rows)
    return f"### {block['heading']}\n\n{table}"


def _cell(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text).replace("|", "\\|")


def _draw(block: dict[str, Any]) -> Path:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    chart, axes = pyplot.subplots(figsize=(8, 4), dpi=110)
    series: dict[str, list[list[float]]] = block["series"]
    if block["style"] == "lines":
        for colour, (name, points) in zip(COLOURS, series.items(), strict=False):
            style = (
                {"linestyle": "--", "color": "#cbd5e1"}
                if name == "linear"
                else {"marker": "o", "color": colour}
            )
            axes.plot([x for x, _ in points], [y for _, y in points], label=name, linewidth=1.8, **style)
        if block["log"]:
            axes.set_xscale("log")
        axes.set_ylim(bottom=0)
    else:
        _bars(axes, block, series)
    axes.set_title(block["title"], loc="left", fontsize=11)
    axes.set_xlabel(block["x"])
    axes.set_ylabel(block["y"])
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e2e8f0", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.legend(frameon=False, fontsize=9)
    chart.tight_layout()
    file = PICTURES / f"{block['name']}.png"
    chart.savefig(file)
    pyplot.close(chart)
    return file


def _bars(axes: Any, block: dict[str, Any], series: dict[str, list[list[float]]]) -> None:
    stacked = block["style"] == "stacked"
    width = 0.6 if stacked else 0.8 / len(series)
    below: dict[float, float] = {}
    for place, (colour, (name, points)) in enumerate(zip(COLOURS, series.items(), strict=False)):
        shift = 0 if stacked else (place - (len(series) - 1) / 2) * width
        bottoms = [below.get(x, 0) if stacked else 0 for x, _ in points]
        axes.bar(
            [x + shift for x, _ in points],
            [y for _, y in points],
            width,
            bottom=bottoms,
            color=colour,
            label=name,
        )
        for x, y in points:
            below[x] = below.get(x, 0) + y
    axes.set_xticks(range(len(block["labels"])), block["labels"], fontsize=8)


if __name__ == "__main__":
    measured = json.loads(Path(sys.argv[1]).read_text())
    write(measured["reports"], measured["not_run"])
