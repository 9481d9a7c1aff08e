"""Builds the clients from stored connections (the one place that decrypts), and tries connections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from integrations import audit
from integrations.clients.http import CallRecord
from integrations.clients.pace import PaceClient, PaceConfig
from integrations.clients.pressero import PresseroClient, PresseroConfig
from integrations.models import Order, PaceServer, PresseroAccount, Storefront
from integrations.worker_identity import current_worker

Observer = Callable[[CallRecord], None]


def pressero_client(
    account: PresseroAccount, *, observer: Observer | None = None, correlation: str = ""
) -> PresseroClient:
    """A client of this account. Raises CredentialsKeyError when its secrets cannot be decrypted."""
    config = PresseroConfig(
        base_url=account.base_url,
        username=account.username,
        password=account.password.reveal(),
        subscriber_id=account.subscriber_id,
        consumer_id=account.consumer_id,
        name=account.name,
    )
    return PresseroClient(config, observer=observer, correlation_id=correlation)


def pace_client(server: PaceServer, *, observer: Observer | None = None, correlation: str = "") -> PaceClient:
    """A client of this server. Raises CredentialsKeyError when its secrets cannot be decrypted."""
    config = PaceConfig(
        url=server.url,
        username=server.username,
        password=server.password.reveal(),
        time_zone=server.time_zone,
        name=server.name,
    )
    return PaceClient(config, observer=observer, correlation_id=correlation)


def clients_for(
    storefront: Storefront, *, order: Order, correlation: str
) -> tuple[PresseroClient, PaceClient]:
    """Both clients for working on an order: each call becomes an entry of its timeline."""
    observer = _call_recorder(order, correlation)
    return (
        pressero_client(storefront.pressero_account, observer=observer, correlation=correlation),
        pace_client(storefront.pace_server, observer=observer, correlation=correlation),
    )


def _call_recorder(order: Order, correlation: str) -> Observer:
    actor = f"worker {current_worker()}"

    def record_call(call: CallRecord) -> None:
        data: dict[str, Any] = {
            "system": call.system,
            "what": call.what,
            "method": call.method,
            "url": call.url,
            "request": call.request_body,
            "status": call.status,
            "answer": call.answer,
            "milliseconds": round(call.seconds * 1000),
        }
        if call.error:
            data["error"] = call.error
        type_ = "call.failed" if call.error else "call.made"
        audit.record(type_, data, order=order, actor=actor, correlation=correlation)

    return record_call


def check_pressero(account: PresseroAccount) -> str:
    """Log in to Pressero; a sentence on success. Raises HubError, CredentialsKeyError."""
    pressero_client(account).login()
    return f"Pressero ({account.name}): the login works."


def check_pace(server: PaceServer) -> str:
    """Ask Pace for its version; a sentence on success. Raises HubError, CredentialsKeyError."""
    version = pace_client(server).version()
    return f"Pace ({server.name}): the login works, version {version}."
