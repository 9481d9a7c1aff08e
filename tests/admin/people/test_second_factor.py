"""The second factor: who is asked for it, that there is no way around it, and how it is set up, lost and reset."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_mfa.models import Authenticator
from django_mfa.totp import TOTP

from automationhub.lib import crypto
from automationhub.lib.fields import EncryptedSecret
from integrations.admin.people import second_factor_gate
from integrations.core.audit import log as audit
from integrations.core.connections import credentials
from integrations.models import AuditEntry, SecondFactorGroup
from integrations.operations.access.factor_adapters import CodesAdapter, matching_step
from tests.factories import make_superuser, make_user

pytestmark = pytest.mark.django_db

LOGIN, HOME = reverse("admin:login"), reverse("admin:index")
OVERVIEW = reverse("mfa:security_settings")
ADD_APP = reverse("mfa:enroll_factor", args=["totp"])
ASK_APP = reverse("mfa:verify_factor", args=["totp"])
ASK_CODE = reverse("mfa:verify_factor", args=["recovery_codes"])
CODES = reverse("mfa:recovery_codes")
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code(secret: str = SECRET, steps: int = 0) -> str:
    return TOTP(secret).generate_otp(int(time.time() // 30) + steps)


def give_app(user: User) -> Authenticator:
    data = {"secret": EncryptedSecret.of(SECRET).stored, "last_verified_counter": 0}
    return Authenticator.objects.create(user=user, type="totp", name="Phone", data=data)


def log_in(name: str = "kim", path: str = LOGIN) -> Client:
    client = Client()
    client.post(path, {"username": name, "password": "password", "next": HOME})
    return client


def confirm(client: Client, typed: str, path: str = ASK_APP, **more: str) -> HttpResponse:
    return client.post(path, {"code": typed, **more})  # type: ignore[return-value]


def is_in(client: Client) -> bool:
    return client.get(HOME).status_code == 200


def sentences() -> list[str]:
    found = AuditEntry.objects.filter(type__startswith="access.").order_by("id")
    return [audit.describe(entry).sentence for entry in found]


@pytest.fixture
def kim(db: None) -> User:
    return make_user("kim")


@pytest.fixture
def careful(kim: User) -> User:
    """Kim with an authenticator app."""
    give_app(kim)
    return kim


@pytest.fixture
def strict(kim: User) -> Group:
    """A group of Kim's that requires a second factor."""
    group = Group.objects.create(name="Night shift")
    kim.groups.add(group)
    SecondFactorGroup.objects.create(group=group)
    return group


# --- the login asks for it ---


def test_who_has_none_and_needs_none_is_not_asked(kim: User) -> None:
    assert is_in(log_in())


def test_after_the_password_the_code_is_asked_for_and_lets_in(careful: User) -> None:
    client = log_in()
    answer = client.get(HOME, follow=True)
    assert answer.redirect_chain[-1][0] == f"{ASK_APP}?next=%2Fadmin%2F"
    wanted = reverse("hub-inbox")
    assert confirm(client, code(), next=wanted).headers["Location"] == wanted
    assert is_in(client)


@pytest.mark.parametrize("typed", ["", "000000", "12345", "abcdef", "1234567", "\x00", "é" * 6])
def test_a_wrong_code_lets_nobody_in(careful: User, typed: str) -> None:
    client = log_in()
    assert confirm(client, typed).status_code == 400
    assert not is_in(client)


def test_a_code_works_once(careful: User) -> None:
    typed = code()
    assert confirm(log_in(), typed).status_code == 302
    assert confirm(log_in(), typed).status_code == 400


def test_the_code_before_is_taken_as_clocks_differ_but_no_older_one(careful: User) -> None:
    assert confirm(log_in(), code(steps=-3)).status_code == 400
    assert confirm(log_in(), code(steps=-1)).status_code == 302


