"""What is wrong with a field rule, found when it is saved or imported: each with its column, and its place in a template.

The mappings do not know the fields of Pace: whoever does registers a function (`register`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from difflib import get_close_matches

from automationhub.lib.liquid import Template, TemplateError, condition, template
from mappings.text import name_key


@dataclass(frozen=True)
class Draft:
    """A rule that is to be saved."""

    object: str
    pace_field: str
    when: str
    value: str
    mode: str


@dataclass(frozen=True)
class Fixed:
    """A value that is the same for every order; None where the template has something to fill in."""

    text: str | None


# By column, why the field cannot be written like that.
FieldCheck = Callable[[Draft, Fixed], dict[str, str]]
# Sentences about variables that no order has.
VariableCheck = Callable[[Template], list[str]]

_field_checks: list[FieldCheck] = []
_variable_checks: list[VariableCheck] = []


def register(field_check: FieldCheck, variable_check: VariableCheck) -> None:
    """Have these functions asked from now on."""
    _field_checks[:], _variable_checks[:] = [field_check], [variable_check]


def problems(draft: Draft, tables: Callable[[], Collection[str]]) -> dict[str, str]:
    """Why the rule cannot be saved, by column. `tables` gives the keys of all value tables."""
    found: dict[str, str] = {}
    compiled: list[tuple[str, Template]] = []
    for column, compile_, text in (("when", condition, draft.when), ("value", template, draft.value)):
        try:
            if text:
                compiled.append((column, compile_(text)))
        except TemplateError as error:
            found[column] = str(error)
    for column, one in compiled:
        if missing := _missing_table(one, tables):
            found[column] = missing
    fixed = draft.value if "{{" not in draft.value and "{%" not in draft.value else None
    for check in _field_checks:
        found = {**check(draft, Fixed(fixed)), **found}
    return found


def remarks(draft: Draft) -> list[str]:
    """What is worth a second look, and does not stop the rule from being saved."""
    found: list[str] = []
    for compile_, text in ((condition, draft.when), (template, draft.value)):
        try:
            one = compile_(text) if text else None
        except TemplateError:
            continue
        for check in _variable_checks:
            found += check(one) if one is not None else []
    return found


def _missing_table(one: Template, tables: Callable[[], Collection[str]]) -> str:
    if not one.tables:
        return ""
    known = tables()
    for name, (line, column) in one.tables:
        if name_key(name) not in known:
            near = get_close_matches(name_key(name), list(known), 1)
            meant = f" Did you mean “{near[0]}”?" if near else " Add its rows under Value tables first."
            return f"Line {line}, column {column}: There is no value table “{name}”.{meant}"
    return ""
