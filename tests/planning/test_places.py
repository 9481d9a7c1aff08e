"""Mapping rules 7: countries and states by every name that people give them, with the plant's own lists as the judge."""

from dataclasses import replace

import pytest

from integrations.clients.schemas import PaceCountry, PaceReference, PaceState
from integrations.planning.addresses import AddressPlace, Places, UnknownCountry, UnknownState
from tests.planning.builders import PEORIA, item, order, plan, problems, storefront, values

US, CA, GB, MX, DE, PR, KR, CI = (
    PaceCountry(1, "United States", "US", "USA"),
    PaceCountry(2, "Canada", "CA", "CAN"),
    PaceCountry(3, "United Kingdom", "GB", "GBR"),
    PaceCountry(4, "Mexico", "MX", "MEX"),
    PaceCountry(5, "Germany", "DE", "DEU"),
    PaceCountry(6, "Puerto Rico", "PR", "PRI"),
    PaceCountry(7, "KOREA, REPUBLIC OF", "KR", ""),
    PaceCountry(8, "Ivory Coast", "", ""),
)
STATES = (
    PaceState("1:IL", "IL", 1, "Illinois"),
    PaceState("1:WA", "WA", 1, "Washington"),
    PaceState("1:DC", "DC", 1, "District of Columbia"),
    PaceState("2:BC", "BC", 2, "British Columbia"),
    PaceState("2:QC", "QC", 2, "Qu\u00e9bec"),
    PaceState("4:NLE", "NLE", 4, "Nuevo Le\u00f3n"),
)
OF_US = (PaceState("1:PR", "PR", 1, "Puerto Rico"), PaceState("1:GU", "GU", 1, "Guam"))
LISTS = PaceReference(countries=(US, CA, GB, MX, DE, KR, CI), states=STATES)
places = Places(LISTS)


def place(country: str, state: str = "", of: Places = places) -> AddressPlace:
    return of.place(replace(PEORIA, country=country, state=state))


@pytest.mark.parametrize(
    ("written", "country"),
    [
        ("USA", US), ("U.S.A.", US), ("U.S.", US), ("United States of America", US), ("america", US),
        ("the United States", US), ("Estados Unidos", US), ("\u00c9tats-Unis", US), ("840", US), ("US - United States", US),
        ("United States (US)", US), ("\ufeffUnited\u00a0States\u200e", US), ("Vereinigte Staaten", US),
        ("UK", GB), ("Great Britain", GB), ("England", GB), ("Scotland", GB), ("Northern Ireland", GB),
        ("M\u00e9xico", MX), ("MEX", MX), ("Mejico", None), ("Kanada", CA), ("Deutschland", DE), ("Allemagne", DE),
        ("Federal Republic of Germany", DE), ("South Korea", KR), ("Republic of Korea", KR), ("Korea", KR),
        ("C\u00f4te d'Ivoire", CI), ("Cote d\u2019Ivoire", CI), ("CIV", CI), ("North Korea", None), ("France", None),
        ("Atlantis", None),
    ],
)  # fmt: skip
def test_a_country_by_any_usual_name(written: str, country: PaceCountry | None) -> None:
    if country is None:
        with pytest.raises(UnknownCountry):
            places.country(written)
    else:
        assert places.country(written) == country


@pytest.mark.parametrize(
    ("country", "written", "code"),
    [
        ("US", "Illinois", "IL"), ("US", "ILLINOIS ", "IL"), ("US", "US-IL", "IL"), ("US", "us - il", "IL"),
        ("US", "Illinois (IL)", "IL"), ("US", "IL - Illinois", "IL"), ("US", "IL, USA", "IL"), ("US", "Ill\u00adinois", "IL"),
        ("US", "Washington DC", "DC"), ("US", "D.C.", "DC"), ("US", "Washington, D.C.", "DC"), ("US", "Washington", "WA"),
        ("CA", "CA-BC", "BC"), ("CA", "B.C.", "BC"), ("CA", "Quebec", "QC"), ("CA", "QUE\u0301BEC", "QC"), ("CA", "PQ", "QC"),
        ("MX", "Nuevo Leon", "NLE"), ("MX", "MX-NLE", "NLE"),
    ],
)  # fmt: skip
def test_a_state_by_any_usual_name(country: str, written: str, code: str) -> None:
    found = place(country, written)
    assert (found.state, found.state_key) == (code, f"{found.country.id}:{code}")


