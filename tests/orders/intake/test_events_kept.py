"""Events that came before their storefront was set up are kept, and taken in when it is; any event can be replayed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from integrations.enums import EventVerdict, OrderStatus
from integrations.models import AuditEntry, Order, Storefront, WebhookEvent
from integrations.operations.setup.configuration import export_configuration, import_configuration
from integrations.orders.intake import receive
from integrations.orders.submission import runner
from integrations.simulation.sandbox.pressero import OrderDraft, seed
from tests.conftest import Hub
from tests.messages import UNKNOWN_SITE, WebhookSender, message


def set_up(storefront: Storefront, site_id: str = UNKNOWN_SITE, **columns: Any) -> Storefront:
    """A storefront for a site nobody knew."""
    columns = {"name": "New Shop", "site_id": site_id} | columns
    return Storefront.objects.create(
        pressero_account=storefront.pressero_account, pace_server=storefront.pace_server, **columns
    )


# --- adoption -------------------------------------------------------------------------------------------------


def test_events_of_an_unknown_site_are_taken_in_when_its_storefront_is_set_up(sender: WebhookSender) -> None:
    for number in (7, 8):
        sender.post(message(number=number, SiteId=UNKNOWN_SITE))
    new = set_up(sender.storefront)
    assert receive.adopt_waiting_events(new) == 2
    assert set(Order.objects.values_list("number", "storefront__name")) == {(7, "New Shop"), (8, "New Shop")}


def test_a_taken_in_event_is_linked_to_its_order_and_accepted(sender: WebhookSender) -> None:
    sender.post(message(SiteId=UNKNOWN_SITE))
    receive.adopt_waiting_events(set_up(sender.storefront))
    event = WebhookEvent.objects.get()
    assert (event.verdict, event.order) == (EventVerdict.ACCEPTED, Order.objects.get())
    assert event.storefront is not None


def test_a_taken_in_order_is_due(sender: WebhookSender) -> None:
    sender.post(message(SiteId=UNKNOWN_SITE))
    receive.adopt_waiting_events(set_up(sender.storefront))
    assert Order.objects.get().due_at is not None


def test_several_events_of_one_order_make_one_order(sender: WebhookSender) -> None:
    for name in ("OrderPlaced", "OrderUpdated"):
        sender.post(message(name, SiteId=UNKNOWN_SITE))
    assert receive.adopt_waiting_events(set_up(sender.storefront)) == 2
    assert Order.objects.count() == 1


def test_the_timeline_says_that_the_event_had_waited(sender: WebhookSender) -> None:
    sender.post(message(SiteId=UNKNOWN_SITE))
    receive.adopt_waiting_events(set_up(sender.storefront))
    assert AuditEntry.objects.filter(type="event.adopted", order=Order.objects.get()).count() == 1


def test_nothing_is_taken_in_twice(sender: WebhookSender) -> None:
    sender.post(message(SiteId=UNKNOWN_SITE))
    new = set_up(sender.storefront)
    assert [receive.adopt_waiting_events(new), receive.adopt_waiting_events(new)] == [1, 0]


def test_the_case_of_the_site_id_does_not_matter(sender: WebhookSender) -> None:
    sender.post(message(SiteId=UNKNOWN_SITE.upper()))
    assert receive.adopt_waiting_events(set_up(sender.storefront)) == 1


def test_events_of_other_sites_stay_where_they_are(sender: WebhookSender) -> None:
    sender.post(message(SiteId="another-site"))
    assert receive.adopt_waiting_events(set_up(sender.storefront)) == 0
    assert not Order.objects.exists()


def test_an_inactive_storefront_takes_nothing_in(sender: WebhookSender) -> None:
    sender.post(message(SiteId=UNKNOWN_SITE))
    assert receive.adopt_waiting_events(set_up(sender.storefront, active=False)) == 0


def test_an_event_without_an_order_waits_for_nobody(sender: WebhookSender) -> None:
    sender.post(message("NewSiteUser", number=None, SiteId=UNKNOWN_SITE))
    assert receive.adopt_waiting_events(set_up(sender.storefront)) == 0


def test_events_of_an_inactive_storefront_are_taken_in_when_it_is_activated(sender: WebhookSender) -> None:
    Storefront.objects.update(active=False)
    sender.post(message())
    Storefront.objects.update(active=True)
    assert receive.adopt_waiting_events(sender.storefront) == 1
    assert Order.objects.get().due_at is not None


def test_an_import_of_the_configuration_takes_waiting_events_in(sender: WebhookSender) -> None:
    sender.post(message(SiteId=UNKNOWN_SITE))
    configuration = export_configuration()
    known = configuration["storefronts"][0]
    import_configuration(
        {"storefronts": [known, known | {"name": "New Shop", "site_id": UNKNOWN_SITE.upper()}]}
    )
    assert Order.objects.get().storefront.name == "New Shop"


def test_an_import_that_activates_a_storefront_takes_its_events_in(sender: WebhookSender) -> None:
    Storefront.objects.update(active=False)
    sender.post(message())
    configuration = export_configuration()
    configuration["storefronts"][0]["active"] = True
    import_configuration(configuration)
    assert Order.objects.get().due_at is not None


def test_a_rehearsal_of_an_import_takes_nothing_in(sender: WebhookSender) -> None:
    Storefront.objects.update(active=False)
    sender.post(message())
    configuration = export_configuration()
    configuration["storefronts"][0]["active"] = True
    import_configuration(configuration, dry_run=True)
    assert not Order.objects.exists()


def test_an_order_that_waited_for_its_storefront_becomes_a_job(
    hub: Hub, client: Client, draft: Callable[..., OrderDraft]
) -> None:
    hub.storefront(active=False)
    number = hub.pressero.place(draft(), notify=False)
    WebhookSender(client).post(message(number=number, SiteId=seed.CU_STORE))
    receive.adopt_waiting_events(hub.storefront(active=True))
    order = Order.objects.get(number=number)
    runner.process(order.pk)
    order.refresh_from_db()
    assert order.status == OrderStatus.SUBMITTED


# --- replay ---------------------------------------------------------------------------------------------------


def test_a_replay_makes_the_order_due_again(sender: WebhookSender) -> None:
    sender.post(message(number=7))
    Order.objects.update(due_at=None, status=OrderStatus.SUBMITTED)
    event = WebhookEvent.objects.get()
    assert receive.replay(event, actor="kim") == f"Event {event.pk}: order 7 is checked again."
    assert Order.objects.get().due_at is not None


def test_a_replay_makes_no_second_event(sender: WebhookSender) -> None:
    sender.post(message())
    receive.replay(WebhookEvent.objects.get(), actor="kim")
    assert WebhookEvent.objects.count() == 1


def test_a_replay_takes_in_an_event_whose_storefront_came_later(sender: WebhookSender) -> None:
    sender.post(message(number=7, SiteId=UNKNOWN_SITE))
    set_up(sender.storefront)
    receive.replay(WebhookEvent.objects.get(), actor="kim")
    event = WebhookEvent.objects.get()
    assert (event.verdict, event.order) == (EventVerdict.ACCEPTED, Order.objects.get(number=7))


def test_a_replay_of_an_unknown_site_says_what_to_do_first(sender: WebhookSender) -> None:
    sender.post(message(SiteId=UNKNOWN_SITE))
    sentence = receive.replay(WebhookEvent.objects.get(), actor="kim")
    assert UNKNOWN_SITE in sentence
    assert "Set one up first" in sentence
    assert not Order.objects.exists()


def test_a_replay_of_an_event_without_an_order_says_so(sender: WebhookSender) -> None:
    sender.post(message("NewSiteUser", number=None))
    assert "not about an order" in receive.replay(WebhookEvent.objects.get(), actor="kim")


def test_a_replay_leaves_a_held_order_on_hold(sender: WebhookSender) -> None:
    sender.post(message())
    Order.objects.update(status=OrderStatus.ON_HOLD, due_at=None)
    receive.replay(WebhookEvent.objects.get(), actor="kim")
    assert (Order.objects.get().status, Order.objects.get().due_at) == (OrderStatus.ON_HOLD, None)


@pytest.mark.parametrize("verdict", [EventVerdict.ACCEPTED, EventVerdict.CONFLICT, EventVerdict.UNKNOWN_TYPE])
def test_a_replay_keeps_what_is_known_of_the_event(sender: WebhookSender, verdict: str) -> None:
    sender.post(message())
    WebhookEvent.objects.update(verdict=verdict)
    receive.replay(WebhookEvent.objects.get(), actor="kim")
    assert WebhookEvent.objects.get().verdict == verdict
