"""New users are invited: by mail, or with a link that is shown once; the link sets their first password."""

from __future__ import annotations

import re
from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.test import Client
from django.urls import reverse

from integrations.core.audit import log as audit
from integrations.models import AuditEntry
from integrations.operations.access import invitations
from tests.admin.conftest import Login
from tests.factories import make_superuser, make_user

pytestmark = pytest.mark.django_db

ADD = reverse("admin:auth_user_add")
KIM = {"username": "kim", "first_name": "Kim", "last_name": "New", "email": "kim@example.com"}
PASSWORD = {"new_password1": "Long-enough-1", "new_password2": "Long-enough-1"}


@pytest.fixture
def mail_works(settings: Any) -> None:
    settings.EMAIL_IS_CONFIGURED = True
    settings.PORTAL_URL = "https://hub.example.com"


def link_shown(client: Client, **form: Any) -> str:
    """The link on the page after a user was added without mail."""
    found = re.search(
        r"http://testserver(/admin/invitation/[^<]+)", client.post(ADD, KIM | form).content.decode()
    )
    assert found
    return found[1]


def set_password(link: str, client: Client | None = None) -> Any:
    """Follow the link to its form and choose a password there."""
    client = client or Client()
    form = client.get(link)
    return client.post(form.headers["Location"], PASSWORD) if form.status_code == 302 else form


def sentences() -> list[str]:
    found = AuditEntry.objects.filter(type__startswith="access.inv").order_by("id")
    return [audit.describe(entry).sentence for entry in found]


def test_a_new_user_gets_a_mail_with_a_link_as_text_and_as_html(boss: Client, mail_works: None) -> None:
    page = boss.post(ADD, KIM, follow=True).content.decode()
    assert "Kim New is invited: an email with a link is on its way to kim@example.com." in page
    (sent,) = mail.outbox
    assert isinstance(sent, EmailMultiAlternatives)
    assert (sent.subject, sent.to) == ("You are invited to Automation Hub", ["kim@example.com"])
    html = str(sent.alternatives[0][0])
    for text in (str(sent.body), html):
        assert "https://hub.example.com/admin/invitation/" in text
        assert "Robin Boss added you" in text
        assert "kim" in text
        assert "for 4 days" in text
    assert "/admin/invitation/" not in page


def test_without_mail_the_link_is_shown_once_and_on_no_other_page(boss: Client) -> None:
    answer = boss.post(ADD, KIM)
    html = answer.content.decode()
    assert "EMAIL_URL is not set" in html
    assert "no-store" in answer.headers["Cache-Control"]
    assert not mail.outbox
    assert "/admin/invitation/" in html
    user = User.objects.get(username="kim")
    for page in (reverse("admin:auth_user_changelist"), reverse("admin:auth_user_change", args=[user.pk])):
        assert "/admin/invitation/" not in boss.get(page).content.decode()


def test_a_mail_that_cannot_be_sent_shows_the_link_and_why(
    boss: Client, mail_works: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: EmailMultiAlternatives) -> None:
        raise SMTPServerDisconnected("the mail server hung up")

    monkeypatch.setattr(EmailMultiAlternatives, "send", fail)
    html = boss.post(ADD, KIM).content.decode()
    assert "The email could not be sent: the mail server hung up" in html
    assert "https://hub.example.com/admin/invitation/" in html


@pytest.mark.django_db(transaction=True)
def test_no_database_transaction_is_open_while_the_mail_is_sent(
    mail_works: None, monkeypatch: pytest.MonkeyPatch, login: Login
) -> None:
    open_: list[bool] = []
    monkeypatch.setattr(EmailMultiAlternatives, "send", lambda self: open_.append(connection.in_atomic_block))
    login(make_superuser()).post(ADD, KIM)
    assert open_ == [False]
    assert User.objects.filter(username="kim").exists()


