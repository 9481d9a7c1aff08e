"""Pricing parameters, from XML or words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.clients.pressero.options import item_options

WORDS = "Paper: 14pt Uncoated; Sides: 2"
IN_WORDS = (("Paper", "14pt Uncoated"), ("Sides", "2"))


def xml(inner: str) -> str:
    return f"<PricingParms><Options>{inner}</Options></PricingParms>"


def test_options_come_from_the_xml_in_its_order() -> None:
    text = xml("<Option><Key>B</Key><Value>2</Value></Option><Option><Key>A</Key><Value>1</Value></Option>")
    assert item_options(text, WORDS) == (("B", "2"), ("A", "1"))


@pytest.mark.parametrize("name", ["Option", "PricingOption", "KeyValueOfstringstring", "x"])
def test_the_middle_element_may_have_any_name(name: str) -> None:
    assert item_options(xml(f"<{name}><Key>A</Key><Value>1</Value></{name}>"), "") == (("A", "1"),)


def test_namespaces_declarations_and_comments_do_not_matter() -> None:
    text = (
        "<?xml version='1.0' encoding='utf-16'?><PricingParms xmlns='urn:x'><!-- c --><Options>"
        "<o><key>A &amp; B</key><VALUE> 1 </VALUE></o><!-- d --></Options></PricingParms>"
    )
    assert item_options(text, "") == (("A & B", "1"),)


def test_a_missing_value_is_empty_and_a_missing_key_is_left_out() -> None:
    assert item_options(xml("<o><Key>A</Key></o><o><Value>1</Value></o>"), "") == (("A", ""),)


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "<PricingParms>",
        "not xml",
        "{}",
        "<PricingParms/>",
        xml(""),
        "\x00",
        xml("<o><Key>A</Key></o>") + "<",
        "<?xml version='1.0' encoding='nonsense'?><a/>",
    ],
)
def test_words_are_taken_where_the_xml_says_nothing(broken: str) -> None:
    assert item_options(broken, WORDS) == IN_WORDS


@pytest.mark.parametrize("declaration", ["<!DOCTYPE a>", "<!doctype a [<!ENTITY e 'x'>]>", "<!ENTITY e 'x'>"])
def test_declarations_are_never_parsed(declaration: str) -> None:
    assert item_options(declaration + xml("<o><Key>A</Key><Value>1</Value></o>"), WORDS) == IN_WORDS


def test_an_entity_bomb_is_harmless() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + xml("<o><Key>&b;</Key></o>")
    assert item_options(bomb, "") == ()


def test_a_deeply_nested_text_is_harmless() -> None:
    assert item_options("<a>" * 50_000 + "</a>" * 50_000, WORDS) == IN_WORDS


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("", ()),
        ("Paper: 14pt", (("Paper", "14pt"),)),
        ("Paper: 14pt\r\nSides: 2\n", (("Paper", "14pt"), ("Sides", "2"))),
        ("Size: 2:1", (("Size", "2:1"),)),
        ("Rush; ; :x", (("Rush", ""),)),
    ],
)
def test_options_in_words(text: str, options: tuple[tuple[str, str], ...]) -> None:
    assert item_options("", text) == options


@given(st.text(), st.text())
def test_no_text_makes_it_fail(pricing: str, words: str) -> None:
    assert isinstance(item_options(pricing, words), tuple)
    assert isinstance(item_options(xml(pricing), words), tuple)
