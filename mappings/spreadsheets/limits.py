"""How much of a file is read. A web process reads uploads, so that every limit keeps it within 200 MB and 20 seconds."""

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class SheetLimits:
    """The limits of one reading; `rows` is the caller's, the others keep memory and time bounded whatever is sent."""

    # A row of nine filled cells takes about 800 bytes in memory and 100 microseconds.
    rows: int = 50_000
    # The widest mapping has nine columns; the rest leaves room for people's own columns to be refused by name.
    columns: int = 200
    # All rows of the widest mapping.
    cells: int = 450_000
    # The largest file that is opened. A mapping of the most rows has 3 MB.
    file_bytes: int = 10 * MEGABYTE
    # What the parts of a workbook that are read may unpack to: five times what the most rows take.
    unpacked_bytes: int = 64 * MEGABYTE
    # The tags in them, empty cells included: two microseconds each.
    tags: int = 3_000_000
    # Distinct texts of a workbook: eight for each of the most rows.
    texts: int = 400_000
    # Excel's own limits for a sheet and for one cell.
    lines: int = 1_048_576
    cell_characters: int = 32_767
    # Titles, dates and blank lines that may stand above the column names.
    lines_before_header: int = 50
    # Reported problems; more of them help nobody.
    problems: int = 50
