"""A server that answers with what a probe recorded (`probe_pace --save`, `probe_pressero --save`)."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from integrations.simulation.sandbox.http import Request, Response, SandboxServer, load_json

_LITERAL = re.compile(r'"[^"]*"|\'[^\']*\'|\b\d+\b')
_BASE = re.compile(r"^.*?/(?:services|api)(?=/)", re.IGNORECASE)
TOKEN = "00000000-0000-4000-8000-00000000700C"


class ReplayServer(SandboxServer):
    """Answers each call with the next recorded answer to one of its kind: same path, type, columns and filter, whatever
    the values. What was never recorded is answered 404."""

    def __init__(self, recording: Mapping[str, Any], *, port: int = 0) -> None:
        super().__init__(port=port)
        self.missing: list[str] = []
        """Calls that the recording does not know."""
        self._answers: dict[str, deque[Mapping[str, Any]]] = defaultdict(deque)
        for one in recording["exchanges"]:
            parts = urlsplit(one["path"])
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            self._answers[_kind(one["method"], parts.path, query, one["request"])].append(one)

    def handle(self, request: Request) -> Response:
        path = _BASE.sub("", request.path)
        if path.lower().endswith("/authentication"):
            return Response(200, {"Token": TOKEN})
        kind = _kind(request.method, path, request.query, load_json(request.body) if request.body else None)
        answers = self._answers[kind]
        if not answers:
            self.missing.append(kind)
            return Response(404, {"message": f"The recording has no answer to {kind}"})
        found = answers.popleft()
        if found["status"] is None:
            return Response(503, "No answer was recorded here.", "text/plain")
        text = isinstance(found["answer"], str) and "startTransaction" in path
        return Response(found["status"], found["answer"], "text/plain" if text else "application/json")


def _kind(method: str, path: str, query: Mapping[str, str], body: Any) -> str:
    """What a call asks, without the values that it asks for."""
    asked = [method, path]
    if "FindObjects" in path:
        asked += [query.get("type", ""), _LITERAL.sub("?", query.get("xpath", ""))]
        if isinstance(body, dict):
            columns = [str(field.get("xpath")) for field in body.get("fields") or ()]
            asked += [
                str(body.get("objectName")),
                _LITERAL.sub("?", str(body.get("xpathFilter"))),
                ",".join(columns),
            ]
    return " ".join(one for one in asked if one)
