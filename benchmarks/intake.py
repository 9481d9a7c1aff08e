"""Webhooks per second and the time of an answer, beside what else could take them in.

All stand behind gunicorn with one process of 8 threads, and are asked by 8 callers who each wait for their answer, in
turns of a few seconds, so that what disturbs the machine disturbs all of them. Then a burst of 10,000 events comes at
four times the rate that the hub can sustain: it may ask senders to come again, but what it has taken is there.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from benchmarks import djstripe
from benchmarks.harness import ROOT, Options, Picture, Report, main, postgresql_url
from benchmarks.hub import Process, cpu_of, database, environment, served
from benchmarks.load import Load, burst, post, steady

THREADS = 8
CALLERS = 8
BURST = 10_000
BURST_FACTOR = 4
PLAIN = "plain Django view"
# Goals: how many times as many events as the plain view, and how far the slowest of a hundred may be from the median.
PLAIN_VIEW, SPREAD = 2.0, 3.0
KEY = "demo-security-key"
PATH = "/api/pressero/demo-0d6f1c/events/"
NO_LIMITS = {"WEBHOOK_CALLS_PER_MINUTE": "0", "WEBHOOK_EVENTS_PER_MINUTE": "0"}


@dataclass
class Contender:
    """One that takes events in, and what it did in all its turns."""

    name: str
    port: int
    requests: Iterator[bytes]
    process: Process | None = None
    cpu: float = 0.0
    load: Load = field(default_factory=Load)
    turns: list[float] = field(default_factory=list)

    def turn(self, seconds: float) -> None:
        """Take events in for so long."""
        before = self._cpu()
        load = steady(self.port, self.requests, connections=CALLERS, seconds=seconds)
        self.cpu += self._cpu() - before
        self.load.add(load)
        self.turns.append(load.per_second)

    @property
    def cpu_of_one(self) -> float:
        """CPU milliseconds of an event, the web process's alone."""
        return 1000 * self.cpu / max(1, len(self.load.seconds))

    def _cpu(self) -> float:
        return cpu_of(self.process) if self.process is not None else 0.0


def measure(options: Options) -> Report:
    report = Report("intake", "Taking webhooks in")
    report.say(
        f"gunicorn, one process with {THREADS} threads, {CALLERS} callers, the events signed and different; the limits per "
        "minute are switched off, or they would be what is measured. The plain view is spared the signature, the "
        "storefront, the order and the timeline: it inserts the event and calls async_task."
    )
    rates: dict[str, list[tuple[float, float]]] = {}
    labels: list[str] = []
    for vendor in ("sqlite", "postgresql"):
        if vendor == "postgresql" and not postgresql_url():
            report.skip("PostgreSQL", "BENCH_DATABASE_URL or TEST_DATABASE_URL is not set")
            continue
        contenders, lost = _on(vendor, options, report)
        _report(report, vendor, contenders, lost)
        for contender in contenders:
            rates.setdefault(contender.name, []).append((len(labels), contender.load.per_second))
        labels.append("SQLite" if vendor == "sqlite" else "PostgreSQL")
    report.picture(
        Picture("intake", "Events per second", "", "events per second", rates, kind="bars", labels=labels)
    )
    return report


def _on(vendor: str, options: Options, report: Report) -> tuple[list[Contender], dict[str, float]]:
    turns, seconds = (1, 1.5) if options.short else (3, 2.5)
    with contextlib.ExitStack() as stack:
        hub_url, plain_url = (stack.enter_context(database(vendor)) for _ in range(2))
        for url in (hub_url, plain_url):
            _prepare(url)
        env = environment(hub_url, **NO_LIMITS)
        hub, hub_process = stack.enter_context(
            served("automationhub.wsgi", env, threads=THREADS, probe="/api/health/live/")
        )
        plain, plain_process = stack.enter_context(
            served("benchmarks.contenders.plain", environment(plain_url, **NO_LIMITS), threads=THREADS)
        )
        bare, bare_process = stack.enter_context(served("benchmarks.contenders.bare", env, threads=THREADS))
        contenders = [
            Contender("hub", port_of(hub), events(), hub_process),
            Contender(PLAIN, port_of(plain), events(), plain_process),
            Contender("bare WSGI", port_of(bare), events(), bare_process),
        ]
        rival = stack.enter_context(djstripe.served(vendor, THREADS))
        if isinstance(rival, str):
            report.skip(f"dj-stripe on {vendor}", rival)
        else:
            contenders.append(Contender("dj-stripe", rival.port, rival.requests()))
        for contender in contenders:
            steady(contender.port, contender.requests, connections=CALLERS, seconds=0.5)
        for _ in range(turns):
            for contender in contenders:
                contender.turn(seconds)
        lost = _burst(contenders[0], hub_url, 1_000 if options.short else BURST)
    return contenders, lost


