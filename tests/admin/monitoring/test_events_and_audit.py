"""Webhook events and the audit log in the portal."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from integrations.core.audit import log as audit
from integrations.models import AuditEntry, Order, WebhookEvent
from tests.factories import make_account, make_event, make_order, make_storefront

pytestmark = pytest.mark.django_db

EVENTS = reverse("admin:integrations_webhookevent_changelist")
AUDIT = reverse("admin:integrations_auditentry_changelist")


def replay(event: WebhookEvent) -> str:
    return reverse("admin:integrations_webhookevent_replay", args=[event.pk])


def test_a_replayed_event_makes_its_order(operator: Client) -> None:
    storefront = make_storefront(site_id="site-7")
    event = make_event(
        account=storefront.pressero_account, site_id="site-7", verdict="unknown_site", order_number=777
    )
    assert operator.get(replay(event)).status_code == 200
    assert not Order.objects.exists()
    html = operator.post(replay(event), follow=True).content.decode()
    assert "order 777 is checked again" in html
    assert Order.objects.get().number == 777


def test_several_events_can_be_replayed_from_the_list(operator: Client) -> None:
    storefront = make_storefront(site_id="site-7")
    events = [
        make_event(
            account=storefront.pressero_account, site_id="site-7", verdict="unknown_site", order_number=number
        )
        for number in (777, 778)
    ]
    chosen = {"action": "replay_selected", "_selected_action": [event.pk for event in events]}
    operator.post(EVENTS, chosen)
    assert Order.objects.count() == 2


def test_replaying_needs_its_right(viewer: Client) -> None:
    event = make_event()
    assert viewer.get(replay(event)).status_code == 403
    assert viewer.post(replay(event)).status_code == 403
    viewer.post(EVENTS, {"action": "replay_selected", "_selected_action": [event.pk]})
    assert not AuditEntry.objects.exclude(type="access.refused").exists()


def test_an_event_is_found_by_order_number_and_message_id(boss: Client) -> None:
    wanted = make_event(order_number=777, message_id="abc-777-def")
    other = make_event(order_number=888, account=make_account())
    for text in ("777", "#777", "abc-777-def"):
        found = list(boss.get(EVENTS, {"q": text}).context["cl"].queryset)
        assert wanted in found, text
        assert other not in found, text
    assert boss.get(EVENTS, {"q": "9" * 50}).status_code == 200


def test_events_are_filtered(boss: Client) -> None:
    event = make_event(verdict="unknown_site", type_name="OrderPlaced")
    make_event(type_name="OrderApproved", account=event.account)
    for query in ({"verdict__exact": "unknown_site"}, {"type": "OrderPlaced"}):
        assert list(boss.get(EVENTS, query).context["cl"].queryset) == [event]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('{"b": 1.10, "a": "é"}', "&quot;b&quot;: 1.10,\n  &quot;a&quot;: &quot;é&quot;"),
        ("no json <b>", "no json &lt;b&gt;"),
        ("[" * 5000, "[[["),
    ],
)
@pytest.mark.usefixtures("stack_used_up")
def test_a_body_is_shown_as_it_came(boss: Client, body: str, shown: str) -> None:
    event = make_event(body=body)
    page = boss.get(reverse("admin:integrations_webhookevent_change", args=[event.pk]))
    assert shown in page.content.decode()


def test_the_audit_log_shows_sentences_and_is_searched_by_order(boss: Client) -> None:
    order, other = make_order(), make_order()
    audit.record("order.submitted", {"jobs": "10001"}, order=order)
    audit.record("order.submitted", {"jobs": "10002"}, order=other)
    html = boss.get(AUDIT, {"q": str(order.number)}).content.decode()
    assert "All jobs are in Pace: 10001." in html
    assert "10002" not in html


def test_the_audit_log_is_filtered_by_kind(boss: Client) -> None:
    order = make_order()
    audit.record("order.created", {}, order=order)
    call = audit.record("call.made", {"system": "Pace", "what": "x"}, order=order)
    assert list(boss.get(AUDIT, {"kind": "call"}).context["cl"].result_list) == [call]


def test_every_kind_of_entry_can_be_filtered(boss: Client) -> None:
    html = boss.get(AUDIT).content.decode()
    for kind in {type_.partition(".")[0] for type_ in audit.SENTENCES}:
        assert f'value="{kind}"' in html


def test_nobody_adds_changes_or_deletes_audit_entries(boss: Client) -> None:
    entry = audit.record("order.created", {}, order=make_order())
    args = [entry.pk]
    assert (
        boss.post(reverse("admin:integrations_auditentry_change", args=args), {"type": "x"}).status_code
        == 403
    )
    assert (
        boss.post(reverse("admin:integrations_auditentry_delete", args=args), {"post": "yes"}).status_code
        == 403
    )
    assert boss.get(reverse("admin:integrations_auditentry_add")).status_code == 403
    boss.post(AUDIT, {"action": "delete_selected", "_selected_action": args, "post": "yes"})
    assert AuditEntry.objects.exclude(type="access.refused").count() == 1
