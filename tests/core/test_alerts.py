"""Staff are told by mail: each thing once, together what belongs together, never in the way of an order."""

from datetime import date, timedelta
from smtplib import SMTPException
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from integrations.causes import Cause, CauseKind
from integrations.core import alert_mail, alerts
from integrations.enums import OrderStatus
from integrations.models import Alert, Order, Storefront
from tests.factories import make_order, make_storefront

pytestmark = pytest.mark.django_db

AT_ONCE = timedelta(0)


GROUND = CauseKind.SHIPMENT_METHOD.of("ground")


@pytest.fixture(autouse=True)
def _mail_is_set_up(settings: Any) -> None:
    settings.EMAIL_IS_CONFIGURED = True


@pytest.fixture
def storefront() -> Storefront:
    return make_storefront(alert_emails=["desk@example.com"])


def stopped(storefront: Storefront, cause: Cause = GROUND) -> Order:
    order = make_order(storefront=storefront, status=OrderStatus.NEEDS_ATTENTION)
    alerts.raise_alert(order, "needs_attention", f"Order {order.number} has no ship via.", cause=cause)
    return order


def test_the_same_cause_of_many_orders_is_one_mail_with_a_line_each(storefront: Storefront) -> None:
    orders = [stopped(storefront) for _ in range(40)]
    assert alerts.send_waiting(gather=AT_ONCE) == 1
    [message] = mail.outbox
    assert "40 orders" in message.subject
    assert all(f"Order {order.number} " in message.body for order in orders)


def test_different_causes_are_different_mails(storefront: Storefront) -> None:
    stopped(storefront, GROUND)
    stopped(storefront, CauseKind.BUYER_EMAIL.of("missing"))
    assert alerts.send_waiting(gather=AT_ONCE) == 2


def test_one_order_and_cause_is_told_once(storefront: Storefront) -> None:
    order = stopped(storefront)
    alerts.raise_alert(order, "needs_attention", "Once more.", cause=GROUND)
    assert Alert.objects.count() == 1


