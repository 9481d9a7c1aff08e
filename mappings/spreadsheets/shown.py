"""A cell as people see it, and which of the things people see are not values."""

import re
from typing import Any, Self


class ShownValue(str):
    """The text that a spreadsheet shows for a cell; `value` is the number, date or yes/no stored behind it."""

    value: Any
    __slots__ = ("value",)

    def __new__(cls, text: str, value: Any) -> Self:
        made = super().__new__(cls, text)
        made.value = value
        return made


# Errors in English and in the languages Excel translates them to all have this shape (#REF!, #BEZUG!, #NAME?, #DIV/0!);
# the others have names of their own. A row of # is a number in a column too narrow to show it.
SHEET_ERROR = re.compile(
    r"#[^\W_][\w/]*[!?]|#N/A|#NV|#N/D|#ND|#GETTING_DATA|#ERROR|Err:[0-9]{3}|#{3,}", re.IGNORECASE
)
# How spreadsheets write a number that does not fit its cell: its last digits are gone.
SHORTENED_NUMBER = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?E[+-][0-9]{2,3}", re.IGNORECASE)
# How a text is kept a text in a CSV file that a spreadsheet opens: ="00501".
QUOTED_TEXT = re.compile(r'="((?:[^"]|"")*)"')


def problem_with(text: str) -> str:
    """Why a spreadsheet's text is not a value, as a sentence; "" when it is one."""
    if SHEET_ERROR.fullmatch(text):
        return f"“{text}” is a spreadsheet error, not a value. Correct the cell, then import again."
    if SHORTENED_NUMBER.fullmatch(text):
        return (
            f"“{text}” is a number that the spreadsheet shortened, so its last digits are lost. "
            "Format the column as text, type the whole code again, then import."
        )
    if text.startswith("=") and len(text) > 1 and not QUOTED_TEXT.fullmatch(text):
        return f"“{text[:60]}” is a formula, not a value. Save the file with values, or put an apostrophe (') before it to keep it as text."
    return ""
