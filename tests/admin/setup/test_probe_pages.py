"""Probing from the portal: the button, the run by a worker, its result on the page, settings that are taken over."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations import tasks
from integrations.errors import PermanentError
from integrations.models import AuditEntry, PaceServer, ProbeRun
from integrations.operations.probes import runs
from integrations.operations.setup import checklist
from integrations.operations.setup.coverage_inputs import coverage_of
from integrations.simulation.sandbox.pace.plant import PlantBehavior
from tests.conftest import Hub
from tests.factories import make_account, make_server, make_superuser


def page(row: Any) -> str:
    return reverse(f"admin:integrations_{row._meta.model_name}_probe", args=[row.pk])


def finished(hub: Hub, system: Any = None, **found: Any) -> ProbeRun:
    """A probe that staff asked for and a worker ran."""
    run = runs.ask(system or hub.server, make_superuser("asker"), subject="", actor="asker")
    tasks.run_probe(run.pk)
    if found:
        ProbeRun.objects.filter(pk=run.pk).update(**found)
    run.refresh_from_db()
    return run


def test_the_page_says_what_will_happen_before_anything_does(boss: Client, hub: Hub) -> None:
    text = boss.get(page(hub.server)).content.decode()
    assert "rolls the transaction back" in text
    assert "Probe now" in text
    assert hub.pace.calls == []


def test_the_button_has_a_worker_probe_and_the_page_waits_for_it(boss: Client, hub: Hub) -> None:
    assert boss.post(page(hub.server), {"subject": ""}).status_code == 302
    run = ProbeRun.objects.get()
    assert (run.server, run.is_running) == (hub.server, True)
    text = boss.get(page(hub.server)).content.decode()
    assert "Waiting for a worker." in text
    assert 'http-equiv="refresh"' in text
    assert AuditEntry.objects.filter(type="probe.asked").count() == 1


def test_while_it_runs_the_page_shows_what_it_said(boss: Client, hub: Hub) -> None:
    run = runs.ask(hub.server, make_superuser("asker"), subject="", actor="asker")
    ProbeRun.objects.filter(pk=run.pk).update(said=["Rolling the transaction back."])
    assert "Rolling the transaction back." in boss.get(page(hub.server)).content.decode()


def test_the_result_is_kept_with_date_and_versions(boss: Client, hub: Hub) -> None:
    hub.pace.behave(PlantBehavior())
    run = finished(hub)
    text = boss.get(page(hub.server)).content.decode()
    assert run.version == "29.0-1704"
    assert "29.0-1704" in text
    assert run.report["summary"].split(";")[0] in text
    assert 'http-equiv="refresh"' not in text


def test_a_second_probe_of_the_same_server_waits_for_the_first(boss: Client, hub: Hub) -> None:
    for _ in range(2):
        answer = boss.post(page(hub.server), {"subject": ""}, follow=True)
    assert ProbeRun.objects.count() == 1
    assert "is running already" in answer.content.decode()


def test_a_customer_of_the_form_is_used(boss: Client, hub: Hub) -> None:
    hub.pace.behave(PlantBehavior())
    boss.post(page(hub.server), {"subject": " EXCU "})
    tasks.run_probe(ProbeRun.objects.get().pk)
    assert not [call for call in hub.pace.calls if "createCustomer" in call.path]


def test_an_account_is_probed_by_its_page_too(boss: Client, hub: Hub) -> None:
    boss.post(page(hub.account), {"subject": ""})
    tasks.run_probe(ProbeRun.objects.get().pk)
    text = boss.get(page(hub.account)).content.decode()
    assert "Shipping methods can be listed." in text


def test_an_order_number_that_is_none_is_refused(boss: Client, hub: Hub) -> None:
    answer = boss.post(page(hub.account), {"subject": "ten"}, follow=True)
    assert "holds digits only" in answer.content.decode()
    assert not ProbeRun.objects.exists()


def test_a_server_that_cannot_be_reached_is_a_sentence_on_the_page(boss: Client, hub: Hub) -> None:
    hub.pace.faults.add("unauthorized", times=0)
    run = finished(hub)
    assert run.held is None
    assert run.problem in boss.get(page(hub.server)).content.decode().replace("&#x27;", "'")


def test_a_worker_that_died_is_followed_by_another(hub: Hub) -> None:
    run = runs.ask(hub.server, make_superuser("asker"), subject="", actor="asker")
    ProbeRun.objects.filter(pk=run.pk).update(queued_until=None)
    assert runs.wake_waiting() == 1
    assert runs.wake_waiting() == 0


def test_two_workers_do_not_run_one_probe(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    run = runs.ask(hub.server, make_superuser("asker"), subject="", actor="asker")
    begun: list[int] = []

    def another_comes(of: ProbeRun, say: object) -> None:
        begun.append(of.pk)
        if len(begun) < 3:
            runs.work(of.pk)
        raise PermanentError("Enough.")

    monkeypatch.setattr(runs, "_probe", another_comes)
    runs.work(run.pk)
    assert begun == [run.pk]


def test_a_worker_that_wakes_up_late_writes_nothing_over_its_successors(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.ask(hub.server, make_superuser("asker"), subject="", actor="asker")

    def taken_over(of: ProbeRun, say: Callable[[str], None]) -> None:
        ProbeRun.objects.filter(pk=of.pk).update(lease_token=uuid.uuid4(), said=["the successor's"])
        say("from the past")

    monkeypatch.setattr(runs, "_probe", taken_over)
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.said, run.finished_at, run.problem) == (["the successor's"], None, "")


def test_only_the_last_probes_are_kept(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "RUNS_STORED", 2)
    hub.pace.faults.add("unauthorized", times=0)
    user = make_superuser("asker")
    for _ in range(4):
        tasks.run_probe(runs.ask(hub.server, user, subject="", actor="asker").pk)
    assert ProbeRun.objects.count() == 2


# Settings


def offered(hub: Hub) -> ProbeRun:
    one = {"setting": "date_times", "value": "local", "now": "utc", "sentence": "Its own wall clock."}
    report = {"summary": "One differs.", "suggestions": [one], "assumptions": [], "fields": {"changed": []}}
    return ProbeRun.objects.create(
        server=hub.server, report=report, held=False, finished_at=hub.server.updated_at
    )


def test_a_setting_that_was_found_is_taken_over_with_one_click(boss: Client, hub: Hub) -> None:
    offered(hub)
    text = boss.get(page(hub.server)).content.decode()
    assert "Use this setting" in text
    boss.post(page(hub.server), {"adopt": "date_times"})
    assert PaceServer.objects.get().date_times == "local"
    assert AuditEntry.objects.get(type="probe.adopted").data["before"] == "utc"


def test_a_setting_that_was_taken_over_is_no_longer_offered(boss: Client, hub: Hub) -> None:
    offered(hub)
    hub.set_server(date_times="local")
    assert "Use this setting" not in boss.get(page(hub.server)).content.decode()


@pytest.mark.parametrize("setting", ["password", "url", "shipment_type", "nonsense"])
def test_nothing_that_was_not_found_is_taken_over(boss: Client, hub: Hub, setting: str) -> None:
    offered(hub)
    before = PaceServer.objects.values().get()
    answer = boss.post(page(hub.server), {"adopt": setting}, follow=True)
    assert "suggests no such setting" in answer.content.decode()
    assert PaceServer.objects.values().get() == before


def test_a_report_cannot_set_what_probes_do_not_learn(boss: Client, hub: Hub) -> None:
    run = offered(hub)
    run.report["suggestions"][0]["setting"] = "url"
    run.save()
    boss.post(page(hub.server), {"adopt": "url"})
    assert PaceServer.objects.get().url == hub.server.url != "local"


# Who may


def test_a_viewer_sees_no_button_and_may_not_probe(viewer: Client) -> None:
    server = make_server()
    assert viewer.post(page(server), {"subject": ""}).status_code == 403
    assert not ProbeRun.objects.exists()


def test_an_operator_may_probe_but_not_take_settings_over(operator: Client, hub: Hub) -> None:
    offered(hub)
    assert "Use this setting" not in operator.get(page(hub.server)).content.decode()
    assert operator.post(page(hub.server), {"adopt": "date_times"}).status_code == 403
    assert operator.post(page(hub.server), {"subject": ""}).status_code == 302


def test_a_stranger_is_kept_out(stranger: Client) -> None:
    assert stranger.get(page(make_account())).status_code == 403


def test_what_pace_said_is_escaped(boss: Client, hub: Hub) -> None:
    run = offered(hub)
    run.report["remarks"] = ["<script>alert(1)</script>"]
    run.save()
    assert "<script>alert(1)" not in boss.get(page(hub.server)).content.decode()


# The check list


def step(hub: Hub) -> checklist.ChecklistStep:
    storefront = hub.storefront()
    [found] = [
        one
        for one in checklist.steps(storefront, coverage_of(storefront))
        if one.title == f"{storefront.pace_server} passed the probe"
    ]
    return found


def test_the_check_list_asks_for_a_probe_until_one_held(hub: Hub) -> None:
    assert not step(hub).done
    ProbeRun.objects.create(server=hub.server, held=False)
    assert not step(hub).done
    ProbeRun.objects.create(server=hub.server, held=True)
    assert step(hub).done
    assert not step(hub).optional
