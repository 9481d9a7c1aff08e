"""Ship-to addresses: which are the same, and their country and state in Pace's terms (docs/mapping.md §5)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from automationhub.lib import territories
from automationhub.lib.texts import compared, one_line, plain
from integrations.clients.schemas import Address, PaceCountry, PaceReference, PaceState, PresseroItem

__all__ = [
    "AddressPlace",
    "DestinationKey",
    "Places",
    "UnknownCountry",
    "UnknownState",
    "destination",
    "plain",
]

DestinationKey = tuple[str, ...]
Listed = TypeVar("Listed", PaceCountry, PaceState)


@dataclass(frozen=True)
class AddressPlace:
    """Country and state of an address as Pace knows them.

    `state` is the Pace code, or the text as written where Pace keeps no states for the country (then without key).
    `note` says what was decided that whoever wrote the address might not expect.
    """

    country: PaceCountry
    state: str = ""
    state_key: str = ""
    note: str = ""


class UnknownCountry(Exception):
    """Pace has no country of this name or code."""


class UnknownState(Exception):
    """The country has states in Pace, but not this one."""

    def __init__(self, country: PaceCountry) -> None:
        super().__init__(country.name)
        self.country = country


class Places:
    """The countries and states of one Pace server, looked up by any code or name; its own lists are the judge.

    `home_country` is the country of addresses that name none.
    """

    def __init__(self, reference: PaceReference, home_country: str = "") -> None:
        self._reference = reference
        self._home = one_line(home_country)
        self._countries: dict[str, PaceCountry] | None = None
        self._by_code: dict[str, PaceCountry] | None = None
        self._states: dict[int, dict[str, PaceState]] = {}
        self._places: dict[tuple[str, str], AddressPlace | UnknownCountry | UnknownState] = {}

    def country(self, text: str) -> PaceCountry:
        """By ISO code, name or usual name, whatever case and accents. Raises UnknownCountry."""
        found = self._listed_country(text) or self._agreed(text, self._listed_country)
        if found is None:
            raise UnknownCountry(text)
        return found

    def has_country_id(self, country_id: object) -> bool:
        """Whether Pace has a country of this id; a list that was not read says yes to everything."""
        known = self._reference.countries
        return not known or any(str(country.id) == str(country_id).strip() for country in known)

    def country_of_id(self, country_id: object) -> PaceCountry | None:
        """The country that Pace lists under this id."""
        return next((one for one in self._reference.countries if str(one.id) == str(country_id)), None)

    def place(self, address: Address) -> AddressPlace:
        """Country and state of an address. Raises UnknownCountry, UnknownState.

        A state is found by code or name within its country; a territory wherever Pace keeps it, as a country or as a
        state. An empty state and a filler stay empty. A state that Pace does not know is refused where Pace keeps states
        for the country (a wrong one would go to another place), and passed on as written where it keeps none.
        """
        asked = (address.country, address.state)
        if asked not in self._places:
            try:
                self._places[asked] = self._place(one_line(address.country), one_line(address.state))
            except (UnknownCountry, UnknownState) as unknown:
                self._places[asked] = unknown
        found = self._places[asked]
        if isinstance(found, Exception):
            raise found
        return found

    def _place(self, country_text: str, state_text: str) -> AddressPlace:
        if territories.names_no_country(country_text):
            if named := self._named_by_state(state_text):
                return named
            if not self._home:
                raise UnknownCountry(country_text)
            home = self._place(self._home, state_text)
            note = f"the address names no country; the Pace server's home country {home.country.name} is used"
            return replace(home, note="; ".join(filter(None, (note, home.note))))
        try:
            country = self.country(country_text)
        except UnknownCountry:
            territory = self._territory_as_state(country_text)
            if territory is None:
                raise
            return territory
        return self._in_country(country, state_text)

    def _named_by_state(self, text: str) -> AddressPlace | None:
        """`CA-BC` names its country itself."""
        parts = territories.pieces(text)
        country = self._listed_country(parts[0]) if len(parts) == 2 else None
        state = self._listed_state(country, parts[1]) if country else None
        if country is None or state is None or plain(parts[0]) != plain(country.iso2):
            return None
        note = f'the address names no country; {country.name} is taken from its state "{text}"'
        return replace(_at(country, state), note=note)

    def compared(self, country: str, state: str) -> tuple[str, str]:
        """Country and state in the form in which places are compared: equal for two ways to write one place."""
        try:
            place = self.place(Address(country=country, state=state))
        except UnknownCountry:
            code = territories.country_code(country)
            return code or plain(country), _region_key(code, state)
        except UnknownState as unknown:
            return str(unknown.country.id), _region_key(_code_of(unknown.country), state)
        if place.state_key:
            return str(place.country.id), plain(place.state)
        return str(place.country.id), _region_key(_code_of(place.country), place.state) if place.state else ""

    def _in_country(self, country: PaceCountry, text: str) -> AddressPlace:
        if not text:
            return AddressPlace(country)
        listed = self._listed_state(country, text)
        if listed is not None:
            return _at(country, listed)
        if as_country := self._territory_as_country(country, text):
            return AddressPlace(
                as_country, note=f'Pace keeps "{text}" as the country {as_country.name}, not as a state'
            )
        if territories.region(_code_of(country), text) is None:
            if self._is_country(country, text):
                return AddressPlace(
                    country, note=f'the state "{text}" names the country itself and is left out'
                )
            if territories.is_filler(text):
                return AddressPlace(country, note=f'the state "{text}" is taken as no state')
        if self._by_state(country):
            raise UnknownState(country)
        return AddressPlace(country, text)

    # --- countries ---

    def _listed_country(self, text: str) -> PaceCountry | None:
        found = self._by_country().get(plain(text))
        if found is None and (code := territories.country_code(text)):
            found = self._by_iso().get(code)
        return found

    def _by_country(self) -> dict[str, PaceCountry]:
        if self._countries is None:
            found: dict[str, PaceCountry] = {}
            # Codes are unambiguous, so they come first; among equal names the lower id wins.
            countries = sorted(self._reference.countries, key=lambda country: country.id)
            for name in ("iso2", "iso3", "name"):
                for country in countries:
                    found.setdefault(plain(getattr(country, name)), country)
            found.pop("", None)
            self._countries = found
        return self._countries

    def _by_iso(self) -> dict[str, PaceCountry]:
        """By the two letters of ISO, also where the plant's list holds only names."""
        if self._by_code is None:
            found: dict[str, PaceCountry] = {}
            for country in sorted(self._reference.countries, key=lambda country: country.id):
                found.setdefault(_code_of(country), country)
            found.pop("", None)
            self._by_code = found
        return self._by_code

    def _is_country(self, country: PaceCountry, text: str) -> bool:
        named = self._listed_country(text)
        return named is not None and named.id == country.id

    # --- states ---

    def _listed_state(self, country: PaceCountry, text: str) -> PaceState | None:
        """The country's state of this code or name, as Pace lists it."""
        find = self._state_finder(country)
        found = find(text)
        if found is None:
            others = [piece for piece in territories.pieces(text) if not self._is_country(country, piece)]
            found = self._agreed_pieces(others, find) if others != [text] else None
        return found

    def _state_finder(self, country: PaceCountry) -> Callable[[str], PaceState | None]:
        states = self._by_state(country)

        def find(text: str) -> PaceState | None:
            found = states.get(plain(text))
            if found is None and states and (region := territories.region(_code_of(country), text)):
                found = states.get(plain(region.code)) or states.get(plain(region.name))
            return found

        return find

    def _by_state(self, country: PaceCountry) -> dict[str, PaceState]:
        if country.id not in self._states:
            own = sorted((s for s in self._reference.states if s.country == country.id), key=lambda s: s.code)
            found: dict[str, PaceState] = {}
            for name in ("code", "description"):
                for state in own:
                    found.setdefault(plain(getattr(state, name)), state)
            found.pop("", None)
            self._states[country.id] = found
        return self._states[country.id]

    # --- territories ---

    def _territory_as_state(self, text: str) -> AddressPlace | None:
        """A country that Pace does not have, but keeps as a state of another (Puerto Rico)."""
        code = territories.country_code(text)
        country = self._by_iso().get(territories.TERRITORIES.get(code, ""))
        if country is None:
            return None
        states = self._by_state(country)
        state = states.get(plain(code)) or next(
            (one for one in states.values() if territories.country_code(one.description) == code), None
        )
        if state is None:
            return None
        note = f'Pace keeps "{text}" as the state {state.code} of {country.name}, not as a country'
        return replace(_at(country, state), note=note)

    def _territory_as_country(self, country: PaceCountry, text: str) -> PaceCountry | None:
        """A state that Pace does not have, but keeps as a country of its own."""
        parts = [part for part in territories.pieces(text) if not self._is_country(country, part)]
        code = territories.country_code(text) or territories.country_code(" ".join(parts))
        of = territories.TERRITORIES.get(code, "")
        return self._by_iso().get(code) if of and of == _code_of(country) else None

    # --- texts that say one thing twice (`US-IL`, "Illinois (IL)") ---

    def _agreed(self, text: str, find: Callable[[str], Listed | None]) -> Listed | None:
        parts = territories.pieces(text)
        return self._agreed_pieces(parts, find) if len(parts) > 1 else None

    def _agreed_pieces(self, parts: list[str], find: Callable[[str], Listed | None]) -> Listed | None:
        found = [find(part) for part in parts]
        return found[0] if found and all(one == found[0] for one in found) else None


