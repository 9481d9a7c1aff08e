"""Orders and health for other programs (docs/api.md §1)."""

from __future__ import annotations

import re
from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import exceptions, mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from integrations.api import examples
from integrations.api.details import may_see_details
from integrations.api.permissions import MayPreviewOrders, MayRetryOrders, MayViewOrders
from integrations.api.serializers import (
    AuditEntrySerializer,
    DetailSerializer,
    HealthSerializer,
    OrderSerializer,
    PreviewSerializer,
)
from integrations.api.throttles import raise_when_waiting
from integrations.enums import OrderStatus
from integrations.errors import HubError, NotAllowed
from integrations.models import AuditEntry, Order
from integrations.operations import health, order_actions, preview_limit
from integrations.orders.submission.preview import preview_order


@extend_schema_view(
    list=extend_schema(
        parameters=[
            OpenApiParameter("number", int, description="Pressero's order number."),
            OpenApiParameter("storefront", str, description="The storefront's name."),
            OpenApiParameter("status", str, enum=OrderStatus.values),
        ],
        examples=examples.ORDERS,
    ),
    retrieve=extend_schema(examples=examples.ORDER),
)
class OrderViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Order]):
    """Orders, newest first."""

    serializer_class = OrderSerializer
    permission_classes = [MayViewOrders]
    queryset = Order.objects.select_related("storefront").prefetch_related("jobs").defer("fetched", "plan")
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Order]:
        found = super().get_queryset()
        asked = self.request.query_params
        if number := asked.get("number"):
            if not re.fullmatch(r"[0-9]{1,18}", number):
                raise exceptions.ValidationError({"number": ["An order number holds digits only."]})
            found = found.filter(number=int(number))
        if storefront := asked.get("storefront"):
            found = found.filter(storefront__name=storefront.replace("\x00", ""))
        if wanted := asked.get("status"):
            if wanted not in OrderStatus.values:
                raise exceptions.ValidationError({"status": [f"One of {', '.join(OrderStatus.values)}."]})
            found = found.filter(status=wanted)
        return found

    @extend_schema(responses=AuditEntrySerializer(many=True), examples=examples.AUDIT)
    @action(detail=True, methods=["get"], filter_backends=[])
    def audit(self, request: Request, pk: str) -> Response:
        """The order's timeline, oldest first."""
        entries: QuerySet[AuditEntry] = self.get_object().audit.order_by("id")
        page = cast("list[AuditEntry]", self.paginate_queryset(entries))  # type: ignore[arg-type]
        return self.get_paginated_response(AuditEntrySerializer(page, many=True).data)

    @extend_schema(
        request=None, responses={202: DetailSerializer, 409: DetailSerializer}, examples=examples.RETRY
    )
    @action(detail=True, methods=["post"], permission_classes=[MayViewOrders, MayRetryOrders])
    def retry(self, request: Request, pk: str) -> Response:
        """Send the order back to work; 409 when its state does not allow that."""
        order = self.get_object()
        try:
            order_actions.retry(order, actor=request.user.get_username(), user=request.user)  # type: ignore[arg-type]
        except NotAllowed as error:
            return Response({"detail": error.message}, status=status.HTTP_409_CONFLICT)
        return Response({"detail": f"Order {order.number} was queued."}, status=status.HTTP_202_ACCEPTED)

    @extend_schema(
        responses={200: PreviewSerializer, 429: DetailSerializer, 502: DetailSerializer},
        examples=examples.PREVIEW,
    )
    @action(detail=True, methods=["get"], permission_classes=[MayViewOrders, MayPreviewOrders])
    def preview(self, request: Request, pk: str) -> Response:
        """What the order would become in Pace, with its lineage; nothing is written."""
        order = self.get_object()
        raise_when_waiting(preview_limit.seconds_to_wait(request.user))
        try:
            preview = preview_order(order)
        except HubError as error:
            return Response({"detail": str(error)}, status=status.HTTP_502_BAD_GATEWAY)
        data: dict[str, Any] = {
            "order": preview.order_number,
            "storefront": preview.storefront.name,
            "decision": preview.decision_sentence,
            "plan": preview.plan.as_data(),
            "sent_plan": preview.sent_plan,
        }
        return Response(data)


class LiveView(APIView):
    """The web process answers."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []

    @extend_schema(responses=HealthSerializer, examples=examples.LIVE)
    def get(self, request: Request) -> Response:
        return Response({"status": "ok", "problems": []})


class ReadyView(APIView):
    """The hub can do its work; 503 with what is wrong otherwise. Names and last errors are for those who may see them:
    callers from READY_ADDRESSES, and `Authorization: Bearer` with READY_TOKEN."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []

    @extend_schema(responses={200: HealthSerializer, 503: HealthSerializer}, examples=examples.READY)
    def get(self, request: Request) -> Response:
        problems = health.problems()
        if not may_see_details(request._request):
            problems = health.public_problems(problems)
        code = status.HTTP_503_SERVICE_UNAVAILABLE if problems else status.HTTP_200_OK
        return Response({"status": "failing" if problems else "ok", "problems": problems}, status=code)
