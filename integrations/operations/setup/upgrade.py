"""What to know before an upgrade, and whether it was complete after it (docs/growing.md, "Upgrade").

Before it, the tables of the new release are not there yet: only columns that every release has are read.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from automationhub.lib.dependencies import installed_version, pinned
from integrations.core.connections import credentials
from integrations.enums import JobState
from integrations.models import Order, PaceJob
from integrations.operations import health
from integrations.operations.setup import database

# A copy of the database for the backup, and what SQLite needs to build a table anew.
COPIES_OF_THE_DATABASE = 3


class UpgradeVerdict(Enum):
    """What a finding asks for."""

    GOOD = "ok"
    NOTE = "note"
    BAD = "FAILED"


@dataclass(frozen=True)
class UpgradeFinding:
    """One sentence about the upgrade."""

    verdict: UpgradeVerdict
    sentence: str


def before() -> Iterator[UpgradeFinding]:
    """With the code and the packages of the new release, before `migrate`."""
    yield from _packages()
    yield from _migrations_to_run()
    yield from _secrets()
    yield from _disk()
    yield from _in_flight()


def after() -> Iterator[UpgradeFinding]:
    """After `migrate`, `collectstatic` and the restart of web processes and workers."""
    yield from _packages()
    yield from _left_to_migrate()
    yield from _secrets()
    yield from _static_files()
    yield from _readiness()


def _packages() -> Iterator[UpgradeFinding]:
    wanted = pinned(settings.BASE_DIR / "requirements.lock")
    other = [
        f"{name} is {installed_version(name) or 'missing'}, locked is {package.version}"
        for name, package in wanted.items()
        if installed_version(name) != package.version
    ]
    if other:
        yield UpgradeFinding(
            UpgradeVerdict.BAD,
            f"{len(other)} packages are not as requirements.lock has them ({'; '.join(other[:5])}). Run "
            f"pip install --require-hashes -r requirements.lock.",
        )
    else:
        yield UpgradeFinding(UpgradeVerdict.GOOD, f"All {len(wanted)} packages are as locked.")


def _waiting() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def _migrations_to_run() -> Iterator[UpgradeFinding]:
    try:
        waiting = _waiting()
    except (KeyError, ValueError) as error:
        yield UpgradeFinding(
            UpgradeVerdict.BAD,
            f"The database stopped half way through the migrations of an older release ({error}). Run `migrate` with the "
            f"version that made them first, then upgrade.",
        )
        return
    if waiting:
        named = ", ".join(waiting[:8]) + (", …" if len(waiting) > 8 else "")
        yield UpgradeFinding(UpgradeVerdict.NOTE, f"{len(waiting)} migrations will run: {named}.")
    else:
        yield UpgradeFinding(UpgradeVerdict.GOOD, "The tables are up to date.")


def _secrets() -> Iterator[UpgradeFinding]:
    if unreadable := credentials.unreadable():
        yield UpgradeFinding(
            UpgradeVerdict.BAD,
            f"CREDENTIALS_KEY cannot read {', '.join(unreadable)}. Put the key that they were encrypted with behind the new "
            f"one, or enter them again.",
        )
    else:
        yield UpgradeFinding(UpgradeVerdict.GOOD, "All stored secrets can be read.")


def _disk() -> Iterator[UpgradeFinding]:
    """SQLite alone: another server's disk cannot be seen from here."""
    if connection.vendor != "sqlite":
        yield UpgradeFinding(
            UpgradeVerdict.NOTE, "Make a backup of the database first (docs/growing.md, Backup)."
        )
        return
    file = Path(str(connection.settings_dict["NAME"]))
    size, free = file.stat().st_size if file.exists() else 0, shutil.disk_usage(file.parent).free
    megabytes = f"The database has {size / 1e6:,.0f} MB, the disk {free / 1e6:,.0f} MB free."
    if free < size * COPIES_OF_THE_DATABASE:
        yield UpgradeFinding(
            UpgradeVerdict.BAD,
            f"{megabytes} A backup and the migration need {COPIES_OF_THE_DATABASE} times its size. Make room first.",
        )
    else:
        yield UpgradeFinding(
            UpgradeVerdict.NOTE, f"{megabytes} Make a backup of it first (docs/growing.md, Backup)."
        )


def _in_flight() -> Iterator[UpgradeFinding]:
    working = Order.objects.filter(lease_until__gt=timezone.now()).count()
    open_commits = PaceJob.objects.filter(state=JobState.COMMITTING).count()
    if working or open_commits:
        yield UpgradeFinding(
            UpgradeVerdict.NOTE,
            f"Orders that workers have now: {working}. Jobs that Pace has not confirmed yet: {open_commits}. Both continue after "
            f"the restart: stop workers with SIGTERM, and give them 45 seconds.",
        )
    else:
        yield UpgradeFinding(UpgradeVerdict.GOOD, "No order is being processed.")


def _left_to_migrate() -> Iterator[UpgradeFinding]:
    waiting = _waiting()
    lacks = [] if waiting else database.lacking()
    if waiting:
        yield UpgradeFinding(
            UpgradeVerdict.BAD, f"{len(waiting)} migrations have not run. Run `python manage.py migrate`."
        )
    elif lacks:
        yield UpgradeFinding(
            UpgradeVerdict.BAD, f"Missing: {', '.join(lacks)}. Run `python manage.py migrate` again."
        )
    else:
        yield UpgradeFinding(
            UpgradeVerdict.GOOD, "The tables are up to date, with groups, schedules and guards."
        )


def _static_files() -> Iterator[UpgradeFinding]:
    """Whether `collectstatic` has run for this release."""
    root = Path(settings.STATIC_ROOT)
    sizes: dict[str, int] = {}
    for finder in get_finders():
        for name, storage in finder.list([]):
            # Of several files of one name the first is the one that is collected and served.
            if name not in sizes:
                sizes[name] = storage.size(name)
    stale, count = 0, len(sizes)
    for name, size in sizes.items():
        collected = root / name
        stale += not collected.exists() or collected.stat().st_size != size
    if stale:
        yield UpgradeFinding(
            UpgradeVerdict.BAD,
            f"{stale} of {count} static files are missing or of another release. Run `python manage.py collectstatic "
            f"--noinput`.",
        )
    else:
        yield UpgradeFinding(UpgradeVerdict.GOOD, f"All {count} static files are collected.")


def _readiness() -> Iterator[UpgradeFinding]:
    found = health.problems()
    yield from (UpgradeFinding(UpgradeVerdict.BAD, problem) for problem in found)
    if not found:
        yield UpgradeFinding(UpgradeVerdict.GOOD, "The hub is ready: workers run, connections answer.")
