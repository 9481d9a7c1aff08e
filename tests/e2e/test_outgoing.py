"""Whom the hub calls: the addresses that staff have set, whatever an order says."""

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from integrations.core.workqueue import orders
from integrations.enums import OrderStatus
from integrations.models import Order
from integrations.simulation.sandbox.pressero import FileDraft, ItemDraft, OrderDraft
from tests.conftest import Hub

pytestmark = pytest.mark.e2e

METADATA = "http://169.254.169.254/latest/meta-data/iam"


def order_with(*urls: str) -> OrderDraft:
    files = [FileDraft(f"file{number}.pdf", "gen", url=url) for number, url in enumerate(urls, start=1)]
    item = ItemDraft("Business Card", price="10.00", method="Ground", files=files, notes=METADATA)
    return OrderDraft("Example CU Store", "avery@example.com", [item])


def links_in_pace(hub: Hub) -> set[str]:
    return {str(entry["fileUrl"]) for entry in hub.pace.objects("ContentFile")}


def test_connections_are_made_only_to_the_addresses_of_the_settings(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: set[tuple[str, int]] = set()
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            called.add(address[:2])
        connect(self, address)

    monkeypatch.setattr("integrations.clients.http.gateway._adapters", {})
    monkeypatch.setattr(socket.socket, "connect", noted)
    hub.process(order_with(METADATA, "https://files.example.com/a.pdf", "http://10.0.0.1/x"))
    places = [urlsplit(url) for url in (hub.pace.url, hub.pressero.base_url)]
    ours = {(place.hostname, place.port) for place in places}
    others = {address for address in called if address not in ours and address[1] not in (5432, 6379)}
    assert ours <= called
    assert others == set()


def test_a_link_into_the_plants_network_is_not_handed_to_pace_and_staff_are_told(hub: Hub) -> None:
    order = hub.process(order_with("https://files.example.com/a.pdf", METADATA))
    assert order.status == OrderStatus.SUBMITTED
    assert links_in_pace(hub) == {"https://files.example.com/a.pdf"}
    assert 'the link of file 2 "file2.pdf" leads into an internal network (169.254.169.254)' in order.message
    assert "metadata" not in str(hub.pace.objects("JobPart"))


def test_a_first_file_with_such_a_link_does_not_reach_the_part_either(hub: Hub) -> None:
    hub.process(order_with("file:///etc/passwd", "https://files.example.com/b.pdf"))
    [part] = hub.pace.objects("JobPart")
    assert part["paceConnectURL"] == "https://files.example.com/b.pdf"


def test_a_link_that_is_corrected_in_pressero_is_added(hub: Hub) -> None:
    order = hub.process(order_with(METADATA))
    hub.pressero.add_files(
        order.number, 1, [FileDraft("good.pdf", "gen", url="https://files.example.com/g.pdf")]
    )
    orders.wake(order.pk)
    hub.process(order)
    assert links_in_pace(hub) == {"https://files.example.com/g.pdf"}
    assert "file1.pdf" in Order.objects.get(pk=order.pk).message  # the other one still waits for a person


def test_a_host_of_the_plant_may_be_allowed(hub: Hub, settings: Any) -> None:
    settings.ARTWORK_INTERNAL_HOSTS = ["10.20.0.0/16"]
    order = hub.process(order_with("http://10.20.0.9/a.pdf"))
    assert links_in_pace(hub) == {"http://10.20.0.9/a.pdf"}
    assert order.message == ""
