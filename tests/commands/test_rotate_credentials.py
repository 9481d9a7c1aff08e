"""`rotate_credentials`: every secret to the newest key, as often as one likes, while the hub works."""

from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from automationhub.lib import crypto
from integrations.core.connections.credentials import encrypted_fields
from integrations.models import AuditEntry, PaceServer, PresseroAccount
from tests.factories import make_account, make_server

pytestmark = pytest.mark.django_db

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def old(settings: Any) -> None:
    """Four secrets of the old key; then a new key was put before it."""
    settings.CREDENTIALS_KEYS = [OLD]
    make_account(password="pressero word", security_key="security key")
    make_server(password="pace word", push_token="push token")
    settings.CREDENTIALS_KEYS = [NEW, OLD]


def rotate() -> str:
    out = StringIO()
    call_command("rotate_credentials", stdout=out)
    return out.getvalue()


def secrets() -> list[str]:
    account, server = PresseroAccount.objects.get(), PaceServer.objects.get()
    return [
        secret.reveal()
        for secret in (account.password, account.security_key, server.password, server.push_token)
    ]


def test_afterwards_the_old_key_is_not_needed_any_more(old: None, settings: Any) -> None:
    assert rotate().startswith("4 encrypted anew, 0 were so already, 0 cannot be read.")
    settings.CREDENTIALS_KEYS = [NEW]
    assert secrets() == ["pressero word", "security key", "pace word", "push token"]


def test_a_second_run_changes_nothing_and_says_that_the_old_key_may_go(old: None) -> None:
    rotate()
    before = PresseroAccount.objects.get().password.stored
    said = rotate()
    assert said.startswith("0 encrypted anew, 4 were so already, 0 cannot be read.")
    assert "you can remove the older ones from CREDENTIALS_KEY" in said
    assert PresseroAccount.objects.get().password.stored == before


def test_a_secret_that_nobody_can_read_is_named_and_the_others_are_rotated(old: None, settings: Any) -> None:
    lost = Fernet.generate_key().decode()
    settings.CREDENTIALS_KEYS = [lost]
    PaceServer.objects.update(password="of a lost key")
    settings.CREDENTIALS_KEYS = [NEW, OLD]
    with pytest.raises(CommandError, match=r"Pace server .*: password"):
        rotate()
    assert crypto.is_newest(PaceServer.objects.get().push_token.stored)


def test_empty_secrets_stay_empty(old: None) -> None:
    PaceServer.objects.update(push_token="")
    assert rotate().startswith("3 encrypted anew")
    assert not PaceServer.objects.get().push_token


def test_the_audit_log_tells_of_it_once_and_without_secrets(old: None) -> None:
    rotate()
    rotate()
    [entry] = AuditEntry.objects.filter(type="credentials.rotated")
    assert entry.data == {"count": 4}


def test_every_encrypted_column_is_rotated() -> None:
    found = {(model.__name__, name) for model, names in encrypted_fields() for name in names}
    assert found >= {
        ("PresseroAccount", "password"), ("PresseroAccount", "security_key"),
        ("PaceServer", "password"), ("PaceServer", "push_token"),
    }  # fmt: skip


def test_a_password_that_is_changed_meanwhile_is_kept(old: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever saves between the listing of the rows and the lock of one is not overwritten."""
    from integrations.core.connections import credentials

    rotate_row = credentials._rotate_row

    def changed_before(model: Any, names: Any, pk: Any, result: Any) -> None:
        if model is PaceServer:
            PaceServer.objects.filter(pk=pk).update(password="changed meanwhile")
        rotate_row(model, names, pk, result)

    monkeypatch.setattr(credentials, "_rotate_row", changed_before)
    rotate()
    assert PaceServer.objects.get().password.reveal() == "changed meanwhile"
