"""The way from the hub to both sandboxes without sockets: the product's own clients, with everything a network does."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.response import HTTPResponse

from integrations.clients.http import transport
from integrations.clients.http.answers import NoAnswer
from integrations.clients.http.classifier import Trouble, Vendor
from integrations.clients.http.gateway import HttpGateway
from integrations.simulation.sandbox.http import Request, Response, SandboxServer
from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import PresseroSandbox
from tests.histories.stage import Stage

# How often each fault is drawn. The names are the sandboxes' own (simulation/sandbox/faults.py); "refused" and "late" are ours.
FAULTS = {
    "refused": 2, "error_before": 2, "error_after": 2, "drop_before": 1, "drop_after": 4, "hang_before": 1,
    "hang_after": 3, "late": 4, "taken": 2, "garbage": 1, "garbage_after": 1, "unauthorized": 0.3, "rate_limited": 1,
}  # fmt: skip
_ADAPTER = HTTPAdapter()


@dataclass
class Wire:
    """What lies between the hub and the two systems. `quiet`: no call is applied later than that after its timeout."""

    stage: Stage
    pace: PaceSandbox
    pressero: PresseroSandbox
    quiet: float
    drawn: dict[str, int] = field(default_factory=dict)

    @property
    def rng(self) -> random.Random:
        return self.stage.rng

    def send(
        self, gateway: HttpGateway, method: str, url: str, headers: Mapping[str, str], body: str | None
    ) -> requests.Response:
        """In place of HttpGateway.send."""
        system: SandboxServer = self.pace if gateway.vendor is Vendor.PACE else self.pressero
        request = as_request(method, url, headers, body)
        self.stage.turn(f"the call {method} {request.path}")
        if transport.is_too_late():
            raise NoAnswer(Trouble.NOT_CONNECTED, "the time of the call was over before it was sent")
        fault = self._fault(request)
        if fault:
            self.drawn[fault] = self.drawn.get(fault, 0) + 1
            self.stage.say(f"{self.stage.worker_name()}: {method} {request.path[-40:]}: {fault}")
        response = self._answer(system, request, fault, gateway.limits.total)
        self.stage.turn(f"the answer of {method} {request.path}")
        if response is None:
            trouble = Trouble.TIMED_OUT if fault in ("hang_before", "hang_after", "late") else Trouble.BROKEN
            raise NoAnswer(trouble, "no answer came")
        return as_response(method, url, response)

    def _fault(self, request: Request) -> str:
        if not request.path.endswith(self.stage.weather.at):
            return ""
        if self.rng.random() >= self.stage.weather.fault * (4 if request.path.endswith("/commit") else 1):
            return ""
        [kind] = self.rng.choices(list(FAULTS), list(FAULTS.values()))
        return self.stage.weather.only or kind

    def _answer(self, system: SandboxServer, request: Request, fault: str, timeout: float) -> Response | None:
        system.faults.clear()
        if fault == "refused":
            raise NoAnswer(Trouble.NOT_CONNECTED, "no connection")
        if fault == "late":
            delay = timeout + self.rng.uniform(0, self.quiet * 0.9)
            self.stage.later(delay, lambda: system.serve(request, lambda seconds: False))
            self.stage.let_pass(timeout)
            return None
        if fault == "taken":
            with suppress(Exception):  # as after any other call, nobody hears what became of it
                apply = system.take(request)
                self.stage.later(self.rng.uniform(0, self.quiet * 0.9), lambda: _quietly(apply))
            return None
        if fault:
            status = self.rng.choice([500, 502, 503])
            system.faults.add(fault, status=status, seconds=self.rng.randint(1, 20))
        if fault in ("hang_before", "hang_after"):
            system.serve(request, lambda seconds: True)
            self.stage.let_pass(timeout)
            return None
        return system.serve(request, lambda seconds: False)


def _quietly(apply: Callable[[], None]) -> None:
    with suppress(Exception):
        apply()


def as_request(method: str, url: str, headers: Mapping[str, str], body: str | None) -> Request:
    parts = urlsplit(url)
    return Request(
        method,
        unquote(parts.path),
        dict(parse_qsl(parts.query, keep_blank_values=True)),
        {name.lower(): value for name, value in headers.items()},
        (body or "").encode(),
        parts.query,
    )


def as_response(method: str, url: str, answer: Response) -> requests.Response:
    payload = answer.encoded()
    raw = HTTPResponse(
        BytesIO(payload),
        headers={"Content-Type": answer.content_type, **answer.headers},
        status=answer.status,
        preload_content=False,
    )
    return _ADAPTER.build_response(requests.Request(method, url).prepare(), raw)
