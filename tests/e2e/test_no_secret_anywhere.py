"""The demo's configuration with marked secrets, orders that work and orders that fail: no secret is found anywhere.

Searched are the logs in both formats, every table, every page of the portal, exports, the API's answers, error pages
and what commands print. Encrypted columns hold ciphertext of the secrets, which is not one of them.
"""

from __future__ import annotations

import base64
import html
import json
import logging
from collections.abc import Iterator
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.contrib import admin
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, reverse
from pythonjsonlogger.json import JsonFormatter

from automationhub.lib.logs import LineFormatter
from integrations.clients.pressero.session import forget_tokens
from integrations.core.connections import cached_lists
from integrations.models import ApiToken, AuditEntry, Order, StepAttempt, WebhookEvent
from integrations.operations.setup.configuration import import_configuration
from integrations.simulation.demo.configuration import ACCOUNT_SLUG, demo_configuration
from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft, PresseroSandbox
from mappings.resources import KINDS
from tests.admin.pages import ORDER_TABS
from tests.conftest import Hub
from tests.factories import make_superuser
from tests.messages import WebhookSender, message

pytestmark = pytest.mark.e2e

PASSWORD, PACE_PASSWORD = "MARKED-pressero-Wörd&1", "MARKED-pace<word>2"
SECURITY_KEY, PUSH_TOKEN, CONSUMER = "MARKED-security-key-3", "MARKED-push-token-4", "MARKED-consumer-5"


@pytest.fixture
def logs() -> Iterator[list[logging.LogRecord]]:
    records: list[logging.LogRecord] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    root, keeper = logging.getLogger(), Keeper(logging.DEBUG)
    level = root.level
    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    yield records
    root.setLevel(level)
    root.removeHandler(keeper)


@pytest.fixture
def hub(db: None) -> Iterator[Hub]:
    with (
        PaceSandbox(password=PACE_PASSWORD) as pace,
        PresseroSandbox(password=PASSWORD, consumer_id=CONSUMER, security_key=SECURITY_KEY) as pressero,
    ):
        cached_lists.forget_cached()
        configuration = demo_configuration(
            pressero_url=pressero.base_url,
            credentials=asdict(pressero.credentials),
            pace_url=pace.url,
            pace_login=(pace.username, pace.password),
        )
        configuration["pressero_accounts"][0]["security_key"] = SECURITY_KEY
        configuration["pace_servers"][0]["push_token"] = PUSH_TOKEN
        import_configuration(configuration)
        yield Hub(pace, pressero)
        forget_tokens()


def order() -> OrderDraft:
    item = ItemDraft("Business Card", price="10.00", method="Ground")
    return OrderDraft("Example CU Store", "avery@example.com", [item])


def work_and_fail(hub: Hub) -> None:
    """Orders that work, and one for each way in which the other side may tell a secret back."""
    hub.process(order())
    for system, password in ((hub.pace, PACE_PASSWORD), (hub.pressero, PASSWORD)):
        for fault in ("unauthorized", "garbage"):
            system.faults.clear()
            system.faults.add(fault, times=3)
            hub.process(order())
        system.faults.clear()
        system.faults.add("error_before", status=500, message=f"login with {password} failed", times=3)
        hub.process(order())
        system.faults.clear()
    client = Client()
    WebhookSender(client, key=SECURITY_KEY).post(message())
    WebhookSender(client, key="wrong").post(message())
    client.post("/api/pace/sandbox/events/", {"object": "Job", "key": "1"}, "application/json",
                headers={"Authorization": f"Token {PUSH_TOKEN}x"})  # fmt: skip
    wrong = hub.account
    wrong.password = "MARKED-wrong-6"
    wrong.save()
    hub.process(order())
    wrong.password = PASSWORD
    wrong.save()


def tables() -> Iterator[tuple[str, str]]:
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - our own tables
            yield f"table {table}", repr(cursor.fetchall())


def pages(boss: Client) -> Iterator[tuple[str, str]]:
    urls = [
        reverse("admin:index"),
        "/admin/configuration/",
        "/admin/try/",
        "/admin/coverage/",
        "/admin/nothing/",
    ]
    for model, page in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        urls.append(reverse(f"{name}_changelist"))
        urls += [reverse(f"{name}_add")]
        for row in page.get_queryset(_request(boss))[:2]:
            urls += [reverse(f"{name}_change", args=[row.pk]), reverse(f"{name}_history", args=[row.pk])]
            if model is Order:
                urls += [f"{urls[-2]}?tab={tab}" for tab in ORDER_TABS]
                urls += [reverse("admin:integrations_order_preview", args=[row.pk])]
            try:
                urls.append(reverse(f"{name}_test-connection", args=[row.pk]))
            except NoReverseMatch:
                continue
    for url in urls:
        yield f"page {url}", boss.get(url).content.decode()
    for url in [url for url in urls if url.endswith("test-connection/") or "test" in url]:
        yield f"page {url}, confirmed", boss.post(url, {"confirm": "yes"}, follow=True).content.decode()


def _request(client: Client) -> Any:
    return client.get(reverse("admin:index")).wsgi_request


