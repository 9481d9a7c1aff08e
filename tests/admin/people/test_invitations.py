"""New users are invited: by an email that a worker sends, or with a link that is shown once; it sets their first password."""

from __future__ import annotations

import re
from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from integrations import tasks
from integrations.core.audit import log as audit
from integrations.models import AuditEntry, Invitation
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


def add_kim(client: Client) -> User:
    client.post(ADD, KIM)
    return User.objects.select_related("invitation").get(username="kim")


def page_of(client: Client, user: User) -> str:
    return client.get(reverse("admin:auth_user_invitation", args=[user.pk])).content.decode()


@pytest.fixture
def mail_fails(monkeypatch: pytest.MonkeyPatch, mail_works: None) -> None:
    def fail(self: EmailMultiAlternatives) -> None:
        raise SMTPServerDisconnected("the mail server hung up")

    monkeypatch.setattr(EmailMultiAlternatives, "send", fail)


def test_the_page_says_that_the_email_is_on_its_way_and_sends_none_itself(
    boss: Client, mail_works: None
) -> None:
    page = boss.post(ADD, KIM, follow=True).content.decode()
    assert "Kim New is invited. The email to kim@example.com is on its way." in page
    assert not mail.outbox
    assert "/admin/invitation/" not in page


def test_a_worker_mails_the_link_as_text_and_as_html(boss: Client, mail_works: None) -> None:
    user = add_kim(boss)
    tasks.send_alerts()
    (sent,) = mail.outbox
    assert isinstance(sent, EmailMultiAlternatives)
    assert (sent.subject, sent.to) == ("You are invited to Automation Hub", ["kim@example.com"])
    html = str(sent.alternatives[0][0])
    for text in (str(sent.body), html):
        assert "https://hub.example.com/admin/invitation/" in text
        assert "Robin Boss added you" in text
        assert "kim" in text
        assert "for 4 days" in text
    assert "The email to kim@example.com was sent on " in page_of(boss, user)


def test_an_email_is_sent_once_however_many_workers_are_woken(boss: Client, mail_works: None) -> None:
    add_kim(boss)
    assert [tasks.send_alerts(), tasks.send_alerts()] == [1, 0]


def test_a_worker_that_took_the_same_row_sends_nothing(boss: Client, mail_works: None) -> None:
    stale = add_kim(boss).invitation
    Invitation.objects.update(due_at=timezone.now() + timedelta(minutes=3))
    assert not invitations._send(stale)
    assert not mail.outbox


def test_the_link_of_the_mail_works(boss: Client, mail_works: None) -> None:
    add_kim(boss)
    invitations.send_waiting()
    link = re.search(r"https://hub.example.com(/admin/invitation/\S+)", str(mail.outbox[0].body))
    assert link
    assert set_password(link[1]).headers["Location"] == reverse("admin:login")


def test_the_sweep_wakes_a_worker_for_an_email_whose_message_was_lost(
    boss: Client, mail_works: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_kim(boss)
    woken: list[bool] = []
    monkeypatch.setattr(invitations.queue, "ask_for_alerts", lambda: woken.append(True))
    invitations.wake_if_due()
    invitations.send_waiting()
    invitations.wake_if_due()
    assert woken == [True]


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


def test_an_email_that_cannot_be_sent_says_why_on_the_page_and_in_the_list(
    boss: Client, mail_fails: None
) -> None:
    user = add_kim(boss)
    invitations.send_waiting()
    html = page_of(boss, user)
    assert "could not be sent yet. It is retried automatically for a day" in html
    assert "The email could not be sent: the mail server hung up" in html
    assert "Invitation not sent" in boss.get(reverse("admin:auth_user_changelist")).content.decode()


def test_an_email_that_failed_is_retried_and_then_well(
    boss: Client, mail_fails: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = add_kim(boss)
    invitations.send_waiting()
    monkeypatch.undo()
    Invitation.objects.update(due_at=timezone.now())
    with override_settings(EMAIL_IS_CONFIGURED=True):
        assert invitations.send_waiting() == 1
    assert "hung up" not in page_of(boss, user)


def test_an_email_is_given_up_after_a_day_and_the_page_says_what_to_do(
    boss: Client, mail_fails: None
) -> None:
    user = add_kim(boss)
    Invitation.objects.update(asked_at=timezone.now() - invitations.RETRY_FOR)
    invitations.send_waiting()
    user.invitation.refresh_from_db()
    assert user.invitation.due_at is None
    assert "was not invited by email. Show the link and send it yourself." in page_of(boss, user)


def test_the_link_is_shown_once_on_demand_when_the_email_does_not_arrive(
    boss: Client, mail_fails: None
) -> None:
    user = add_kim(boss)
    shown = boss.post(reverse("admin:auth_user_invitation", args=[user.pk]))
    assert "https://hub.example.com/admin/invitation/" in shown.content.decode()
    assert "no-store" in shown.headers["Cache-Control"]
    assert sentences()[-1] == "Robin Boss made a link with which the user kim sets a password."


def test_a_user_who_has_set_a_password_is_mailed_no_more(boss: Client, mail_works: None) -> None:
    user = add_kim(boss)
    user.set_password("Long-enough-1")
    user.save()
    assert invitations.send_waiting() == 0
    assert not mail.outbox
    assert "Kim New has set a password." in page_of(boss, user)


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
    invitations.send_waiting()
    assert "is on its way" in boss.post(again, follow=True).content.decode()
    invitations.send_waiting()
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
