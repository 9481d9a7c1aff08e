"""The entry point for pushes of Pace's event handlers: notes that a job has to be checked, wakes a worker. No other system is called."""

import hmac
import json
import re
from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from integrations.api import examples
from integrations.api.serializers import DetailSerializer
from integrations.api.throttles import CallsOfAddress, Refusals, caller_of
from integrations.api.webhooks import JsonOnly
from integrations.core import tallies
from integrations.core.workqueue import write_backs
from integrations.models import PaceServer

MAX_BYTES = 10_000
_OBJECTS = ("Job", "JobPart")
_MAX_KEY = 60


def _answer(code: int, sentence: str) -> Response:
    return Response({"detail": sentence}, status=code)


class PaceEventView(APIView):
    """`POST /api/pace/<server slug>/events/`: authenticated by the server's push token."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    throttle_classes = [CallsOfAddress]
    content_negotiation_class = JsonOnly

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        tallies.count_answer("pace", response.status_code)
        return super().finalize_response(request, response, *args, **kwargs)

    @extend_schema(
        operation_id="pace_event",
        examples=examples.PACE_EVENT,
        request=inline_serializer(
            "PaceEvent",
            {
                "object": serializers.ChoiceField(choices=_OBJECTS),
                "key": serializers.CharField(max_length=_MAX_KEY),
            },
        ),
        responses={
            202: DetailSerializer,
            400: DetailSerializer,
            401: DetailSerializer,
            404: DetailSerializer,
            429: DetailSerializer,
        },
    )
    def post(self, request: Request, slug: str) -> Response:
        server = PaceServer.objects.filter(slug=slug, active=True).first()
        refusals = Refusals(caller_of(request), f"pace/{server.slug if server is not None else '-'}")
        refusals.check()
        if server is None:
            refusals.count()
            return _answer(status.HTTP_404_NOT_FOUND, "There is no active Pace server with this address.")
        if not _is_token_right(server, request.headers.get("Authorization", "")):
            refusals.count()
            return _answer(status.HTTP_401_UNAUTHORIZED, "The push token is missing or wrong.")
        number, problem = _job_number(request)
        if problem:
            return _answer(status.HTTP_400_BAD_REQUEST, problem)
        write_backs.note_push(server, number)
        return _answer(status.HTTP_202_ACCEPTED, f"Job {number} will be checked.")


def _is_token_right(server: PaceServer, header: str) -> bool:
    token = server.push_token.reveal() if server.push_token else ""
    scheme, _, given = header.strip().partition(" ")
    right = hmac.compare_digest(given.strip().encode(), token.encode())
    return bool(token) and scheme.lower() == "token" and right


def _job_number(request: Request) -> tuple[str, str]:
    """The number of the job that the push is about, or what is wrong with it."""
    wanted = 'Send {"object": "Job" or "JobPart", "key": "…"} as JSON.'
    try:
        raw = request._request.read(MAX_BYTES + 1)
        data = json.loads(raw) if len(raw) <= MAX_BYTES else None
    except (OSError, ValueError, RecursionError):
        return "", wanted
    if not isinstance(data, dict) or data.get("object") not in _OBJECTS:
        return "", wanted
    key = data.get("key")
    if isinstance(key, float) and key.is_integer():
        key = int(key)
    if isinstance(key, bool) or not isinstance(key, str | int):
        return "", wanted
    job, _, part = str(key).strip().partition(":")
    if not re.fullmatch(r"[\w.\-]{1,50}", job) or (part and not re.fullmatch(r"[0-9]{1,9}", part)):
        return "", "The key must be a job number, or job and part number as in 10001:01."
    return job, ""
