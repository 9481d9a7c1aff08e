"""Events as Standard Webhooks has them: the body, and headers with a signature for each secret in force."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypedDict

from standardwebhooks import Webhook

from integrations.models import OutgoingEvent
from integrations.stored import StoredEventData


class EventContent(TypedDict):
    """What a receiver gets."""

    type: str
    timestamp: str
    data: StoredEventData


def content_of(event: OutgoingEvent) -> EventContent:
    """What is sent of an event."""
    return {
        "type": event.type,
        "timestamp": event.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": event.data or {},
    }


def body_of(event: OutgoingEvent) -> bytes:
    """What is sent and signed; the same bytes at each try."""
    return json.dumps(content_of(event), ensure_ascii=False, separators=(",", ":")).encode()


def headers_of(message_id: str, body: bytes, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """The headers of one try. With two secrets, a receiver may know either."""
    at = now.astimezone(UTC)
    signatures = [Webhook(secret).sign(message_id, at, body.decode()) for secret in secrets]
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
