"""Countries and their subdivisions as the `holidays` library knows them, with names."""

from __future__ import annotations

from functools import cache

from integrations.operations.setup.choices import MOST_CHOICES, Choices, FormChoice
from mappings.text import name_key


def search(kind: str, text: str, *, country: str = "", exact: bool = False) -> Choices:
    """Countries, or the subdivisions of one, whose code or name holds the text."""
    places = countries() if kind == "holiday_country" else subdivisions(country.strip().upper())
    key = name_key(text)
    if exact:
        found = [choice for choice in places if name_key(choice.value) == key]
    else:
        found = [choice for choice in places if key in name_key(f"{choice.value} {choice.label}")]
        found.sort(key=lambda choice: (name_key(choice.value) != key, choice.label))
    return Choices(found[:MOST_CHOICES], len(found) > MOST_CHOICES, listed=bool(places))


@cache
def countries() -> tuple[FormChoice, ...]:
    import holidays  # loaded when it is asked, not at every start (planning/dates.py)
    from holidays.registry import COUNTRIES

    supported = holidays.list_supported_countries(include_aliases=False)
    return tuple(
        FormChoice(
            codes[1], name.replace("_", " ").title(), "with regions" if supported.get(codes[1]) else ""
        )
        for name, codes in sorted(COUNTRIES.items())
        if codes[1] in supported
    )


@cache
def subdivisions(country: str) -> tuple[FormChoice, ...]:
    import holidays

    try:
        calendar = holidays.country_holidays(country)
    except NotImplementedError:
        return ()
    names: dict[str, str] = {}
    for alias, code in getattr(calendar, "subdivisions_aliases", {}).items():
        names.setdefault(code, alias)
    return tuple(FormChoice(code, names.get(code, code)) for code in calendar.subdivisions)


def warning(kind: str, value: str, *, country: str = "") -> str:
    """Why the holidays of this place are not known; "" when they are."""
    if search(kind, value, country=country, exact=True).found:
        return ""
    what = "country" if kind == "holiday_country" else f"region of {country.upper() or 'this country'}"
    return f"No public holidays are known for the {what} “{value}”: orders with ship dates would stop."
