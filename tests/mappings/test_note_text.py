"""Placeholders in the note of a status mapping."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from mappings.models import StatusMapping
from mappings.note_text import PLACEHOLDERS, fill, problem_with

VALUES = {"order": "10234", "job": "10001", "part": "01", "status": "On Press", "tracking": ""}


@pytest.mark.parametrize(
    ("note", "filled"),
    [
        ("", ""),
        ("Job {job} is {status}.", "Job 10001 is On Press."),
        ("{order}-{part}", "10234-01"),
        ("On its way {tracking}", "On its way"),
        ("{{job}}", "{job}"),
        ("100 % of {job}", "100 % of 10001"),
    ],
)
def test_placeholders_are_filled(note: str, filled: str) -> None:
    assert problem_with(note) == ""
    assert fill(note, VALUES) == filled


@pytest.mark.parametrize(
    "note", ["{jobs}", "{}", "{0}", "{job.number}", "{job[0]}", "{job!r}", "{job:>20}", "{job", "job}", "{ job }"]
)  # fmt: skip
def test_anything_else_in_braces_is_refused_and_sent_as_it_stands(note: str) -> None:
    assert problem_with(note)
    assert fill(note, VALUES) == note


def test_a_row_with_an_unknown_placeholder_is_not_saved_by_a_form_or_an_import() -> None:
    row = StatusMapping(level="job", pace_status="R", pressero_stage="x", note="Job {number}")
    with pytest.raises(ValidationError, match="not a placeholder") as error:
        row.clean()
    assert list(error.value.message_dict) == ["note"]
    assert all(f"{{{name}}}" in str(error.value) for name in PLACEHOLDERS)


@given(st.text(max_size=40))
def test_no_text_makes_filling_fail(note: str) -> None:
    fill(note, VALUES)
