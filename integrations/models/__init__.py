"""The tables of the hub."""

from integrations.models.access import ApiToken, TokenScope
from integrations.models.alerts import Alert, AlertKind
from integrations.models.audit import AppendOnly, AuditEntry
from integrations.models.calls import OutgoingCall
from integrations.models.circuits import Circuit
from integrations.models.connections import PaceServer, PresseroAccount
from integrations.models.desk import BulkRetry, CauseCase, CauseComment, OrderOverride, PaceLook
from integrations.models.events import WebhookEvent
from integrations.models.exports import Export, ExportPiece
from integrations.models.heartbeat import Heartbeat
from integrations.models.orders import (
    ContactCreation,
    Order,
    OrderChange,
    OrderItem,
    PaceJob,
    StepAttempt,
)
from integrations.models.periodic import PeriodicRun
from integrations.models.reference import ReferenceEntry, ReferenceKind, ReferenceReading
from integrations.models.search import SearchWord
from integrations.models.statistics import HourlyOrders
from integrations.models.storefronts import Storefront
from integrations.models.write_backs import (
    DeliveryRow,
    ItemStage,
    PaceShipment,
    UnmappedStatus,
    WorkLease,
)

__all__ = [
    "Alert",
    "AlertKind",
    "ApiToken",
    "AppendOnly",
    "AuditEntry",
    "BulkRetry",
    "CauseCase",
    "CauseComment",
    "Circuit",
    "ContactCreation",
    "DeliveryRow",
    "Export",
    "ExportPiece",
    "Heartbeat",
    "HourlyOrders",
    "ItemStage",
    "Order",
    "OrderChange",
    "OrderItem",
    "OrderOverride",
    "OutgoingCall",
    "PaceJob",
    "PaceLook",
    "PaceServer",
    "PaceShipment",
    "PeriodicRun",
    "PresseroAccount",
    "ReferenceEntry",
    "ReferenceKind",
    "ReferenceReading",
    "SearchWord",
    "StepAttempt",
    "Storefront",
    "TokenScope",
    "UnmappedStatus",
    "WebhookEvent",
    "WorkLease",
]
