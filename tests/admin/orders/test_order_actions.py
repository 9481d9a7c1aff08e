"""What staff do to orders: who may, how, and that a look changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.admin.orders import order_actions, preview
from integrations.errors import TransientError
from integrations.models import AuditEntry, BulkRetry, Order
from integrations.orders.submission.preview import Preview
from integrations.planning.plan_types import Note, Plan, PlanProblem
from tests.admin.conftest import Login
from tests.factories import VIEWER, make_order, make_storefront, make_user

pytestmark = pytest.mark.django_db

LIST = reverse("admin:integrations_order_changelist")
# Action, the right it needs, the state of an order it fits.
ACTIONS = [
    ("retry", "retry_order", {"status": "needs_attention", "message": "x", "failure_mode": "config"}),
    ("process_again", "reprocess_order", {"status": "submitted"}),
    ("hold", "hold_order", {"status": "waiting"}),
    ("release", "hold_order", {"status": "on_hold"}),
]


def url(name: str, order: Order) -> str:
    return reverse(f"admin:integrations_order_{name}", args=[order.pk])


def snapshot(order: Order) -> tuple[object, ...]:
    row = (
        Order.objects.filter(pk=order.pk)
        .values_list("status", "due_at", "wake_count", "message", "updated_at")
        .get()
    )
    return (*row, AuditEntry.objects.exclude(type="access.refused").count())


@pytest.mark.parametrize(("name", "right", "state"), ACTIONS)
def test_a_get_asks_and_changes_nothing_and_a_post_does_it(
    name: str, right: str, state: dict[str, Any], boss: Client
) -> None:
    order = make_order(**state)
    before = snapshot(order)
    asked = boss.get(url(name, order))
    assert asked.status_code == 200
    assert "Cancel" in asked.content.decode()
    assert boss.put(url(name, order)).status_code == 405
    assert snapshot(order) == before
    done = boss.post(url(name, order), follow=True)
    assert done.redirect_chain == [(reverse("admin:integrations_order_change", args=[order.pk]), 302)]
    assert snapshot(order) != before
    entry = AuditEntry.objects.get()
    assert (entry.type.partition(".")[0], entry.actor) == ("staff", "Robin Boss")
    assert entry.user is not None


@pytest.mark.parametrize(("name", "right", "state"), ACTIONS)
def test_each_action_needs_its_own_right(name: str, right: str, state: dict[str, Any], login: Login) -> None:
    order = make_order(**state)
    others = {"retry_order", "reprocess_order", "hold_order", "preview_order"} - {right}
    without = login(make_user("without", *VIEWER, *others))
    before = snapshot(order)
    assert without.get(url(name, order)).status_code == 403
    assert without.post(url(name, order)).status_code == 403
    assert snapshot(order) == before
    blind = login(make_user("blind", right))
    assert blind.post(url(name, order)).status_code == 403, "who may not see the order may not act on it"
    fitting = login(make_user("fitting", "view_order", right))
    assert fitting.post(url(name, order)).status_code == 302
    assert snapshot(order) != before


def test_a_post_without_the_csrf_token_is_refused(login: Login) -> None:
    order = make_order(status="needs_attention", message="x")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(make_user("op", "view_order", "retry_order"))
    before = snapshot(order)
    assert strict.post(url("retry", order)).status_code == 403
    assert snapshot(order) == before


def test_what_the_service_refuses_is_shown_as_its_sentence(boss: Client) -> None:
    order = make_order(status="completed")
    html = boss.post(url("retry", order), follow=True).content.decode()
    assert "there is nothing to retry" in html


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"status": "needs_attention"}, ["retry", "preview", "change_value", "process_again", "hold"]),
        ({"status": "on_hold"}, ["release", "preview", "change_value"]),
        ({"status": "completed", "submitted_at": timezone.now()}, ["preview", "process_again", "resend"]),
        (
            {"status": "submitted", "failure_mode": "transient", "submitted_at": timezone.now()},
            ["retry", "preview", "process_again", "resend"],
        ),
        ({"status": "waiting"}, ["preview", "change_value", "process_again", "hold"]),
    ],
)
def test_only_buttons_that_could_work_are_offered(state: dict[str, Any], expected: list[str]) -> None:
    assert order_actions.offered(make_order(**state)) == [*expected, "support_bundle"]


# --- on the list ---


@pytest.mark.parametrize(("name", "right", "state"), ACTIONS)
def test_the_same_for_many_orders_at_once(
    name: str, right: str, state: dict[str, Any], operator: Client
) -> None:
    storefront = make_storefront()
    orders = [make_order(storefront=storefront, **state) for _ in range(3)]
    chosen: dict[str, Any] = {
        "action": f"{name}_selected",
        "_selected_action": [order.pk for order in orders],
    }
    assert operator.get(LIST, chosen).status_code in (200, 302)
    assert not AuditEntry.objects.exists()
    html = operator.post(LIST, chosen, follow=True).content.decode()
    assert "3 orders were" in html
    assert AuditEntry.objects.count() == 3


def test_orders_that_cannot_be_retried_are_named_and_the_others_go(operator: Client) -> None:
    good = make_order(status="needs_attention", message="x")
    done = make_order(status="completed")
    chosen: dict[str, Any] = {"action": "retry_selected", "_selected_action": [good.pk, done.pk]}
    html = operator.post(LIST, chosen, follow=True).content.decode()
    assert "1 order was queued." in html
    assert f"Order {done.number} is completed; there is nothing to retry." in html


def test_a_viewer_has_no_actions_on_the_list(viewer: Client) -> None:
    order = make_order(status="needs_attention", message="x")
    viewer.post(LIST, {"action": "retry_selected", "_selected_action": [order.pk]})
    assert not AuditEntry.objects.exists()


def test_more_than_a_request_has_time_for_are_asked_about(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_actions, "MOST_AT_ONCE", 2)
    orders = [make_order(status="needs_attention", message="x") for _ in range(3)]
    chosen: dict[str, Any] = {
        "action": "retry_selected",
        "index": "0",
        "_selected_action": [order.pk for order in orders],
    }
    html = operator.post(LIST, chosen, follow=True).content.decode()
    assert "Retry 3 orders?" in html
    assert not AuditEntry.objects.exists()
    assert not BulkRetry.objects.exists()


# --- the preview ---


PLAN = Plan(
    order_number=51234,
    storefront="Example",
    party=None,
    jobs=(),
    notes=(Note("A text was cut."),),
    problems=(PlanProblem("Order 51234: <b>no template</b>.", "itemTemplate", "config", "c"),),
)


def test_the_preview_shows_problems_first_and_writes_nothing(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = make_order(status="needs_attention", message="x")
    shown = Preview(order.number, order.storefront, "The order is sent with item 1.", PLAN)
    monkeypatch.setattr(preview, "preview_order", lambda asked: shown)
    before = snapshot(order)
    html = operator.get(url("preview", order)).content.decode()
    assert "1 problem would stop this order" in html
    assert "&lt;b&gt;no template&lt;/b&gt;" in html
    assert html.index("no template") < html.index("The order is sent with item 1.")
    assert "A text was cut." in html
    assert snapshot(order) == before


def test_a_preview_that_cannot_be_made_says_why(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(order: Order) -> Preview:
        raise TransientError("Pressero does not answer.")

    monkeypatch.setattr(preview, "preview_order", away)
    answer = operator.get(url("preview", make_order()))
    assert answer.status_code == 200
    assert "Pressero does not answer." in answer.content.decode()


def test_the_preview_needs_its_right(viewer: Client) -> None:
    assert viewer.get(url("preview", make_order())).status_code == 403
    assert viewer.get(reverse("admin:integrations_order_preview_by_number")).status_code == 403


def test_any_order_can_be_previewed_by_its_number(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    storefront = make_storefront()
    asked: list[tuple[object, int]] = []

    def by_number(store: object, number: int) -> Preview:
        asked.append((store, number))
        return Preview(number, storefront, "It waits.", replace(PLAN, problems=()))

    monkeypatch.setattr(preview, "preview_number", by_number)
    page = reverse("admin:integrations_order_preview_by_number")
    assert "Choose a storefront" in operator.get(page).content.decode()
    assert (
        "It waits."
        in operator.get(page, {"storefront": str(storefront.pk), "number": "51234"}).content.decode()
    )
    assert asked == [(storefront, 51234)]
    for bad in ("", "x", "-1", "9" * 30):
        assert operator.get(page, {"storefront": str(storefront.pk), "number": bad}).status_code == 200
    assert len(asked) == 1
