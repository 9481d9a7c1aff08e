"""What a call gives back and what is told about it: answers, records, limits, and how their parts are read."""

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, NoReturn
from urllib.parse import quote

from automationhub.lib.redact import cut
from integrations.clients.http.classifier import Trouble
from integrations.clients.http.jsontext import load_json
from integrations.errors import PermanentError

LONGEST_WAIT = 3_600.0  # seconds; a Retry-After beyond that is a mistake of the other side


class Expect(StrEnum):
    """What a successful answer must hold; anything else counts as no answer."""

    OBJECT = "a JSON object"
    OBJECT_OR_NULL = "a JSON object or null"
    LIST = "a JSON list"
    TRUE = "true"
    JSON = "JSON"
    JSON_OR_NOTHING = "JSON or nothing"
    WORD = "one line of text"  # plain or as a JSON string


@dataclass(frozen=True)
class Shape:
    """What an answer must hold to be the one that was asked for. A server that starts up, or something in front of it, may
    answer `{}` with status 200: that says nothing, least of all that there is nothing."""

    name: str
    fits: Callable[[Any], bool]

    def __str__(self) -> str:
        return self.name


def object_with(*names: str) -> Shape:
    """A JSON object in which one of these fields is filled, in whatever case."""

    def fits(data: Any) -> bool:
        return any(bool(_field(data, name)) for name in names)

    return Shape(f"a JSON object with {' or '.join(names)}", fits)


SOMETHING = Shape("a JSON object with fields", lambda data: isinstance(data, dict) and bool(data))


def _field(data: Any, name: str) -> Any:
    if not isinstance(data, dict):
        return None
    return next((value for key, value in data.items() if str(key).lower() == name.lower()), None)


def _is_list_of_rows(data: Any) -> bool:
    """A bare array, or an object with `Items`; null there stands for none."""
    if isinstance(data, list):
        return True
    return isinstance(data, dict) and any(
        str(key).lower() == "items" and (value is None or isinstance(value, list))
        for key, value in data.items()
    )


ROWS = Shape("a list", _is_list_of_rows)


@dataclass(frozen=True)
class Answer:
    """A successful answer. `data` is the body as the call expected it: JSON with Decimals, or text."""

    status: int
    text: str
    data: Any
    seconds: float

    def json(self) -> Any:
        """The parsed body."""
        return self.data


@dataclass(frozen=True)
class CallRecord:
    """What the audit log keeps of one call; without secrets, bodies cut. `status` is None without an answer."""

    system: str
    what: str
    method: str
    url: str
    request_body: str
    status: int | None
    answer: str
    seconds: float
    error: str
    correlation_id: str
    started_at: datetime


@dataclass(frozen=True)
class AnswerLimits:
    """Seconds to connect, to wait for the next byte, and for a whole answer; bytes an answer may have.

    The whole time ends an answer however slowly it comes, its headers too (transport.py).
    """

    connect: float = 5.0
    read: float = 30.0
    total: float = 60.0
    size: int = 20 * 1024 * 1024


Observer = Callable[[CallRecord], None]


class NoAnswer(Exception):
    """There is no usable answer, and why."""

    def __init__(self, trouble: Trouble, detail: str) -> None:
        super().__init__(detail)
        self.trouble = trouble
        self.detail = detail


def decoded(body: bytes, content_type: str) -> str:
    """Text of a body: UTF-8 unless it is not, then what the server declares."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        declared = re.search(r"charset=\"?([\w.:-]+)", content_type, re.IGNORECASE)
        try:
            return body.decode(declared.group(1) if declared else "latin-1")
        except (LookupError, UnicodeDecodeError):
            return body.decode("latin-1")


def expected(text: str, expect: Expect | Shape) -> Any:
    """The body as the call expects it. Raises NoAnswer for anything else: an error page of a proxy, half a text."""
    if expect is Expect.WORD:
        return _word(text)
    if expect is Expect.JSON_OR_NOTHING and not text.strip():
        return None
    try:
        data = load_json(text)
    except ValueError as error:
        _unreadable(text, expect, error)
    if isinstance(expect, Shape):
        if not expect.fits(data):
            _unreadable(text, expect)
        return data
    fits = {
        Expect.OBJECT: isinstance(data, dict),
        Expect.OBJECT_OR_NULL: data is None or isinstance(data, dict),
        Expect.LIST: isinstance(data, list),
        Expect.TRUE: data is True,
    }
    if not fits.get(expect, True):
        _unreadable(text, expect)
    return data


def _word(text: str) -> str:
    word = text.strip()
    if word.startswith('"'):
        with contextlib.suppress(ValueError):
            word = str(load_json(word)).strip()
    if not word or word.startswith(("<", "{", "[")) or len(word) > 300 or not word.isprintable():
        _unreadable(text, Expect.WORD)
    return word


def _unreadable(text: str, expect: Expect | Shape, cause: Exception | None = None) -> NoReturn:
    got = f"“{cut(' '.join(text.split()), 80)}”" if text.strip() else "nothing"
    raise NoAnswer(Trouble.UNREADABLE, f"its answer was not {expect} but {got}") from cause


def segment(value: object, name: str) -> str:
    """A value as one segment of a path. Raises PermanentError for a value that could not stay one."""
    text = str(value).strip()
    if (
        not text
        or text in {".", ".."}
        or any(ord(char) < 32 or 0xD800 <= ord(char) < 0xE000 for char in text)
    ):
        raise PermanentError(
            f"{name} is {text!r}, which cannot be part of an address. Correct it where it comes from.",
            field=name,
        )
    return quote(text, safe="")


def retry_after(header: str, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header (seconds, or an HTTP date); None without a usable one."""
    text = header.strip()
    if re.fullmatch(r"\d{1,9}", text, re.ASCII):
        return min(float(text), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_WAIT)
