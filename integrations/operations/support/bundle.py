"""The support bundle: one zip about some orders, fit to be mailed."""

from __future__ import annotations

import io
import json
import platform
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import django
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.forms.models import model_to_dict
from django.utils import timezone

from automationhub.lib.dependencies import installed_version
from integrations.core.audit import log as audit
from integrations.core.connections import circuits
from integrations.errors import NotAllowed
from integrations.models import AuditEntry, Heartbeat, Order, WebhookEvent
from integrations.operations import health, statistics
from integrations.operations.probes.running import product_version
from integrations.operations.setup.configuration import export_configuration
from integrations.operations.support.names import ReplacedNames

MOST_ORDERS = 20
# The latest ones of an order: a huge order with many attempts has more than anybody reads.
MOST_ENTRIES = 5_000
# Packages that decide how the hub behaves.
PACKAGES = (
    "Django",
    "django-q2",
    "djangorestframework",
    "requests",
    "urllib3",
    "psycopg",
    "redis",
    "gunicorn",
)
# Settings that explain behavior and hold no secret; of the others only whether they are set.
SHOWN = (
    "DEBUG", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "TIME_ZONE", "LOG_FORMAT", "ANSWER_TIMEOUT", "PROXY_COUNT", "PORTAL_URL",
    "OUTGOING_INTERNAL_HOSTS", "ARTWORK_INTERNAL_HOSTS", "WEBHOOK_LATE_HOURS", "WEBHOOK_CALLS_PER_MINUTE",
    "WEBHOOK_EVENTS_PER_MINUTE", "WEBHOOK_REFUSALS_PER_MINUTE", "PREVIEWS_PER_MINUTE", "KEEP_AUDIT_DAYS", "KEEP_WEBHOOK_DAYS",
    "KEEP_PERSONAL_DAYS", "EMAIL_IS_CONFIGURED",
)  # fmt: skip
HIDDEN = ("SECRET_KEY", "CREDENTIALS_KEYS", "REDIS_URL", "READY_TOKEN", "METRICS_TOKEN", "SSO_HEADER")

README = """Support bundle of Automation Hub

versions.json        the hub, Python, database, packages, migrations
settings.json        settings without secrets ("set" or "not set" for those)
configuration.json   accounts, servers and storefronts of these orders, without secrets; numbers of mapping rows
health.json          what the readiness check says, workers, connections, the queue
orders/NUMBER/       of each order: order.json, timeline.txt, plan.json, calls.json, events.json

Names, companies, addresses, emails, phones, notes, file names and whatever buyers typed are replaced: the same text is
the same word (name-3, person-2@example.com, text-7) in all files of this bundle. Order numbers, job numbers, amounts, dates,
codes and the names of storefronts and servers are as they are. Passwords, keys and tokens are masked.
"""


def support_bundle(orders: Sequence[Order], *, actor: str, user: AbstractBaseUser | None = None) -> bytes:
    """The zip about these orders; noted in the timeline of each. Raises NotAllowed for none, or too many."""
    if not 0 < len(orders) <= MOST_ORDERS:
        raise NotAllowed(f"A support bundle holds 1 to {MOST_ORDERS} orders; {len(orders)} were chosen.")
    names = ReplacedNames()
    # Orders first: what they hide is then hidden in everything else, too. Twice, because a text may come before the data
    # that tells what in it is a name.
    for order in orders:
        _files_of(order, names)
    files: dict[str, str] = {"README.txt": README}
    for order in orders:
        folder = f"orders/{order.number}" + ("" if _is_only(order, orders) else f"-{order.pk}")
        files |= {f"{folder}/{name}": text for name, text in _files_of(order, names).items()}
    files["versions.json"] = _json(_versions())
    files["settings.json"] = _json(_settings())
    files["configuration.json"] = _json(_configuration(orders, names))
    files["health.json"] = _json(_health(names))
    for order in orders:
        audit.record("staff.support_bundle", {}, order=order, actor=actor, user=user)
    return _zip(files)


def file_name(orders: Sequence[Order]) -> str:
    """What the file is called."""
    first = f"{orders[0].number}" + (f"-and-{len(orders) - 1}-more" if len(orders) > 1 else "")
    return f"support-bundle-{first}-{timezone.localdate():%Y-%m-%d}.zip"


def _is_only(order: Order, orders: Sequence[Order]) -> bool:
    return sum(other.number == order.number for other in orders) == 1


def _zip(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1, default=str) + "\n"


# --- one order --------------------------------------------------------------------------------------------------


def _files_of(order: Order, names: ReplacedNames) -> dict[str, str]:
    for value, key in ((order.customer_name, "customer_name"), (order.buyer_email, "buyer_email")):
        if value:
            names.hide(value, key)
    order_data = _json(names.data(_order(order)))
    events = _json([_event(event, names) for event in order.events.order_by("id")])
    entries = list(order.audit.order_by("-id")[:MOST_ENTRIES])[::-1]
    calls = _json([_call(entry, names) for entry in entries if entry.type.startswith("call.")])
    return {
        "order.json": order_data,
        "plan.json": _json(
            names.data({"planned": order.plan, "read": order.fetched, "sent": order.sent_payload})
        ),
        "events.json": events,
        "calls.json": calls,
        "timeline.txt": "\n".join(_line(entry, names) for entry in entries) + "\n",
    }


# What plan.json holds, and what belongs to no order.
_NOT_SHOWN = ("fetched", "plan", "sent_payload", "customer_name", "buyer_email", "identity")


