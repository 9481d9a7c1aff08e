"""Logins of the portal: who is let in, who is locked out for a while, and what the audit log says of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group, Permission, User
from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    get_default_password_validators,
    validate_password,
)
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from integrations.core.audit import log as audit
from integrations.models import AuditEntry
from integrations.operations.access.rights import make_groups
from tests.factories import make_superuser, make_user

pytestmark = pytest.mark.django_db

LOGIN = reverse("admin:login")
FAILED = reverse("admin:axes_accessattempt_changelist")
WRONG = "not-the-password"


def log_in(name: str, password: str, address: str = "192.0.2.1", **headers: str) -> HttpResponse:
    form = {"username": name, "password": password, "next": "/admin/"}
    return Client(REMOTE_ADDR=address, headers=headers).post(LOGIN, form)  # type: ignore[return-value]


def fail(times: int, name: str = "kim", address: str = "192.0.2.1", **headers: str) -> HttpResponse:
    answers = [log_in(name, WRONG, address, **headers) for _ in range(times)]
    return answers[-1]


def sentences(kind: str = "access.") -> list[str]:
    return [
        audit.describe(entry).sentence
        for entry in AuditEntry.objects.filter(type__startswith=kind).order_by("id")
    ]


@pytest.fixture
def kim(db: None) -> User:
    return make_user("kim")


# --- the lock ---


def test_after_five_failures_the_right_password_is_refused_too_with_a_page_that_says_what_to_do(
    kim: User,
) -> None:
    assert fail(4).status_code == 200
    refused = fail(1)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "900"
    answer = log_in("kim", "password")
    assert answer.status_code == 429
    page = answer.content.decode()
    assert "Wait 15 minutes" in page
    assert "ask your administrator" in page


def test_fewer_failures_lock_nobody_and_a_login_forgets_them(kim: User) -> None:
    fail(4)
    assert log_in("kim", "password").status_code == 302
    fail(4)
    assert log_in("kim", "password").status_code == 302


def test_another_name_and_another_address_are_not_locked(kim: User) -> None:
    make_user("lee")
    fail(6)
    assert log_in("lee", "password").status_code == 302
    assert log_in("kim", "password", "192.0.2.2").status_code == 302


def test_addresses_of_one_ipv6_network_count_together(kim: User) -> None:
    for number in range(5):
        fail(1, address=f"2001:db8::{number + 1}")
    assert log_in("kim", "password", "2001:db8::99").status_code == 429
    assert log_in("kim", "password", "2001:db8:0:1::1").status_code == 302


def test_a_made_up_forwarded_address_does_not_get_around_the_lock(kim: User) -> None:
    for number in range(5):
        fail(1, **{"X-Forwarded-For": f"198.51.100.{number}"})
    assert log_in("kim", "password").status_code == 429


@override_settings(PROXY_COUNT=1)
def test_behind_a_proxy_clients_are_told_apart(kim: User) -> None:
    fail(5, address="127.0.0.1", **{"X-Forwarded-For": "198.51.100.1"})
    locked = log_in("kim", "password", "127.0.0.1", **{"X-Forwarded-For": "198.51.100.1"})
    free = log_in("kim", "password", "127.0.0.1", **{"X-Forwarded-For": "198.51.100.2"})
    assert (locked.status_code, free.status_code) == (429, 302)


def test_the_lock_ends_by_itself(kim: User) -> None:
    fail(5)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert log_in("kim", "password").status_code == 302


def test_trying_on_does_not_prolong_the_lock(kim: User) -> None:
    fail(5)
    began = AccessAttempt.objects.get().attempt_time
    fail(3)
    assert AccessAttempt.objects.get().attempt_time == began


def spray(times: int, address: str = "192.0.2.1", start: int = 0) -> HttpResponse:
    """One wrong password each for so many names."""
    return [log_in(f"name-{number}", WRONG, address) for number in range(start, start + times)][-1]


def test_one_password_tried_on_many_names_locks_the_address_for_every_name(kim: User) -> None:
    assert spray(30).status_code == 200
    assert spray(1, start=30).status_code == 429
    assert log_in("kim", "password").status_code == 429
    assert log_in("kim", "password", "192.0.2.2").status_code == 302
    assert [one for one in sentences() if "under different names" in one] == [
        "All logins from 192.0.2.1 are blocked for 15 minutes after too many failed attempts under different names."
    ]


def test_an_office_behind_one_address_mistypes_and_still_gets_in(db: None) -> None:
    people = [make_user(f"worker-{number}") for number in range(40)]
    for person in people:
        fail(1, person.username)
        assert log_in(person.username, "password").status_code == 302
    assert log_in("worker-0", "password").status_code == 302


def test_the_lock_of_an_address_ends_after_its_minutes(kim: User) -> None:
    spray(31)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert log_in("kim", "password").status_code == 302


def test_addresses_of_one_ipv6_network_are_locked_together(kim: User) -> None:
    for number in range(30):
        log_in(f"name-{number}", WRONG, f"2001:db8::{number + 1:x}")
    assert log_in("kim", "password", "2001:db8::ffff").status_code == 429


@override_settings(LOGIN_FAILURES_PER_ADDRESS=0)
def test_without_a_limit_for_addresses_only_names_are_locked(kim: User) -> None:
    spray(31)
    assert log_in("kim", "password").status_code == 302


@pytest.mark.parametrize(
    "target", ["https://evil.example.net/", "//evil.example.net", "javascript:alert(1)", ""]
)
def test_a_login_that_was_to_end_elsewhere_ends_on_the_home_page(kim: User, target: str) -> None:
    answer = Client().post(LOGIN, {"username": "kim", "password": "password", "next": target}, follow=True)
    assert answer.redirect_chain == [("/admin/", 302)]
    assert answer.status_code == 200


def test_an_administrator_sees_the_lock_and_lets_in_again(kim: User, boss: Client, operator: Client) -> None:
    fail(5)
    attempt = AccessAttempt.objects.get()
    page = boss.get(FAILED).content.decode()
    assert "kim" in page
    assert "Locked" in page
    chosen = {"action": "unlock", "_selected_action": [attempt.pk]}
    assert operator.post(FAILED, chosen).status_code == 403
    boss.post(FAILED, chosen)
    assert log_in("kim", "password").status_code == 302
    assert "Robin Boss unblocked logins of kim from 192.0.2.1." in sentences()


def test_no_password_that_was_tried_is_kept(kim: User) -> None:
    fail(2)
    assert WRONG not in repr(AccessAttempt.objects.values_list())
    assert WRONG not in repr(AuditEntry.objects.values_list())


# --- the audit log ---


def test_logins_failures_locks_and_logouts_are_in_the_audit_log(kim: User) -> None:
    fail(5)
    fail(2)  # told once
    client = Client(REMOTE_ADDR="192.0.2.9")
    client.post(LOGIN, {"username": "kim", "password": "password"})
    client.post(reverse("admin:logout"))
    failed = "A login as kim from 192.0.2.1 failed."
    assert sentences() == [
        failed, failed, failed, failed,
        "Logins as kim from 192.0.2.1 are blocked for 15 minutes after too many failed attempts.",
        "kim logged in from 192.0.2.9.",
        "kim logged out.",
    ]  # fmt: skip


def test_what_was_typed_as_an_unknown_name_is_not_kept(db: None) -> None:
    fail(1, name="My-Secret-Passphrase")
    assert sentences() == ["A login as an unknown user from 192.0.2.1 failed."]


# --- rights ---


def user_form(user: User, **changes: object) -> dict[str, object]:
    return {
        "username": user.username,
        "is_active": "on",
        "is_staff": "on",
        "last_login_0": "",
        "last_login_1": "",
        **changes,
    }


def test_a_change_of_what_a_user_may_do_is_in_the_audit_log(boss: Client, kim: User) -> None:
    make_groups(Group, Permission)
    AuditEntry.objects.all().purge()
    group = Group.objects.get(name="Viewer")
    page = reverse("admin:auth_user_change", args=[kim.pk])
    boss.post(page, user_form(kim, is_superuser="on", groups=[group.pk]))
    boss.post(page, user_form(kim, first_name="Kim"))
    boss.post(page, user_form(kim, first_name="Kimberly"))  # a name is no right
    assert sentences() == [
        "Robin Boss changed the rights of the user kim: given: group Viewer, superuser",
        "Robin Boss changed the rights of the user kim: taken away: group Viewer, superuser",
    ]


def test_users_added_invited_given_a_password_and_deleted_are_in_the_audit_log(boss: Client) -> None:
    AuditEntry.objects.all().purge()
    password = {"password1": "Long-enough-1", "password2": "Long-enough-1", "usable_password": "true"}
    boss.post(reverse("admin:auth_user_add"), {"username": "new"})
    user = User.objects.get(username="new")
    boss.post(reverse("admin:auth_user_password_change", args=[user.pk]), password)
    boss.post(reverse("admin:auth_user_delete", args=[user.pk]), {"post": "yes"})
    assert sentences() == [
        "Robin Boss added the user new: active, staff",
        "Robin Boss made a link with which the user new sets a password.",
        "Robin Boss set the password of new.",
        "Robin Boss deleted the user new.",
    ]


def test_a_change_of_what_a_group_gives_is_in_the_audit_log(boss: Client) -> None:
    make_groups(Group, Permission)
    AuditEntry.objects.all().purge()
    group = Group.objects.create(name="Night shift")
    right = Group.objects.get(name="Viewer").permissions.get(codename="view_order")
    boss.post(
        reverse("admin:auth_group_change", args=[group.pk]),
        {"name": "Night shift", "permissions": [right.pk]},
    )
    boss.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"})
    assert sentences() == [
        "Robin Boss changed the rights of the group Night shift: given: right Can view order",
        "Robin Boss deleted the group Night shift.",
    ]


@pytest.mark.parametrize(
    "password",
    [
        "Short-pass1",
        "qwerty123456",
        "Q1w2e3r4t5y6",  # of the list of long ones alone, in other letters
        "sunriseavenue",
        "123456789012345",
        "boss-robin-12",
        "Automation.Hub.2031",
        "my pressero login",
    ],
)
def test_a_weak_password_is_refused(boss: Client, password: str) -> None:
    user = make_user("robin", first_name="Robin", last_name="Boss-Robin-1")
    page = reverse("admin:auth_user_password_change", args=[user.pk])
    form = {"password1": password, "password2": password, "usable_password": "true"}
    assert boss.post(page, form).status_code == 200
    user.refresh_from_db()
    assert user.check_password("password")


def test_passwords_are_checked_against_more_than_3000_common_ones_that_are_long_enough() -> None:
    lists = [
        one.passwords for one in get_default_password_validators() if isinstance(one, CommonPasswordValidator)
    ]
    assert len({word for words in lists for word in words if len(word) >= 12}) > 15_000


def test_a_long_password_of_common_words_is_taken(db: None) -> None:
    validate_password("the pace of a spaceship", make_user("robin"))


def test_a_session_ends_after_the_hours_that_are_set(db: None) -> None:
    make_superuser()
    answer = log_in("boss", "password")
    cookie = answer.cookies["sessionid"]
    assert cookie["max-age"] == 12 * 3600
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
