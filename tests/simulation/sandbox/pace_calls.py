"""A plain client for tests of the sandbox Pace: one method for each kind of call, over real HTTP."""

from __future__ import annotations

from typing import Any

import requests

from integrations.simulation.sandbox.http import load_json
from integrations.simulation.sandbox.pace import PaceSandbox

WHEN = "2026-11-23T17:00:00"


class Refused(Exception):
    """The sandbox answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class PaceCalls:
    """Calls one sandbox; an error answer becomes ``Refused``."""

    def __init__(self, pace: PaceSandbox, timeout: float = 5.0) -> None:
        self.pace = pace
        self.base = f"{pace.url}/rpc/rest/services"
        self.timeout = timeout
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = (pace.username, pace.password)

    def raw(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, f"{self.base}{path}", timeout=self.timeout, **options)

    def call(self, method: str, path: str, txn: str | None = None, body: Any = None, **query: Any) -> Any:
        params = {**query, **({"txnId": txn} if txn else {})}
        response = self.raw(method, path, params=params, json=body)
        answer: Any = load_json(response.content) if response.content else None
        if response.status_code != 200:
            raise Refused(response.status_code, answer["message"])
        return answer

    def create(self, type_name: str, txn: str | None = None, **fields: Any) -> dict[str, Any]:
        return self.call("POST", f"/CreateObject/create{type_name}", txn, fields)

    def update(self, type_name: str, txn: str | None = None, **fields: Any) -> dict[str, Any]:
        return self.call("POST", f"/UpdateObject/update{type_name}", txn, fields)

    def read(self, type_name: str, key: Any, txn: str | None = None) -> dict[str, Any]:
        return self.call("POST", f"/ReadObject/read{type_name}", txn, primaryKey=key)

    def find(self, type_name: str, xpath: str, txn: str | None = None) -> list[str]:
        return self.call("GET", "/FindObjects/find", txn, type=type_name, xpath=xpath)

    def delete(self, type_name: str, key: Any, txn: str | None = None) -> None:
        self.call("DELETE", "/DeleteObject/DeleteObject", txn, type=type_name, key=key)

    def begin(self, minutes: int = 5) -> str:
        path = f"/TransactionService/startTransaction?timeOutInMinutes={minutes}"
        return self.raw("GET", path, headers={"Accept": "text/plain"}).text

    def commit(self, txn: str) -> Any:
        return self.call("GET", "/TransactionService/commit", txn)

    def rollback(self, txn: str) -> Any:
        return self.call("GET", "/TransactionService/rollback", txn)

    def job(self, txn: str | None = None, **fields: Any) -> dict[str, Any]:
        """A job with everything that Pace demands."""
        demanded = {
            "customer": "EXCU",
            "description": "100 - Example Shop",
            "poNum": "9999",
            "promiseDateTime": WHEN,
            "scheduledShipDateTime": WHEN,
            "earliestStartDateTime": WHEN,
        }
        return self.create("Job", txn, **{**demanded, **fields})
