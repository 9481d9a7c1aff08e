"""The first page: its numbers, that each leads to exactly its rows, and what it costs."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.admin.monitoring.charts import Point, bar_chart, nice_ceiling
from integrations.admin.shared.navigation import sidebar
from integrations.core.audit import log as audit
from integrations.core.connections import circuits
from integrations.models import CauseCase, Circuit, HourlyOrders, Order, UnmappedStatus
from integrations.operations import statistics
from integrations.operations.statistics import Bucket, arrange, percentile
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from tests.conftest import Hub
from tests.factories import make_order, make_storefront

pytestmark = pytest.mark.django_db
HOME = reverse("admin:index")


def received(at: datetime, **values: Any) -> Order:
    order = make_order(**values)
    Order.objects.filter(pk=order.pk).update(received_at=at)
    return order


def rows_behind(client: Client, url: str) -> int:
    answer = client.get(unescape(url))
    assert answer.status_code == 200
    return int(answer.context["cl"].result_count)


# --- the numbers and the lists behind them ---


def test_each_number_of_today_and_this_week_leads_to_exactly_its_rows(boss: Client) -> None:
    now = timezone.localtime()
    for status in ("submitted", "submitted", "needs_attention"):
        received(now, status=status)
    received(now - timedelta(days=20), status="submitted")
    context = boss.get(HOME).context["home"]
    table = {row["label"]: row for row in context["table"]}
    assert table["All"]["today"][0] == 3
    assert table["Submitted"]["today"][0] == 2
    for row in context["table"]:
        for name in ("today", "week"):
            number, url = row[name]
            assert rows_behind(boss, url) == number, (row["label"], name)


def test_each_bar_leads_to_exactly_its_rows_and_marks_what_stopped(boss: Client) -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    received(hour + timedelta(seconds=1), status="needs_attention", stopped_at=hour)
    received(hour - timedelta(seconds=1), status="submitted")
    received(hour - timedelta(days=2), status="submitted")
    hours, days = boss.get(HOME).context["home"]["charts"]
    assert [(bar.point.total, bar.point.bad) for bar in hours.bars][-2:] == [(1, 0), (1, 1)]
    assert sum(bar.point.total for bar in days.bars) == 3
    for bar in (*hours.bars[-2:], *days.bars):
        assert rows_behind(boss, bar.point.url) == bar.point.total, bar.point.label


def test_work_that_waits_is_counted_with_the_age_of_the_oldest(boss: Client) -> None:
    now = timezone.now()
    make_order(due_at=now - timedelta(minutes=3))
    make_order(due_at=now - timedelta(minutes=1))
    make_order(due_at=now + timedelta(minutes=9))
    make_order(due_at=now - timedelta(minutes=9), status="on_hold")
    home = boss.get(HOME).context["home"]
    assert home["backlog"].due == 2
    assert home["backlog"].oldest == now - timedelta(minutes=3)
    assert rows_behind(boss, home["backlog_url"]) == 2


def test_the_time_from_webhook_to_job_is_measured_when_the_last_job_is_made(hub: Hub) -> None:
    order = hub.process(
        OrderDraft(
            "Example CU Store", "avery@example.com", [ItemDraft("Poster 18x24", price="5", method="Ground")]
        )
    )
    assert order.seconds_to_job is not None
    assert 0 <= order.seconds_to_job < 60
    assert statistics.seconds_to_job(timezone.now()).count == 1


def test_the_time_from_webhook_to_job_leaves_out_the_minutes_that_people_took() -> None:
    now = timezone.now()
    make_order(status="submitted", submitted_at=now, seconds_to_job=2)
    make_order(status="submitted", submitted_at=now, seconds_to_job=4000, stopped_at=now)
    assert statistics.seconds_to_job(now) == statistics.Pace(2, 2, 1)


# --- what home, tile and badge say about the same orders ---


def stop(cause: str, **values: Any) -> Order:
    return make_order(status="needs_attention", cause=cause, message="Order 1: It stopped.", **values)


def test_a_snoozed_order_is_counted_as_snoozed_and_not_as_waiting(boss: Client) -> None:
    storefront = make_storefront()
    stop("refused:open", storefront=storefront)
    stop("refused:asleep", storefront=storefront)
    CauseCase.objects.create(cause="refused:asleep", snoozed_until=timezone.now() + timedelta(hours=1))
    html = boss.get(HOME).content.decode()
    assert "(1 snoozed)" in html and "1 more order is snoozed" in html
    badges = [item.get("badge") for group in sidebar(boss.get(HOME).wsgi_request) for item in group["items"]]
    assert [badge for badge in badges if badge] == [1]


def test_nothing_is_all_clear_while_everything_is_snoozed(boss: Client) -> None:
    stop("refused:asleep")
    CauseCase.objects.create(cause="refused:asleep", snoozed_until=timezone.now() + timedelta(hours=1))
    html = boss.get(HOME).content.decode()
    assert "1 more order is snoozed" in html
    assert "No order needs" not in html


def test_orders_that_wait_for_a_connection_are_waiting_orders(boss: Client) -> None:
    storefront = make_storefront()
    later = timezone.now() + timedelta(seconds=20)
    for _ in range(3):
        make_order(storefront=storefront, status="processing", due_at=later)
    make_order(storefront=storefront, status="waiting", due_at=later)
    Circuit.objects.create(
        server=storefront.pace_server,
        failures=6,
        down_since=timezone.now(),
        open_until=later,
        last_error="No route",
    )
    home = boss.get(HOME).context["home"]
    assert home["held"] == 3
    html = boss.get(HOME).content.decode()
    assert "3 orders wait for a connection." in html
    for said in ("Down since", "Next try in", "3 orders wait.", "Last error:", "No route", "Try now"):
        assert said in html, said


def test_connections_say_how_they_are(boss: Client) -> None:
    storefront = make_storefront()
    Circuit.objects.create(
        server=storefront.pace_server, failures=6, down_since=timezone.now(), last_error="No route"
    )
    Circuit.objects.create(account=storefront.pressero_account, paused=True)
    states = {one["kind"]: one["label"] for one in boss.get(HOME).context["home"]["connections"]}
    assert states == {"Pace": "Down", "Pressero": "Paused"}
    circuits.resume(storefront.pace_server, actor="Kim")
    states = {one["kind"]: one["label"] for one in boss.get(HOME).context["home"]["connections"]}
    assert states["Pace"] == "Works"


def test_statuses_without_a_row_are_coverage_gaps(boss: Client) -> None:
    now = timezone.now()
    UnmappedStatus.objects.create(
        storefront=make_storefront(name="Shop"), job_status="Q", order_number=1, first_at=now, last_at=now
    )
    (gap,) = boss.get(HOME).context["home"]["gaps"]
    assert (gap["name"], gap["count"]) == ("Shop", 1)
    assert boss.get(gap["url"].partition("#")[0]).status_code == 200


def test_the_causes_come_with_their_fix(boss: Client) -> None:
    make_order(
        status="needs_attention",
        failure_mode="config",
        cause="shipment_method:overnight",
        message="No ship via.",
    )
    html = boss.get(HOME).content.decode()
    assert "Add the missing row" in html
    assert "pressero_method=overnight" in html


def test_people_who_see_no_orders_see_no_numbers_of_them(stranger: Client) -> None:
    make_order(status="needs_attention", message="Secret matter.")
    html = stranger.get(HOME).content.decode()
    assert "Secret matter." not in html
    assert "hub-chart" not in html


# --- what it costs ---


def test_the_page_asks_no_more_than_twenty_times_however_much_there_is(
    boss: Client, operator: Client
) -> None:
    def queries(client: Client) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(HOME).status_code == 200
        return len(captured)

    received(timezone.now(), status="needs_attention", cause="refused:a", message="A.")
    received(timezone.now() - timedelta(days=2), status="submitted")
    statistics.refresh_if_due()
    queries(boss)
    few = queries(boss)
    for number in range(12):
        received(
            timezone.now() - timedelta(hours=5 * number),
            status="needs_attention",
            cause=f"refused:c{number}",
            message="x",
        )
    statistics.refresh()
    assert queries(boss) == few
    assert few <= 20
    queries(operator)  # the first page after a login notes the session
    assert queries(operator) <= 20


# --- the table of hours ---


def test_the_table_is_made_from_the_orders_and_may_be_made_again() -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=3)
    span = timedelta(days=8)
    received(hour + timedelta(minutes=1), status="submitted")
    moved = received(hour + timedelta(minutes=59), status="needs_attention", stopped_at=hour)
    for _ in range(2):
        statistics.refresh(span)
        row = HourlyOrders.objects.get(hour=hour)
        assert (row.received, row.stopped, row.by_status) == (2, 1, {"needs_attention": 1, "submitted": 1})
    Order.objects.filter(pk=moved.pk).update(status="submitted")
    statistics.refresh(span)
    assert HourlyOrders.objects.get(hour=hour).by_status == {"submitted": 2}
    Order.objects.all().delete()
    statistics.refresh(span)
    assert not HourlyOrders.objects.filter(hour=hour).exists()


def test_the_page_counts_by_itself_until_the_table_was_made_once(boss: Client) -> None:
    now = timezone.localtime()
    received(now - timedelta(days=3), status="submitted")

    def total() -> int:
        return sum(bar.point.total for bar in boss.get(HOME).context["home"]["charts"][1].bars)

    assert total() == 1
    assert statistics.refresh_if_due()
    assert total() == 1
    assert not statistics.refresh_if_due()


def test_days_are_those_of_the_reader() -> None:
    zone = ZoneInfo("America/New_York")
    now = datetime(2026, 3, 11, 1, 30, tzinfo=zone)  # Wednesday
    late = Bucket(datetime(2026, 3, 11, 3, tzinfo=UTC), 2, 1, Counter(submitted=2))  # Tuesday evening there
    early = Bucket(datetime(2026, 3, 11, 5, tzinfo=UTC), 1, 0, Counter(submitted=1))
    sunday = Bucket(datetime(2026, 3, 9, 3, tzinfo=UTC), 7, 0, Counter(submitted=7))  # last week there
    found = arrange([late, early, sunday], now, hours=24, days=14)
    assert (found.today.received, found.week.received) == (1, 3)
    assert [day.received for day in found.days][-4:] == [7, 0, 2, 1]
    assert [hour.received for hour in found.hours][-3:] == [2, 0, 1]


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.5, None),
        ([4.0], 0.95, 4.0),
        ([1, 2, 3, 4], 0.5, 2),
        (list(range(1, 101)), 0.95, 95),
        ([3, 1, 2], 0.5, 2),
    ],
)
def test_percentiles(values: list[float], share: float, expected: float | None) -> None:
    assert percentile(values, share) == expected


# --- charts ---


def test_a_chart_is_as_high_as_its_numbers_and_says_them_in_words() -> None:
    chart = bar_chart(
        "Orders", [Point("Mon", 10, 5, "/a"), Point("Tue", 0, 0, "/b"), Point("Wed", 20, 0, "/c")]
    )
    heights = [bar.height for bar in chart.bars]
    assert heights[0] * 2 == pytest.approx(heights[2], abs=0.2)
    assert heights[1] == 0
    assert chart.bars[0].bad_height * 2 == pytest.approx(heights[0], abs=0.2)
    assert chart.summary == "Orders: 30 orders, 5 needed attention; at most 20 in one bar."
    assert chart.bars[0].title == "Mon: 10 orders, 5 stopped"


@pytest.mark.parametrize(
    ("most", "ceiling"), [(0, 4), (4, 4), (5, 6), (9, 10), (11, 20), (61, 80), (999, 1000)]
)
def test_the_axis_ends_at_a_round_number(most: int, ceiling: int) -> None:
    assert nice_ceiling(most) == ceiling


def test_the_chart_of_the_page_has_no_style_or_script_of_its_own(boss: Client) -> None:
    received(timezone.now(), status="submitted")
    svg = re.findall(r"<svg class=\"hub-chart\".*?</svg>", boss.get(HOME).content.decode(), re.DOTALL)
    assert len(svg) == 2
    assert not [one for one in svg if re.search(r"style=|<script|\son\w+=", one)]


# --- range, storefront, untouched, causes of the week ---


def test_the_charts_show_the_days_asked_for(boss: Client) -> None:
    _, days = boss.get(f"{HOME}?days=35").context["home"]["charts"]
    assert len(days.bars) == 35
    _, days = boss.get(f"{HOME}?days=400").context["home"]["charts"]
    assert len(days.bars) == 14


def test_of_one_storefront_its_orders_are_counted_and_each_bar_leads_to_them(boss: Client) -> None:
    mine, other = make_storefront(), make_storefront()
    for storefront in (mine, mine, other):
        received(timezone.now(), storefront=storefront, status="submitted")
    home = boss.get(f"{HOME}?storefront={mine.pk}").context["home"]
    _, days = home["charts"]
    assert days.bars[-1].point.total == 2
    assert rows_behind(boss, days.bars[-1].point.url) == 2
    assert rows_behind(boss, home["table"][0]["today"][1]) == 2


def test_the_share_of_orders_that_never_needed_attention_is_rounded_down(boss: Client) -> None:
    now = timezone.now()
    for _ in range(2):
        received(now, status="submitted")
    received(now, status="submitted", stopped_at=now)
    found = boss.get(HOME).context["home"]["untouched"]
    assert (found.count, found.received, found.percent) == (2, 3, 66)


def test_causes_of_the_week_count_each_order_once_also_when_it_is_through() -> None:
    first, second = make_order(status="submitted"), make_order(status="needs_attention")
    for order, cause in ((first, "a"), (first, "a"), (second, "a"), (second, "b")):
        data = {"message": f"Order {order.number}, item 1: there is no {cause}.", "cause": cause}
        audit.record("order.stopped", data, order=order)
    found = statistics.top_causes(timezone.now() - timedelta(days=1))
    assert [(one.message, one.orders) for one in found] == [("There is no a.", 2), ("There is no b.", 1)]
    assert (
        statistics.top_causes(timezone.now() - timedelta(days=1), second.storefront_id, most=1)[0].orders == 1
    )
