"""Writing the audit log, and turning its entries into sentences for the timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from string import Formatter
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from automationhub.lib.new_rows import NewRows
from automationhub.lib.redact import redact_data
from automationhub.lib.texts import storable
from integrations.models import AuditEntry, Order

# A payload larger than this is shortened by the clients before it comes here; this is the last fence.
MAX_TEXT = 8_000

# Dotted type -> (sentence with {data} placeholders, tone). The tone colours the timeline.
SENTENCES: dict[str, tuple[str, str]] = {
    "event.received": ("Pressero sent {type}.", "event"),
    "event.adopted": ("{type} arrived before its storefront was set up; it is processed now.", "event"),
    "order.created": ("Order received.", "event"),
    "order.wanted": ("{why}", "event"),
    "order.claimed": ("Processing started (attempt {attempt}).", "muted"),
    "order.fetched": ("Order read from Pressero: {items:item|items}, total {total}.", "info"),
    "order.decided": ("{sentence}", "info"),
    "order.planned": ("{sentence}", "info"),
    "order.plan_problem": ("{message}", "bad"),
    "plan.note": ("{message}", "info"),
    "mapping.chosen": ("{what}, from {reason}.", "info"),
    "party.found": ("{reason}", "info"),
    "party.created": ("{what} {id} was created in Pace.", "good"),
    "party.waiting": (
        "Another order is creating the same customer or contact; this order waits for it.",
        "muted",
    ),
    "call.made": ("{system}: {what}", "call"),
    "call.failed": ("{system}: {what} failed. {error}", "bad"),
    "job.started": ("Writing the job “{description}” to Pace.", "muted"),
    "job.commit_intended": ("All records of the job “{description}” are written; committing.", "muted"),
    "job.created": ("Job {job} is in Pace.", "good"),
    "job.adopted": (
        "Job {job} was found in Pace and belongs to this order; it was not created again.",
        "good",
    ),
    "job.not_found": (
        "The job is not in Pace because the commit was not applied. It can be written again.",
        "info",
    ),
    "job.rolled_back": ("The transaction was rolled back; nothing of the job remains in Pace.", "muted"),
    "job.outcome_unknown": (
        "Pace did not confirm the commit. The hub checks Pace before it writes anything again.",
        "bad",
    ),
    "party.started": ("Creating the customer or contact in Pace.", "muted"),
    "party.commit_intended": ("Customer and contact are written; committing.", "muted"),
    "party.adopted": ("The customer and contact were found in Pace; they were not created again.", "good"),
    "party.not_found": ("The customer or contact is not in Pace because the commit was not applied.", "info"),
    "party.rolled_back": ("The transaction was rolled back; no customer or contact was created.", "muted"),
    "party.outcome_unknown": (
        "Pace did not confirm the new customer or contact. The hub checks Pace before it creates it again.",
        "bad",
    ),
    "files.started": ("Adding files to job {job} in Pace.", "muted"),
    "files.commit_intended": ("The new files of job {job} are written; committing.", "muted"),
    "files.adopted": ("Pace has all files of job {job}.", "good"),
    "files.not_found": ("The new files are not in Pace because the commit was not applied.", "info"),
    "files.rolled_back": ("The transaction was rolled back; no file was added to job {job}.", "muted"),
    "files.outcome_unknown": (
        "Pace did not confirm the new files of job {job}. The hub checks Pace before it adds anything again.",
        "bad",
    ),
    "order.submitted": ("All jobs are in Pace: {jobs}.", "good"),
    "storefront.activated": ("{name} was activated ({mode}), orders placed from {since} on.", "info"),
    "storefront.deactivated": ("{name} was deactivated.", "info"),
    "customer.confirmed": ("{sentence}", "info"),
    "order.left_alone": ("{sentence}", "info"),
    "order.storefront_inactive": ("{sentence}", "info"),
    "order.shadow": ("Planned in shadow mode. Nothing was written to Pace or Pressero.", "info"),
    "order.adopted": (
        "Automation Hub now tracks job {jobs}. It was in Pace before the storefront went live, so no job was created.",
        "good",
    ),
    "shadow.same": ("Found {jobs} in Pace. All compared fields are the same.", "good"),
    "shadow.different": ("Found {jobs} in Pace. {differences} from the plan.", "info"),
    "order.denied": ("No item was approved; nothing is sent to Pace.", "info"),
    "order.completed": ("The order is complete.", "good"),
    "order.retry_planned": ("{message} Will retry automatically {when}.", "bad"),
    "order.stopped": ("{message}", "bad"),
    "order.lease_lost": (
        "The worker was delayed so long that its lease on the order expired; processing starts again.",
        "bad",
    ),
    "order.abandoned": (
        "The background worker stopped unexpectedly ({worker}); processing starts again.",
        "bad",
    ),
    "order.changed_after_submission": (
        "The order changed in Pressero after its jobs were created: {sentence}",
        "bad",
    ),
    "file.added": ("The file “{file}” arrived later and was added to part {part} of job {job}.", "good"),
    "changes.handled": ("{actor} marked the changes after submission as handled.", "staff"),
    "item.job_number_told": ("Pressero shows job {job} on item {item}.", "good"),
    "item.job_number_failed": (
        "Pressero did not accept job {job} for item {item}: {message} Will retry automatically.",
        "bad",
    ),
    "job.status_changed": ("Job {job} in Pace: {changes} (found by {cause}).", "event"),
    "job.closed": (
        "Job {job} is closed in Pace; tracking ends when Pressero is up to date.",
        "info",
    ),
    "job.gone": ("Job {job} was deleted in Pace (not by Automation Hub).", "bad"),
    "job.back": ("Job {job} is in Pace again.", "good"),
    "item.stage_told": (
        "Item {item} was set to “{stage}” in Pressero because {reason} (found by {cause}).",
        "good",
    ),
    "item.stage_shown": ("Pressero already shows item {item} as “{stage}”; nothing was sent.", "muted"),
    "item.stage_failed": ("The stage of item {item} was not sent to Pressero. {message} {when}", "bad"),
    "item.stage_unmapped": (
        "Item {item}: {statuses} is not mapped to a Pressero stage, so Pressero was not updated.",
        "info",
    ),
    "item.stage_in_pressero": ("Item {item} was moved from “{before}” to “{after}” in Pressero.", "event"),
    "shipment.told": (
        "Shipment {shipment} of job {job} was sent to Pressero: items {items}, tracking {tracking}.",
        "good",
    ),
    "shipment.known": (
        "Pressero already has shipment {shipment} of job {job} (tracking {tracking}).",
        "muted",
    ),
    "shipment.failed": ("Shipment {shipment} of job {job} was not sent to Pressero. {message} {when}", "bad"),
    "shipment.unclear": ("{message}", "bad"),
    "shipment.changed": (
        "Shipment {shipment} of job {job}: the tracking number is now {after}, but Pressero still has {before}. Pressero accepts no corrections from other programs: correct it there yourself, then mark the change as handled here.",
        "bad",
    ),
    "order.cancelled": ("{sentence}", "bad"),
    "staff.sync": ("{actor} synced job {job} with Pace.", "staff"),
    "staff.retry": ("{actor} retried the order.", "staff"),
    "staff.reprocess": ("{actor} processed the order again.", "staff"),
    "staff.jobs_absent": (
        "{actor} declared that jobs are not in Pace ({jobs}, server {server}). Reason: {reason}",
        "staff",
    ),
    "staff.support_bundle": ("{actor} made a support bundle of the order.", "staff"),
    "order.assigned": ("{actor} assigned the order to {to}.", "staff"),
    "order.unassigned": ("{actor} unassigned the order.", "staff"),
    "order.snoozed": ("{actor} snoozed the order until {when}.", "staff"),
    "order.unsnoozed": ("{actor} ended the snooze of the order.", "staff"),
    "order.noted": ("{actor} added a note: {text}", "staff"),
    "change.corrected": ("{actor} corrected it in Pace: {change}.", "staff"),
    "change.ignored": ("{actor} ignored the change: {change}.", "staff"),
    "change.verified": ("Pace has the change: {change}.", "good"),
    "changes.reopened": ("{actor} reopened the changes after submission.", "staff"),
    "staff.hold": ("{actor} put the order on hold.", "staff"),
    "staff.release": ("{actor} released the order.", "staff"),
    "staff.override": (
        "{actor} changed {field} of {where} to “{value}” for this order only: {note}",
        "staff",
    ),
    "staff.override_removed": ("{actor} undid the change of {field} of {where}.", "staff"),
    "staff.retry_many": ("{actor} retried {count:order|orders} with one cause: {cause}", "staff"),
    "staff.retry_listed": ("{actor} retried {count:order|orders} of the list of orders: {chosen}", "staff"),
    "staff.process_again_listed": (
        "{actor} processed {count:order|orders} of the list of orders again: {chosen}",
        "staff",
    ),
    "staff.hold_listed": (
        "{actor} put {count:order|orders} of the list of orders on hold: {chosen}",
        "staff",
    ),
    "staff.release_listed": (
        "{actor} released {count:order|orders} of the list of orders: {chosen}",
        "staff",
    ),
    "cause.assigned": ("{actor} assigned the cause {cause} to {to}.", "staff"),
    "cause.snoozed": ("{actor} snoozed the cause {cause}: {when}.", "staff"),
    "cause.commented": ("{actor} commented on the cause {cause}: {text}", "staff"),
    "staff.resend": ("{actor} resent everything about this order to Pressero.", "staff"),
    "account.scheme_detected": ("The signature scheme of {account} is {scheme}.", "info"),
    "account.scheme_refused": (
        "A webhook of {account} was rejected: it was signed with the right key, but with {scheme} instead of {accepted}. If Pressero has changed how it signs, choose that scheme on the account's page. If not, the security key may be known to others: create a new one in Pressero and enter it there.",
        "bad",
    ),
    "order.forgotten": (
        "The personal data of this order was removed; what accounting needs is kept.",
        "staff",
    ),
    "credentials.rotated": (
        "{actor} encrypted {count:stored secret|stored secrets} with the newest key.",
        "staff",
    ),
    "connection.down": ("{name} is not responding: {message}", "bad"),
    "connection.up": ("{name} is responding again.", "good"),
    "connection.paused": ("{actor} paused {name}.", "staff"),
    "connection.resumed": ("{actor} resumed {name}.", "staff"),
    "pace.differs": ("Job {job} in Pace differs from what was sent: {sentence}", "bad"),
    "connection.moved": ("{actor} changed the address of the {name} from {before} to {after}.", "bad"),
    "connection.tested": ("{actor} tested {name}: {result}", "staff"),
    "probe.asked": ("{actor} started a probe of {name}.", "staff"),
    "probe.finished": ("The probe of {name} finished: {result}", "info"),
    "probe.adopted": (
        "{actor} changed “{setting}” of {name} from {before} to {after}, as the probe suggested.",
        "staff",
    ),
    "sites.discovered": ("Sites of {account}: {result}", "info"),
    "reference.asked": ("{actor} refreshed the codes of {name}.", "staff"),
    "schedule.changed": ("{actor} changed the schedule “{name}”: {changes}.", "staff"),
    "alert_rule.changed": (
        "{actor} changed “{setting}” of the alert rule “{rule}” from {before} to {after}.",
        "staff",
    ),
    "queue.refused": ("The task {task} was rejected and not run because it {reason}.", "bad"),
    "access.login": ("{actor} logged in from {address}.", "staff"),
    "access.logout": ("{actor} logged out.", "staff"),
    "access.failed": ("A login as {name} from {address} failed.", "bad"),
    "access.locked": (
        "Logins as {name} from {address} are blocked for {minutes} minutes after too many failed attempts.",
        "bad",
    ),
    "access.address_locked": (
        "All logins from {address} are blocked for {minutes} minutes after too many failed attempts under different names.",
        "bad",
    ),
    "access.refused": ("{actor} was denied access: {method} {path}, from {address}.", "bad"),
    "access.factor_added": ("{actor} set up a second factor: {factor}.", "staff"),
    "access.factor_removed": ("{actor} removed a second factor: {factor}.", "staff"),
    "access.factor_renamed": ("{actor} renamed a second factor to {name}.", "staff"),
    "access.factor_confirmed": ("{actor} confirmed the login from {address} with the {factor}.", "staff"),
    "access.factor_failed": ("The second factor of {name} ({factor}) from {address} was wrong.", "bad"),
    "access.recovery_code_used": (
        "{actor} used a recovery code from {address}; {remaining:code|codes} left.",
        "bad",
    ),
    "access.factors_reset": ("{actor} removed all second factors of {name}.", "bad"),
    "access.factor_required": ("{actor} made a second factor required for the group {name}.", "staff"),
    "access.factor_not_required": ("{actor} made a second factor optional for the group {name}.", "bad"),
    "access.session_idle": ("{actor} was logged out after {minutes} minutes of inactivity.", "staff"),
    "access.session_ended": ("{actor} ended the session of {name} in {browser} at {address}.", "staff"),
    "access.password_changed": ("{actor} changed their password.", "staff"),
    "access.unlocked": ("{actor} unblocked logins of {name} from {address}.", "staff"),
    "access.user_added": ("{actor} added the user {name}: {rights}", "staff"),
    "access.invited": ("{actor} invited the user {name} by email.", "staff"),
    "access.invitation_link": ("{actor} made a link with which the user {name} sets a password.", "staff"),
    "access.invitation_accepted": ("{actor} set a password with the link of an invitation.", "staff"),
    "access.user_changed": ("{actor} changed the rights of the user {name}: {changes}", "staff"),
    "access.user_deleted": ("{actor} deleted the user {name}.", "staff"),
    "access.password_set": ("{actor} set the password of {name}.", "staff"),
    "access.group_changed": ("{actor} changed the rights of the group {name}: {changes}", "staff"),
    "access.group_deleted": ("{actor} deleted the group {name}.", "staff"),
    "access.token_issued": (
        "{actor} issued the token {prefix}… of {owner} with the scope “{scope}”, {end}.",
        "staff",
    ),
    "access.token_off": ("{actor} turned off the token {prefix}… of {owner}.", "staff"),
    "channel.tried": ("{actor} sent a trial message to the alert channel {name}.", "staff"),
    "alert.acknowledged": ("{actor} acknowledged an alert: {text}", "staff"),
    "subscription.paused": ("Events to {name} are paused. {reason}", "bad"),
    "subscription.resumed": ("{actor} resumed the events to {name}.", "staff"),
    "subscription.tested": ("{actor} sent a test event to {name}.", "staff"),
    "subscription.rotated": ("{actor} gave the subscription {name} a new secret.", "staff"),
    "subscription.rotation_ended": (
        "{actor} removed the previous secret of the subscription {name}.",
        "staff",
    ),
    "subscription.replayed": ("{actor} resent {count:event|events} to {name}.", "staff"),
    "list.exported": ("{actor} exported a list: {what}.", "staff"),
    "config.exported": ("{actor} downloaded the configuration file {what}.", "staff"),
    "config.rolled_back": ("{actor} rolled the configuration back to version {version}.", "staff"),
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
    record_all([made])
    return made


def record_all(entries: Iterable[AuditEntry]) -> None:
    """Append many entries (made by `entry`) in one go."""
    waiting = list(entries)
    for start in range(0, len(waiting), _MOST_AT_ONCE):
        some = waiting[start : start + _MOST_AT_ONCE]
        stored = _ROWS.insert([_values(one) for one in some])
        for one, (pk,) in zip(some, stored, strict=True):
            one.pk, one._state.adding = pk, False


_MOST_AT_ONCE = 500
_ROWS = NewRows(AuditEntry, "order_id", "at", "type", "data", "actor", "user_id", "correlation")
_values = attrgetter(*_ROWS.columns)


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
    return storable(text, nul="\N{SYMBOL FOR NULL}")


@dataclass(frozen=True)
class AuditLine:
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


class _Sentences(Formatter):
    """Fills in sentences: `{name}`, and `{count:item|items}` for a number with its noun."""

    def format_field(self, value: Any, format_spec: str) -> str:
        one, bar, many = format_spec.partition("|")
        return f"{value} {one if value in (1, '1') else many}" if bar else str(value)


_fill = _Sentences()


def describe(entry: AuditEntry) -> AuditLine:
    """The entry as a sentence; data of older versions with missing keys still reads."""
    template, tone = SENTENCES.get(entry.type, (entry.type, "info"))
    values = _Gaps(entry.data)
    values.setdefault("actor", entry.actor)
    values.setdefault(
        "what", f"{values['field']} {values['value']}"
    )  # of entries before labels were recorded
    return AuditLine(
        at=entry.at,
        type=entry.type,
        tone=tone,
        sentence=_fill.vformat(template, (), values),
        actor=entry.actor,
        correlation=entry.correlation,
        data=entry.data,
    )


def describe_data(type_: str, data: Mapping[str, Any]) -> str:
    """The sentence of a type for these data, for a mail about it."""
    return _fill.vformat(SENTENCES[type_][0], (), _Gaps(data))


def timeline(order: Order) -> list[AuditLine]:
    """Everything that happened to an order, oldest first."""
    return [describe(entry) for entry in order.audit.order_by("id")]
