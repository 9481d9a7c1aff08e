"""Webhooks as Pressero sends them: the envelope, the MessageHash header, and a delivery that can go wrong."""

import base64
import hashlib
import hmac
import http.client
import queue
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from integrations.simulation.sandbox.http import dump_json, load_json

#: Event names by their type number: the order in which Pressero's documentation lists them.
EVENT_NAMES = (
    "OrderItemStatusChanged",
    "VendorItemReady",
    "PaymentReceived",
    "LowInventory",
    "NewUserAprvReq",
    "OrderAllComplete",
    "OrderAprvReq",
    "OrderItemApproved",
    "OrderItemComplete",
    "OrderItemDenied",
    "OrderPlaced",
    "PageFormSubmit",
    "OrderItemFilesGenerated",
    "UpdatedSiteUser",
    "NewSite",
    "OrderUpdated",
    "OrderItemUpdated",
    "NewSiteUser",
)
EVENT_TYPES = {name: number for number, name in enumerate(EVENT_NAMES)}

HASH_SCHEMES = tuple(
    f"{text}:{form}"
    for text in ("key+body", "body+key", "key+body/utf16", "body+key/utf16", "hmac")
    for form in ("hex", "b64")
)
HEX_LETTERS = ("lower", "upper", "dashed")


def message_hash(scheme: str, key: str, body: bytes, letters: str = "lower") -> str:
    """The MessageHash of a body under a named scheme; `letters` chooses how hexadecimal is written."""
    text, _, form = scheme.rpartition(":")
    wide_key, wide_body = key.encode("utf-16-le"), body.decode().encode("utf-16-le")
    if text == "hmac":
        digest = hmac.new(key.encode(), body, hashlib.sha1).digest()
    else:
        joined = {
            "key+body": key.encode() + body,
            "body+key": body + key.encode(),
            "key+body/utf16": wide_key + wide_body,
            "body+key/utf16": wide_body + wide_key,
        }[text]
        digest = hashlib.sha1(joined).digest()
    if form == "b64":
        return base64.b64encode(digest).decode()
    pairs = [f"{byte:02x}" for byte in digest]
    return {"lower": "".join(pairs), "upper": "".join(pairs).upper(), "dashed": "-".join(pairs).upper()}[
        letters
    ]


@dataclass(frozen=True)
class Event:
    """One event, ready to be sent: its body is fixed, so that a repeat is the same message."""

    name: str
    message_id: str
    body: bytes
    order_number: int | None = None

    @property
    def payload(self) -> dict[str, Any]:
        """The envelope as parsed JSON."""
        payload: dict[str, Any] = load_json(self.body)
        return payload


def make_event(name: str, data: dict[str, Any], *, subscriber_id: str, site_id: str) -> Event:
    """The envelope of an event. MessageIDs are random: two runs of the sandbox never repeat one."""
    message_id = str(uuid4())
    envelope = {
        "Type": EVENT_TYPES[name],
        "TypeName": name,
        "Timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "Data": data,
        "SubscriberId": subscriber_id,
        "SiteId": site_id,
        "MessageID": message_id,
    }
    return Event(name, message_id, dump_json(envelope).encode(), data.get("OrderNumber"))


@dataclass(frozen=True)
class SandboxDelivery:
    """One attempt to hand an event over: `status` is the HTTP status, None without an answer."""

    event: Event
    url: str
    status: int | None
    answer: str
    error: str
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """For the control calls over HTTP."""
        return {
            "event": self.event.name,
            "message_id": self.event.message_id,
            "order_number": self.event.order_number,
            "url": self.url,
            "status": self.status,
            "answer": self.answer,
            "error": self.error,
            "seconds": round(self.seconds, 4),
        }


