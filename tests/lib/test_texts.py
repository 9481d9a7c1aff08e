"""Texts from strangers: how they are kept, and how they are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automationhub.lib.texts import compared, email_addresses, email_key, guid, is_blank, lines, one_line

GUID = "0a000000-0000-4000-8000-000000010234"


@pytest.mark.parametrize(
    "pasted",
    [
        "12 Main St\r\nSuite 4",
        "12 Main St\x0bSuite 4",  # a vertical tab: Excel and Word break lines with it
        "12 Main St\u2028Suite 4",
        "12 Main St\u2029Suite 4",
        "12 Main St\x85Suite 4",
        "12 Main St\tSuite\x0c4",
        " 12\u00a0Main  St Suite 4\u3000",
        "\ufeff12 Main\u200e St Suite\x1f4\u200f",
        "12 Ma\u00adin St\x00 Suite 4\u2060",
    ],
)
def test_a_pasted_address_line_is_one_line(pasted: str) -> None:
    assert one_line(pasted) == "12 Main St Suite 4"


def test_joined_letters_and_emojis_stay_as_they_look() -> None:
    assert (
        one_line("نمی\u200cخواهم \U0001f469\u200d\U0001f680") == "نمی\u200cخواهم \U0001f469\u200d\U0001f680"
    )


def test_notes_keep_their_lines_and_lose_control_characters() -> None:
    assert lines("\r\nTwo sides.\x0bRush\u2028 please\t \n\n") == "Two sides.\nRush\u2028 please".replace(
        "\u2028", "\n"
    )


@pytest.mark.parametrize("text", ["", " ", "\u00a0", "\ufeff", "\u200b\u200e", "\t\r\n", "\x00"])
def test_what_shows_nothing_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize(
    ("typed", "other"),
    [
        ("Courier Express", "courier  EXPRESS "),
        ("Courier Express", "\ufeffCourier\u00a0Express\u200e"),
        ("Café Crème", "CAFE CREME"),
        ("Cafe\u0301", "café"),
        ("Straße", "STRASSE"),
        ("Łódź Søndergård", "lodz sondergard"),
        ("ﬁne paper", "FINE PAPER"),
        ("１２３", "123"),
        ("{0A000000-0000-4000-8000-000000010234}", GUID),
        ("soft\u00adhyphen", "softhyphen"),
    ],
)
def test_names_are_compared_without_case_accents_blanks_and_invisible_characters(
    typed: str, other: str
) -> None:
    assert compared(typed) == compared(other)


@pytest.mark.parametrize(
    ("one", "other"), [("が", "か"), ("कि", "क"), ("A-1", "A1"), ("Card 1", "Card1"), ("{card}", "card")]
)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert compared(one) != compared(other)


@given(st.text())
def test_a_text_is_the_same_when_it_is_read_twice(text: str) -> None:
    assert one_line(one_line(text)) == one_line(text)
    assert compared(compared(text)) == compared(text)
    assert len(one_line(text).splitlines()) <= 1


@pytest.mark.parametrize("written", [f"{{{GUID}}}", GUID.upper(), f" ({GUID}) ", f"\ufeff{GUID}"])
def test_a_guid_has_one_form(written: str) -> None:
    assert guid(written) == GUID


def test_an_id_that_is_not_a_guid_stays_as_it_is() -> None:
    assert guid(" Site-7 ") == "Site-7"


@pytest.mark.parametrize(
    ("field", "addresses"),
    [
        ("a@x.com; b@x.com", ("a@x.com", "b@x.com")),
        ("a@x.com,b@x.com", ("a@x.com", "b@x.com")),
        ("a@x.com b@x.com", ("a@x.com", "b@x.com")),
        ("a@x.com\r\nb@x.com", ("a@x.com", "b@x.com")),
        ("a@x.com; A@X.com;", ("a@x.com",)),
        ('"Sample, Avery" <a@x.com>', ("a@x.com",)),
        ("mailto:a@x.com", ("a@x.com",)),
        ("\ufeffa@x.com\u200e", ("a@x.com",)),
        ("no address", ("no address",)),
        ("o'hara@x.com", ("o'hara@x.com",)),
        (" ", ()),
    ],
)
def test_the_addresses_of_a_field_come_in_their_order(field: str, addresses: tuple[str, ...]) -> None:
    assert email_addresses(field) == addresses


def test_emails_are_compared_without_case_and_invisible_characters() -> None:
    assert email_key("\u200eJo.Miller@Example.com\u00a0") == email_key("jo.miller@example.com")
