"""Control calls under `/_sandbox/` for other processes: a demo, a browser test, a person with curl."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Protocol

from integrations.simulation.sandbox.http import CONTROL_PREFIX, Request, Response

from .builders import (
    Buyer,
    FileDraft,
    OrderDraft,
    buyer_from_json,
    files_from_json,
    item_changes_from_json,
    order_changes_from_json,
    order_from_json,
)
from .catalog import UnknownThing
from .errors import Refused, bad_request
from .routing import Router
from .store import PresseroStore
from .webhooks import HASH_SCHEMES, HEX_LETTERS, SandboxDelivery, WebhookSender, known_events

Json = dict[str, Any]


class Shop(Protocol):
    """The sandbox, as far as the control calls use it."""

    store: PresseroStore
    webhooks: WebhookSender

    @property
    def events_sent(self) -> list[SandboxDelivery]: ...

    def place(self, draft: OrderDraft, *, notify: bool = True) -> int: ...
    def order(self, number: int) -> Json: ...
    def item(self, number: int, seq: int) -> Json: ...
    def edit_order(self, number: int, **changes: Any) -> None: ...
    def edit_item(self, number: int, item: int, **changes: Any) -> None: ...
    def approve(self, number: int, item: int, modifications: Json | None = None) -> None: ...
    def deny(self, number: int, item: int) -> None: ...
    def add_files(self, number: int, item: int, files: Iterable[FileDraft | str]) -> None: ...
    def set_stage(self, number: int, item: int, stage: str, note: str = "") -> None: ...
    def mark_paid(self, number: int) -> None: ...
    def cancel(self, number: int) -> None: ...
    def resend(self, number: int) -> int: ...
    def new_site_user(self, site: str, buyer: Buyer) -> str: ...
    def expire_tokens(self) -> None: ...


class Control:
    """The control calls of one sandbox, beside those that every sandbox has."""

    def __init__(self, sandbox: Shop) -> None:
        self._sandbox = sandbox
        self._router = Router()
        add = self._router.add
        add("GET", "orders", self._orders)
        add("POST", "orders", self._place)
        add("GET", "orders/{number}", self._order)
        add("POST", "orders/{number}/edit", self._edit_order)
        add("POST", "orders/{number}/pay", self._pay)
        add("POST", "orders/{number}/cancel", self._cancel)
        add("POST", "orders/{number}/resend", self._resend)
        add("POST", "orders/{number}/items/{seq}/approve", self._approve)
        add("POST", "orders/{number}/items/{seq}/deny", self._deny)
        add("POST", "orders/{number}/items/{seq}/files", self._files)
        add("POST", "orders/{number}/items/{seq}/edit", self._edit_item)
        add("POST", "orders/{number}/items/{seq}/stage", self._stage)
        add("GET", "webhook", self._webhook)
        add("POST", "webhook", self._set_webhook)
        add("GET", "webhook/deliveries", self._deliveries)
        add("POST", "webhook/hold", self._hold)
        add("POST", "webhook/release", self._release)
        add("POST", "users", self._user)
        add("POST", "visibility", self._visibility)
        add("POST", "tokens/expire", self._expire)
        add("POST", "integration-ids", self._integration_id)

    def knows(self, request: Request) -> bool:
        """Whether a path belongs to these calls rather than to those of every sandbox."""
        first = request.path.removeprefix(CONTROL_PREFIX).split("/")[0]
        return first in {"orders", "webhook", "users", "visibility", "tokens", "integration-ids"}

    def answer(self, request: Request) -> Response:
        """Answer a control call."""
        try:
            return self._router.answer(request, request.path.removeprefix(CONTROL_PREFIX))
        except Refused as refused:
            return Response(refused.status, {"message": refused.message})
        except UnknownThing as unknown:
            return Response(404, {"message": str(unknown)})
        except (ValueError, TypeError) as bad:
            return Response(400, {"message": str(bad)})

    # Orders

    def _orders(self, request: Request) -> Response:
        with self._sandbox.store.lock:
            orders = list(self._sandbox.store.orders.values())
            rows = [
                {"number": order.number, "site": order.site.name, "items": len(order.items)}
                for order in orders
            ]
        return Response(200, rows)

    def _place(self, request: Request) -> Response:
        notify = request.query.get("notify", "true").lower() not in ("false", "no", "0")
        number = self._sandbox.place(order_from_json(request.json()), notify=notify)
        return Response(201, {"number": number, "order_id": self._sandbox.order(number)["OrderId"]})

    def _order(self, request: Request, number: int) -> Response:
        return Response(200, self._sandbox.order(number))

    def _edit_order(self, request: Request, number: int) -> Response:
        self._sandbox.edit_order(number, **order_changes_from_json(_object(request)))
        return self._order(request, number)

    def _pay(self, request: Request, number: int) -> Response:
        self._sandbox.mark_paid(number)
        return self._order(request, number)

    def _cancel(self, request: Request, number: int) -> Response:
        self._sandbox.cancel(number)
        return self._order(request, number)

    def _resend(self, request: Request, number: int) -> Response:
        self._sandbox.order(number)
        return Response(200, {"sent": self._sandbox.resend(number)})

    def _approve(self, request: Request, number: int, seq: int) -> Response:
        self._sandbox.approve(number, seq, item_changes_from_json(_object(request)))
        return self._item(number, seq)

    def _deny(self, request: Request, number: int, seq: int) -> Response:
        self._sandbox.deny(number, seq)
        return self._item(number, seq)

    def _files(self, request: Request, number: int, seq: int) -> Response:
        data = request.json()
        files = data.get("files") if isinstance(data, dict) else data
        self._sandbox.add_files(number, seq, files_from_json(files, kind="gen"))
        return self._item(number, seq)

    def _edit_item(self, request: Request, number: int, seq: int) -> Response:
        self._sandbox.edit_item(number, seq, **item_changes_from_json(_object(request)))
        return self._item(number, seq)

    def _stage(self, request: Request, number: int, seq: int) -> Response:
        data = _object(request)
        self._sandbox.set_stage(number, seq, _text(data, "stage"), str(data.get("note") or ""))
        return self._item(number, seq)

    def _item(self, number: int, seq: int) -> Response:
        return Response(200, self._sandbox.item(number, seq))

    # Webhooks

    def _webhook(self, request: Request) -> Response:
        hooks = self._sandbox.webhooks
        settings = {
            "url": hooks.url,
            "has_security_key": bool(hooks.security_key),
            "hash_scheme": hooks.hash_scheme,
            "hash_letters": hooks.hash_letters,
            "subscribed": None if hooks.subscribed is None else sorted(hooks.subscribed),
            "copies": hooks.copies,
            "delay_seconds": hooks.delay_seconds,
            "drop": sorted(hooks.drop),
            "retries": hooks.retries,
        }
        return Response(200, settings)

    def _set_webhook(self, request: Request) -> Response:
        """Change what is named; all names are checked before the first is changed."""
        checks: dict[str, Callable[[Any], Any]] = {
            "url": str,
            "security_key": str,
            "hash_scheme": _one_of(HASH_SCHEMES),
            "hash_letters": _one_of(HEX_LETTERS),
            "subscribed": lambda names: None if names is None else known_events(names),
            "copies": lambda count: _number(count, int),
            "delay_seconds": lambda seconds: _number(seconds, float),
            "drop": known_events,
            "retries": lambda count: _number(count, int),
        }
        changes = {}
        for key, value in _object(request).items():
            if key not in checks:
                raise bad_request(f"A webhook has no {key}. Known: {', '.join(checks)}.")
            changes[key] = checks[key](value)
        for key, value in changes.items():
            setattr(self._sandbox.webhooks, key, value)
        return self._webhook(request)

    def _deliveries(self, request: Request) -> Response:
        return Response(200, [delivery.as_dict() for delivery in self._sandbox.events_sent])

    def _hold(self, request: Request) -> Response:
        self._sandbox.webhooks.hold()
        return Response(200, {"held": True})

    def _release(self, request: Request) -> Response:
        reverse = _object(request).get("reverse") is True
        return Response(200, {"released": self._sandbox.webhooks.release(reverse=reverse)})

    # The shop

    def _user(self, request: Request) -> Response:
        data = _object(request)
        site = _text(data, "site")
        buyer = buyer_from_json({key: value for key, value in data.items() if key != "site"})
        return Response(201, {"user_id": self._sandbox.new_site_user(site, buyer)})

    def _visibility(self, request: Request) -> Response:
        data = _object(request)
        names: dict[str, Callable[[Any], Any]] = {
            "visible_after_seconds": lambda seconds: _number(seconds, float),
            "visible_after_calls": lambda count: _number(count, int),
            "search_lag_seconds": lambda seconds: _number(seconds, float),
        }
        for key, value in data.items():
            if key not in names:
                raise bad_request(f"Known: {', '.join(names)}.")
            setattr(self._sandbox.store, key, names[key](value))
        return Response(200, {key: getattr(self._sandbox.store, key) for key in names})

    def _expire(self, request: Request) -> Response:
        self._sandbox.expire_tokens()
        return Response(200, {"expired": True})

    def _integration_id(self, request: Request) -> Response:
        """Fill the Integration ID of a site, or of one of its products when `product` is named."""
        data = _object(request)
        site, product, mis_id = _text(data, "site"), data.get("product"), str(data.get("mis_id") or "")
        catalog = self._sandbox.store.catalog
        with self._sandbox.store.lock:
            if product is None:
                catalog.set_site_mis_id(site, mis_id)
            else:
                catalog.set_product_mis_id(site, str(product), mis_id)
        return Response(200, {"site": site, "product": product, "mis_id": mis_id})


def _object(request: Request) -> Json:
    """The JSON object of a control call; no body is an empty one."""
    data = request.json()
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise bad_request("A JSON object is expected.")
    return data


def _text(data: Json, key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value:
        raise bad_request(f"{key} is required.")
    return value


def _one_of(choices: tuple[str, ...]) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value not in choices:
            raise bad_request(f"{value!r} is none of {', '.join(choices)}.")
        return str(value)

    return check


def _number(value: Any, kind: type[int] | type[float]) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise bad_request(f"{value!r} is no number.")
    if value < 0:
        raise bad_request(f"{value!r} is below 0.")
    return kind(value)
