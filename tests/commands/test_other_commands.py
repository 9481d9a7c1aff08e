"""`check_connections`, `api_token` and `sandbox`."""

import io
import re
import signal
from datetime import timedelta
from typing import Any

import pytest
import requests
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from automationhub.lib.shown_times import short_day
from integrations.core.audit import log as audit
from integrations.models import ApiToken, AuditEntry, PaceServer, PresseroAccount
from tests.commands.processes import Scratch, free_port, wait_for
from tests.conftest import Hub

# --- check_connections ----------------------------------------------------------------------------------------


def check() -> tuple[bool, list[str]]:
    """Whether all connections are fine, and the lines printed."""
    out = io.StringIO()
    try:
        call_command("check_connections", stdout=out)
    except CommandError:
        return False, out.getvalue().splitlines()
    return True, out.getvalue().splitlines()


def test_good_connections_are_a_line_each(hub: Hub) -> None:
    fine, lines = check()
    assert fine
    assert lines == [
        "ok      Pace (Sandbox Pace): the login works, version 29.0-1704.",
        "ok      Pressero (Sandbox Pressero): the login works.",
    ]


def test_a_wrong_password_is_a_failure_and_the_others_are_tried_all_the_same(hub: Hub) -> None:
    hub.set_server(password="wrong-password")
    fine, [pace, pressero] = check()
    assert not fine
    assert pace.startswith("FAILED  Pace Sandbox Pace: ")
    assert pressero.startswith("ok ")
    assert "wrong-password" not in pace


def test_a_wrong_login_at_pressero_is_a_failure(hub: Hub) -> None:
    PresseroAccount.objects.update(consumer_id="nobody")
    fine, [_, pressero] = check()
    assert not fine
    assert pressero.startswith("FAILED  Pressero Sandbox Pressero: ")


def test_a_server_that_is_down_is_a_failure(hub: Hub) -> None:
    hub.set_server(url=f"http://127.0.0.1:{free_port()}")
    fine, [pace, _] = check()
    assert not fine
    assert pace.startswith("FAILED  Pace Sandbox Pace: ")


def test_a_host_that_does_not_exist_is_a_failure(hub: Hub) -> None:
    hub.set_server(url="http://pace.invalid")
    assert check()[0] is False


def test_credentials_that_cannot_be_read_are_a_failure(hub: Hub, settings: LazySettings) -> None:
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]
    fine, lines = check()
    assert not fine
    assert all("CREDENTIALS_KEY" in line for line in lines)


def test_inactive_connections_are_not_tried(hub: Hub) -> None:
    PaceServer.objects.update(active=False)
    fine, lines = check()
    assert (fine, len(lines)) == (True, 1)


def test_without_any_connection_there_is_nothing_to_be_glad_of(db: None) -> None:
    assert check() == (False, [])


@pytest.mark.e2e
def test_the_exit_code_tells_whether_all_is_well(scratch: Scratch) -> None:
    assert scratch.run("check_connections").returncode == 0
    failed = scratch.run("check_connections", CREDENTIALS_KEY=Fernet.generate_key().decode())
    assert failed.returncode == 1
    assert len(failed.stdout.splitlines()) == 2
    assert "Traceback" not in failed.stderr


# --- api_token ------------------------------------------------------------------------------------------------


@pytest.fixture
def user(django_user_model: Any) -> Any:
    return django_user_model.objects.create_superuser("kim")


def make_token(*options: str) -> str:
    out = io.StringIO()
    call_command("api_token", "kim", *options, stdout=out)
    return out.getvalue()


def test_a_token_stands_alone_on_its_line(user: Any) -> None:
    assert re.fullmatch(r"[\w-]{40,}\n", make_token())


def test_a_token_works(user: Any, client: Client) -> None:
    token = make_token().strip()
    assert client.get("/api/orders/", headers={"Authorization": f"Token {token}"}).status_code == 200


