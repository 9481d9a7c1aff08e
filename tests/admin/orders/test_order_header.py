"""The head of an order's page: the shop's view, one menu of actions, and the people who work on it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.admin.orders.order_header import nearness
from integrations.admin.shared import undo
from integrations.core import alerts
from integrations.models import (
    AuditEntry,
    ItemStage,
    Order,
    OrderCase,
    OrderChange,
    OrderNote,
    ReferenceEntry,
)
from integrations.operations import inbox, people
from tests.admin.conftest import Login
from tests.factories import OPERATOR, make_order, make_user

pytestmark = pytest.mark.django_db
LIST = reverse("admin:integrations_order_changelist")
TODAY = date(2026, 3, 13)


@pytest.fixture
def kim(login: Login) -> Client:
    return login(make_user("kim", *OPERATOR, first_name="Kim", last_name="Desk", email="kim@example.com"))


@pytest.fixture
def lee(db: None) -> Any:
    return make_user("lee", *OPERATOR, first_name="Lee", last_name="Press", email="lee@example.com")


def page(client: Client, order: Order) -> str:
    return client.get(reverse("admin:integrations_order_change", args=[order.pk])).content.decode()


def act(client: Client, order: Order, do: str, **data: str) -> Any:
    return client.post(reverse("hub-order-people", args=[order.pk]), {"do": do, **data}, follow=True)


def undo_last(client: Client, html: str) -> str:
    token = re.search(r'name="token" value="([^"]+)"', html)
    back = re.search(r'name="back" value="([^"]+)"', html)
    assert token is not None
    assert back is not None
    asked = {"token": token[1], "back": back[1]}
    return str(client.post(reverse("hub-undo"), asked, follow=True).content.decode())


def entries(order: Order) -> list[str]:
    return list(AuditEntry.objects.filter(order=order).order_by("id").values_list("type", flat=True))


# --- the shop's view ---


@pytest.mark.parametrize(
    ("days", "words", "tone"),
    [
        (-2, "2 days late", "bad"),
        (-1, "1 day late", "bad"),
        (0, "today", "bad"),
        (1, "tomorrow", "wait"),
        (2, "in 2 days", "wait"),
        (3, "in 3 days", "muted"),
    ],
)
def test_a_ship_date_says_how_near_it_is(days: int, words: str, tone: str) -> None:
    assert nearness(TODAY + timedelta(days=days), TODAY) == (words, tone)


def test_the_head_says_when_and_how_an_order_ships_what_is_in_it_and_where_its_job_is(kim: Client) -> None:
    order = make_order(
        items=2, jobs=("10013",), ship_by=timezone.localdate(), ship_via="5013", po_number="PO-77"
    )
    server = order.storefront.pace_server
    ReferenceEntry.objects.create(
        server=server, kind="ship_via", key="5013", label="UPS Next Day Air", seen_at=timezone.now()
    )
    html = page(kim, order)
    assert ">today</span>" in html
    assert "UPS Next Day Air (5013)" in html
    assert '<span class="hub-number">2</span> × Business Card 1' in html
    assert "$96.50" in html
    assert "PO-77" in html
    assert 'data-hub-copy="10013"' in html


def test_a_ship_date_of_a_completed_order_is_not_late(kim: Client) -> None:
    order = make_order(status="completed", ship_by=date(2020, 1, 2))
    assert "late" not in page(kim, order).split('class="hub-people"')[0].split('class="hub-facts')[1]


def test_the_page_has_one_primary_button_and_it_is_the_fix(login: Login) -> None:
    mapper = login(make_user("mapper", *OPERATOR, "add_shipmentmethodmapping"))
    order = make_order(
        status="needs_attention", failure_mode="config", cause="shipment_method:overnight",
        message='Order 1, item 1: the shipping method "Overnight" has no Pace ship via.',
    )  # fmt: skip
    OrderChange.objects.create(order=order, field="quantity", before="1", after="2", found_at=timezone.now())
    html = page(mapper, order)
    assert html.count("hub-button-primary") == 1
    assert re.search(r"hub-button-primary[^>]*>Add the missing row", html)


def test_what_can_be_done_stands_in_one_menu(kim: Client) -> None:
    order = make_order(status="needs_attention", failure_mode="order", message="No.")
    menu = page(kim, order).split("data-hub-menu")[1].split("</details>")[0]
    assert re.findall(r">([^<>\n]+)</a>", menu)[:2] == ["Retry", "Preview"]


def test_the_head_asks_as_much_for_many_items_jobs_and_notes_as_for_few(kim: Client) -> None:
    def queries(order: Order) -> int:
        with CaptureQueriesContext(connection) as captured:
            page(kim, order)
        return len(captured)

    few, many = (
        make_order(items=5, jobs=tuple("12345")),
        make_order(items=40, jobs=tuple(map(str, range(6000, 6020)))),
    )
    for order, count in ((few, 4), (many, 12)):
        for number in range(count):
            people.add_note(order, f"Note {number}", actor="Kim")
    queries(few)
    assert queries(many) == queries(few)


# --- the list ---


def test_the_list_shows_ship_date_items_changes_and_assignee(kim: Client, lee: Any) -> None:
    order = make_order(items=3, ship_by=timezone.localdate() - timedelta(days=1))
    OrderChange.objects.create(order=order, field="quantity", before="1", after="2", found_at=timezone.now())
    people.assign(order, lee.pk, actor="Kim")
    html = kim.get(LIST).content.decode()
    assert "1 day late" in html
    assert "2 × Business Card 1" in html
    assert "and 2 more items" in html
    assert ">Changed</span>" in html
    assert "Lee Press" in html.split('id="result_list"')[1]
    assert "just now</time>" in html


def test_the_list_can_be_narrowed_by_assignee_and_ship_date(kim: Client, lee: Any) -> None:
    today = timezone.localdate()
    late, soon = make_order(ship_by=today - timedelta(days=1)), make_order(ship_by=today + timedelta(days=2))
    people.assign(soon, lee.pk, actor="Kim")
    kims = make_order()
    people.assign(kims, inbox.people()[0].pk if inbox.people()[0].username == "kim" else None, actor="x")

    def found(query: str) -> set[int]:
        answer = kim.get(f"{LIST}?{query}")
        return {order.pk for order in answer.context["cl"].result_list}

    assert found("ship=late") == {late.pk}
    assert found("ship=3") == {soon.pk}
    assert found(f"assignee={lee.pk}") == {soon.pk}
    assert late.pk in found("assignee=none")
    assert soon.pk not in found("assignee=none")
    assert found("assignee=me") == {kims.pk}


def test_the_list_asks_as_much_for_many_orders_as_for_few(kim: Client, lee: Any) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert kim.get(LIST).status_code == 200
        return len(captured)

    first = make_order(items=2, jobs=("1",))
    people.assign(first, lee.pk, actor="Kim")
    queries()
    few = queries()
    for number in range(15):
        people.assign(
            make_order(storefront=first.storefront, items=3, jobs=(f"9{number}",)), lee.pk, actor="Kim"
        )
    assert queries() == few


# --- people ---


def test_an_order_is_assigned_and_the_assignee_gets_a_mail(kim: Client, lee: Any, settings: Any) -> None:
    settings.EMAIL_IS_CONFIGURED = True
    order = make_order()
    assert "is assigned to Lee Press." in act(kim, order, "assign", to=str(lee.pk)).content.decode()
    assert order.case.assigned_to == lee
    alerts.send_waiting(gather=timedelta(0))
    (message,) = mail.outbox
    assert message.to == ["lee@example.com"]
    assert f"Kim Desk assigned order {order.number} to you." in message.body


def test_taking_an_order_mails_nobody(kim: Client) -> None:
    order = make_order()
    act(kim, order, "take")
    assert order.case.assigned_to.username == "kim"
    assert not order.alerts.exists()


def test_people_who_left_cannot_be_assigned(kim: Client) -> None:
    gone = make_user("gone", is_active=False)
    order = make_order()
    assert "no longer has access" in act(kim, order, "assign", to=str(gone.pk)).content.decode()
    assert not OrderCase.objects.exists()


def test_a_note_mails_those_it_mentions_once_and_never_its_author(kim: Client, lee: Any) -> None:
    order = make_order()
    answer = act(kim, order, "note", text="@lee please call the buyer, @LEE. I did, @kim. @nobody")
    assert "Mailed to Lee Press." in answer.content.decode()
    assert [alert.recipients for alert in order.alerts.all()] == [["lee@example.com"]]


def test_a_note_stands_in_the_head_and_in_the_timeline_escaped(kim: Client) -> None:
    order = make_order()
    act(kim, order, "note", text="Asked the <b>carrier</b>")
    html = page(kim, order)
    assert html.count("Asked the &lt;b&gt;carrier&lt;/b&gt;") >= 2
    assert entries(order) == ["order.noted"]


def test_an_empty_note_is_refused(kim: Client) -> None:
    order = make_order()
    assert "The note is empty." in act(kim, order, "note", text="  ").content.decode()
    assert not OrderNote.objects.exists()


def test_a_snoozed_order_leaves_the_inbox_until_its_time(kim: Client) -> None:
    order = make_order(status="needs_attention", failure_mode="order", cause="link:missing", message="No.")
    act(kim, order, "snooze", until="hour")
    assert inbox.read().groups == []
    assert [group.cause.key for group in inbox.read(inbox.SNOOZED).groups] == ["link:missing"]
    OrderCase.objects.update(snoozed_until=timezone.now() - timedelta(seconds=1))
    assert len(inbox.read().groups) == 1
    act(kim, order, "snooze", until="hour")
    act(kim, order, "wake")
    assert len(inbox.read().groups) == 1


def test_a_cause_with_an_order_of_mine_is_under_mine(kim: Client, lee: Any) -> None:
    order = make_order(status="needs_attention", failure_mode="order", cause="link:missing", message="No.")
    people.assign(order, lee.pk, actor="Kim")
    assert len(inbox.read(inbox.MINE, lee).groups) == 1


@pytest.mark.parametrize("name", ["hold", "changes_handled"])
def test_hold_and_mark_as_handled_ask_for_a_note(kim: Client, name: str) -> None:
    order = make_order()
    OrderChange.objects.create(order=order, field="quantity", before="1", after="2", found_at=timezone.now())
    url = reverse(f"admin:integrations_order_{name}", args=[order.pk])
    assert 'name="note"' in kim.get(url).content.decode()
    kim.post(url, {"note": "The buyer asked for it"})
    assert OrderNote.objects.get().text == "The buyer asked for it"


# --- undo ---


def test_an_assignment_can_be_undone(kim: Client, lee: Any) -> None:
    order = make_order()
    people.assign(order, lee.pk, actor="Kim")
    html = act(kim, order, "take").content.decode()
    undo_last(kim, html)
    assert people.assignee_of(order) == lee.pk


def test_an_assignment_that_somebody_changed_again_is_not_undone(kim: Client, lee: Any) -> None:
    order = make_order()
    html = act(kim, order, "take").content.decode()
    people.assign(order, lee.pk, actor="Pat")
    assert "assigned again in the meantime" in undo_last(kim, html)
    assert people.assignee_of(order) == lee.pk


def test_a_hold_can_be_undone(kim: Client) -> None:
    order = make_order()
    url = reverse("admin:integrations_order_hold", args=[order.pk])
    undo_last(kim, kim.post(url, follow=True).content.decode())
    order.refresh_from_db()
    assert order.status == "received"


def test_changes_marked_as_handled_can_be_reopened(kim: Client) -> None:
    order = make_order()
    OrderChange.objects.create(order=order, field="quantity", before="1", after="2", found_at=timezone.now())
    url = reverse("admin:integrations_order_changes_handled", args=[order.pk])
    undo_last(kim, kim.post(url, follow=True).content.decode())
    assert OrderChange.objects.get().handled_at is None
    assert "changes.reopened" in entries(order)


def test_it_is_too_late_after_its_seconds(kim: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    order = make_order()
    html = act(kim, order, "take").content.decode()
    monkeypatch.setattr(undo, "VALID_SECONDS", -1)
    assert "It is too late to undo this." in undo_last(kim, html)


def test_only_the_person_who_did_it_can_undo_it(kim: Client, login: Login) -> None:
    order = make_order()
    html = act(kim, order, "take").content.decode()
    token = re.search(r'name="token" value="([^"]+)"', html)
    assert token is not None
    other = login(make_user("other", *OPERATOR))
    assert other.post(reverse("hub-undo"), {"token": token[1]}).status_code == 403


@pytest.mark.parametrize("do", ["assign", "take", "snooze", "wake", "note"])
def test_a_viewer_decides_nothing_about_an_order(viewer: Client, do: str) -> None:
    order = make_order()
    answer = viewer.post(
        reverse("hub-order-people", args=[order.pk]), {"do": do, "text": "x", "until": "hour"}
    )
    assert answer.status_code == 403
    assert "Add a note" not in page(viewer, order)


# --- a stage that somebody moved in Pressero ---


def with_stage(order: Order, told: str, seen: str) -> None:
    ItemStage.objects.create(
        item=order.items.get(seq=1),
        sent_stage=told,
        sent_name=told.title(),
        seen_stage=seen,
        seen_name=seen.title(),
    )


def test_a_stage_that_differs_in_pressero_is_said_on_the_orders_page(kim: Client) -> None:
    order = make_order(items=1, status="submitted", submitted_at=timezone.now())
    with_stage(order, "shipped", "on press")
    html = page(kim, order)
    assert "Item 1 is in stage “On Press” in Pressero, and was set to “Shipped”." in html
    assert "Resend to Pressero" in html


def test_a_stage_that_is_the_same_is_not_mentioned(kim: Client) -> None:
    order = make_order(items=1, status="submitted", submitted_at=timezone.now())
    with_stage(order, "shipped", "Shipped")
    assert "was set to" not in page(kim, order)


@pytest.mark.parametrize("tab", ["items", "plan", "raw"])
def test_the_head_is_whole_on_every_tab(kim: Client, tab: str) -> None:
    order = make_order(items=1)
    html = kim.get(
        f"{reverse('admin:integrations_order_change', args=[order.pk])}?tab={tab}"
    ).content.decode()
    assert "$96.50" in html
    assert "Assign to me" in html
