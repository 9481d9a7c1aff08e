"""Writing a list out as CSV, by a worker: in pieces, so that a list of any length takes the same memory, and a worker that
dies costs one piece."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from automationhub.lib import database
from automationhub.lib.database_clock import database_now
from integrations.core.audit import log as audit
from integrations.core.workqueue import failures
from integrations.core.workqueue import messages as queue
from integrations.core.workqueue.leases import Lease, acquire, is_free
from integrations.core.workqueue.retry_policy import needs_a_person
from integrations.errors import HubError, LeaseLost
from integrations.models import Export, ExportPiece
from integrations.operations.export_columns import COLUMNS, csv_text

RETENTION = timedelta(days=1)
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


def ask(user: User, model: type[Model], query: str, *, actor: str) -> Export:
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
    Export.objects.filter(pk=export.pk).update(queued_until=database_now() + PATIENCE)
    queue.ask_for_export(str(export.pk))


def model_of(export: Export) -> type[Model]:
    return apps.get_model(export.list)


def wake_waiting() -> int:
    """Remove what is older than a day, and send for what nobody is at; how many were sent for."""
    Export.objects.filter(created_at__lt=timezone.now() - RETENTION).delete()
    waiting = Export.objects.filter(
        is_free(),
        Q(queued_until__isnull=True) | Q(queued_until__lte=database_now()),
        finished_at__isnull=True,
    )
    found = list(waiting[:50])
    for export in found:
        _send(export)
    return len(found)


def write(pk: str, *, budget: float) -> None:
    """Write the export, or go on with it, for `budget` seconds; what is left a task of its own goes on with. Does nothing
    when it is finished, gone, or another worker is at it."""
    lease = acquire(Export.objects.filter(finished_at__isnull=True), pk, LEASE)
    if lease is None:
        return
    export = Export.objects.select_related("user").get(pk=pk)
    until = time.monotonic() + budget
    try:
        rows = _rows(export)
        if export.total is None:
            export.total = min(rows.count(), MOST_ROWS)
        while _write_piece(lease, export, rows):
            if time.monotonic() > until:
                _give_back(lease, export)
                return
    except LeaseLost:
        return  # another worker continues it, or its user deleted it
    except Exception as error:  # noqa: BLE001 - the ladder logs what it does not know
        failure = failures.understood(error, "The export")
        if needs_a_person(failure):
            _finish(lease, export, problem=failure.message)
        else:
            lease.release()  # the sweep sends for it after a while (wake_waiting)
        return
    _finish(lease, export)


def _rows(export: Export) -> QuerySet[Any]:
    """The rows of the list as its page would show them to this user now, newest first."""
    model, user = model_of(export), export.user
    if not (user.is_active and may_export(user, model)):
        raise ExportRefused(f"{user} may no longer export this list.")
    request = HttpRequest()
    request.method, request.user, request.GET = "GET", user, QueryDict(export.query)
    request.META = {"SERVER_NAME": "localhost", "SERVER_PORT": "80"}
    model_admin = admin.site.get_model_admin(model)
    try:
        changes = model_admin.get_changelist_instance(request)
        rows: QuerySet[Any] = changes.get_queryset(request)
    except Exception as error:
        if database.is_away(error):
            raise
        raise ExportRefused(
            "The list's filters could not be read. Open the list afresh and export it again."
        ) from error
    return rows.order_by("-pk")


def _write_piece(lease: Lease[Export], export: Export, rows: QuerySet[Any]) -> bool:
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
        lease.renew(
            force=True,
            rows=export.rows,
            pieces=export.pieces,
            position=export.position,
            total=export.total,
        )
        ExportPiece.objects.create(export=export, number=export.pieces, data=zlib.compress(data, 6))
    return len(found) == PIECE and export.rows < MOST_ROWS


def _give_back(lease: Lease[Export], export: Export) -> None:
    if lease.release():
        with transaction.atomic():
            _send(export)


def _finish(lease: Lease[Export], export: Export, *, problem: str = "") -> None:
    lease.release(finished_at=database_now(), total=export.rows, problem=problem)


def read(export: Export) -> Iterator[bytes]:
    """The file, piece by piece."""
    pieces = ExportPiece.objects.filter(export=export)
    for number in range(1, export.pieces + 1):
        yield zlib.decompress(bytes(pieces.get(number=number).data))
