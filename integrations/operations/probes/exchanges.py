"""The calls of a probe as a file: without names, emails, addresses and amounts, with everything else as it was.

A text is kept only when it is known to be harmless: the probe made it up, it is a key or a date, or it is one of the words
of Pace's own lists. Any other becomes "Text 1", "Text 2", …, the same one each time, so that the structure and what
refers to what survive. Amounts become other amounts with as many decimals.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import simplejson

from integrations.clients.http.answers import CallRecord
from integrations.operations.probes.running import ProbeOutcome

FORMAT: Final = 1
READABLE_FIELDS: Final = frozenset(
    [
        "job",
        "jobPart",
        "jobPartKey",
        "jobPartJob",
        "primaryKey",
        "stateKey",
        "isoCountry",
        "isoCountryAlpha3",
        "objectName",
        "xpath",
        "type",
        "txnId",
        "adminStatus",
        "productionStatus",
        "jobOrderType",
        "currentStatus",
        "Code",
        "Kind",
        "WorkflowStagePrinter",
    ]
)
WORDS_OF: Final = frozenset({"Country", "State", "ShipmentType", "JobStatus", "JobType", "JobOrderType"})
"""Types with texts that are words and not names; planning depends on them."""
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d([T ][\d:.]+(Z|[+-][\d:]+)?)?|\d\d:\d\d(:\d\d)?")
_KEY: Final = re.compile(r"\d{1,12}(:\w{1,3})?|\d{1,3}:[A-Z]{2,3}|[A-Z]{1,2}")
_GUID: Final = re.compile(r"\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")
_QUOTED: Final = re.compile(r'"([^"]*)"|\'([^\']*)\'')
_MASKED_NUMBER: Final = re.compile(r":\s*•••")
_BASE: Final = re.compile(r"^.*?/(?:services|api)(?=/)", re.IGNORECASE)


class Anonymizer:
    """Replaces what could name somebody, alike wherever it occurs."""

    def __init__(self, harmless: set[str], private: Sequence[str] = ()) -> None:
        self._harmless = harmless
        self._texts: dict[str, str] = {}
        self._amounts: dict[Decimal, Decimal] = {}
        for value in private:
            if value:
                self._text(value)

    def _text(self, value: str) -> str:
        if value not in self._texts:
            number = len(self._texts) + 1
            kind = "person{}@example.com" if "@" in value else "Text {}"
            self._texts[value] = kind.format(number)
        return self._texts[value]

    def _guid(self, value: str) -> str:
        return self._texts.setdefault(value.lower(), f"00000000-0000-4000-8000-{len(self._texts) + 1:012d}")

    def text(self, value: str, field: str, of_type: str) -> str:
        """A text of an answer."""
        if value in self._texts:
            return self._texts[value]
        if _GUID.fullmatch(value):
            return self._guid(value)
        harmless = value in self._harmless or field in READABLE_FIELDS or of_type in WORDS_OF
        if not value.strip() or harmless or _DATE.fullmatch(value) or _KEY.fullmatch(value):
            return value
        return self._text(value)

    def amount(self, value: Decimal) -> Decimal:
        """An amount of an answer; 0 and whole numbers stay."""
        if value == value.to_integral_value() or str(value) in self._harmless:
            return value
        if value not in self._amounts:
            step = Decimal(1).scaleb(int(value.as_tuple().exponent))
            self._amounts[value] = (Decimal(len(self._amounts) + 1) + step).copy_sign(value)
        return self._amounts[value]

    def answer(self, value: Any, field: str = "", of_type: str = "") -> Any:
        """Anything of an answer."""
        if isinstance(value, Mapping):
            of_type = str(value.get("objectName") or of_type)
            if "xpath" in value and "value" in value:
                field = str(value["xpath"]).rpartition("@")[2]
                return {**value, "value": self.answer(value["value"], field, of_type)}
            return {
                str(name): one if name == "message" else self.answer(one, str(name), of_type)
                for name, one in value.items()
            }
        if isinstance(value, list):
            return [self.answer(one, field, of_type) for one in value]
        if isinstance(value, str):
            return self.text(value, field, of_type)
        if isinstance(value, Decimal):
            return self.amount(value)
        return value

    def request(self, value: Any) -> Any:
        """Anything that was sent: only what an answer gave is replaced, inside filters, too."""
        if isinstance(value, Mapping):
            return {str(name): self.request(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.request(one) for one in value]
        return self.within(value) if isinstance(value, str) else value

    def within(self, text: str) -> str:
        """A text in which replaced ones may stand in quotes."""
        if text in self._texts:
            return self._texts[text]
        if _GUID.fullmatch(text):
            return self._guid(text)
        return _QUOTED.sub(self._quoted, text)

    def _quoted(self, match: re.Match[str]) -> str:
        inner = match.group(1) if match.group(1) is not None else match.group(2)
        return match.group().replace(inner, self._texts[inner]) if inner in self._texts else match.group()


def recorded(kind: str, outcome: ProbeOutcome) -> dict[str, Any]:
    """The file's contents."""
    # What a login sends is of no use to a test.
    bodies = [
        None if "authentication" in call.url.lower() else _parsed(call.request_body) for call in outcome.calls
    ]
    private = [str(outcome.inputs.get("customer") or "")]
    hidden = Anonymizer(_made_up(outcome.calls, bodies) - set(private), private)
    answers = [_anonymous_answer(hidden, call) for call in outcome.calls]
    return {
        "format": FORMAT,
        "kind": kind,
        "product_version": outcome.report.product_version,
        "version": outcome.report.version,
        "inputs": hidden.request(outcome.inputs),
        "results": {one.assumption.id: one.result.value for one in outcome.report.findings},
        "exchanges": [
            {
                "method": call.method,
                "path": _path(hidden, call.url),
                "request": hidden.request(body),
                "status": call.status,
                "answer": answer,
            }
            for call, body, answer in zip(outcome.calls, bodies, answers, strict=True)
        ],
    }


