"""Ship-to addresses: which are the same, and their country and state in Pace's terms (mapping rules 7)."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from integrations.clients.schemas import Address, OrderItem, PaceCountry, PaceReference, PaceState

DestinationKey = tuple[str, ...]
_DOT_IN_WORD = re.compile(r"(?<!\d)[.'’]|[.'’](?!\d)")  # "P.O." and "O'Hara", not "12.5"
_NOT_ALNUM = re.compile(r"[\W_]+")


@lru_cache(maxsize=4096)  # an order's addresses are largely the same few texts
def plain(text: str) -> str:
    """The text for comparison: without case, punctuation and runs of blanks ("P.O. Box 7," is "po box 7")."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _NOT_ALNUM.sub(" ", _DOT_IN_WORD.sub("", folded)).strip()


@dataclass(frozen=True)
class Place:
    """Country and state of an address as Pace knows them.

    `state` is the Pace code, or the text as written where Pace keeps no states for the country (then without key).
    """

    country: PaceCountry
    state: str = ""
    state_key: str = ""


class UnknownCountry(Exception):
    """Pace has no country of this name or code."""


class UnknownState(Exception):
    """The country has states in Pace, but not this one."""

    def __init__(self, country: PaceCountry) -> None:
        super().__init__(country.name)
        self.country = country


class Places:
    """The countries and states of one Pace server, looked up by code or name."""

    def __init__(self, reference: PaceReference) -> None:
        self._reference = reference
        self._countries: dict[str, PaceCountry] | None = None
        self._states: dict[int, dict[str, PaceState]] = {}

    def country(self, text: str) -> PaceCountry:
        """By ISO code of two or three letters or by name, whatever case. Raises UnknownCountry."""
        found = self._by_country().get(plain(text))
        if found is None:
            raise UnknownCountry(text)
        return found

    def has_country_id(self, country_id: object) -> bool:
        """Whether Pace has a country of this id; a list that was not read says yes to everything."""
        known = self._reference.countries
        return not known or any(str(country.id) == str(country_id).strip() for country in known)

    def place(self, address: Address) -> Place:
        """Country and state of an address. Raises UnknownCountry, UnknownState.

        A state is found by code or description within its country. An empty state stays empty. A state that Pace
        does not know is refused where Pace keeps states for the country (a wrong one would go to another place), and
        passed on as written where it keeps none.
        """
        country = self.country(address.country)
        if not address.state.strip():
            return Place(country)
        states = self._by_state(country)
        if not states:
            return Place(country, address.state.strip())
        found = states.get(plain(address.state))
        if found is None:
            raise UnknownState(country)
        return Place(country, found.code, found.key or f"{country.id}:{found.code}")

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


def destination(item: OrderItem, place: Place | None) -> DestinationKey:
    """Equal for items that go to the same address by the same method.

    Case, blanks and punctuation make no difference, nor do two ways to write a country or state, nor on which of the
    three lines a text stands. Business and names belong to the address (parcels to two people are two parcels),
    phone and e-mail do not.
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
        " ".join(item.method_name.casefold().split()),
        item.method_id.strip().casefold(),
    )
