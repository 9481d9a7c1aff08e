"""The receiver that docs/events.md shows understands what the hub sends, and stores each event once."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from integrations.core.events import send
from integrations.core.workqueue import outbox
from integrations.models import EventDelivery, Order, Subscription
from integrations.models.subscriptions import new_secret
from integrations.operations import subscriptions

pytestmark = pytest.mark.django_db

PAGE = Path(settings.BASE_DIR, "docs", "events.md").read_text(encoding="utf-8")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("The receiver did not start.")


def test_the_documented_receiver_prints_each_event_once(
    order: Order, loopback_allowed: None, capsys: pytest.CaptureFixture[str]
) -> None:
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code is not None
    secret, port = new_secret(), free_port()
    space: dict[str, Any] = {}
    exec(code[1].replace("whsec_…", secret), space)  # noqa: S102 - our own document
    serve: Callable[[int], None] = space["serve"]
    threading.Thread(target=serve, args=(port,), daemon=True).start()
    wait_for(port)
    row = Subscription.objects.create(name="ERP", url=f"http://127.0.0.1:{port}/", secret=secret)
    outbox.received([order.pk])
    assert send.send_due(budget=10) == 1
    subscriptions.replay(EventDelivery.objects.all(), row, actor="kim")
    assert send.send_due(budget=10) == 1
    [printed] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert json.loads(printed)["data"]["number"] == order.number


def test_the_documented_receiver_refuses_a_wrong_signature(order: Order, loopback_allowed: None) -> None:
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code is not None
    port = free_port()
    space: dict[str, Any] = {}
    exec(code[1].replace("whsec_…", new_secret()), space)  # noqa: S102 - our own document
    threading.Thread(target=space["serve"], args=(port,), daemon=True).start()
    wait_for(port)
    Subscription.objects.create(name="ERP", url=f"http://127.0.0.1:{port}/")
    outbox.received([order.pk])
    assert send.send_due(budget=10) == 0
    assert EventDelivery.objects.get().status_code == 401
