"""The one way out over HTTP: no other module of the project talks to `requests`.

A call has time limits, a size limit and no automatic repetition; it never follows a redirect and never reads proxies
or credentials from the environment. However it ends, its observer hears of it once, without secrets.
"""

import contextlib
import logging
import os
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import requests
import simplejson
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError

from automationhub.lib import tracing
from automationhub.lib.redact import cut, mask_values, redact_data, redact_text, redact_url
from integrations.clients.http import at_once
from integrations.clients.http.answers import (
    Answer,
    AnswerLimits,
    CallRecord,
    Expect,
    NoAnswer,
    Observer,
    Shape,
    decoded,
    expected,
    retry_after,
)
from integrations.clients.http.at_once import outcome_of
from integrations.clients.http.classifier import HttpOutcome, Trouble, Vendor, Verb, classify
from integrations.clients.http.jsontext import dump_json
from integrations.clients.http.reads import refuse_write
from integrations.clients.http.transport import OffLimits, TimedAdapter, deadline
from integrations.errors import HubError

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

STANDARD_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": "AutomationHub/0.1",
}
RECORD_LIMIT = 4_096  # characters of a body that the observer gets
CHUNK = 65_536
SAFE_IN_QUERY = ":@/"  # legal there as they are, and a filter stays readable


class HttpGateway:
    """The way to one system. Cheap to make: connections are shared by all doors of this process to the same place.

    `system` is the name staff know. `secrets` are values masked wherever they appear in what is recorded.
    `before_call` may wait: a limit of calls per second. `record_limit`: characters of a body that the observer gets.
    `read_only`: every call that is not known to read is refused.
    """

    def __init__(
        self,
        *,
        vendor: Vendor,
        system: str,
        base_url: str,
        headers: Mapping[str, str] | None = None,
        limits: AnswerLimits | None = None,
        verify: bool | str = True,
        secrets: Iterable[str] = (),
        observer: Observer | None = None,
        correlation_id: str = "",
        before_call: Callable[[], None] | None = None,
        record_limit: int = RECORD_LIMIT,
        read_only: bool = False,
    ) -> None:
        self.vendor = vendor
        self.system = system
        self.base_url = base_url.strip().rstrip("/")
        self.limits = limits or AnswerLimits()
        self._headers = dict(headers or {})
        self._verify = verify
        self._secrets = tuple(secrets)
        self._observer = observer
        self._before_call = before_call
        self._read_only = read_only
        self.record_limit = record_limit
        self._correlation_id = re.sub(r"[^!-~]", "", correlation_id)[:100]

    def call(
        self,
        method: str,
        path: str,
        *,
        what: str,
        verb: Verb = Verb.READ,
        expect: Expect | Shape = Expect.JSON,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
        secrets: Iterable[str] = (),
        record_answer: bool = True,
        in_turn: bool = False,
    ) -> Answer:
        """Make one call, once.

        `what` completes "was asked to …". `verb` says what a lost answer means: READ is for reads and for writes that
        may be repeated without harm. `json` goes out with Decimals as plain numbers; `body` is sent as it is.
        `record_answer` False keeps an answer that is itself a secret out of the record and of errors. `in_turn`: the
        caller has waited for its turn (`wait_for_turn`).

        Raises what `classifier.classify` makes of the outcome.
        """
        if self._read_only:
            refuse_write(self.vendor, self.system, method, path, what)
        url = self._url(path, params)
        sent = self._headers | STANDARD_HEADERS | dict(headers or {})
        if self._correlation_id:
            sent["X-Request-ID"] = self._correlation_id
        if json is not None:
            body = dump_json(json)
            sent.setdefault("Content-Type", "application/json")
        exchange = _Exchange(
            gateway=self,
            method=method,
            url=url,
            path=path,
            what=what,
            verb=verb,
            secrets=(*self._secrets, *secrets),
            shown_body=_shown_body(json, body),
            record_answer=record_answer,
        )
        if not in_turn:
            self.wait_for_turn()
        return exchange.run(sent, body, expect)

    def at_once(self, calls: Sequence[Callable[[], Result]]) -> list[Result | HubError]:
        """What each of these independent calls through this gateway gives, or its HubError: made at the same time, unless calls
        are limited: then each waits for its turn, which is counted in the database."""
        return [outcome_of(call) for call in calls] if self._before_call else at_once.at_once(calls)

    def wait_for_turn(self) -> None:
        """Wait until a call may be made, where calls are limited; the next call is then made with `in_turn`."""
        if self._before_call is not None:
            self._before_call()

    def _url(self, path: str, params: Mapping[str, str | int] | None) -> str:
        url = f"{self.base_url}/{path.lstrip('/')}"
        # Blanks as %20, not "+": some servers take a plus sign literally.
        return f"{url}?{urlencode(params, safe=SAFE_IN_QUERY, quote_via=quote)}" if params else url

    def observe(self, record: CallRecord) -> None:
        """Tell the observer; its failure must not turn an applied write into an error."""
        if self._observer is not None:
            at_once.report(partial(self._report, self._observer, record))

    def _report(self, observer: Observer, record: CallRecord) -> None:
        try:
            observer(record)
        except Exception:
            logger.exception("A call to %s could not be recorded", self.system)

    def send(self, method: str, url: str, headers: Mapping[str, str], body: str | None) -> requests.Response:
        """Send the request and wait for the headers of the answer. Raises NoAnswer."""
        try:
            request = requests.Request(
                method, url, headers=dict(headers), data=None if body is None else body.encode()
            ).prepare()
        except requests.exceptions.InvalidHeader as error:
            raise NoAnswer(
                Trouble.BAD_ADDRESS, "its credentials hold characters that cannot be sent"
            ) from error
        except ValueError as error:  # every complaint of requests about an address is one
            raise NoAnswer(Trouble.BAD_ADDRESS, f"{redact_url(url)} is not a usable address") from error
        deadline.set(time.monotonic() + self.limits.total)
        with translated(url):
            # The adapter and not a session: a session reads the body and the target of a redirect even when told
            # not to follow it, keeps cookies, and takes proxies and credentials from the environment.
            return adapter_for(url).send(
                request,
                stream=True,
                timeout=(self.limits.connect, self.limits.read),
                verify=self._verify,
            )

    @property
    def correlation_id(self) -> str:
        return self._correlation_id


