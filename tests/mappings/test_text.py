"""How texts are compared."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.models.base import KEY_LENGTH
from mappings.text import address_key, address_pattern, name_key, one_line

ANY_TEXT = st.text(st.characters())


@pytest.mark.parametrize("written", ["Ground", "GROUND", "  ground \t", "\u00a0ground\n"])
def test_names_are_equal_without_case_and_outer_blanks(written: str) -> None:
    assert name_key(written) == "ground"


@pytest.mark.parametrize(
    "written",
    ["UPS  Ground", "UPS\u00a0Ground", "\ufeffUPS Ground\u200e", "Ups Gr\u00f6und".replace("\u00f6", "o")],
)
def test_doubled_and_no_break_blanks_and_invisible_characters_of_names_do_not_matter(written: str) -> None:
    assert name_key(written) == name_key("UPS Ground")


def test_blanks_between_words_matter() -> None:
    assert name_key("UPSGround") != name_key("UPS Ground")


def test_blanks_of_addresses_are_collapsed() -> None:
    assert address_key(" 1  Main\tSt ") == address_key("1 main st")


def test_an_accent_typed_as_two_characters_is_the_same_letter() -> None:
    assert name_key("Cafe\u0301") == name_key("CAFÉ")


def test_what_a_database_cannot_store_is_left_out_of_keys() -> None:
    assert name_key("a\x00b\ud800c") == "abc"


def test_columns_of_a_pattern_do_not_run_into_each_other() -> None:
    assert address_pattern(["ab", "c"]) != address_pattern(["a", "bc"])


def test_no_character_outgrows_the_key_columns() -> None:
    # KEY_LENGTH allows three characters in a key for each one typed.
    longest = max(len(name_key(chr(code))) for code in range(sys.maxunicode + 1))
    assert longest * 255 <= KEY_LENGTH


@given(ANY_TEXT)
def test_a_key_is_its_own_key(text: str) -> None:
    assert name_key(name_key(text)) == name_key(text)
    assert address_key(address_key(text)) == address_key(text)


@given(ANY_TEXT)
def test_tidied_text_has_the_key_of_the_text_it_was(text: str) -> None:
    assert name_key(one_line(text)) == name_key(text)
