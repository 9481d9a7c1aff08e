"""The words of an order, and what somebody typed, as pure functions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.search.keywords import MAX_WORD, MOST_TERMS, SearchFacts, as_word, search_words, terms
from integrations.enums import SearchKind


def words(kind: SearchKind, **facts: object) -> set[str]:
    found = search_words(SearchFacts(**{"number": 1, **facts}))  # type: ignore[arg-type]
    return {word for of, word in found if of == kind}


@pytest.mark.parametrize(
    ("kind", "facts", "expected"),
    [
        (SearchKind.NUMBER, {"number": 51234}, {"51234"}),
        (SearchKind.JOB, {"jobs": ("J-900", "90017")}, {"j-900", "90017"}),
        (SearchKind.PO, {"po_number": "PO-7781"}, {"po-7781", "7781"}),
        (SearchKind.TRACKING, {"tracking": ("1Z 999 AA1",)}, {"1z999aa1"}),
        (
            SearchKind.CUSTOMER,
            {"customer": "Example  Credit Union"},
            {"example credit union", "credit union", "union"},
        ),
        (
            SearchKind.EMAIL,
            {"email": "Avery.Smith@Example.com"},
            {"avery.smith@example.com", "smith@example.com", "example.com"},
        ),
        (SearchKind.PRODUCT, {"products": ("Straße 5",)}, {"strasse 5"}),
        (SearchKind.CUSTOMER, {"customer": ""}, set()),
    ],
)
def test_a_text_is_kept_from_each_of_its_words_on(
    kind: SearchKind, facts: dict[str, object], expected: set[str]
) -> None:
    assert words(kind, **facts) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  ", ()),
        ("#51234", ("51234",)),
        ("Credit Example", ("credit", "example")),
        ('"Credit Union" 7', ("credit union", "7")),
        ('"without its end', ("without", "its", "end")),
        ("O'Brien", ("o'brien",)),
        ("a\\", ("a\\",)),
        ("x x", ("x",)),
        ("a b c d e f g", ("a", "b", "c", "d", "e")),
    ],
)
def test_what_is_typed_falls_into_words(text: str, expected: tuple[str, ...]) -> None:
    assert terms(text) == expected


@given(st.text(max_size=300))
def test_whatever_is_typed_can_be_looked_up(text: str) -> None:
    found = terms(text)
    assert len(found) <= MOST_TERMS
    for word in found:
        assert 0 < len(word) <= MAX_WORD
        assert "\x00" not in word
        word.encode()


@given(st.text(max_size=300), st.sampled_from(SearchKind))
def test_an_order_is_found_by_the_whole_of_what_it_holds(text: str, kind: SearchKind) -> None:
    names = {
        SearchKind.JOB: {"jobs": (text,)},
        SearchKind.PO: {"po_number": text},
        SearchKind.TRACKING: {"tracking": (text,)},
        SearchKind.CUSTOMER: {"customer": text},
        SearchKind.PRODUCT: {"products": (text,)},
    }
    if kind in names and (typed := as_word(text, kind)):
        assert any(word.startswith(typed) for word in words(kind, **names[kind]))