def _order(order: Order) -> dict[str, Any]:
    rows: dict[str, Iterable[Any]] = {
        "items": order.items.order_by("seq"),
        "jobs": order.jobs.order_by("id"),
        "attempts": order.step_attempts.order_by("id"),
        "changes": order.changes.order_by("id"),
    }
    columns = {name: value for name, value in _columns(order).items() if name not in _NOT_SHOWN}
    related = {
        "storefront": order.storefront.name,
        "pace_server_name": order.storefront.pace_server.name,
        "pressero_account_name": order.account.name,
        "account": None,
    }
    return {**columns, **related, **{name: [_columns(row) for row in found] for name, found in rows.items()}}


def _columns(row: Any) -> dict[str, Any]:
    """Every column that may change, as plain data."""
    columns = model_to_dict(row)
    return {
        name: value if isinstance(value, bool | int | float | dict | list | None) else str(value)
        for name, value in columns.items()
    }


def _event(event: WebhookEvent, names: ReplacedNames) -> dict[str, Any]:
    return {
        "received": event.received_at.isoformat(),
        "type": event.type_name,
        "verdict": event.verdict,
        "detail": names.sentence(event.detail),
        "repeats": event.repeats,
        "scheme": event.hash_scheme,
        "body": names.body(event.body),
    }


def _call(entry: AuditEntry, names: ReplacedNames) -> dict[str, Any]:
    data = entry.data
    return {
        "at": entry.at.isoformat(),
        "correlation": entry.correlation,
        **{key: data.get(key) for key in ("system", "method", "status", "milliseconds")},
        **{key: names.sentence(str(data[key])) for key in ("what", "url", "error") if data.get(key)},
        **{key: names.body(str(data[key])) for key in ("request", "answer") if data.get(key)},
    }


def _line(entry: AuditEntry, names: ReplacedNames) -> str:
    shown = {key: value for key, value in entry.data.items() if key not in ("request", "answer", "evidence")}
    actor = entry.actor if entry.actor.startswith(_PROCESSES) else names.hide(entry.actor, "actor")
    data = names.data(shown) | {"actor": actor}
    sentence = audit.describe_data(entry.type, data) if entry.type in audit.SENTENCES else entry.type
    return f"{entry.at:%Y-%m-%d %H:%M:%S} [{entry.correlation or '-':16}] {actor}: {entry.type}: {sentence}"


_PROCESSES = ("worker ", "hub", "Pressero", "Pace", "command")


# --- the installation -------------------------------------------------------------------------------------------


def _versions() -> dict[str, Any]:
    applied = MigrationRecorder(connection).applied_migrations()
    ours = sorted(f"{app}.{name}" for app, name in applied if app in ("integrations", "mappings"))
    return {
        "automation_hub": product_version(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "django": django.get_version(),
        "database": f"{connection.vendor} {'.'.join(map(str, connection.get_database_version()))}",
        "packages": {name: installed_version(name) for name in PACKAGES},
        "migrations": ours[-20:],
        "made_at": timezone.now().isoformat(timespec="seconds"),
    }


def _settings() -> dict[str, Any]:
    shown = {name: getattr(settings, name) for name in SHOWN if hasattr(settings, name)}
    hidden = {name: "set" if getattr(settings, name, "") else "not set" for name in HIDDEN}
    return {**shown, "Q_WORKERS": settings.Q_CLUSTER["workers"], **hidden}


def _configuration(orders: Sequence[Order], names: ReplacedNames) -> dict[str, Any]:
    every = export_configuration()
    wanted = {
        "pressero_accounts": {order.account.slug for order in orders},
        "pace_servers": {order.storefront.pace_server.slug for order in orders},
        "storefronts": {order.storefront.name for order in orders},
    }
    systems = {
        section: [_row(row, names) for row in every[section] if row.get("slug", row["name"]) in found]
        for section, found in wanted.items()
    }
    return {**systems, **{kind: f"{len(rows)} rows" for kind, rows in every.items() if kind not in wanted}}


# An account's short name is part of the secret address of its webhooks.
_LEFT_OUT = ("username", "password", "subscriber_id", "consumer_id", "security_key", "push_token", "alert_emails", "slug",
             "pressero_account")  # fmt: skip


def _row(row: Mapping[str, Any], names: ReplacedNames) -> dict[str, Any]:
    said = {
        "name",
        "pace_server",
        "base_url",
        "url",
        "job_link",
        "default_po_number",
        "cancelled_stage",
        "home_country",
    }
    return {
        key: value if key in said or not isinstance(value, str | dict) else names.data({key: value})[key]
        for key, value in row.items()
        if key not in _LEFT_OUT
    }


def _health(names: ReplacedNames) -> dict[str, Any]:
    now = timezone.now()
    backlog = statistics.backlog(now)
    beats = Heartbeat.objects.order_by("-at")[:20]
    asked: dict[str, Callable[[], Any]] = {
        "problems": lambda: [names.sentence(str(problem)) for problem in health.problems()],
        "workers": lambda: [
            {"cluster": beat.cluster, "at": beat.at.isoformat(), "clock": beat.clock_problem}
            for beat in beats
        ],
        "connections": lambda: [names.sentence(circuits.describe(one)) for one in circuits.open_circuits()],
        "orders_due": lambda: backlog.due,
        "oldest_due": lambda: backlog.oldest,
    }
    return {name: ask() for name, ask in asked.items()}
