"""The list of lines that carry the guarantee, each with the change that takes it away (guarantee.toml)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).with_name("guarantee.toml")
GUARANTEE = ROOT / "docs/guarantee.md"


@dataclass(frozen=True)
class Mutant:
    """One change of the product that breaks a sentence of the guarantee, and the tests that must notice it.

    `before` stands in `file` exactly once. `database`: the one that the change shows on, "" for any.
    """

    name: str
    sentence: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]
    database: str = ""

    def apply(self, root: Path) -> str:
        """Change the file below `root`; its text as it was. Raises ValueError when the line is not there once."""
        path = root / self.file
        was = path.read_text(encoding="utf-8")
        if (count := was.count(self.before)) != 1:
            raise ValueError(f"“{self.name}”: its line stands {count} times in {self.file}")
        path.write_text(was.replace(self.before, self.after), encoding="utf-8")
        return was


def mutants() -> list[Mutant]:
    """All of them, in the order of the list."""
    rows = tomllib.loads(LIST.read_text(encoding="utf-8"))["mutant"]
    return [Mutant(**{**row, "tests": tuple(row["tests"])}) for row in rows]


def sentences() -> list[str]:
    """The sentences of docs/guarantee.md, as the first column of its table has them."""
    table = (
        GUARANTEE.read_text(encoding="utf-8").partition("## Sentence by sentence")[2].partition("\n## ")[0]
    )
    return re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)[2:]
