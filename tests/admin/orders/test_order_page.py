"""The order's page as a desk: links to other systems, progress, what Pace holds, telling Pressero again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from integrations.core.audit import log as audit
from integrations.core.workqueue import orders
from integrations.errors import NotAllowed
from integrations.models import ItemStage, Order, OrderItem, PaceSnapshot
from integrations.models.connections import validate_job_link, validate_order_link
from integrations.operations import pace_snapshot
from integrations.orders.write_back.resend import resend
from integrations.planning import same_values
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from tests.conftest import Hub
from tests.factories import make_order

pytestmark = pytest.mark.django_db


def page(order: Order, tab: str = "") -> str:
    url = reverse("admin:integrations_order_change", args=[order.pk])
    return f"{url}?tab={tab}" if tab else url


# --- links to other systems ---


def test_jobs_and_the_order_are_links_where_their_systems_say_an_address(boss: Client) -> None:
    order = make_order(jobs=("10001", "a/b"))
    server, account = order.storefront.pace_server, order.storefront.pressero_account
    server.job_link = "https://pace.example.com/object/Job/detail/{job}"
    server.save()
    account.order_link = "https://admin.example.com/site/{site}/orders/{order}"
    account.save()
    html = boss.get(page(order)).content.decode()
    assert 'href="https://pace.example.com/object/Job/detail/10001"' in html
    assert 'href="https://pace.example.com/object/Job/detail/a%2Fb"' in html
    assert f'href="https://admin.example.com/site/{order.storefront.site_id}/orders/{order.number}"' in html


def test_without_an_address_the_job_number_is_plain(boss: Client) -> None:
    html = boss.get(page(make_order(jobs=("10001",)))).content.decode()
    assert 'data-hub-copy="10001"' in html
    assert 'target="_blank"' not in html
    assert "Open in Pressero" not in html


@pytest.mark.parametrize(
    "value", ["javascript:alert({job})", "https://pace.example.com/jobs", "pace/{job}", "{job}"]
)
def test_only_web_addresses_with_the_number_in_them_are_links(value: str) -> None:
    with pytest.raises(ValidationError):
        validate_job_link(value)


def test_good_links_are_taken() -> None:
    validate_job_link("https://pace/epace/company:c001/object/Job/detail/{job}")
    validate_order_link("https://admin.chi.v6.pressero.com/{site}/orders/{order}")


# --- progress ---


def progress(client: Client, order: Order) -> dict[str, object]:
    answer = client.get(reverse("admin:integrations_order_progress", args=[order.pk]))
    assert answer.status_code == 200
    return dict(answer.json())


def test_a_quiet_order_is_not_followed(viewer: Client) -> None:
    order = make_order(status="submitted")
    assert progress(viewer, order)["busy"] is False
    assert 'data-busy="no"' in viewer.get(page(order)).content.decode()


def test_an_order_that_is_due_or_under_work_is_followed_with_its_latest_sentence(viewer: Client) -> None:
    order = make_order()
    audit.record("order.created", {}, order=order)
    orders.wake(order.pk)
    assert progress(viewer, order)["busy"] is True
    orders.acquire_lease(order.pk)
    audit.record("order.claimed", {"attempt": 1}, order=order)
    now = progress(viewer, order)
    assert (now["busy"], now["at_work"]) == (True, True)
    assert now["sentence"] == "Processing started (attempt 1)."


def test_an_order_on_hold_or_due_much_later_is_not_followed(viewer: Client) -> None:
    later = timezone.now() + timedelta(minutes=5)
    assert progress(viewer, make_order(status="processing", due_at=later))["busy"] is False
    assert progress(viewer, make_order(status="on_hold", due_at=timezone.now()))["busy"] is False


def test_progress_costs_few_queries_and_is_for_those_who_may_see_orders(
    viewer: Client, stranger: Client
) -> None:
    order = make_order()
    url = reverse("admin:integrations_order_progress", args=[order.pk])
    viewer.get(url)
    with CaptureQueriesContext(connection) as captured:
        viewer.get(url)
    assert len(captured) <= 8  # session, user, rights (2), order, look, latest entry
    assert stranger.get(url).status_code == 403
    assert Client().get(url).status_code == 302


# --- the timeline ---


def test_the_timeline_is_narrowed_to_what_is_asked_for(boss: Client) -> None:
    order = make_order()
    audit.record("call.made", {"system": "Pace server X", "what": "read it", "url": "http://127.0.0.1/x", "method": "GET", "status": 200}, order=order)  # fmt: skip
    audit.record("order.stopped", {"message": "It stopped."}, order=order)
    audit.record("staff.hold", {}, order=order, actor="Kim")

    def shown(view: str) -> str:
        return boss.get(f"{page(order)}?show={view}").content.decode().split('id="hub-timeline"')[1]

    assert "It stopped." in shown("trouble") and "read it" not in shown("trouble")
    assert "read it" in shown("calls") and "It stopped." not in shown("calls")
    assert "Kim put the order on hold" in shown("staff") and "It stopped." not in shown("staff")
    assert all(text in shown("nonsense") for text in ("read it", "It stopped.", "Kim put"))
    assert "curl -X GET http://127.0.0.1/x" in shown("calls")


# --- what Pace holds now ---


@pytest.fixture
def sent(hub: Hub) -> Order:
    item = ItemDraft(
        "Business Card", quantity=250, price="96.50", shipping="12.40", method="Ground", files=["card.pdf"]
    )
    order = hub.process(OrderDraft("Example CU Store", "avery@example.com", [item]))
    assert order.status == "submitted"
    return order


def test_a_look_is_read_by_a_worker_and_shows_that_pace_holds_what_was_sent(
    sent: Order, operator: Client, django_capture_on_commit_callbacks: Any
) -> None:
    OrmQ.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        operator.post(reverse("admin:integrations_order_look_at_pace", args=[sent.pk]))
    assert PaceSnapshot.objects.get().is_waiting
    assert OrmQ.objects.count() == 1
    assert "A worker is reading it" in operator.get(page(sent, "pace")).content.decode()
    pace_snapshot.read(sent.pk)
    snapshot = PaceSnapshot.objects.get()
    assert (snapshot.problem, snapshot.is_waiting) == ("", False)
    rows = [row for table in snapshot.held for row in table["rows"]]
    assert [row for row in rows if row["same"] is False] == []
    assert {"originalQuotedPrice", "scheduledShipDateTime", "shipVia", "qtyOrdered"} <= {
        row["field"] for row in rows if row["same"]
    }
    assert any(row["held"] == "card.pdf" for row in rows)
    assert "Pace holds what was sent" in operator.get(page(sent, "changes")).content.decode()


def test_what_people_changed_in_pace_is_a_difference(sent: Order, hub: Hub, operator: Client) -> None:
    hub.pace.put("Job", job=sent.jobs.get().number, poNum="Rush!")
    pace_snapshot.ask(sent, actor="Kim")
    pace_snapshot.read(sent.pk)
    html = operator.get(page(sent, "changes")).content.decode()
    assert "poNum" in html
    assert "Rush!" in html


def test_a_pace_that_does_not_answer_leaves_a_sentence_and_the_earlier_reading(
    sent: Order, hub: Hub, operator: Client
) -> None:
    pace_snapshot.ask(sent, actor="Kim")
    pace_snapshot.read(sent.pk)
    hub.set_server(url="http://127.0.0.1:9")
    PaceSnapshot.objects.update(asked_at=timezone.now() + timedelta(seconds=1))
    pace_snapshot.read(sent.pk)
    snapshot = PaceSnapshot.objects.get()
    assert "Pace server" in snapshot.problem
    assert snapshot.held
    assert "Pace could not be read" in operator.get(page(sent, "pace")).content.decode()


def test_a_look_is_asked_for_once_and_only_for_orders_in_pace(
    sent: Order, django_capture_on_commit_callbacks: Any
) -> None:
    OrmQ.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        pace_snapshot.ask(sent, actor="Kim")
        pace_snapshot.ask(sent, actor="Lee")
    assert OrmQ.objects.count() == 1
    with pytest.raises(NotAllowed):
        pace_snapshot.ask(make_order(), actor="Kim")


@pytest.mark.parametrize(
    ("sent_value", "held", "same"),
    [
        ("96.50", 96.5, True), ("96.50", "96.5000", True), ("96.50", "96.51", False), (True, "true", True),
        (True, None, False), ("a\nb ", "a\r\nb", True), (5, "5", True), ("", None, True),
        ("2026-12-07T17:00:00", "2026-12-07T17:00:00.000", True), ("2026-12-07T17:00:00", "2026-12-08T17:00:00", False),
    ],
)  # fmt: skip
def test_other_spellings_of_one_value_are_the_same(sent_value: object, held: object, same: bool) -> None:
    assert same_values.is_same(sent_value, held) is same


# --- telling Pressero again ---


def test_telling_again_makes_everything_due_once_more(sent: Order) -> None:
    item = OrderItem.objects.get(order=sent)
    assert item.sent_job_number
    stage = ItemStage.objects.create(
        item=item, wanted=[{"stage": "1"}], sent_stage="1", seen_stage="1", sent_name="Press"
    )
    empty = ItemStage.objects.create(item=OrderItem.objects.create(order=sent, seq=9))
    resend(sent, actor="Kim")
    item.refresh_from_db()
    stage.refresh_from_db()
    empty.refresh_from_db()
    assert item.sent_job_number == ""
    assert (stage.sent_stage, stage.seen_stage, stage.version) == ("", "", 1)
    assert stage.due_at is not None
    assert empty.due_at is None
    sent.refresh_from_db()
    assert sent.due_at is not None


def test_an_order_without_jobs_has_nothing_to_tell() -> None:
    with pytest.raises(NotAllowed, match="no job in Pace yet"):
        resend(make_order(), actor="Kim")
