"""Staff set up where alerts go besides mail: a checked address that is never shown again, hours, and a trial."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.core import alerts
from integrations.models import AlertChannel, AuditEntry
from integrations.models.alert_channels import CHANNEL_KINDS
from tests.factories import make_storefront
from tests.receivers import Receiver

pytestmark = pytest.mark.django_db

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#prepress"
PAGE = "integrations_alertchannel"


def page(row: AlertChannel, name: str = "change") -> str:
    return reverse(f"admin:{PAGE}_{name}", args=[row.pk])


def add(client: Client, **data: Any) -> Any:
    form = {"name": "Prepress chat", "url": SLACK, "repeat_hours": "0", "active": "on"} | data
    return client.post(reverse(f"admin:{PAGE}_add"), form)


def save(client: Client, row: AlertChannel, **data: Any) -> Any:
    form = {"name": row.name, "url": "", "repeat_hours": "0", "active": "on"} | data
    return client.post(page(row), form)


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def row(receiver: Receiver) -> AlertChannel:
    return AlertChannel.objects.create(name="Chat", url=f"json://127.0.0.1:{receiver.port}/s3cret-path")


# --- saving -----------------------------------------------------------------------------------------------------


def test_a_channel_is_saved_with_what_it_hears_and_when(boss: Client) -> None:
    storefront = make_storefront()
    kinds = ["needs_attention", "disk_full"]
    answer = add(
        boss,
        storefronts=[storefront.pk],
        kinds=kinds,
        quiet_from="22:00",
        quiet_until="06:30",
        repeat_hours="4",
    )
    assert answer.status_code == 302, text_of(answer)
    made = AlertChannel.objects.get()
    assert (made.url.reveal(), list(made.storefronts.all())) == (SLACK, [storefront])
    assert (made.kinds, made.repeat_hours) == (kinds, 4)
    assert (made.quiet_from, made.quiet_until) == (time(22), time(6, 30))


def test_the_address_is_stored_encrypted_and_never_sent_to_a_browser(boss: Client) -> None:
    add(boss)
    made = AlertChannel.objects.get()
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in made.url.stored
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in text_of(boss.get(page(made)))


def test_an_address_that_is_left_blank_stays(boss: Client, row: AlertChannel) -> None:
    before = row.url.reveal()
    assert save(boss, row, name="Chat of prepress").status_code == 302
    row.refresh_from_db()
    assert (row.name, row.url.reveal()) == ("Chat of prepress", before)


def test_a_new_channel_needs_an_address(boss: Client) -> None:
    assert "A channel needs an address" in text_of(add(boss, url=""))
    assert not AlertChannel.objects.exists()


def test_an_address_cannot_be_removed_from_a_channel(boss: Client, row: AlertChannel) -> None:
    before = row.url.reveal()
    save(boss, row, **{"url-clear": "on"})
    row.refresh_from_db()
    assert row.url.reveal() == before


def test_the_form_offers_no_box_to_remove_an_address(boss: Client, row: AlertChannel) -> None:
    shown = text_of(boss.get(page(row)))
    assert "url-clear" not in shown
    assert "Stored. Leave empty to keep it." in shown


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"url": "https"}, "Write an Apprise address"),
        ({"url": "smoke://signal"}, "Apprise does not know this address"),
        ({"url": "slack://only-one-part"}, "Apprise does not know this address, or a part of it is missing"),
        ({"url": "syslog://"}, "stays on the hub&#x27;s own machine"),
        ({"url": "jsons://10.0.0.7/hook"}, "OUTGOING_INTERNAL_HOSTS"),
        ({"kinds": ["gossip"]}, "gossip is not one of the available choices"),
        ({"quiet_from": "22:00"}, "Quiet hours need a beginning and an end."),
        ({"quiet_from": "late", "quiet_until": "06:00"}, "Enter a valid time"),
        ({"repeat_hours": "-1"}, "greater than or equal to 0"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_saved(boss: Client, data: dict[str, Any], said: str) -> None:
    answer = add(boss, **data)
    assert said in text_of(answer)
    assert not AlertChannel.objects.exists()


def test_an_internal_host_is_allowed_when_it_is_named(boss: Client, settings: Any) -> None:
    settings.OUTGOING_INTERNAL_HOSTS = ["10.0.0.7"]
    assert add(boss, url="jsons://10.0.0.7/hook").status_code == 302


def test_a_refused_address_is_not_repeated_on_the_page(boss: Client) -> None:
    assert "hunter2" not in text_of(add(boss, url="jsons://user:hunter2@10.0.0.7/hook"))


def test_quiet_hours_can_be_taken_away(boss: Client, row: AlertChannel) -> None:
    AlertChannel.objects.update(quiet_from=time(22), quiet_until=time(6))
    save(boss, row, quiet_from="", quiet_until="")
    row.refresh_from_db()
    assert (row.quiet_from, row.quiet_until) == (None, None)


# --- the trial --------------------------------------------------------------------------------------------------


def test_a_trial_message_is_sent_from_the_page(
    operator: Client, row: AlertChannel, receiver: Receiver
) -> None:
    answer = operator.post(page(row, "send_trial"))
    assert answer.status_code == 302
    alerts.send_to_channels()
    [heard] = receiver.got
    assert "test alert" in heard.json["message"]
    assert AuditEntry.objects.filter(type="channel.tried").count() == 1


def test_the_page_says_why_a_trial_failed(boss: Client, row: AlertChannel, receiver: Receiver) -> None:
    receiver.usual = 403
    boss.post(page(row, "send_trial"))
    alerts.send_to_channels()
    row.refresh_from_db()
    assert row.problem
    assert row.problem in text_of(boss.get(page(row))).replace("&#x27;", "'").replace("&quot;", '"')
    assert "s3cret-path" not in row.problem


def test_viewers_send_no_trial_and_change_nothing(viewer: Client, row: AlertChannel) -> None:
    assert viewer.post(page(row, "send_trial")).status_code == 403
    assert save(viewer, row, name="Mine").status_code == 403


# --- the list and the documents ---------------------------------------------------------------------------------


def test_the_list_says_what_each_channel_hears_and_how_it_goes(viewer: Client, row: AlertChannel) -> None:
    AlertChannel.objects.update(kinds=["disk_full"], quiet_from=time(22), quiet_until=time(6, 30), failures=2)
    shown = text_of(viewer.get(reverse(f"admin:{PAGE}_changelist")))
    assert "A disk is nearly full" in shown
    assert "10:00 PM – 6:30 AM" in shown
    assert "Failing" in shown


def test_every_kind_that_a_channel_may_hear_is_documented(settings: Any) -> None:
    told = (settings.BASE_DIR / "docs" / "alerts.md").read_text()
    assert [kind for kind in CHANNEL_KINDS if f"`{kind}`" not in told] == []
