"""The view of the webhooks' address: what the API's description says of it, and who calls by other ways than the entry point."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from integrations.api import examples, webhook_entry
from integrations.api.serializers import DetailSerializer, EventReceiptSerializer


class JsonOnly(BaseContentNegotiation):
    """An event is not refused because its sender asks for another format of an answer that it does not read."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class PresseroEventView(APIView):
    """`POST /api/pressero/<account slug>/events/`: authenticated by `MessageHash`, not by a token.

    Every check is the entry point's (api/webhook_entry.py), limits included. Calls usually come to it by the entry point, which asks it before
    Django makes a request of them; here are those that are out of the ordinary.
    """

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
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
        answer = webhook_entry.answer(request._request.META, slug)
        return Response(answer.body, status=answer.status, headers=answer.headers)
