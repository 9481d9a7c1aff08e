"""Placeholders in the note of a status mapping: which there are, which a text uses wrongly, and filling them in. Pure."""

import string
from collections.abc import Mapping

PLACEHOLDERS = ("order", "job", "part", "status", "tracking")


def problem_with(note: str) -> str:
    """What is wrong with the placeholders of a note, as a sentence for staff; "" when nothing is."""
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    try:
        fields = list(string.Formatter().parse(note))
    except ValueError:
        return f"A brace is not closed. Write a placeholder as one of {known}; type a literal brace twice."
    for _, name, form, conversion in fields:
        if name is None:
            continue
        if name not in PLACEHOLDERS or form or conversion:
            shown = name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
            return f"{{{shown}}} is not a placeholder. Use {known}."
    return ""


def fill(note: str, values: Mapping[str, str]) -> str:
    """The note with its placeholders filled; one without a value becomes nothing. A note that is not in order stays as
    it was typed: it was stored before notes were checked, and an update must not fail for it."""
    if problem_with(note):
        return note
    return note.format_map({name: values.get(name, "") for name in PLACEHOLDERS}).strip()
