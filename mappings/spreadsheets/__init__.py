"""Reads the spreadsheets that people save: text files (CSV) and workbooks (XLSX), in bounded memory and time.

`read` tells the two apart by their content. What comes out is a `NumberedDataset`: rows under known column names, each with
the line it stands on, and notes about whatever the reader had to decide. What cannot be read is an `UnreadableFile` that
names line and column. The reader never guesses a value: it refuses what a spreadsheet only seems to say.
"""

from mappings.spreadsheets.limits import SheetLimits
from mappings.spreadsheets.problems import CellProblem, UnreadableFile
from mappings.spreadsheets.reader import read
from mappings.spreadsheets.shown import ShownValue
from mappings.spreadsheets.table import Labels, NumberedDataset

__all__ = ["CellProblem", "Labels", "NumberedDataset", "SheetLimits", "ShownValue", "UnreadableFile", "read"]
