"""Keeps secrets out of logs, the audit trail and error messages.

Two nets, used together: keys whose names promise a secret (in data, headers, addresses and free text), and the
secret values themselves where the caller knows them.
"""

import html
import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "•••"

# A key is sensitive when its name, in lower case and without anything but letters and digits, holds one of these.
# The subscriber and consumer ids are half of a Pressero login.
_SENSITIVE_WORDS = (
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "token",
    "secret",
    "securitykey",
    "apikey",
    "privatekey",
    "accesskey",
    "credential",
    "authorization",
    "cookie",
    "consumerid",
    "subscriberid",
)
# The same words as they are spelt in running text: parts may be joined by "_", "-" or a blank.
_SPELT = (
    r"password|passwd|pwd|passphrase|token|secret|security[ _-]?key|api[ _-]?key|private[ _-]?key|access[ _-]?key"
    r"|credentials?|authorization|cookie|consumer[ _-]?id|subscriber[ _-]?id"
)
_QUOTED = r'"(?:[^"\\]|\\.)*(?:"|$)' + r"|'(?:[^'\\]|\\.)*(?:'|$)"
_ESCAPED = r'\\+"[^"\\]*(?:\\+"|$)'
_BARE = r"(?!(?:null|true|false|None|True|False)\b)(?:(?:Basic|Bearer|Token)\s+)?[^\s,;&<>\"'(){}\[\]]+"
# Nothing before the word is consumed and every repetition is bounded or disjoint: the time stays linear.
_PAIR = re.compile(
    rf"((?:{_SPELT})[\w-]{{0,40}}[\"'\\]{{0,4}}\s{{0,4}}[:=]\s{{0,4}})({_ESCAPED}|{_QUOTED}|{_BARE})",
    re.IGNORECASE | re.DOTALL,
)
_NESTED = re.compile(
    rf"(?:{_SPELT})[\w-]{{0,40}}[\"'\\]{{0,4}}\s{{0,4}}:\s{{0,4}}[\[{{]", re.IGNORECASE | re.DOTALL
)
_ELEMENT = re.compile(rf"(<[\w:-]{{0,40}}(?:{_SPELT})[\w-]{{0,40}}>)[^<]+", re.IGNORECASE)
_SCHEME = re.compile(r"\b(Basic|Bearer)(\s+)[A-Za-z0-9+/=._~-]{8,}", re.IGNORECASE)
_USER_INFO = re.compile(r"(?<=://)[^/?#\s@]{1,500}@")
# How the spellings of sensitive words begin. Looking for these few texts and trying the patterns only there is many times
# quicker than letting the patterns look.
_BEGINNINGS = (
    "passw", "pwd", "passphrase", "token", "secret", "security", "api", "private", "access", "credential",
    "authorization", "cookie", "consumer", "subscriber",
)  # fmt: skip

# A secret shorter than this is not looked for in texts: masking every "a" would hide everything but the secret.
SHORTEST_SECRET = 4


def is_sensitive(key: object) -> bool:
    """Whether a key, header or parameter of this name holds a secret; spelling and case do not matter."""
    name = str(key)
    # Long ones are no field names: they would only push those out of the memory.
    return _known_to_be_sensitive(name) if len(name) <= 80 else _is_sensitive(name)


def _is_sensitive(name: str) -> bool:
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    return any(word in plain for word in _SENSITIVE_WORDS)


_known_to_be_sensitive = lru_cache(maxsize=4096)(_is_sensitive)


def redact_data(data: Any) -> Any:
    """A deep copy of plain data with the values of sensitive keys masked. Empty values stay: they tell staff that
    something was not filled in."""
    if isinstance(data, Mapping):
        return {
            key: MASK if is_sensitive(key) and value not in (None, "") else redact_data(value)
            for key, value in data.items()
        }
    if isinstance(data, list | tuple):
        return [redact_data(value) for value in data]
    return data


def redact_url(url: str) -> str:
    """The address without user name and password and with sensitive query values masked; the rest as it was."""
    shown = _USER_INFO.sub(f"{MASK}@", url)
    address, question, query = shown.partition("?")
    if not question:
        return shown
    return address + question + "&".join(_redact_parameter(pair) for pair in query.split("&"))


