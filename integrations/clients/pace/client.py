"""EFI Pace: its calls as verbs. Plain configuration in, plain data and dataclasses out; no database.

How to use a transaction: `start_transaction`, the writes with its id, `commit`. When any of them fails, call
`rollback` and raise on; what was written in the transaction is then gone, whatever the failed call did. Only after a
`commit` that was not surely unsent must Pace be looked at before anything is written again.
"""

import base64
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from automationhub.lib.texts import holds_email, one_line
from integrations.causes import CauseKind
from integrations.clients.http.addresses import normalise_address
from integrations.clients.http.answers import Expect, object_with
from integrations.clients.http.at_once import answers
from integrations.clients.http.classifier import Vendor, Verb, says_transaction_ended
from integrations.clients.http.gateway import RECORD_LIMIT, AnswerLimits, HttpGateway, Observer
from integrations.clients.http.transport import sent_by
from integrations.clients.pace import clock as pace_clock
from integrations.clients.pace import reference as pace_reference
from integrations.clients.pace.clock import PaceClock
from integrations.clients.pace.value_objects import PAGE, descriptor, page_rows
from integrations.clients.pace.values import flag_of, number_of, sent_fields, text_of
from integrations.clients.pace.xpath import (
    Condition,
    all_of,
    any_of,
    field_contains,
    field_equals,
    field_starts_with,
)
from integrations.clients.schemas import PaceContact, PaceJobFound, PaceReference
from integrations.errors import ConfigError, HubError, PermanentError

__all__ = ["PaceClient", "PaceConfig", "normalise_address"]

Result = TypeVar("Result")

MAX_PAGES = 200
# The key fields by which an answer is known to be the object that was written.
_KEYS = {"Job": ("job",), "JobPart": ("jobPart", "primaryKey")}
_CONTACT_FIELDS = ["id", "customer", "email", "firstName", "lastName", "companyName", "active"]


@dataclass(frozen=True)
class PaceConfig:
    """One Pace server. `url` in any form people type it; times in seconds; `utc`: how it takes and gives date-times;
    `verify` False or a file of authorities for a server with a certificate of its own."""

    url: str
    username: str
    password: str = field(repr=False)
    name: str
    time_zone: str
    utc: bool = True
    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    total_timeout: float = 60.0
    verify: bool | str = True


