"""dj-stripe's webhook endpoint as a neighbour in the intake benchmark: installed on its own, below `var/`."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import ROOT
from benchmarks.hub import Process, database, free_port, wait_for
from benchmarks.load import post

HOME = ROOT / "var" / "bench" / "djstripe"
PACKAGES = ["dj-stripe==2.10.4", "Django==5.2.19", "gunicorn==27.0.1", "psycopg[binary]==3.3.9"]
SECRET = "whsec_benchmark"  # made up
ENDPOINT = "/stripe/webhook/00000000-0000-4000-8000-000000000001/"


@dataclass
class Rival:
    port: int

    def requests(self) -> Iterator[bytes]:
        """Signed events of Stripe, as large as the hub's."""
        for number in itertools.count():
            body = json.dumps(
                {
                    "id": f"evt_{uuid.uuid4().hex}",
                    "object": "event",
                    "api_version": "2020-08-27",
                    "created": int(time.time()),
                    "type": "order.placed",
                    "livemode": False,
                    "pending_webhooks": 1,
                    "request": {"id": None, "idempotency_key": None},
                    "data": {"object": {"id": f"or_{number}", "object": "order", "note": "x" * 600}},
                }
            ).encode()
            now = str(int(time.time()))
            signature = hmac.new(SECRET.encode(), now.encode() + b"." + body, hashlib.sha256).hexdigest()
            yield post(ENDPOINT, body, {"Stripe-Signature": f"t={now},v1={signature}"})


@contextmanager
def served(vendor: str, threads: int) -> Iterator[Rival | str]:
    """The endpoint behind gunicorn; a sentence when it cannot be had."""
    if problem := _install():
        yield problem
        return
    python = str(HOME / "bin" / "python")
    with database(vendor) as url, tempfile.TemporaryDirectory(prefix="hub-bench-rival-") as folder:
        env = {
            "RIVAL_DATABASE": url,
            "PYTHONPATH": str(ROOT / "benchmarks" / "contenders"),
            "DJANGO_SETTINGS_MODULE": "",
        }
        log = Path(folder) / "web.log"
        project = str(ROOT / "benchmarks" / "contenders" / "djstripe_project.py")
        prepared = Process("dj-stripe's set-up", [project], env, log, python=python)
        if prepared.started.wait(timeout=120):
            yield f"its set-up failed: {prepared.tail()[-300:]}"
            return
        port = free_port()
        arguments = [
            "-m", "gunicorn", "djstripe_project:application", "--bind", f"127.0.0.1:{port}", "--workers", "1",
            "--threads", str(threads), "--no-control-socket", "--log-level", "warning",
        ]  # fmt: skip
        process = Process("dj-stripe", arguments, env, log, python=python)
        try:
            wait_for(process, f"http://127.0.0.1:{port}/")
            yield Rival(port)
        finally:
            process.stop()


def _install() -> str:
    """Make its virtual environment when it is not there; what went wrong."""
    done = HOME / ".installed"
    wanted = "\n".join(PACKAGES)
    if done.exists() and done.read_text() == wanted:
        return ""
    try:
        subprocess.run(
            [sys.executable, "-m", "venv", str(HOME)], check=True, capture_output=True, timeout=120
        )
        pip = [
            str(HOME / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            *PACKAGES,
        ]
        subprocess.run(pip, check=True, capture_output=True, timeout=180)
    except (subprocess.SubprocessError, OSError) as error:
        return f"dj-stripe could not be installed: {error}"
    done.write_text(wanted)
    return ""
