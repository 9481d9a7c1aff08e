"""Sending to addresses that people typed: one POST, in limited time, without redirects, and never into the network unless
OUTGOING_INTERNAL_HOSTS names the host."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import requests
from django.conf import settings

from automationhub.lib.outgoing import address_problem
from automationhub.lib.redact import cut, redact_text
from integrations.clients.http.answers import AnswerLimits, NoAnswer, decoded, retry_after
from integrations.clients.http.classifier import Trouble
from integrations.clients.http.gateway import STANDARD_HEADERS, adapter_for, read_body, translated
from integrations.clients.http.transport import OutgoingAdapter, deadline

# A receiver is to store what it gets and answer; one that works on it first should not hold a worker for long.
LIMITS = AnswerLimits(connect=5.0, read=10.0, total=15.0, size=64 * 1024)
# Characters of an answer that are kept: enough for an error's sentence.
ANSWER_LIMIT = 500


@dataclass(frozen=True)
class Reply:
    """What the receiver answered. `text` is cut and redacted; `retry_after` in seconds when it named them."""

    status: int
    text: str
    location: str
    retry_after: float | None

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300


def post(url: str, body: bytes, headers: Mapping[str, str], *, limits: AnswerLimits = LIMITS) -> Reply:
    """Send `body` once and wait for the answer. Raises NoAnswer when there is none, or the address may not be reached."""
    if problem := address_problem(url, settings.OUTGOING_INTERNAL_HOSTS):
        raise NoAnswer(Trouble.BAD_ADDRESS, problem)
    started = time.monotonic()
    deadline.set(started + limits.total)
    with translated(url):
        request = requests.Request("POST", url, headers={**STANDARD_HEADERS, **headers}, data=body).prepare()
        # The adapter and not a session, as everywhere: nothing is followed, kept or read from the environment.
        response = adapter_for(url, OutgoingAdapter).send(
            request, stream=True, timeout=(limits.connect, limits.read)
        )
    try:
        text = _start_of_answer(response, limits, started, url)
    finally:
        response.close()
    return Reply(
        response.status_code,
        text,
        response.headers.get("Location", ""),
        retry_after(response.headers.get("Retry-After", ""), datetime.now(UTC)),
    )


def _start_of_answer(response: requests.Response, limits: AnswerLimits, started: float, url: str) -> str:
    """What is kept of the answer. The status is what counts: a body that never ends takes nothing from it."""
    try:
        text = decoded(read_body(response, limits, started, url), response.headers.get("Content-Type", ""))
    except NoAnswer:
        return ""
    return cut(redact_text(text[: 4 * ANSWER_LIMIT]), ANSWER_LIMIT)
