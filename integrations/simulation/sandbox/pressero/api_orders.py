"""The part of Pressero's API that reads and changes orders."""

from collections.abc import Callable
from typing import Any

from integrations.simulation.sandbox.http import Request, Response

from . import views
from .creation import draft_from_create
from .errors import Refused, bad_request
from .incoming import (
    amount,
    body_filters,
    body_object,
    day,
    filtered,
    folded,
    moment,
    page,
    search_filters,
    sorted_rows,
    text,
)
from .records import SandboxOrder, SandboxOrderItem
from .routing import Router
from .store import PresseroStore

#: What a PUT on an item may change, and the attribute it lands in. MisId reads back as OrderItemMISID.
WRITABLE = {"misid": "mis_id", "orderitemmisid": "mis_id", "jobid": "job_id", "jobnumber": "job_number"}

#: Tells the sandbox that something happened to an order, or to one item of it.
Emit = Callable[[str, SandboxOrder, SandboxOrderItem | None], object]


class OrdersApi:
    """Orders, items, statuses, shipments, search and creation."""

    def __init__(
        self, store: Callable[[], PresseroStore], emit: Emit, placed: Callable[[SandboxOrder], None]
    ) -> None:
        self._store = store
        self._emit = emit
        self._placed = placed

    def add_routes(self, router: Router) -> None:
        """Put every call of this part into the table."""
        router.add("POST", "V2/Orders/Search", self.search)
        router.add("POST", "V2/Orders/Create", self.create)
        router.add("POST", "V2/Orders/Shipments", self.add_shipment)
        router.add("GET", "V2/Orders/{number}/Details", self.details)
        router.add("GET", "V2/Orders/{number}/Items", self.items)
        router.add("PUT", "V2/Orders/{number}/Item/{seq}", self.change_item)
        router.add("GET", "V2/Orders/{number}/Item/{seq}/Details", self.item_details)
        router.add("GET", "V2/Orders/{number}/Item/{seq}/Status", self.status_history)
        router.add("PUT", "V2/Orders/{number}/Item/{seq}/Status/{stage}", self.set_status)
        router.add("GET", "V2/Orders/{number}/Item/{seq}/Shipments", self.shipments)
        router.add("POST", "site/{site}/orders", self.search_site)

    def details(self, request: Request, number: int) -> Response:
        return Response(200, views.order_details(self._store().order_as_api(number)))

    def items(self, request: Request, number: int) -> Response:
        order = self._store().order_as_api(number)
        return Response(200, [views.item_json(order, item) for item in order.items])

    def item_details(self, request: Request, number: int, seq: int) -> Response:
        return Response(200, views.item_json(*self._item(number, seq)))

    def status_history(self, request: Request, number: int, seq: int) -> Response:
        return Response(200, views.status_history(self._item(number, seq)[1]))

    def shipments(self, request: Request, number: int, seq: int) -> Response:
        order, item = self._item(number, seq)
        return Response(200, [views.shipment_json(order, shipment) for shipment in item.shipments])

    def search(self, request: Request) -> Response:
        body = body_object(request)
        since = moment(body.get("startdate"), "StartDate")
        until = moment(body.get("enddate"), "EndDate")
        rows = [
            views.search_row(order, item)
            for order in self._store().listed_orders()
            if (since is None or order.order_date >= since) and (until is None or order.order_date <= until)
            for item in order.items
        ]
        found = sorted_rows(filtered(rows, search_filters(body)), body.get("sortdescriptor"))
        return Response(200, page(request, found))

    def search_site(self, request: Request, site: str) -> Response:
        store = self._store()
        wanted = store.catalog.site(site).site_id
        rows = [
            views.search_row(order, item)
            for order in store.listed_orders()
            if order.site.site_id == wanted
            for item in order.items
        ]
        return Response(200, page(request, filtered(rows, body_filters(request))))

    def create(self, request: Request) -> Response:
        store = self._store()
        order = store.place(draft_from_create(body_object(request), store.catalog))
        self._placed(order)
        answer = {
            "OrderId": order.order_id,
            "OrderNumber": order.number,
            "OrderDate": views.utc_text(order.order_date),
        }
        return Response(200, answer)

    def change_item(self, request: Request, number: int, seq: int) -> Response:
        """A merge: keys that nobody may write are ignored, what is not named stays."""
        _, item = self._item(number, seq)
        body = body_object(request)
        changes = {WRITABLE[key]: value for key, value in body.items() if key in WRITABLE}
        if not changes:
            raise bad_request("Nothing to change: MisId, JobId or JobNumber is expected.")
        for name, value in changes.items():
            setattr(item, name, None if value is None else str(value))
        return Response(200, {"OrderItemId": item.item_id, "OrderItemMISID": item.mis_id})

    def set_status(self, request: Request, number: int, seq: int, stage: str) -> Response:
        order, item = self._item(number, seq)
        store = self._store()
        stages = store.catalog.workflow(item.stage.workflow_id).stages
        if stage.lower() not in [known.stage_id for known in stages]:
            raise bad_request("The workflow stage does not belong to the workflow of this item.")
        note = folded(request.query).get("notes", "")
        store.set_stage(number, seq, stage, note)
        self._emit("OrderItemStatusChanged", order, item)
        return Response(200, {"OrderItemId": item.item_id, "WorkflowStageId": item.stage.stage_id})

    def add_shipment(self, request: Request) -> Response:
        body = body_object(request)
        info = _object(body, "ShipmentInfo")
        address = _object(info, "Address")
        store = self._store()
        order = store.order_by_id(text(body, "OrderId"))
        seqs = [_sent_item(order, entry).seq for entry in _list(info, "Items")]
        method = text(body, "SiteShippingMethodName")
        names = {known.name.lower() for known in order.site.methods}
        names |= {item.method_name.lower() for item in order.items}
        if not method or method.lower() not in names:
            raise bad_request(f"The site has no shipping method named {method!r}.")
        ship_date = day(info.get("shipdate"), "ShipDate")
        if ship_date is None:
            raise bad_request("ShipDate is required.")
        cost = info.get("cost")
        shipment_id = store.add_shipment(
            order.number,
            seqs,
            ship_date=text(info, "ShipDate"),
            method=method,
            tracking=text(info, "Tracking"),
            cost=None if cost is None else amount(cost, "Cost"),
            address=address,
        )
        return Response(200, {"ShipmentId": shipment_id, "OrderId": order.order_id})

    def _item(self, number: int, seq: int) -> tuple[SandboxOrder, SandboxOrderItem]:
        store = self._store()
        store.order_as_api(number)
        return store.item(number, seq)


def _sent_item(order: SandboxOrder, entry: Any) -> SandboxOrderItem:
    item_id = text(folded(entry), "OrderItemId").lower() if isinstance(entry, dict) else ""
    for item in order.items:
        if item.item_id == item_id:
            return item
    raise Refused(400, f"Order {order.number} has no item with the OrderItemId {item_id!r}.")


def _object(body: dict[str, Any], key: str) -> dict[str, Any]:
    value = body.get(key.lower())
    if not isinstance(value, dict):
        raise bad_request(f"{key} is required.")
    return folded(value)


def _list(body: dict[str, Any], key: str) -> list[Any]:
    value = body.get(key.lower())
    if not isinstance(value, list) or not value:
        raise bad_request(f"{key} needs at least one entry.")
    return value