def _redact_parameter(pair: str) -> str:
    name, equals, value = pair.partition("=")
    return f"{name}={MASK}" if equals and value and is_sensitive(name) else pair


def redact_text(text: str) -> str:
    """Free text (JSON, XML, a header block, prose) with everything masked that follows a sensitive name, and the
    user part of addresses. Works on cut texts too: a quoted secret without its closing quote is masked to the end."""
    # Other alphabets have letters that the patterns take for i, k and s.
    if text.isascii() and "<" not in text and not ("://" in text and "@" in text):
        lower = text.lower()
        starts = _starts(lower)
        if not any(_NESTED.match(text, start) for start in starts):
            text = _mask_pairs_at(starts, text)
            return _mask_schemes(text) if "basic" in lower or "bearer" in lower else text
    if _NESTED.search(text):
        text = _redact_json(text)
    text = _USER_INFO.sub(f"{MASK}@", text)
    text = _ELEMENT.sub(rf"\g<1>{MASK}", text)
    text = _PAIR.sub(_mask_pair, text)
    return _mask_schemes(text)


def _starts(lower: str) -> list[int]:
    """Where a sensitive word can begin in a text in lower case."""
    found: list[int] = []
    for beginning in _BEGINNINGS:
        at = lower.find(beginning)
        while at >= 0:
            found.append(at)
            at = lower.find(beginning, at + 1)
    return sorted(found)


def _mask_pairs_at(starts: list[int], text: str) -> str:
    """What `_PAIR.sub` makes of the text, which can match at these places only."""
    parts, done = [], 0
    for start in starts:
        if start >= done and (match := _PAIR.match(text, start)):
            parts += [text[done:start], _mask_pair(match)]
            done = match.end()
    return "".join(parts) + text[done:]


def _mask_schemes(text: str) -> str:
    return _SCHEME.sub(rf"\g<1>\g<2>{MASK}", text)


def _mask_pair(match: re.Match[str]) -> str:
    lead, value = match.groups()
    quotation = re.match(r"\\*[\"']", value)
    if quotation is None:
        return f"{lead}{MASK}"
    if value in {'""', "''"}:
        return match.group(0)
    return f"{lead}{quotation.group()}{MASK}{quotation.group()}"


def _redact_json(text: str) -> str:
    """A sensitive key with an object or a list behind it: only a parser knows where that ends."""
    try:
        return json.dumps(redact_data(json.loads(text)), ensure_ascii=False)
    except (ValueError, RecursionError):
        found = _NESTED.search(text)
        return text[: found.end()] + MASK if found else text


def mask_values(text: str, secrets: Iterable[str]) -> str:
    """The text without the given secret values, as they are or quoted for an address, JSON or HTML.

    Values shorter than `SHORTEST_SECRET` characters are left alone.
    """
    for spelling in _all_spellings(tuple(secrets)):
        text = text.replace(spelling, MASK)
    return text


@lru_cache(maxsize=64)
def _all_spellings(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Longest first: one secret may be the beginning of another."""
    found = {
        spelling for secret in secrets if len(secret) >= SHORTEST_SECRET for spelling in _spellings(secret)
    }
    return tuple(sorted(found, key=lambda one: (-len(one), one)))


def _spellings(secret: str) -> set[str]:
    readable = secret.encode("utf-8", "replace").decode()
    return {
        secret,
        quote(readable, safe=""),
        quote(readable),
        quote_plus(readable),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        html.escape(secret),
    }


def cut(text: str, limit: int, *, missing: int = 0) -> str:
    """The text, at most `limit` characters long; a longer one ends with how many characters were cut.

    `missing` counts characters that had been cut off before.
    """
    if len(text) <= limit and not missing:
        return text
    # The note is sized for the largest number it can hold, so that the whole never gets longer than the limit.
    room = limit - len(_cut_note(len(text) + missing))
    if room <= 0:
        return text[: max(limit, 0)]
    kept = text[:room]
    return kept + _cut_note(len(text) - len(kept) + missing)


def _cut_note(count: int) -> str:
    return f"… [{count} more characters cut]"
