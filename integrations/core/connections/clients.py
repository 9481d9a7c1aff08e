"""Builds the clients from stored connections (the one place that decrypts), and tries connections."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from automationhub.lib.crypto import CredentialsKeyError
from integrations.causes import CauseKind
from integrations.clients.http.gateway import RECORD_LIMIT, CallRecord
from integrations.clients.http.transport import file_of_authorities
from integrations.clients.pace.client import PaceClient, PaceConfig
from integrations.clients.pressero.client import PresseroClient, PresseroConfig
from integrations.clients.pressero.session import forget_tokens
from integrations.core import alerts
from integrations.core.audit import log as audit
from integrations.core.audit.recorder import TryRecorder, counting
from integrations.core.connections import circuits
from integrations.core.connections.shadow import in_shadow
from integrations.enums import DateTimes
from integrations.errors import ConfigError
from integrations.models import AlertKind, Order, PaceServer, PresseroAccount
from integrations.models.destinations import Destination

Observer = Callable[[CallRecord], None]


def pressero_client(
    account: PresseroAccount,
    *,
    observer: Observer | None = None,
    correlation: str = "",
    record_limit: int = RECORD_LIMIT,
    may_write: bool = False,
    in_timeline: bool = False,
) -> PresseroClient:
    """A client of this account; `record_limit`, `may_write` and `in_timeline` as for `pace_client`.

    Raises ConfigError when its password cannot be decrypted.
    """
    config = PresseroConfig(
        base_url=account.base_url,
        username=account.username,
        password=_password_of(account),
        subscriber_id=account.subscriber_id,
        consumer_id=account.consumer_id,
        name=account.name,
        verify=_authorities(account),
        read_timeout=settings.ANSWER_TIMEOUT,
        total_timeout=2 * settings.ANSWER_TIMEOUT,
    )
    return PresseroClient(
        config,
        observer=observer if in_timeline else counting(observer),
        correlation_id=correlation,
        record_limit=record_limit,
        read_only=not may_write,
    )


def pace_client(
    server: PaceServer,
    *,
    address: str = "",
    observer: Observer | None = None,
    correlation: str = "",
    while_waiting: Callable[[], None] | None = None,
    record_limit: int = RECORD_LIMIT,
    may_write: bool = False,
    in_timeline: bool = False,
) -> PaceClient:
    """A client of this server, at `address` when that is not where it is now.

    Without `may_write` it raises WriteRefused instead of sending what would write: only `clients_for` and `pace_of_order`,
    which know the order, and the probe, which takes everything back, give that right.
    `record_limit`: characters of a body that the observer gets. `in_timeline`: the observer stores the calls in an order's
    timeline; all others are only counted.

    `while_waiting` is called while a limit of calls per second makes it wait. Raises ConfigError when its password
    cannot be decrypted.
    """
    config = PaceConfig(
        url=address or server.url,
        username=server.username,
        password=_password_of(server),
        time_zone=server.time_zone,
        utc=server.date_times == DateTimes.UTC,
        name=server.name,
        verify=_authorities(server),
        read_timeout=settings.ANSWER_TIMEOUT,
        total_timeout=2 * settings.ANSWER_TIMEOUT,
    )
    return PaceClient(
        config,
        observer=observer if in_timeline else counting(observer),
        correlation_id=correlation,
        before_call=_throttle(server, while_waiting or (lambda: None)),
        record_limit=record_limit,
        read_only=not may_write,
    )


def _password_of(system: PaceServer | PresseroAccount) -> str:
    try:
        return system.password.reveal()
    except CredentialsKeyError as error:
        raise ConfigError(
            f"The password of the {system._meta.verbose_name} “{system}” cannot be read. {error}",
            field="password",
            cause=CauseKind.CREDENTIALS_KEY.of(),
        ) from error


def _authorities(system: PaceServer | PresseroAccount) -> str | bool:
    """The file of the system's own authorities, or True for those of the public. Never False: unchecked."""
    return file_of_authorities(system.ca_certificates) if system.ca_certificates.strip() else True


# The longest wait for a turn without renewing the lease.
_WAIT_SLICE = 20.0


def _throttle(server: PaceServer, while_waiting: Callable[[], None]) -> Callable[[], None] | None:
    """Waits for the next free slot of a server whose calls are limited; None without a limit."""
    if not server.max_calls_per_second:
        return None

    def wait() -> None:
        seconds = circuits.seconds_to_wait(server, now=timezone.now())
        while seconds > 0:
            while_waiting()
            time.sleep(min(seconds, _WAIT_SLICE))
            seconds -= _WAIT_SLICE

    return wait


def clients_for(
    order: Order,
    *,
    recorder: TryRecorder,
    correlation: str,
    while_waiting: Callable[[], None] | None = None,
) -> tuple[PresseroClient, PaceClient]:
    """Both clients for working on an order. In shadow mode they refuse whatever would write (WriteRefused)."""
    pressero = pressero_client(
        order.storefront.pressero_account,
        observer=recorder.observe,
        in_timeline=True,
        correlation=correlation,
        may_write=not in_shadow(order),
    )
    server = order.storefront.pace_server
    return pressero, pace_of_order(
        order, server, recorder=recorder, correlation=correlation, while_waiting=while_waiting
    )


def pace_of_order(
    order: Order,
    server: PaceServer,
    *,
    recorder: TryRecorder,
    correlation: str,
    address: str = "",
    while_waiting: Callable[[], None] | None = None,
) -> PaceClient:
    """A client of one Pace server for working on an order, as `clients_for` gives it."""
    return pace_client(
        server,
        address=address,
        observer=recorder.observe,
        in_timeline=True,
        correlation=correlation,
        while_waiting=while_waiting,
        may_write=not in_shadow(order),
    )


def note_move(
    before: Destination | None, after: Destination, *, actor: str, user: AbstractBaseUser | None = None
) -> None:
    """After a connection was saved: when it leads elsewhere now, forget its tokens, write it down, tell superusers."""
    if before is None or before.destination == after.destination:
        return
    forget_tokens()
    facts = {
        "name": f"{after._meta.verbose_name} “{after}”",
        "before": before.destination,
        "after": after.destination,
    }
    audit.record("connection.moved", facts, actor=actor, user=user)
    alerts.raise_security_alert(
        AlertKind.ADDRESS_CHANGED,
        audit.describe_data("connection.moved", facts | {"actor": actor})
        + f" If you did not expect this change, {after.if_moved}.",
    )


def check_pressero(account: PresseroAccount) -> str:
    """Log in to Pressero; a sentence on success. Raises HubError."""
    pressero_client(account).login()
    return f"Pressero ({account.name}): the login works."


def check_pace(server: PaceServer) -> str:
    """Ask Pace for its version; a sentence on success. Raises HubError."""
    version = pace_client(server).version()
    return f"Pace ({server.name}): the login works, version {version}."
