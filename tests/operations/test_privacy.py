"""People are forgotten: out of finished orders and old events, while numbers, amounts, jobs and dates stay."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import Schedule

from integrations import tasks
from integrations.core.audit import log as audit
from integrations.enums import EventVerdict, OrderStatus, StorefrontMode
from integrations.models import (
    AuditEntry,
    ContactCreation,
    Order,
    OrderItem,
    PaceJob,
    SavedView,
    WebhookEvent,
)
from integrations.operations import list_views, privacy
from integrations.orders.intake import receive
from integrations.orders.submission import shadow
from integrations.simulation.demo.by_hand import make_job
from integrations.simulation.sandbox.pressero import Buyer, ItemDraft, OrderDraft, SandboxAddress
from tests.admin.pages import ORDER_TABS
from tests.conftest import Hub
from tests.factories import make_event, make_order, make_superuser
from tests.messages import WebhookSender, message

EMAIL = "noa.newcomer@example.com"
PERSONAL = (EMAIL, "Newcomer", "Harbour Rd", "Duluth")


def forget(email: str = EMAIL) -> str:
    out = StringIO()
    call_command("forget_contact", email, stdout=out)
    return out.getvalue()


def everything_stored() -> str:
    """All tables of the hub but the reference lists."""
    left = ""
    for table in connection.introspection.table_names():
        if table.startswith(("integrations_", "django_q")) and "reference" not in table:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - our own tables
                left += repr(cursor.fetchall())
    return left


@pytest.fixture
def finished(hub: Hub) -> Order:
    """An order of somebody new to Pace, with jobs there, events, an alert, a change; and finished."""
    home = SandboxAddress(business="Newcomer Studio", first_name="Noa", last_name="Newcomer", address1="7 Harbour Rd",
                      city="Duluth", state="MN", postal="55802", country="US")  # fmt: skip
    item = ItemDraft("Business Card", price="180.00", shipping="22.00", method="Ground", ship_to=home,
                     item_name="Card of Noa Newcomer", notes=f"For Noa Newcomer <{EMAIL}>")  # fmt: skip
    buyer = Buyer("Noa", "Newcomer", EMAIL, business="Newcomer Studio", address=home)
    order = hub.process(OrderDraft("Example CU Store", buyer, [item]))
    assert order.status == OrderStatus.SUBMITTED, order.message
    make_event(account=order.account, order=order, body=f'{{"Email": "{EMAIL}"}}', message_id="genuine")
    order.changes.create(item=1, field="notes", before="Noa Newcomer", after="x", found_at=timezone.now())
    Order.objects.filter(pk=order.pk).update(status=OrderStatus.COMPLETED)
    return Order.objects.get(pk=order.pk)


def test_afterwards_nothing_of_the_person_is_in_any_table(finished: Order) -> None:
    before = everything_stored()
    assert [word for word in PERSONAL if word not in before] == []
    said = forget()
    after = everything_stored()
    assert [word for word in PERSONAL if word in after] == []
    assert f"1 finished orders cleared of personal data ({finished.number})" in said


def test_what_was_compared_in_shadow_mode_goes_too(hub: Hub) -> None:
    hub.storefront(mode=StorefrontMode.SHADOW)
    home = SandboxAddress(business="Newcomer Studio", first_name="Noa", last_name="Newcomer", address1="7 Harbour Rd",
                   city="Duluth", state="MN", postal="55802", country="US")  # fmt: skip
    buyer = Buyer("Noa", "Newcomer", EMAIL, business="Newcomer Studio", address=home)
    item = ItemDraft("Business Card", price="180.00", method="Ground", ship_to=home)
    order = hub.process(OrderDraft("Example CU Store", buyer, [item]))
    make_job(hub.pace, order, job={"customer": "EXCU", "contactLastName": "Newcomer-Smith"})
    shadow.compare_due()
    assert "Newcomer-Smith" in everything_stored()
    forget()
    after = everything_stored()
    assert [word for word in PERSONAL if word in after] == []


def test_what_accounting_needs_stays(finished: Order) -> None:
    forget()
    order = Order.objects.get()
    assert (order.number, order.total, order.placed_at) == (
        finished.number,
        finished.total,
        finished.placed_at,
    )
    assert order.status == OrderStatus.COMPLETED
    assert OrderItem.objects.get().price == Decimal("180.00")
    job = PaceJob.objects.get()
    assert job.number
    assert job.submitted_at is not None
    assert order.plan["jobs"][0]["parts"][0]["fields"]["quotedPrice"]["value"] == "202.00"  # type: ignore[index]
    told = [audit.describe(entry).sentence for entry in AuditEntry.objects.filter(order=order)]
    assert f"Job {job.number} is in Pace." in told


def test_the_timeline_says_that_it_was_done(finished: Order) -> None:
    forget()
    assert AuditEntry.objects.filter(order=finished, type="order.forgotten").count() == 1


def test_a_second_time_finds_nothing(finished: Order) -> None:
    forget()
    assert forget().startswith(
        "0 finished orders cleared of personal data, 0 other events emptied, 0 other rows"
    )


def test_an_order_that_is_not_finished_is_left_alone_and_named(finished: Order) -> None:
    Order.objects.update(status=OrderStatus.SUBMITTED)
    said = forget()
    assert f"Orders that are not finished were skipped ({finished.number})" in said
    assert Order.objects.get().buyer_email == EMAIL
    assert Order.objects.get().fetched is not None


def test_other_people_stay(finished: Order) -> None:
    other = make_order(
        status=OrderStatus.COMPLETED, buyer_email="avery@example.com", fetched={"a": "avery@example.com"}
    )
    forget()
    other.refresh_from_db()
    assert (other.buyer_email, other.fetched) == ("avery@example.com", {"a": "avery@example.com"})


def test_events_without_an_order_are_emptied_but_known(finished: Order, client: Client) -> None:
    sign_up = message("NewSiteUser", None, Data={"Email": EMAIL.upper()})
    sender = WebhookSender(client)
    assert sender.post(sign_up).status_code == 202
    assert "1 other events emptied" in forget()
    event = WebhookEvent.objects.get(verdict=EventVerdict.NO_ORDER)
    assert EMAIL not in event.body.lower()
    assert sender.post(sign_up).status_code == 200  # a duplicate for ever


def test_the_right_to_create_the_contact_goes_unless_somebody_holds_it(finished: Order) -> None:
    ContactCreation.objects.all().delete()
    for key, txn in ((f"email:{EMAIL}", ""), (f"email:2{EMAIL}", "open")):
        ContactCreation.objects.create(server=finished.storefront.pace_server, key=key, txn=txn)
    forget()
    assert [row.txn for row in ContactCreation.objects.all()] == ["open"]


def test_the_pages_of_a_cleared_order_still_open(finished: Order, client: Client) -> None:
    forget()
    client.force_login(make_superuser())
    page = reverse("admin:integrations_order_change", args=[finished.pk])
    for tab in ORDER_TABS:
        answer = client.get(f"{page}?tab={tab}")
        assert answer.status_code == 200, tab
        assert EMAIL not in answer.content.decode()
    event = WebhookEvent.objects.filter(order=finished).first()
    assert event is not None
    assert client.get(reverse("admin:integrations_webhookevent_change", args=[event.pk])).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "nobody", "%", "a@b@c", "x' OR '1'='1"])
def test_only_an_address_can_be_forgotten(text: str) -> None:
    with pytest.raises(CommandError, match="email address"):
        forget(text)


# --- by age ---------------------------------------------------------------------------------------------------------


def event_of(order: Order | None, days: int) -> WebhookEvent:
    event = make_event(order=order, **({"account": order.account} if order else {}))
    WebhookEvent.objects.filter(pk=event.pk).update(received_at=timezone.now() - timedelta(days=days))
    return event


@pytest.mark.django_db
def test_texts_of_old_events_go_and_those_of_unfinished_orders_stay() -> None:
    old = event_of(make_order(status=OrderStatus.COMPLETED), 100)
    young = event_of(make_order(status=OrderStatus.COMPLETED), 10)
    needed = event_of(make_order(status=OrderStatus.SUBMITTED), 100)
    loose = event_of(None, 100)
    assert privacy.empty_old_events(90) == 2
    assert privacy.empty_old_events(90) == 0
    emptied = set(WebhookEvent.objects.filter(body=privacy.REMOVED).values_list("pk", flat=True))
    assert emptied == {old.pk, loose.pk}
    assert {young.pk, needed.pk}.isdisjoint(emptied)


@pytest.mark.django_db
def test_orders_are_cleared_by_age_when_that_is_set() -> None:
    order, unfinished, young = (make_order(status=s) for s in ("completed", "submitted", "completed"))
    long_ago = timezone.now() - timedelta(days=400)
    Order.objects.exclude(pk=young.pk).update(received_at=long_ago)
    assert privacy.clear_old_orders(0) == 0
    assert privacy.clear_old_orders(365) == 1
    assert privacy.clear_old_orders(365) == 0
    cleared = Order.objects.filter(buyer_email="").values_list("pk", flat=True)
    assert list(cleared) == [order.pk]
    assert unfinished.pk not in cleared


def test_it_is_done_every_night(schedules: None, settings: Any) -> None:
    assert Schedule.objects.get(func="integrations.tasks.purge").schedule_type == Schedule.DAILY
    settings.KEEP_PERSONAL_DAYS = 30
    order = make_order(status=OrderStatus.COMPLETED)
    Order.objects.update(received_at=timezone.now() - timedelta(days=31))
    audit.record("order.claimed", {"attempt": 1}, order=order)
    assert tasks.purge() == "0 audit entries removed, 0 events emptied, 1 orders cleared."


@pytest.mark.django_db
def test_a_late_event_of_a_cleared_order_is_taken_in(finished: Order) -> None:
    forget()
    assert receive.ensure_order(finished.storefront, finished.number).pk == finished.pk


def test_a_saved_view_that_searches_for_the_person_goes_too(finished: Order) -> None:
    owner = make_superuser("views")
    for text in (EMAIL, "someone@else.example"):
        query = list_views.filters_of(urlencode({"q": text}))
        SavedView.objects.create(owner=owner, of_list="integrations.order", name=text[:5], query=query)
    forget()
    assert [view.query for view in SavedView.objects.all()] == ["q=someone%40else.example"]
