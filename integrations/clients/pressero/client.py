"""Aleyant Pressero: its calls as verbs. Plain configuration in, dataclasses out; no database.

Each verb may raise: TransientError (trouble with the way there), OrderNotFound (the order is not shown, yet),
ConfigError and CredentialError (the settings of the account), PermanentError (Pressero refused, in its own words, or
sent a value that cannot be read), and `set_status` and `add_shipment` OutcomeUnknown.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import quote

from integrations.causes import CauseKind
from integrations.clients.http.answers import ROWS, Expect, Shape, object_with, segment
from integrations.clients.http.at_once import answers
from integrations.clients.http.classifier import Verb
from integrations.clients.http.gateway import RECORD_LIMIT, Observer
from integrations.clients.http.jsontext import storable
from integrations.clients.pressero.orders import parse_order
from integrations.clients.pressero.reference import (
    PresseroReference,
    Product,
    ShippingMethod,
    Stage,
    Workflow,
)
from integrations.clients.pressero.rows import PresseroRow
from integrations.clients.pressero.session import PresseroConfig, PresseroSession, forget_tokens, ids, rows_of
from integrations.clients.schemas import Address, PresseroOrder, Shipment
from integrations.errors import HubError, OrderNotFound, PermanentError

__all__ = [
    "PresseroClient",
    "PresseroConfig",
    "Product",
    "ShippingMethod",
    "Stage",
    "Workflow",
    "forget_tokens",
    "parse_order",
]

logger = logging.getLogger(__name__)

_DETAILS = object_with("OrderNumber", "OrderId", "ID")
NOTE_LIMIT = 1_500  # characters of a status note once it is quoted: it travels in the address


class PresseroClient(PresseroReference):
    """The verbs of one Pressero account. `read_only`: what would write is refused before it is sent (WriteRefused)."""

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
        super().__init__(
            PresseroSession(
                config,
                observer=observer,
                correlation_id=correlation_id,
                clock=clock,
                record_limit=record_limit,
                read_only=read_only,
            )
        )

    def login(self) -> None:
        """Log in now; proves address and credentials."""
        self._session.log_in()

    # Orders

    def order(self, number: int) -> PresseroOrder:
        """The order as it is now. Raises OrderNotFound while Pressero does not show it."""
        return parse_order(self.order_payload(number))

    def order_payload(self, number: int) -> dict[str, Any]:
        """The order as Pressero sends it: {"details": {…}, "items": […]}, with Decimals, texts safe to store."""
        # docs/pressero.md §3: an order and a list of its items; 404 while it is not shown (proved).
        what = f"read order {number}"
        read = self._session.call
        try:
            details, items = answers(
                self._session.at_once(
                    [
                        lambda: read("GET", _order_path(number, "Details"), what=what, expect=_DETAILS),
                        lambda: read("GET", _order_path(number, "Items"), what=f"{what} and its items"),
                    ]
                )
            )
        except PermanentError as error:
            raise self._not_found(error, number) from error
        rows = [row for row in _plain_rows(items.data) if isinstance(row, dict)]
        if not rows:
            raise OrderNotFound(
                f"{self.system} shows order {number} without items.",
                cause=CauseKind.ORDER_WITHOUT_ITEMS.of(self.system),
            )
        self._check_number(number, details.data)
        return {"details": storable(details.data), "items": storable(rows)}

    def _check_number(self, number: int, details: Any) -> None:
        shown = PresseroRow(details, f"order {number}").whole("OrderNumber")
        if shown not in (None, number):
            raise PermanentError(
                f"{self.system} was asked for order {number} and answered with order {shown}. Look both up in Pressero.",
                field="OrderNumber",
            )

    def _not_found(self, error: PermanentError, number: int) -> HubError:
        if error.evidence is None or error.evidence.status != 404:
            return error
        return OrderNotFound(
            f"{self.system} does not show order {number}. If this continues, check that the order exists and that the Pressero user may see its site.",
            evidence=error.evidence,
            cause=CauseKind.ORDER_NOT_FOUND.of(self.system),
        )

    def search_orders(self, start: datetime, end: datetime) -> Iterator[list[tuple[int, str]]]:
        """The orders placed in this time (aware), as lists of (order number, site id), each order once.

        Pages are asked for until one is empty, or short while no more are announced. The lists may lag behind the
        orders by minutes. A row without an order number is logged and left out.
        """
        # docs/pressero.md §3: moments in UTC, pages from 0, rows that may lag by minutes (proved).
        body = {
            "StartDate": _utc_text(start),
            "EndDate": _utc_text(end),
            "SortDescriptor": {"Member": "OrderNumber", "Direction": "Ascending"},
            "Filters": [],
        }
        seen: set[int] = set()
        for page in self._session.pages("POST", "V2/Orders/Search", what="search for orders", json=body):
            fresh: dict[int, str] = {}
            for row in page:
                number = self._number_in(row)
                if number and number not in seen:
                    fresh.setdefault(number, row.guid("SiteId"))
            seen.update(fresh)
            if fresh:
                yield list(fresh.items())

    def _number_in(self, row: PresseroRow) -> int | None:
        try:
            number = row.whole("OrderNumber")
        except PermanentError as error:
            logger.warning("%s: a search row was left out. %s", self.system, error.message)
            return None
        if not number:
            logger.warning("%s: a search row without an OrderNumber was left out.", self.system)
        return number

    # Writing back

    def set_job_number(self, number: int, seq: int, job: str) -> None:
        """Show the Pace job number on an item. A merge that may be repeated without harm, so never OutcomeUnknown."""
        # docs/pressero.md §3: a merge, and a repetition does no harm (proved).
        self._write(
            number,
            "PUT",
            _order_path(number, "Item", seq),
            what=f"show job {job} on item {seq} of order {number}",
            verb=Verb.READ,
            json={"MisId": job},
        )

    def set_job_numbers(self, number: int, jobs: Sequence[tuple[int, str]]) -> list[HubError | None]:
        """The same for several items (item, job number), at the same time; each with what went wrong."""
        return self._session.at_once(
            [partial(self.set_job_number, number, seq, job) for seq, job in jobs],
        )

    def set_status(self, number: int, seq: int, stage_id: str, note: str = "") -> None:
        """Set an item's workflow stage. After OutcomeUnknown read the order: its item shows the stage. A repetition
        may email the buyer again. A long note is cut."""
        # docs/pressero.md §3: sets the stage with the note (proved); a repetition may email the buyer (assumed).
        self._write(
            number,
            "PUT",
            f"{_order_path(number, 'Item', seq)}/Status/{segment(stage_id, 'workflow stage')}",
            what=f"set the stage of item {seq} of order {number}",
            verb=Verb.WRITE,
            params={"notes": _fitting_note(note)} if note.strip() else None,
            headers={"Content-Type": "application/json"},
        )

    def shipments(self, number: int, seq: int) -> list[Shipment]:
        """The shipments Pressero has for an item."""
        # docs/pressero.md §3: lists what was added (proved).
        where = f"order {number}, item {seq}"
        answer = self._write(
            number,
            "GET",
            f"{_order_path(number, 'Item', seq)}/Shipments",
            what=f"list the shipments of item {seq} of order {number}",
            verb=Verb.READ,
            expect=ROWS,
        )
        return [
            Shipment(
                id=row.text("ShipmentId"),
                item_id=row.guid("OrderItemId"),
                method_name=row.text("ShipMethod"),
                tracking=row.text("ShipTracking"),
                shipped_at=row.text("ShipDate"),
            )
            for row in rows_of(answer, where)
        ]

    def add_shipment(
        self,
        *,
        order_id: str,
        item_ids: Sequence[str],
        method_name: str,
        ship_date: date,
        tracking: str,
        address: Address,
        cost: Decimal | None = None,
    ) -> None:
        """Tell Pressero that items have been shipped to one address. Ids are Pressero's own (GUIDs), not numbers.

        A repetition adds a second shipment: after OutcomeUnknown, and before the first try, read `shipments`.
        """
        # docs/pressero.md §3: whole items under the method's name (proved); a repetition adds another (assumed).
        info: dict[str, Any] = {
            "ShipDate": f"{ship_date:%Y-%m-%d}",
            "Tracking": tracking,
            "Address": _address_fields(address),
            "Items": ids(item_ids),
        }
        if cost is not None:
            info["Cost"] = cost
        self._session.call(
            "POST",
            "V2/Orders/Shipments",
            what=f"add the shipment {tracking or '(without tracking)'}",
            verb=Verb.WRITE,
            json={"OrderId": order_id, "SiteShippingMethodName": method_name, "ShipmentInfo": info},
            expect=Expect.JSON_OR_NOTHING,
        )

    def _write(
        self,
        number: int,
        method: str,
        path: str,
        *,
        what: str,
        verb: Verb,
        expect: Expect | Shape = Expect.JSON_OR_NOTHING,
        **call: Any,
    ) -> Any:
        """A call about an order; a 404 means that the order is not shown."""
        try:
            return self._session.call(method, path, what=what, verb=verb, expect=expect, **call).data
        except PermanentError as error:
            raise self._not_found(error, number) from error


def _order_path(number: int, *rest: str | int) -> str:
    return "/".join(
        ["V2/Orders", segment(number, "order number"), *(segment(part, "item number") for part in rest)]
    )


def _plain_rows(data: Any) -> list[Any]:
    if isinstance(data, dict):
        data = next((value for key, value in data.items() if str(key).lower() == "items"), None)
    return data if isinstance(data, list) else []


def _utc_text(moment: datetime) -> str:
    """A moment as Pressero's search takes it. Raises TypeError for one without a time zone."""
    if moment.tzinfo is None:
        raise TypeError(f"{moment!r} has no time zone")
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def _fitting_note(note: str) -> str:
    text = note.strip()
    while len(quote(text)) > NOTE_LIMIT:
        text = f"{text[: len(text) * 9 // 10 - 1].rstrip(' …')}…"
    return text


def _address_fields(address: Address) -> dict[str, str]:
    return {
        "Business": address.business,
        "FirstName": address.first_name,
        "LastName": address.last_name,
        "Address1": address.address1,
        "Address2": address.address2,
        "Address3": address.address3,
        "City": address.city,
        "StateProvince": address.state,
        "Postal": address.postal,
        "Country": address.country,
        "Phone": address.phone,
    }
