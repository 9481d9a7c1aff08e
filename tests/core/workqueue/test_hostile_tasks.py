"""The queue runs the hub's own tasks and nothing else, whatever a schedule's row, a form, a file or a message names."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone
from django_q import scheduler
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.models import OrmQ, Schedule, Task
from django_q.signing import SignedPackage
from django_q.tasks import async_task
from django_q.tasks import schedule as make_schedule

from integrations import tasks
from integrations.core.audit import log as audit
from integrations.core.workqueue import schedules
from integrations.models import ApiToken, AuditEntry, TokenScope
from integrations.operations.access.rights import ADMINISTRATOR, make_groups
from integrations.operations.setup import configuration
from integrations.operations.setup.configuration import ConfigurationError
from tests.factories import make_superuser, make_user

pytestmark = pytest.mark.django_db

OWN = "integrations.tasks.resume_orders"


@pytest.fixture(autouse=True)
def _queue_in_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_q.conf.Conf.ORM", "default")
    monkeypatch.setattr(
        "django_q.conf.Conf.BROKER_CLASS", "integrations.core.workqueue.queue_guard.DatabaseQueue"
    )
    monkeypatch.setattr(scheduler, "close_old_django_connections", lambda: None)
    monkeypatch.setattr("django_q.brokers.orm.db.close_old_connections", lambda: None)


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """The file that an attack that came through has made."""
    return tmp_path / "attack"


@pytest.fixture
def schedule() -> Schedule:
    Schedule.objects.all().delete()
    return Schedule.objects.create(
        name="Resume orders",
        func=OWN,
        schedule_type="I",
        minutes=1,
        next_run=timezone.now() - timedelta(hours=1),
    )


@pytest.fixture
def administrator() -> Client:
    """In the group that sets the hub up; no superuser."""
    make_groups(Group, Permission)
    user = make_user("portal-admin")
    user.groups.add(Group.objects.get(name=ADMINISTRATOR))
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def chained(mark: Path) -> dict[str, Any]:
    """What django-q itself reads from named values: a function to call when the task is done."""
    return {"q_options": {"chain": [("os.system", (f"touch {mark}",))], "hook": "os.system", "save": True}}


def form(**values: str) -> dict[str, str]:
    return {
        "schedule_type": "I", "minutes": "5", "next_run_0": "2020-01-01", "next_run_1": "06:00:00", "repeats": "-1",
        "cron": "", **values,
    }  # fmt: skip


def run_queue() -> list[dict[str, Any]]:
    """Let the schedules that are due run, then take what a cluster would be given."""
    scheduler.scheduler(broker=get_broker())
    return take()


def take() -> list[dict[str, Any]]:
    """Everything that a cluster would be given."""
    given: list[dict[str, Any]] = []
    while OrmQ.objects.filter(lock__lte=timezone.now()).exists():
        given += [SignedPackage.loads(payload) for _, payload in get_broker().dequeue() or []]
    return given


# --- by the doors of the portal ---------------------------------------------------------------------------------------


def test_an_administrator_who_posts_options_of_the_queue_changes_the_time_alone(
    administrator: Client, schedule: Schedule, mark: Path
) -> None:
    page = reverse("admin:django_q_schedule_change", args=[schedule.pk])
    posted = form(args=f"'touch {mark}',", kwargs=repr(chained(mark)), func="os.system", hook="os.system", name="x",
                  cluster="other", intended_date_kwarg="x")  # fmt: skip
    administrator.post(page, posted)
    [row] = Schedule.objects.values(
        "minutes", "func", "args", "kwargs", "hook", "cluster", "intended_date_kwarg"
    )
    assert row.pop("minutes") == 5
    assert row.pop("func") == OWN
    assert not any(row.values())
    assert [package["func"] for package in run_queue()] == [OWN]


@pytest.mark.parametrize(
    "name", ["args", "kwargs", "func", "hook", "cluster", "intended_date_kwarg", "task", "name"]
)
def test_no_form_of_a_schedule_has_a_box_for_what_it_runs(
    client: Client, schedule: Schedule, name: str
) -> None:
    client.force_login(make_superuser())
    page = client.get(reverse("admin:django_q_schedule_change", args=[schedule.pk])).content.decode()
    assert f'name="{name}"' not in page


def test_the_list_of_schedules_has_no_action_that_runs_or_changes_one(
    administrator: Client, schedule: Schedule
) -> None:
    page = reverse("admin:django_q_schedule_changelist")
    for action in ("resubmit_task", "delete_selected", "run_now"):
        administrator.post(page, {"action": action, "_selected_action": [schedule.pk], "post": "yes"})
    assert Schedule.objects.filter(pk=schedule.pk).exists()
    assert not OrmQ.objects.exists()


def test_a_failed_task_of_an_attacker_is_never_sent_again(administrator: Client, mark: Path) -> None:
    now = timezone.now()
    task: Any = Task.objects.create(
        id="t" * 32,
        name="t",
        func="os.system",
        args=(f"touch {mark}",),
        started=now,
        stopped=now,
        success=False,
    )
    chosen = {"action": "resubmit_task", "_selected_action": [task.pk]}
    administrator.post(reverse("admin:django_q_failure_changelist"), chosen)
    assert take() == []


@pytest.mark.parametrize("section", ["schedules", "schedule", "django_q.schedule"])
def test_a_configuration_file_brings_no_schedule(schedule: Schedule, section: str, mark: Path) -> None:
    row = {"name": "Resume orders", "func": OWN, "kwargs": json.dumps(chained(mark))}
    with pytest.raises(ConfigurationError, match="unknown key"):
        configuration.import_configuration({section: [row]})


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_no_call_of_the_api_reaches_a_schedule(schedule: Schedule, mark: Path, method: str) -> None:
    token = ApiToken.issue(make_superuser(), TokenScope.OPERATE)
    api = Client(headers={"Authorization": f"Token {token}"})
    before = Schedule.objects.values().get()
    body = {"func": "os.system", "args": f"'touch {mark}',", "kwargs": repr(chained(mark)), "repeats": -1}
    portal = reverse("admin:django_q_schedule_change", args=[schedule.pk])
    places = [
        f"/api/schedules/{schedule.pk}/",
        "/api/schedules/",
        f"/api/schedule/{schedule.pk}/",
        "/api/orders/",
        portal,
    ]
    for place in places:
        answer = getattr(api, method)(place, json.dumps(body), content_type="application/json")
        assert answer.status_code in (302, 401, 404, 405), (
            place
        )  # 302: the portal knows no tokens and asks for a login
    assert Schedule.objects.values().get() == before
    assert take() == []


def test_the_api_describes_nothing_of_schedules() -> None:
    token = ApiToken.issue(make_superuser())
    text = Client(headers={"Authorization": f"Token {token}"}).get("/api/schema/").content.decode()
    assert "/api/orders/" in text
    assert "schedule" not in text.lower()


@pytest.mark.parametrize("kind", ["schedule", "failure", "ormq"])
def test_no_file_can_be_imported_into_the_queues_tables(administrator: Client, kind: str) -> None:
    for way in ("import", "process_import"):
        page = f"/admin/django_q/{kind}/{way}/"
        assert resolve(page).url_name != f"django_q_{kind}_{way}"
        assert administrator.post(page, {"format": "0"}).status_code in (302, 403, 404)
    assert not OrmQ.objects.exists()


def test_rows_of_the_list_of_schedules_cannot_be_edited_in_the_list(
    administrator: Client, schedule: Schedule, mark: Path
) -> None:
    before = Schedule.objects.values().get()
    posted = {
        "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": str(schedule.pk), "form-0-func": "os.system",
        "form-0-args": f"'touch {mark}',", "form-0-kwargs": repr(chained(mark)), "form-0-repeats": "5", "_save": "Save",
    }  # fmt: skip
    administrator.post(reverse("admin:django_q_schedule_changelist"), posted)
    assert Schedule.objects.values().get() == before


def test_a_schedule_that_is_changed_is_in_the_audit_log(administrator: Client, schedule: Schedule) -> None:
    administrator.post(reverse("admin:django_q_schedule_change", args=[schedule.pk]), form(repeats="0"))
    [entry] = AuditEntry.objects.filter(type="schedule.changed")
    sentence = audit.describe(entry).sentence
    assert "Resume orders" in sentence
    assert "how often: every minute → every 5 minutes" in sentence
    assert "runs left: no limit → off" in sentence


def test_saving_a_schedule_unchanged_writes_nothing_down(administrator: Client, schedule: Schedule) -> None:
    Schedule.objects.filter(pk=schedule.pk).update(minutes=5, next_run="2020-01-01T06:00:00Z")
    administrator.post(reverse("admin:django_q_schedule_change", args=[schedule.pk]), form())
    assert not AuditEntry.objects.filter(type="schedule.changed").exists()


# --- past the doors: a shell, a restored table, code that was planted before ----------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        {"func": "os.system"},
        {"func": "integrations.tasks._private"},
        {"func": "integrations.tasks.runner.process"},
        {"func": "integrations.tasks.settings"},
        {"func": "integrations.tasks.process_order"},
        {"args": "'touch x',"},
        {"kwargs": "{'q_options': {}}"},
        {"hook": "os.system"},
        {"intended_date_kwarg": "order_id"},
        {"cluster": "other"},
    ],
    ids=str,
)
def test_the_model_refuses_a_schedule_that_is_more_than_a_time_for_one_of_our_tasks(
    values: dict[str, str],
) -> None:
    with pytest.raises(ValidationError):
        Schedule(**{"func": OWN, "schedule_type": "I", "minutes": 1, **values}).full_clean()
    with pytest.raises(ValidationError):
        make_schedule(**{"func": OWN, "schedule_type": "I", "minutes": 1, **values})


def test_the_hubs_own_schedules_pass_that_check(schedules: None) -> None:
    assert Schedule.objects.count() >= 5
    for one in Schedule.objects.all():
        one.full_clean()


@pytest.mark.parametrize(
    "columns",
    [
        lambda mark: {"kwargs": repr(chained(mark))},
        lambda mark: {"kwargs": "q_options={'chain': [('os.system', ('touch x',))]}"},
        lambda mark: {"kwargs": "{'q_options': 5}"},
        lambda mark: {"args": f"'touch {mark}',"},
        lambda mark: {"args": "hello world"},
        lambda mark: {"hook": "os.system"},
        lambda mark: {"intended_date_kwarg": "chain"},
    ],
)
def test_arguments_in_a_row_reach_no_task(
    schedule: Schedule, mark: Path, columns: Callable[[Path], dict[str, Any]]
) -> None:
    Schedule.objects.filter(pk=schedule.pk).update(**columns(mark))
    [package] = run_queue()
    assert (package["func"], package["args"], package["kwargs"]) == (OWN, (), {})
    assert not {"chain", "hook", "sync", "timeout", "save"} & set(package)


def test_a_row_that_names_another_function_runs_nothing_and_stops_no_other_schedule(
    schedule: Schedule, mark: Path
) -> None:
    evil = Schedule.objects.create(
        name="Evil",
        func="os.system",
        schedule_type="I",
        minutes=1,
        next_run=timezone.now() - timedelta(hours=1),
    )
    assert [package["func"] for package in run_queue()] == [OWN]
    assert not mark.exists()
    [entry] = AuditEntry.objects.filter(type="queue.refused")
    assert "os.system" in audit.describe(entry).sentence
    assert schedules.set_unreadable_aside() == 1
    evil.refresh_from_db()
    assert evil.repeats == 0
    assert "os.system" in schedules.describe(evil)


@pytest.mark.parametrize(
    "package",
    [
        {"func": "os.system"},
        {"func": print},
        {"func": "integrations.tasks.runner.process"},
        {"func": "integrations.tasks._private"},
        {"func": OWN, "args": ("x",)},
        {"func": OWN, "args": [1]},
        {"func": OWN, "kwargs": {"x": 1}},
        {"func": "integrations.tasks.process_order", "args": (Path("x"),)},
        {"func": OWN, "hook": "os.system"},
        {"func": OWN, "chain": [("os.system", ("x",))], "group": "x", "cached": False, "sync": False},
        {"func": OWN, "iter_count": 1},
        {"func": None},
        {},
    ],
    ids=str,
)
def test_a_message_that_is_not_a_call_of_our_own_is_refused_where_it_is_taken_from_the_queue(
    package: dict[str, Any],
) -> None:
    message = {"id": "i" * 32, "name": "n", "args": (), "kwargs": {}, "started": timezone.now(), **package}
    get_broker().enqueue(SignedPackage.dumps(message))
    assert take() == []
    assert not OrmQ.objects.exists()
    assert AuditEntry.objects.filter(type="queue.refused").count() == 1


@pytest.mark.parametrize("payload", ["garbage", "", "a:b:c"])
def test_a_message_that_we_have_not_signed_is_never_opened(payload: str) -> None:
    get_broker().enqueue(payload)
    assert take() == []
    assert not OrmQ.objects.exists()


def test_what_the_hub_itself_sends_passes() -> None:
    async_task("integrations.tasks.process_order", 7)
    async_task("integrations.tasks.refresh_reference_of", "server", 3)
    assert [(one["func"], one["args"]) for one in take()] == [
        ("integrations.tasks.process_order", (7,)),
        ("integrations.tasks.refresh_reference_of", ("server", 3)),
    ]


def test_a_task_that_ended_calls_nothing_that_its_row_names(mark: Path) -> None:
    now = timezone.now()
    Task.objects.create(id="h" * 32, name="h", func=OWN, hook="os.system", started=now, stopped=now)
    calls: list[Any] = []
    tasks.leak = calls.append  # type: ignore[attr-defined]
    try:
        Task.objects.create(
            id="g" * 32, name="g", func=OWN, hook="integrations.tasks.leak", started=now, stopped=now
        )
    finally:
        del tasks.leak  # type: ignore[attr-defined]
    assert calls == []


def test_the_real_settings_use_the_guard_with_either_broker() -> None:
    from automationhub import settings

    assert settings.Q_CLUSTER["broker_class"] in (
        "integrations.core.workqueue.queue_guard.DatabaseQueue",
        "integrations.core.workqueue.queue_guard.RedisQueue",
    )
    assert Conf.BROKER_CLASS


def test_every_task_of_the_hub_is_a_plain_function_of_plain_values() -> None:
    own = [
        one for name, one in inspect.getmembers(tasks, inspect.isfunction) if one.__module__ == tasks.__name__
    ]
    assert len(own) >= 15
    for function in own:
        kinds = {str(one.annotation) for one in inspect.signature(function).parameters.values()}
        assert kinds <= {"int", "str", "<class 'int'>", "<class 'str'>"}, function
