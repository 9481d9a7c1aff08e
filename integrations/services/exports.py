"""Writing a list out as CSV, by a worker: in pieces, so that a list of any length takes the same memory, and a worker that
dies costs one piece."""

from __future__ import annotations

import time
import uuid
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from integrations import audit, queue
from integrations.errors import HubError
from integrations.models import Export, ExportPiece
from integrations.services.export_columns import COLUMNS, csv_text

KEPT = timedelta(days=1)
MOST_ROWS = 2_000_000
PIECE = 2_000
LEASE = timedelta(seconds=120)
PATIENCE = timedelta(seconds=60)
# Where a reader of the list stands, and how it is sorted: of no meaning for the file.
_NOT_FILTERS = ("p", "o", "all", "_popup", "_to_field", "_changelist_filters")


class ExportRefused(HubError):
    """The list cannot be written out; `message` says why."""


def may_export(user: Any, model: type[Model]) -> bool:
    """Whether this user may take this list out: a right of its own, besides looking at it."""
    options = model._meta
    sees = any(
        user.has_perm(f"{options.app_label}.{right}_{options.model_name}") for right in ("view", "change")
    )
    return (
        model in COLUMNS and sees and bool(user.has_perm(f"{options.app_label}.export_{options.model_name}"))
    )


def ask(user: AbstractBaseUser, model: type[Model], query: str, *, actor: str) -> Export:
    """Have a worker write the list out, as its filters and search stand. Raises ExportRefused without the right to."""
    if not may_export(user, model):
        raise ExportRefused(f"You may not export {model._meta.verbose_name_plural}.")
    filters = QueryDict(query, mutable=True)
    for name in _NOT_FILTERS:
        filters.pop(name, None)
    with transaction.atomic():
        export = Export.objects.create(user=user, list=model._meta.label_lower, query=filters.urlencode())
        what = (
            f"{model._meta.verbose_name_plural} ({filters.urlencode()})"
            if filters
            else model._meta.verbose_name_plural
        )
        audit.record("list.exported", {"what": str(what)}, actor=actor, user=user)
        _send(export)
    return export


def _send(export: Export) -> None:
    Export.objects.filter(pk=export.pk).update(queued_until=timezone.now() + PATIENCE)
    queue.ask_for_export(str(export.pk))


def model_of(export: Export) -> type[Model]:
    return apps.get_model(export.list)


def wake_waiting() -> int:
    """Remove what is older than a day, and send for what nobody is at; how many were sent for."""
    now = timezone.now()
    Export.objects.filter(created_at__lt=now - KEPT).delete()
    waiting = Export.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lte=now),
        Q(queued_until__isnull=True) | Q(queued_until__lte=now),
        finished_at__isnull=True,
    )
    found = list(waiting[:50])
    for export in found:
        _send(export)
    return len(found)


def write(pk: str, *, budget: float) -> None:
    """Write the export, or go on with it, for `budget` seconds; what is left a task of its own goes on with. Does nothing
    when it is finished, gone, or another worker is at it."""
    export = _claim(pk)
    if export is None:
        return
    until = time.monotonic() + budget
    try:
        rows = _rows(export)
        if export.total is None:
            export.total = min(rows.count(), MOST_ROWS)
        while _write_piece(export, rows):
            if time.monotonic() > until:
                _give_back(export)
                return
    except _TakenOver:
        return
    except ExportRefused as error:
        _finish(export, problem=error.message)
        return
    _finish(export)


def _claim(pk: str) -> Export | None:
    now, token = timezone.now(), uuid.uuid4()
    free = Export.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lte=now), pk=pk, finished_at__isnull=True
    )
    if not free.update(lease_token=token, lease_until=now + LEASE):
        return None
    return Export.objects.select_related("user").get(pk=pk)


class _TakenOver(Exception):
    """Another worker goes on with it, or somebody deleted it."""


def _rows(export: Export) -> QuerySet[Any]:
    """The rows of the list as its page would show them to this user now, newest first."""
    model, user = model_of(export), export.user
    if not (user.is_active and may_export(user, model)):
        raise ExportRefused(f"{user} may no longer export this list.")
    request = HttpRequest()
    request.method, request.user, request.GET = "GET", user, QueryDict(export.query)  # type: ignore[assignment]
    request.META = {"SERVER_NAME": "localhost", "SERVER_PORT": "80"}
    model_admin = admin.site.get_model_admin(model)
    try:
        changes = model_admin.get_changelist_instance(request)
        rows: QuerySet[Any] = changes.get_queryset(request)
    except Exception as error:
        raise ExportRefused(
            "The list's filters could not be read. Open the list afresh and export it again."
        ) from error
    return rows.order_by("-pk")


def _write_piece(export: Export, rows: QuerySet[Any]) -> bool:
    """Write the next rows; False when none are left. Piece and position are stored together: neither counts alone."""
    left = MOST_ROWS - export.rows
    following = rows if export.position is None else rows.filter(pk__lt=export.position)
    found = list(following[: min(PIECE, left)])
    if not found and export.pieces:
        return False
    text = csv_text(model_of(export), found, heading=not export.pieces)
    # A byte-order mark: spreadsheets take the file for UTF-8.
    data = (text if export.pieces else f"\ufeff{text}").encode("utf-8", "replace")
    export.rows, export.pieces = export.rows + len(found), export.pieces + 1
    export.position = found[-1].pk if found else export.position
    with transaction.atomic():
        kept = Export.objects.filter(pk=export.pk, lease_token=export.lease_token).update(
            rows=export.rows,
            pieces=export.pieces,
            position=export.position,
            total=export.total,
            lease_until=timezone.now() + LEASE,
        )
        if not kept:
            raise _TakenOver
        ExportPiece.objects.create(export=export, number=export.pieces, data=zlib.compress(data, 6))
    return len(found) == PIECE and export.rows < MOST_ROWS


def _give_back(export: Export) -> None:
    mine = Export.objects.filter(pk=export.pk, lease_token=export.lease_token)
    if mine.update(lease_token=None, lease_until=None):
        with transaction.atomic():
            _send(export)


def _finish(export: Export, *, problem: str = "") -> None:
    Export.objects.filter(pk=export.pk, lease_token=export.lease_token).update(
        finished_at=timezone.now(), total=export.rows, problem=problem, lease_token=None, lease_until=None
    )


def read(export: Export) -> Iterator[bytes]:
    """The file, piece by piece."""
    pieces = ExportPiece.objects.filter(export=export)
    for number in range(1, export.pieces + 1):
        yield zlib.decompress(bytes(pieces.get(number=number).data))