def test_codes_are_counted_by_utc_in_the_hour_that_comes_twice_too() -> None:
    fold = 1_793_514_600  # 2026-11-01 01:30 in Chicago, for the second time
    now = TOTP(SECRET).generate_otp(fold // 30)
    assert matching_step(SECRET, f" {now[:3]} {now[3:]}", fold) == fold // 30
    assert matching_step(SECRET, now, fold - 3600) is None


# --- no way around it ---


@pytest.mark.parametrize(
    "path",
    [
        HOME, "/", "/admin/integrations/order/", reverse("hub-configuration"), reverse("hub-find"), "/api/docs/",
        "/api/schema/", reverse("admin:password_change"), reverse("admin:jsi18n"), OVERVIEW, ADD_APP, CODES,
        reverse("mfa:enroll_factor", args=["webauthn"]), f"{LOGIN}?next=/admin/inbox/",
    ],
)  # fmt: skip
def test_with_the_password_alone_no_page_opens(careful: User, path: str) -> None:
    client = log_in()
    for _ in range(2):
        answer = client.get(path, follow=True)
        assert answer.redirect_chain, path
        assert answer.request["PATH_INFO"] == ASK_APP, path


def test_with_the_password_alone_nothing_can_be_done(careful: User) -> None:
    client = log_in()
    factor = Authenticator.objects.get()
    for path, data in (
        (reverse("mfa:manage", args=[factor.pk]), {"do": "remove"}),
        (CODES, {}),
        (ADD_APP, {"code": code()}),
        (reverse("admin:password_change"), {"old_password": "password"}),
        (reverse("admin:auth_user_add"), {}),
    ):
        assert client.post(path, data).headers["Location"].startswith(reverse("mfa:verify")), path
    assert Authenticator.objects.get() == factor


def test_logging_out_is_open_to_who_cannot_confirm(careful: User) -> None:
    client = log_in()
    assert client.post(reverse("admin:logout")).status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_login_that_is_to_end_on_another_host_ends_at_home(careful: User) -> None:
    client = log_in()
    for target in ("https://evil.example.net/", "//evil.example.net", "javascript:alert(1)"):
        page = client.get(reverse("mfa:verify"), {"next": target}, follow=True)
        assert page.context["next"] == HOME
    assert confirm(client, code(), next="//evil.example.net").headers["Location"] == HOME


def test_a_session_from_before_the_factor_was_set_up_is_asked_too(
    kim: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = log_in()
    assert is_in(client)
    give_app(kim)
    monkeypatch.setattr(second_factor_gate, "CHECK_EVERY_SECONDS", 0)
    assert not is_in(client)


def test_a_session_that_missed_the_login_is_asked_too(careful: User) -> None:
    client = Client()
    client.force_login(careful)
    session = client.session
    del session["mfa"]
    session.save()
    assert not is_in(client)


def test_confirming_changes_the_key_of_the_session(careful: User) -> None:
    client = log_in()
    before = client.cookies["sessionid"].value
    confirm(client, code())
    assert client.cookies["sessionid"].value != before


def test_pages_cost_no_query_more_for_it(kim: User, careful: User) -> None:
    plain = Client()
    plain.force_login(make_user("lee"))
    confirmed = log_in()
    confirm(confirmed, code())
    for client in (plain, confirmed):
        client.get(HOME)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(HOME).status_code == 200
        assert not [one["sql"] for one in captured if "mfa" in one["sql"] or "secondfactor" in one["sql"]]


# --- too many wrong codes ---


def test_after_five_wrong_codes_the_right_one_is_refused_for_a_while(careful: User) -> None:
    client = log_in()
    for _ in range(5):
        assert confirm(client, "000000").status_code == 400
    refused = confirm(client, code())
    assert refused.status_code == 429
    assert "Wait 15 minutes" in refused.content.decode()
    assert confirm(log_in(), code()).status_code == 429, "in another session too"


def test_wrong_codes_for_many_names_lock_the_address(db: None) -> None:
    for number in range(31):
        give_app(make_user(f"worker-{number}"))
        answer = confirm(log_in(f"worker-{number}"), "000000")
    assert answer.status_code == 429


# --- setting it up ---


def shown_secret(page: HttpResponse) -> str:
    found = re.search(r'<code class="hub-copy">([A-Z2-7 ]+)</code>', page.content.decode())
    assert found is not None
    return found[1].replace(" ", "")


def test_an_app_is_set_up_with_its_first_code_and_recovery_codes_follow(kim: User) -> None:
    client = log_in()
    secret = shown_secret(client.get(ADD_APP))
    wrong = client.post(ADD_APP, {"code": "000000", "name": "My phone"})
    assert wrong.status_code == 200
    assert shown_secret(wrong) == secret, "what was scanned goes on holding"
    answer = client.post(ADD_APP, {"code": code(secret), "name": "My phone"})
    assert answer.headers["Location"] == CODES
    assert is_in(client), "who has just proved it is not asked again"
    assert Authenticator.objects.get().name == "My phone"
    assert not is_in(log_in())


def test_the_secret_of_an_app_is_encrypted_in_the_database_and_in_the_session(kim: User) -> None:
    client = log_in()
    secret = shown_secret(client.get(ADD_APP))
    assert secret not in repr(dict(client.session))
    client.post(ADD_APP, {"code": code(secret)})
    stored = Authenticator.objects.get().data["secret"]
    assert secret not in repr(Authenticator.objects.values_list())
    assert crypto.decrypt(stored) == secret


def test_a_secret_that_the_page_was_not_given_cannot_be_set_up(kim: User) -> None:
    client = log_in()
    client.post(ADD_APP, {"code": code(), "secret_key": SECRET})
    assert not Authenticator.objects.exists()


def test_who_logged_in_some_time_ago_logs_in_again_before_the_first_factor_is_set_up(kim: User) -> None:
    client = log_in()
    session = client.session
    session["started"] -= settings.MFA_STEPUP_MAX_AGE + 1
    session.save()
    answer = client.get(ADD_APP, follow=True)
    assert answer.redirect_chain == [(f"{LOGIN}?next={ADD_APP}", 302)]
    assert "Log in again before you set up" in answer.content.decode()
    assert not is_in(client)


def test_a_second_app_is_not_offered(careful: User) -> None:
    client = log_in()
    confirm(client, code())
    assert client.get(ADD_APP).headers["Location"] == OVERVIEW


def test_factors_are_renamed_and_removed(careful: User) -> None:
    client = log_in()
    confirm(client, code())
    page = reverse("mfa:manage", args=[Authenticator.objects.get().pk])
    client.post(page, {"do": "rename", "name": "Old phone"})
    assert "Old phone" in client.get(OVERVIEW).content.decode()
    client.post(CODES)
    client.post(page, {"do": "remove"})
    assert not Authenticator.objects.exists(), "recovery codes go with the last factor"


def test_the_factor_of_another_user_cannot_be_touched(careful: User) -> None:
    other = give_app(make_user("lee"))
    client = log_in()
    confirm(client, code())
    assert client.post(reverse("mfa:manage", args=[other.pk]), {"do": "remove"}).status_code == 404
    assert Authenticator.objects.filter(pk=other.pk).exists()


def test_to_change_factors_one_has_to_have_confirmed_lately(careful: User) -> None:
    client = log_in()
    confirm(client, code())
    session = client.session
    session["mfa"] = {**session["mfa"], "at": int(time.time()) - settings.MFA_STEPUP_MAX_AGE - 1}
    session.save()
    page = reverse("mfa:manage", args=[Authenticator.objects.get().pk])
    assert client.post(page, {"do": "remove"}).headers["Location"].startswith(reverse("mfa:verify"))
    assert Authenticator.objects.exists()


def test_a_hub_whose_host_name_has_no_passkeys_starts_and_does_not_offer_them(
    kim: User, settings: Any
) -> None:
    settings.MFA_FIDO2_RP_ID, settings.ALLOWED_HOSTS = "hub.example.com", ["testserver"]
    call_command("check")
    client = log_in()
    assert client.get(reverse("mfa:enroll_factor", args=["webauthn"])).headers["Location"] == OVERVIEW
    assert (
        "Passkeys are set up and used at the address hub.example.com."
        in client.get(OVERVIEW).content.decode()
    )


# --- recovery codes ---


@pytest.fixture
def codes(careful: User) -> list[str]:
    return CodesAdapter().generate(careful)


def test_recovery_codes_are_shown_once_and_only_their_hashes_are_stored(careful: User) -> None:
    client = log_in()
    confirm(client, code())
    shown = re.findall(r"<li><code>([^<]+)</code></li>", client.post(CODES).content.decode())
    assert len(set(shown)) == 10
    again = client.get(CODES).content.decode()
    stored = repr(Authenticator.objects.values_list())
    for one in shown:
        assert one not in again
        assert one.replace("-", "") not in stored


def test_a_recovery_code_lets_in_once(codes: list[str]) -> None:
    for typed, status in ((codes[3].upper(), 302), (codes[3], 400), (codes[4].replace("-", " "), 302)):
        assert confirm(log_in(), typed, ASK_CODE).status_code == status
    assert CodesAdapter().remaining(User.objects.get()) == 8


def test_new_recovery_codes_replace_the_old_ones(codes: list[str], careful: User) -> None:
    new = CodesAdapter().generate(careful)
    assert confirm(log_in(), codes[0], ASK_CODE).status_code == 400
    assert confirm(log_in(), new[0], ASK_CODE).status_code == 302


def test_recovery_codes_alone_are_no_second_factor(kim: User) -> None:
    CodesAdapter().generate(kim)
    assert is_in(log_in())


@pytest.mark.parametrize("typed", ["", "9", "x", "00000000000", "99999999999", "²abcdefghjk"])
def test_what_is_no_recovery_code_is_refused(codes: list[str], typed: str) -> None:
    assert confirm(log_in(), typed, ASK_CODE).status_code == 400


# --- groups that require it ---


def test_a_member_without_a_factor_can_do_nothing_but_set_one_up(kim: User, strict: Group) -> None:
    client = log_in()
    for path in (HOME, "/admin/integrations/order/", "/api/docs/", reverse("admin:password_change")):
        assert client.get(path).headers["Location"].startswith(OVERVIEW), path
    assert "Your account needs a second factor." in client.get(OVERVIEW).content.decode()
    secret = shown_secret(client.get(ADD_APP))
    assert not is_in(client), "opening the pages that are allowed opens no other"
    client.post(ADD_APP, {"code": code(secret)})
    assert is_in(client)


def test_a_member_who_has_one_is_asked_as_everybody_is(careful: User, strict: Group) -> None:
    client = log_in()
    assert client.get(HOME, follow=True).request["PATH_INFO"] == ASK_APP
    confirm(client, code())
    assert is_in(client)


def test_a_member_cannot_remove_the_last_factor(careful: User, strict: Group) -> None:
    client = log_in()
    confirm(client, code())
    page = reverse("mfa:manage", args=[Authenticator.objects.get().pk])
    answer = client.post(page, {"do": "remove"}, follow=True)
    assert "Set up another one before you remove this one." in answer.content.decode()
    assert Authenticator.objects.exists()


def test_who_is_in_when_a_group_begins_to_require_it_is_asked_within_a_minute(
    kim: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = log_in()
    assert is_in(client)
    group = Group.objects.create(name="Night shift")
    kim.groups.add(group)
    SecondFactorGroup.objects.create(group=group)
    monkeypatch.setattr(second_factor_gate.time, "time", lambda: time.monotonic() + 10**10)
    assert not is_in(client)


def test_a_superuser_ticks_it_for_a_group(boss: Client, db: None) -> None:
    group = Group.objects.create(name="Night shift")
    page = reverse("admin:auth_group_change", args=[group.pk])
    boss.post(page, {"name": "Night shift", "second_factor": "on"})
    assert SecondFactorGroup.objects.filter(group=group).exists()
    boss.post(page, {"name": "Night shift"})
    assert not SecondFactorGroup.objects.exists()
    assert sentences() == [
        "Robin Boss made a second factor required for the group Night shift.",
        "Robin Boss made a second factor optional for the group Night shift.",
    ]


# --- lost ---


def reset_page(user: User) -> str:
    return reverse("admin:auth_user_reset_second_factor", args=[user.pk])


def test_a_superuser_resets_the_factors_of_somebody(boss: Client, careful: User) -> None:
    CodesAdapter().generate(careful)
    assert (
        "Authenticator app (Phone)"
        in boss.get(reverse("admin:auth_user_change", args=[careful.pk])).content.decode()
    )
    assert boss.get(reset_page(careful)).status_code == 200
    assert Authenticator.objects.count() == 2, "asked first"
    boss.post(reset_page(careful))
    assert not Authenticator.objects.exists()
    assert sentences() == ["Robin Boss removed all second factors of kim."]
    assert is_in(log_in())


def test_nobody_but_a_superuser_resets_them(login: Any, careful: User) -> None:
    client = login(make_user("admin", "view_user", "change_user"))
    for answer in (client.get(reset_page(careful)), client.post(reset_page(careful))):
        assert answer.status_code == 403
    assert Authenticator.objects.exists()


def test_a_superuser_whose_group_requires_one_does_not_reset_their_own(db: None, strict: Group) -> None:
    boss = make_superuser()
    boss.groups.add(strict)
    give_app(boss)
    client = log_in("boss")
    confirm(client, code())
    client.post(reset_page(boss))
    assert Authenticator.objects.exists()


def test_a_reset_ends_the_sessions_of_that_user(boss: Client, careful: User) -> None:
    client = log_in()
    confirm(client, code())
    assert is_in(client)
    boss.post(reset_page(careful))
    assert not is_in(client)
    assert is_in(boss)


def test_a_session_that_waits_for_a_factor_that_is_gone_goes_on(careful: User) -> None:
    client = log_in()
    assert not is_in(client)
    Authenticator.objects.all().delete()
    assert client.get(reverse("mfa:verify"), follow=True).request["PATH_INFO"] == HOME


def test_the_command_resets_them_for_a_superuser_who_is_locked_out(careful: User, capsys: Any) -> None:
    call_command("reset_second_factor", "kim")
    assert not Authenticator.objects.exists()
    assert sentences() == ["command removed all second factors of kim."]
    with pytest.raises(CommandError, match="no user called nobody"):
        call_command("reset_second_factor", "nobody")


def test_secrets_of_apps_move_to_the_newest_key(careful: User, settings: Any) -> None:
    before = Authenticator.objects.get().data["secret"]
    settings.CREDENTIALS_KEYS = ["bmV3LWtleS1mb3ItdGhlLXRlc3QtMzItYnl0ZXMtbG8=", *settings.CREDENTIALS_KEYS]
    assert credentials.rotate_credentials(actor="test").rotated == 1
    assert Authenticator.objects.get().data["secret"] != before
    assert crypto.is_newest(Authenticator.objects.get().data["secret"])
    assert confirm(log_in(), code()).status_code == 302


# --- the audit log ---


def test_the_audit_log_tells_the_story_of_a_second_factor(kim: User) -> None:
    client = log_in()
    client.post(ADD_APP, {"code": code(shown_secret(client.get(ADD_APP))), "name": "Phone"})
    [first, *_] = re.findall(r"<li><code>([^<]+)</code></li>", client.post(CODES).content.decode())
    other = log_in()
    confirm(other, "000000")
    confirm(other, first, ASK_CODE)
    other.post(reverse("mfa:manage", args=[Authenticator.objects.get(type="totp").pk]), {"do": "remove"})
    assert [one for one in sentences() if "logged in" not in one] == [
        "kim set up a second factor: authenticator app “Phone”.",
        "kim set up a second factor: recovery codes.",
        "The second factor of kim (authenticator app) from 127.0.0.1 was wrong.",
        "kim used a recovery code from 127.0.0.1; 9 codes left.",
        "kim confirmed the login from 127.0.0.1 with the recovery codes.",
        "kim removed a second factor: authenticator app “Phone”.",
    ]


def test_the_owner_is_told_by_email_where_the_hub_sends_any(
    kim: User, settings: Any, mailoutbox: Any
) -> None:
    settings.MFA_NOTIFY_ON_CHANGE = True
    User.objects.update(email="kim@example.com")
    client = log_in()
    client.post(ADD_APP, {"code": code(shown_secret(client.get(ADD_APP)))})
    [mail] = mailoutbox
    assert mail.to == ["kim@example.com"]
    assert "A new two-factor method was added" in mail.subject


# --- single sign-on ---


@pytest.fixture
def by_proxy(kim: User) -> Iterator[Client]:
    place = settings.MIDDLEWARE.index("django.contrib.auth.middleware.AuthenticationMiddleware") + 1
    middleware = [*settings.MIDDLEWARE]
    middleware.insert(place, "automationhub.lib.single_sign_on.ProxyUserMiddleware")
    backends = [*settings.AUTHENTICATION_BACKENDS, "automationhub.lib.single_sign_on.ProxyUserBackend"]
    with override_settings(
        MIDDLEWARE=middleware,
        AUTHENTICATION_BACKENDS=backends,
        SSO_HEADER="X-Remote-User",
        SSO_PROXIES=["10.1.2.3"],
    ):
        yield Client(headers={"X-Remote-User": "kim"}, REMOTE_ADDR="10.1.2.3")


def test_who_the_proxy_logged_in_is_not_asked(by_proxy: Client, careful: User, strict: Group) -> None:
    assert is_in(by_proxy)
    assert is_in(by_proxy)


def test_a_setting_has_the_hub_ask_them_too(by_proxy: Client, careful: User, settings: Any) -> None:
    settings.SSO_SECOND_FACTOR = True
    assert not is_in(by_proxy)
    by_proxy.cookies.clear()
    assert not is_in(by_proxy), "without a cookie neither"


def test_who_logs_in_with_a_password_beside_the_proxy_is_asked(by_proxy: Client, careful: User) -> None:
    assert not is_in(log_in())
