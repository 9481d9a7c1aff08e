"""How cells become values and back: strict, with reasons in plain words.

A cell comes from a CSV file (always text), a workbook (numbers, dates, booleans) or a JSON configuration file. Values
go out as text, or as JSON values when `plain` is set: then nothing is escaped either.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Model, TextChoices
from import_export.widgets import Widget

from mappings.spreadsheets import ShownValue
from mappings.spreadsheets.shown import SHEET_ERROR, SHORTENED_NUMBER

# A spreadsheet runs cells that begin like this, or takes them for an error or a number. They go out with a quote before
# them, which comes off on the way in.
_MISREAD = rf"[=+\-@\t\r\n＝＋－＠]|(?:{SHEET_ERROR.pattern}|{SHORTENED_NUMBER.pattern})\Z"
FORMULA = re.compile(rf"'*(?:{_MISREAD})", re.IGNORECASE)
ESCAPED_FORMULA = re.compile(rf"'+(?:{_MISREAD})", re.IGNORECASE)

LARGEST_NUMBER = 2**31 - 1


class CellWidget(Widget):
    """Base: `plain` is set by the resource for JSON values."""

    plain = False


class TextWidget(CellWidget):
    """Texts, also where a spreadsheet made a number of one."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        text = cell_text(value)
        return text[1:] if not self.plain and ESCAPED_FORMULA.match(text) else text

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        text = "" if value is None else str(value)
        return f"'{text}" if not self.plain and FORMULA.match(text) else text


class ChoiceWidget(CellWidget):
    """One of a few words, whatever its case. `empty`: what an empty cell means; without it, it is an error."""

    def __init__(self, choices: type[TextChoices], empty: str = "") -> None:
        super().__init__()
        self.words = list(choices.values)
        self.empty = str(empty)

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        text = cell_text(value) or self.empty
        word = re.sub(r"[\s\-]+", "_", text.lower())
        if word not in self.words:
            given = f"“{text}” is unknown" if text else "it is empty"
            raise ValueError(f"{given}: write {' or '.join(self.words)}.")
        return word


class NumberWidget(CellWidget):
    """Whole numbers, also as text. `empty`: what an empty cell means, as a rule no number."""

    def __init__(self, empty: int | None = None) -> None:
        super().__init__()
        self.empty = empty

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int | None:
        if isinstance(value, ShownValue) and isinstance(value.value, int):
            value = value.value  # an id that its sheet shows as 5,010
        text = cell_text(value)
        if not text:
            return self.empty
        if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,10}", text) or int(text) > LARGEST_NUMBER:
            raise ValueError(f"“{text}” is not a whole number between 0 and {LARGEST_NUMBER}.")
        return int(text)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        return value if self.plain else ("" if value is None else str(value))


class YesNoWidget(CellWidget):
    """yes or no; empty is no. true and false are what spreadsheets and JSON make of them."""

    words = {"yes": True, "true": True, "no": False, "false": False, "": False}

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool:
        text = cell_text(value)
        if text.lower() not in self.words:
            raise ValueError(f"“{text}” is unknown: write yes or no.")
        return self.words[text.lower()]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "yes" if value else "no"


class DateWidget(CellWidget):
    """Dates as YYYY-MM-DD, or as a spreadsheet's own."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> date:
        value = value.value if isinstance(value, ShownValue) else value
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        text = cell_text(value)
        if not text:
            raise ValueError("it is empty: write YYYY-MM-DD.")
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
                raise ValueError
            return date.fromisoformat(text)
        except ValueError:
            raise ValueError(f"“{text}” is not a date: write YYYY-MM-DD.") from None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else value.isoformat()


class StorefrontWidget(CellWidget):
    """A storefront by its name; empty means all storefronts. All names are read once per import or export."""

    def __init__(self, model: type[Model]) -> None:
        super().__init__()
        self.model = model

    @cached_property
    def by_id(self) -> dict[int, Any]:
        return {row.pk: row for row in self.model._default_manager.only("pk", "name")}

    @cached_property
    def ids(self) -> dict[str, int]:
        return {row.name: pk for pk, row in self.by_id.items()}

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int | None:
        text = cell_text(value)
        if not self.plain and ESCAPED_FORMULA.match(text):
            text = text[1:]
        if not text:
            return None
        if text not in self.ids:
            raise ValueError(f"there is no storefront named “{text}”.")
        return self.ids[text]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        name = "" if value is None else self.by_id[value].name
        return f"'{name}" if not self.plain and FORMULA.match(name) else name


def cell_text(value: Any) -> str:
    """The text of a cell, without outer blanks; a whole number has no decimal point."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool | int | float | Decimal | str | date):
        return str(value).strip()
    raise ValueError("it must be one text or number.")
