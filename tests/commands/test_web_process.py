"""The web process (`gunicorn automationhub.wsgi`): what only a real server and a real wire show."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from integrations.simulation.demo.configuration import SECURITY_KEY
from integrations.simulation.sandbox.pressero.webhooks import message_hash
from tests.commands.conftest import Portal
from tests.messages import UNKNOWN_SITE, as_body, message

pytestmark = pytest.mark.e2e
LIMIT = 1024 * 1024


def pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 5000):
        yield body[start : start + 5000]


def post_in_chunks(portal: Portal, body: bytes) -> requests.Response:
    signed = {"MessageHash": message_hash("key+body:hex", SECURITY_KEY, body)}
    return requests.post(portal.webhook_url, data=pieces(body), headers=signed, timeout=30)


def test_a_webhook_in_chunks_is_taken_in(portal: Portal) -> None:
    answer = post_in_chunks(portal, as_body(message(SiteId=UNKNOWN_SITE, Note="x" * 50_000)))
    assert answer.status_code == 202, answer.text


def test_a_webhook_in_chunks_over_one_mebibyte_is_answered_413(portal: Portal) -> None:
    assert post_in_chunks(portal, as_body(message(Note="x" * LIMIT))).status_code == 413


def test_a_webhook_over_one_mebibyte_is_answered_413(portal: Portal) -> None:
    assert requests.post(portal.webhook_url, data=b"x" * (LIMIT + 1), timeout=30).status_code == 413


@pytest.mark.parametrize(
    "framing",
    [
        b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\n{\"a\"",
        b"Content-Length: 100\r\n\r\n{}",
        b"Content-Length: many\r\n\r\n{}",
        b"\r\n",
    ],
    ids=["no chunk", "half a chunk", "half a body", "no length", "nothing"],
)  # fmt: skip
def test_a_broken_body_is_no_fault_of_the_hub(portal: Portal, framing: bytes) -> None:
    address = urlsplit(portal.webhook_url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as wire:
        wire.sendall(f"POST {address.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode() + framing)
        wire.shutdown(socket.SHUT_WR)
        answer = wire.recv(1000)
    assert answer.split()[1] in (b"400", b"401")


def test_the_web_process_serves_its_static_files_itself(portal: Portal) -> None:
    page = requests.get(f"{portal.address}/admin/login/", timeout=30)
    assert page.status_code == 200
    assert requests.get(f"{portal.address}/static/hub/admin.css", timeout=30).status_code == 200


def test_a_host_nobody_allowed_is_answered_400(portal: Portal) -> None:
    answer = requests.get(f"{portal.address}/api/health/live/", headers={"Host": "evil.example"}, timeout=30)
    assert answer.status_code == 400
