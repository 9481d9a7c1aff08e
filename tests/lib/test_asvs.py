"""The table of ASVS 5.0: no requirement of levels 1 and 2 is left out, and every file it names is there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

BASE = Path(settings.BASE_DIR)
PAGE = (BASE / "docs" / "asvs.md").read_text(encoding="utf-8")

# The numbers of levels 1 and 2 in the standard's own file, version 5.0.0.
NUMBERS = (
    "1.1.1-2 1.2.1-9 1.3.1-11 1.4.1-3 1.5.1-2 2.1.1-3 2.2.1-3 2.3.1-4 2.4.1 3.2.1-2 3.3.1-4 3.4.1-6 3.5.1-5 3.7.1-2 4.1.1-3 4.2.1 "
    "4.3.1-2 4.4.1-4 5.1.1 5.2.1-3 5.3.1-2 5.4.1-3 6.1.1-3 6.2.1-12 6.3.1-4 6.4.1-4 6.5.1-5 6.6.1-3 6.8.1-4 7.1.1-3 7.2.1-4 "
    "7.3.1-2 7.4.1-5 7.5.1-2 7.6.1-2 8.1.1-2 8.2.1-3 8.3.1 8.4.1 9.1.1-3 9.2.1-4 10.1.1-2 10.2.1-2 10.3.1-4 10.4.1-11 10.5.1-5 "
    "10.6.1-2 10.7.1-3 11.1.1-2 11.2.1-3 11.3.1-3 11.4.1-4 11.5.1 11.6.1 12.1.1-3 12.2.1-2 12.3.1-4 13.1.1 13.2.1-5 13.3.1-2 "
    "13.4.1-5 14.1.1-2 14.2.1-4 14.3.1-3 15.1.1-3 15.2.1-3 15.3.1-7 16.1.1 16.2.1-5 16.3.1-4 16.4.1-3 16.5.1-3 17.1.1 17.2.1-4 "
    "17.3.1-2"
)  # fmt: skip
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
LEFT_OUT = re.compile(r"^Does not apply: (.+?)\n\n", re.MULTILINE | re.DOTALL)


def expand(text: str) -> Iterator[str]:
    for section, first, last in re.findall(r"\b(\d+\.\d+)\.(\d+)(?:-(\d+))?", text):
        for number in range(int(first), int(last or first) + 1):
            yield f"{section}.{number}"


def covered() -> list[str]:
    left_out = [number for part in LEFT_OUT.findall(f"{PAGE}\n\n") for number in expand(part)]
    return [row[0] for row in ROW.findall(PAGE)] + left_out


def test_the_standard_has_253_requirements_of_levels_1_and_2() -> None:
    wanted = list(expand(NUMBERS))
    per_chapter = Counter(int(number.split(".")[0]) for number in wanted)
    assert [per_chapter[chapter] for chapter in range(1, 18)] == [
        27, 11, 19, 10, 9, 35, 18, 7, 7, 29, 14, 9, 13, 9, 13, 16, 7,
    ]  # fmt: skip
    assert len(wanted) == 253


def test_every_requirement_stands_in_the_table_or_among_those_that_do_not_apply() -> None:
    assert set(expand(NUMBERS)) - set(covered()) == set()


def test_no_requirement_stands_there_twice_and_none_is_made_up() -> None:
    assert [number for number, count in Counter(covered()).items() if count > 1] == []
    assert set(covered()) - set(expand(NUMBERS)) == set()


@pytest.mark.parametrize("chapter", range(1, 18))
def test_what_does_not_apply_says_why(chapter: int) -> None:
    section = PAGE.partition(f"\n## V{chapter} ")[2].partition("\n## ")[0]
    for part in LEFT_OUT.findall(f"{section}\n\n"):
        for reason in re.split(r"\), (?=\d)", part):
            assert "(" in reason, reason


def test_every_file_that_the_table_names_exists() -> None:
    named = {name for row in ROW.findall(PAGE) for name in re.findall(r"`([^`]+)`", row[3])}
    assert len(named) > 80
    assert {name for name in named if not (BASE / name).exists()} == set()


def test_every_row_names_a_file() -> None:
    assert [row[0] for row in ROW.findall(PAGE) if "`" not in row[3]] == []
