"""The door for Pressero's webhooks: checks the envelope, stores, answers. Nobody is called from here."""

import logging
import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import status
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from automationhub.lib import tracing
from automationhub.lib.client_address import client_address
from automationhub.lib.crypto import CredentialsKeyError
from integrations.api import examples
from integrations.api.serializers import DetailSerializer, EventReceiptSerializer
from integrations.api.throttles import EVENTS, CallsOfAddress, Refusals, caller_of, raise_when_waiting
from integrations.clients.pressero.webhooks import InvalidEnvelope, parse_envelope
from integrations.core import order_trace
from integrations.models import PresseroAccount
from integrations.orders.intake import receive, signatures

logger = logging.getLogger(__name__)

ROUTE = "/api/pressero/{slug}/events/"


class _Refused(Exception):
    """The call did not prove that it comes from Pressero."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence

    def answer(self) -> Response:
        return _answer(self.code, self.sentence)


def _nobody() -> _Refused:
    return _Refused(status.HTTP_404_NOT_FOUND, "There is no active Pressero account with this address.")


def _answer(code: int, sentence: str) -> Response:
    return Response({"detail": sentence}, status=code)


class JsonOnly(BaseContentNegotiation):
    """An event is not refused because its sender asks for another format of an answer that it does not read."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class PresseroEventView(APIView):
    """`POST /api/pressero/<account slug>/events/`: authenticated by `MessageHash`, not by a token."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    throttle_classes = [CallsOfAddress]
    content_negotiation_class = JsonOnly

    @extend_schema(
        operation_id="pressero_event",
        examples=examples.PRESSERO_EVENT,
        request=OpenApiTypes.OBJECT,
        parameters=[OpenApiParameter("MessageHash", str, OpenApiParameter.HEADER, required=False)],
        responses={
            202: EventReceiptSerializer,
            200: EventReceiptSerializer,
            400: DetailSerializer,
            401: DetailSerializer,
            404: DetailSerializer,
            413: DetailSerializer,
            429: DetailSerializer,
            503: DetailSerializer,
        },
    )
    def post(self, request: Request, slug: str) -> Response:
        started = tracing.now()
        account = PresseroAccount.objects.active_with(slug)
        refusals = Refusals(caller_of(request), account.slug if account is not None else "-")
        refusals.check()
        try:
            account, raw, scheme = _genuine(account, request)
        except _Refused as refused:
            refusals.count()
            return refused.answer()
        except CredentialsKeyError as error:
            logger.error("Webhooks of “%s” cannot be checked: %s", slug, error)
            return _answer(
                status.HTTP_503_SERVICE_UNAVAILABLE, "The security key cannot be read. Send it again later."
            )
        raise_when_waiting(EVENTS.hit(account.slug))
        try:
            envelope = parse_envelope(raw)
        except InvalidEnvelope as error:
            return _answer(status.HTTP_400_BAD_REQUEST, str(error))
        try:
            receipt = receive.receive(
                account, raw, envelope, scheme=scheme, remote_address=client_address(request._request)
            )
        except receive.AccountGone:
            return _nobody().answer()
        code = status.HTTP_200_OK if receipt.duplicate else status.HTTP_202_ACCEPTED
        order_trace.webhook(receipt.trace_parent, receipt.event_id, started=started, route=ROUTE, status=code)
        return Response({"event": receipt.event_id, "duplicate": receipt.duplicate}, status=code)


def _genuine(account: PresseroAccount | None, request: Request) -> tuple[PresseroAccount, bytes, str]:
    """The account, the body and the scheme of its signature. Raises _Refused.

    A body is only waited for when an account may want it: a caller who sends slowly would hold a thread. That a caller
    can tell an account by this is the price; addresses are 128 random bits, and guesses are counted.
    """
    header = request.headers.get("MessageHash", "")
    if account is None:
        # The work of checking an empty message, so that an answer without a body costs the same either way.
        signatures.signature_scheme(None, header, b"")
        raise _nobody()
    _check_declared_size(request)
    raw = _read_body(request) if header or not account.security_key else b""
    scheme = signatures.signature_scheme(account, header, raw)
    if scheme is None:
        raise _Refused(status.HTTP_401_UNAUTHORIZED, "MessageHash is missing or wrong.")
    return account, raw, scheme


def _check_declared_size(request: Request) -> None:
    """Refuse what says of itself that it is too large, before anything is read. Raises _Refused."""
    declared = request.META.get("CONTENT_LENGTH") or ""
    if re.fullmatch(r"[0-9]+", declared) and (
        len(declared) > 12 or int(declared) > settings.WEBHOOK_MAX_BYTES
    ):
        raise _too_large()


def _read_body(request: Request) -> bytes:
    """The bytes as they came (they are what is signed). Never reads more than the limit. Raises _Refused."""
    limit = settings.WEBHOOK_MAX_BYTES
    # A body in chunks has no length, and Django would read nothing of it; the server knows where it ends.
    in_chunks = not request.META.get("CONTENT_LENGTH") and request.META.get("wsgi.input_terminated")
    source = request.META["wsgi.input"] if in_chunks else request._request
    try:
        raw: bytes = source.read(limit + 1)
    except Exception:  # noqa: BLE001 - each server has errors of its own for broken chunks and lost senders
        raise _Refused(status.HTTP_400_BAD_REQUEST, "The body could not be read to its end.") from None
    if len(raw) > limit:
        raise _too_large()
    return raw


def _too_large() -> _Refused:
    limit = settings.WEBHOOK_MAX_BYTES // 1024
    return _Refused(status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, f"The event is larger than {limit} KiB.")
