"""The list of lines that carry the guarantee, each with the change that takes it away (guarantee.toml)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).with_name("guarantee.toml")
GUARANTEE = ROOT / "docs/guarantee.md"


@dataclass(frozen=True)
class Mutant:
    """One change of the product that breaks a sentence of the guarantee, and the tests that must notice it.

    `before` stands in `file` exactly once. `tests`: as pytest takes them, each noticing the change by itself. `database`:
    the one that the change shows on, "" for any.
    """

    name: str
    sentence: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]
    database: str = ""

    def changed(self) -> str:
        """The text of the file with the change. Raises ValueError when the line is not there once."""
        was = (ROOT / self.file).read_text(encoding="utf-8")
        if (count := was.count(self.before)) != 1:
            raise ValueError(f"“{self.name}”: its line stands {count} times in {self.file}")
        return was.replace(self.before, self.after)


def mutants() -> list[Mutant]:
    """All of them, in the order of the list."""
    rows = tomllib.loads(LIST.read_text(encoding="utf-8"))["mutant"]
    return [Mutant(**{**row, "tests": tuple(row["tests"])}) for row in rows]


def sentences() -> dict[str, str]:
    """The sentences of docs/guarantee.md, as the first column of its table has them, each with its last column."""
    text = GUARANTEE.read_text(encoding="utf-8")
    table = text.partition("## Sentence by sentence")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \|.*\| ([^|]*) \|$", table, re.MULTILINE)[2:]
    return dict(rows)


def of_sentence(sentence: str, found: Iterable[Mutant]) -> list[Mutant]:
    """Those of these mutants that break this sentence."""
    return [mutant for mutant in found if sentence.startswith(mutant.sentence)]


def anchor(sentence: str) -> str:
    """Of its heading in docs/mutants.md, as MkDocs and GitHub make it."""
    words = re.sub(r"[^\w\s-]", "", sentence.lower())
    return re.sub(r"[-\s]+", "-", words).strip("-")
