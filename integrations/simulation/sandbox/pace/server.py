"""The sandbox Pace: the REST calls of an EFI Pace server, answered from memory."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final
from zoneinfo import ZoneInfo

from integrations.simulation.sandbox.faults import SandboxFault
from integrations.simulation.sandbox.http import CONTROL_PREFIX, BadJson, Request, Response, SandboxServer
from integrations.simulation.sandbox.pace import seed
from integrations.simulation.sandbox.pace.errors import PaceError, not_found
from integrations.simulation.sandbox.pace.finding import Finder
from integrations.simulation.sandbox.pace.plant import DEFAULT_PLANT, PlantBehavior
from integrations.simulation.sandbox.pace.rules import Rules
from integrations.simulation.sandbox.pace.schema import Schema
from integrations.simulation.sandbox.pace.store import DEFAULT_MINUTES, Clock, PaceStore, Transaction, utc_now
from integrations.simulation.sandbox.pace.templates import LINE
from integrations.simulation.sandbox.pace.values import stored_fields

BASE: Final = "/rpc/rest/services"
USERNAME: Final = "sandbox"
PASSWORD: Final = "sandbox-pace"
VERSION: Final = "29.0-1704"
PLAIN: Final = "text/plain;charset=iso-8859-1"
SHOWN: Final = (
    "Job",
    "JobPart",
    "JobContact",
    "JobShipment",
    "Carton",
    "CartonContent",
    "ContentFile",
    "JobPartContentFile",
    "FileAttachment",
)
"""Types whose objects ``GET /_sandbox/state`` lists; of the others it only counts them."""

_JOINED_KEYS: Final = {"State": ("country", "id"), "JobPart": ("job", "jobPart")}

Action = Callable[[Request, Transaction], Any]


class PaceSandbox(SandboxServer):
    """An EFI Pace server to try things against.

    ``time_zone`` is the zone of the imitated server, ``job_order_types`` adds objects of that type, ``required``
    names fields per type that this site demands beyond the usual ones. ``transaction_seconds`` makes transactions
    end after that time whatever they asked for; ``clock`` replaces the time of day. ``plant`` says what this plant's
    Pace does; ``behave`` changes that until the next ``reset``.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        latency: float = 0.0,
        username: str = USERNAME,
        password: str = PASSWORD,
        time_zone: str = "America/New_York",
        job_order_types: bool = False,
        required: Mapping[str, Iterable[str]] | None = None,
        transaction_seconds: float | None = None,
        clock: Clock = utc_now,
        max_calls: int = 10_000,
        plant: PlantBehavior = DEFAULT_PLANT,
    ) -> None:
        super().__init__(port=port, latency=latency, max_calls=max_calls)
        self.username = username
        self.password = password
        self.time_zone = ZoneInfo(time_zone)
        self.store = PaceStore(clock, transaction_seconds)
        self._required = required
        self._job_order_types = job_order_types
        self._own_plant = plant
        self._take_on(plant)
        self._routes: dict[tuple[str, str], Action] = {
            ("GET", "/FindObjects/find"): self._find,
            ("POST", "/FindObjects/findAndSort"): self._find_and_sort,
            ("POST", "/FindObjects/findSortAndLimit"): self._find_sort_and_limit,
            ("POST", "/FindObjects/loadValueObjects"): self._load_value_objects,
            ("DELETE", "/DeleteObject/DeleteObject"): self._delete,
            ("POST", "/AttachmentService/addAttachment"): self._add_attachment,
            ("GET", "/AttachmentService/getAttachment"): self._get_attachment,
            ("GET", "/AttachmentService/getAllAttachments"): self._get_all_attachments,
            ("GET", "/AttachmentService/getAttachmentFromKey"): self._get_attachment_from_key,
            ("GET", "/Version/getVersion"): lambda request, txn: VERSION,
        }
        self.reset_state()

    # What this plant's Pace does

    @property
    def base(self) -> str:
        """The path below which its services stand."""
        return f"/rpc/company:{self.plant.company}/rest/services" if self.plant.company else BASE

    @property
    def plant(self) -> PlantBehavior:
        """What this plant's Pace does now."""
        return self.schema.plant

    def behave(self, plant: PlantBehavior) -> None:
        """Be the Pace of another plant until the next `reset`, with fresh master data."""
        with self.store.lock:
            self._take_on(plant)
            self._sow()

    def serve(self, request: Request, wait: Callable[[float], bool]) -> Response | None:
        """As every sandbox does; besides, `POST /_sandbox/plant` makes it the Pace of another plant."""
        if (request.method, request.path) == ("POST", f"{CONTROL_PREFIX}plant"):
            return self._change_plant(request)
        return super().serve(request, wait)

    def _change_plant(self, request: Request) -> Response:
        try:
            wanted = request.json()
            if not isinstance(wanted, dict):
                raise ValueError("Expected a JSON object of switches, such as {'license_expired': true}")
            strict = wanted.pop("strict", True)
            plant = PlantBehavior.strict(**wanted) if strict else PlantBehavior(**wanted)
        except (TypeError, ValueError) as error:
            return Response(400, {"message": str(error)})
        self.behave(plant)
        return Response(200, asdict(plant))

    def _take_on(self, plant: PlantBehavior) -> None:
        self.schema = Schema(job_order_types=self._job_order_types, plant=plant, zone=self.time_zone)
        self.finder = Finder(self.schema)
        self.rules = Rules(self.schema, self.store, self.username, self._required)

    def _sow(self) -> None:
        self.store.clear()
        seed.sow(self.put, self.plant, job_order_types=self._job_order_types)

    # For tests, the demo and the seed

    def objects(self, type_name: str, **filters: Any) -> list[dict[str, Any]]:
        """Committed objects whose fields have the given values, oldest first, with all their fields."""
        of_type = self.schema[type_name]
        with self.store.lock:
            whole = [of_type.whole(record) for _, record in self.store.committed.records(type_name)]
        return [
            found for found in whole if all(found.get(field) == wanted for field, wanted in filters.items())
        ]

    def put(self, type_name: str, **fields: Any) -> dict[str, Any]:
        """Store an object directly, past Pace's rules (types of fields are checked), or change one by its key."""
        of_type = self.schema[type_name]
        record = stored_fields(fields, of_type, self.schema)
        if type_name in _JOINED_KEYS and "primaryKey" not in record:
            first, second = _JOINED_KEYS[type_name]
            record["primaryKey"] = f"{record[first]}:{record[second]}"
        with self.store.lock:
            if of_type.key is None or record.get(of_type.key) in (None, "", 0):
                number = self.store.next_number(type_name)
                key = str(number)
                if of_type.key is not None:
                    record[of_type.key] = number if of_type.has_integer_key else key
            else:
                key = str(record[of_type.key])
            record = {**(self.store.committed.get(type_name, key) or {}), **record}
            self.store.write(type_name, key, record)
        return of_type.whole(record)

    def template_lines(self, **filters: Any) -> list[dict[str, Any]]:
        """The lines that item templates made (`job`, `jobPart`, `template`, `step`, `quantity`), oldest first."""
        with self.store.lock:
            lines = [line for _, line in self.store.committed.records(LINE)]
        return [line for line in lines if all(line[field] == wanted for field, wanted in filters.items())]

    def open_transactions(self) -> list[str]:
        """Ids of the transactions that are still open."""
        return self.store.open_transactions()

    # The server's hooks

    def reset_state(self) -> None:
        """Back to the plant and the master data that a new sandbox has; open transactions end."""
        self.behave(self._own_plant)

    def state(self) -> dict[str, Any]:
        """Number of objects by type, open transactions, and the objects that jobs are made of."""
        with self.store.lock:
            committed = self.store.committed
            return {
                "counts": {name: sum(1 for _ in committed.records(name)) for name in self.schema.types},
                "open_transactions": self.store.open_transactions(),
                "objects": {
                    name: [record for _, record in committed.records(name)] for name in (*SHOWN, LINE)
                },
                "plant": asdict(self.plant),
            }

    def fault_answered(self, request: Request, fault: SandboxFault) -> None:
        """An error of Pace itself (500) inside a transaction rolls it back, so a planned one does, too."""
        if fault.status == 500 and fault.kind in ("error_before", "error_after"):
            self._rollback_quietly(request.query.get("txnId"))

    def take(self, request: Request) -> Callable[[], None]:
        """A commit under way: its transaction is closed to every other call, and its writes are not seen yet."""
        if request.path != f"{BASE}/TransactionService/commit":
            return super().take(request)
        with self.store.lock:
            transaction = self.store.transaction(_needed(request, "txnId"))
            self.store.rollback(transaction)
        return lambda: self.store.commit(transaction)

    def handle(self, request: Request) -> Response:
        if not self._is_authorized(request.headers.get("authorization", "")):
            response = self.error_response(401, "Unauthorized")
            response.headers["WWW-Authenticate"] = 'Basic realm="Pace"'
            return response
        if self.plant.license_expired:
            return self.error_response(503, "System License Expired")
        action = self._action(request) if request.path.startswith(f"{self.base}/") else None
        try:
            if action is None:
                return self._transaction_call(request)
            with self.store.lock:
                return Response(200, self._in_transaction(request, action))
        except BadJson as error:
            self._rollback_quietly(request.query.get("txnId"))
            return self.error_response(500, str(error))
        except PaceError as error:
            self._rollback_quietly(request.query.get("txnId"))
            return self.error_response(error.status, error.message)
        except Exception:
            self._rollback_quietly(request.query.get("txnId"))
            raise

    def _is_authorized(self, header: str) -> bool:
        expected = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        scheme, _, given = header.partition(" ")
        return scheme.lower() == "basic" and hmac.compare_digest(given.strip().encode(), expected.encode())

    def _rollback_quietly(self, txn_id: str | None) -> None:
        if txn_id and txn_id in self.store.open_transactions():
            self.store.rollback(self.store.transaction(txn_id))

    def _action(self, request: Request) -> Action | None:
        """What to do for a call that may run in a transaction; None for any other path."""
        path = request.path.removeprefix(self.base)
        if request.method == "POST":
            for service, verb, action in (
                ("CreateObject", "create", self._create),
                ("ReadObject", "read", self._read),
                ("UpdateObject", "update", self._update),
            ):
                prefix = f"/{service}/{verb}"
                type_name = path.removeprefix(prefix)
                if path.startswith(prefix) and type_name in self.schema:
                    return lambda request, txn: action(type_name, request, txn)
        return self._routes.get((request.method, path))

    def _in_transaction(self, request: Request, action: Action) -> Any:
        txn_id = request.query.get("txnId")
        if txn_id:
            return action(request, self.store.transaction(txn_id))
        transaction = self.store.unnamed()
        answer = action(request, transaction)
        self.store.commit(transaction)
        return answer

    def _transaction_call(self, request: Request) -> Response:
        match (request.method, request.path.removeprefix(self.base)):
            case ("GET", "/TransactionService/startTransaction"):
                minutes = _whole_number(request, "timeOutInMinutes", DEFAULT_MINUTES)
                return Response(200, self.store.begin(minutes).id, PLAIN)
            case ("GET", "/TransactionService/commit"):
                with self.store.lock:
                    self.store.commit(self.store.transaction(_needed(request, "txnId")))
                return Response(200, True)
            case ("GET", "/TransactionService/rollback"):
                with self.store.lock:
                    self.store.rollback(self.store.transaction(_needed(request, "txnId")))
                return Response(200, True)
        raise PaceError(f"Not found: {request.method} {request.path}", status=404)

    # Objects

    def _create(self, type_name: str, request: Request, txn: Transaction) -> Any:
        return self.rules.create(type_name, request.json(), txn)

    def _read(self, type_name: str, request: Request, txn: Transaction) -> Any:
        key = _needed(request, "primaryKey")
        record = txn.get(type_name, key)
        if record is None:
            raise not_found(type_name, key)
        return self.schema[type_name].whole(record)

    def _update(self, type_name: str, request: Request, txn: Transaction) -> Any:
        return self.rules.update(type_name, request.json(), txn)

    def _delete(self, request: Request, txn: Transaction) -> Any:
        self.rules.delete(_needed(request, "type"), _needed(request, "key"), txn)

    # Finding

    def _find(self, request: Request, txn: Transaction) -> Any:
        return self.finder.keys(_needed(request, "type"), request.query.get("xpath", ""), [], txn)

    def _find_and_sort(self, request: Request, txn: Transaction) -> Any:
        type_name, xpath = _needed(request, "type"), request.query.get("xpath", "")
        return self.finder.keys(type_name, xpath, request.json(), txn)

    def _find_sort_and_limit(self, request: Request, txn: Transaction) -> Any:
        keys = self._find_and_sort(request, txn)
        offset, limit = _whole_number(request, "offset"), _whole_number(request, "limit")
        return keys[offset : offset + limit]

    def _load_value_objects(self, request: Request, txn: Transaction) -> Any:
        return self.finder.value_objects(request.json(), txn)

    # Attachments

    def _add_attachment(self, request: Request, txn: Transaction) -> Any:
        type_name, owner = _needed(request, "type"), _needed(request, "pKey")
        if txn.get(self.schema[type_name].name, owner) is None:
            raise not_found(type_name, owner)
        body = request.json()
        if not isinstance(body, dict) or not body.get("name"):
            raise PaceError("Expected an attachment with name, mimeType, fileExtension and content")
        texts = {field: body.get(field) for field in ("name", "mimeType", "fileExtension", "content")}
        if any(not isinstance(text, str | None) for text in texts.values()):
            raise PaceError("The fields of an attachment are texts")
        try:
            size = len(base64.b64decode(texts["content"] or "", validate=True))
        except (binascii.Error, ValueError) as error:
            raise PaceError("Field 'content' of the attachment is not base64") from error
        key = self.rules.insert(
            "FileAttachment",
            {
                "name": texts["name"],
                "field": _needed(request, "attribute"),
                "size": size,
                "baseObject": type_name,
                "baseObjectKey": owner,
                "mimeType": texts["mimeType"],
                "ext": texts["fileExtension"],
                "createdBy": self.username,
                "manual": True,
            },
            txn,
        )
        txn.insert("Attachment", key, texts)
        return key

    def _attachments(self, request: Request, txn: Transaction) -> list[dict[str, Any]]:
        wanted = {
            "baseObject": _needed(request, "type"),
            "baseObjectKey": _needed(request, "pKey"),
            "field": _needed(request, "attribute"),
        }
        return [
            txn.get("Attachment", key) or {}
            for key, record in txn.records("FileAttachment")
            if all(record.get(field) == value for field, value in wanted.items())
        ]

    def _get_all_attachments(self, request: Request, txn: Transaction) -> Any:
        return self._attachments(request, txn)

    def _get_attachment(self, request: Request, txn: Transaction) -> Any:
        found = self._attachments(request, txn)
        if not found:
            raise not_found("FileAttachment", request.query["pKey"])
        return found[-1]

    def _get_attachment_from_key(self, request: Request, txn: Transaction) -> Any:
        key = _needed(request, "attachmentKey")
        found = txn.get("Attachment", key)
        if found is None:
            raise not_found("FileAttachment", key)
        return found


def _needed(request: Request, name: str) -> str:
    value = request.query.get(name)
    if not value:
        raise PaceError(f"Parameter '{name}' is missing")
    return value


def _whole_number(request: Request, name: str, default: int | None = None) -> int:
    text = request.query.get(name, "" if default is None else str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise PaceError(f"Parameter '{name}' is not a whole number: '{text}'")
    return int(text)
