"""Writing the audit log, and turning its entries into sentences for the timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from automationhub.lib.redact import redact_data
from integrations.models import AuditEntry, Order

# A payload larger than this is shortened by the clients before it comes here; this is the last fence.
MAX_TEXT = 8_000

# Dotted type -> (sentence with {data} placeholders, tone). The tone colours the timeline.
SENTENCES: dict[str, tuple[str, str]] = {
    "event.received": ("Pressero sent {type}.", "event"),
    "event.adopted": ("{type} came before its storefront was set up and was taken in now.", "event"),
    "order.created": ("The order was taken in.", "event"),
    "order.wanted": ("{why}", "event"),
    "order.claimed": ("A worker took the order up (try {attempt}).", "muted"),
    "order.fetched": ("The order was read from Pressero: {items} items, total {total}.", "info"),
    "order.decided": ("{sentence}", "info"),
    "order.planned": ("{sentence}", "info"),
    "order.plan_problem": ("{message}", "bad"),
    "plan.note": ("{message}", "info"),
    "mapping.chosen": ("{field}: {reason}.", "info"),
    "party.found": ("{reason}", "info"),
    "party.created": ("{what} was created in Pace: {id}.", "good"),
    "party.waiting": (
        "Another order is creating the same customer or contact; this one waits for it.",
        "muted",
    ),
    "call.made": ("{system}: {what}", "call"),
    "call.failed": ("{system}: {what} failed. {error}", "bad"),
    "job.started": ("Writing job unit {unit} to Pace in one transaction.", "muted"),
    "job.commit_intended": ("Everything of {unit} is written; the commit is sent next.", "muted"),
    "job.created": ("Job {job} is in Pace.", "good"),
    "job.adopted": (
        "Job {job} was found in Pace: the commit whose answer was lost had been applied.",
        "good",
    ),
    "job.not_found": (
        "The job is not in Pace: the lost commit was not applied; it is written again.",
        "info",
    ),
    "job.rolled_back": ("The transaction was rolled back; nothing of the job remains in Pace.", "muted"),
    "job.outcome_unknown": (
        "The answer to the commit was lost. Pace is looked at before anything is written again.",
        "bad",
    ),
    "order.submitted": ("All jobs are in Pace: {jobs}.", "good"),
    "order.waiting": ("{sentence}", "info"),
    "order.denied": ("No item was approved; nothing is sent to Pace.", "info"),
    "order.completed": ("The order is complete.", "good"),
    "order.retry_planned": ("{message} It is tried again {when}.", "bad"),
    "order.stopped": ("{message}", "bad"),
    "order.abandoned": ("The worker ended without a word ({worker}); the order is taken up again.", "bad"),
    "order.changed_after_submission": (
        "The order changed in Pressero after its jobs were made: {sentence}",
        "bad",
    ),
    "file.added": ("The file “{file}” came later and was added to part {part} of job {job}.", "good"),
    "changes.handled": ("{actor} marked the changes after submission as handled.", "staff"),
    "item.job_number_told": ("Pressero shows job {job} on item {item}.", "good"),
    "item.job_number_failed": (
        "Pressero did not take job {job} for item {item}: {message} It is tried again.",
        "bad",
    ),
    "job.status_changed": ("Job {job} in Pace: {changes} (noticed by {cause}).", "event"),
    "job.closed": (
        "Job {job} is closed in Pace; its watch ends when Pressero has been told everything.",
        "info",
    ),
    "job.gone": ("Job {job} is no longer in Pace. Nobody in the hub deleted it.", "bad"),
    "job.back": ("Job {job} is in Pace again.", "good"),
    "item.stage_told": (
        "Item {item} was set to “{stage}” in Pressero: {reason} (noticed by {cause}).",
        "good",
    ),
    "item.stage_shown": ("Pressero shows item {item} as “{stage}” already; nothing was sent.", "muted"),
    "item.stage_failed": ("Pressero was not told the stage of item {item}: {message} {when}", "bad"),
    "item.stage_unmapped": (
        "No status row answers {statuses} of item {item}; Pressero is told nothing about it.",
        "info",
    ),
    "item.stage_in_pressero": ("In Pressero item {item} was moved from “{before}” to “{after}”.", "event"),
    "shipment.told": (
        "Pressero was told shipment {shipment} of job {job}: items {items}, tracking {tracking}.",
        "good",
    ),
    "shipment.known": (
        "Pressero has shipment {shipment} of job {job} (tracking {tracking}) already.",
        "muted",
    ),
    "shipment.failed": ("Pressero was not told shipment {shipment} of job {job}: {message} {when}", "bad"),
    "shipment.unclear": ("{message}", "bad"),
    "shipment.changed": (
        "Shipment {shipment} of job {job}: the tracking number is now {after}, Pressero was told {before}. Pressero "
        "takes no corrections from other programs: change it there by hand and mark it as handled here.",
        "bad",
    ),
    "order.cancelled": ("{sentence}", "bad"),
    "staff.sync": ("{actor} had job {job} synced with Pace.", "staff"),
    "staff.retry": ("{actor} sent the order back to work.", "staff"),
    "staff.reprocess": ("{actor} had the order processed again.", "staff"),
    "staff.hold": ("{actor} put the order on hold.", "staff"),
    "staff.release": ("{actor} released the order.", "staff"),
    "staff.override": (
        "{actor} changed {field} of {where} to “{value}” for this order only: {note}",
        "staff",
    ),
    "staff.override_removed": ("{actor} took back the change of {field} of {where}.", "staff"),
    "staff.retry_many": ("{actor} had {count} orders with one cause retried: {cause}", "staff"),
    "cause.assigned": ("{actor} gave the cause {cause} to {to}.", "staff"),
    "cause.snoozed": ("{actor} put off the cause {cause}: {when}.", "staff"),
    "cause.commented": ("{actor} about the cause {cause}: {text}", "staff"),
    "staff.resend": ("{actor} had Pressero told everything about this order again.", "staff"),
    "account.scheme_detected": ("The signature scheme of {account} is {scheme}.", "info"),
    "account.scheme_refused": (
        "A webhook of {account} was refused: it was signed with the right key, but by {scheme} instead of {accepted}. If "
        "Pressero has changed how it signs, choose that way on the account's page; if not, somebody else knows the "
        "security key: make a new one in Pressero and enter it there.",
        "bad",
    ),
    "order.forgotten": (
        "The personal data of this order was removed; what accounting needs is kept.",
        "staff",
    ),
    "credentials.rotated": ("{actor} encrypted {count} stored secrets with the newest key.", "staff"),
    "connection.down": ("{name} does not answer: {message}", "bad"),
    "connection.up": ("{name} answers again.", "good"),
    "connection.paused": ("{actor} paused {name}.", "staff"),
    "connection.resumed": ("{actor} resumed {name}.", "staff"),
    "pace.differs": ("Job {job} in Pace is not as it was sent: {sentence}", "bad"),
    "connection.tested": ("{actor} tested {name}: {result}", "staff"),
    "sites.discovered": ("Sites of {account}: {result}", "info"),
    "reference.asked": ("{actor} had the lists of {name} read again.", "staff"),
    "access.login": ("{actor} logged in from {address}.", "staff"),
    "access.logout": ("{actor} logged out.", "staff"),
    "access.failed": ("A login as {name} from {address} failed.", "bad"),
    "access.locked": (
        "Logins as {name} from {address} are refused for {minutes} minutes: too many failed.",
        "bad",
    ),
    "access.unlocked": ("{actor} lets {name} try to log in from {address} again.", "staff"),
    "access.user_added": ("{actor} added the user {name}: {rights}", "staff"),
    "access.user_changed": ("{actor} changed what the user {name} may do: {changes}", "staff"),
    "access.user_deleted": ("{actor} deleted the user {name}.", "staff"),
    "access.password_set": ("{actor} set the password of {name}.", "staff"),
    "access.group_changed": ("{actor} changed what the group {name} gives: {changes}", "staff"),
    "access.group_deleted": ("{actor} deleted the group {name}.", "staff"),
    "access.token_issued": (
        "{actor} issued the token {prefix}… of {owner} with the scope “{scope}”, {end}.",
        "staff",
    ),
    "access.token_off": ("{actor} switched off the token {prefix}… of {owner}.", "staff"),
    "list.exported": ("{actor} exported a list: {what}.", "staff"),
    "config.exported": ("{actor} downloaded the configuration file {what}.", "staff"),
    "config.imported": ("The configuration was imported: {sentence}", "staff"),
}


def record(
    type_: str,
    data: Mapping[str, Any] | None = None,
    *,
    order: Order | int | None = None,
    actor: str = "hub",
    user: AbstractBaseUser | None = None,
    correlation: str = "",
) -> AuditEntry:
    """Append one entry. `data` is redacted and cut here, whatever the caller passes.

    Raises KeyError for a type without a sentence: an entry that staff cannot read is a fault of ours.
    """
    made = entry(type_, data, order=order, actor=actor, user=user, correlation=correlation)
    made.save(force_insert=True)
    return made


def record_all(entries: Iterable[AuditEntry]) -> None:
    """Append many entries (made by `entry`) in one go."""
    waiting = list(entries)
    if len(waiting) == 1:
        waiting[0].save(force_insert=True)
    elif waiting:
        AuditEntry.objects.bulk_create(waiting, batch_size=500)


def entry(
    type_: str,
    data: Mapping[str, Any] | None = None,
    *,
    order: Order | int | None = None,
    actor: str = "hub",
    user: AbstractBaseUser | None = None,
    correlation: str = "",
) -> AuditEntry:
    """An entry as `record` would append it, not stored yet."""
    SENTENCES[type_]  # refuse unknown types early
    return AuditEntry(
        order_id=order.pk if isinstance(order, Order) else order,
        at=timezone.now(),
        type=type_,
        data=_fence(redact_data(dict(data or {}))),
        actor=_storable(actor)[:200],
        user_id=getattr(user, "pk", None),
        correlation=correlation,
    )


def _fence(data: Any) -> Any:
    if isinstance(data, str):
        text = _storable(data)
        return (
            text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}… ({len(text) - MAX_TEXT} more characters)"
        )
    if isinstance(data, dict):
        return {_storable(str(key)): _fence(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_fence(value) for value in data]
    if data is None or isinstance(data, (bool, int)):
        return data
    return str(data)


def _storable(text: str) -> str:
    """PostgreSQL can hold neither a zero character, in text or in JSON, nor half of a surrogate pair."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "\N{SYMBOL FOR NULL}").encode("utf-8", "replace").decode()


@dataclass(frozen=True)
class Line:
    """One line of an order's timeline."""

    at: datetime
    type: str
    tone: str
    sentence: str
    actor: str
    correlation: str
    data: dict[str, Any]


class _Gaps(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def describe(entry: AuditEntry) -> Line:
    """The entry as a sentence; data of older versions with missing keys still reads."""
    template, tone = SENTENCES.get(entry.type, (entry.type, "info"))
    values = _Gaps(entry.data)
    values.setdefault("actor", entry.actor)
    return Line(
        at=entry.at,
        type=entry.type,
        tone=tone,
        sentence=template.format_map(values),
        actor=entry.actor,
        correlation=entry.correlation,
        data=entry.data,
    )


def describe_data(type_: str, data: Mapping[str, Any]) -> str:
    """The sentence of a type for these data, for a mail about it."""
    return SENTENCES[type_][0].format_map(_Gaps(data))


def timeline(order: Order) -> list[Line]:
    """Everything that happened to an order, oldest first."""
    return [describe(entry) for entry in order.audit.order_by("id")]
