"""Logging in to the sandbox: one user of one account, and the tokens it was given."""

import hmac
import threading
from dataclasses import dataclass
from uuid import uuid4

from integrations.simulation.sandbox.http import Request

from .errors import Refused


@dataclass(frozen=True)
class Credentials:
    """What has to be sent to get a token. The defaults are invented and open nothing but a sandbox."""

    username: str = "hub-sandbox"
    password: str = "sandbox-pressero"
    subscriber_id: str = "01000000-0000-4000-8000-000000000001"
    consumer_id: str = "02000000-0000-4000-8000-000000000002"


class Tokens:
    """The tokens that are valid now."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self._lock = threading.Lock()
        self._valid: set[str] = set()

    def log_in(self, body: dict[str, object]) -> str:
        """A fresh token for the right credentials (keys in lower case), else 401."""
        wanted = self.credentials
        pairs = (
            (body.get("username"), wanted.username),
            (body.get("password"), wanted.password),
            (str(body.get("subscriberid") or "").lower(), wanted.subscriber_id.lower()),
            (str(body.get("consumerid") or "").lower(), wanted.consumer_id.lower()),
        )
        if not all(hmac.compare_digest(str(given).encode(), right.encode()) for given, right in pairs):
            raise Refused(401, "Invalid credentials.")
        token = str(uuid4()).upper()
        with self._lock:
            self._valid.add(token)
        return token

    def is_valid(self, token: str) -> bool:
        """Whether a token still opens the API."""
        with self._lock:
            return token.upper() in self._valid

    def check(self, request: Request) -> None:
        """Let a call with a valid `Authorization: token …` header pass, else 401."""
        word, _, token = request.headers.get("authorization", "").strip().partition(" ")
        if word.lower() != "token" or not self.is_valid(token.strip()):
            raise Refused(401, "Authorization has been denied for this request.")

    def expire_all(self) -> None:
        """Make every token invalid, as time does."""
        with self._lock:
            self._valid.clear()
