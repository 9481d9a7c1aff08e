"""What was answered 2xx is stored: the web process is killed the moment after, with webhooks still under way."""

import contextlib
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from integrations.simulation.demo.configuration import SECURITY_KEY
from integrations.simulation.sandbox.pressero.webhooks import message_hash
from tests.commands.conftest import Portal, web_process
from tests.commands.processes import Scratch, children
from tests.messages import as_body, message

pytestmark = pytest.mark.e2e
SENDERS = 6
ENOUGH = 40


def send(portal: Portal, number: int) -> int | None:
    """The id in the answer to an event about this order; None without an answer."""
    body = as_body(message(number=number))
    signed = {"MessageHash": message_hash("key+body:hex", SECURITY_KEY, body)}
    with contextlib.suppress(requests.RequestException):
        answer = requests.post(portal.webhook_url, data=body, headers=signed, timeout=30)
        if answer.ok:
            return int(answer.json()["event"])
    return None


def kill(portal: Portal) -> None:
    for pid in (portal.process.pid, *children(portal.process.pid)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_what_was_answered_is_there_with_its_order_after_a_kill(scratch: Scratch) -> None:
    answered: dict[int, int] = {}
    enough, killed = threading.Event(), threading.Event()
    with web_process(scratch) as portal:

        def sender(first: int) -> None:
            number = first
            while not killed.is_set() and (event := send(portal, number)) is not None:
                answered[event] = number
                number += 1
                if len(answered) >= ENOUGH:
                    enough.set()

        with ThreadPoolExecutor(SENDERS) as pool:
            for at in range(SENDERS):
                pool.submit(sender, 700_000 + 1000 * at)
            assert enough.wait(60)
            kill(portal)
            killed.set()
    rows = scratch.rows(
        "SELECT e.id, o.number FROM integrations_webhookevent e JOIN integrations_order o ON o.id = e.order_id "
        "WHERE o.due_at IS NOT NULL AND o.number >= %s",
        [700_000],
    )
    assert len(answered) >= ENOUGH
    assert answered.items() <= dict(rows).items()