def _at(country: PaceCountry, state: PaceState) -> AddressPlace:
    return AddressPlace(country, state.code, state.key or f"{country.id}:{state.code}")


def _region_key(code: str, state: str) -> str:
    region = territories.region(code, state) if code else None
    return plain(region.code if region else state)


def _code_of(country: PaceCountry) -> str:
    """The country's two letters, from whichever of its columns the plant has filled."""
    return (
        territories.country_code(country.iso2)
        or territories.country_code(country.iso3)
        or territories.country_code(country.name)
    )


def destination(item: PresseroItem, place: AddressPlace | None) -> DestinationKey:
    """Equal for items that go to the same address by the same method.

    Case, accents, blanks and punctuation make no difference, nor do two ways to write a country or state, nor on which of
    the three lines a text stands. Business and names belong to the address (parcels to two people are two parcels),
    phone and email do not.
    """
    to = item.ship_to
    country = str(place.country.id) if place else plain(to.country)
    state = place.state if place else to.state
    return (
        plain(to.business),
        plain(f"{to.first_name} {to.last_name}"),
        plain(" ".join((to.address1, to.address2, to.address3))),
        plain(to.city),
        plain(state),
        plain(to.postal).replace(" ", ""),
        country,
        compared(item.method_name),
        compared(item.method_id),
    )