class WebhookSender:
    """Sends events one after the other from a thread of its own, each once, unless told otherwise.

    `copies`, `delay_seconds`, `drop` and `hold` imitate what goes wrong between two systems: duplicates, late,
    lost and reordered messages. `retries` repeats a delivery that got no answer or a 5xx.
    """

    def __init__(self, *, timeout: float = 10.0) -> None:
        self.timeout = timeout
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._idle = threading.Condition(self._lock)
        self._unsent = 0
        self.restore_defaults()

    def restore_defaults(self) -> None:
        """No address, no key, ordinary delivery, an empty log."""
        self.url = ""
        self.security_key = ""
        self.hash_scheme = HASH_SCHEMES[0]
        self.hash_letters = "lower"
        self.subscribed: frozenset[str] | None = None
        self.restore_delivery()
        with self._lock:
            self._held: list[Event] | None = None
            self._log: list[SandboxDelivery] = []

    def restore_delivery(self) -> None:
        """Ordinary delivery again: every event once, at once."""
        self.copies = 1
        self.delay_seconds = 0.0
        self.drop: frozenset[str] = frozenset()
        self.retries = 0
        self.retry_pause_seconds = 1.0

    @property
    def log(self) -> list[SandboxDelivery]:
        """Every delivery attempted so far, oldest first."""
        with self._lock:
            return list(self._log)

    def send(self, event: Event) -> None:
        """Queue an event for delivery, unless nobody asked for it or it is to get lost."""
        unwanted = self.subscribed is not None and event.name not in self.subscribed
        if not self.url or unwanted or event.name in self.drop or "*" in self.drop:
            return
        with self._lock:
            if self._held is not None:
                self._held.append(event)
                return
            self._unsent += 1
            self._start_thread()
            self._queue.put(event)

    def hold(self) -> None:
        """Keep events back until they are released."""
        with self._lock:
            if self._held is None:
                self._held = []

    def release(self, *, reverse: bool = False) -> int:
        """Send what was held back, in its order or the other way round; tells how many."""
        with self._lock:
            held, self._held = self._held or [], None
        for event in reversed(held) if reverse else held:
            self.send(event)
        return len(held)

    def wait_until_sent(self, timeout: float = 10.0) -> bool:
        """Wait until nothing is queued any more; False when that took too long."""
        with self._idle:
            return self._idle.wait_for(lambda: self._unsent == 0, timeout)

    def stop(self) -> None:
        """End the thread; what is still queued is lost."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._stopping.set()
            self._queue.put(None)
        if thread is not None:
            thread.join(timeout=self.timeout + 1)
        with self._idle:
            self._unsent = 0
            self._idle.notify_all()

    def deliver(self, event: Event) -> int | None:
        """Hand an event over now and return the HTTP status; None when there was no answer."""
        began = time.monotonic()
        status, answer, error = None, "", ""
        try:
            status, answer = self._post(event.body)
        except (OSError, ValueError, http.client.HTTPException) as problem:
            error = f"{type(problem).__name__}: {problem}"
        with self._lock:
            self._log.append(
                SandboxDelivery(event, self.url, status, answer, error, time.monotonic() - began)
            )
        return status

    def _post(self, body: bytes) -> tuple[int, str]:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{self.url!r} is no http address")
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(parts.hostname, parts.port, timeout=self.timeout)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if self.security_key:
            headers["MessageHash"] = message_hash(
                self.hash_scheme, self.security_key, body, self.hash_letters
            )
        try:
            connection.request("POST", f"{parts.path or '/'}?{parts.query}".rstrip("?"), body, headers)
            response = connection.getresponse()
            return response.status, response.read(10_000).decode("utf-8", "replace")
        finally:
            connection.close()

    def _start_thread(self) -> None:
        if self._thread is None:
            self._stopping = threading.Event()
            self._queue = queue.SimpleQueue()
            self._thread = threading.Thread(
                target=self._work, args=(self._queue, self._stopping), name="pressero-webhooks", daemon=True
            )
            self._thread.start()

    def _work(self, events: "queue.SimpleQueue[Event | None]", stopping: threading.Event) -> None:
        while (event := events.get()) is not None and not stopping.is_set():
            for _ in range(self.copies):
                if self.delay_seconds > 0:
                    stopping.wait(self.delay_seconds)
                self._deliver_with_retries(event, stopping)
            with self._idle:
                self._unsent -= 1
                self._idle.notify_all()

    def _deliver_with_retries(self, event: Event, stopping: threading.Event) -> None:
        for attempt in range(self.retries + 1):
            if attempt and stopping.wait(self.retry_pause_seconds):
                return
            if stopping.is_set():
                return
            status = self.deliver(event)
            if status is not None and status < 500:
                return


def known_events(names: Iterable[str]) -> frozenset[str]:
    """A set of event names (or `*`); a name that Pressero does not have is an error."""
    wanted = frozenset(names)
    unknown = sorted(wanted - set(EVENT_NAMES) - {"*"})
    if unknown:
        raise ValueError(f"No such event: {', '.join(unknown)}.")
    return wanted