def test_a_mail_that_another_worker_sends_is_not_sent_twice(
    storefront: Storefront, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(storefront)
    compose, sent_by_the_other = alert_mail.compose, []

    def compose_and_be_overtaken(members: list[Alert]) -> Any:
        if not sent_by_the_other:
            sent_by_the_other.append(0)
            sent_by_the_other.append(alerts.send_waiting(gather=AT_ONCE))
        return compose(members)

    monkeypatch.setattr(alert_mail, "compose", compose_and_be_overtaken)
    alerts.send_waiting(gather=AT_ONCE)
    assert len(mail.outbox) == 1


def test_alerts_wait_a_little_for_others_of_their_kind(storefront: Storefront) -> None:
    stopped(storefront)
    assert alerts.send_waiting() == 0
    Alert.objects.update(created_at=timezone.now() - alerts.GATHER)
    assert alerts.send_waiting() == 1


def test_without_an_address_nobody_is_told() -> None:
    stopped(make_storefront(alert_emails=[]))
    assert not Alert.objects.exists()


def test_the_servers_addresses_stand_in_for_the_storefronts() -> None:
    storefront = make_storefront(alert_emails=[])
    storefront.pace_server.alert_emails = ["plant@example.com"]
    storefront.pace_server.save()
    stopped(storefront)
    alerts.send_waiting(gather=AT_ONCE)
    assert mail.outbox[0].to == ["plant@example.com"]


@pytest.mark.parametrize("error", [SMTPException("no"), ConnectionRefusedError("no"), TimeoutError("no")])
def test_a_mail_server_that_fails_is_tried_again_and_nothing_is_lost(
    storefront: Storefront, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(self: object) -> None:
        raise error

    stopped(storefront)
    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", fail)
        assert alerts.send_waiting(gather=AT_ONCE) == 0
    assert alerts.send_waiting(gather=AT_ONCE) == 1


def test_without_a_mail_server_alerts_are_kept(storefront: Storefront, settings: Any) -> None:
    settings.EMAIL_IS_CONFIGURED = False
    stopped(storefront)
    assert alerts.send_waiting(gather=AT_ONCE) == 0
    assert Alert.objects.get().sent_at is None


def test_a_name_with_a_line_break_makes_no_second_mail_header() -> None:
    storefront = make_storefront(name="Store\nBcc: everyone@example.com", alert_emails=["desk@example.com"])
    stopped(storefront)
    alerts.send_waiting(gather=AT_ONCE)
    assert "\n" not in mail.outbox[0].subject
    assert mail.outbox[0].recipients() == ["desk@example.com"]


def test_the_daily_summary_counts_orders_and_lists_what_is_stuck(storefront: Storefront) -> None:
    make_order(storefront=storefront, status=OrderStatus.SUBMITTED)
    make_order(storefront=storefront, status=OrderStatus.NEEDS_ATTENTION, message="Order 7 has no email.")
    alerts.raise_digest(date(2026, 3, 2))
    alerts.send_waiting(gather=AT_ONCE)
    body = mail.outbox[0].body
    assert "needs attention 1, submitted 1" in body
    assert "Order 7 has no email." in body


def test_the_daily_summary_comes_once_a_day(storefront: Storefront) -> None:
    for _ in range(2):
        alerts.raise_digest(date(2026, 3, 2))
    alerts.raise_digest(date(2026, 3, 3))
    assert Alert.objects.count() == 2


def test_a_trial_goes_the_way_of_every_alert(storefront: Storefront) -> None:
    alerts.try_out(["it@example.com", "it@example.com"])
    alerts.send_waiting(gather=AT_ONCE)
    assert mail.outbox[0].to == ["it@example.com"]


# --- what orders write never becomes a header ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "evil", ["Shop\nBcc: evil@example.com", "Shop\r\nBcc: evil@example.com\r\n\r\nhello", "Shop\x0bX: y"]
)
def test_a_line_break_in_a_name_makes_no_header(storefront: Storefront, evil: str) -> None:
    Storefront.objects.filter(pk=storefront.pk).update(name=evil)
    order = stopped(Storefront.objects.get(pk=storefront.pk))
    Alert.objects.update(text=f"Order {order.number}: {evil}")
    assert alerts.send_waiting(gather=AT_ONCE) == 1
    [message] = mail.outbox
    assert message.recipients() == ["desk@example.com"]
    headers = message.message()
    assert headers["Bcc"] is None
    assert len(message.subject.splitlines()) == 1
    assert not set(headers.keys()) & {"X", "hello"}


def test_an_address_that_no_header_can_hold_keeps_no_other_mail_back(storefront: Storefront) -> None:
    bad = make_storefront(alert_emails=["evil@example.com\nBcc: other@example.com"])
    stopped(bad, CauseKind.REFUSED.of("one"))
    stopped(storefront, CauseKind.REFUSED.of("other"))
    assert alerts.send_waiting(gather=AT_ONCE) == 1
    assert [message.recipients() for message in mail.outbox] == [["desk@example.com"]]


# --- what a mail says, and where it leads ---------------------------------------------------------------------------


@pytest.fixture
def reachable(settings: Any) -> None:
    settings.PORTAL_URL = "https://hub.example.com"


def ship_via_missing(storefront: Storefront, **values: Any) -> Order:
    order = make_order(
        storefront=storefront,
        status=OrderStatus.NEEDS_ATTENTION,
        items=3,
        ship_by=date(2026, 3, 13),
        **values,
    )
    text = f'Order {order.number}, item 1: the shipping method "Overnight" has no Pace ship via. Add a row.'
    alerts.raise_alert(order, "needs_attention", text, cause=CauseKind.SHIPMENT_METHOD.of("overnight"))
    return order


def sent_mail() -> tuple[str, str, str]:
    """Subject, text and HTML of the only mail."""
    alerts.send_waiting(gather=AT_ONCE)
    (message,) = mail.outbox
    assert isinstance(message, mail.EmailMultiAlternatives)
    ((html, kind),) = message.alternatives
    assert kind == "text/html"
    return str(message.subject), str(message.body), str(html)


def test_the_subject_names_the_order_and_the_cause(storefront: Storefront) -> None:
    order = ship_via_missing(storefront)
    subject, _, _ = sent_mail()
    assert subject == (
        f"Automation Hub: Order {order.number} ({storefront.name}), needs attention: "
        'the shipping method "Overnight" has no Pace ship via'
    )


def test_a_mail_says_who_the_customer_is_what_was_ordered_and_when_it_ships(storefront: Storefront) -> None:
    ship_via_missing(storefront)
    _, text, html = sent_mail()
    for body in (text, html):
        assert "Example Credit Union" in body
        assert "2 × Business Card 1, 2 × Business Card 2 and 1 more" in body
        assert "Fri, Mar 13" in body


@pytest.mark.usefixtures("reachable")
def test_a_mail_leads_to_the_prefilled_fix_the_order_and_its_snooze(storefront: Storefront) -> None:
    order = ship_via_missing(storefront)
    _, text, html = sent_mail()
    page = f"https://hub.example.com/admin/integrations/order/{order.pk}/change/"
    fill = f"storefront={storefront.pk}&pressero_method=Overnight&cause=shipment_method%3Aovernight"
    fix = f"https://hub.example.com/admin/mappings/shipmentmethodmapping/add/?{fill}"
    assert f"Add the missing row: {fix}" in text
    assert f"Snooze: {page}#hub-snooze" in text
    assert f'href="{fix.replace("&", "&amp;")}"' in html
    assert f'href="{page}"' in html


@pytest.mark.usefixtures("reachable")
def test_orders_of_one_cause_are_a_table_with_a_link_each(storefront: Storefront) -> None:
    orders = [ship_via_missing(storefront) for _ in range(3)]
    subject, text, html = sent_mail()
    assert "3 orders, needs attention: the shipping method" in subject
    assert html.count("<tbody>") == 1
    for order in orders:
        assert f"/admin/integrations/order/{order.pk}/change/" in html
        assert f"Order {order.number}" in text
    assert "https://hub.example.com/admin/inbox/" in text


def test_without_the_address_of_the_portal_a_mail_has_no_links(storefront: Storefront) -> None:
    ship_via_missing(storefront)
    _, text, html = sent_mail()
    assert "href" not in html
    assert "http" not in text


def test_what_an_order_says_is_text_in_a_mail_never_markup(storefront: Storefront) -> None:
    ship_via_missing(storefront, customer_name="<script>alert(1)</script> & Sons")
    _, text, html = sent_mail()
    assert "<script>alert(1)</script> & Sons" in text
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_mail_of_many_orders_costs_as_many_queries_as_one_of_few(
    storefront: Storefront, django_assert_num_queries: Any
) -> None:
    for _ in range(5):
        ship_via_missing(storefront)
    waiting = list(Alert.objects.select_related("order__storefront"))
    with django_assert_num_queries(1):
        alert_mail.compose(waiting)
