"""Hostile spreadsheets: each ends as rows or as words, within 200 MB and 20 seconds of a process of its own."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mappings import workbooks as wb

MEGABYTE = 1024 * 1024
MOST_MEMORY, MOST_SECONDS = 200, 20

# Reads the file under a limit of processor time, then says how much memory the whole process took at its peak.
READER = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({MOST_SECONDS}, {MOST_SECONDS}))
from mappings.spreadsheets import UnreadableFile, read
try:
    print(len(read(open(sys.argv[1], "rb").read())), "rows")
except UnreadableFile as error:
    print(error)
# Not ru_maxrss: that begins with what the parent had.
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def book(rows: str, **parts: str) -> bytes:
    return wb.xlsx(wb.sheet(wb.header(), rows), **parts)  # type: ignore[arg-type]


CASES: dict[str, tuple[Callable[[], bytes], str]] = {
    "a cell in the last row and column": (
        lambda: book('<row r="1048576"><c r="XFD1048576" s="1"/></row>'), "0 rows"),
    "millions of empty cells": (
        lambda: book(("<row>" + "<c/>" * 16_000 + "</row>") * 900), "too many cells, even if they are empty"),
    "a part of blanks": (lambda: wb.xlsx("<worksheet>" + " " * (100 * MEGABYTE)), "unpacks to more than 64 MB"),
    "one endless text": (lambda: book(wb.texts(2, "x" * (60 * MEGABYTE))), "longer than a cell can hold"),
    "one endless tag": (lambda: wb.xlsx('<worksheet a="' + "x" * (60 * MEGABYTE) + '"/>'), "damaged"),
    "tags in tags": (lambda: wb.xlsx("<a>" * (15 * MEGABYTE)), "damaged"),
    "entities that grow": (
        lambda: wb.xlsx('<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'), "damaged"),
    "more texts than rows": (lambda: book("", texts="<sst>" + "<si><t>ab</t></si>" * 2_000_000), "different texts"),
    "a million rows": (lambda: book("<row><c><v>1</v></c></row>" * 1_000_000), "more than 50,000 rows"),
    "a CSV of blank lines": (lambda: b"\n" * (9 * MEGABYTE), "more than 1,048,576 lines"),
    "a CSV of one row": (lambda: b"a,b\n" + b"," * (9 * MEGABYTE), "a row of more than"),
    "a CSV of wide rows": (lambda: b",".join([b"h"] * 200) + b"\n" + (b"a," * 199 + b"b\n") * 20_000, "cells: split it"),
    "a CSV of bytes": (lambda: bytes(range(128, 256)) * 70_000, "not readable as CSV"),
    "a directory without an end": (lambda: b"PK\x03\x04" + b"PK\x01\x02" * 1_000_000, "not an XLSX workbook"),
}  # fmt: skip


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")
@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_ends_in_words_within_memory_and_time(name: str, tmp_path: Path) -> None:
    make, expected = CASES[name]
    file = tmp_path / "file"
    file.write_bytes(make())
    done = subprocess.run([sys.executable, "-c", READER, file], capture_output=True, text=True, check=False)
    *said, memory = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert expected in " ".join(said)
    assert int(memory) / 1024 <= MOST_MEMORY
