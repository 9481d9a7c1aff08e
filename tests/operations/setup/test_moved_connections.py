"""A stored password stays with the address that it was entered for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import get_resolver

from automationhub.lib.network import origin_of
from integrations.clients.pressero import session as pressero_session
from integrations.core.audit import log as audit
from integrations.core.connections.clients import pace_client, pressero_client
from integrations.errors import HubError
from integrations.models import Alert, AlertKind, AuditEntry, PaceServer, PresseroAccount
from integrations.operations.access.rights import ADMINISTRATOR, make_groups
from integrations.operations.setup.configuration import (
    ConfigurationError,
    export_configuration,
    import_configuration,
)
from tests.admin.setup.test_connections import account_form, change, server_form
from tests.admin.setup.test_connections import test_connection as connection_test
from tests.clients.http.test_tls import Authority
from tests.factories import make_account, make_server, make_superuser, make_user

pytestmark = pytest.mark.django_db

SECRET = "carried-off"
ELSEWHERE = "https://evil.example.net"
AUTHORITY = Authority("Plant").pem


@pytest.fixture
def administrator(db: None) -> Client:
    make_groups(Group, Permission)
    user = make_user("portal-admin")
    user.groups.add(Group.objects.get(name=ADMINISTRATOR))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def server(db: None) -> PaceServer:
    return make_server(url="https://pace.example.com", password=SECRET)


@pytest.fixture
def account(db: None) -> PresseroAccount:
    return make_account(base_url="https://pressero.example.com/api/", password=SECRET)


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A machine of an attacker; its address and everything that it was sent."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            heard.append(f"{self.headers}{self.rfile.read(size).decode()}")
            self.send_response(200)
            self.end_headers()

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            pass

    served = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{served.server_port}", heard
    served.shutdown()
    served.server_close()


def entries() -> list[str]:
    return [audit.describe(entry).sentence for entry in AuditEntry.objects.filter(type="connection.moved")]


def make_chief() -> None:
    chief = make_superuser()
    chief.email = "chief@example.com"
    chief.save()


MOVES = {
    "host": {"url": ELSEWHERE},
    "port": {"url": "https://pace.example.com:8443"},
    "scheme": {"url": "http://pace.example.com"},
    "authority": {"ca_certificates": AUTHORITY},
}


@pytest.mark.parametrize("values", MOVES.values(), ids=MOVES)
def test_a_new_destination_without_the_password_is_refused_with_the_reason(
    administrator: Client, server: PaceServer, values: dict[str, str]
) -> None:
    answer = administrator.post(change(server), server_form(server, **values))
    assert answer.status_code == 200
    assert "Enter the password again" in answer.content.decode()
    server.refresh_from_db()
    assert server.url == "https://pace.example.com"
    assert server.password.reveal() == SECRET


@pytest.mark.parametrize("url", ["https://pace.example.com/epace", "HTTPS://Pace.example.com:443/"])
def test_another_spelling_or_path_of_the_same_address_asks_for_nothing(
    administrator: Client, server: PaceServer, url: str
) -> None:
    assert administrator.post(change(server), server_form(server, url=url)).status_code == 302
    server.refresh_from_db()
    assert server.password.reveal() == SECRET
    assert entries() == []


def test_taking_an_authority_away_is_a_new_destination_too(administrator: Client) -> None:
    server = make_server(url="https://pace.example.com", password=SECRET, ca_certificates=AUTHORITY)
    assert administrator.post(change(server), server_form(server, ca_certificates="")).status_code == 200


def test_the_attack_with_test_connection_hears_nothing_of_the_password(
    administrator: Client, account: PresseroAccount, server: PaceServer, listener: tuple[str, list[str]]
) -> None:
    address, heard = listener
    administrator.post(change(account), account_form(account, base_url=f"{address}/api/"))
    administrator.post(change(server), server_form(server, url=address))
    for row in (account, server):
        administrator.post(connection_test(row))
    assert heard == []


def test_a_password_typed_for_the_new_address_is_the_one_that_goes_there(
    administrator: Client, server: PaceServer, listener: tuple[str, list[str]]
) -> None:
    address, heard = listener
    answer = administrator.post(change(server), server_form(server, url=address, password="typed-anew"))
    assert answer.status_code == 302
    server.refresh_from_db()
    with pytest.raises(HubError):
        pace_client(server).version()
    assert heard
    assert SECRET not in "".join(heard)


def test_without_a_stored_password_an_address_is_simply_changed(administrator: Client) -> None:
    server = make_server(url="https://pace.example.com", password="")
    assert administrator.post(change(server), server_form(server, url=ELSEWHERE)).status_code == 302


def test_a_move_is_in_the_audit_log_with_both_addresses_and_every_superuser_is_told(
    administrator: Client, server: PaceServer
) -> None:
    make_chief()
    form = server_form(server, url=ELSEWHERE, password="new")
    administrator.post(change(server), form)
    [sentence] = entries()
    assert "https://pace.example.com to https://evil.example.net" in sentence
    assert "portal-admin" in sentence
    [alert] = Alert.objects.filter(kind=AlertKind.ADDRESS_CHANGED)
    assert alert.recipients == ["chief@example.com"]
    assert sentence in alert.text
    administrator.post(change(server), server_form(server, url="https://pace.example.com", password="new"))
    assert Alert.objects.filter(kind=AlertKind.ADDRESS_CHANGED).count() == 2


def test_a_move_forgets_the_tokens_of_the_login(administrator: Client, account: PresseroAccount) -> None:
    pressero_session._slots[(0, pressero_client(account)._session.config)] = pressero_session._Slot(token="t")
    administrator.post(change(account), account_form(account, base_url=ELSEWHERE, password="new"))
    assert pressero_session._slots == {}


# --- the configuration file -----------------------------------------------------------------------------------------


def file_with(section: str, **changes: Any) -> dict[str, Any]:
    data = export_configuration()
    return {section: [{**data[section][0], **changes}]}


def test_a_file_that_moves_a_system_without_its_password_is_refused(
    server: PaceServer, account: PresseroAccount
) -> None:
    for file in (
        file_with("pace_servers", url=ELSEWHERE),
        file_with("pressero_accounts", base_url=ELSEWHERE),
    ):
        with pytest.raises(ConfigurationError, match=r"\[0\]\.password: .*Enter the password again"):
            import_configuration(file)
    server.refresh_from_db()
    assert server.url == "https://pace.example.com"


@pytest.mark.parametrize("password", [SECRET, "another"])
def test_a_file_that_moves_a_system_and_brings_its_password_is_taken(
    server: PaceServer, password: str
) -> None:
    import_configuration(file_with("pace_servers", url=ELSEWHERE, password=password), actor="Kim")
    server.refresh_from_db()
    assert (server.url, server.password.reveal()) == (ELSEWHERE, password)
    assert entries() == [
        f"Kim changed the address of the Pace server “{server.name}” from https://pace.example.com to {ELSEWHERE}."
    ]


def test_a_rehearsal_of_such_a_file_tells_nobody(server: PaceServer) -> None:
    make_chief()
    import_configuration(file_with("pace_servers", url=ELSEWHERE, password=SECRET), dry_run=True)
    assert entries() == []
    assert not Alert.objects.exists()


def test_a_file_without_secrets_leaves_those_of_unmoved_systems_as_they_are(server: PaceServer) -> None:
    import_configuration(file_with("pace_servers", username="other"))
    server.refresh_from_db()
    assert server.password.reveal() == SECRET


def test_the_api_has_no_way_to_a_connection() -> None:
    def names(patterns: Any) -> Iterator[str]:
        for one in patterns:
            yield from names(one.url_patterns) if hasattr(one, "url_patterns") else [str(one.callback)]

    [api] = [one for one in get_resolver().url_patterns if str(one.pattern) == "api/"]
    views = " ".join(names(api.url_patterns))
    assert "OrderViewSet" in views
    assert "Server" not in views
    assert "Account" not in views


# --- origins --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("pace.example.com", "https://pace.example.com"),
        ("http://PACE.example.com.:80/x?y", "http://pace.example.com"),
        ("https://pace.example.com:8443/", "https://pace.example.com:8443"),
        ("https://user:pw@pace.example.com", "https://pace.example.com"),
        ("http://[2001:db8::1]:8080/", "http://[2001:db8::1]:8080"),
    ],
)
def test_the_origin_of_an_address_is_its_scheme_host_and_port(address: str, origin: str) -> None:
    assert str(origin_of(address)) == origin


@pytest.mark.parametrize("address", ["", "https://[", "https://x:port", "//"])
def test_what_cannot_be_read_is_never_equal_to_a_real_address(address: str) -> None:
    assert origin_of(address).scheme == ""
