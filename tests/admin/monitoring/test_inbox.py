"""The inbox: one line per cause, the fix beside it, retries of many by workers, and what staff decide about a cause."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from integrations.causes import Cause, CauseKind
from integrations.errors import NotAllowed
from integrations.models import AuditEntry, BulkRetry, CauseCase, Order, Storefront
from integrations.operations import bulk_retry, inbox
from tests.admin.conftest import Login
from tests.factories import OPERATOR, make_order, make_storefront, make_user

pytestmark = pytest.mark.django_db
OVERNIGHT = CauseKind.SHIPMENT_METHOD.of("overnight")
CAUSE = OVERNIGHT.key
INBOX = reverse("hub-inbox")
ACT = reverse("hub-inbox-act")


@pytest.fixture
def storefront(db: None) -> Storefront:
    return make_storefront(name="Example CU Store")


def stop(storefront: Storefront, count: int, cause: str = CAUSE, **values: Any) -> list[Order]:
    values = {"status": "needs_attention", "failure_mode": "config", "cause": cause, **values}
    orders = [make_order(storefront=storefront, **values) for _ in range(count)]
    for order in orders:
        text = f'Order {order.number}, item 1: the shipping method "Overnight" has no Pace ship via.'
        Order.objects.filter(pk=order.pk).update(message=values.get("message", text))
    return orders


@pytest.fixture
def kim(login: Login) -> Client:
    return login(make_user("kim", *OPERATOR, "add_shipmentmethodmapping", first_name="Kim", last_name="Desk"))


def act(client: Client, do: str, cause: str = CAUSE, **data: Any) -> Any:
    return client.post(ACT, {"do": do, "cause": cause, **data})


# --- what it shows ---


def test_forty_orders_with_one_cause_are_one_line_that_names_no_single_order(
    kim: Client, storefront: Storefront
) -> None:
    orders = stop(storefront, 40)
    html = kim.get(INBOX).content.decode()
    assert html.count('class="hub-card hub-cause"') == 1
    assert "<strong>40</strong> orders" in html
    assert "The shipping method &quot;Overnight&quot; has no Pace ship via." in html
    assert str(orders[-1].number) not in html


def test_the_fix_stands_beside_the_cause_with_the_missing_row_filled_in(
    kim: Client, storefront: Storefront
) -> None:
    stop(storefront, 2)
    html = kim.get(INBOX).content.decode()
    assert f"shipmentmethodmapping/add/?storefront={storefront.pk}&amp;pressero_method=Overnight" in html


def test_trouble_with_a_connection_offers_to_test_it(kim: Client, storefront: Storefront) -> None:
    stop(storefront, 1, "login:Pace server X", message="Pace refused the login.")
    html = kim.get(INBOX).content.decode()
    assert "Test the connection to Pace" in html


def test_the_largest_cause_comes_first(kim: Client, storefront: Storefront) -> None:
    stop(storefront, 1, "refused:a", message="Small.")
    stop(storefront, 3, "refused:b", message="Large.")
    assert [group.cause.subject for group in inbox.read().groups] == ["b", "a"]


def test_orders_without_a_cause_do_not_pass_for_one_matter(kim: Client, storefront: Storefront) -> None:
    stop(storefront, 2, "", message="Something.")
    assert "each for a reason of their own" in kim.get(INBOX).content.decode()


def test_an_empty_inbox_says_that_all_is_well(kim: Client) -> None:
    assert "All clear" in kim.get(INBOX).content.decode()


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Order 12, item 3: the method is missing.", "The method is missing."),
        ("Order 12: no.", "No."),
        ("Pace refused the login.", "Pace refused the login."),
        ("", ""),
    ],
)
def test_a_message_is_told_without_the_order_it_was_first_noticed_at(message: str, shown: str) -> None:
    assert inbox.general(message) == shown


def test_the_inbox_asks_as_much_for_many_orders_and_causes_as_for_few(
    kim: Client, storefront: Storefront
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert kim.get(INBOX).status_code == 200
        return len(captured)

    stop(storefront, 1)
    inbox.comment(OVERNIGHT, "Known", actor="Kim")
    queries()
    few = queries()
    for number in range(12):
        cause = f"refused:cause {number}"
        stop(make_storefront(), 3, cause, message=f"Matter {number}.")
        inbox.comment(Cause.from_key(cause), "Known", actor="Kim")
    assert queries() == few
    assert few < 18


# --- retrying many ---


def test_a_group_is_retried_by_workers_and_not_in_the_request(
    kim: Client, storefront: Storefront, django_capture_on_commit_callbacks: Any
) -> None:
    orders = stop(storefront, 5)
    OrmQ.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        answer = act(kim, "retry")
    run = BulkRetry.objects.get()
    assert answer.headers["Location"] == f"{INBOX}?follow={run.pk}"
    assert OrmQ.objects.count() == 1
    assert not Order.objects.filter(due_at__isnull=False).exists()
    assert bulk_retry.work(run.pk)
    assert Order.objects.filter(due_at__isnull=False).count() == 5
    told = AuditEntry.objects.filter(type="staff.retry", order__in=orders)
    assert set(told.values_list("actor", "user__username")) == {("Kim Desk", "kim")}


def test_only_the_orders_of_the_cause_are_retried(kim: Client, storefront: Storefront) -> None:
    stop(storefront, 2)
    (other,) = stop(storefront, 1, "refused:something else", message="Other.")
    act(kim, "retry")
    bulk_retry.work(BulkRetry.objects.get().pk)
    other.refresh_from_db()
    assert other.due_at is None


def test_a_run_goes_on_where_a_worker_left_it_and_two_workers_do_not_share_it(storefront: Storefront) -> None:
    stop(storefront, 3)
    run = bulk_retry.start(OVERNIGHT, actor="Kim")
    assert bulk_retry.work(run.pk, budget=0) is False
    assert BulkRetry.objects.get().position == 0
    BulkRetry.objects.update(position=1, lease_until=timezone.now() + timedelta(seconds=30))
    assert bulk_retry.work(run.pk) is False
    assert BulkRetry.objects.get().position == 1
    BulkRetry.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert bulk_retry.work(run.pk)
    assert Order.objects.filter(due_at__isnull=False).count() == 2


def test_a_lost_message_is_sent_again_by_the_sweep(
    storefront: Storefront, django_capture_on_commit_callbacks: Any
) -> None:
    stop(storefront, 1)
    bulk_retry.start(OVERNIGHT, actor="Kim")
    assert bulk_retry.wake_unfinished() == 0
    BulkRetry.objects.update(asked_at=timezone.now() - timedelta(minutes=5))
    with django_capture_on_commit_callbacks(execute=True):
        assert bulk_retry.wake_unfinished() == 1
    assert "bulk_retry" in str(OrmQ.objects.latest("id").func())


def test_a_second_press_shows_the_run_that_is_under_way(kim: Client, storefront: Storefront) -> None:
    stop(storefront, 2)
    act(kim, "retry")
    act(kim, "retry")
    assert BulkRetry.objects.count() == 1
    assert "Being retried: see how far" in kim.get(INBOX).content.decode()


def test_orders_that_cannot_be_retried_are_told_with_their_reason(
    kim: Client, storefront: Storefront
) -> None:
    orders = stop(storefront, 2)
    act(kim, "retry")
    Order.objects.filter(pk=orders[0].pk).update(status="on_hold")
    run = BulkRetry.objects.get()
    bulk_retry.work(run.pk)
    html = kim.get(reverse("hub-retry", args=[run.pk])).content.decode()
    assert f"Order {orders[0].number} is on hold. Release it first." in html


def test_the_progress_counts_how_each_order_stands(kim: Client, storefront: Storefront) -> None:
    orders = stop(storefront, 4)
    act(kim, "retry")
    run = BulkRetry.objects.get()
    url = reverse("hub-retry-progress", args=[run.pk])
    assert kim.get(url).json()["busy"] is True
    bulk_retry.work(run.pk)
    assert kim.get(url).json()["at_work"] == 4  # due, though they still say that they need attention
    states = ("submitted", "processing", "needs_attention", "waiting")
    for order, status in zip(orders, states, strict=True):
        Order.objects.filter(pk=order.pk).update(status=status, due_at=None)
    state = kim.get(url).json()
    counts = {name: state[name] for name in ("total", "sent", "submitted", "at_work", "stopped", "waiting")}
    assert counts == {"total": 4, "sent": 4, "submitted": 1, "at_work": 1, "stopped": 1, "waiting": 1}
    assert state["busy"] is True
    Order.objects.filter(pk=orders[1].pk).update(status="submitted")
    state = kim.get(url).json()
    assert state["busy"] is False
    assert state["sentence"] == "Done: 2 submitted, 1 stopped again, 1 waiting."


def test_a_retry_that_stopped_again_says_so_and_fills_no_good_bar(
    kim: Client, storefront: Storefront
) -> None:
    (order,) = stop(storefront, 1)
    act(kim, "retry")
    run = BulkRetry.objects.get()
    bulk_retry.work(run.pk)
    Order.objects.filter(pk=order.pk).update(due_at=None)
    state = kim.get(reverse("hub-retry-progress", args=[run.pk])).json()
    assert state["sentence"] == "Done: 1 stopped again."
    assert (state["good_share"], state["bad_share"]) == (0, 100)
    assert "Done: 1 stopped again." in kim.get(reverse("hub-retry", args=[run.pk])).content.decode()


def test_the_progress_leads_to_the_jobs(kim: Client, storefront: Storefront) -> None:
    order = make_order(storefront=storefront, jobs=("10013",), status="submitted")
    run = BulkRetry.objects.create(
        title="x", orders=[order.pk], position=1, asked_by="Kim", finished_at=timezone.now()
    )
    (line,) = kim.get(reverse("hub-retry-progress", args=[run.pk])).json()["orders"]
    assert (line["number"], line["state"], line["jobs"]) == (
        order.number,
        "Submitted",
        [{"number": "10013", "url": ""}],
    )


def test_the_progress_asks_as_much_for_many_orders_as_for_few(kim: Client, storefront: Storefront) -> None:
    def queries(run: BulkRetry) -> int:
        with CaptureQueriesContext(connection) as captured:
            kim.get(reverse("hub-retry-progress", args=[run.pk]))
        return len(captured)

    few, many = (
        BulkRetry.objects.create(
            title="x",
            position=count,
            asked_by="Kim",
            orders=[make_order(storefront=storefront, jobs=(f"{count}{n}",)).pk for n in range(count)],
        )
        for count in (1, 9)
    )
    queries(few)
    assert queries(few) == queries(many)


def test_retrying_nothing_is_refused_with_a_sentence(kim: Client) -> None:
    answer = kim.post(ACT, {"do": "retry", "cause": "gone"}, follow=True)
    assert "No order is waiting for this any more." in answer.content.decode()


# --- deciding about a cause ---


def test_a_cause_is_assigned_and_found_under_mine(kim: Client, login: Login, storefront: Storefront) -> None:
    stop(storefront, 1)
    lee = make_user("lee", *OPERATOR, first_name="Lee", last_name="Press")
    act(kim, "assign", to=str(lee.pk))
    assert CauseCase.objects.get().assigned_to == lee
    assert "Lee Press" in kim.get(INBOX).content.decode()
    assert 'class="hub-card hub-cause"' not in kim.get(f"{INBOX}?view=mine").content.decode()
    assert 'class="hub-card hub-cause"' in login(lee).get(f"{INBOX}?view=mine").content.decode()
    act(kim, "assign", to="")
    assert CauseCase.objects.get().assigned_to is None


def test_taking_a_cause_assigns_it_to_whoever_takes_it(kim: Client, storefront: Storefront) -> None:
    stop(storefront, 1)
    act(kim, "take")
    case = CauseCase.objects.get()
    assert case.assigned_to is not None
    assert case.assigned_to.username == "kim"


def test_only_people_of_the_portal_can_be_given_a_cause(storefront: Storefront) -> None:
    stop(storefront, 1)
    gone = make_user("gone", is_active=False)
    for pk in (gone.pk, 999_999):
        with pytest.raises(NotAllowed):
            inbox.assign(OVERNIGHT, pk, actor="Kim")


def test_a_cause_that_is_put_off_comes_back_by_itself(kim: Client, storefront: Storefront) -> None:
    stop(storefront, 1)
    act(kim, "snooze", until="hour")
    assert inbox.read().groups == []
    assert len(inbox.read(inbox.SNOOZED).groups) == 1
    CauseCase.objects.update(snoozed_until=timezone.now() - timedelta(seconds=1))
    assert len(inbox.read().groups) == 1
    act(kim, "snooze", until="hour")
    act(kim, "wake")
    assert len(inbox.read().groups) == 1


def test_times_of_putting_off_are_mornings_of_whoever_puts_off() -> None:
    friday = datetime(2026, 3, 13, 15, 30, tzinfo=UTC)
    assert inbox.later("hour", friday) == datetime(2026, 3, 13, 16, 30, tzinfo=UTC)
    assert inbox.later("tomorrow", friday) == datetime(2026, 3, 14, 8, 0, tzinfo=UTC)
    assert inbox.later("monday", friday) == datetime(2026, 3, 16, 8, 0, tzinfo=UTC)
    assert inbox.later("never", friday) is None


def test_comments_are_kept_escaped_and_with_their_author(kim: Client, storefront: Storefront) -> None:
    stop(storefront, 1)
    act(kim, "comment", text="Asked the <b>carrier</b>")
    html = kim.get(INBOX).content.decode()
    assert "Asked the &lt;b&gt;carrier&lt;/b&gt;" in html
    assert "Kim Desk, " in html
    act(kim, "comment", text="   ")
    assert CauseCase.objects.get().comments.count() == 1


def test_decisions_are_in_the_audit_log(kim: Client, storefront: Storefront) -> None:
    stop(storefront, 1)
    act(kim, "take")
    act(kim, "snooze", until="monday")
    act(kim, "comment", text="Known")
    assert list(AuditEntry.objects.filter(type__startswith="cause.").order_by("id").values_list("type", "actor")) == [
        ("cause.assigned", "Kim Desk"), ("cause.snoozed", "Kim Desk"), ("cause.commented", "Kim Desk"),
    ]  # fmt: skip


def test_cases_without_orders_are_forgotten_after_a_month(storefront: Storefront) -> None:
    (order,) = stop(storefront, 1)
    inbox.comment(OVERNIGHT, "Known", actor="Kim")
    CauseCase.objects.update(changed_at=timezone.now() - timedelta(days=31))
    assert inbox.forget_settled() == 0
    Order.objects.filter(pk=order.pk).update(status="submitted")
    assert inbox.forget_settled() == 2
    assert not CauseCase.objects.exists()


# --- rights ---


def deeds() -> Iterable[dict[str, str]]:
    return ({"do": do} for do in ("retry", "assign", "take", "snooze", "wake", "comment"))


def test_a_viewer_sees_the_inbox_and_can_decide_nothing(viewer: Client, storefront: Storefront) -> None:
    stop(storefront, 1)
    html = viewer.get(INBOX).content.decode()
    assert "Retry it" not in html
    assert "Assign" not in html
    for deed in deeds():
        assert viewer.post(ACT, {**deed, "cause": CAUSE, "text": "x", "until": "hour"}).status_code == 403
    assert not BulkRetry.objects.exists()
    assert not CauseCase.objects.exists()


def test_people_without_rights_and_strangers_stay_outside(stranger: Client, storefront: Storefront) -> None:
    stop(storefront, 1)
    run = bulk_retry.start(OVERNIGHT, actor="Kim")
    for url in (INBOX, reverse("hub-retry", args=[run.pk]), reverse("hub-retry-progress", args=[run.pk])):
        assert stranger.get(url).status_code == 403
        assert Client().get(url).status_code == 302
    assert stranger.post(ACT, {"do": "take", "cause": CAUSE}).status_code == 403


def test_a_look_changes_nothing(kim: Client, storefront: Storefront) -> None:
    stop(storefront, 1)
    assert kim.get(ACT).status_code == 405
    assert not BulkRetry.objects.exists()
