"""How the tests are shared among processes: whole files, the slowest first, and more processes than cores.

Much of what the slowest files do is waiting: for a process to start, a retry to be due, a browser. So a core has more
than one process, and the slowest files go first, or one process would be alone with them in the end.
"""

from __future__ import annotations

import os

import pytest
from xdist.scheduler import LoadFileScheduling

# Files and folders that take a minute and more, the slowest first; all others follow in the order of their names. A folder
# stays together: its files share processes that take longer to start than most of its tests take.
SLOWEST = (
    "tests/browser/",
    "tests/commands/",
    "tests/histories/test_histories.py",
    "tests/e2e/test_frozen_workers.py",
    "tests/e2e/test_fault_matrix.py",
    "tests/e2e/test_demo.py",
    "tests/e2e/test_pace_transaction.py",
    "tests/orders/write_back/test_volume.py",
    "tests/e2e/test_large_orders.py",
    "tests/e2e/test_exactly_one_job.py",
    "tests/planning/test_money_invariants.py",
    "tests/planning/test_money_properties.py",
    "tests/planning/test_plan.py",
    "tests/api/test_api_bad_input.py",
    "tests/admin/test_every_page.py",
    "tests/admin/people/test_rights.py",
    "tests/orders/write_back/test_command_and_schedule.py",
    "tests/models/test_migrations.py",
    "tests/e2e/test_no_secret_anywhere.py",
)
# With many cores, waiting is no longer what it comes down to, and memory may be.
MORE_THAN_CORES = 2


def rank(nodeid: str) -> int:
    """The place of a test's file among the slowest."""
    found = (number for number, slow in enumerate(SLOWEST) if nodeid.startswith(slow))
    return next(found, len(SLOWEST))


class SlowestFirst(LoadFileScheduling):
    """Whole files, in the order in which the tests were collected."""

    def __init__(self, config: pytest.Config, log: object = None) -> None:
        config.option.loadscopereorder = False  # by number of tests: the slowest files have few
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        shared = (slow for slow in SLOWEST if slow.endswith("/") and nodeid.startswith(slow))
        return next(shared, nodeid.split("::", 1)[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> SlowestFirst | None:
    return SlowestFirst(config, log) if config.option.dist == "loadfile" else None


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    chosen = os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS", "")
    return int(chosen) if chosen.isdigit() else len(os.sched_getaffinity(0)) + MORE_THAN_CORES


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("PYTEST_XDIST_WORKER"):
        items.sort(key=lambda item: rank(item.nodeid))
