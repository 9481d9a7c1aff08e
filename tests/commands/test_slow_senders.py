"""Senders who never finish: the portal answers others meanwhile, with the options that are shipped."""

from __future__ import annotations

import contextlib
import shlex
import socket
import time
from collections.abc import Iterator
from configparser import ConfigParser

import pytest
import requests
import yaml
from django.conf import settings

from automationhub.lib.web_worker import ReadLimit
from integrations.simulation.demo.configuration import ACCOUNT_SLUG
from tests.commands.processes import Process, Scratch, free_port, wait_for

pytestmark = pytest.mark.e2e
SLOW_SENDERS = 20
DEPLOY = settings.BASE_DIR / "deploy"
EVENTS = f"/api/pressero/{ACCOUNT_SLUG}/events/"
HALF_A_BODY = "Host: 127.0.0.1\r\nMessageHash: " + "0" * 40 + "\r\nContent-Length: 5000\r\n\r\n{"


def of_the_unit() -> list[str]:
    unit = ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / "systemd" / "hub-web.service")
    return shlex.split(unit["Service"]["ExecStart"])


def of_the_image() -> list[str]:
    [line] = [line for line in (DEPLOY / "Dockerfile").read_text().splitlines() if line.startswith("CMD ")]
    return list(yaml.safe_load(line.removeprefix("CMD ")))


@contextlib.contextmanager
def shipped_portal(scratch: Scratch, command: list[str]) -> Iterator[tuple[Process, int]]:
    """The web process as this command starts it, on a port of its own."""
    assert command[0].endswith("gunicorn")
    port = free_port()
    # The last --bind of a command line wins.
    with scratch.process("-m", "gunicorn", *command[1:], "--bind", f"127.0.0.1:{port}") as process:

        def answers() -> bool:
            assert process.popen.poll() is None, process.output
            with contextlib.suppress(requests.RequestException):
                return requests.get(f"http://127.0.0.1:{port}/api/health/live/", timeout=5).ok
            return False

        wait_for(answers, "the portal")
        yield process, port


@contextlib.contextmanager
def senders(port: int, start: str, count: int = SLOW_SENDERS) -> Iterator[list[socket.socket]]:
    """So many connections that have sent this much and then nothing."""
    with contextlib.ExitStack() as stack:
        opened = []
        for _ in range(count):
            wire = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            wire.sendall(start.encode())
            opened.append(wire)
        time.sleep(0.5)  # for the server to have taken all of them up
        yield opened


def assert_answers(port: int) -> None:
    for path in ("/api/health/live/", "/admin/login/"):
        answer = requests.get(f"http://127.0.0.1:{port}{path}", timeout=8)
        assert answer.status_code == 200


@pytest.mark.parametrize("command", [of_the_unit, of_the_image])
def test_the_portal_answers_while_twenty_senders_of_half_a_body_are_held_open(
    scratch: Scratch, command: object
) -> None:
    with shipped_portal(scratch, command()) as (_, port):  # type: ignore[operator]
        kinds = {
            "half an event": f"POST {EVENTS} HTTP/1.1\r\n{HALF_A_BODY}",
            "half a login": f"POST /admin/login/ HTTP/1.1\r\n{HALF_A_BODY}",
            "half a head": "POST /api/ HTTP/1.1\r\nHost:",
            "nothing": "",
        }
        for start in kinds.values():
            with senders(port, start) as opened:
                assert_answers(port)
                assert len(opened) == SLOW_SENDERS


def test_the_body_of_an_unknown_account_is_not_waited_for(scratch: Scratch) -> None:
    with shipped_portal(scratch, of_the_unit()) as (_, port):
        for start, code in (
            (f"POST /api/pressero/nobody/events/ HTTP/1.1\r\n{HALF_A_BODY}", b"404"),
            (f"POST {EVENTS} HTTP/1.1\r\n" + HALF_A_BODY.replace("MessageHash", "X-Other"), b"401"),
            (f"POST {EVENTS} HTTP/1.1\r\n" + HALF_A_BODY.replace("5000", "2000000"), b"413"),
        ):
            with senders(port, start, 1) as [wire]:
                assert wire.recv(1000).split()[1] == code


def test_the_shipped_web_process_opens_no_control_socket(scratch: Scratch) -> None:
    for command in (of_the_unit(), of_the_image()):
        home = scratch.folder / f"home-{len(command)}"
        home.mkdir(exist_ok=True)
        variables = {"HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
        original = scratch.environment
        scratch.environment = original | variables
        try:
            with shipped_portal(scratch, command) as (process, _):
                assert "ontrol socket" not in process.output
        finally:
            scratch.environment = original
        assert [path for path in home.rglob("*") if "gunicorn" in path.name] == []


def test_a_request_that_does_not_arrive_in_time_is_cut_off_and_its_answer_still_goes_out() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, ReadLimit(seconds=0.1, check_every=0.02).on(ours):
        theirs.sendall(b"POST / HT")
        assert ours.recv(100) == b"POST / HT"
        ours.settimeout(10)
        assert ours.recv(100) == b""
        ours.sendall(b"HTTP/1.1 400 Bad Request")
        assert theirs.recv(100) == b"HTTP/1.1 400 Bad Request"


def test_a_request_that_arrives_in_time_leaves_its_connection_alone() -> None:
    limit = ReadLimit(seconds=0.1, check_every=0.02)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with limit.on(ours):
            pass
        time.sleep(0.3)
        theirs.sendall(b"next")
        assert ours.recv(100) == b"next"
