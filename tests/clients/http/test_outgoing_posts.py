"""A post to an address that people typed reaches what the settings allow, follows nothing, and ends in time."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from integrations.clients.http import gateway, outgoing
from integrations.clients.http.answers import AnswerLimits, NoAnswer
from tests.receivers import Receiver

HEADERS = {"Content-Type": "application/json"}


def test_the_answer_is_given_back(receiver: Receiver) -> None:
    receiver.usual, receiver.body = 422, b"No such order."
    reply = outgoing.post(receiver.url, b"{}", HEADERS)
    assert (reply.status, reply.accepted, reply.text) == (422, False, "No such order.")


def test_redirects_are_not_followed(receiver: Receiver) -> None:
    receiver.usual, receiver.headers = 307, {"Location": receiver.url}
    reply = outgoing.post(receiver.url, b"{}", HEADERS)
    assert (reply.status, reply.location) == (307, receiver.url)
    assert len(receiver.got) == 1


def test_a_host_inside_that_is_not_named_is_not_called(receiver: Receiver, settings: Any) -> None:
    settings.OUTGOING_INTERNAL_HOSTS = []
    with pytest.raises(NoAnswer, match="inside your network"):
        outgoing.post(receiver.url, b"{}", HEADERS)
    assert receiver.got == []


@pytest.mark.parametrize("inside", ["127.0.0.1", "::ffff:127.0.0.1"])
def test_a_public_name_that_leads_inside_gets_nothing(
    receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    """The name may have led outside when it was saved: the address of the connection itself is what counts."""
    settings.OUTGOING_INTERNAL_HOSTS = []
    gateway._adapters.clear()
    kind = socket.AF_INET6 if ":" in inside else socket.AF_INET
    where = (inside, receiver.port, 0, 0) if ":" in inside else (inside, receiver.port)
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *args, **kwargs: [(kind, socket.SOCK_STREAM, 6, "", where)]
    )
    with pytest.raises(NoAnswer, match="OUTGOING_INTERNAL_HOSTS"):
        outgoing.post(f"https://rebound.example.com:{receiver.port}/", b"{}", HEADERS)
    assert receiver.got == []


def test_a_receiver_that_never_answers_holds_the_worker_for_a_limited_time(receiver: Receiver) -> None:
    receiver.on_request = lambda heard: time.sleep(3)
    began = time.monotonic()
    with pytest.raises(NoAnswer, match="did not come in time"):
        outgoing.post(receiver.url, b"{}", HEADERS, limits=AnswerLimits(connect=1, read=0.3, total=0.5))
    assert time.monotonic() - began < 2


def test_an_answer_without_an_end_takes_nothing_from_its_status(receiver: Receiver) -> None:
    receiver.usual, receiver.body = 200, b"x" * 100_000
    reply = outgoing.post(receiver.url, b"{}", HEADERS)
    assert reply.accepted
    assert reply.text == ""
