"""A database of the first release, with orders in flight, is upgraded and goes on.

`first_release.sql.gz` is what the demo left of it: fourteen orders, one of which (10242) lost its worker just after the commit
of its job was sent. Passwords were taken out.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from integrations.simulation.demo.configuration import demo_configuration
from integrations.simulation.demo.scenarios import scenarios
from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import PresseroSandbox
from tests.commands.processes import Scratch, scratch_hub

STORED = Path(__file__).with_name("first_release.sql.gz")
STORED_ON = date(2026, 11, 30)
IN_FLIGHT = 10242
COUNTED = ("order", "orderitem", "pacejob", "webhookevent", "auditentry", "storefront")

pytestmark = pytest.mark.skipif(
    "sqlite" not in settings.DATABASES["default"]["ENGINE"], reason="the stored database is one of SQLite"
)


def counts(hub: Scratch) -> dict[str, int]:
    return {name: hub.rows(f"SELECT count(*) FROM integrations_{name}")[0][0] for name in COUNTED}  # noqa: S608


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[Scratch]:
    """The database as the first release left it."""
    folder = tmp_path_factory.mktemp("upgrade")
    with sqlite3.connect(folder / "hub.sqlite3") as database:
        database.executescript(gzip.decompress(STORED.read_bytes()).decode())
    with django_db_blocker.unblock(), scratch_hub(folder, migrated=False) as hub:
        yield hub


@pytest.fixture(scope="module")
def said_before(old: Scratch) -> str:
    """What `upgrade_check before` says of it."""
    ran = old.run("upgrade_check", "before")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def rows_before(old: Scratch, said_before: str) -> dict[str, int]:
    return counts(old)


@pytest.fixture(scope="module")
def upgraded(old: Scratch, rows_before: dict[str, int]) -> Scratch:
    ran = old.run("migrate", "--verbosity", "0")
    assert ran.returncode == 0, ran.stderr
    return old


def test_what_will_happen_is_said_before(said_before: str) -> None:
    assert "migrations will run: integrations." in said_before
    assert "Orders that workers have now: 0. Jobs that Pace has not confirmed yet: 1." in said_before
    assert "Make a backup of it first" in said_before


def test_nothing_is_lost(upgraded: Scratch, rows_before: dict[str, int]) -> None:
    assert counts(upgraded) == rows_before
    assert rows_before["order"] == 14


def test_afterwards_what_is_left_to_do_is_said(upgraded: Scratch) -> None:
    ran = upgraded.run("upgrade_check", "after")
    assert "ok      The tables are up to date, with groups, schedules and guards." in ran.stdout
    assert "ok      All stored secrets can be read." in ran.stdout
    assert "FAILED  No worker has ever reported." in ran.stdout
    assert ran.returncode == 1


def test_a_table_that_migrate_would_repair_is_named(upgraded: Scratch) -> None:
    upgraded.rows("DELETE FROM django_q_schedule WHERE name = 'Reconcile' RETURNING id")
    ran = upgraded.run("upgrade_check", "after")
    assert "FAILED  Missing: the schedule “Reconcile”." in ran.stdout
    assert upgraded.run("migrate", "--verbosity", "0").returncode == 0
    assert "Missing:" not in upgraded.run("upgrade_check", "after").stdout


def test_a_secret_that_the_new_key_cannot_read_is_named(upgraded: Scratch) -> None:
    upgraded.rows("UPDATE integrations_paceserver SET push_token = 'fernet:of another key' RETURNING id")
    ran = upgraded.run("upgrade_check", "after")
    upgraded.rows("UPDATE integrations_paceserver SET push_token = '' RETURNING id")
    assert "FAILED  CREDENTIALS_KEY cannot read Pace server" in ran.stdout
    assert "push token" in ran.stdout


def test_the_order_in_flight_becomes_one_job(upgraded: Scratch, tmp_path: Path) -> None:
    with PaceSandbox() as pace, PresseroSandbox() as pressero:
        for scenario in scenarios(STORED_ON):
            scenario.place(pressero)
        made = "SELECT number, customer, description FROM integrations_pacejob WHERE number <> ''"
        for number, customer, description in upgraded.rows(made):
            pace.put("Job", job=number, customer=customer, description=description)
        configuration = demo_configuration(
            pressero_url=pressero.base_url,
            credentials=asdict(pressero.credentials),
            pace_url=pace.url,
            pace_login=(pace.username, pace.password),
        )
        (tmp_path / "hub.json").write_text(json.dumps(configuration))
        imported = upgraded.run("hub_config", "import", str(tmp_path / "hub.json"))
        assert imported.returncode == 0, imported.stdout + imported.stderr
        ran = upgraded.run("process_order", "Example CU Store", str(IN_FLIGHT))
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert upgraded.status_of(IN_FLIGHT) == "submitted"
        jobs = Counter(str(job["description"]).split(" ")[0] for job in pace.objects("Job"))
        assert jobs[str(IN_FLIGHT)] == 1
