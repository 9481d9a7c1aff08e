"""Messages leave through a process of their own that reaches no more than the settings allow. Each of these tests starts one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from automationhub.lib import apprise_process
from tests.receivers import Receiver

INSIDE = ["127.0.0.1"]


@pytest.mark.parametrize(
    "url",
    [
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#orders",
        "mailto://user:pass@gmail.com",
        "json://127.0.0.1:9000/alerts",
    ],
)
def test_addresses_of_services_are_fine(url: str) -> None:
    assert apprise_process.problem_of(url, INSIDE) == ""


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("json://10.0.0.7/alerts", "OUTGOING_INTERNAL_HOSTS"),
        ("mailto://user:pass@example.com?smtp=10.0.0.7", "OUTGOING_INTERNAL_HOSTS"),
        ("nonsense://whatever", "does not know this address"),
        ("slack://", "does not know this address"),
        ("syslog://", "hub's own machine"),
        ("dbus://", "hub's own machine"),
        ("windows://", "hub's own machine"),
        ("hooks.slack.com/services/x", "Write an Apprise address"),
        ("", "Write an Apprise address"),
    ],
)
def test_other_addresses_are_refused_with_a_sentence(url: str, said: str) -> None:
    assert said in apprise_process.problem_of(url, INSIDE)


def test_a_message_arrives(receiver: Receiver) -> None:
    assert apprise_process.send(f"json://127.0.0.1:{receiver.port}/a", "Title", "Body", INSIDE) == ""
    [heard] = receiver.got
    assert (heard.json["title"], heard.json["message"]) == ("Title", "Body")


def test_what_a_service_answers_is_told_without_the_address(receiver: Receiver) -> None:
    receiver.usual = 500
    url = f"json://user:hunter2-secret@127.0.0.1:{receiver.port}/long-secret-path"
    problem = apprise_process.send(url, "Title", "Body", INSIDE)
    assert "500" in problem
    assert "hunter2" not in problem
    assert "long-secret-path" not in problem


def test_a_redirect_into_the_network_reaches_nothing(receiver: Receiver) -> None:
    other = Receiver()
    receiver.usual, receiver.headers = 307, {"Location": f"http://127.0.0.2:{other.port}/inside"}
    problem = apprise_process.send(f"json://127.0.0.1:{receiver.port}/a", "Title", "Body", INSIDE)
    assert "127.0.0.2 is inside your network" in problem
    assert other.got == []
    other.close()


@pytest.mark.parametrize(
    "deed",
    [
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "open('written', 'w')",
        "import socket; socket.socket(socket.AF_UNIX).connect('/dev/log')",
        "import socket; socket.create_connection(('127.0.0.1', 9))",
    ],
)
def test_a_service_can_do_nothing_on_the_machine(deed: str, tmp_path: Path) -> None:
    code = f"from automationhub.lib import apprise_process as p; p._confine([], []); {deed}"
    environment = {**os.environ, "PYTHONPATH": str(settings.BASE_DIR)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "_Refused" in done.stderr
    assert list(tmp_path.iterdir()) == []
