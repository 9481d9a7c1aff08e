"""Rows of a hub that has worked for a year, made inside the database: one real order and everything about it, cloned.

Columns that are not named here are copied from that order, so that the rows stay whole when tables change.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models, transaction

from integrations.core.audit import log as audit
from integrations.enums import SearchKind
from integrations.models import (
    AuditEntry,
    ItemStage,
    Order,
    OrderItem,
    OutgoingCall,
    PaceJob,
    PaceShipment,
    SearchWord,
    StepAttempt,
    WebhookEvent,
    audit_switch,
)
from tests import factories

CHUNK = 20_000
# A year of a million orders: one every half minute.
SECONDS_APART = 31
# What is rare is common enough to fill a page of the small hub: pages with as many rows are compared.
# Of the newest orders some are still open, as many in a small hub as in a large one.
OPEN = 300
ATTEMPTS = ("fetch", "decide", "plan", "submit")
EVENTS = ("OrderPlaced", "OrderItemApproved", "OrderUpdated")
# What one order leaves in the audit log; "call" stands for a call to Pace, "read" for one to Pressero.
ENTRIES = (
    "order.created", "event.received", "order.claimed", "read", "order.fetched", "order.decided", "call", "call",
    "party.found", "mapping.chosen", "order.planned", "job.started", "call", "call", "call", "job.commit_intended",
    "job.created", "order.submitted", "read", "item.job_number_told",
)  # fmt: skip
# Filled first and indexed afterwards: far quicker than keeping thirty indexes while rows come in.
FILLED = (
    Order,
    OrderItem,
    PaceJob,
    PaceShipment,
    ItemStage,
    WebhookEvent,
    AuditEntry,
    OutgoingCall,
    StepAttempt,
    SearchWord,
)

Say = Callable[[str], None]


def make_first(*, entries: int, payload: int) -> Order:
    """The order that all others are cloned from, with `entries` audit entries and JSON columns of `payload` bytes."""
    storefront = factories.make_storefront(name="Shop 1")
    for number in range(2, 13):
        factories.make_storefront(
            name=f"Shop {number}",
            pressero_account=storefront.pressero_account,
            pace_server=storefront.pace_server,
        )
    text = {"Items": "x" * payload}
    order = factories.make_order(
        storefront=storefront, items=2, jobs=("200000",), number=100_000, status="completed", fetched=text, plan=None,
        sent_payload=text,
    )  # fmt: skip
    job = order.jobs.get()
    PaceShipment.objects.create(job=job, pace_id=1, numbers=["1Z0"], sent_numbers=["1Z0"], items=[1])
    for item in order.items.all():
        ItemStage.objects.create(item=item, sent_stage="9", sent_name="Shipped", seen_stage="9")
    for name in EVENTS:
        factories.make_event(account=order.account, order=order, storefront=storefront, type_name=name)
    for step in ATTEMPTS:
        StepAttempt.objects.create(
            order=order, step=step, attempt=1, started_at=order.received_at, outcome="done", worker="worker"
        )
    for position in range(entries):
        kind = ENTRIES[position % len(ENTRIES)]
        if kind in ("call", "read"):
            factories.make_call(
                order,
                system="Pace server Server" if kind == "call" else "Pressero account Account",
                request="x" * 200,
                answer="x" * 400,
            )
        else:
            audit.record(kind, {"message": "x" * 60, "jobs": "200000"}, order=order, actor="worker a:1")
    return order


def fill(first: Order, *, have: int, want: int, say: Say) -> None:
    """Clone until there are `want` orders; those there before become a year older and are finished."""
    begun = time.monotonic()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:  # for filling only; pages are read as in production
            for setting in ("cache_size=-2000000", "temp_store=MEMORY", "locking_mode=NORMAL"):
                cursor.execute(f"PRAGMA {setting}")
    kept = [(model, index) for model in FILLED for index in model._meta.indexes]
    with connection.schema_editor() as editor:
        for model, index in kept:
            editor.remove_index(model, index)
    if have > 1:
        _age()
    for low in range(have, want, CHUNK):
        high = min(low + CHUNK, want) - 1
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in _statements(first, low, high, want):
                cursor.execute(statement)
        say(f"  {high + 1:,} orders after {time.monotonic() - begun:.0f} s")
    with connection.schema_editor() as editor:
        for model, index in kept:
            editor.add_index(model, index)
    connection.close()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), FILLED):
                cursor.execute(statement)
            cursor.execute("ANALYZE")  # as autovacuum does by itself
    say(f"  filled and indexed after {time.monotonic() - begun:.0f} s")


def _age() -> None:
    """What is there already is of last year, so that today and this week hold as much as before."""
    # What opening the pages has left (a login) has the ids that the next orders' entries get.
    AuditEntry.objects.filter(order__isnull=True).purge()
    year = 400 * 86_400
    columns = (
        (Order, "received_at"),
        (WebhookEvent, "received_at"),
        (AuditEntry, "at"),
        (OutgoingCall, "at"),
    )
    with audit_switch.opened(), connection.cursor() as cursor:
        for model, column in columns:
            older = (
                f"{column} - interval '{year} seconds'"
                if connection.vendor == "postgresql"
                else f"strftime('%Y-%m-%d %H:%M:%S', {column}, '-{year} seconds')"
            )
            cursor.execute(f"UPDATE {model._meta.db_table} SET {column} = {older}")  # noqa: S608
        cursor.execute(
            "UPDATE integrations_order SET status = 'completed', message = '', cause_kind = '', cause_subject = '', failure_mode = ''"
        )
        cursor.execute("UPDATE integrations_itemstage SET unmapped = '0', problem = ''")


def _moment(epoch: str) -> str:
    if connection.vendor == "postgresql":
        return f"to_timestamp({epoch})"
    return f"strftime('%Y-%m-%d %H:%M:%S', {epoch}, 'unixepoch')"


def _statements(first: Order, low: int, high: int, want: int) -> list[str]:
    """The inserts of the orders `low` to `high`; `n.i` is the place of an order."""
    at = _moment(f"{int(time.time())} - ({want - 1} - n.i) * {SECONDS_APART}")
    is_open = f"n.i >= {want - OPEN}"
    shop = "CASE WHEN n.i % 100 < 90 THEN n.i % 5 WHEN n.i % 100 = 95 THEN 11 ELSE 5 + n.i % 6 END"
    customer = "'Customer ' || (n.i * 7 % 1000) || ' Press'"
    email = "'buyer' || (n.i * 13 % 20000) || '@shop' || (n.i % 500) || '.example'"
    product = "'Business Card ' || (n.i % 400)"
    attention = f"{is_open} AND n.i % 5 = 0"
    when_open = "CASE n.i % 5 WHEN 0 THEN 'needs_attention' WHEN 1 THEN 'waiting' WHEN 2 THEN 'processing' WHEN 3 THEN 'on_hold' ELSE 'received' END"
    done = "CASE WHEN n.i % 20 = 0 THEN 'denied' WHEN n.i % 10 = 1 THEN 'submitted' ELSE 'completed' END"
    slow = "(n.i * 7919 + t.entry_id * 31) % 900 + CASE WHEN n.i % 997 = 0 THEN 20000 ELSE 0 END"
    numbers = f"WITH RECURSIVE n(i) AS (SELECT {low} UNION ALL SELECT n.i + 1 FROM n WHERE n.i < {high}) "  # noqa: S608
    order_id = f"{first.pk} + n.i"
    true, false = ("true", "false") if connection.vendor == "postgresql" else ("1", "0")
    clones: list[tuple[type[models.Model], str, Mapping[str, str]]] = [
        (Order, f"t.id = {first.pk}", {
            "id": order_id, "number": "100000 + n.i", "identity": f"'{first.account.source}-' || (100000 + n.i)",
            "storefront_id": f"{first.storefront_id} + {shop}",
            "status": f"CASE WHEN {is_open} THEN {when_open} ELSE {done} END",
            "message": f"CASE WHEN {attention} THEN 'Order ' || n.i || ': the shipping method has no Pace ship via.' ELSE '' END",
            "failure_mode": f"CASE WHEN {attention} THEN 'config' ELSE '' END",
            "cause_kind": f"CASE WHEN {attention} THEN 'shipment_method' ELSE '' END",
            "cause_subject": f"CASE WHEN {attention} THEN CAST(n.i % 8 AS varchar) ELSE '' END",
            "customer_name": customer, "buyer_email": email, "po_number": "'PO-' || n.i", "received_at": at,
            "placed_at": at, "submitted_at": at, "updated_at": at,
        }),
        (OrderItem, f"t.order_id = {first.pk}", {"order_id": order_id, "product_name": product}),
        (PaceJob, f"t.order_id = {first.pk}", {
            "order_id": order_id, "number": "CAST(200000 + n.i AS varchar)", "unit": "'order'", "submitted_at": at,
            "synced_at": at, "watch_ended_at": f"CASE WHEN n.i % 10 = 1 THEN NULL ELSE {at} END",
        }),
        (PaceShipment, f"t.job_id = {first.jobs.get().pk}", {
            "job_id": "t.job_id + n.i", "pace_id": "n.i",
        }),
        (ItemStage, f"t.item_id IN ({', '.join(str(item.pk) for item in first.items.all())})", {
            "item_id": "t.item_id + 2 * n.i", "unmapped": f"CASE WHEN {attention} THEN {true} ELSE {false} END",
        }),
        (WebhookEvent, f"t.order_id = {first.pk}", {
            "order_id": order_id, "order_number": "100000 + n.i", "message_id": "'message-' || n.i || '-' || t.id",
            "received_at": at, "storefront_id": f"{first.storefront_id} + {shop}",
            "verdict": "CASE WHEN n.i % 120 = 7 THEN 'conflict' ELSE 'accepted' END",
        }),
        (AuditEntry, f"t.order_id = {first.pk}", {
            "order_id": order_id, "at": at,
            "type": "CASE WHEN n.i % 60 = 3 AND t.type = 'order.claimed' THEN 'staff.retry' ELSE t.type END",
        }),
        (OutgoingCall, f"t.order_id = {first.pk}", {
            "entry_id": f"t.entry_id + n.i * {first.audit.count()}", "order_id": order_id, "at": at,
            "milliseconds": slow, "outcome": "CASE WHEN n.i % 120 = 11 THEN 'silent' ELSE 'answered' END",
        }),
        (StepAttempt, f"t.order_id = {first.pk}", {"order_id": order_id, "started_at": at, "finished_at": at}),
    ]  # fmt: skip
    statements = [numbers + _clone(model, where, changes) for model, where, changes in clones]
    words = (
        (SearchKind.NUMBER, "CAST(100000 + n.i AS varchar)"),
        (SearchKind.JOB, "CAST(200000 + n.i AS varchar)"),
        (SearchKind.PO, "'po-' || n.i"),
        (SearchKind.PO, "CAST(n.i AS varchar)"),
        (SearchKind.TRACKING, "'1z' || n.i"),
        (SearchKind.CUSTOMER, f"lower({customer})"),
        (SearchKind.CUSTOMER, "(n.i * 7 % 1000) || ' press'"),
        (SearchKind.CUSTOMER, "'press'"),
        (SearchKind.EMAIL, email),
        (SearchKind.PRODUCT, f"lower({product})"),
        (SearchKind.PRODUCT, "'card ' || (n.i % 400)"),
    )
    statements += [
        f"{numbers}INSERT INTO integrations_searchword (order_id, kind, word) SELECT {order_id}, {kind.value}, {word} FROM n"  # noqa: S608
        for kind, word in words
    ]
    if connection.vendor == "sqlite":
        # SQLite wants the common table before the select, not before the insert.
        return [_moved(statement, numbers) for statement in statements]
    return statements


def _moved(statement: str, numbers: str) -> str:
    insert, select = statement.removeprefix(numbers).split(" SELECT ", 1)
    return f"{insert} {numbers}SELECT {select}"


def _clone(model: type[models.Model], where: str, changes: Mapping[str, str]) -> str:
    """One insert that copies the rows of `where` for each place, `changes` apart. Ids follow one another."""
    options: Any = model._meta
    table, key = options.db_table, options.pk.column
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {table} t WHERE {where}")  # noqa: S608
        of_one = cursor.fetchone()[0]
    values = {key: f"t.{key} + n.i * {of_one}", **changes}
    columns = [field.column for field in options.concrete_fields]
    chosen = ", ".join(values.get(column, f't."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    return f"INSERT INTO {table} ({names}) SELECT {chosen} FROM n CROSS JOIN {table} t WHERE {where}"  # noqa: S608
