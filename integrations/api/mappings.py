"""Mappings and field rules for other programs: list, create, change, delete, and a dry run.

Rows are the objects of the configuration file, with an `id`. They go through the code of every import: the same checks and
reasons, the same history, all or nothing.
"""

from __future__ import annotations

from typing import Any, cast

from django.db import transaction
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import exceptions, status
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from integrations.api import examples
from integrations.api.permissions import MayUseMappings
from integrations.api.serializers import (
    DetailSerializer,
    MappingChangesSerializer,
    MappingPageSerializer,
    MappingProblemsSerializer,
    MappingReportSerializer,
)
from integrations.operations.setup import versions
from mappings.changes import ChangeWay
from mappings.models import MappingRow
from mappings.resources import KINDS, ImportReport, Kind, delete_rows, import_rows, plain_rows, same_key

# More at a time are the matter of a file: each row costs checks, and the answer repeats them.
MOST_ROWS = 5_000
_KIND = OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=list(KINDS))
_REFUSALS: dict[int, Any] = {401: DetailSerializer, 403: DetailSerializer, 404: DetailSerializer}


class _Pages(PageNumberPagination):
    page_size = 200


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise Http404(f"There is no kind {name!r}. The kinds are {', '.join(KINDS)}.")
    return KINDS[name]


def _actor(request: Request) -> str:
    return str(request.user.get_username())


def _refused(report: ImportReport) -> Response:
    reasons = [{"row": line, "reason": reason} for line, reason in report.errors]
    return Response(
        {"detail": "Nothing was changed.", "reasons": reasons}, status=status.HTTP_400_BAD_REQUEST
    )


class MappingRowsView(APIView):
    """The rows of one kind."""

    permission_classes = [MayUseMappings]

    @extend_schema(
        operation_id="mappings_list",
        parameters=[
            _KIND,
            OpenApiParameter("page", int),
            OpenApiParameter(
                "storefront", str, description="Rows of this storefront; empty: of all storefronts."
            ),
        ],
        responses={200: MappingPageSerializer, **_REFUSALS},
        examples=examples.MAPPING_ROWS,
    )
    def get(self, request: Request, kind: str) -> Response:
        """All rows, those for all storefronts first."""
        rows = _kind(kind).resource(plain=True).get_queryset()
        asked = request.query_params.get("storefront")
        if asked is not None:
            named = asked.replace("\x00", "")
            rows = rows.filter(storefront__name=named) if named else rows.filter(storefront=None)
        pages = _Pages()
        page = cast("list[MappingRow]", pages.paginate_queryset(rows, request, view=self))
        return pages.get_paginated_response(plain_rows(kind, page))

    @extend_schema(
        operation_id="mappings_change",
        parameters=[_KIND],
        request=MappingChangesSerializer,
        responses={
            200: MappingReportSerializer,
            201: MappingReportSerializer,
            400: MappingProblemsSerializer,
            **_REFUSALS,
        },
        examples=examples.MAPPING_CHANGES,
    )
    def post(self, request: Request, kind: str) -> Response:
        """Create rows, and change those that exist: a row is known by its columns up to its answer. All or nothing.

        With `dry_run` nothing is kept and the answer says what would be done.
        """
        _kind(kind)
        rows, dry_run = _asked(request.data)
        report = import_rows(kind, rows, dry_run=dry_run, actor=_actor(request), way=ChangeWay.API)
        if report.errors:
            return _refused(report)
        if report.changes and not dry_run:
            versions.note(_actor(request))
        created = report.created and not dry_run
        return Response(
            {
                "dry_run": dry_run,
                "created": report.created,
                "updated": report.updated,
                "unchanged": report.unchanged,
                "changes": report.changes,
                "warnings": [text for _, text in report.warnings],
                "rows": plain_rows(kind, report.rows),
            },
            status=status.HTTP_201_CREATED if created else status.HTTP_200_OK,
        )


def _asked(data: Any) -> tuple[list[Any], bool]:
    """The rows of a call, and whether it is a dry run. Raises ValidationError."""
    if not isinstance(data, dict) or not isinstance(data.get("rows"), list):
        raise exceptions.ValidationError(
            {"detail": 'Send an object with a list of rows: {"rows": [...]}.', "reasons": []}
        )
    if unknown := sorted(set(map(str, data)) - {"rows", "dry_run"}):
        raise exceptions.ValidationError({"detail": f"Unknown key {unknown[0]!r}.", "reasons": []})
    dry_run = data.get("dry_run", False)
    if not isinstance(dry_run, bool):
        raise exceptions.ValidationError({"detail": "dry_run must be true or false.", "reasons": []})
    if len(data["rows"]) > MOST_ROWS:
        raise exceptions.ValidationError(
            {"detail": f"Send at most {MOST_ROWS} rows at a time.", "reasons": []}
        )
    return data["rows"], dry_run


class MappingRowView(APIView):
    """One row."""

    permission_classes = [MayUseMappings]

    def _row(self, kind: str, pk: int) -> MappingRow:
        found = _kind(kind).model._default_manager.select_related("storefront").filter(pk=pk).first()
        if found is None:
            raise Http404("There is no such row; it may have been deleted.")
        return found

    @extend_schema(
        operation_id="mappings_retrieve",
        parameters=[_KIND],
        responses={200: OpenApiTypes.OBJECT, **_REFUSALS},
        examples=examples.MAPPING_ROW,
    )
    def get(self, request: Request, kind: str, pk: int) -> Response:
        """The row with this id."""
        return Response(plain_rows(kind, [self._row(kind, pk)])[0])

    @extend_schema(
        operation_id="mappings_update",
        parameters=[_KIND],
        request=OpenApiTypes.OBJECT,
        responses={200: OpenApiTypes.OBJECT, 400: MappingProblemsSerializer, **_REFUSALS},
        examples=examples.MAPPING_ROW_CHANGE,
    )
    def put(self, request: Request, kind: str, pk: int) -> Response:
        """Change what the row answers. The columns that make it this row stay: for others, delete it and create another."""
        with transaction.atomic():
            row = self._row(kind, pk)
            given = request.data
            if not isinstance(given, dict):
                raise exceptions.ValidationError({"detail": "Send the row as an object.", "reasons": []})
            values = {name: value for name, value in given.items() if name != "id"}
            report = import_rows(kind, [values], dry_run=True, actor=_actor(request), way=ChangeWay.API)
            if report.errors:
                return _refused(report)
            if not same_key(kind, row, values):
                reason = "These columns make another row. Delete this one and create that."
                return _refused(ImportReport(errors=[(1, reason)]))
            report = import_rows(kind, [values], actor=_actor(request), way=ChangeWay.API)
            if report.errors:
                return _refused(report)
        if report.changes:
            versions.note(_actor(request))
        return Response(plain_rows(kind, [self._row(kind, pk)])[0])

    @extend_schema(operation_id="mappings_delete", parameters=[_KIND], responses={204: None, **_REFUSALS})
    def delete(self, request: Request, kind: str, pk: int) -> Response:
        """Delete the row; its history stays."""
        with transaction.atomic():
            delete_rows(kind, [self._row(kind, pk)], actor=_actor(request), way=ChangeWay.API)
        versions.note(_actor(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
