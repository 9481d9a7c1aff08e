"""The shapes of a plan: everything that will be written to Pace for one order, each value with its lineage.

Pure data. `Plan.as_json()` is deterministic: the same inputs give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast

from integrations.causes import Cause
from integrations.clients.schemas import PaceContact, PaceReference, PresseroOrder
from integrations.stored import StoredPlan
from mappings.types import MappingTable

if TYPE_CHECKING:
    pass

# What Pace fields can hold. Date-times are naive and local to the Pace server; the client sends them as it takes them.
Value = str | int | bool | Decimal | datetime | None


class SourceKind(StrEnum):
    """Where a value comes from (docs/mapping.md §16)."""

    PRESSERO = "pressero"
    MAPPING = "mapping"
    PARAMETER = "parameter"
    DEFAULT = "default"
    COMPUTED = "computed"
    PACE = "pace"
    CONSTANT = "constant"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class FieldSource:
    """The lineage of one value. `detail` is a readable half-sentence: "item 2: Price 96.50 + freight share 12.40".

    `mapping` and `row_id` name the mapping row (kind as in the configuration file) when there is one.
    """

    kind: SourceKind
    detail: str
    mapping: str = ""
    row_id: int | None = None


@dataclass(frozen=True, slots=True)
class PlannedValue:
    """A value and its lineage."""

    value: Value
    source: FieldSource


# A value None is one that only Pace can give (a job's number, a new customer's id): its lineage is shown in the preview,
# the value is put in when it is written. `sendable` leaves those out.
Fields = dict[str, PlannedValue]


def sendable(fields: Fields) -> dict[str, Value]:
    """The values that are known before the first write, in the order they were planned."""
    return {name: planned.value for name, planned in fields.items() if planned.value is not None}


@dataclass(frozen=True)
class PlanProblem:
    """Something that stops the order. `message` names order, field and cure; `mode` is a FailureMode value
    ("config": a mapping or setting, "order": this order); `cause` groups equal problems of many orders."""

    message: str
    field: str
    mode: str
    cause: Cause
    item: int | None = None


@dataclass(frozen=True)
class Note:
    """Something worth telling that stops nothing: a cut text, a skipped holiday, a chosen contact."""

    message: str
    field: str = ""
    item: int | None = None


@dataclass(frozen=True)
class PlannedFile:
    """One ContentFile, to be linked to its part. `item`/`number`: which file of which item it is."""

    fields: Fields
    item: int
    number: int


@dataclass(frozen=True)
class PlannedPart:
    """One JobPart for one item (a kit child: its own). `number` is "01", "02", …: the plan's own, which names the part
    until Pace has numbered it."""

    number: str
    item: int
    fields: Fields
    files: tuple[PlannedFile, ...] = ()


@dataclass(frozen=True)
class PlannedContent:
    """One CartonContent: a part and its quantity."""

    part: str
    fields: Fields


@dataclass(frozen=True)
class PlannedShipment:
    """One JobShipment with its one carton. `parts` are the part numbers it carries.

    Keys that only Pace can give (job, shipment id, carton id, jobPartKey) are put in when it is written. `contact` is
    what the contact that Pace makes of the address must hold: the company, and what field rules decide.
    """

    parts: tuple[str, ...]
    fields: Fields
    carton: Fields
    contents: tuple[PlannedContent, ...]
    contact: Fields = field(default_factory=dict)


@dataclass(frozen=True)
class PlannedJob:
    """One Pace job. `unit` identifies it within the order for ever: "order", or "{item seq}-{file num}".

    `items` are the Pressero items the job stands for. The one job of an order also stands for the parents of its kits;
    a job of split mode stands for its one item. `name` is the job name (docs/mapping.md §13), "" for the one job of an
    order, where every item has its own. `pace_makes_files`: Pace may make content files of the parts' own files.
    """

    unit: str
    description: str
    items: tuple[int, ...]
    fields: Fields
    contact: Fields
    parts: tuple[PlannedPart, ...]
    shipments: tuple[PlannedShipment, ...]
    name: str = ""
    pace_makes_files: bool = False


@dataclass(frozen=True)
class PlannedCustomer:
    """The customer and the contact of the order: found in Pace, or to be created.

    `customer_id`/`contact_id` are set when they exist in Pace. `create_customer`/`create_contact` hold the fields
    to create (empty when nothing is to be created). `lock` names what several orders of one new buyer share, so
    that they make it once.
    """

    customer_id: str
    contact_id: int | None
    create_customer: Fields
    create_contact: Fields
    lock: str
    source: FieldSource


@dataclass(frozen=True)
class Plan:
    """Everything that will be written for one order. With `problems` it is not written at all.

    `decision` is "send" when there is something to write; "wait", "denied" or "nothing" (docs/mapping.md §1) come with no
    jobs and with the `reason` in one sentence.
    """

    order_number: int
    storefront: str
    party: PlannedCustomer | None
    jobs: tuple[PlannedJob, ...]
    left_out: tuple[Note, ...] = ()
    notes: tuple[Note, ...] = ()
    problems: tuple[PlanProblem, ...] = ()
    decision: str = "send"
    reason: str = ""

    def as_data(self) -> StoredPlan:
        """Plain JSON data; Decimals as their text, date-times as ISO text without offset."""
        return cast(StoredPlan, _plain(self))

    def as_json(self) -> str:
        """Deterministic text: equal plans give equal bytes."""
        return json.dumps(self.as_data(), sort_keys=True, ensure_ascii=False, indent=1)


def _plain(thing: object) -> object:
    if is_dataclass(thing) and not isinstance(thing, type):
        return {one.name: _plain(getattr(thing, one.name)) for one in fields(thing)}
    if isinstance(thing, dict):
        return {key: _plain(value) for key, value in thing.items()}
    if isinstance(thing, (list, tuple)):
        return [_plain(value) for value in thing]
    if isinstance(thing, Decimal):
        return str(thing)
    if isinstance(thing, datetime):
        return thing.isoformat(timespec="seconds")
    if isinstance(thing, date):
        return thing.isoformat()
    if isinstance(thing, StrEnum):
        return thing.value
    return thing


@dataclass(frozen=True)
class StorefrontParameters:
    """The parameters of a storefront and its Pace server that a plan depends on (docs/parameters.md)."""

    id: int
    name: str
    integration_id: str = ""
    # Pace knows this customer, or staff confirmed that it is to be created.
    integration_id_confirmed: bool = False
    site_integration_id: str = ""  # Pressero's own Integration ID of the site
    wait_for_approval: bool = False
    one_job_per_item: bool = False
    override_file_name: bool = False
    override_job_name: bool = False
    skip_holidays: bool = False
    holiday_rule: str = "roll_forward"
    holiday_country: str = "US"
    holiday_subdivision: str = ""
    default_ship_days: int = 0
    default_po_number: str = "9999"
    job_type: int | None = None
    admin_status: str = ""
    default_ship_via: int | None = None
    default_account_number: str = ""
    create_missing_customers: bool = True
    fallback_contact: int | None = None
    server_time_zone: str = "America/New_York"
    server_default_ship_via: int | None = None
    server_job_type: int | None = None
    server_admin_status: str = ""
    server_job_order_type: str = ""
    server_shipment_type: int | None = None
    server_home_country: str = ""  # of ship-to addresses that name none
    server_web_order_ids: bool = True
    customer_defaults: dict[str, Any] = field(default_factory=dict)
    contact_defaults: dict[str, Any] = field(default_factory=dict)
    internal_file_hosts: tuple[str, ...] = ()  # of the plant, that links of files may lead to


@dataclass(frozen=True)
class CustomerCandidates:
    """What Pace knows of the buyer, read before planning.

    `contacts`: all contacts whose email is the buyer's (any customer). `customer_exists`: whether the customer named by
    the Integration ID is in Pace (None: there is no Integration ID). `fallback`: the storefront's fallback contact
    as Pace has it, None when not set or not found.
    `alike`: customers like the missing one, as "EXCU (Example CU)", for an Integration ID that is not confirmed.
    """

    contacts: tuple[PaceContact, ...] = ()
    customer_exists: bool | None = None
    fallback: PaceContact | None = None
    alike: tuple[str, ...] = ()


@dataclass(frozen=True)
class Override:
    """A value that staff chose. `item` None: for the whole order. `detail` is the lineage, a half-sentence."""

    key: str
    item: int | None
    value: Value
    detail: str

    @property
    def planned(self) -> PlannedValue:
        return PlannedValue(self.value, FieldSource(SourceKind.STAFF, self.detail))


@dataclass(frozen=True)
class PlanInputs:
    """All that a plan is a function of. `now` is aware.

    `begun` names the job units of an order of which a job is in Pace: they are fixed, whatever settings and files say by
    now. `overrides` is what staff changed for this order only. `items` are the seqs to send; None leaves that to the decision (docs/mapping.md §1). `preview` plans an order that
    still waits as if every undecided item were approved. `user_fields`: the types of the plant's own fields, by object
    and name, as far as they are known.
    """

    order: PresseroOrder
    storefront: StorefrontParameters
    mappings: MappingTable
    reference: PaceReference
    candidates: CustomerCandidates
    now: datetime
    items: tuple[int, ...] | None = None
    preview: bool = False
    overrides: tuple[Override, ...] = ()
    begun: tuple[str, ...] = ()
    user_fields: Mapping[tuple[str, str], str] = field(default_factory=dict)
