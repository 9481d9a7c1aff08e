"""The entry point for Pressero's webhooks: checks the envelope, stores, answers. No other system is called.

It reads a call as the web server hands it over, so that it can be asked before Django makes a request of it
(api/wsgi_entry.py) and by the view (api/webhooks.py) alike.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import LimitedStream
from rest_framework.exceptions import Throttled

from automationhub.lib import tracing
from automationhub.lib.client_address import address_group, address_in
from automationhub.lib.crypto import CredentialsKeyError
from integrations.api import unavailable
from integrations.api.throttles import CALLS, EVENTS, Refusals, raise_when_waiting
from integrations.clients.pressero.webhooks import InvalidEnvelope, parse_envelope
from integrations.core import order_trace, tallies
from integrations.models import PresseroAccount
from integrations.orders.intake import receive, signatures

logger = logging.getLogger(__name__)

ROUTE = "/api/pressero/{slug}/events/"

Environ = Mapping[str, Any]


@dataclass(frozen=True)
class WebhookAnswer:
    """What the sender gets."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def saying(cls, status: int, sentence: str, headers: dict[str, str] | None = None) -> WebhookAnswer:
        return cls(status, {"detail": sentence}, headers or {})


class _WebhookRefused(Exception):
    """The call did not prove that it comes from Pressero."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.answer = WebhookAnswer.saying(code, sentence)


def answer(environ: Environ, slug: str) -> WebhookAnswer:
    """Take one call at the address of the account `slug`: stored, refused, or asked to come again."""
    given = _answer_or_problem(environ, slug)
    tallies.count_answer("pressero", given.status)
    return given


def _answer_or_problem(environ: Environ, slug: str) -> WebhookAnswer:
    try:
        return _answer(environ, slug)
    except Throttled as error:
        return WebhookAnswer.saying(
            error.status_code, str(error.detail), {"Retry-After": f"{getattr(error, 'wait', 0):.0f}"}
        )
    except Exception as error:
        if unavailable.is_because_of_database(error):
            return WebhookAnswer.saying(503, unavailable.SENTENCE, unavailable.HEADERS)
        raise


def _answer(environ: Environ, slug: str) -> WebhookAnswer:
    started = tracing.now()
    address = address_in(environ)
    caller = address_group(address)
    raise_when_waiting(CALLS.hit(caller))
    account = PresseroAccount.objects.active_with(slug)
    refusals = Refusals(caller, account.slug if account is not None else "-")
    refusals.check()
    try:
        account, raw, scheme = _genuine(account, environ)
    except _WebhookRefused as refused:
        refusals.count()
        return refused.answer
    except CredentialsKeyError as error:
        logger.error("Webhooks of “%s” cannot be checked: %s", slug, error)
        return WebhookAnswer.saying(503, "The security key cannot be read. Send it again later.")
    raise_when_waiting(EVENTS.hit(account.slug))
    try:
        envelope = parse_envelope(raw)
    except InvalidEnvelope as error:
        return WebhookAnswer.saying(400, str(error))
    try:
        receipt = receive.receive(account, raw, envelope, scheme=scheme, remote_address=address)
    except receive.AccountGone:
        return _nobody().answer
    code = 200 if receipt.duplicate else 202
    order_trace.webhook(
        receipt.trace_parent, receipt.event_id, started=started, route=ROUTE, status=code, made=receipt.made
    )
    return WebhookAnswer(code, {"event": receipt.event_id, "duplicate": receipt.duplicate})


def _genuine(account: PresseroAccount | None, environ: Environ) -> tuple[PresseroAccount, bytes, str]:
    """The account, the body and the scheme of its signature. Raises _Refused.

    A body is only waited for when an account may want it: a caller who sends slowly would hold a thread. That a caller
    can tell an account by this is the price; addresses are 128 random bits, and guesses are counted.
    """
    header = environ.get("HTTP_MESSAGEHASH", "")
    if account is None:
        # The work of checking an empty message, so that an answer without a body costs the same either way.
        signatures.signature_scheme(None, header, b"")
        raise _nobody()
    _check_declared_size(environ)
    raw = _read_body(environ) if header or not account.security_key else b""
    scheme = signatures.signature_scheme(account, header, raw)
    if scheme is None:
        raise _WebhookRefused(401, "MessageHash is missing or wrong.")
    return account, raw, scheme


def _nobody() -> _WebhookRefused:
    return _WebhookRefused(404, "There is no active Pressero account with this address.")


def _check_declared_size(environ: Environ) -> None:
    """Refuse what says of itself that it is too large, before anything is read. Raises _Refused."""
    declared = environ.get("CONTENT_LENGTH") or ""
    if re.fullmatch(r"[0-9]+", declared) and (
        len(declared) > 12 or int(declared) > settings.WEBHOOK_MAX_BYTES
    ):
        raise _too_large()


def _read_body(environ: Environ) -> bytes:
    """The bytes as they came (they are what is signed). Never reads more than the limit. Raises _Refused."""
    limit = settings.WEBHOOK_MAX_BYTES
    source = environ["wsgi.input"]
    # A body in chunks has no length; the server knows where it ends. Of any other no more is read than was declared.
    if environ.get("CONTENT_LENGTH") or not environ.get("wsgi.input_terminated"):
        source = LimitedStream(source, _declared(environ))
    try:
        raw: bytes = source.read(limit + 1)
    except Exception:  # noqa: BLE001 - each server has errors of its own for broken chunks and lost senders
        raise _WebhookRefused(400, "The body could not be read to its end.") from None
    if len(raw) > limit:
        raise _too_large()
    return raw


def _declared(environ: Environ) -> int:
    try:
        return int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _too_large() -> _WebhookRefused:
    limit = settings.WEBHOOK_MAX_BYTES // 1024
    return _WebhookRefused(413, f"The event is larger than {limit} KiB.")