@dataclass
class _Exchange:
    """One call under way: sends, reads, judges and reports."""

    gateway: HttpGateway
    method: str
    url: str
    path: str
    what: str
    verb: Verb
    secrets: tuple[str, ...]
    shown_body: str
    record_answer: bool
    status: int | None = None
    text: str = ""
    error: str = "interrupted"  # stays when the worker itself is being stopped

    def run(self, headers: dict[str, str], body: str | None, expect: Expect | Shape) -> Answer:
        started_at, started = datetime.now(UTC), time.monotonic()
        route = tracing.route_of(self.path) if tracing.is_on() else ""
        with tracing.span(f"{self.method} {route}", call=True, http__request__method=self.method) as span:
            try:
                data = self._answer(headers | tracing.headers(), body, expect, started)
                self.error = ""
                return Answer(self.status or 0, self.text, data, time.monotonic() - started)
            except HubError as error:
                self.error = error.message
                raise
            finally:
                span.set("url.template", route)
                span.set("peer.service", self.gateway.system)
                span.set("http.response.status_code", self.status)
                self._report(started_at, time.monotonic() - started)

    def _answer(
        self, headers: Mapping[str, str], body: str | None, expect: Expect | Shape, started: float
    ) -> Any:
        try:
            response = self.gateway.send(self.method, self.url, headers, body)
            self.status = response.status_code
            try:
                self.text = decoded(
                    read_body(response, self.gateway.limits, started, self.url),
                    response.headers.get("Content-Type", ""),
                )
            finally:
                response.close()
            error = classify(self._outcome(response=response))
            if error is not None:
                raise error
            return expected(self.text, expect)
        except NoAnswer as failure:
            raise self._failed(failure) from failure

    def _failed(self, failure: NoAnswer) -> HubError:
        error = classify(self._outcome(failure=failure))
        assert error is not None  # noqa: S101 - trouble is never a success
        return error

    def _outcome(
        self, *, response: requests.Response | None = None, failure: NoAnswer | None = None
    ) -> HttpOutcome:
        headers = response.headers if response is not None else {}
        return HttpOutcome(
            vendor=self.gateway.vendor,
            system=self.gateway.system,
            what=self.what,
            call=f"{self.method} {mask_values(redact_url(self.url), self.secrets)}",
            verb=self.verb,
            status=self.status,
            text=self.text if self.record_answer else "",
            trouble=failure.trouble if failure else None,
            detail=failure.detail if failure else "",
            retry_after=retry_after(headers.get("Retry-After", ""), datetime.now(UTC)),
            location=headers.get("Location", ""),
            path="/" + self.path.lstrip("/"),
            secrets=self.secrets,
        )

    def _report(self, started_at: datetime, seconds: float) -> None:
        answer = "(not recorded)"
        if self.record_answer:
            # Cut roughly before masking: masking all of a huge answer would take longer than the call.
            limit = self.gateway.record_limit
            start = mask_values(redact_text(self.text[: 4 * limit]), self.secrets)
            answer = cut(start, limit, missing=max(len(self.text) - 4 * limit, 0))
        self.gateway.observe(
            CallRecord(
                system=self.gateway.system,
                what=self.what,
                method=self.method,
                url=mask_values(redact_url(self.url), self.secrets),
                request_body=cut(mask_values(self.shown_body, self.secrets), self.gateway.record_limit),
                status=self.status,
                answer=answer,
                seconds=round(seconds, 4),
                error=mask_values(self.error, self.secrets),
                correlation_id=self.gateway.correlation_id,
                started_at=started_at,
            )
        )


# --- Connections --------------------------------------------------------------------------------------------

_adapters: dict[tuple[int, str, type[TimedAdapter]], TimedAdapter] = {}


