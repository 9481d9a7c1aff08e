"""What the JSON columns hold, for every reader and writer.

Rows of earlier releases, and orders without their people, lack keys: where that can be, none is required.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class StoredStatus(TypedDict):
    """A status of Pace as it was last read."""

    id: str
    name: str


class StoredCandidate(TypedDict):
    """A stage that one job part asks for (planning/statuses.py, Candidate)."""

    stage: str
    note: str
    row: int
    reason: str
    job: str
    part: str
    status: str


class StoredTable(TypedDict):
    """An object of a plan beside the one in Pace: a row per field, for a page to show."""

    title: str
    rows: list[dict[str, Any]]
    missing: NotRequired[bool]  # Pace has no such object


# What a field of a plan can hold once it is stored: amounts and moments are texts.
Scalar = str | int | bool | None


class StoredSource(TypedDict, total=False):
    """Where a planned value comes from (planning/plan_types.py, FieldSource)."""

    kind: str
    detail: str
    mapping: str
    row_id: int | None


class StoredValue(TypedDict, total=False):
    """A planned value with its lineage."""

    value: Scalar
    source: StoredSource


StoredFields = dict[str, StoredValue]


class StoredContentFile(TypedDict, total=False):
    """A content file of a part."""

    fields: StoredFields
    item: int
    number: int


class StoredPart(TypedDict, total=False):
    """A job part."""

    number: str
    item: int
    fields: StoredFields
    files: list[StoredContentFile]


class StoredContent(TypedDict, total=False):
    """A part in a carton."""

    part: str
    fields: StoredFields


class StoredShipment(TypedDict, total=False):
    """A shipment with its carton; `parts` are the numbers of the parts it carries."""

    parts: list[str]
    fields: StoredFields
    carton: StoredFields
    contents: list[StoredContent]
    contact: StoredFields


class StoredJob(TypedDict, total=False):
    """One Pace job of a plan."""

    unit: str
    description: str
    items: list[int]
    fields: StoredFields
    contact: StoredFields
    parts: list[StoredPart]
    shipments: list[StoredShipment]
    name: str
    pace_makes_files: bool


class StoredParty(TypedDict, total=False):
    """The customer and the contact of a plan."""

    customer_id: str
    contact_id: int | None
    create_customer: StoredFields
    create_contact: StoredFields
    lock: str
    source: StoredSource


class StoredNote(TypedDict, total=False):
    """Something worth knowing that stops nothing."""

    message: str
    field: str
    item: int | None


class StoredProblem(StoredNote, total=False):
    """Something that stops the order."""

    mode: str
    cause: str


class StoredPlan(TypedDict, total=False):
    """The plan of an order (planning/plan_types.py, Plan)."""

    order_number: int
    storefront: str
    party: StoredParty | None
    jobs: list[StoredJob]
    left_out: list[StoredNote]
    notes: list[StoredNote]
    problems: list[StoredProblem]
    decision: str
    reason: str


class StoredOrder(TypedDict):
    """An order as Pressero sent it, with amounts as texts; its keys are Pressero's (clients/pressero/orders.py)."""

    details: dict[str, Any]
    items: list[dict[str, Any]]


class StoredExtra(TypedDict, total=False):
    """What is worth knowing of a code beside its name, by the kind of code."""

    provider: str  # ship vias
    open: bool  # job statuses
    planned: bool  # shipment types
    iso: str  # countries
    type: str  # fields of the plant's own
    url: str  # sites
    part_number: str  # products
    integration_id: str  # sites, products, shipping methods
    carrier: str  # shipping methods
    seq: int  # stages
    customer_name: str
    workflow: str


class StoredChangeName(TypedDict):
    """Which field of an order or item was changed."""

    item: int | None
    field: str


class StoredEventFacts(TypedDict, total=False):
    """What an event sent says of the moment, beside the order as it stands."""

    status: str
    previous_status: str
    message: str
    changes: list[StoredChangeName]