def _made_up(calls: Sequence[CallRecord], bodies: Sequence[Any]) -> set[str]:
    """What the probe sent before any answer held it: its own inventions. Codes of the plant come from answers."""
    answered: set[str] = set()
    made_up: set[str] = set()
    for call, body in zip(calls, bodies, strict=True):
        made_up |= _texts(body) - answered
        answered |= _texts(_parsed(call.answer))
    return made_up


def save(path: Path, kind: str, outcome: ProbeOutcome) -> None:
    """Write the file. Raises OSError."""
    text = simplejson.dumps(recorded(kind, outcome), use_decimal=True, ensure_ascii=False, indent=1)
    path.write_text(f"{text}\n", encoding="utf-8")


def _anonymous_answer(hidden: Anonymizer, call: CallRecord) -> Any:
    if "startTransaction" in call.url or "getVersion" in call.url:
        return call.answer
    parsed = _parsed(call.answer)
    of_type = re.search(r"/(?:create|update|read)([A-Z]\w+)(?:\?|$)", call.url)
    return hidden.answer(parsed, of_type=of_type.group(1) if of_type else "")


def _path(hidden: Anonymizer, url: str) -> str:
    """Path and query below the services, without the host."""
    parts = urlsplit(url)
    path = "/".join(hidden.within(unquote(one)) for one in _BASE.sub("", parts.path).split("/"))
    query = "&".join(
        f"{name}={quote(hidden.within(value))}"
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    return f"{path}?{query}" if query else path


def _parsed(text: str) -> Any:
    # The record of calls masks a secret that is a number without quotes.
    text = _MASKED_NUMBER.sub(": null", text)
    try:
        return simplejson.loads(text, use_decimal=True) if text.strip() else None
    except ValueError:
        return "(no JSON)"


def _texts(value: Any) -> set[str]:
    """Every text and amount within what was sent."""
    if isinstance(value, Mapping):
        return set().union(*(_texts(one) for one in value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*(_texts(one) for one in value)) if value else set()
    return {str(value)} if isinstance(value, str | Decimal) else set()


def load(path: Path) -> dict[str, Any]:
    """A saved file. Raises ValueError for one that is none."""
    data = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    if (
        not isinstance(data, dict)
        or data.get("format") != FORMAT
        or not isinstance(data.get("exchanges"), list)
    ):
        raise ValueError(f"{path.name} is not a recording of a probe.")
    return data