def adapter_for(url: str, kind: type[TimedAdapter] = TimedAdapter) -> TimedAdapter:
    """This process's connections of one kind to the place of `url`, made at first use and shared by its threads.

    Connections made before a fork and used in two processes mix up their answers, so the process is part of the key.
    """
    parts = urlsplit(url)
    key = (os.getpid(), f"{parts.scheme}://{parts.netloc}", kind)
    adapter = _adapters.get(key)
    if adapter is None:
        for other in [known for known in list(_adapters) if known[0] != key[0]]:
            _adapters.pop(other, None)  # inherited from the parent process
        # setdefault is atomic: of two threads that make one at once, one wins. No lock that a fork could inherit held.
        adapter = _adapters.setdefault(key, kind(pool_connections=4, pool_maxsize=32, max_retries=0))
    return adapter


# --- Reading an answer --------------------------------------------------------------------------------------


def read_body(response: requests.Response, limits: AnswerLimits, started: float, url: str) -> bytes:
    """The whole body. Reads what has arrived, never "so many bytes": a server that drips would hold us for ever."""
    parts: list[bytes] = []
    size = 0
    try:
        with translated(url):
            while chunk := response.raw.read1(CHUNK, decode_content=True):
                parts.append(chunk)
                size += len(chunk)
                if size > limits.size:
                    raise NoAnswer(Trouble.TOO_LARGE, f"its answer is larger than {limits.size:,} bytes")
    except NoAnswer as failure:
        if failure.trouble is Trouble.TIMED_OUT and time.monotonic() - started >= limits.total:
            late = f"its answer was not complete after {limits.total:g} seconds"
            raise NoAnswer(Trouble.TIMED_OUT, late) from failure
        raise
    return b"".join(parts)


def _shown_body(json: Any, body: str | None) -> str:
    """The request body for the record, without secrets."""
    if json is None:
        return redact_text(body or "")
    redacted = redact_data(json)
    if body is not None and redacted == json and "\\u" not in body:
        return body
    return simplejson.dumps(redacted, use_decimal=True, ensure_ascii=False)


# --- What requests raises -----------------------------------------------------------------------------------

_HANDSHAKE = (
    "HANDSHAKE",
    "WRONG_VERSION_NUMBER",
    "UNSUPPORTED_PROTOCOL",
    "UNKNOWN_PROTOCOL",
    "TLSV1_ALERT",
    "HTTP_REQUEST",
)


@contextlib.contextmanager
def translated(url: str) -> Iterator[None]:
    """Turns what requests, urllib3 and the socket raise into NoAnswer.

    The class alone does not tell whether a request left (a lost connection and a refused one are both
    ConnectionError), so the chain of causes is looked through for a proof that no connection was made.
    """
    try:
        yield
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
        raise NoAnswer(Trouble.BAD_ADDRESS, f"{redact_url(url)} is not a usable address") from error
    except (requests.RequestException, HTTPError, OSError, UnicodeError) as error:
        raise _failure(error, urlsplit(url).netloc.rpartition("@")[2]) from error


def _failure(error: BaseException, place: str) -> NoAnswer:
    causes = list(_chain(error))
    for cause in causes:
        if isinstance(cause, OffLimits):
            return NoAnswer(Trouble.BAD_ADDRESS, f"{place} leads to {cause}, {cause.why}")
        if isinstance(cause, ssl.SSLCertVerificationError):
            return NoAnswer(
                Trouble.NOT_CONNECTED, f"the certificate of {place} is not trusted ({cause.verify_message})"
            )
        if isinstance(cause, ssl.SSLError) and any(word in (cause.reason or "") for word in _HANDSHAKE):
            return NoAnswer(Trouble.NOT_CONNECTED, f"{place} does not speak TLS as expected ({cause.reason})")
        if isinstance(cause, socket.gaierror):
            return NoAnswer(Trouble.NOT_CONNECTED, f"the host name in {place} is not known")
    # To urllib3 a refused connection is also one that timed out.
    if any(isinstance(cause, NewConnectionError) for cause in causes):
        reason = next((c.strerror for c in causes if isinstance(c, OSError) and c.strerror), "no connection")
        return NoAnswer(Trouble.NOT_CONNECTED, f"no connection to {place} ({reason.lower()})")
    if any(isinstance(cause, ConnectTimeoutError | requests.exceptions.ConnectTimeout) for cause in causes):
        return NoAnswer(Trouble.NOT_CONNECTED, f"{place} did not take the connection in time")
    if any(
        isinstance(cause, ReadTimeoutError | requests.exceptions.ReadTimeout | TimeoutError)
        for cause in causes
    ):
        return NoAnswer(Trouble.TIMED_OUT, f"the answer from {place} did not come in time")
    return NoAnswer(Trouble.BROKEN, f"the connection to {place} broke off before the answer was complete")


def _chain(error: BaseException) -> Iterable[BaseException]:
    """The error and everything it was made from: causes, contexts, and errors held as arguments or reason."""
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
        waiting.extend(item for item in inner if isinstance(item, BaseException))
