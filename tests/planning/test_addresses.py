"""Mapping rules 7: equal destinations, country and state."""

from dataclasses import replace

import pytest

from integrations.planning.addresses import (
    DestinationKey,
    Places,
    UnknownCountry,
    UnknownState,
    destination,
    plain,
)
from tests.planning.builders import PEORIA, REFERENCE, item

places = Places(REFERENCE)


def key(method: str = "Ground", **changes: str) -> DestinationKey:
    of = item(ship_to=replace(PEORIA, **changes), method_name=method)
    return destination(of, places.place(of.ship_to))


@pytest.mark.parametrize(
    "changes",
    [
        {"address1": "22 NORTH AVE."},
        {"address1": "  22  North   Ave "},
        {"address1": "22 North", "address2": "Ave"},
        {"state": "Illinois"},
        {"country": "usa"},
        {"country": "United States"},
        {"postal": "61 602"},
        {"business": "Example C.U. North"},
        {"phone": "555-9999"},
        {"email": "other@example.com"},
    ],
)
def test_the_same_destination(changes: dict[str, str]) -> None:
    assert key(**changes) == key()


@pytest.mark.parametrize(
    "changes",
    [
        {"address1": "23 North Ave"},
        {"address2": "Suite 5"},
        {"city": "Pekin"},
        {"state": "TX"},
        {"postal": "61603"},
        {"business": "Other"},
        {"last_name": "Head"},
        {"method": "Air"},
    ],
)
def test_another_destination(changes: dict[str, str]) -> None:
    assert key(**changes) != key()


def test_methods_are_compared_without_case_and_outer_blanks() -> None:
    assert key(method=" GROUND ") == key()


def test_numbers_do_not_run_together() -> None:
    assert plain("12.5 Main") != plain("125 Main")
    assert plain("22-24 Main") == plain("22 24 Main") != plain("2224 Main")
    assert plain("P.O. Box 7,") == plain("po box 7")
    assert plain("O’Hara") == plain("O'Hara") == plain("OHARA")


class TestPlaces:
    @pytest.mark.parametrize("text", ["CA", "can", " Canada "])
    def test_a_country_by_code_or_name(self, text: str) -> None:
        assert places.country(text).id == 2

    @pytest.mark.parametrize("text", ["", "Atlantis"])
    def test_an_unknown_country(self, text: str) -> None:
        with pytest.raises(UnknownCountry):
            places.country(text)

    @pytest.mark.parametrize("state", ["tx", "Texas", " TEXAS "])
    def test_a_state_by_code_or_description_within_its_country(self, state: str) -> None:
        found = places.place(replace(PEORIA, state=state))
        assert (found.country.id, found.state, found.state_key) == (1, "TX", "1:TX")

    def test_a_state_of_another_country_is_unknown(self) -> None:
        with pytest.raises(UnknownState):
            places.place(replace(PEORIA, state="ON"))

    def test_a_country_without_states_in_pace_takes_the_text(self) -> None:
        found = places.place(replace(PEORIA, country="DE", state=" Bayern "))
        assert (found.country.id, found.state, found.state_key) == (3, "Bayern", "")

    def test_an_empty_state_stays_empty(self) -> None:
        assert places.place(replace(PEORIA, state=" ")).state == ""
