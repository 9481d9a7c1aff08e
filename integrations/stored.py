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


class StoredHeldRow(TypedDict):
    """A field as it was sent, and as Pace holds it. `same` is None where the two are not compared."""

    field: str
    sent: str
    held: str
    same: bool | None


class StoredTable(TypedDict):
    """An object of a sent plan beside the one in Pace: a row per field, for a page to show."""

    title: str
    rows: list[StoredHeldRow]
    missing: NotRequired[bool]  # Pace has no such object


class StoredComparedRow(TypedDict):
    """A field as the hub planned it, and as others wrote it. `same` is None where the two are not compared."""

    field: str
    ours: str
    theirs: str
    same: bool | None


class StoredComparedTable(TypedDict):
    """An object of a plan beside one that others made in Pace: a row per field, for a page to show."""

    title: str
    rows: list[StoredComparedRow]


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


class StoredEventData(StoredEventFacts, total=False):
    """What is sent of an event (docs/events.md)."""

    id: int
    number: int
    storefront: str
    jobs: list[str]
    link: str
    subscription: str  # of a test event, which has it and the message alone


# Of one set of labels: "count", for durations also "sum" in seconds and a count for each upper bound.
StoredCounts = dict[str, float]
StoredTotals = dict[str, StoredCounts]


class StoredAssumption(TypedDict):
    """An assumption of a probe, and what became of it (operations/probes/report.py)."""

    id: str
    sentence: str
    section: str
    mark: str
    relied_on: bool
    result: str
    seen: str
    matters: bool


class StoredSuggestion(TypedDict):
    """A setting that a probe suggests: its model field, the value, the value at that time, and why."""

    setting: str
    value: str | int | bool
    now: str | int | bool | None
    sentence: str


class StoredChangedField(TypedDict):
    """A field that came back from Pace with another value than was sent."""

    place: str
    field: str
    sent: str
    answered: str


class StoredFieldCheck(TypedDict):
    """How many fields came back as they were sent, and those that did not."""

    kept: int
    changed: list[StoredChangedField]


class StoredKeys(TypedDict):
    """Keys of one kind of answer: those expected and found, those missing, those the hub never reads."""

    found: list[str]
    missing: list[str]
    unknown: list[str]


class StoredProbeFacts(TypedDict, total=False):
    """What a probe of Pressero read: the order, and the keys of each kind of answer."""

    order: int | None
    keys: dict[str, StoredKeys]


class StoredProbeReport(TypedDict, total=False):
    """The outcome of a probe; empty while it runs, and when it could not be finished."""

    system: str
    at: str
    version: str
    product_version: str
    held: bool
    summary: str
    assumptions: list[StoredAssumption]
    suggestions: list[StoredSuggestion]
    fields: StoredFieldCheck
    remarks: list[str]
    ending: str
    facts: StoredProbeFacts


class StoredCall(TypedDict, total=False):
    """What an audit entry about a call to another system holds."""

    system: str
    what: str
    method: str
    url: str
    request: str
    status: int | None
    answer: str
    milliseconds: int
    error: str
