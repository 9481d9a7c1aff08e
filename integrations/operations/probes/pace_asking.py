"""How a probe puts its questions to Pace, and keeps what was sent, answered and refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from integrations.clients.http.answers import CallRecord
from integrations.clients.http.jsontext import load_json
from integrations.clients.pace.client import PaceClient
from integrations.errors import CredentialError, HubError
from integrations.operations.probes.pace_seen import AskedFact, PaceSeen, Written
from integrations.operations.probes.report import sentence

Given = TypeVar("Given")

KEYS: Final = {"Job": "job", "JobPart": "primaryKey"}
_NOT_FROM_PACE: Final = frozenset({401, 403, 404, 429, 502, 503, 504})
"""Statuses of a login, a proxy or a server that is busy: no word of Pace's on the question."""


class Stop(Exception):
    """Nothing more can be asked; what was seen so far stands."""


class RecordingWriter:
    """The client as the job writer sees it, keeping what is sent and answered."""

    def __init__(self, pace: PaceClient, seen: PaceSeen, exchanges: Sequence[CallRecord]) -> None:
        self._pace = pace
        self._seen = seen
        self._exchanges = exchanges

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pace, name)

    def create(self, type_: str, fields: Mapping[str, Any], txn: str | None = None) -> dict[str, Any]:
        answer = self._pace.create(type_, fields, txn)
        key = str(answer.get(KEYS.get(type_, "id")))
        self._seen.written.append(Written(type_, key, self._sent(), answer))
        return answer

    def update(self, type_: str, fields: Mapping[str, Any], txn: str | None = None) -> dict[str, Any]:
        answer = self._pace.update(type_, fields, txn)
        key = str(answer.get(KEYS.get(type_, "id")))
        known = next((one for one in self._seen.of(type_) if one.key == key), None)
        if known is None:
            known = Written(type_, key, created=False)
            self._seen.written.append(known)
        known.sent |= self._sent()
        known.answered = answer
        return answer

    def _sent(self) -> dict[str, Any]:
        """What went out in the last call, as it went out: date-times as this server takes them."""
        sent = load_json(self._exchanges[-1].request_body)
        return sent if isinstance(sent, dict) else {}


class Questions:
    """Asking, one question after the other; an error inside the transaction ends it."""

    def __init__(self, seen: PaceSeen) -> None:
        self.seen = seen

    def _ask(self, question: str, call: Callable[[], Given]) -> Given | None:
        """Ask, and note how it went. None without a usable answer."""
        try:
            answer = call()
        except HubError as error:
            refused = _said(error)
            self.seen.asked[question] = AskedFact(False if refused else None, refused or error.message)
            return None
        self.seen.asked[question] = AskedFact(True)
        return answer

    def _in_txn(self, question: str, call: Callable[[], Given]) -> Given | None:
        """Ask inside the transaction, which an error ends: later questions are then left."""
        if self.seen.lost:
            return None
        answer = self._ask(question, call)
        asked = self.seen.asked[question]
        if asked.ok is not True:
            self.seen.lost = f"{question}: {asked.said}"
            self.seen.remarks.append(
                f"The transaction ended at “{question}”: {sentence(asked.said)} What comes after it was not asked."
            )
        return answer


def _said(error: HubError) -> str:
    """What Pace itself said when it refused; empty when it was not Pace that answered, or the login is refused."""
    evidence = error.evidence
    if isinstance(error, CredentialError) or evidence is None or evidence.status in (None, *_NOT_FROM_PACE):
        return ""
    try:
        said = load_json(evidence.answer).get("message")
    except (ValueError, AttributeError):
        said = evidence.answer
    return str(said or error.message)
