"""Finding orders, and the page of one order."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.admin.orders import timeline
from integrations.admin.orders.plan_tables import plan_sections, shown_value
from integrations.core.audit import log as audit
from integrations.models import Order
from tests.admin.pages import plan_with
from tests.factories import make_order, make_storefront, make_superuser, make_user

pytestmark = pytest.mark.django_db

LIST = reverse("admin:integrations_order_changelist")


def page(order: Order, tab: str = "") -> str:
    url = reverse("admin:integrations_order_change", args=[order.pk])
    return f"{url}?tab={tab}" if tab else url


# --- the list ---


def test_the_search_box_of_the_list_uses_the_search(boss: Client) -> None:
    make_order(number=51234)
    make_order(number=61234)
    html = boss.get(LIST, {"q": "51234"}).content.decode()
    assert "51234" in html
    assert "61234" not in html


def test_filters(boss: Client) -> None:
    stopped = make_order(status="needs_attention", failure_mode="config", cause="refused:a")
    changed = make_order(status="submitted")
    changed.changes.create(field="total", before="1", after="2", found_at=timezone.now())
    today = timezone.localdate().isoformat()
    for query, expected in [
        ({"status__exact": "needs_attention"}, [stopped]),
        ({"act": "config"}, [stopped]),
        ({"changed": "open"}, [changed]),
        ({"changed": "any"}, [changed]),
        ({"storefront__id__exact": str(stopped.storefront_id)}, [stopped]),
        ({"cause_kind__exact": "refused", "cause_subject__exact": "a"}, [stopped]),
        ({"received_at_from": "2000-01-01", "received_at_to": "2000-01-02"}, []),
        ({"received_at_from": today, "received_at_to": today}, [changed, stopped]),
        ({"received_at_from": "nonsense", "received_at_to": "9999-12-31"}, [changed, stopped]),
    ]:
        answer = boss.get(LIST, query)
        assert answer.status_code == 200, query
        assert list(answer.context["cl"].queryset) == expected, query


def test_an_empty_list_says_what_to_do(boss: Client) -> None:
    assert "check Webhook events" in boss.get(LIST).content.decode()
    assert "Show all" in boss.get(LIST, {"q": "nothing"}).content.decode()


def test_many_jobs_are_shortened(boss: Client) -> None:
    make_order(jobs=("1001", "1002", "1003", "1004", "1005"))
    assert "1001, 1002, 1003 and 2 more" in boss.get(LIST).content.decode()


# --- the page ---


def test_an_order_that_needs_somebody_says_what_is_the_matter_and_what_to_do(boss: Client) -> None:
    order = make_order(
        status="needs_attention",
        failure_mode="config",
        cause="item_template:BC",
        message="There is no template BC.",
    )
    make_order(status="needs_attention", cause="item_template:BC", message="The same.")
    html = boss.get(page(order)).content.decode()
    assert "There is no template BC." in html
    assert "Retry now" in html
    assert "Open the product mappings" in html
    assert "1 other order stopped for the same reason" in html


def test_an_order_that_is_tried_again_by_itself_asks_nobody(boss: Client) -> None:
    due = timezone.now() + timedelta(minutes=3)
    order = make_order(status="processing", failure_mode="transient", message="Pace is away.", due_at=due)
    html = boss.get(page(order)).content.decode()
    assert "The hub will retry automatically" in html
    assert "Next check" in html


def test_an_order_under_work_says_so(boss: Client) -> None:
    order = make_order(status="processing", lease_until=timezone.now() + timedelta(minutes=1))
    assert "A worker is processing it." in boss.get(page(order)).content.decode()


def test_changes_after_submission_are_shown_until_somebody_has_seen_to_them(boss: Client) -> None:
    order = make_order(status="submitted")
    order.changes.create(item=2, field="quantity", before="10", after="12", found_at=timezone.now())
    assert "Mark as handled" in boss.get(page(order)).content.decode()
    assert "Item 2, quantity" in boss.get(page(order, "changes")).content.decode()
    boss.post(reverse("admin:integrations_order_changes_handled", args=[order.pk]))
    assert order.changes.get().handled_by == "Robin Boss"
    assert "Mark as handled" not in boss.get(page(order)).content.decode()


def test_a_viewer_sees_the_matter_but_no_buttons(viewer: Client) -> None:
    order = make_order(status="needs_attention", failure_mode="config", message="No template.")
    html = viewer.get(page(order)).content.decode()
    assert "No template." in html
    assert "Retry" not in html
    assert reverse("admin:integrations_order_hold", args=[order.pk]) not in html


def test_an_unknown_tab_or_a_broken_page_number_shows_the_timeline(boss: Client) -> None:
    order = make_order()
    assert boss.get(page(order, "nonsense")).context["tab"] == "timeline"
    for before in ("x", "-1", "²", "9" * 40, ""):
        assert boss.get(f"{page(order)}?before={before}").status_code == 200


# --- the timeline ---


def attempt(order: Order, correlation: str, ending: str, /, attempt: int = 1, **data: str) -> None:
    audit.record("order.claimed", {"attempt": attempt}, order=order, correlation=correlation)
    audit.record(ending, data, order=order, correlation=correlation)


def test_the_newest_attempt_comes_first_and_its_lines_stand_together() -> None:
    order = make_order()
    audit.record("order.created", {}, order=order, actor="Pressero")
    audit.record("order.claimed", {"attempt": 1}, order=order, correlation="a")
    audit.record("event.received", {"type": "OrderPlaced"}, order=order, actor="Pressero")
    audit.record("order.retry_planned", {"message": "Away.", "when": "soon"}, order=order, correlation="a")
    audit.record("order.claimed", {"attempt": 2}, order=order, correlation="b")
    audit.record("order.submitted", {"jobs": "1"}, order=order, correlation="b")
    audit.record("call.made", {"system": "Pressero", "what": "told"}, order=order, correlation="b")
    groups = timeline.read(order).groups
    assert [(group.correlation, group.count) for group in groups] == [("b", 3), ("", 1), ("a", 2), ("", 1)]
    assert groups[0].ending.type == "order.submitted"
    assert groups[2].result.startswith("Away.")
    assert [group.is_open for group in groups] == [True, False, False, False]


def test_attempts_are_numbered_through_though_each_retry_counts_anew() -> None:
    order = make_order()
    attempt(order, "a", "order.stopped", message="One.")
    attempt(order, "b", "order.stopped", message="Two.")
    attempt(order, "c", "order.submitted", jobs="1")
    titles = [group.title for group in timeline.read(order).groups]
    assert titles == ["Attempt 3", "Attempt 2", "Attempt 1"]


def test_numbers_go_on_over_the_pages_of_a_long_timeline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "PAGE", 4)
    order = make_order()
    for number in range(4):
        attempt(order, str(number), "order.stopped", message=f"Stopped {number}.")
    assert [group.number for group in timeline.read(order).groups] == [4, 3]


@pytest.mark.parametrize("view", ["all", "staff", "trouble"])
def test_an_attempt_that_made_a_job_is_an_attempt_in_every_view(view: str) -> None:
    order = make_order()
    audit.record("order.claimed", {"attempt": 1}, order=order, correlation="a")
    audit.record("item.job_number_told", {"job": "1", "item": 1}, order=order, correlation="a")
    audit.record("order.stopped", {"message": "No."}, order=order, correlation="a")
    audit.record("staff.retry", {}, order=order, correlation="a")
    assert [group.title for group in timeline.read(order, view=view).groups] == ["Attempt 1"]


def test_attempts_that_ended_alike_are_folded_into_the_newest() -> None:
    order = make_order()
    attempt(order, "a", "order.stopped", message="No template.")
    for number in range(4):
        attempt(order, f"w{number}", "order.decided", sentence="Waiting for the approval of item 1.")
    newest, oldest = timeline.read(order).groups
    assert (newest.number, [one.number for one in newest.alike]) == (5, [4, 3, 2])
    assert newest.alike_title == "Attempts 2 to 4 ended the same way"
    assert oldest.alike == []


def test_an_attempt_is_headed_by_its_result(boss: Client) -> None:
    order = make_order()
    attempt(order, "a", "order.submitted", jobs="10013")
    html = boss.get(page(order)).content.decode()
    assert re.search(r'class="hub-result">All jobs are in Pace: 10013', html)


def test_a_long_timeline_comes_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "PAGE", 10)
    order = make_order()
    for number in range(25):
        audit.record("order.wanted", {"why": f"reason {number}"}, order=order)
    latest = timeline.read(order)
    assert latest.groups[0].lines[0].line.sentence == "reason 24"
    middle = timeline.read(order, before=latest.earlier)
    first = timeline.read(order, before=middle.earlier)
    assert first.groups[-1].lines[-1].line.sentence == "reason 0"
    assert first.earlier is None
    assert [part.is_latest for part in (latest, middle, first)] == [True, False, False]


def test_the_timeline_shows_sentences_actors_and_data(boss: Client) -> None:
    order = make_order()
    audit.record("order.claimed", {"attempt": 1}, order=order, actor="worker host:12:34", correlation="a")
    audit.record(
        "call.made", {"system": "Pace", "what": "create a Job", "status": 200}, order=order, correlation="a"
    )
    html = boss.get(page(order)).content.decode()
    assert "Pace: create a Job" in html
    assert 'title="worker host:12:34">worker<' in html
    assert "&quot;status&quot;: 200" in html


# --- the plan ---


def test_a_plan_is_shown_field_by_field_with_its_lineage() -> None:
    sections = plan_sections(plan_with("Overnight"), make_superuser())
    assert [section.title for section in sections] == ["Customer and contact", "Job Overnight"]
    rows = {row.field: row for row in sections[1].tables[0].rows}
    assert rows["customer"].mapping_url == reverse("admin:mappings_productmapping_change", args=[1])
    assert rows["customer"].kind_label == "Mapping"
    assert (rows["job"].value, rows["job"].is_open) == ("given by Pace", True)
    assert rows["scheduledShipDateTime"].value == "Dec 7, 2026, 5:00 PM"
    assert rows["billTo"].value == "yes"
    assert [table.title for table in sections[1].tables] == [
        "Job",
        "Job contact",
        "Part 01 (item 1)",
        "Part 01 (item 1), file 1",
        "Shipment 1 with part 01",
        "Shipment 1, carton",
        "Shipment 1, carton content: part 01",
    ]


def test_values_that_would_be_different_today_say_what_was_sent() -> None:
    sections = plan_sections(plan_with("now"), make_superuser(), sent=plan_with("then"))
    rows = {row.field: row for row in sections[1].tables[0].rows}
    assert rows["customer"].was == "then"
    assert rows["billTo"].was == ""


def test_mapping_rows_are_links_for_those_who_may_open_them() -> None:
    sections = plan_sections(plan_with("x"), make_user("nobody"))
    assert all(not row.mapping_url for section in sections for table in section.tables for row in table.rows)


@pytest.mark.parametrize(
    "plan", [{}, {"jobs": [{}]}, {"party": {}, "jobs": [{"parts": [{}], "shipments": [{}]}]}]
)
def test_a_plan_of_an_older_version_still_shows(plan: dict[str, object], boss: Client) -> None:
    order = make_order(plan=plan)
    assert boss.get(page(order, "plan")).status_code == 200


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "given by Pace"), (False, "no"), ("", "(empty)"), (0, "0"), ("1.10", "1.10")]
)
def test_values_are_shown_for_people(value: object, shown: str) -> None:
    assert shown_value(value) == shown


# --- the first page ---


@pytest.fixture
def _dashboard(settings: Any) -> None:
    settings.UNFOLD = {
        **settings.UNFOLD,
        "DASHBOARD_CALLBACK": "integrations.admin.monitoring.home.dashboard",
    }


@pytest.mark.usefixtures("_dashboard")
def test_the_first_page_groups_orders_by_their_cause(boss: Client) -> None:
    for number in range(3):
        make_order(
            status="needs_attention", cause="item_template:BC", message=f"Order {number}: no template BC."
        )
    make_order(status="needs_attention", cause="refused:other", message="Something else.")
    html = boss.get(reverse("admin:index")).content.decode()
    assert "cause_kind__exact=item_template&amp;cause_subject__exact=BC" in html
    assert "Something else." in html


@pytest.mark.usefixtures("_dashboard")
def test_the_first_page_of_a_new_hub_says_what_to_set_up(boss: Client) -> None:
    html = boss.get(reverse("admin:index")).content.decode()
    assert "Add the Pressero account" in html
    make_storefront()
    assert "Add the Pressero account" not in boss.get(reverse("admin:index")).content.decode()
