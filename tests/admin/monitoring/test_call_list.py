"""Outgoing calls: kept with the work, slowest first, and gone with the entries they belong to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.clients.http.gateway import CallRecord
from integrations.core.audit import calls
from integrations.core.audit import log as audit
from integrations.core.audit.recorder import TryRecorder
from integrations.core.search.index import index_orders
from integrations.enums import CallOutcome
from integrations.models import AuditEntry, Order, OutgoingCall, audit_switch
from integrations.operations.privacy import purge_audit
from tests.factories import make_call, make_order

pytestmark = pytest.mark.django_db

LIST = reverse("admin:integrations_outgoingcall_changelist")


def shown(client: Client, **query: str) -> list[OutgoingCall]:
    answer = client.get(LIST, query)
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


@pytest.mark.parametrize(
    ("failed", "status", "outcome"),
    [
        (False, 200, CallOutcome.ANSWERED),
        (False, 500, CallOutcome.ANSWERED),  # "there is no such object" is an answer
        (True, 404, CallOutcome.REFUSED),
        (True, 503, CallOutcome.ERROR),
        (True, None, CallOutcome.SILENT),
    ],
)
def test_the_outcome_tells_whose_matter_it_is(failed: bool, status: int | None, outcome: str) -> None:
    assert calls.outcome_of(failed=failed, status=status) == outcome


def test_a_call_of_a_try_is_kept_with_its_duration() -> None:
    order = make_order()
    call = CallRecord(
        system="Pace server North", what="create a Job", method="POST", url="http://pace.example/x", request_body="{}",
        status=200, answer="{}", seconds=1.2345, error="", correlation_id="c1", started_at=timezone.now(),
    )  # fmt: skip
    TryRecorder(order.pk, "c1").observe(call)
    kept = OutgoingCall.objects.get()
    assert (kept.system, kept.what, kept.status, kept.milliseconds) == ("Pace", "create a Job", 200, 1234)
    assert kept.connection == "Pace server North"
    assert kept.entry.type == "call.made"
    assert kept.order == order


def test_calls_of_a_try_that_leaves_no_trace_are_not_kept() -> None:
    order = make_order()
    call = CallRecord(
        system="Pressero", what="read the order", method="GET", url="http://p.example/", request_body="",
        status=200, answer="{}", seconds=0.1, error="", correlation_id="c1", started_at=timezone.now(),
    )  # fmt: skip
    TryRecorder(order.pk, "c1", quiet=True).observe(call)
    assert not OutgoingCall.objects.exists()
    assert not AuditEntry.objects.exists()


def test_the_slowest_come_first_and_the_newest_on_request(viewer: Client) -> None:
    order = make_order()
    quick, slow, middle = (make_call(order, milliseconds=number) for number in (5, 9000, 700))
    assert shown(viewer) == [slow, middle, quick]
    assert shown(viewer, o="-4") == [middle, slow, quick]


def test_filters_and_search(viewer: Client) -> None:
    order, other = make_order(number=51234), make_order(number=777, customer_name="Riverside")
    index_orders([order.pk, other.pk])
    pace = make_call(order, milliseconds=6000)
    refused = make_call(other, failed=True, system="Pressero account Test", status=404)
    silent = make_call(other, failed=True, status=None)
    day = timezone.localdate().isoformat()
    for query, expected in [
        ({"system": "Pressero"}, [refused]),
        ({"outcome__exact": "silent"}, [silent]),
        ({"slower": "5000"}, [pace]),
        ({"slower": "nonsense"}, [pace, silent, refused]),
        ({"at_from": day, "at_to": day}, [pace, silent, refused]),
        ({"at_to": "2001-01-01"}, []),
        ({"q": "51234"}, [pace]),
        ({"q": "river"}, [silent, refused]),
    ]:
        assert shown(viewer, **query) == expected, query


def test_the_page_of_a_call_shows_request_and_answer(viewer: Client) -> None:
    call = make_call(
        make_order(), url="http://pace.example/x", request='{"a": 1}', answer="<b>no</b>", milliseconds=12_345
    )
    html = viewer.get(reverse("admin:integrations_outgoingcall_change", args=[call.pk])).content.decode()
    assert "12.3 s" in html
    assert "&lt;b&gt;no&lt;/b&gt;" in html


def test_calls_go_with_the_entries_they_belong_to() -> None:
    order = make_order(status="completed")
    make_call(order)
    old = timezone.now() - timedelta(days=500)
    with audit_switch.opened(), connection.cursor() as cursor:
        cursor.execute("UPDATE integrations_auditentry SET at = %s", [old])
    assert purge_audit(400) == 1
    assert not OutgoingCall.objects.exists()


def test_the_call_of_an_entry_that_lacks_everything_is_stored_too() -> None:
    order = make_order()
    audit.record("call.made", {"system": "Pace", "what": "read a Job", "milliseconds": 7}, order=order)
    audit.record("call.failed", {}, order=order)  # an entry that lacks everything
    audit.record("order.created", {}, order=order)
    calls.store(AuditEntry.objects.order_by("pk"))
    assert OutgoingCall.objects.count() == 2
    assert OutgoingCall.objects.filter(outcome=CallOutcome.SILENT).count() == 1
    assert Order.objects.get().calls.first().milliseconds == 7