def test_a_token_is_shown_once_and_kept_nowhere(user: Any) -> None:
    token = make_token().strip()
    row = ApiToken.objects.get()
    assert token not in repr(vars(row))
    assert token.startswith(row.prefix)
    assert len(row.prefix) == 6


@pytest.mark.parametrize(("options", "scope"), [((), "read"), (("--scope", "operate"), "operate")])
def test_the_scope_of_a_token(user: Any, options: tuple[str, ...], scope: str) -> None:
    make_token(*options)
    assert ApiToken.objects.get().scope == scope


@pytest.mark.parametrize(("options", "days"), [((), 365), (("--days", "30"), 30), (("--days", "0"), None)])
def test_how_long_a_token_is_good(user: Any, options: tuple[str, ...], days: int | None) -> None:
    make_token(*options)
    end = ApiToken.objects.get().expires_at
    assert (None if end is None else round((end - timezone.now()) / timedelta(days=1))) == days


@pytest.mark.parametrize("days", ["-1", "3651"])
def test_a_senseless_number_of_days_is_refused(user: Any, days: str) -> None:
    with pytest.raises(CommandError, match="--days must be from 1 to 3650"):
        make_token("--days", days)
    assert not ApiToken.objects.exists()


def test_a_token_from_the_command_line_is_in_the_audit_log_without_its_text(user: Any) -> None:
    token = make_token("--scope", "operate").strip()
    entry = AuditEntry.objects.get(type="access.token_issued")
    sentence = audit.describe(entry).sentence
    end = short_day(ApiToken.objects.get().expires_at)
    assert f"the token {token[:6]}… of kim with the scope “operate”, until {end}." in sentence
    assert token not in repr(vars(entry))


def test_each_token_is_another(user: Any) -> None:
    assert make_token() != make_token()


def test_a_token_for_nobody_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="no user called kim"):
        make_token()


def test_an_unknown_scope_is_refused(user: Any) -> None:
    with pytest.raises(CommandError, match="scope"):
        make_token("--scope", "everything")


# --- sandbox --------------------------------------------------------------------------------------------------


@pytest.mark.e2e
def test_the_sandbox_prints_addresses_and_credentials_that_work_and_ends_at_sigterm(scratch: Scratch) -> None:
    ports = {"pace": free_port(), "pressero": free_port()}
    arguments = [f"--{name}-port={port}" for name, port in ports.items()]
    with scratch.process("manage.py", "sandbox", *arguments) as sandbox:
        wait_for(lambda: "Ctrl-C" in sandbox.output, "the sandbox")
        printed = dict(
            re.findall(r"^ *(username|password|subscriber id|consumer id) (\S+)$", sandbox.output, re.M)
        )
        found = re.search(r"^Pace +(\S+) +user (\S+) +password (\S+)$", sandbox.output, re.M)
        assert found is not None
        address, user, password = found.groups()
        version = requests.get(
            f"{address}/rpc/rest/services/Version/getVersion", auth=(user, password), timeout=10
        )
        assert (version.status_code, address) == (200, f"http://127.0.0.1:{ports['pace']}")
        [base_url] = re.findall(r"^Pressero +(\S+)$", sandbox.output, re.M)
        login = requests.post(
            f"{base_url}V2/Authentication",
            json={
                "UserName": printed["username"],
                "Password": printed["password"],
                "SubscriberId": printed["subscriber id"],
                "ConsumerID": printed["consumer id"],
            },
            timeout=10,
        )
        assert login.json()["Token"]
        sandbox.popen.send_signal(signal.SIGTERM)
        assert sandbox.popen.wait(timeout=180) == 0


@pytest.mark.e2e
def test_a_port_that_is_taken_is_said_in_one_line(scratch: Scratch, hub: Hub) -> None:
    ended = scratch.run("sandbox", f"--pace-port={hub.pace.port}")
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert str(hub.pace.port) in ended.stderr
