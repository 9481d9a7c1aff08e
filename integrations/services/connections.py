"""Builds the clients from stored connections (the one place that decrypts), and tries connections."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.utils import timezone

from integrations.clients.http import CallRecord
from integrations.clients.pace import PaceClient, PaceConfig
from integrations.clients.pressero import PresseroClient, PresseroConfig
from integrations.clients.transport import file_of_authorities
from integrations.models import PaceServer, PresseroAccount, Storefront
from integrations.services import circuits
from integrations.services.recorder import TryRecorder

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
        verify=_authorities(account),
        read_timeout=settings.ANSWER_TIMEOUT,
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
        verify=_authorities(server),
        read_timeout=settings.ANSWER_TIMEOUT,
    )
    return PaceClient(config, observer=observer, correlation_id=correlation, before_call=_throttle(server))


def _authorities(system: PaceServer | PresseroAccount) -> str | bool:
    """The file of the system's own authorities, or True for those of the public. Never False: unchecked."""
    return file_of_authorities(system.ca_certificates) if system.ca_certificates.strip() else True


def _throttle(server: PaceServer) -> Callable[[], None] | None:
    """Waits for the next free slot of a server whose calls are limited; None without a limit."""
    if not server.max_calls_per_second:
        return None

    def wait() -> None:
        time.sleep(circuits.seconds_to_wait(server, now=timezone.now()))

    return wait


def clients_for(
    storefront: Storefront, *, recorder: TryRecorder, correlation: str
) -> tuple[PresseroClient, PaceClient]:
    """Both clients for working on an order."""
    return (
        pressero_client(storefront.pressero_account, observer=recorder.observe, correlation=correlation),
        pace_client(storefront.pace_server, observer=recorder.observe, correlation=correlation),
    )


def check_pressero(account: PresseroAccount) -> str:
    """Log in to Pressero; a sentence on success. Raises HubError, CredentialsKeyError."""
    pressero_client(account).login()
    return f"Pressero ({account.name}): the login works."


def check_pace(server: PaceServer) -> str:
    """Ask Pace for its version; a sentence on success. Raises HubError, CredentialsKeyError."""
    version = pace_client(server).version()
    return f"Pace ({server.name}): the login works, version {version}."
