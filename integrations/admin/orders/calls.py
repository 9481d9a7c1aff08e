"""A call to another system as the timeline shows it: request and answer as readable JSON, and as a curl command."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import simplejson

from automationhub.lib.admin import json_text
from automationhub.lib.redact import redact_text, redact_url

# The name under which a user's own login is put in, as credentials are never shown.
_LOGINS = {
    "Pace": '--user "$PACE_USER:$PACE_PASSWORD"',
    "Pressero": '-H "Authorization: token $PRESSERO_TOKEN"',
}


@dataclass(frozen=True)
class ShownCall:
    """What is known of one call. `status` 0: there was no answer."""

    method: str
    url: str
    status: int
    milliseconds: int
    request: str
    answer: str
    curl: str


def call_of(data: Mapping[str, Any]) -> ShownCall | None:
    """The call of an audit entry's data; None when the entry is about no call."""
    url = str(data.get("url") or "")
    if not url:
        return None
    method, body = str(data.get("method") or "GET").upper(), str(data.get("request") or "")
    return ShownCall(
        method=method,
        url=redact_url(url),
        status=_number(data.get("status")),
        milliseconds=_number(data.get("milliseconds")),
        request=pretty(body),
        answer=pretty(str(data.get("answer") or "")),
        curl=as_curl(method, url, body, system=str(data.get("system") or "")),
    )


def pretty(text: str) -> str:
    """Indented when it is JSON; as it is when it is not, or was cut."""
    stripped = text.strip()
    if stripped[:1] not in ("{", "["):
        return text
    try:
        return json_text(simplejson.loads(stripped, use_decimal=True))
    except ValueError:
        return text


def as_curl(method: str, url: str, body: str, *, system: str) -> str:
    """The call as a command for a POSIX shell. Credentials are variables: nothing secret is ever in it, and every value
    is quoted."""
    words = [f"curl -X {shlex.quote(method)} {shlex.quote(redact_url(url))}"]
    words += [login for name, login in _LOGINS.items() if system.startswith(name)]
    words.append("-H 'Accept: application/json'")
    if body:
        words.append("-H 'Content-Type: application/json'")
        words.append(f"--data {shlex.quote(redact_text(body))}")
    return " \\\n  ".join(words)


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
