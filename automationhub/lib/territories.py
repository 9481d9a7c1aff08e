"""Countries and their regions by code and by the names people use, beyond what a plant's own lists hold. Pure.

The codes are those of ISO 3166 (pycountry), the everyday names those of CLDR (Babel), in English and in the languages that
addresses are often written in. Which countries and states exist for an order is for the plant's lists in Pace to say: they
are asked first, and again with what is found here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from automationhub.lib.texts import plain

_LANGUAGES = ("en", "es", "fr", "de", "pt", "it", "nl")

# What people write for a country besides its names and codes.
_USUAL = {
    "US": "america, us of a, united states america",
    "GB": "uk, great britain, britain, england, scotland, wales, northern ireland, cymru",
    "NL": "holland",
    "KR": "korea",
    "KP": "dprk",
    "CI": "ivory coast",
    "MM": "burma, myanmar",
    "CZ": "czech republic",
    "VA": "vatican, holy see",
    "PS": "palestine",
    "MK": "macedonia",
    "SZ": "swaziland",
    "CV": "cape verde",
    "TL": "east timor",
    "CD": "drc, dr congo, democratic republic of congo, congo kinshasa",
    "CG": "congo, congo brazzaville",
    "AE": "uae, emirates",
    "VI": "virgin islands, us virgin islands, usvi",
    "VG": "bvi, british virgin islands",
    "MO": "macau",
    "HK": "hongkong",
    "TR": "turkey",
    "RU": "russia",
    "BA": "bosnia",
    "TT": "trinidad",
    "AG": "antigua",
    "KN": "saint kitts",
    "VC": "saint vincent",
    "GR": "hellas, el",
    "CH": "swiss, helvetia",
    "BO": "bolivia",
    "VE": "venezuela",
    "IR": "persia",
    "SY": "syria",
    "LA": "laos",
    "MD": "moldova",
    "TZ": "tanzania",
    "BN": "brunei",
    "FM": "micronesia",
}

# Territories that one list keeps as a country and another as a state of this country.
TERRITORIES = {
    **dict.fromkeys(("PR", "GU", "VI", "AS", "MP", "UM", "FM", "MH", "PW"), "US"),
    **dict.fromkeys(("GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "NC", "PF", "WF", "TF"), "FR"),
    **dict.fromkeys(("AW", "CW", "SX", "BQ"), "NL"),
    **dict.fromkeys(("IM", "JE", "GG", "GI"), "GB"),
    **dict.fromkeys(("GL", "FO"), "DK"),
    **dict.fromkeys(("HK", "MO", "TW"), "CN"),
    **dict.fromkeys(("NF", "CX", "CC"), "AU"),
    **dict.fromkeys(("CK", "NU", "TK"), "NZ"),
    "AX": "FI",
    "SJ": "NO",
}

# What people write for a region besides its name and code.
_USUAL_REGIONS = {
    "US-DC": "dc, washington dc, washington d c, district columbia",
    "CA-QC": "pq, que, quebec province",
    "CA-NL": "nf, nfld, newfoundland, labrador, newfoundland and labrador",
    "CA-PE": "pei",
    "CA-YT": "yk, yukon territory",
    "CA-NT": "nwt",
    "CA-BC": "b c",
    "MX-CMX": "df, d f, distrito federal, cdmx, mexico city",
    "MX-MEX": "estado de mexico, edomex",
}

# What people fill into a field that they have nothing for.
_FILLERS = frozenset(
    plain(word)
    for word in [
        "n/a",
        "na",
        "n.a.",
        "none",
        "no",
        "non",
        "nil",
        "null",
        "x",
        "xx",
        "xxx",
        "0",
        "00",
        "000",
        "no state",
        "not applicable",
        "not available",
        "unknown",
        "other",
        "tbd",
        "blank",
        "empty",
        "undefined",
        "no province",
        "no region",
        "select",
        "select state",
        "select one",
        "please select",
        "choose",
        "choose one",
        "state",
        "province",
        "region",
        "outside us",
        "outside usa",
        "out of country",
        "international",
        "foreign",
        "any",
        "ninguno",
        "keine",
        "kein",
        "aucun",
        "aucune",
        "nessuno",
        "geen",
        "same",
        "test",
    ]
)

_SEPARATORS = re.compile(r"\s+-\s*|\s*-\s+|[-–—,;:/()\[\]|]")


@dataclass(frozen=True)
class Region:
    """A state or province as ISO 3166-2 lists it: `code` without the country's ("IL")."""

    code: str
    name: str


