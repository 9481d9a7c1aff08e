"""A hub of real processes, set up once for the tests that need one."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pytest
import requests

from integrations.simulation.demo.configuration import ACCOUNT_SLUG, SECURITY_KEY, demo_configuration
from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import PresseroSandbox
from tests.commands.processes import Process, Scratch, free_port, scratch_hub, wait_for


@pytest.fixture(scope="session")
def plant() -> Iterator[PaceSandbox]:
    """The Pace of the scratch hub, which no test resets."""
    with PaceSandbox() as server:
        yield server


@pytest.fixture(scope="session")
def mall() -> Iterator[PresseroSandbox]:
    """The Pressero of the scratch hub, which no test resets: every order has a number of its own."""
    with PresseroSandbox(security_key=SECURITY_KEY) as server:
        yield server


@pytest.fixture(scope="session")
def scratch(
    tmp_path_factory: pytest.TempPathFactory,
    django_db_blocker: Any,
    plant: PaceSandbox,
    mall: PresseroSandbox,
) -> Iterator[Scratch]:
    """A migrated hub that is configured for the two sandboxes, with nothing running yet."""
    folder = tmp_path_factory.mktemp("scratch")
    with django_db_blocker.unblock(), scratch_hub(folder) as hub:
        configuration = demo_configuration(
            pressero_url=mall.base_url,
            credentials=asdict(mall.credentials),
            pace_url=plant.url,
            pace_login=(plant.username, plant.password),
        )
        (folder / "hub.json").write_text(json.dumps(configuration))
        imported = hub.run("hub_config", "import", str(folder / "hub.json"))
        assert imported.returncode == 0, imported.stderr
        yield hub


@dataclass
class Portal:
    """The web process."""

    process: Process
    address: str

    @property
    def webhook_url(self) -> str:
        return f"{self.address}/api/pressero/{ACCOUNT_SLUG}/events/"


@contextlib.contextmanager
def web_process(scratch: Scratch, **variables: str) -> Iterator[Portal]:
    """`gunicorn automationhub.wsgi` on the scratch database, once it answers."""
    port = free_port()
    arguments = ["-m", "gunicorn", "automationhub.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "1"]
    with scratch.process(*arguments, "--no-control-socket", **variables) as process:
        portal = Portal(process, f"http://127.0.0.1:{port}")

        def answers() -> bool:
            assert process.popen.poll() is None, process.output
            try:
                return requests.get(f"{portal.address}/api/health/live/", timeout=5).ok
            except requests.RequestException:  # a busy machine may be slow even to accept
                return False

        wait_for(answers, "the portal")
        yield portal


@pytest.fixture(scope="session")
def portal(scratch: Scratch) -> Iterator[Portal]:
    with web_process(scratch) as portal:
        yield portal


@pytest.fixture
def shop(portal: Portal, plant: PaceSandbox, mall: PresseroSandbox) -> Iterator[PresseroSandbox]:
    """The sandbox Pressero that tells the portal of its orders."""
    mall.webhook_url = portal.webhook_url
    yield mall
    mall.webhooks.wait_until_sent()
    plant.latency = 0.0
