"""The scheduled step: told once, over once, switched off by staff; and the page that shows it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.core.connections import circuits
from integrations.models import Alert, AlertRule, AuditEntry, Heartbeat, HourlyOrders, Order
from integrations.operations.watch import check, facts
from integrations.operations.watch.rules import RULES
from tests.factories import make_order, make_server, make_superuser, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def staff() -> None:
    boss = make_superuser()
    boss.email = "boss@example.com"
    boss.save()


def alerts(kind: str) -> list[str]:
    return list(Alert.objects.filter(kind=kind).order_by("pk").values_list("text", flat=True))


def beat(**columns: Any) -> None:
    Heartbeat.objects.update_or_create(cluster="machine-1:1:a", defaults={"at": timezone.now(), **columns})


def test_every_rule_is_there_and_on_from_the_start() -> None:
    check.make_missing()
    assert set(AlertRule.objects.filter(active=True).values_list("key", flat=True)) == {
        rule.key for rule in RULES
    }


def test_what_a_rule_finds_is_told_once_and_its_end_once() -> None:
    beat(disk_free=3)
    check.check()
    check.check()
    [text] = alerts("disk_full")
    assert text.startswith("The disk of machine machine-1 is nearly full: 3% are free.")
    assert Alert.objects.get(kind="disk_full").recipients == ["boss@example.com"]
    beat(disk_free=50)
    check.check()
    check.check()
    assert alerts("back_to_normal") == ["The disk of machine machine-1 has enough space again."]


def test_the_same_again_later_is_told_again() -> None:
    for free in (3, 50, 3):
        beat(disk_free=free)
        check.check()
    assert len(alerts("disk_full")) == 2


def test_the_addresses_of_the_pace_servers_are_told() -> None:
    make_server(alert_emails=["plant@example.com"])
    beat(disk_free=3)
    check.check()
    assert Alert.objects.get(kind="disk_full").recipients == ["plant@example.com"]


def test_a_rule_that_is_off_shows_its_value_and_tells_nothing() -> None:
    check.make_missing()
    AlertRule.objects.filter(key="disk_full").update(active=False)
    beat(disk_free=3)
    check.check()
    assert alerts("disk_full") == []
    assert AlertRule.objects.get(key="disk_full").value == "3% free on machine-1."


def test_a_rule_switched_off_while_it_alerts_does_not_say_that_all_is_well() -> None:
    beat(disk_free=3)
    check.check()
    AlertRule.objects.update(active=False)
    check.check()
    assert alerts("back_to_normal") == []


def test_a_threshold_of_staff_counts() -> None:
    check.make_missing()
    AlertRule.objects.filter(key="disk_full").update(threshold=2)
    beat(disk_free=3)
    check.check()
    assert alerts("disk_full") == []


def test_an_order_near_its_ship_date_is_told_to_its_storefront_once() -> None:
    order = make_order(status="needs_attention", ship_by=facts.now_here().date() + timedelta(days=1))
    order.storefront.alert_emails = ["shop@example.com"]
    order.storefront.save()
    make_order(status="submitted", submitted_at=timezone.now(), ship_by=facts.now_here().date())
    check.check()
    check.check()
    alert = Alert.objects.get(kind="ship_date_near")
    assert (alert.order, alert.recipients) == (order, ["shop@example.com"])
    Order.objects.filter(pk=order.pk).update(status="submitted", submitted_at=timezone.now())
    check.check()
    assert AlertRule.objects.get(key="ship_date_near").open_findings == {}


def test_orders_of_the_same_weekdays_are_found_in_the_table_of_hours() -> None:
    now = facts.now_here().replace(hour=12, minute=0, second=0, microsecond=0)
    for weeks in (1, 2, 3):
        hour = (now - timedelta(weeks=weeks)).astimezone(timezone.get_default_timezone())
        HourlyOrders.objects.create(hour=hour, received=5)
    seen = facts.gather(now)
    assert [sum(day) for day in seen.usual_hours] == [5, 5, 5, 0]
    assert [day[12 - 8] for day in seen.usual_hours] == [5, 5, 5, 0]


def test_the_connection_rule_switches_its_alerts_off() -> None:
    check.make_missing()
    server = make_server(alert_emails=["plant@example.com"])
    AlertRule.objects.filter(key="connection_down").update(active=False)
    for _ in range(circuits.FAILURES_TO_OPEN):
        circuits.note_failure(server, "no answer")
    assert alerts("connection_down") == []
    check.check()
    assert server.name in AlertRule.objects.get(key="connection_down").value


def test_the_step_runs_once_a_minute_and_asks_no_more_for_more_orders() -> None:
    assert check.check_if_due()
    assert not check.check_if_due()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            check.check()
        return len(captured)

    make_order(due_at=timezone.now())
    first = queries()
    for _ in range(5):
        make_order(due_at=timezone.now())
    assert queries() == first


# --- the page ---------------------------------------------------------------------------------------------------


def client_of(*rights: str) -> Client:
    client = Client()
    client.force_login(make_user("kim", *rights))
    return client


def page(key: str) -> str:
    return reverse("admin:integrations_alertrule_change", args=[AlertRule.objects.get(key=key).pk])


def test_the_list_says_what_each_rule_watches_and_saw_last() -> None:
    beat(disk_free=3)
    check.check()
    html = (
        client_of("view_alertrule").get(reverse("admin:integrations_alertrule_changelist")).content.decode()
    )
    for rule in RULES:
        assert str(rule.title) in html.replace("&#x27;", "'")
    assert "3% free on machine-1." in html
    assert "Percent free: 10" in html


def test_a_change_is_saved_and_told_in_the_audit_log() -> None:
    check.make_missing()
    client = client_of("view_alertrule", "change_alertrule")
    assert client.post(page("disk_full"), {"threshold": "5"}).status_code == 302
    row = AlertRule.objects.get(key="disk_full")
    assert (row.active, row.threshold) == (False, 5)
    settings = {entry.data["setting"] for entry in AuditEntry.objects.filter(type="alert_rule.changed")}
    assert settings == {"active", "threshold"}


@pytest.mark.parametrize("threshold", ["", "0", "-1", "x"])
def test_a_threshold_that_makes_no_sense_is_refused(threshold: str) -> None:
    check.make_missing()
    client = client_of("view_alertrule", "change_alertrule")
    assert client.post(page("disk_full"), {"active": "on", "threshold": threshold}).status_code == 200
    assert AlertRule.objects.get(key="disk_full").threshold == 10


def test_who_may_only_look_changes_nothing() -> None:
    check.make_missing()
    assert client_of("view_alertrule").post(page("disk_full"), {"threshold": "5"}).status_code == 403
