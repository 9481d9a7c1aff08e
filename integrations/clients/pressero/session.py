"""The login to Pressero: one token per account and process, renewed once when it is refused."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from integrations.causes import CauseKind
from integrations.clients.http.addresses import normalise_pressero_address
from integrations.clients.http.answers import ROWS, Answer, Expect, Shape
from integrations.clients.http.classifier import Vendor, Verb
from integrations.clients.http.gateway import RECORD_LIMIT, AnswerLimits, HttpGateway, Observer
from integrations.clients.pressero.rows import PresseroRow
from integrations.errors import ConfigError, CredentialError, HubError, PermanentError, TransientError

Result = TypeVar("Result")

# Pressero does not tell how long a token lives; clients in the field keep theirs between 10 and 50 minutes.
TOKEN_SECONDS = 20 * 60
PAGE_SIZE = 500
MAX_PAGES = 1_000


@dataclass(frozen=True)
class PresseroConfig:
    """One Pressero account. `base_url` is the address of its API, as https://admin.chi.v6.pressero.com/api/;
    times in seconds."""

    base_url: str
    username: str
    password: str = field(repr=False)
    subscriber_id: str
    consumer_id: str = field(repr=False)
    name: str
    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    total_timeout: float = 60.0
    verify: bool | str = True


@dataclass
class _Slot:
    """The token of one account. The lock makes logins happen one at a time."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    token: str = ""
    since: float = 0.0


# The process is part of the key: a lock that was held during a fork would never be released in the child.
_slots: dict[tuple[int, PresseroConfig], _Slot] = {}


def forget_tokens() -> None:
    """Drop every token of this process; the next call logs in."""
    _slots.clear()


