"""Webhooks of Pressero as a test writes them, and the door they are posted to."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.test import Client

from integrations.api import wsgi_entry
from integrations.models import PresseroAccount, Storefront
from integrations.simulation.demo.configuration import ACCOUNT_SLUG, SECURITY_KEY
from integrations.simulation.sandbox.pressero import seed
from integrations.simulation.sandbox.pressero.webhooks import EVENT_TYPES, message_hash

URL = f"/api/pressero/{ACCOUNT_SLUG}/events/"
UNKNOWN_SITE = "05000000-0000-4000-8000-0000000000ff"


def message(name: str = "OrderPlaced", number: object = 10500, **changes: Any) -> dict[str, Any]:
    """An envelope; `changes` replace its fields, and a field set to ... is left out."""
    data = {} if number is None else {"OrderNumber": number}
    envelope = {
        "Type": EVENT_TYPES.get(name, 99),
        "TypeName": name,
        "Timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.27Z",
        "Data": data,
        "SubscriberId": "01000000-0000-4000-8000-000000000001",
        "SiteId": seed.CU_STORE,
        "MessageID": str(uuid4()),
    } | changes
    return {key: value for key, value in envelope.items() if value is not ...}


def as_body(content: Any) -> bytes:
    """The bytes that are sent: bytes as they are, anything else as JSON."""
    return content if isinstance(content, bytes) else json.dumps(content).encode()


class ServedClient(Client):
    """Calls as the web process takes them (automationhub/wsgi.py): the entry point first, and what it leaves to Django."""

    def __init__(self, **defaults: Any) -> None:
        super().__init__(**defaults)
        pages = self.handler

        def served(environ: dict[str, Any]) -> HttpResponse:
            environ.setdefault("HTTP_HOST", "testserver")
            slug = wsgi_entry.account_of(environ)
            if slug is None:
                return pages(environ)  # type: ignore[return-value]
            status, headers, body = wsgi_entry.answer(environ, slug)
            response = HttpResponse(body, status=status, headers=dict(headers))
            response.wsgi_request = WSGIRequest(environ)  # type: ignore[attr-defined]
            return response

        self.handler = served  # type: ignore[assignment]


@dataclass
class WebhookSender:
    """The webhook address of the demo account; `scheme` None sends no MessageHash."""

    client: Client
    key: str = SECURITY_KEY
    scheme: str | None = "key+body:hex"
    letters: str = "lower"
    url: str = URL

    @property
    def account(self) -> PresseroAccount:
        return PresseroAccount.objects.get()

    def set_account(self, **changes: object) -> None:
        account = self.account
        for name, value in changes.items():
            setattr(account, name, value)
        account.save()

    @property
    def storefront(self) -> Storefront:
        return Storefront.objects.get()

    def sign(self, body: bytes) -> str:
        if self.scheme == "key+body:hex" and self.letters == "lower":  # also of bodies that are no text
            return hashlib.sha1(self.key.encode() + body).hexdigest()  # noqa: S324 - Pressero's choice
        return message_hash(str(self.scheme), self.key, body, self.letters)

    def post(
        self, content: Any, headers: Mapping[str, str] | None = None, environ: Mapping[str, Any] | None = None
    ) -> HttpResponse:
        body = as_body(content)
        sent = dict(headers or {})
        if self.scheme is not None:
            sent.setdefault("MessageHash", self.sign(body))
        return self.client.generic(
            "POST", self.url, body, "application/json", headers=sent, **(environ or {})
        )  # type: ignore[return-value]
