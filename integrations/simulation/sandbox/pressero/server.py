"""A Pressero to try things against: the API under `/api/`, webhooks, and a shop to place orders in.

with PresseroSandbox(webhook_url="http://127.0.0.1:8000/api/pressero/main/events/") as pressero:
    number = pressero.place(OrderDraft("Example CU Store", "avery@example.com", [ItemDraft("Business Card")]))
    pressero.approve(number, 1)
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from integrations.simulation.sandbox.http import CONTROL_PREFIX, Request, Response, SandboxServer

from .api_orders import OrdersApi
from .api_reference import ReferenceApi
from .auth import Credentials, Tokens
from .builders import BadDraft, Buyer, FileDraft, OrderDraft
from .catalog import Catalog, UnknownThing
from .control import Control
from .errors import Refused
from .incoming import body_object
from .placing import new_user, ship_date_text
from .records import SandboxOrder, SandboxOrderItem
from .routing import Router
from .seed import seed_catalog
from .store import FIRST_NUMBER, PresseroStore
from .views import Json, item_json, order_view, shipment_json, status_history, utc_text
from .webhooks import EVENT_TYPES, HASH_SCHEMES, Event, SandboxDelivery, WebhookSender, make_event

API_PREFIX = "/api/"


class PresseroSandbox(SandboxServer):
    """One Pressero account on 127.0.0.1; `base_url` is what a client is configured with."""

    def __init__(
        self,
        *,
        port: int = 0,
        latency: float = 0.0,
        username: str = Credentials.username,
        password: str = Credentials.password,
        subscriber_id: str = Credentials.subscriber_id,
        consumer_id: str = Credentials.consumer_id,
        webhook_url: str = "",
        security_key: str = "",
        hash_scheme: str = HASH_SCHEMES[0],
        first_number: int = FIRST_NUMBER,
        visible_after_seconds: float = 0.0,
        visible_after_calls: int = 0,
        search_lag_seconds: float = 0.0,
        catalog: Callable[[], Catalog] = seed_catalog,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`visible_after_*` keep a fresh order unknown to the API for so long or so many reads.

        `search_lag_seconds` keeps it out of searches for longer still, as Pressero's own lists do.
        """
        super().__init__(port=port, latency=latency)
        self.credentials = Credentials(username, password, subscriber_id, consumer_id)
        self.tokens = Tokens(self.credentials)
        self.webhooks = WebhookSender()
        self._webhook_settings = (webhook_url, security_key, hash_scheme)
        self._visibility = (visible_after_seconds, visible_after_calls, search_lag_seconds)
        self._first_number = first_number
        self._new_catalog = catalog
        self._clock = clock
        self._events: list[Event] = []
        self._router = self._routes()
        self._control_calls = Control(self)
        self.reset_state()

    # Serving

    @property
    def base_url(self) -> str:
        """The address to configure as a Pressero account's base URL."""
        return f"{self.url}{API_PREFIX}"

    def serve(self, request: Request, wait: Callable[[float], bool]) -> Response | None:
        """Control calls of this sandbox first; everything else as the base does it."""
        if request.path.startswith(CONTROL_PREFIX) and self._control_calls.knows(request):
            return self._control_calls.answer(request)
        return super().serve(request, wait)

    def handle(self, request: Request) -> Response:
        """Answer one API call, all under the store's lock: an answer never shows half a change."""
        path = re.sub("/{2,}", "/", request.path)
        try:
            if not path.lower().startswith(API_PREFIX):
                raise Refused(404, f"No HTTP resource was found that matches the path {path}.")
            inner = path[len(API_PREFIX) :]
            if not re.fullmatch(r"v2/authentication(/[^/]+/validate)?/?", inner, re.IGNORECASE):
                self.tokens.check(request)
            with self.store.lock:
                return self._router.answer(request, inner)
        except Refused as refused:
            return self.error_response(refused.status, refused.message)
        except UnknownThing as unknown:
            return self.error_response(404, str(unknown))
        except BadDraft as bad:
            return self.error_response(400, str(bad))

    def error_response(self, status: int, message: str) -> Response:
        """Errors as Pressero words them."""
        return Response(status, {"Message": message})

    def stop(self) -> None:
        """Stop listening and sending."""
        super().stop()
        self.webhooks.stop()

    def state(self) -> Any:
        """Every order, for ``GET /_sandbox/state``."""
        with self.store.lock:
            return {"orders": [order_view(order) for order in self.store.orders.values()]}

    def reset_state(self) -> None:
        """The shop as it was at the beginning: no orders, no tokens, webhooks as constructed."""
        self.webhooks.stop()
        self.webhooks.restore_defaults()
        self.webhook_url, self.security_key, self.hash_scheme = self._webhook_settings
        self.tokens.expire_all()
        self.store = PresseroStore(self._new_catalog(), first_number=self._first_number, clock=self._clock)
        seconds, calls, lag = self._visibility
        self.store.visible_after_seconds = seconds
        self.store.visible_after_calls = calls
        self.store.search_lag_seconds = lag
        self._events = []

    def _routes(self) -> Router:
        router = Router()
        router.add("POST", "V2/Authentication", self._log_in)
        router.add("GET", "V2/Authentication/{token}/Validate", self._validate)
        OrdersApi(lambda: self.store, self._emit, self._announce).add_routes(router)
        ReferenceApi(lambda: self.store.catalog).add_routes(router)
        return router

    def _log_in(self, request: Request) -> Response:
        return Response(200, {"Token": self.tokens.log_in(body_object(request))})

    def _validate(self, request: Request, token: str) -> Response:
        if not self.tokens.is_valid(token):
            raise Refused(401, "The token is not valid.")
        return Response(200, {"IsValid": True})

    def expire_tokens(self) -> None:
        """Make every token invalid, as time does."""
        self.tokens.expire_all()

    # What happens in the shop

    def place(self, draft: OrderDraft, *, notify: bool = True) -> int:
        """Place an order and return its number; without `notify` no webhook tells of it."""
        order = self.store.place(draft)
        if notify:
            self._announce(order)
        return order.number

    def approve(self, number: int, item: int, modifications: dict[str, Any] | None = None) -> None:
        """Approve an item; `modifications` are values of an ItemDraft that the approver changes."""
        self.store.approve(number, item, modifications)
        self.fire("OrderItemApproved", number, item)

    def deny(self, number: int, item: int) -> None:
        """Deny an item."""
        self.store.deny(number, item)
        self.fire("OrderItemDenied", number, item)

    def add_files(self, number: int, item: int, files: Iterable[FileDraft | str]) -> None:
        """Generate files for an item, after it was placed."""
        self.store.add_files(number, item, files)
        self.fire("OrderItemFilesGenerated", number, item)

    def edit_item(self, number: int, item: int, **changes: Any) -> None:
        """Change values of an ItemDraft on a placed item."""
        self.store.edit_item(number, item, changes)
        self.fire("OrderItemUpdated", number, item)

    def edit_order(self, number: int, **changes: Any) -> None:
        """Change po_number, notes, requested_ship_date, bill_to, discount or a total of a placed order."""
        self.store.edit_order(number, changes)
        self.fire("OrderUpdated", number)

    def set_stage(self, number: int, item: int, stage: str, note: str = "") -> None:
        """Move an item to a stage of its workflow (by name or id), as staff do."""
        self.store.set_stage(number, item, stage, note)
        self.fire("OrderItemStatusChanged", number, item)

    def cancel(self, number: int) -> None:
        """Move every item of an order to the stage Order Cancelled; there is no event of its own for it."""
        for line in self.order(number)["Items"]:
            self.set_stage(number, line["OrderItemNumber"], "Order Cancelled")

    def mark_paid(self, number: int) -> None:
        """Record the payment of an order."""
        with self.store.lock:
            self.store.order(number).is_paid = True
        self.fire("PaymentReceived", number)

    def new_site_user(self, site: str, buyer: Buyer) -> str:
        """Register a user at a site and return the id; the event carries no order."""
        with self.store.lock:
            found = self.store.catalog.site(site)
            user = new_user(found, buyer)
            self.store.catalog.add_user(user)
        data = {"UserId": user.user_id, "Email": user.email, "SiteId": found.site_id}
        self._send("NewSiteUser", data, found.site_id)
        return user.user_id

    # Webhooks

    @property
    def webhook_url(self) -> str:
        """Where events go; empty: nowhere."""
        return self.webhooks.url

    @webhook_url.setter
    def webhook_url(self, url: str) -> None:
        self.webhooks.url = url

    @property
    def security_key(self) -> str:
        """The key of the MessageHash header; empty: no header."""
        return self.webhooks.security_key

    @security_key.setter
    def security_key(self, key: str) -> None:
        self.webhooks.security_key = key

    @property
    def hash_scheme(self) -> str:
        """How the MessageHash is made, one of HASH_SCHEMES."""
        return self.webhooks.hash_scheme

    @hash_scheme.setter
    def hash_scheme(self, scheme: str) -> None:
        if scheme not in HASH_SCHEMES:
            raise ValueError(f"{scheme!r} is no hash scheme; known: {', '.join(HASH_SCHEMES)}")
        self.webhooks.hash_scheme = scheme

    @property
    def events(self) -> list[Event]:
        """Everything that happened, whether a webhook was sent for it or not, oldest first."""
        with self.store.lock:
            return list(self._events)

    @property
    def events_sent(self) -> list[SandboxDelivery]:
        """Every webhook delivery attempted, with status and answer, oldest first."""
        return self.webhooks.log

    def fire(self, name: str, number: int, item: int | None = None) -> Event:
        """Send an event about an order or one of its items, whether or not anything happened."""
        if name not in EVENT_TYPES:
            raise ValueError(f"{name!r} is no Pressero event")
        with self.store.lock:
            if item is None:
                return self._emit(name, self.store.order(number), None)
            return self._emit(name, *self.store.item(number, item))

    def resend(self, number: int) -> int:
        """Send every event of an order once more, with the same MessageIDs; tells how many."""
        again = [event for event in self.events if event.order_number == number]
        for event in again:
            self.webhooks.send(event)
        return len(again)

    def _announce(self, order: SandboxOrder) -> None:
        with self.store.lock:
            self._emit("OrderPlaced", order, None)
            if any(item.is_pending for item in order.items):
                self._emit("OrderAprvReq", order, None)

    def _emit(self, name: str, order: SandboxOrder, item: SandboxOrderItem | None) -> Event:
        data: Json = {"OrderId": order.order_id, "OrderNumber": order.number}
        if item is not None:
            data["OrderItemSeq"] = item.seq
        else:
            data["PrinterOrderId"] = None
            data["OrderDate"] = utc_text(order.order_date)
            data["ReqShipDate"] = ship_date_text(order.requested_ship_date)
        data["SiteId"] = order.site.site_id
        return self._send(name, data, order.site.site_id)

    def _send(self, name: str, data: Json, site_id: str) -> Event:
        event = make_event(name, data, subscriber_id=self.credentials.subscriber_id, site_id=site_id)
        with self.store.lock:
            self._events.append(event)
            self.webhooks.send(event)
        return event

    # Looking

    def order(self, number: int) -> Json:
        """An order with its full items, their history and shipments."""
        with self.store.lock:
            return order_view(self.store.order(number))

    def item(self, number: int, seq: int) -> Json:
        """One item as the API shows it."""
        with self.store.lock:
            return item_json(*self.store.item(number, seq))

    def status_history(self, number: int, seq: int) -> list[Json]:
        """The stages an item was set to, oldest first."""
        with self.store.lock:
            return status_history(self.store.item(number, seq)[1])

    def shipments(self, number: int, seq: int) -> list[Json]:
        """The shipments that carry an item, oldest first."""
        with self.store.lock:
            order, item = self.store.item(number, seq)
            return [shipment_json(order, shipment) for shipment in item.shipments]
