"""`preview_order`, `process_order`, `resume_orders`: orders from the command line."""

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from automationhub.lib.fields import EncryptedSecret
from integrations.enums import OrderStatus
from integrations.models import AuditEntry, Order, PaceServer, Storefront
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from tests.conftest import Hub

STORE = "Example CU Store"


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def place(hub: Hub, method: str = "Ground") -> int:
    item = ItemDraft("Business Card", price="10.00", shipping="1.00", method=method, item_name="Avery's card")
    return hub.pressero.place(OrderDraft(STORE, "avery@example.com", [item]), notify=False)


# --- preview_order --------------------------------------------------------------------------------------------


def test_a_preview_prints_the_plan_with_where_each_value_comes_from(hub: Hub) -> None:
    printed = run("preview_order", STORE, str(number := place(hub)))
    assert printed.startswith(f"Order {number} of {STORE}\n")
    assert "Job 1 of 1" in printed
    fields = [line for line in printed.splitlines() if " = " in line]
    assert len(fields) > 10
    assert [line for line in fields if not re.search(r"    <- \S", line)] == []


def test_a_preview_as_json_is_the_plan(hub: Hub) -> None:
    plan = json.loads(run("preview_order", STORE, str(place(hub)), "--json"))
    [job] = plan["jobs"]
    assert all(set(planned) >= {"value", "source"} for planned in job["fields"].values())


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_preview_writes_nothing_anywhere(hub: Hub, options: tuple[str, ...]) -> None:
    number = place(hub)
    pace, order = hub.pace.state(), hub.pressero.order(number)
    entries = AuditEntry.objects.count()
    run("preview_order", STORE, str(number), *options)
    assert (hub.pace.state(), hub.pressero.order(number)) == (pace, order)
    assert (Order.objects.count(), AuditEntry.objects.count()) == (0, entries)


def test_a_preview_makes_only_calls_that_read(hub: Hub) -> None:
    run("preview_order", STORE, str(place(hub)))
    reads = re.compile(r"/(FindObjects|ReadObject|Version)/")
    assert [call.path for call in hub.pace.calls if not reads.search(call.path)] == []
    asks = re.compile(r"(Authentication|search)", re.IGNORECASE)
    asked = [(call.method, call.path) for call in hub.pressero.calls]
    assert [call for call in asked if call[0] != "GET" and not asks.search(call[1])] == []


def test_a_preview_shows_what_is_missing(hub: Hub) -> None:
    assert "PROBLEM" in run("preview_order", STORE, str(place(hub, method="Overnight")))


def test_a_preview_of_an_unknown_order_says_so(hub: Hub) -> None:
    with pytest.raises(CommandError, match="999999"):
        run("preview_order", STORE, "999999")


def test_a_preview_with_unreadable_credentials_says_so(hub: Hub) -> None:
    PaceServer.objects.update(password=EncryptedSecret("fernet:of another key"))
    with pytest.raises(CommandError, match=r"password of the Pace server .* cannot be read.*CREDENTIALS_KEY"):
        run("preview_order", STORE, str(place(hub)))


def test_a_storefront_is_found_whatever_its_case(hub: Hub) -> None:
    assert run("preview_order", " example cu STORE ", str(place(hub))).startswith("Order ")


@pytest.mark.parametrize("command", ["preview_order", "process_order"])
def test_an_unknown_storefront_is_answered_with_the_names_there_are(hub: Hub, command: str) -> None:
    with pytest.raises(CommandError, match=f"no storefront called “Nobody”.*“{STORE}”"):
        run(command, "Nobody", "1")


@pytest.mark.parametrize("command", ["preview_order", "process_order"])
@pytest.mark.parametrize("number", ["ten", "0", "1.5", "²", "9" * 30])
def test_what_is_no_order_number_is_refused(db: None, command: str, number: str) -> None:
    with pytest.raises(CommandError, match="number"):
        run(command, STORE, number)


# --- process_order --------------------------------------------------------------------------------------------


def test_an_order_is_taken_in_and_worked_on_here_and_now(hub: Hub) -> None:
    printed = run("process_order", STORE, str(number := place(hub)))
    order = Order.objects.get(number=number)
    assert order.status == OrderStatus.SUBMITTED
    [job] = order.jobs.all()
    assert printed.splitlines() == [f"Order {number}: Submitted", f"  job {job.number}  {job.description}"]