@pytest.mark.parametrize(("code", "description"), [("IL", ""), ("ILL", "Illinois"), ("Illinois", "")])
@pytest.mark.parametrize("written", ["IL", "Illinois", "US-IL"])
def test_a_list_that_holds_only_codes_or_only_names_is_understood(
    code: str, description: str, written: str
) -> None:
    lists = PaceReference(countries=(US,), states=(PaceState(f"1:{code}", code, 1, description),))
    assert place("US", written, Places(lists)).state == code


@pytest.mark.parametrize(
    "filler",
    [
        "-",
        "--",
        ".",
        "N/A",
        "n.a.",
        "NA",
        "none",
        "None",
        "x",
        "XX",
        "0",
        "00",
        "_",
        "?",
        "No State",
        "\u200b",
        "*",
    ],
)
@pytest.mark.parametrize("country", ["US", "DE"])
def test_a_filler_is_no_state_whether_pace_keeps_states_or_not(country: str, filler: str) -> None:
    found = place(country, filler)
    assert (found.state, found.state_key) == ("", "")
    assert "taken as no state" in found.note or not filler.strip("\u200b")


def test_what_looks_like_a_filler_is_a_state_where_the_plant_lists_it() -> None:
    lists = replace(LISTS, states=(*STATES, PaceState("5:NA", "NA", 5, "Nowhere Abbey")))
    assert place("DE", "na", Places(lists)).state == "NA"


def test_a_real_region_is_not_taken_for_a_filler() -> None:
    lists = PaceReference(countries=(PaceCountry(9, "Italy", "IT", "ITA"),))
    assert place("Italia", "NA", Places(lists)).state == "NA"  # Naples


def test_the_country_written_again_as_the_state_is_no_state() -> None:
    assert place("US", "USA").state == ""
    assert place("DE", "Germany").state == ""
    assert "names the country itself" in place("DE", "Germany").note


class TestTerritories:
    as_states = Places(replace(LISTS, states=(*STATES, *OF_US)))
    as_countries = Places(replace(LISTS, countries=(*LISTS.countries, PR)))

    @pytest.mark.parametrize("country", ["PR", "Puerto Rico", "PRI"])
    @pytest.mark.parametrize("state", ["", "PR", "Puerto Rico", "San Juan"])
    def test_a_country_that_the_plant_keeps_as_a_state(self, country: str, state: str) -> None:
        found = place(country, state, self.as_states)
        assert (found.country, found.state_key) == (US, "1:PR")
        assert "as the state PR of United States" in found.note

    @pytest.mark.parametrize("state", ["PR", "Puerto Rico", "US-PR", "puerto  rico"])
    def test_a_state_that_the_plant_keeps_as_a_country(self, state: str) -> None:
        found = place("US", state, self.as_countries)
        assert (found.country, found.state, found.state_key) == (PR, "", "")
        assert "as the country Puerto Rico" in found.note

    def test_where_the_plant_keeps_it_as_written_nothing_is_moved(self) -> None:
        assert place("US", "PR", self.as_states) == AddressPlace(US, "PR", "1:PR")
        assert place("Puerto Rico", "", self.as_countries) == AddressPlace(PR)
        assert place("PR", "PR", self.as_countries).state == ""

    def test_a_plant_that_does_not_know_it_at_all_says_so(self) -> None:
        with pytest.raises(UnknownCountry):
            place("PR")
        with pytest.raises(UnknownState):
            place("US", "PR")


class TestHomeCountry:
    home = Places(LISTS, "United States")

    @pytest.mark.parametrize("blank", ["", " ", "-", "N/A", "none"])
    def test_an_address_without_a_country_is_at_home(self, blank: str) -> None:
        found = place(blank, "Illinois", self.home)
        assert (found.country, found.state_key) == (US, "1:IL")
        assert "home country United States" in found.note

    def test_a_state_that_names_its_country_is_in_that(self) -> None:
        found = place("", "CA-BC", self.home)
        assert (found.country, found.state) == (CA, "BC")

    def test_without_a_home_country_the_order_says_what_to_fill(self) -> None:
        of = order(item(ship_to=replace(PEORIA, country="N/A")))
        [message] = problems(of)
        assert message == (
            "Order 10234, item 1: the ship-to address has no country. Fill ShipToCountry in Pressero, or set the home "
            "country on the Pace server in the portal."
        )


def test_what_was_decided_about_a_place_is_a_note_on_the_plan() -> None:
    of = order(item(ship_to=replace(PEORIA, country="", state="n/a")))
    made = plan(of, storefront(server_home_country="US"))
    [shipment] = made.jobs[0].shipments
    assert values(shipment.fields)["country"] == 1
    assert "state" not in shipment.fields
    assert [note.message for note in made.notes] == [
        "Order 10234, item 1: the address names no country; the Pace server's home country United States is used; "
        'the state "n/a" is taken as no state'
    ]
