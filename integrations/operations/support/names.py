"""Hiding people in data and texts: the same value becomes the same word everywhere, so that what belongs together still does.

A text in data is kept only under a key that is known to hold no person's words; any other becomes "text-7". What was hidden
in data is then hidden in sentences too. Keys, numbers, dates and ids stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote

from automationhub.lib.redact import MASK, redact_data, redact_text
from integrations.operations.probes.exchanges import READABLE_FIELDS

# Keys in lower case, without anything but letters and digits.
_KEPT: Final = frozenset(re.sub(r"[^a-z0-9]", "", name.lower()) for name in READABLE_FIELDS) | frozenset(
    """
    active admin_status attempt cause_kind cluster currency customer_id database decision event_type failure_mode field format hash_scheme
    holiday_country holiday_rule holiday_subdivision home_country integration_id item item_template items job job_id jobs
    job_type kind level lineage method method_id method_name mode number object object_name order_id order_number outcome
    pace_customer pace_field pace_server_name pace_status pace_status_name part part_number planned pressero_account_name
    pressero_stage product product_id product_integration_id product_name quantity scheme seq server shipment shipment_id
    shipment_method shipment_type shipping_method shipping_method_name ship_via site site_id site_name source stage stage_id
    stage_name status status_id status_name step storefront system time_zone tone txn txn_id type type_name unit verdict
    version workflow workflow_id workflow_name workflow_stage worker
    """.replace("_", "").split()
)
# Sentences of the hub or of the two systems: what is known of people is hidden within them.
_SENTENCES: Final = frozenset(
    [
        "call",
        "cause",
        "causesubject",
        "changes",
        "description",
        "detail",
        "error",
        "filter",
        "label",
        "mapping",
        "message",
        "problem",
        "query",
        "reason",
        "refusal",
        "sentence",
        "url",
        "what",
        "when",
        "why",
        "xpath",
    ]
)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d([T ][\d:.]+(Z|[+-][\d:]+)?)?|\d\d:\d\d(:\d\d)?")
_ID: Final = re.compile(r"\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")
_NUMBER: Final = re.compile(r"-?\d{1,12}(\.\d{1,6})?|true|false|null", re.IGNORECASE)
_OF_PERSON: Final = re.compile(
    r"phone|fax|mobile|tel|zip|postal|postcode|address|email|contact", re.IGNORECASE
)
_NAME_OF_PERSON: Final = re.compile(r"first|last|middle|full|attention|contact|buyer|person", re.IGNORECASE)
_EMAIL: Final = re.compile(r"[\w.+%'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_PAIR: Final = re.compile(r'"([^"\\]{1,100})"\s*:\s*"((?:[^"\\]|\\.)*)("|\Z)', re.DOTALL)
_QUOTED: Final = re.compile(r'"([^"]{1,300})"|\'([^\']{1,300})\'')
_WORD: Final = re.compile(r"\w+")
# A shorter value would be found in too many words of a sentence that have nothing to do with it.
_SHORTEST: Final = 3
# An answer that is no JSON (a page of a proxy) explains itself in its first lines.
_PROSE: Final = 600


class ReplacedNames:
    """What was hidden, and by which word."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}
        self._made: set[str] = set()
        self._counts: dict[str, int] = {}
        # By the first word of each hidden value, so that a long text is read once, however many there are.
        self._by_first_word: dict[str, list[str]] = {}

    # --- data ---

    def data(self, value: Any, key: str = "") -> Any:
        """Plain data with every text of people hidden, and secrets masked."""
        return self._data(redact_data(value), key)

    def _data(self, value: Any, key: str) -> Any:
        if isinstance(value, Mapping):
            return {str(name): self._data(one, _field(value, str(name), key)) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._data(one, key) for one in value]
        return self._text(value, key) if isinstance(value, str) else value

    def _text(self, value: str, key: str) -> str:
        plain = re.sub(r"[^a-z0-9]", "", key.lower())
        if not value.strip() or value == MASK or _DATE.fullmatch(value) or _ID.fullmatch(value):
            return value
        if _NUMBER.fullmatch(value) and not _OF_PERSON.search(plain):
            return value
        if plain in _SENTENCES:
            return self.filter(value) if plain in ("xpath", "filter", "query") else self.sentence(value)
        if plain in _KEPT and not _EMAIL.search(value):
            return value
        return self.hide(value, key)

    def hide(self, value: str, key: str = "") -> str:
        """The word that stands for this value from now on."""
        known = value.strip().casefold()
        if known in self._made:
            return known
        if known not in self._words:
            kind = "email" if _EMAIL.fullmatch(known) else _kind(key)
            number = self._counts[kind] = self._counts.get(kind, 0) + 1
            self._words[known] = f"person-{number}@example.com" if kind == "email" else f"{kind}-{number}"
            self._made.add(self._words[known])
            self._learn(known)
            if kind == "name" and _NAME_OF_PERSON.search(key):
                for word in known.split():
                    if word != known and len(word) >= _SHORTEST:
                        self.hide(word, key)
        return self._words[known]

    def _learn(self, known: str) -> None:
        first = _WORD.search(known)
        if first is None or len(known) < _SHORTEST:
            return
        same = self._by_first_word.setdefault(first.group(), [])
        same.append(known[first.start() :])
        same.sort(key=len, reverse=True)
        self._words.setdefault(known[first.start() :], self._words[known])

    # --- texts ---

    def sentence(self, text: str) -> str:
        """A text for people with everything hidden that was hidden elsewhere, and every email address."""
        text = redact_text(text)
        text = _EMAIL.sub(
            lambda match: self.hide(match.group(), "email"), unquote(text) if "%" in text else text
        )
        folded = text.casefold()
        if len(folded) != len(text):  # letters of other alphabets may become two: compared as they are
            folded = text.lower() if len(text.lower()) == len(text) else text
        pieces, at = [], 0
        for word in _WORD.finditer(folded):
            if word.start() < at:
                continue
            found = self._at(folded, word)
            if found:
                pieces += [text[at : word.start()], self._words[found]]
                at = word.start() + len(found)
        return "".join([*pieces, text[at:]])

    def _at(self, folded: str, word: re.Match[str]) -> str:
        for known in self._by_first_word.get(word.group(), ()):
            end = word.start() + len(known)
            whole = end >= len(folded) or not (folded[end].isalnum() and known[-1].isalnum())
            if whole and folded.startswith(known, word.start()):
                return known
        return ""

    def filter(self, text: str) -> str:
        """A filter: the values that are compared with are hidden, but for numbers and dates."""

        def quoted(match: re.Match[str]) -> str:
            inner = match.group(1) if match.group(1) is not None else match.group(2)
            return match.group().replace(inner, self._text(inner, "value")) if inner else match.group()

        return self.sentence(_QUOTED.sub(quoted, text))

    def body(self, text: str) -> str:
        """The body of a call as it was recorded: JSON, cut JSON, or something else."""
        text = redact_text(text)
        parsed = _parsed(text)
        if isinstance(parsed, dict | list):
            return json.dumps(self.data(parsed), ensure_ascii=False)
        if _PAIR.search(text):
            hidden = _PAIR.sub(
                lambda match: f'"{match.group(1)}": "{self._text(match.group(2), match.group(1))}"', text
            )
            return self.sentence(hidden)
        return self.sentence(text if len(text) <= _PROSE else f"{text[:_PROSE]}… (cut)")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _field(value: Mapping[Any, Any], name: str, outer: str) -> str:
    """The key that tells what a text is about: `{"poNum": {"value": …}}`, `{"xpath": "@email", "value": …}`."""
    if name not in ("value", "Value"):
        return name
    if "xpath" in value:
        return str(value["xpath"]).rpartition("@")[2]
    return outer


_KINDS: Final[tuple[tuple[str, Callable[[str], object]], ...]] = (
    ("email", re.compile(r"email", re.IGNORECASE).search),
    ("phone", re.compile(r"phone|fax|mobile", re.IGNORECASE).search),
    ("address", re.compile(r"address|city|state|postal|zip|country|street", re.IGNORECASE).search),
    ("file", re.compile(r"file|url|link", re.IGNORECASE).search),
    ("name", re.compile(r"name|business|company|customer|buyer|actor|attention", re.IGNORECASE).search),
)


def _kind(key: str) -> str:
    return next((kind for kind, fits in _KINDS if fits(key) and kind != "email"), "text")
