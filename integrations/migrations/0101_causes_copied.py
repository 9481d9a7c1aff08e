"""What stops orders was one text in three grammars. It becomes a kind and a subject, and the texts that are keys follow."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db import migrations

LONGEST = 160
# Texts that stand for a kind without a subject.
WHOLE = {
    "shipment_type:planned": "shipment_type",
    "holidays:no_working_day": "no_working_day",
    "default_ship_days:too_far": "default_ship_days",
    "ship_date:too_far": "ship_date",
    "default_po_number:missing": "default_po_number",
    "items:same_number": "same_item_number",
    "kit:empty": "empty_kit",
    "link:unsafe": "link",
    "order:served_elsewhere": "served_elsewhere",
    "order:other_site": "other_site",
    "pace:several_jobs": "several_jobs",
    "pace:unexplained_job": "unexplained_job",
    "pace:part_without_number": "part_without_number",
    "pace:commit": "commit_refused",
    "pressero:order_not_found": "order_not_found",
    "shipment:unclear": "shipment_unclear",
    "shipment:no method": "shipment_without_method",
    "cancelled:half made": "canceled_half_written",
    "shadow:write": "shadow_write",
    "worker:killed": "worker_killed",
    "credentials_key": "credentials_key",
    "state_changed": "state_changed",
    "clock": "clock",
    "database": "database",
    "after_submission": "after_submission",
    "pressero_updates": "pressero_updates",
}
# Kinds whose text was "kind:subject" already.
SAME = frozenset(
    [
        "item_template",
        "shipment_method",
        "ship_via",
        "shipment_type",
        "job_type",
        "admin_status",
        "field_rule",
        "time_zone",
        "holiday_calendar",
        "integration_id",
        "fallback_contact",
        "customer",
        "contact",
        "inactive",
        "country",
        "state",
        "quantity",
        "buyer_email",
        "override",
        "internal",
    ]
)
# How "connection: what is wrong" ended.
OF_CONNECTIONS = {
    "credentials": "login",
    "license expired": "license",
    "bad address": "address",
    "company in the address": "company_in_address",
    "not reachable": "not_reachable",
    "redirect": "redirect",
    "too many calls": "too_many_calls",
    "no such service": "no_such_service",
    "busy": "busy",
    "transaction ended": "transaction_ended",
    "endless pages": "endless_pages",
    "order without items": "order_without_items",
    "order not shown": "order_not_found",
}
# Sentences with a subject; "{}" is the subject.
SENTENCES = {
    "time zone {}": "time_zone",
    "workflow gone {}": "workflow",
    "stage of {}": "stage",
    "Pressero {}": "unreadable",
}
NO_ANSWER = re.compile(r".*: (HTTP \d+|timed out|broken|too large|unreadable|not connected)", re.DOTALL)
UNWRITABLE = ("control character in ", "both kinds of quotes in ")


def split(text: str) -> tuple[str, str]:
    """Kind and subject of a text of before."""
    if not text:
        return "", ""
    if text in WHOLE:
        return WHOLE[text], ""
    kind, colon, subject = text.partition(":")
    if colon and kind in SAME:
        return kind, subject[:LONGEST]
    if text.startswith(UNWRITABLE):
        return "unwritable_text", text[:LONGEST]
    if text.startswith(("new customer defaults:", "new contact defaults:")):
        return "party_defaults", text[:LONGEST]
    system, colon, what = text.rpartition(": ")
    if colon and what in OF_CONNECTIONS:
        return OF_CONNECTIONS[what], system[:LONGEST]
    if colon and what.startswith("unknown site "):
        return "unknown_site", f"{system}: {what.removeprefix('unknown site ')}"[:LONGEST]
    if NO_ANSWER.fullmatch(text):
        return "no_answer", text[:LONGEST]
    for sentence, of in SENTENCES.items():
        if text.startswith(start := sentence.removesuffix("{}")):
            return of, text.removeprefix(start)[:LONGEST]
    return "refused", text[:LONGEST]


def joined(kind: str, subject: str) -> str:
    """The text of before. What that cannot tell apart keeps its own words."""
    if not kind:
        return ""
    if kind in ("refused", "no_answer", "unwritable_text", "party_defaults"):
        return subject
    if not subject:
        whole = next((text for text, of in WHOLE.items() if of == kind), "")
        return whole or (f"{kind}:" if kind in SAME else kind)
    if kind in SAME:
        return f"{kind}:{subject}"
    if what := next((what for what, of in OF_CONNECTIONS.items() if of == kind), ""):
        return f"{subject}: {what}"
    if kind == "unknown_site":
        system, _, site = subject.rpartition(": ")
        return f"{system}: unknown site {site}"
    if sentence := next((sentence for sentence, of in SENTENCES.items() if of == kind), ""):
        return sentence.format(subject)
    return f"{kind}:{subject}"


def key(kind: str, subject: str) -> str:
    return f"{kind}:{subject}" if subject else kind


def to_key(text: str) -> str:
    return key(*split(text))


def from_key(text: str) -> str:
    return joined(*text.partition(":")[::2])


def change_keys(apps: Any, changed: Callable[[str], str]) -> None:
    """What staff decided about a cause, retries of many and mails that wait keep to their cause."""
    cases = apps.get_model("integrations", "CauseCase").objects
    for case in list(cases.exclude(cause="")):
        new = changed(case.cause)[:200]
        if new != case.cause and not cases.filter(cause=new).exists():
            cases.filter(pk=case.pk).update(cause=new)
    runs = apps.get_model("integrations", "BulkRetry").objects
    for text in list(runs.exclude(cause="").order_by().values_list("cause", flat=True).distinct()):
        runs.filter(cause=text).update(cause=changed(text)[:200])
    # Those of connections are grouped by its name, which stays.
    alerts = apps.get_model("integrations", "Alert").objects.filter(sent_at=None, kind="needs_attention")
    for text in list(alerts.exclude(group="").order_by().values_list("group", flat=True).distinct()):
        alerts.filter(group=text).update(group=changed(text)[:200])


def change_views(apps: Any, changed: Callable[[dict[str, str]], dict[str, str]]) -> None:
    """Saved views of orders with one cause."""
    for view in apps.get_model("integrations", "SavedView").objects.filter(query__contains="cause"):
        asked = dict(parse_qsl(view.query, keep_blank_values=True))
        if (new := changed(dict(asked))) != asked:
            view.query = urlencode(new)
            view.save(update_fields=["query"])


def view_by_columns(asked: dict[str, str]) -> dict[str, str]:
    if "cause__exact" in asked:
        asked["cause_kind__exact"], asked["cause_subject__exact"] = split(asked.pop("cause__exact"))
    return asked


def view_by_text(asked: dict[str, str]) -> dict[str, str]:
    if "cause_kind__exact" in asked:
        kind, subject = asked.pop("cause_kind__exact"), asked.pop("cause_subject__exact", "")
        asked["cause__exact"] = joined(kind, subject)
    return asked


def copy(apps: Any, schema_editor: Any) -> None:
    orders = apps.get_model("integrations", "Order").objects
    for text in list(orders.exclude(cause="").order_by().values_list("cause", flat=True).distinct()):
        kind, subject = split(text)
        orders.filter(cause=text).update(cause_kind=kind, cause_subject=subject)
    change_keys(apps, to_key)
    change_views(apps, view_by_columns)


def copy_back(apps: Any, schema_editor: Any) -> None:
    orders = apps.get_model("integrations", "Order").objects
    orders.filter(cause_kind="").exclude(cause="").update(cause="")
    causes = orders.exclude(cause_kind="").order_by().values_list("cause_kind", "cause_subject").distinct()
    for kind, subject in list(causes):
        orders.filter(cause_kind=kind, cause_subject=subject).update(cause=joined(kind, subject)[:200])
    change_keys(apps, from_key)
    change_views(apps, view_by_text)


class Migration(migrations.Migration):
    dependencies = [("integrations", "0100_kind_and_subject_of_causes")]

    operations = [migrations.RunPython(copy, copy_back)]