def exports(boss: Client, folder: Path) -> Iterator[tuple[str, str]]:
    path = folder / "config.json"
    call_command("hub_config", "export", str(path), stdout=StringIO())
    yield "configuration file", path.read_text()
    yield "configuration page", boss.post("/admin/configuration/", {"download": "1"}).content.decode()
    for kind in KINDS:
        for ending in ("csv", "xlsx"):
            path = folder / f"{kind}.{ending}"
            call_command("mappings", "export", kind, str(path), stdout=StringIO())
            yield str(path), path.read_bytes().decode("latin-1")


def answers(token: str, boss: Client) -> Iterator[tuple[str, str]]:
    client = Client(headers={"Authorization": f"Token {token}"})
    paths = ["orders/", "health/live/", "health/ready/", "schema/", "docs/", "nothing/"]
    for pk in Order.objects.values_list("pk", flat=True)[:3]:
        paths += [f"orders/{pk}/", f"orders/{pk}/audit/", f"orders/{pk}/preview/"]
    for path in paths:
        yield f"API {path}", client.get(f"/api/{path}").content.decode()


def error_pages(boss: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    monkeypatch.setattr("integrations.api.views.health.problems", _breaks)
    client = Client(raise_request_exception=False)
    answer = client.get("/api/health/ready/")
    assert answer.status_code == 500
    yield "error 500", answer.content.decode()
    yield "error 404", boss.get("/nowhere/").content.decode()
    yield "error 400", boss.get("/", headers={"Host": "evil.example"}).content.decode()
    yield (
        "error 403",
        Client(enforce_csrf_checks=True).post("/admin/login/", {"password": "x"}).content.decode(),
    )


def _breaks() -> list[str]:
    password = PASSWORD  # a local variable of a frame that raises
    raise RuntimeError(f"broken after {len(password)}")


def commands() -> Iterator[tuple[str, str]]:
    number = str(Order.objects.order_by("pk").values_list("number", flat=True)[0])
    for name, arguments in (
        ("check_connections", []),
        ("preview_order", ["Example CU Store", number, "--json"]),
        ("mapping_coverage", ["Example CU Store"]),
        ("dumpdata", ["integrations"]),
        ("rotate_credentials", []),
    ):
        out = StringIO()
        try:
            call_command(name, *arguments, stdout=out, stderr=out)
        except (CommandError, SystemExit) as error:
            out.write(str(error))
        yield f"command {name}", out.getvalue()


def texts_of(logs: list[logging.LogRecord]) -> Iterator[tuple[str, str]]:
    plain = LineFormatter("{asctime} {levelname} {name}: {message}", style="{")
    yield "log as text", "\n".join(plain.format(record) for record in logs)
    yield "log as JSON", "\n".join(JsonFormatter().format(record) for record in logs)


def spellings(secret: str) -> set[str]:
    """As it is, as JSON or HTML writes it, and each of these in quotes once more."""
    plain = {secret, json.dumps(secret)[1:-1], html.escape(secret), quote(secret)}
    return plain | {repr(one)[1:-1] for one in plain}


def test_no_secret_is_found_anywhere(
    hub: Hub, logs: list[logging.LogRecord], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_and_fail(hub)
    boss_user = make_superuser()
    token = ApiToken.issue(boss_user)
    boss = Client()
    boss.force_login(boss_user)
    secrets = {
        "Pressero password": PASSWORD,
        "Pace password": PACE_PASSWORD,
        "Pace login": base64.b64encode(f"{hub.pace.username}:{PACE_PASSWORD}".encode()).decode(),
        "security key": SECURITY_KEY,
        "push token": PUSH_TOKEN,
        "a wrong password": "MARKED-wrong-6",
        "API token": token,
        "SECRET_KEY": "insecure-development-key-never-used",
        "CREDENTIALS_KEY": django_settings.CREDENTIALS_KEYS[0],
    }
    places = [
        *pages(boss), *answers(token, boss), *exports(boss, tmp_path), *commands(), *error_pages(boss, monkeypatch),
        *tables(), *texts_of(logs),
    ]  # fmt: skip

    sessions = hub.pressero.tokens._valid
    assert sessions
    secrets |= {f"Pressero session {number}": session for number, session in enumerate(sessions)}

    # The search is worth something: the failures happened, were logged, shown and stored.
    assert AuditEntry.objects.filter(type="call.failed").exists()
    assert StepAttempt.objects.exclude(message="").exists()
    assert WebhookEvent.objects.exists()
    assert len(places) > 120
    everything = dict(places)
    assert "rejected the login or its permissions" in everything["table integrations_auditentry"]
    assert "Sandbox Pace" in everything["configuration file"]

    found = {
        (place, name)
        for place, text in places
        for name, secret in secrets.items()
        if any(spelling in text for spelling in spellings(secret))
    }
    assert found == set()


def test_the_search_would_find_a_secret_that_is_told(hub: Hub) -> None:
    AuditEntry.objects.create(at="2026-01-01T00:00:00Z", type="order.wanted", data={"why": PASSWORD})
    assert any(spelling in text for _, text in tables() for spelling in spellings(PASSWORD))
    assert ACCOUNT_SLUG in dict(tables())["table integrations_presseroaccount"]