class PaceClient:
    """The verbs of one Pace server. `read_only`: what would write is refused before it is sent (WriteRefused).

    Each may raise: TransientError (trouble with the way there, or Pace is busy), ConfigError and CredentialError (the
    settings of the server), PermanentError (Pace refused, in its own words), and the writes OutcomeUnknown.
    """

    def __init__(
        self,
        config: PaceConfig,
        *,
        observer: Observer | None = None,
        correlation_id: str = "",
        before_call: Callable[[], None] | None = None,
        record_limit: int = RECORD_LIMIT,
        read_only: bool = False,
    ) -> None:
        self.config = config
        self.system = f"Pace server {config.name}"
        self.clock = PaceClock(config.time_zone, config.utc)
        try:
            address = normalise_address(config.url)
        except ValueError as error:
            raise ConfigError(
                f"{self.system}: {error}", field="url", cause=CauseKind.ADDRESS.of(self.system)
            ) from error
        login = base64.b64encode(f"{config.username}:{config.password}".encode()).decode()
        self._gateway = HttpGateway(
            vendor=Vendor.PACE,
            system=self.system,
            base_url=address,
            headers={"Authorization": f"Basic {login}"},
            limits=AnswerLimits(config.connect_timeout, config.read_timeout, config.total_timeout),
            verify=config.verify,
            secrets=(config.password, login),
            observer=observer,
            correlation_id=correlation_id,
            before_call=before_call,
            read_only=read_only,
            record_limit=record_limit,
        )

    def version(self) -> str:
        """Pace's version; the cheapest call that proves address and credentials."""
        # docs/pace.md §8: answers one word, with a valid login only (proved).
        return str(
            self._gateway.call("GET", "/Version/getVersion", what="tell its version", expect=Expect.WORD).data
        )

    def at_once(self, reads: Sequence[Callable[[], Result]]) -> list[Result]:
        """What each of these independent reads gives, at the same time where calls are not limited. Raises the first error."""
        return answers(self._gateway.at_once(reads))

    def wait_for_turn(self) -> None:
        """Wait until a call may be made, on a server whose calls per second are limited."""
        self._gateway.wait_for_turn()

    @property
    def longest_call(self) -> float:
        """Seconds after which a call that was begun has surely been given up, and is not sent any more."""
        return self._gateway.limits.total

    @property
    def time_to_leave(self) -> float:
        """Seconds in which a commit has to leave after the intent was stored."""
        return self._gateway.limits.read

    # Transactions

    def start_transaction(self, minutes: int) -> str:
        """A new transaction's id. Pace rolls it back by itself after `minutes`, so a lost answer harms nobody."""
        # docs/pace.md §8: an ID as plain text; Pace rolls back after the minutes given (proved).
        answer = self._gateway.call(
            "GET",
            "/TransactionService/startTransaction",
            what="start a transaction",
            params={"timeOutInMinutes": minutes},
            headers={"Accept": "text/plain"},
            expect=Expect.WORD,
        )
        return str(answer.data)

    def commit(self, txn: str, *, in_turn: bool = False, by: float = math.inf) -> None:
        """Make the transaction's writes final. `in_turn`: after `wait_for_turn`. `by`: the moment (`transport.moment_in`)
        after which it is not sent any more.

        Returns only when Pace said so. TransientError with `surely_not_sent`: nothing happened, the transaction is
        still open. OutcomeUnknown: every other failure that is not definite. PermanentError: Pace refused in words;
        its event handlers run at the commit, and one of them may complain after the data was stored, so look for the
        data before writing it again even then.
        """
        # docs/pace.md §8: `true` means final; event handlers run before the answer (proved).
        with sent_by(by):
            self._gateway.call(
                "GET",
                "/TransactionService/commit",
                what="commit the transaction",
                verb=Verb.COMMIT,
                params={"txnId": txn},
                expect=Expect.TRUE,
                in_turn=in_turn,
            )

    def rollback(self, txn: str) -> bool:
        """Undo the transaction. True: rolled back; False: Pace does not know it any more (committed, rolled back by
        an error of its own, or timed out). Harmless to repeat."""
        # docs/pace.md §8: a transaction that has ended is an error that says so (assumed).
        try:
            answer = self._gateway.call(
                "GET",
                "/TransactionService/rollback",
                what="roll the transaction back",
                params={"txnId": txn},
            )
        except HubError as error:
            if error.evidence and says_transaction_ended(error.evidence.answer):
                return False
            raise
        return answer.data is True

    # Objects

    def create(self, type_: str, fields: Mapping[str, Any], txn: str | None = None) -> dict[str, Any]:
        """Create an object; the whole object with its key. Raises TypeError for values Pace would misread."""
        return self._write("Create", type_, fields, txn)

    def update(self, type_: str, fields: Mapping[str, Any], txn: str | None = None) -> dict[str, Any]:
        """Change an object: its key field and the fields to change, never a whole object that was read before. The
        whole object."""
        return self._write("Update", type_, fields, txn)

    def _write(self, verb: str, type_: str, fields: Mapping[str, Any], txn: str | None) -> dict[str, Any]:
        # docs/pace.md §8: answers the whole object with its key; an update changes what is sent only (proved).
        answer = self._gateway.call(
            "POST",
            f"/{verb}Object/{verb.lower()}{_type_name(type_)}",
            what=f"{verb.lower()} a {type_}",
            verb=Verb.WRITE,
            params=_in_transaction({}, txn),
            json=sent_fields(fields, self.clock.sent),
            expect=object_with(*_KEYS.get(type_, ("id", "primaryKey"))),
        )
        return dict(answer.data)

    def read(self, type_: str, key: str | int, txn: str | None = None) -> dict[str, Any] | None:
        """The whole object with this key; None when Pace has none.

        To Pace that is an error, and an error ends a transaction: with `txn`, read only what is surely there, else
        use `find`.
        """
        # docs/pace.md §8: a key that Pace does not have is an error, and that ends a transaction (proved).
        try:
            answer = self._gateway.call(
                "POST",
                f"/ReadObject/read{_type_name(type_)}",
                what=f"read the {type_} {key}",
                params=_in_transaction({"primaryKey": key}, txn),
                expect=Expect.OBJECT_OR_NULL,
            )
        except PermanentError as error:
            if _says_not_there(error):
                return None
            raise
        return answer.data if answer.data is None else dict(answer.data)

    def find(self, type_: str, xpath: Condition, txn: str | None = None) -> list[str]:
        """The keys of the objects that pass the filter."""
        # docs/pace.md §8: keys as texts; inside a transaction it sees what that wrote (proved).
        answer = self._gateway.call(
            "GET",
            "/FindObjects/find",
            what=f"find a {type_} where {xpath}",
            params=_in_transaction({"type": _type_name(type_), "xpath": xpath}, txn),
            expect=Expect.LIST,
        )
        return [str(key) for key in answer.data]

    def load(
        self,
        type_: str,
        xpath: Condition,
        fields: Sequence[str],
        sort: Sequence[str] | None = None,
        limit: int = 1000,
        txn: str | None = None,
    ) -> list[dict[str, Any]]:
        """Columns of all objects that pass the filter: a dict per object, of the fields as they were named, plus
        "primaryKey" (text).

        `fields` are names ("email") or paths ("adminStatus/@openJob"); `sort` the same, with a leading "-" for
        descending. A combined date-time ("promiseDateTime") is asked for by its halves and comes as local ISO text.
        `limit` is the number of objects per call, not of the answer: all pages are read.
        """
        columns = pace_clock.columns(fields)
        rows: dict[str, dict[str, Any]] = {}
        received = 0
        for _ in range(MAX_PAGES):
            page, total = self._load_page(type_, xpath, columns, sort, received, limit, txn)
            new = [row for row in page if row["primaryKey"] not in rows]
            rows.update((row["primaryKey"], row) for row in new)
            received += len(page)
            # A short page is the last one unless Pace itself says that there are more.
            if not page or (len(page) < limit and received >= total):
                return [pace_clock.joined(row, fields, self.clock) for row in rows.values()]
            if not new:
                break
        raise ConfigError(
            f"{self.system} answers the same {type_} objects again and again instead of the next ones; its objects "
            "cannot be listed. Ask EFI about loadValueObjects.",
            cause=CauseKind.ENDLESS_PAGES.of(self.system),
        )

    def newest(self, type_: str, xpath: Condition, by: str, limit: int) -> list[str]:
        """The keys of the last objects that pass the filter, by this field: one call."""
        return [
            row["primaryKey"] for row in self._load_page(type_, xpath, [by], [f"-{by}"], 0, limit, None)[0]
        ]

    def load_exactly(
        self, type_: str, xpath: Condition, fields: Sequence[str], limit: int, txn: str | None = None
    ) -> list[dict[str, Any]]:
        """Columns under the very names given, of one page only and as Pace answers them: for asking Pace what it knows."""
        return self._load_page(type_, xpath, fields, None, 0, limit, txn)[0]

    def _load_page(
        self,
        type_: str,
        xpath: Condition,
        fields: Sequence[str],
        sort: Sequence[str] | None,
        offset: int,
        limit: int,
        txn: str | None,
    ) -> tuple[list[dict[str, Any]], int]:
        # docs/pace.md §8: the columns asked for (proved), `totalRecords`, perhaps a row too many (assumed).
        answer = self._gateway.call(
            "POST",
            "/FindObjects/loadValueObjects",
            what=f"list {type_} objects where {xpath}",
            params=_in_transaction({}, txn),
            json=descriptor(_type_name(type_), xpath, fields, sort or (), offset, limit),
            expect=PAGE,
        )
        return page_rows(answer.data, fields)

    # What the hub asks for

    def jobs_of_order(self, number: int, customer: str) -> list[PaceJobFound]:
        """The customer's jobs whose description begins with the order number: one call.

        No more of the description is asked for: it may hold what a filter cannot, and Pace may have changed it.
        """
        # docs/pace.md §8: jobs are found by customer and the beginning of the description (proved).
        beginning = any_of(
            field_starts_with("description", f"{number} - "), field_equals("description", str(number))
        )
        of_order = all_of(field_equals("customer", customer), beginning)
        rows = self.load("Job", of_order, ["description", "webOrderID"])
        return [
            PaceJobFound(row["primaryKey"], text_of(row["description"]), text_of(row["webOrderID"]))
            for row in rows
        ]

    def contacts_by_email(self, email: str) -> list[PaceContact]:
        """All contacts with this email, whatever its case and outer blanks, lowest id first.

        Pace's `=` may heed the case, so it is asked for the text as given and in lower case; what comes back is
        compared here. A blank email has no contacts.
        """
        bare = one_line(email)
        if not bare:
            return []
        spellings = (email, bare, bare.lower())
        return self._contacts(any_of(*(field_equals("email", one) for one in spellings)), email)

    def contacts_alike(self, email: str, customer: str = "") -> list[PaceContact]:
        """The contacts with this email among all of the customer (without one, among those whose email holds the address's
        domain): one call, compared here. Finds what `contacts_by_email` cannot ask for: capitals that a person typed,
        invisible characters, several addresses in one field."""
        if customer:
            return self._contacts(field_equals("customer", customer), email)
        domain = one_line(email).rpartition("@")[2]
        if not domain:
            return []
        # Without its first letter it is found in lower case and with a capital.
        spellings = (domain, domain.lower()[1:] or domain, domain.upper(), domain.title())
        return self._contacts(any_of(*(field_contains("email", one) for one in spellings)), email)

    def _contacts(self, asked: Condition, email: str) -> list[PaceContact]:
        # docs/pace.md §8: contacts are found by email or customer; `=` may heed the case (proved).
        rows = self.load("Contact", asked, _CONTACT_FIELDS, sort=["id"])
        return [contact for contact in map(_contact, rows) if holds_email(contact.email, email)]

    def customer_exists(self, customer: str) -> bool:
        """Whether Pace knows this customer id."""
        # docs/pace.md §8: a customer is found by its ID (proved).
        return bool(customer.strip()) and bool(self.find("Customer", field_equals("id", customer.strip())))

    def customers_beginning_with(self, start: str) -> dict[str, str]:
        """The names of the customers whose id begins like this, in capitals or not, by id."""
        # docs/pace.md §8: `starts-with` works on a customer's ID (proved).
        alike = any_of(*(field_starts_with("id", one) for one in {start.upper(), start.lower()}))
        return {
            row["primaryKey"]: text_of(row["custName"]) for row in self.load("Customer", alike, ["custName"])
        }

    def contact(self, contact_id: int) -> PaceContact | None:
        """The contact with this id; None when Pace has none."""
        # docs/pace.md §8: a contact is found by its number (proved).
        rows = self.load("Contact", field_equals("id", contact_id), _CONTACT_FIELDS)
        return _contact(rows[0]) if rows else None

    def reference(self) -> PaceReference:
        """Pace's own lists. Nine calls and more: read it once per server and keep it for minutes."""
        return pace_reference.read(self.load, self.at_once)


def _contact(row: Mapping[str, Any]) -> PaceContact:
    return PaceContact(
        id=number_of(row["id"] or row["primaryKey"]),
        customer=text_of(row["customer"]),
        email=text_of(row["email"]),
        first_name=text_of(row["firstName"]),
        last_name=text_of(row["lastName"]),
        company_name=text_of(row["companyName"]),
        active=flag_of(row["active"], unset=True),
    )


def _type_name(type_: str) -> str:
    """The type's name, checked: it becomes part of a path. Pace's paths are matched case-sensitively."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", type_):
        raise ValueError(f"{type_!r} is not a type of Pace object")
    return type_


def _in_transaction(params: Mapping[str, str | int], txn: str | None) -> dict[str, str | int]:
    return {**params, "txnId": txn} if txn else dict(params)


def _says_not_there(error: HubError) -> bool:
    evidence = error.evidence
    if evidence is None:
        return False
    return (
        evidence.status == 404
        or re.search(r"unable to locate object", evidence.answer, re.IGNORECASE) is not None
    )
