"""Writes a number the way a spreadsheet shows it under a number format: 501 under `00000` is 00501.

Only what a format says without a doubt is written. For fractions, conditions and formats that hide their value the answer
is None, and the cell is refused rather than guessed.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from mappings.spreadsheets.shown import ShownValue

GENERAL = "General"
# Excel shows these two by the computer's region: here as a US one does.
REGIONAL = {14: "m/d/yyyy", 22: "m/d/yyyy h:mm"}
# Numbers of more digits are not stored exactly.
EXACT_DIGITS = 15
# Excel takes 255 characters.
LONGEST_FORMAT = 255
# Written out; more than a number of a sheet has, less than Decimal computes with.
MOST_DIGITS = 25
# Of a double, which is what a sheet stores.
LARGEST_EXPONENT = 308

_STORED = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[Ee][+-]?[0-9]{1,4})?")
_TOKENS = re.compile(
    r"""
    "(?P<quoted>[^"]*)" | \\(?P<escaped>.) | (?P<space>_.) | \*. |
    \[(?P<elapsed>h+|m+|s+)\] | \[\$(?P<currency>[^\]-]*)[^\]]*\] | (?P<condition>\[[<>=][^\]]*\]) | \[[^\]]*\] |
    (?P<half>AM/PM|A/P) | (?P<general>General) | (?P<exponent>E[+-]) | (?P<date>y+|m+|d+|h+|s+) |
    (?P<digit>[0#?]) | (?P<point>\.) | (?P<comma>,) | (?P<percent>%) | (?P<text>@) | (?P<slash>/) | (?P<literal>.)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - sheets know no zones


@dataclass(frozen=True)
class _FormatToken:
    kind: str
    text: str


@lru_cache(maxsize=4096)
def shown_number(stored: str, code: str, from_1904: bool = False) -> int | ShownValue | None:
    """What a spreadsheet shows for a stored number; a plain whole number stays one. None: this cannot be said."""
    if not _STORED.fullmatch(stored) or len(code) > LONGEST_FORMAT:
        return None
    number = Decimal(stored)
    if abs(number.adjusted()) > LARGEST_EXPONENT:
        return None
    section = _section(_sections(code), number)
    if section is None:
        return None
    tokens, number = section
    kinds = {token.kind for token in tokens}
    if kinds <= {"text"} or kinds == {"general"}:
        return _general(number)
    if kinds & {"condition", "exponent"} and "date" not in kinds:
        return ShownValue(_shortened(number), number) if "exponent" in kinds else None
    if kinds & {"date", "elapsed"}:
        return _moment(float(stored), tokens, from_1904)
    text = _digits(number, tokens)
    return None if text is None else ShownValue(text, _plain(Decimal(stored)))


def shown_text(text: str, code: str) -> str:
    """What a spreadsheet shows for a stored text: formats may put something around it."""
    sections = _sections(code)
    if len(sections) == 4:
        tokens = sections[3]
    else:
        tokens = next((one for one in sections if any(token.kind == "text" for token in one)), [])
    if not any(token.kind == "text" for token in tokens):
        return text
    return "".join(text if token.kind == "text" else token.text for token in tokens)


@lru_cache(maxsize=256)
def _sections(code: str) -> list[list[_FormatToken]]:
    """The tokens of each section: for positive numbers, negative ones, zero, and texts."""
    sections: list[list[_FormatToken]] = [[]]
    for match in _TOKENS.finditer(code or GENERAL):
        kind = match.lastgroup
        if kind is None:  # a color, a fill character
            continue
        text = match[kind]
        if kind == "literal" and text == ";":
            sections.append([])
        elif kind in ("quoted", "escaped", "currency", "literal"):
            sections[-1].append(_FormatToken("literal", text))
        else:
            sections[-1].append(_FormatToken(kind, " " if kind == "space" else text.lower()))
    return sections


def _section(
    sections: list[list[_FormatToken]], number: Decimal
) -> tuple[list[_FormatToken], Decimal] | None:
    """The section for this number, and the number as that section writes it; None when it writes nothing."""
    if len(sections) > 1 and number < 0:
        tokens, number = sections[1], -number
    elif len(sections) > 2 and number == 0:
        tokens = sections[2]
    else:
        tokens = sections[0]
    writes = {"digit", "date", "elapsed", "general", "text", "exponent"}
    if not any(token.kind in writes for token in tokens):
        return None
    return tokens, number


def _plain(number: Decimal) -> int | Decimal:
    return int(number) if number == number.to_integral_value() else number


def _general(number: Decimal) -> int | ShownValue | None:
    """The number without a format. Whole numbers keep all the digits that are stored exactly."""
    if number == number.to_integral_value():
        return int(number) if number.adjusted() < EXACT_DIGITS else ShownValue(_shortened(number), number)
    text = f"{float(number):.10g}"
    if "e" in text:
        return ShownValue(_shortened(number), number)
    return int(text) if "." not in text else ShownValue(text, number)


def _shortened(number: Decimal) -> str:
    """A number with an exponent: what is shown leaves out digits, and is refused wherever it comes from."""
    return f"{float(number):.5E}"


def _digits(number: Decimal, tokens: list[_FormatToken]) -> str | None:
    """Digits under a format of 0, #, ?, commas, points, percent signs and texts between them."""
    if any(token.kind in ("slash", "general", "text", "half") for token in tokens):
        return None
    places = [token.kind for token in tokens]
    if places.count("point") > 1:
        return None
    point = places.index("point") if "point" in places else len(tokens)
    whole, fraction = tokens[:point], tokens[point + 1 :]
    spots = [index for index, token in enumerate(whole) if token.kind == "digit"]
    commas = [index for index, token in enumerate(whole) if token.kind == "comma"]
    thousands = any(spots and spots[0] < index < spots[-1] for index in commas)
    scale = sum(1 for index in commas if spots and index > spots[-1])
    number = number * 100 ** places.count("percent") / Decimal(1000) ** scale
    decimals = sum(1 for token in fraction if token.kind == "digit")
    if number and number.adjusted() + decimals > MOST_DIGITS:
        return None
    rounded = abs(number).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    before, _, after = f"{rounded:f}".partition(".")
    text = _whole_part(before.lstrip("0"), whole, thousands)
    if point < len(tokens):
        text += "." + _fraction(after, fraction)
    else:
        text += "".join(token.text for token in fraction)
    sign = "-" if number < 0 and rounded else ""
    return (sign + text).strip()


def _whole_part(digits: str, tokens: list[_FormatToken], thousands: bool) -> str:
    """The digits before the point, from the right; the first place takes all that are left."""
    places = [token for token in tokens if token.kind == "digit"]
    first_zero = next((index for index, token in enumerate(places) if token.text == "0"), len(places))
    digits = digits.zfill(len(places) - first_zero)
    written: list[str] = []
    left, count = len(places), 0
    for token in reversed(tokens):
        if token.kind == "digit":
            left -= 1
            for _ in range(len(digits) if left == 0 else min(1, len(digits))):
                if thousands and count and count % 3 == 0:
                    written.append(",")
                written.append(digits[-1])
                digits, count = digits[:-1], count + 1
        elif token.kind != "comma":
            written.append(token.text)
    return digits + "".join(reversed(written)) if not places else "".join(reversed(written))


def _fraction(digits: str, tokens: list[_FormatToken]) -> str:
    """The digits after the point; # leaves trailing zeros out."""
    places = [token.text for token in tokens if token.kind == "digit"]
    kept = len(digits)
    while kept and digits[kept - 1] == "0" and places[kept - 1] != "0":
        kept -= 1
    written, used = [], 0
    for token in tokens:
        if token.kind == "digit":
            written.append(digits[used] if used < kept else "")
            used += 1
        elif token.kind != "comma":
            written.append(token.text)
    return "".join(written)


def _moment(serial: float, tokens: list[_FormatToken], from_1904: bool) -> ShownValue | None:
    """A date or time; the value behind it is a datetime."""
    if not 0 <= serial < 2_958_466:  # the last day of 9999
        return None
    # Excel believes in a 29 February 1900, so that its first days are one behind.
    days = serial + 1 if 1 <= serial < 60 and not from_1904 else serial
    moment = (_EPOCH_1904 if from_1904 else _EPOCH) + timedelta(seconds=round(days * 86_400))
    halves = any(token.kind == "half" for token in tokens)
    written = []
    for index, token in enumerate(tokens):
        if token.kind == "elapsed":
            written.append(str(int(serial * {"h": 24, "m": 1440, "s": 86_400}[token.text[0]])))
        elif token.kind == "date":
            minutes = token.text[0] == "m" and _are_minutes(tokens, index)
            written.append(_date_part(moment, token.text, minutes, halves))
        elif token.kind == "half":
            half = "AM" if moment.hour < 12 else "PM"
            written.append(half if len(token.text) > 3 else half[0])
        elif token.kind in ("literal", "slash", "comma", "point", "space"):
            written.append(token.text)
        elif token.kind != "text":
            return None  # fractions of a second
    return ShownValue("".join(written).strip(), moment)


def _are_minutes(tokens: list[_FormatToken], index: int) -> bool:
    """Whether an m means minutes: it follows hours or comes before seconds."""
    kinds = ("date", "elapsed")
    before = next((token.text for token in reversed(tokens[:index]) if token.kind in kinds), "")
    after = next((token.text for token in tokens[index + 1 :] if token.kind in kinds), "")
    return before.startswith("h") or after.startswith("s")


def _date_part(moment: datetime, part: str, minutes: bool, halves: bool) -> str:
    wide = len(part) > 1
    if minutes or part[0] in "hs":
        hour = (moment.hour % 12 or 12) if halves else moment.hour
        number = moment.minute if minutes else {"h": hour, "s": moment.second}[part[0]]
        return f"{number:02}" if wide else str(number)
    if part[0] == "y":
        return f"{moment:%Y}" if len(part) > 2 else f"{moment.year % 100:02}"
    number, names = (
        (moment.month, _MONTHS[moment.month - 1]) if part[0] == "m" else (moment.day, _DAYS[moment.weekday()])
    )
    if len(part) <= 2:
        return f"{number:02}" if wide else str(number)
    if len(part) == 5 and part[0] == "m":
        return names[0]
    return names[:3] if len(part) == 3 else names
