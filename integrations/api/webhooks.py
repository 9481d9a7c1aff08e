"""The door for Pressero's webhooks: checks the envelope, stores, answers. Nobody is called from here."""

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

from integrations.api.serializers import DetailSerializer, EventReceiptSerializer
from integrations.clients.pressero_webhooks import InvalidEnvelope, parse_envelope
from integrations.models import PresseroAccount
from integrations.services import intake


def _refusal(code: int, sentence: str) -> Response:
    return Response({"detail": sentence}, status=code)


class AlwaysJson(BaseContentNegotiation):
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
    content_negotiation_class = AlwaysJson

    @extend_schema(
        operation_id="pressero_event",
        request=OpenApiTypes.OBJECT,
        parameters=[OpenApiParameter("MessageHash", str, OpenApiParameter.HEADER, required=False)],
        responses={
            202: EventReceiptSerializer,
            200: EventReceiptSerializer,
            400: DetailSerializer,
            401: DetailSerializer,
            404: DetailSerializer,
            413: DetailSerializer,
        },
    )
    def post(self, request: Request, slug: str) -> Response:
        account = PresseroAccount.objects.filter(slug=slug, active=True).first()
        if account is None:
            return _refusal(
                status.HTTP_404_NOT_FOUND, "There is no active Pressero account with this address."
            )
        try:
            raw = _read_body(request)
        except Exception:  # noqa: BLE001 - each server has errors of its own for broken chunks and lost senders
            return _refusal(status.HTTP_400_BAD_REQUEST, "The body could not be read to its end.")
        if raw is None:
            limit = settings.WEBHOOK_MAX_BYTES // 1024
            return _refusal(
                status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, f"The event is larger than {limit} KiB."
            )
        scheme = intake.signature_scheme(account, request.headers.get("MessageHash", ""), raw)
        if scheme is None:
            return _refusal(status.HTTP_401_UNAUTHORIZED, "MessageHash is missing or wrong.")
        try:
            envelope = parse_envelope(raw)
        except InvalidEnvelope as error:
            return _refusal(status.HTTP_400_BAD_REQUEST, str(error))
        receipt = intake.receive(
            account, raw, envelope, scheme=scheme, remote_address=request.META.get("REMOTE_ADDR")
        )
        code = status.HTTP_200_OK if receipt.duplicate else status.HTTP_202_ACCEPTED
        return Response({"event": receipt.event_id, "duplicate": receipt.duplicate}, status=code)


def _read_body(request: Request) -> bytes | None:
    """The bytes as they came (they are what is signed); None when there are too many. Never reads more than the limit.

    Raises what the server raises when they cannot be read to their end.
    """
    limit = settings.WEBHOOK_MAX_BYTES
    declared = request.META.get("CONTENT_LENGTH") or ""
    if re.fullmatch(r"[0-9]+", declared) and (len(declared) > 12 or int(declared) > limit):
        return None
    # A body in chunks has no length, and Django would read nothing of it; the server knows where it ends.
    in_chunks = not declared and request.META.get("wsgi.input_terminated")
    source = request.META["wsgi.input"] if in_chunks else request._request
    raw: bytes = source.read(limit + 1)
    return None if len(raw) > limit else raw
