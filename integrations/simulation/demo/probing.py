"""The third part of the demo: the worker probes both sandboxes, as it would a plant's own systems."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.contrib.auth.models import User

from integrations.models import PaceServer, PresseroAccount, ProbeRun
from integrations.operations.probes import runs

PATIENCE = 90.0


def probe_both(username: str, say: Callable[[str], None]) -> bool:
    """Have the server and the account probed, and say what came of it; whether everything relied on holds."""
    say("")
    say("Probing the sandboxes …")
    user = User.objects.get(username=username)
    systems = (PaceServer.objects.get(), PresseroAccount.objects.get())
    asked = [runs.ask(system, user, subject="", actor=username) for system in systems]
    finished = [_wait(run) for run in asked]
    for run in finished:
        say(f"{run.system}: {run.problem or run.report.get('summary', 'the probe did not end in time')}")
    return all(bool(run.held) for run in finished)


def _wait(run: ProbeRun) -> ProbeRun:
    deadline = time.monotonic() + PATIENCE
    while run.is_running and time.monotonic() < deadline:
        time.sleep(0.25)
        run.refresh_from_db()
    return run
