"""An example for each call of the API, shown by its interactive description."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

_ORDER: dict[str, Any] = {
    "id": 42,
    "number": 51234,
    "storefront": "Example CU Store",
    "status": "needs_attention",
    "jobs": [],
    "message": 'Order 51234, item 1: the shipping method "Overnight" has no Pace ship via. Add a row under Shipment methods '
    'or set a default ship via on the storefront "Example CU Store".',
    "customer_name": "Example Credit Union",
    "buyer_email": "avery@example.com",
    "po_number": "PO-7781",
    "total": "96.50",
    "placed_at": "2026-03-12T17:30:00Z",
    "received_at": "2026-03-12T17:30:04Z",
    "submitted_at": None,
    "updated_at": "2026-03-12T17:30:09Z",
}
_SUBMITTED = {
    **_ORDER,
    "status": "submitted",
    "jobs": ["10017"],
    "message": "",
    "submitted_at": "2026-03-12T17:31:20Z",
}
_ENTRY = {
    "id": 9001,
    "at": "2026-03-12T17:31:18Z",
    "type": "job.created",
    "sentence": "Job 10017 is in Pace.",
    "actor": "worker hub-1:412",
    "correlation": "5f3a9c0e1b2d4f60",
    "data": {"job": "10017"},
}
_FIELD = {
    "value": "EXCU",
    "source": {
        "kind": "storefront",
        "detail": "the storefront's Integration ID",
        "mapping": "",
        "row_id": None,
    },
}
_PREVIEW = {
    "order": 51234,
    "storefront": "Example CU Store",
    "decision": "No approval is needed.",
    "plan": {
        "order_number": 51234,
        "jobs": [{"unit": "order", "items": [1], "fields": {"customer": _FIELD}}],
    },
    "sent_plan": None,
}


def answer(name: str, value: Any, code: int = 200) -> OpenApiExample:
    """An example of what comes back."""
    return OpenApiExample(name, value=value, response_only=True, status_codes=[str(code)])


def asked(name: str, value: Any) -> OpenApiExample:
    """An example of what is sent."""
    return OpenApiExample(name, value=value, request_only=True)


# The description puts lists into pages by itself: the example is of one row.
ORDERS = [
    answer("An order that needs attention", _ORDER),
    answer("An order with its job in Pace", _SUBMITTED),
]
ORDER = [answer("An order with its job in Pace", _SUBMITTED)]
AUDIT = [answer("A line of the timeline", _ENTRY)]
RETRY = [
    answer("Queued", {"detail": "Order 51234 was queued."}, 202),
    answer("Nothing to retry", {"detail": "Order 51234 is completed; there is nothing to retry."}, 409),
]
PREVIEW = [
    answer("What it would become", _PREVIEW),
    answer(
        "A system is not responding",
        {"detail": "Pace server demo was asked to read customers: no answer."},
        502,
    ),
]
LIVE = [answer("The web process is running", {"status": "ok", "problems": []})]
READY = [
    answer("All is well", {"status": "ok", "problems": []}),
    answer(
        "Action needed",
        {"status": "failing", "problems": ["No worker has reported for 5 minutes."]},
        503,
    ),
]
PRESSERO_EVENT = [
    asked(
        "An order was placed",
        {
            "Type": 9,
            "TypeName": "OrderPlaced",
            "MessageID": "0b9c1f1e-0000-4000-8000-000000000001",
            "SiteId": "05000000-0000-4000-8000-000000000042",
            "Data": {"OrderNumber": 51234},
        },
    ),
    answer("Stored", {"event": 7001, "duplicate": False}, 202),
    answer("A duplicate", {"event": 7001, "duplicate": True}, 200),
    answer("The signature is wrong", {"detail": "MessageHash is missing or wrong."}, 401),
]
PACE_EVENT = [
    asked("A job changed", {"object": "Job", "key": "10017"}),
    asked("A part of a job changed", {"object": "JobPart", "key": "10017:01"}),
    answer("Accepted", {"detail": "Job 10017 will be checked."}, 202),
    answer("The token is wrong", {"detail": "The push token is missing or wrong."}, 401),
]
_GROUND = {"storefront": "", "pressero_method": "Ground", "ship_via": 5010, "account_number": ""}
_REPORT = {
    "dry_run": False,
    "created": 1,
    "updated": 0,
    "unchanged": 0,
    "changes": ["added: Ground, all storefronts: ship via 5010"],
    "warnings": [],
    "rows": [{"id": 7, **_GROUND}],
}
_REFUSED = {
    "detail": "Nothing was changed.",
    "reasons": [{"row": 1, "reason": "ship_via: Enter a whole number."}],
}
MAPPING_ROWS = [
    answer(
        "Shipment methods",
        {"count": 1, "next": None, "previous": None, "results": [{"id": 7, **_GROUND}]},
    )
]
MAPPING_CHANGES = [
    asked("A shipment method", {"rows": [_GROUND]}),
    asked("What would come of it", {"rows": [_GROUND], "dry_run": True}),
    answer("It was created", _REPORT, 201),
    answer("Nothing new was created", {**_REPORT, "created": 0, "updated": 1}, 200),
    answer("A row is wrong", _REFUSED, 400),
]
MAPPING_ROW = [answer("A shipment method", {"id": 7, **_GROUND})]
MAPPING_ROW_CHANGE = [
    asked("Another ship via", {**_GROUND, "ship_via": 5012}),
    answer("It was changed", {"id": 7, **_GROUND, "ship_via": 5012}),
    answer("The row is wrong", _REFUSED, 400),
]
