"""Hundreds of malformed, hostile and random webhooks: never a fault of the hub, never a row without a signature, never a
secret in an answer."""

import json
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from integrations.models import Alert, AuditEntry, Order, WebhookEvent
from integrations.simulation.demo.configuration import SECURITY_KEY
from tests.fuzz.mutation import NASTY, mutated
from tests.fuzz.targets import TARGETS
from tests.messages import URL, WebhookSender, as_body, message

SEEDS = [
    as_body(message()),
    as_body(message("NewSiteUser", None)),
    *next(target.seeds for target in TARGETS if target.name == "webhook envelope"),
]
SLUGS = [
    URL,
    URL,
    URL,
    "/api/pressero/nobody/events/",
    "/api/pressero/..%2F..%2Fetc/events/",
    f"{URL}?x=%00",
    f"{URL}../",
]


def nasty_text(random: Random) -> str:
    """What a WSGI server hands over as a header: any byte but line breaks."""
    text = b"".join(random.choices(NASTY, k=random.randrange(1, 4))).decode("latin-1")
    return text.replace("\r", "").replace("\n", "")


def environ(random: Random) -> dict[str, Any]:
    """Now and then a header is odd."""
    odd = {
        "CONTENT_TYPE": lambda: nasty_text(random),
        "HTTP_ACCEPT": lambda: nasty_text(random),
        "HTTP_X_FORWARDED_FOR": lambda: nasty_text(random),
        "HTTP_X_REQUEST_ID": lambda: nasty_text(random),
        "HTTP_AUTHORIZATION": lambda: nasty_text(random),
        "CONTENT_LENGTH": lambda: random.choice(["", "-1", "9" * 40, "abc", "5", nasty_text(random)]),
        "REMOTE_ADDR": lambda: random.choice(["", "192.0.2.1", "::1", "fe80::1%eth0", "nonsense"]),
        "HTTP_HOST": lambda: random.choice(["127.0.0.1", "localhost:9"]),
    }
    return {name: make() for name, make in odd.items() if random.random() < 0.12}


@pytest.mark.parametrize("seed", range(4))
def test_bad_unsigned_webhooks_are_refused_and_leave_nothing(
    sender: WebhookSender, settings: Any, seed: int
) -> None:
    settings.PROXY_COUNT = seed % 2
    random = Random(seed)
    before = _rows()
    for _ in range(100):
        headers = {"MessageHash": nasty_text(random)} if random.random() < 0.7 else {}
        answer = WebhookSender(sender.client, scheme=None, url=random.choice(SLUGS)).post(
            mutated(random, SEEDS), headers=headers, environ=environ(random)
        )
        assert answer.status_code in (400, 401, 404, 413, 429), answer.content
        assert SECURITY_KEY.encode() not in answer.content
    assert _rows() == before


@pytest.mark.parametrize("seed", range(4))
def test_bad_signed_webhooks_are_stored_or_refused_and_break_nothing(
    sender: WebhookSender, seed: int
) -> None:
    random = Random(1000 + seed)
    statuses = set()
    for _ in range(100):
        odd = {name: value for name, value in environ(random).items() if name != "CONTENT_LENGTH"}
        answer = sender.post(mutated(random, SEEDS), environ=odd)
        statuses.add(answer.status_code)
        assert answer.status_code in (200, 202, 400), answer.content
        assert SECURITY_KEY.encode() not in answer.content
        assert "detail" in json.loads(answer.content) or "event" in json.loads(answer.content)
    assert {202, 400} <= statuses
    with connection.cursor() as cursor:  # the database still takes queries
        cursor.execute("SELECT 1")


@pytest.mark.parametrize(
    "method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "X"]
)
def test_other_methods_leave_nothing(sender: WebhookSender, method: str) -> None:
    before = _rows()
    answer = Client().generic(method, URL, as_body(message()), "application/json")
    assert answer.status_code in (200, 405)
    assert _rows() == before


def _rows() -> list[int]:
    return [model._default_manager.count() for model in (WebhookEvent, Order, AuditEntry, Alert)]
