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
ORDERS = [answer("An order that needs somebody", _ORDER), answer("An order whose job is in Pace", _SUBMITTED)]
ORDER = [answer("An order whose job is in Pace", _SUBMITTED)]
AUDIT = [answer("A line of the timeline", _ENTRY)]
RETRY = [
    answer("Back at work", {"detail": "Order 51234 is back at work."}, 202),
    answer("Nothing to retry", {"detail": "Order 51234 is completed; there is nothing to retry."}, 409),
]
PREVIEW = [
    answer("What it would become", _PREVIEW),
    answer(
        "A system does not answer",
        {"detail": "Pace server demo was asked to read customers: no answer."},
        502,
    ),
]
LIVE = [answer("The web process lives", {"status": "ok", "problems": []})]
READY = [
    answer("All is well", {"status": "ok", "problems": []}),
    answer(
        "Somebody must act",
        {"status": "failing", "problems": ["No worker has shown a sign of life for 5 minutes."]},
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
    answer("It had come before", {"event": 7001, "duplicate": True}, 200),
    answer("The signature is wrong", {"detail": "MessageHash is missing or wrong."}, 401),
]
PACE_EVENT = [
    asked("A job changed", {"object": "Job", "key": "10017"}),
    asked("A part of a job changed", {"object": "JobPart", "key": "10017:01"}),
    answer("It is looked at", {"detail": "Job 10017 will be looked at."}, 202),
    answer("The token is wrong", {"detail": "The push token is missing or wrong."}, 401),
]
