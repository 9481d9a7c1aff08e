"""The file formats of the mappings' imports and exports. What a file says is read by `mappings.spreadsheets`."""

from typing import Any

from import_export.formats.base_formats import CSV, XLSX

from mappings.spreadsheets import Labels, NumberedDataset, SheetLimits, UnreadableFile, read

__all__ = [
    "FORMATS",
    "CsvFile",
    "Labels",
    "NumberedDataset",
    "SheetLimits",
    "SpreadsheetFile",
    "UnreadableFile",
    "XlsxFile",
    "read",
]


class SpreadsheetFile:
    """Reads any spreadsheet, whatever its name says: people pick the wrong format, or rename a file."""

    labels: Labels | None = None
    limits = SheetLimits()

    @classmethod
    def bound(cls, labels: Labels, limits: SheetLimits) -> type["SpreadsheetFile"]:
        """The format for files with these columns, within these limits."""
        return type(cls.__name__, (cls,), {"labels": labels, "limits": limits})

    def create_dataset(self, in_stream: bytes | str, **kwargs: Any) -> NumberedDataset:
        return read(in_stream, self.labels, self.limits)


class CsvFile(SpreadsheetFile, CSV):
    """The CSV format of the admin and of the commands."""

    def get_read_mode(self) -> str:
        return "rb"

    def is_binary(self) -> bool:
        return True  # bytes: the reader finds out the encoding


class XlsxFile(SpreadsheetFile, XLSX):
    """The XLSX format of the admin and of the commands."""


FORMATS: dict[str, type[CsvFile] | type[XlsxFile]] = {".csv": CsvFile, ".xlsx": XlsxFile}
