"""The one entry: content in, table out."""

from mappings.spreadsheets import delimited, workbook
from mappings.spreadsheets.limits import SheetLimits
from mappings.spreadsheets.problems import UnreadableFile
from mappings.spreadsheets.table import Labels, NumberedDataset, build

ZIP = b"PK\x03\x04"
# Workbooks from before 2007, and newer ones with a password, are such containers.
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DEFAULT_LIMITS = SheetLimits()


def read(
    content: bytes | str, labels: Labels | None = None, limits: SheetLimits = DEFAULT_LIMITS
) -> NumberedDataset:
    """The rows of a CSV or XLSX file; which of the two it is, is told by its content.

    With `labels` the columns come out under their names, whichever label the file has, and the line with the column names
    is found below titles and blank lines.
    """
    if len(content) > limits.file_bytes:
        raise UnreadableFile(
            f"The file has {len(content) / 1e6:.0f} MB; at most {limits.file_bytes // (1024 * 1024)} MB can be read. "
            "Split it, or delete what is not part of the table."
        )
    if isinstance(content, str):
        return build(delimited.rows_of(content.removeprefix("\ufeff"), labels, limits), labels, limits)
    if content.startswith(ZIP):
        return workbook.read(content, labels, limits)
    if content.startswith(OLE):
        raise UnreadableFile(
            "The file is an Excel workbook of the old kind (.xls), or has a password: save it as .xlsx without a password."
        )
    text, notes = delimited.text_of(content)
    return build(delimited.rows_of(text, labels, limits), labels, limits, notes)