class PresseroSession:
    """Calls to one account, with its token."""

    def __init__(
        self,
        config: PresseroConfig,
        *,
        observer: Observer | None = None,
        correlation_id: str = "",
        clock: Callable[[], float] = time.monotonic,
        record_limit: int = RECORD_LIMIT,
        read_only: bool = False,
    ) -> None:
        self.config = config
        self.system = f"Pressero account {config.name}"
        self._clock = clock
        try:
            address = normalise_pressero_address(config.base_url)
        except ValueError as error:
            raise ConfigError(
                f"{self.system}: {error}", field="base_url", cause=CauseKind.ADDRESS.of(self.system)
            ) from error
        self._gateway = HttpGateway(
            vendor=Vendor.PRESSERO,
            system=self.system,
            base_url=address,
            limits=AnswerLimits(config.connect_timeout, config.read_timeout, config.total_timeout),
            verify=config.verify,
            secrets=(config.password, config.consumer_id),
            observer=observer,
            correlation_id=correlation_id,
            record_limit=record_limit,
            read_only=read_only,
        )

    def call(
        self,
        method: str,
        path: str,
        *,
        what: str,
        verb: Verb = Verb.READ,
        expect: Expect | Shape = Expect.JSON,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One call with the token of this process. When Pressero refuses the token, log in again once and repeat:
        a refused call was not carried out, so this is safe for writes too.

        Raises CredentialError when the fresh token is refused as well; else as HttpGateway.call.
        """

        def attempt(token: str) -> Answer:
            # docs/pressero.md §3: `Authorization: token …`, and 401 for a token that is refused (proved).
            return self._gateway.call(
                method,
                path,
                what=what,
                verb=verb,
                expect=expect,
                params=params,
                json=json,
                headers={**(headers or {}), "Authorization": f"token {token}"},
                secrets=(token,),
            )

        token = self.token()
        try:
            return attempt(token)
        except CredentialError as error:
            if _status(error) != 401:
                raise
        fresh = self.token(refused=token)
        try:
            return attempt(fresh)
        except CredentialError as error:
            if _status(error) == 401:
                self._forget(fresh)
            raise

    def at_once(self, calls: Sequence[Callable[[], Result]]) -> list[Result | HubError]:
        """What each of these independent calls gives, or its HubError; made at the same time, with one login for all."""
        self.token()
        return self._gateway.at_once(calls)

    def pages(
        self, method: str, path: str, *, what: str, json: Any = None, include_deleted: bool | None = None
    ) -> Iterator[list[PresseroRow]]:
        """The pages of a list, counted from 0.

        The announced total alone is never trusted, and neither is a short page alone: a server may give fewer rows
        than were asked for.
        """
        received = 0
        before: Any = None
        for number in range(MAX_PAGES):
            params: dict[str, str | int] = {"pageNumber": number, "pageSize": PAGE_SIZE}
            if include_deleted is not None:
                params["includeDeleted"] = str(include_deleted).lower()
            data = self.call(method, path, what=what, params=params, json=json, expect=ROWS).data
            page = rows_of(data, what)
            if not page:
                return
            if data == before:
                break
            yield page
            before = data
            received += len(page)
            announced = PresseroRow(data, what).whole("TotalItems") or 0
            if isinstance(data, list) or (len(page) < PAGE_SIZE and received >= announced):
                return
        raise TransientError(
            f"{self.system} returned the same page again and again when asked to {what}.",
            cause=CauseKind.ENDLESS_PAGES.of(self.system),
        )

    def token(self, *, refused: str = "") -> str:
        """The token of this process, fresh when it is older than TOKEN_SECONDS or is the one that was `refused`.
        Threads that ask meanwhile wait and share the new one."""
        # docs/pressero.md §3: a token lives at least 20 minutes (assumed).
        slot = _slots.setdefault((os.getpid(), self.config), _Slot())
        with slot.lock:
            young = self._clock() - slot.since < TOKEN_SECONDS
            if slot.token and young and slot.token != refused:
                return slot.token
            slot.token = ""
            asked = self._clock()
            slot.token = self._log_in()
            slot.since = asked
            return slot.token

    def log_in(self) -> None:
        """Log in now, whatever is cached. Raises CredentialError when Pressero refuses."""
        slot = _slots.get((os.getpid(), self.config))
        self.token(refused=slot.token if slot else "")

    def _forget(self, token: str) -> None:
        slot = _slots.get((os.getpid(), self.config))
        if slot is not None:
            with slot.lock:
                slot.token = "" if slot.token == token else slot.token

    def _log_in(self) -> str:
        # docs/pressero.md §3: answers a token (proved).
        config = self.config
        try:
            answer = self._gateway.call(
                "POST",
                "V2/Authentication",
                what="log us in",
                json={
                    "UserName": config.username,
                    "Password": config.password,
                    "SubscriberId": config.subscriber_id,
                    "ConsumerID": config.consumer_id,
                },
                expect=Expect.OBJECT,
                record_answer=False,
            )
        except PermanentError as error:
            raise self._no_login(error) from error
        token = PresseroRow(answer.data, "login").lines("Token")
        if not _sendable(token):
            raise CredentialError(
                f"{self.system} answered the login without a token. Check user name, password, subscriber ID and "
                "consumer ID in the settings, and that the account has the API option.",
                cause=CauseKind.LOGIN.of(self.system),
            )
        return token

    def _no_login(self, error: HubError) -> CredentialError:
        """A login that is turned down with 400 or 404 is a matter of the settings, never of an order."""
        return CredentialError(
            f"{self.system} did not log us in (HTTP {_status(error)}). Check the address, user name, password, "
            "subscriber ID and consumer ID in the settings.",
            evidence=error.evidence,
            cause=CauseKind.LOGIN.of(self.system),
        )


def _status(error: HubError) -> int | None:
    return error.evidence.status if error.evidence else None


def _sendable(token: str) -> bool:
    """Whether the token can stand in a header."""
    return bool(token) and token.isascii() and token.isprintable() and len(token) <= 4_000


def rows_of(data: Any, where: str) -> list[PresseroRow]:
    """The rows of a list answer: a bare array, or an object with `Items`."""
    if isinstance(data, list):
        return [PresseroRow(one, where) for one in data if isinstance(one, dict)]
    return PresseroRow(data, where).rows("Items")


def ids(values: Iterable[str]) -> list[dict[str, str]]:
    """Order item ids as a shipment names them."""
    return [{"OrderItemId": value} for value in values]