def test_an_order_that_is_processed_twice_has_one_job(hub: Hub) -> None:
    number = place(hub)
    for _ in range(2):
        run("process_order", STORE, str(number))
    assert len(hub.pace.objects("Job")) == 1


def test_an_order_that_needs_a_person_is_a_failure_that_says_why(hub: Hub) -> None:
    out = io.StringIO()
    with pytest.raises(CommandError, match="is not done"):
        call_command("process_order", STORE, str(place(hub, method="Overnight")), stdout=out)
    assert "Needs attention" in out.getvalue()
    assert "Overnight" in out.getvalue()


def test_an_order_on_hold_is_left_on_hold(hub: Hub) -> None:
    number = place(hub)
    hub.storefront()
    order = Order.objects.create(
        account=hub.account, storefront=hub.storefront(), number=number, status=OrderStatus.ON_HOLD
    )
    assert "on hold" in run("process_order", STORE, str(number))
    order.refresh_from_db()
    assert order.status == OrderStatus.ON_HOLD


def test_the_timeline_says_that_the_command_took_the_order_in(hub: Hub) -> None:
    run("process_order", STORE, str(place(hub)))
    assert AuditEntry.objects.filter(type="order.wanted", actor="command").count() == 1


# --- resume_orders --------------------------------------------------------------------------------------------


@pytest.fixture
def make_order(hub: Hub) -> Callable[..., Order]:
    def make(number: int, **columns: object) -> Order:
        return Order.objects.create(
            account=hub.account, storefront=hub.storefront(), number=number, **columns
        )

    return make


def test_every_due_order_is_put_back_to_work(make_order: Callable[..., Order]) -> None:
    now = timezone.now()
    make_order(1, due_at=now)
    make_order(2, due_at=now, queued_until=now + timedelta(seconds=60))
    make_order(3, due_at=now + timedelta(hours=1))
    assert run("resume_orders") == "2 orders queued.\n"


def test_an_order_whose_worker_died_is_put_back_to_work(make_order: Callable[..., Order]) -> None:
    now = timezone.now()
    make_order(1, due_at=now, lease_owner="elsewhere:1:1", lease_until=now - timedelta(seconds=1))
    assert run("resume_orders") == "1 order queued.\n"


def test_with_nothing_to_do_it_says_so(hub: Hub) -> None:
    assert run("resume_orders") == "0 orders queued.\n"


# --- an order of another storefront -------------------------------------------------------------------------------


def another_storefront(hub: Hub, name: str = "Lakeside Store") -> str:
    """A second storefront of the account, with a site of its own."""
    store = Storefront.objects.get(name=STORE)
    store.pk, store.name, store.site_id = None, name, "05000000-0000-4000-8000-000000009999"
    store._state.adding = True
    store.save()
    return name


def test_a_preview_of_another_storefronts_order_says_whose_it_is(hub: Hub) -> None:
    other, number = another_storefront(hub), place(hub)
    with pytest.raises(CommandError) as caught:
        run("preview_order", other, str(number))
    assert str(caught.value) == (
        f"Order {number} does not belong to the storefront “{other}” but to the storefront “{STORE}”. Choose that "
        "storefront."
    )


def test_processing_another_storefronts_order_says_whose_it_is_and_takes_nothing_in(hub: Hub) -> None:
    other, number = another_storefront(hub), place(hub)
    with pytest.raises(CommandError, match=f"but to the storefront “{STORE}”"):
        run("process_order", other, str(number))
    assert Order.objects.count() == 0
    assert f"Order {number}: Submitted" in run("process_order", STORE, str(number))
    with pytest.raises(CommandError, match=f"but to the storefront “{STORE}”"):
        run("process_order", other, str(number))


def test_an_order_of_a_site_that_is_not_set_up_names_the_site(hub: Hub) -> None:
    number = place(hub)
    store = Storefront.objects.get(name=STORE)
    store.site_id = "05000000-0000-4000-8000-000000009999"
    store.save()
    with pytest.raises(CommandError, match="which is not set up as a storefront"):
        run("preview_order", STORE, str(number))


def test_a_site_id_in_braces_and_capitals_is_the_same_site(hub: Hub) -> None:
    store = Storefront.objects.get(name=STORE)
    store.site_id = f"{{{store.site_id.upper()}}}"
    store.save()
    assert run("preview_order", STORE, str(place(hub))).startswith("Order ")