def _burst(hub: Contender, url: str, count: int) -> dict[str, float]:
    """Events at four times the rate the hub can take: how many got no answer at all, and how many that were taken are not
    stored with their orders."""
    requests = list(itertools.islice(events(prefix="burst"), count))
    load = burst(hub.port, requests, per_second=BURST_FACTOR * hub.load.per_second, connections=400)
    taken = sum(n for status, n in load.statuses.items() if 200 <= status < 300)
    return {
        "unanswered": count - sum(n for status, n in load.statuses.items() if status),
        "come again": load.statuses[503],
        "lost": taken - int(in_hub(url, "count")),
        "count": count,
        "offered": BURST_FACTOR * hub.load.per_second,
        "taken": load.per_second,
        "longest": load.percentile(1.0) / 1000,
    }


def _prepare(url: str) -> None:
    in_hub(url, "prepare")


def in_hub(url: str, command: str) -> str:
    """Run a command of `benchmarks.intake_database` with this database (a process has one)."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.intake_database", command],
        cwd=ROOT, env={**os.environ, **environment(url)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout.strip()


def port_of(address: str) -> int:
    return urlsplit(address).port or 0


def events(prefix: str = "event") -> Iterator[bytes]:
    """Signed messages, each about an order of its own, as a morning of many orders brings them."""
    run = uuid.uuid4().hex[:8]
    for number in itertools.count(next(_starts)):
        body, signature = message(number, f"{prefix}-{run}-{number}")
        yield post(PATH, body, {"MessageHash": signature})


def message(number: int | None = None, message_id: str = "") -> tuple[bytes, str]:
    """The body of an event and its signature."""
    from integrations.simulation.sandbox.pressero import seed

    body = json.dumps(
        {
            "Type": 10,
            "TypeName": "OrderPlaced",
            "Timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.27Z",
            "Data": {"OrderNumber": number or next(_single), "Buyer": "avery@example.com", "Note": "x" * 600},
            "SubscriberId": "01000000-0000-4000-8000-000000000001",
            "SiteId": seed.CU_STORE,
            "MessageID": message_id or uuid.uuid4().hex,
        }
    ).encode()
    return body, hashlib.sha1(KEY.encode() + body).hexdigest()  # noqa: S324 - Pressero's own scheme


# Each stream of events has order numbers of its own.
_starts = itertools.count(1_000_000_000, 1_000_000)
_single = itertools.count(900_000_000)


def _report(report: Report, vendor: str, contenders: list[Contender], lost: dict[str, float]) -> None:
    hub = contenders[0]
    for one in contenders[1:]:
        if not one.load.per_second:
            report.skip(f"{one.name} on {vendor}", "it answered errors only")
    contenders = [one for one in contenders if one is hub or one.load.per_second]
    rows = [
        (
            one.name,
            f"{one.load.per_second:.0f}",
            f"{hub.load.per_second / one.load.per_second:.2f}",
            f"{one.load.percentile(0.5):.1f} ms",
            f"{one.load.percentile(0.99):.1f} ms",
            f"{one.cpu_of_one:.2f} ms" if one.process is not None else "",
            str(one.load.errors),
        )
        for one in contenders
    ]
    where = "SQLite" if vendor == "sqlite" else "PostgreSQL"
    report.table(
        f"On {where}",
        (
            "",
            "events per second",
            "hub : this",
            "median",
            "99th percentile",
            "CPU of the web process",
            "errors",
        ),
        rows,
    )
    report.say(
        f"Burst on {where}: {lost['count']:.0f} events at {lost['offered']:.0f} per second were answered at "
        f"{lost['taken']:.0f} per second, the last one after {lost['longest']:.0f} s; {lost['come again']:.0f} were asked to "
        "come again."
    )
    for one in contenders[1:]:
        if one.name == "bare WSGI":
            continue
        report.goal(
            f"{where}: events per second, hub : {one.name}",
            hub.load.per_second / one.load.per_second,
            at_least=PLAIN_VIEW if one.name == PLAIN else 1.0,
        )
    report.goal(f"{where}: errors of the hub", hub.load.errors, at_most=0)
    spread = hub.load.percentile(0.99) / hub.load.percentile(0.5)
    report.goal(f"{where}, {CALLERS} callers: 99th percentile over median", spread, at_most=SPREAD)
    report.goal(f"{where}: events of the burst not answered", lost["unanswered"], at_most=0)
    report.goal(f"{where}: events of the burst taken and lost", lost["lost"], at_most=0)


if __name__ == "__main__":
    sys.exit(main(measure))
