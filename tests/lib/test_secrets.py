"""Stored secrets: encrypted with the newest key, readable with any, and never anywhere in clear text."""

import copy
import io
import json
import logging
import pickle
from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connection
from django.forms import model_to_dict
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from automationhub.lib import crypto
from automationhub.lib.crypto import CredentialsKeyError, decrypt, encrypt, is_readable
from automationhub.lib.fields import DOTS, EncryptedSecret
from integrations.models import AuditEntry, PaceServer, WebhookEvent
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from tests.conftest import Hub

SECRET = "hunter2-pässword"
Keys = Callable[..., None]


@pytest.fixture
def keys(settings: LazySettings) -> Keys:
    def use(*names: str) -> None:
        settings.CREDENTIALS_KEYS = [key_of(name) for name in names]

    use("first")
    return use


KEYS: dict[str, str] = {}


def key_of(name: str) -> str:
    return KEYS.setdefault(name, Fernet.generate_key().decode())


# --- encryption -----------------------------------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_was_encrypted_is_decrypted_again(secret: str) -> None:
    assert decrypt(encrypt(secret)) == secret


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=4))
def test_the_stored_form_does_not_hold_the_secret(secret: str) -> None:
    stored = encrypt(secret)
    assert stored.startswith("fernet:")
    assert secret not in stored.removeprefix("fernet:") or len(secret) < 8


def test_an_empty_secret_stays_empty() -> None:
    assert (encrypt(""), decrypt("")) == ("", "")


def test_the_same_secret_is_stored_differently_each_time() -> None:
    assert encrypt(SECRET) != encrypt(SECRET)


def test_the_newest_key_encrypts(keys: Keys) -> None:
    keys("new", "old")
    stored = encrypt(SECRET)
    token = stored.removeprefix(crypto.PREFIX).encode()
    assert Fernet(key_of("new")).decrypt(token).decode() == SECRET
    with pytest.raises(InvalidToken):
        Fernet(key_of("old")).decrypt(token)


def test_every_key_decrypts(keys: Keys) -> None:
    keys("old")
    stored = encrypt(SECRET)
    keys("new", "newer", "old")
    assert decrypt(stored) == SECRET


def test_a_rotation_loses_nothing(keys: Keys) -> None:
    keys("old")
    stored = encrypt(SECRET)
    keys("new", "old")
    stored = encrypt(decrypt(stored))
    keys("new")
    assert decrypt(stored) == SECRET


def test_a_missing_key_raises_instead_of_handing_out_ciphertext(keys: Keys) -> None:
    stored = encrypt(SECRET)
    keys("another")
    with pytest.raises(CredentialsKeyError, match="CREDENTIALS_KEY"):
        decrypt(stored)
    assert not is_readable(stored)


@pytest.mark.parametrize("stored", [SECRET, "gAAAA", "fernet:", "fernet:gAAAA", "fernet:ü"])
def test_what_is_no_ciphertext_of_ours_raises(stored: str) -> None:
    with pytest.raises(CredentialsKeyError):
        decrypt(stored)


def test_the_error_holds_no_part_of_what_was_stored(keys: Keys) -> None:
    stored = encrypt(SECRET)
    keys("another")
    with pytest.raises(CredentialsKeyError) as caught:
        decrypt(stored)
    assert stored.removeprefix(crypto.PREFIX)[:8] not in str(caught.value)


# --- the field ------------------------------------------------------------------------------------------------


@pytest.fixture
def server(db: None) -> PaceServer:
    return PaceServer.objects.create(
        name="Pace",
        slug="pace",
        url="http://pace",
        username="hub",
        password=SECRET,
        push_token="push-me-please",
    )


def raw_columns() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM integrations_paceserver")
        return repr(cursor.fetchall())


def test_a_secret_is_given_back_only_by_asking_for_it(server: PaceServer) -> None:
    assert PaceServer.objects.get().password.reveal() == SECRET


def test_the_plain_text_is_never_in_the_database(server: PaceServer) -> None:
    assert SECRET not in raw_columns()
    assert "push-me-please" not in raw_columns()


@pytest.mark.parametrize("way", ["update", "bulk_create", "bulk_update", "update_or_create"])
def test_no_way_of_writing_stores_the_plain_text(server: PaceServer, way: str) -> None:
    plain = "written-another-way"
    manager = PaceServer.objects
    if way == "update":
        manager.update(password=plain)
    elif way == "bulk_create":
        manager.bulk_create([PaceServer(name="b", slug="b", url="http://b", password=plain)])
    elif way == "bulk_update":
        server.password = plain  # type: ignore[assignment, unused-ignore]
        manager.bulk_update([server], ["password"])
    else:
        manager.update_or_create(slug="pace", defaults={"password": plain})
    assert plain not in raw_columns()
    assert plain in [row.password.reveal() for row in manager.all()]


