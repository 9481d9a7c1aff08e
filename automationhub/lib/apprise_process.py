"""Messages through Apprise, in a process of their own: it knows nothing of the hub, and may reach and do little.

Apprise has some 170 services, with code of many authors and addresses that people type. So each message is handed to a
process without the hub's environment, database or keys. It may connect to public addresses and to the hosts inside that
are named, and it starts no programs and writes no files, whatever a service would like to do. A time limit ends it.
"""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import subprocess
import sys
from collections.abc import Collection
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from automationhub.lib.network import is_named, is_off_limits, leads_inside, plain_host
from automationhub.lib.outgoing import host_problem
from automationhub.lib.redact import cut, mask_values, redact_text

# Loading Apprise takes a second or two, its own calls end after some seconds.
TIME_LIMIT = 45.0
_ROOT = Path(__file__).resolve().parent.parent.parent
# Services that show a message on the server itself, which has no screen.
_LOCAL = frozenset(["syslog", "rsyslog", "dbus", "glib", "qt", "kde", "gnome", "macosx", "windows", "aprs"])
_FORBIDDEN = frozenset(
    ["subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "pty.spawn"]
)  # fmt: skip


def problem_of(url: str, allowed: Collection[str]) -> str:
    """What is wrong with an Apprise address; "" when messages can be sent to it. Nothing is sent."""
    if url != url.strip() or not url.isprintable() or "://" not in url:
        return "Write an Apprise address, such as slack://… or mailto://…. docs/alerts.md lists examples."
    scheme = url.partition("://")[0].lower()
    if scheme in _LOCAL:
        return f"{scheme}:// stays on the hub's own machine, where the message would not be seen."
    return _run({"action": "check", "url": url, "allowed": list(allowed)})


def send(url: str, title: str, body: str, allowed: Collection[str]) -> str:
    """Send a message once; "" when it was delivered, else why not, without secrets."""
    return problem_of_local(url) or _run(
        {"action": "send", "url": url, "title": title, "body": body, "allowed": list(allowed)}
    )


def problem_of_local(url: str) -> str:
    """Why an address is refused by its scheme alone; "" when it is not."""
    scheme = url.partition("://")[0].lower()
    return f"{scheme}:// stays on the hub's own machine." if scheme in _LOCAL else ""


def _run(request: dict[str, Any]) -> str:
    """Have the request done by a process of its own."""
    environment = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "automationhub.lib.apprise_process"],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT,
            cwd=_ROOT,
            env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
        )
        problem = str(json.loads(done.stdout)["problem"])
    except subprocess.TimeoutExpired:
        return f"The service did not answer within {TIME_LIMIT:.0f} seconds."
    except (ValueError, KeyError, OSError) as error:
        return f"The message could not be handed over ({type(error).__name__})."
    return cut(mask_values(redact_text(problem), _parts(request["url"])), 500)


def _parts(url: str) -> list[str]:
    """What of an address may be secret: everything behind its scheme, whole and in pieces."""
    rest = url.partition("://")[2]
    pieces = re.split(r"[@:/?&=]", rest)
    return [rest, *(piece for piece in pieces if len(piece) >= 6 and "." not in piece)]


# --- in the other process -------------------------------------------------------------------------------------


class _Refused(PermissionError):
    """The process wanted to do what it may not."""


class _Told(logging.Handler):
    """Keeps what Apprise says of a failure: it raises nothing."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _main() -> None:
    request = json.load(sys.stdin)
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever a service prints is no answer
    json.dump({"problem": _do(request)}, answers)


def _do(request: dict[str, Any]) -> str:
    import apprise

    told = _Told()
    logging.getLogger("apprise").addHandler(told)
    asset = apprise.AppriseAsset(
        async_mode=False, app_id="Automation Hub", app_desc="Automation Hub", app_url=""
    )
    service = apprise.Apprise.instantiate(request["url"], asset=asset, suppress_exceptions=True)
    if service is None:
        return (
            "Apprise does not know this address, or a part of it is missing. docs/alerts.md lists examples."
        )
    hosts = _hosts(service)
    for host in hosts:
        if problem := host_problem(host, request["allowed"]):
            return problem
    if request["action"] == "check":
        return ""
    refused = _confine(request["allowed"], hosts)
    sent = service.notify(title=request["title"], body=request["body"], body_format="text")
    if sent:
        return ""
    return " ".join([*refused, *told.lines[-2:]]) or "The service did not take the message."


def _hosts(service: Any) -> list[str]:
    """The hosts of an address that people chose. Those of a service's own are in its code."""
    chosen = [getattr(service, "smtp_host", "")]
    if "host" in getattr(service, "template_tokens", {}):
        chosen.append(getattr(service, "host", ""))
    return [host for host in chosen if isinstance(host, str) and host]


def _confine(allowed: Collection[str], hosts: Collection[str]) -> list[str]:
    """From now on this process reaches what it may, and does nothing else. A list that fills with what was refused."""
    named = {
        str(found[4][0]).partition("%")[0]
        for host in hosts
        if is_named(plain_host(host), allowed)
        for found in socket.getaddrinfo(plain_host(host), None)
    }
    refused: list[str] = []

    def refuse(sentence: str) -> None:
        refused.append(sentence)
        raise _Refused(sentence)

    def watch(event: str, args: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg") and args[1] is not None:
            place = args[1][0] if isinstance(args[1], tuple) else ""
            if not _may_reach(str(place), named, allowed):
                refuse(
                    f"{place or 'A local socket'} is inside your network and not named in OUTGOING_INTERNAL_HOSTS."
                )
        elif event in _FORBIDDEN:
            refuse("The service wanted to start a program.")
        elif event == "open" and _writes(args):
            refuse("The service wanted to write a file.")

    sys.addaudithook(watch)
    return refused


def _may_reach(place: str, named: Collection[str], allowed: Collection[str]) -> bool:
    try:
        address = ip_address(place.partition("%")[0])
    except ValueError:
        return False
    return not is_off_limits(address) and (str(address) in named or not leads_inside(str(address), allowed))


def _writes(args: tuple[Any, ...]) -> bool:
    path, mode, flags = args
    if isinstance(path, int) or path == os.devnull:
        return False
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return bool(isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


if __name__ == "__main__":
    _main()
