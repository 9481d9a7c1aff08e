"""API tokens, users and background work in the portal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Task

from automationhub.lib.shown_times import moment_text
from integrations.core.audit import log as audit
from integrations.core.workqueue import schedules
from integrations.models import ApiToken, AuditEntry
from tests.admin.conftest import Login
from tests.factories import make_superuser, make_user

pytestmark = pytest.mark.django_db

ISSUE = reverse("admin:integrations_apitoken_add")
TOKENS = reverse("admin:integrations_apitoken_changelist")


# --- tokens ---


def test_a_token_is_shown_once_and_never_again(boss: Client) -> None:
    user = make_user("program")
    answer = boss.post(ISSUE, {"user": user.pk, "scope": "operate", "days": "90"})
    token = answer.context["token"]
    assert token in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    stored = ApiToken.objects.get()
    assert (stored.user, stored.scope, stored.digest) == (user, "operate", ApiToken.digest_of(token))
    row = reverse("admin:integrations_apitoken_change", args=[stored.pk])
    for page in (TOKENS, row, reverse("admin:integrations_apitoken_history", args=[stored.pk])):
        html = boss.get(page).content.decode()
        assert token not in html
        assert stored.digest not in html


def test_looking_at_the_form_issues_nothing(boss: Client) -> None:
    assert boss.get(ISSUE).status_code == 200
    assert boss.post(ISSUE, {"user": "", "scope": "all"}).status_code == 200
    assert boss.put(ISSUE).status_code == 405
    assert not ApiToken.objects.exists()


def test_who_is_no_superuser_issues_tokens_for_himself_alone(login: Login) -> None:
    superuser, user = make_superuser(), make_user("it", "add_apitoken", "view_apitoken")
    client = login(user)
    assert client.post(ISSUE, {"user": superuser.pk, "scope": "operate", "days": "90"}).status_code == 200
    assert not ApiToken.objects.exists()
    client.post(ISSUE, {"user": user.pk, "scope": "read", "days": "0"})
    assert ApiToken.objects.get().user == user


def test_a_token_is_switched_off_by_an_action_and_edited_by_nobody(boss: Client, viewer: Client) -> None:
    ApiToken.issue(make_user("program"))
    token = ApiToken.objects.get()
    chosen = {"action": "deactivate", "_selected_action": [token.pk]}
    viewer.post(TOKENS, chosen)
    token.refresh_from_db()
    assert token.active
    row = reverse("admin:integrations_apitoken_change", args=[token.pk])
    assert boss.post(row, {"scope": "operate", "days": "90"}).status_code == 403
    assert "1 token was switched off." in boss.post(TOKENS, chosen, follow=True).content.decode()
    token.refresh_from_db()
    assert not token.active


def test_a_token_is_good_for_as_long_as_was_chosen_and_its_list_says_until_when(boss: Client) -> None:
    user = make_user("program")
    boss.post(ISSUE, {"user": user.pk, "scope": "read", "days": "30"})
    boss.post(ISSUE, {"user": user.pk, "scope": "read", "days": "0"})
    assert boss.post(ISSUE, {"user": user.pk, "scope": "read", "days": "31"}).context["form"].errors
    endless, short = ApiToken.objects.order_by("-id")
    assert endless.expires_at is None
    assert round((short.expires_at - timezone.now()) / timedelta(days=1)) == 30
    ApiToken.objects.filter(pk=short.pk).update(expires_at=timezone.now())
    html = boss.get(TOKENS).content.decode()
    assert "Expired" in html
    assert "No end" in html


def test_who_issued_and_who_switched_off_a_token_is_in_the_audit_log(boss: Client) -> None:
    boss.post(ISSUE, {"user": make_user("program").pk, "scope": "read", "days": "0"})
    token = ApiToken.objects.get()
    for _ in range(2):
        boss.post(TOKENS, {"action": "deactivate", "_selected_action": [token.pk]})
    sentences = [
        audit.describe(entry).sentence for entry in AuditEntry.objects.filter(type__startswith="access.token")
    ]
    assert sentences == [
        f"Robin Boss turned off the token {token.prefix}… of program.",
        f"Robin Boss issued the token {token.prefix}… of program with the scope “read”, without an end.",
    ]


# --- users ---


def user_page(user: User) -> str:
    return reverse("admin:auth_user_change", args=[user.pk])


def test_who_may_change_users_cannot_raise_his_own_rights(login: Login) -> None:
    user = make_user("it", "change_user", "view_user")
    form = {
        "username": "it", "is_active": "on", "is_staff": "on", "is_superuser": "on", "user_permissions": ["1", "2"],
        "last_login_0": "", "last_login_1": "",
    }  # fmt: skip
    assert login(user).post(user_page(user), form).status_code == 302
    user = User.objects.get(pk=user.pk)
    assert not user.is_superuser
    assert user.user_permissions.count() == 2


def test_the_account_of_a_superuser_is_for_superusers(login: Login) -> None:
    superuser = make_superuser()
    client = login(make_user("it", "change_user", "view_user", "delete_user"))
    password = {"password1": "New-password-1", "password2": "New-password-1", "usable_password": "true"}
    assert (
        client.post(reverse("admin:auth_user_password_change", args=[superuser.pk]), password).status_code
        == 403
    )
    assert client.post(user_page(superuser), {"username": "x"}).status_code == 403
    assert (
        client.post(reverse("admin:auth_user_delete", args=[superuser.pk]), {"post": "yes"}).status_code
        == 403
    )


def test_a_superuser_sets_passwords(boss: Client) -> None:
    user = make_user("kim")
    page = reverse("admin:auth_user_password_change", args=[user.pk])
    password = {"password1": "Long-enough-1", "password2": "Long-enough-1", "usable_password": "true"}
    assert boss.post(page, password).status_code == 302
    user.refresh_from_db()
    assert user.check_password("Long-enough-1")


# --- schedules ---


@pytest.mark.parametrize(
    ("how", "before"),
    [
        ({"schedule_type": Schedule.MINUTES, "minutes": 5}, timedelta(minutes=5)),
        ({"schedule_type": Schedule.DAILY}, timedelta(days=1)),
        ({"schedule_type": Schedule.CRON, "cron": "30 4 * * *"}, timedelta(days=1)),
    ],
)
def test_the_last_run_is_shown_when_it_went_well_too(
    boss: Client, how: dict[str, Any], before: timedelta
) -> None:
    next_run = timezone.localtime().replace(hour=4, minute=30, second=0, microsecond=0) + timedelta(days=1)
    schedule = Schedule.objects.create(
        name="Sync", func="integrations.tasks.sync_statuses", next_run=next_run, task="gone", **how
    )
    last = schedule.next_run - before  # a cron schedule that is stored runs next when it says, perhaps today
    assert schedules.last_run(schedule) == last
    html = boss.get(reverse("admin:django_q_schedule_changelist")).content.decode()
    assert moment_text(last) in html


def test_a_schedule_that_never_ran_has_no_last_run() -> None:
    schedule = Schedule(
        schedule_type=Schedule.DAILY, next_run=timezone.now(), func="integrations.tasks.sync_statuses"
    )
    assert schedules.last_run(schedule) is None


@pytest.fixture
def schedule(db: None) -> Schedule:
    return Schedule.objects.create(
        name="A schedule", func="integrations.tasks.resume_orders", schedule_type="I", minutes=1, repeats=-1
    )


def schedule_page(schedule: Schedule) -> str:
    return reverse("admin:django_q_schedule_change", args=[schedule.pk])


def schedule_form(**values: str) -> dict[str, str]:
    form = {
        "schedule_type": "I", "minutes": "5", "next_run_0": "2030-01-01", "next_run_1": "06:00:00", "repeats": "-1",
        "cron": "",
    }  # fmt: skip
    return {**form, **values}


@pytest.mark.parametrize(
    ("values", "accepted"),
    [
        ({}, True),
        ({"repeats": "0"}, True),
        ({"schedule_type": "C", "cron": "0 6 * * 1-5"}, True),
        ({"minutes": ""}, False),
        ({"schedule_type": "C", "cron": ""}, False),
        ({"schedule_type": "C", "cron": "every day"}, False),
        ({"schedule_type": "O"}, False),
        ({"repeats": "-5"}, False),
    ],
)
def test_a_schedule_that_the_scheduler_could_not_read_is_refused(
    boss: Client, schedule: Schedule, values: dict[str, str], accepted: bool
) -> None:
    answer = boss.post(schedule_page(schedule), schedule_form(**values))
    assert (answer.status_code == 302) == accepted
    schedule.refresh_from_db()
    assert (schedule.minutes == 5 or schedule.schedule_type == "C") == accepted


def test_nobody_types_the_function_of_a_schedule(boss: Client, schedule: Schedule) -> None:
    boss.post(schedule_page(schedule), schedule_form(func="os.system", hook="os.system", name="x"))
    schedule.refresh_from_db()
    assert (schedule.func, schedule.hook, schedule.name) == (
        "integrations.tasks.resume_orders",
        None,
        "A schedule",
    )
    assert boss.get(reverse("admin:django_q_schedule_add")).status_code == 403
    assert (
        boss.post(reverse("admin:django_q_schedule_delete", args=[schedule.pk]), {"post": "yes"}).status_code
        == 403
    )


def test_the_list_of_schedules_says_what_is_off_late_or_failed(boss: Client, schedule: Schedule) -> None:
    Schedule.objects.exclude(pk=schedule.pk).update(repeats=0)
    Task.objects.create(
        id="t", name="t", func="f", started=timezone.now(), stopped=timezone.now(), success=False
    )
    Schedule.objects.filter(pk=schedule.pk).update(next_run=timezone.now() - timedelta(hours=1), task="t")
    html = boss.get(reverse("admin:django_q_schedule_changelist")).content.decode()
    assert "Late: is a worker running?" in html
    assert "Failed" in html


# --- tasks ---


def test_failed_tasks_are_read_and_tidied_away_but_never_sent_again(boss: Client, viewer: Client) -> None:
    task: Any = Task.objects.create(
        id="t",
        name="order row 1",
        func="f",
        started=timezone.now(),
        stopped=timezone.now(),
        success=False,
        result="Boom",
    )
    page = reverse("admin:django_q_failure_changelist")
    html = boss.get(page).content.decode()
    assert "Boom" in html
    assert "resubmit" not in html
    viewer.post(page, {"action": "resubmit_task", "_selected_action": [task.pk]})
    boss.post(page, {"action": "resubmit_task", "_selected_action": [task.pk]})
    assert not OrmQ.objects.exists()
    boss.post(reverse("admin:django_q_failure_delete", args=[task.pk]), {"post": "yes"})
    assert not Failure.objects.exists()


def test_a_message_that_cannot_be_read_does_not_break_the_list(boss: Client) -> None:
    OrmQ.objects.create(key="hub", payload="garbage", lock=timezone.now())
    assert "unreadable" in boss.get(reverse("admin:django_q_ormq_changelist")).content.decode()