@lru_cache(maxsize=1024)
def is_filler(text: str) -> bool:
    """Whether the text fills a field without saying anything: `-`, `N/A`, `none`, `.`, `x`, `0`."""
    bare = plain(text)
    return not bare or bare in _FILLERS or (len(set(bare)) == 1 and bare[0] in "x0")


def names_no_country(text: str) -> bool:
    """Whether a country field holds nothing or a filler. Two or three letters are a code, if perhaps a wrong one."""
    return is_filler(text) and not re.fullmatch("[a-z]{2,3}", plain(text))


def pieces(text: str) -> list[str]:
    """The parts of a text that says one thing twice: `US-IL`, `IL - Illinois`, `Illinois (IL)`, `Peoria, IL`."""
    found = [piece.strip() for piece in _SEPARATORS.split(text)]
    return [piece for piece in found if piece]


def country_code(text: str) -> str:
    """The two letters of a country, by any of its codes and names; "" when it is none that we know."""
    return _countries().get(_country_key(text), "")


def region(country: str, text: str) -> Region | None:
    """A region of a country (two letters) by its code or name, whatever accents, also as `US-IL` or `Illinois (IL)`; None
    when there is none."""
    known = _regions(country.upper()) if country else {}
    if found := known.get(plain(text)):
        return found
    parts = [known.get(plain(part)) for part in pieces(text) if country_code(part) != country.upper()]
    return parts[0] if parts and all(one == parts[0] for one in parts) else None


def _country_key(text: str) -> str:
    words = plain(text.replace("&", " and ")).split()
    if words[:1] == ["the"]:
        words = words[1:]
    return " ".join("saint" if word == "st" else word for word in words)


@cache
def _countries() -> dict[str, str]:
    import pycountry  # reads its lists from files, which a process that plans nothing needs none of
    from babel import Locale

    found: dict[str, str] = {}
    known = list(pycountry.countries)
    for name in ("alpha_2", "alpha_3", "numeric"):
        for country in known:
            found.setdefault(_country_key(getattr(country, name)), country.alpha_2)
    # What people call a country goes before its formal names: "Korea" is the southern one.
    for code, names in _USUAL.items():
        for usual in names.split(", "):
            found.setdefault(_country_key(usual), code)
    for country in known:
        for name in ("name", "common_name", "official_name"):
            for one in _turned(getattr(country, name, "")):
                found.setdefault(_country_key(one), country.alpha_2)
    for language in _LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if len(code) == 2 and code.isalpha() and pycountry.countries.get(alpha_2=code):
                found.setdefault(_country_key(name), code)
                found.setdefault(_country_key(re.sub(r"\s*\(.*?\)", "", name)), code)
    found.pop("", None)
    return found


def _turned(name: str) -> list[str]:
    """`Korea, Republic of` is also written `Republic of Korea`, and without what follows the comma."""
    first, comma, rest = name.partition(", ")
    return [name, f"{rest} {first}"] if comma else [name]


@cache
def _regions(country: str) -> dict[str, Region]:
    import pycountry

    found: dict[str, Region] = {}
    every = [one for one in pycountry.subdivisions if one.country_code == country]
    # Larger ones first: Belfast is not to hide Northern Ireland.
    every.sort(key=lambda one: (one.parent_code is not None, one.code))
    for one in every:
        found.setdefault(plain(one.code.partition("-")[2]), _as_region(one.code, one.name))
    for one in every:
        for name in one.name.split(" / "):
            for variant in (name, re.sub(r"\s*[\[(].*?[\])]", "", name)):
                found.setdefault(plain(variant), _as_region(one.code, one.name))
        for usual in _USUAL_REGIONS.get(one.code, "").split(", "):
            found.setdefault(plain(usual), _as_region(one.code, one.name))
    found.pop("", None)
    return found


def _as_region(code: str, name: str) -> Region:
    return Region(code.partition("-")[2], name)
