"""What a list becomes as CSV: its columns, and cells that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils import timezone

from integrations.core.audit import log as audit
from integrations.models import AuditEntry, Order, OutgoingCall, PaceJob, WebhookEvent

Columns = dict[str, Callable[[Any], object]]

_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")

COLUMNS: dict[type[Model], Columns] = {
    Order: {
        "order": lambda row: row.number,
        "storefront": lambda row: row.storefront.name,
        "status": lambda row: row.get_status_display(),
        "problem": lambda row: row.message,
        "action needed by": lambda row: row.get_failure_mode_display() if row.failure_mode else "",
        "customer": lambda row: row.customer_name,
        "email": lambda row: row.buyer_email,
        "PO number": lambda row: row.po_number,
        "jobs": lambda row: ", ".join(job.number for job in row.numbered_jobs),
        "total": lambda row: row.total,
        "placed": lambda row: row.placed_at,
        "received": lambda row: row.received_at,
        "submitted": lambda row: row.submitted_at,
    },
    PaceJob: {
        "job": lambda row: row.number,
        "order": lambda row: row.order.number,
        "storefront": lambda row: row.order.storefront.name,
        "server": lambda row: row.server.name,
        "description": lambda row: row.description,
        "status in Pace": lambda row: row.pace_status_name or row.pace_status,
        "open": lambda row: "yes" if row.open_in_pace else "no",
        "total": lambda row: row.total,
        "made in Pace": lambda row: row.submitted_at,
        "last sync": lambda row: row.synced_at,
    },
    WebhookEvent: {
        "event": lambda row: row.pk,
        "type": lambda row: row.type_name,
        "order": lambda row: row.order_number,
        "item": lambda row: row.item_seq,
        "result": lambda row: row.get_verdict_display(),
        "detail": lambda row: row.detail,
        "account": lambda row: row.account.name,
        "storefront": lambda row: row.storefront.name if row.storefront else "",
        "duplicates": lambda row: row.repeats,
        "received": lambda row: row.received_at,
        "message ID": lambda row: row.message_id,
    },
    OutgoingCall: {
        "call": lambda row: row.what,
        "system": lambda row: row.system,
        "method": lambda row: row.method,
        "outcome": lambda row: row.get_outcome_display(),
        "HTTP status": lambda row: row.status,
        "milliseconds": lambda row: row.milliseconds,
        "order": lambda row: row.order.number if row.order else "",
        "when": lambda row: row.at,
    },
    AuditEntry: {
        "when": lambda row: row.at,
        "order": lambda row: row.order.number if row.order else "",
        "what happened": lambda row: audit.describe(row).sentence,
        "type": lambda row: row.type,
        "who": lambda row: row.actor,
        "correlation": lambda row: row.correlation,
        "data": lambda row: json.dumps(row.data, ensure_ascii=False),
    },
}


def csv_text(model: type[Model], rows: Iterable[Model], *, heading: bool) -> str:
    """These rows as lines of CSV, with the names of the columns above them if asked."""
    columns = COLUMNS[model]
    out = io.StringIO()
    writer = csv.writer(out)
    if heading:
        writer.writerow(columns)
    writer.writerows([cell(value(row)) for value in columns.values()] for row in rows)
    return out.getvalue()


def cell(value: object) -> str:
    """A value as text that opens as text: what a spreadsheet would take for a formula gets an apostrophe in front.

    Times are in the hub's zone, with its distance from UTC.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(sep=" ", timespec="seconds")
    text = str(value).replace("\x00", "")
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