def test_the_model_holds_no_plain_text_even_before_it_is_saved() -> None:
    server = PaceServer(password=SECRET)
    assert SECRET not in repr(vars(server))


def test_a_secret_shows_as_dots(server: PaceServer) -> None:
    secret = server.password
    shown = [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret!r}",
        "%s" % secret,  # noqa: UP031 - just this is asked
        repr(model_to_dict(server)),
    ]
    assert all(DOTS in text for text in shown)
    assert not any(SECRET in text or "fernet:" in text for text in shown)


def test_an_empty_secret_shows_as_nothing_and_is_false() -> None:
    assert (str(EncryptedSecret()), bool(EncryptedSecret()), bool(EncryptedSecret.of("x"))) == (
        "",
        False,
        True,
    )


def test_a_secret_slips_into_no_log(server: PaceServer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        logging.getLogger("hub").info("%s %r %s", server.password, server.password, vars(server))
    assert SECRET not in caplog.text


def test_a_secret_slips_into_no_json(server: PaceServer) -> None:
    with pytest.raises(TypeError):
        json.dumps({"password": server.password})


def test_copies_of_a_secret_are_secrets(server: PaceServer) -> None:
    for twin in (
        copy.copy(server.password),
        copy.deepcopy(server.password),
        pickle.loads(pickle.dumps(server.password)),  # noqa: S301 - our own
    ):
        assert twin == server.password
        assert SECRET not in repr(twin)
    assert SECRET.encode() not in pickle.dumps(server)


def test_values_of_a_query_are_secrets_too(server: PaceServer) -> None:
    assert SECRET not in repr(PaceServer.objects.values("password").get())
    assert SECRET not in repr(PaceServer.objects.values_list("password", flat=True).get())


@pytest.mark.parametrize("lookup", ["exact", "iexact", "contains", "in", "startswith", "regex", "gt"])
def test_a_secret_cannot_be_searched(server: PaceServer, lookup: str) -> None:
    with pytest.raises(TypeError, match="cannot be searched"):
        PaceServer.objects.filter(**{f"password__{lookup}": [SECRET] if lookup == "in" else SECRET}).exists()


def test_a_dump_of_the_data_holds_no_plain_text_and_can_be_loaded(
    server: PaceServer, tmp_path: object
) -> None:
    out = io.StringIO()
    call_command("dumpdata", "integrations.paceserver", stdout=out)
    assert SECRET not in out.getvalue()
    PaceServer.objects.all().delete()
    fixture = f"{tmp_path}/dump.json"
    with open(fixture, "w") as file:  # noqa: PTH123
        file.write(out.getvalue())
    call_command("loaddata", fixture, verbosity=0)
    assert PaceServer.objects.get().password.reveal() == SECRET


def test_a_plain_secret_that_looks_like_ciphertext_is_encrypted(db: None) -> None:
    server = PaceServer.objects.create(name="P", slug="p", url="http://p", password="fernet:my-real-password")
    assert server.password.reveal() == "fernet:my-real-password"


def test_saving_under_another_key_does_not_encrypt_the_ciphertext_again(
    server: PaceServer, keys: Keys
) -> None:
    keys("first")
    PaceServer.objects.update(password=SECRET)
    stored = PaceServer.objects.get().password.stored
    keys("another")
    PaceServer.objects.get().save()
    assert PaceServer.objects.get().password.stored == stored


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_any_text_survives_the_database(server: PaceServer, secret: str) -> None:
    server.password = secret  # type: ignore[assignment, unused-ignore]
    server.save()
    assert PaceServer.objects.get().password.reveal() == secret


# --- the whole hub --------------------------------------------------------------------------------------------


def test_no_secret_is_in_anything_that_an_order_leaves_behind(hub: Hub) -> None:
    item = ItemDraft("Business Card", price="10.00", method="Ground")
    hub.process(OrderDraft("Example CU Store", "avery@example.com", [item]))
    hub.pressero.faults.add("unauthorized", times=3)
    hub.pace.faults.add(
        "error_before", status=500, message=f"login {hub.pace.username}:{hub.pace.password} failed"
    )
    hub.process(OrderDraft("Example CU Store", "avery@example.com", [item]))
    secrets = [
        hub.account.password.reveal(),
        hub.account.security_key.reveal(),
        hub.server.password.reveal(),
        hub.server.push_token.reveal(),
        hub.account.consumer_id,
    ]
    left = json.dumps(list(AuditEntry.objects.values_list("data", flat=True)))
    with connection.cursor() as cursor:
        for table in ("integrations_order", "integrations_stepattempt", "integrations_pacejob"):
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608 - our own names
            left += repr(cursor.fetchall())
    assert AuditEntry.objects.filter(type="call.made").exists()
    assert [secret for secret in secrets if secret in left] == []
    assert not WebhookEvent.objects.filter(body__contains=secrets[0]).exists()
