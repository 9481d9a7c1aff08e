"""The proxy files in deploy/, run by the proxy itself where it is installed: slow senders never reach the hub."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from django.conf import settings

from tests.commands.processes import Scratch, free_port, wait_for
from tests.commands.test_slow_senders import EVENTS, HALF_A_BODY, of_the_unit, senders, shipped_portal

pytestmark = pytest.mark.e2e
DEPLOY: Path = settings.BASE_DIR / "deploy"
Start = Callable[[Path, int, int], list[str]]


def nginx(folder: Path, port: int, hub: int) -> list[str]:
    """The command of nginx with our file, without TLS and on a port of its own."""
    text = (DEPLOY / "nginx.conf").read_text().replace("127.0.0.1:8000", f"127.0.0.1:{hub}")
    text = re.sub(r"server \{\s+listen 80;.*?\n\}\n", "", text, flags=re.DOTALL)
    text = re.sub(r".*(?:ssl_|listen \[::\]).*\n", "", text).replace("443 ssl http2", f"127.0.0.1:{port}")
    # The hub would lead a request that says http to https, which is not there in this test.
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path = folder / "nginx.conf"
    path.write_text(
        f"user root; pid {folder}/nginx.pid; daemon off; events {{}}\nhttp {{ access_log off;\n{places}{text}\n}}\n"
    )
    return ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(path)]


def caddy(folder: Path, port: int, hub: int) -> list[str]:
    """The command of Caddy with our file, without a certificate and on a port of its own."""
    text = (DEPLOY / "Caddyfile").read_text().replace("127.0.0.1:8000", f"127.0.0.1:{hub}")
    text = text.replace("hub.example.com", f"http://:{port}").replace(
        "{\n\tservers", "{\n\tadmin off\n\tservers", 1
    )
    path = folder / "Caddyfile"
    path.write_text(text)
    return ["caddy", "run", "--config", str(path), "--adapter", "caddyfile"]


@contextlib.contextmanager
def behind(command: Start, scratch: Scratch, folder: Path) -> Iterator[tuple[int, int]]:
    """The port of the proxy and of the hub behind it."""
    with shipped_portal(scratch, of_the_unit()) as (_, hub):
        port = free_port()
        environment = {"PATH": "/usr/sbin:/usr/bin:/bin", "HOME": str(folder)}
        arguments = command(folder, port, hub)
        arguments[0] = shutil.which(arguments[0]) or arguments[0]
        with subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL) as process:
            try:

                def answers() -> bool:
                    assert process.poll() is None, "the proxy ended"
                    with contextlib.suppress(requests.RequestException):
                        return requests.get(f"http://127.0.0.1:{port}/api/health/live/", timeout=5).ok
                    return False

                wait_for(answers, "the proxy")
                yield port, hub
            finally:
                process.terminate()
                process.wait(timeout=20)


@pytest.mark.parametrize("command", [nginx, caddy], ids=["nginx", "caddy"])
def test_behind_the_shipped_proxy_file_slow_senders_reach_nothing(
    command: Start, scratch: Scratch, tmp_path: Path
) -> None:
    if shutil.which(command.__name__) is None:
        pytest.skip(f"{command.__name__} is not installed")
    with behind(command, scratch, tmp_path) as (port, hub):
        with senders(port, f"POST {EVENTS} HTTP/1.1\r\n{HALF_A_BODY}", 60):
            for one in (port, hub):
                assert requests.get(f"http://127.0.0.1:{one}/api/health/live/", timeout=8).ok
        too_large = requests.post(
            f"http://127.0.0.1:{port}{EVENTS}", data=b"x" * (1024 * 1024 + 1), timeout=20
        )
        assert too_large.status_code == 413
        assert "1024 KiB" in too_large.json()["detail"]
        login = requests.post(f"http://127.0.0.1:{port}/admin/login/", data=b"x" * 20_000, timeout=20)
        assert login.status_code in (413, 502)  # what Caddy says depends on its version