def test_the_invited_user_sets_a_password_and_does_what_the_role_does(boss: Client) -> None:
    group = Group.objects.create(name="Night shift")
    group.permissions.add(Permission.objects.get(codename="view_order"))
    link = link_shown(boss, role=group.pk)
    assert set_password(link).headers["Location"] == reverse("admin:login")
    client = Client()
    login = client.post(reverse("admin:login"), {"username": "kim", "password": "Long-enough-1"})
    assert login.status_code == 302
    assert client.get(reverse("admin:integrations_order_changelist")).status_code == 200


def test_nobody_logs_in_as_a_user_who_has_not_set_a_password(boss: Client) -> None:
    link_shown(boss)
    assert not User.objects.get(username="kim").has_usable_password()


def test_a_link_works_once(boss: Client) -> None:
    link = link_shown(boss)
    set_password(link)
    again = set_password(link)
    assert "This link cannot be used any more" in again.content.decode()
    assert User.objects.get(username="kim").check_password("Long-enough-1")


def test_a_link_is_void_after_its_days(boss: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    link = link_shown(boss)
    now = invitations.invitation_tokens._now()
    later = now + timedelta(days=settings.INVITATION_DAYS, seconds=5)
    monkeypatch.setattr(invitations.invitation_tokens, "_now", lambda: later)
    assert "cannot be used any more" in set_password(link).content.decode()


@pytest.mark.parametrize("change", [{"is_active": False}, {"email": "other@example.com"}])
def test_a_link_is_void_for_a_user_who_was_deactivated_or_has_another_address(
    boss: Client, change: dict[str, Any]
) -> None:
    link = link_shown(boss)
    User.objects.filter(username="kim").update(**change)
    assert "cannot be used any more" in set_password(link).content.decode()


def test_a_password_that_is_too_weak_is_refused_in_words(boss: Client) -> None:
    client = Client()
    form = client.get(link_shown(boss))
    answer = client.post(form.headers["Location"], {"new_password1": "short", "new_password2": "short"})
    assert "at least 12 characters" in answer.content.decode()
    assert not User.objects.get(username="kim").has_usable_password()


def test_who_invited_and_that_the_password_was_set_is_in_the_audit_log(boss: Client) -> None:
    set_password(link_shown(boss))
    assert sentences() == [
        "Robin Boss made a link with which the user kim sets a password.",
        "Kim New set a password with the link of an invitation.",
    ]


def test_a_user_without_a_password_is_invited_again_from_their_page(boss: Client, mail_works: None) -> None:
    boss.post(ADD, KIM)
    user = User.objects.get(username="kim")
    page = boss.get(reverse("admin:auth_user_change", args=[user.pk])).content.decode()
    again = reverse("admin:auth_user_invite_again", args=[user.pk])
    assert again in page
    assert boss.get(again).status_code == 200
    assert len(mail.outbox) == 1
    boss.post(again)
    assert len(mail.outbox) == 2


def test_a_user_with_a_password_is_not_invited(boss: Client) -> None:
    user = make_user("kim")
    user.set_password("Long-enough-1")
    user.save()
    again = reverse("admin:auth_user_invite_again", args=[user.pk])
    assert again not in boss.get(reverse("admin:auth_user_change", args=[user.pk])).content.decode()
    assert boss.post(again).status_code == 403


def test_the_link_of_a_superuser_is_for_superusers(login: Login) -> None:
    superuser = make_superuser()
    superuser.set_unusable_password()
    superuser.save()
    client = login(make_user("it", "add_user", "change_user", "view_user"))
    assert client.post(reverse("admin:auth_user_invite_again", args=[superuser.pk])).status_code == 403


def test_who_is_no_superuser_gives_new_users_only_roles_within_their_own_rights(login: Login) -> None:
    strong = Group.objects.create(name="Strong")
    strong.permissions.add(Permission.objects.get(codename="delete_user"))
    client = login(make_user("it", "add_user", "view_user", "change_user"))
    assert client.post(ADD, KIM | {"role": strong.pk}).status_code == 200
    assert not User.objects.filter(username="kim").exists()


def test_the_list_of_users_says_who_has_not_logged_in_yet(boss: Client) -> None:
    link_shown(boss)
    assert "Invited" in boss.get(reverse("admin:auth_user_changelist")).content.decode()
