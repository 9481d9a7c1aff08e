"""The tables of the hub."""

from integrations.models.access import ApiToken, Invitation, SecondFactorGroup, TokenScope
from integrations.models.alert_channels import AlertChannel, ChannelMessage
from integrations.models.alert_rules import AlertRule
from integrations.models.alerts import Alert, AlertKind
from integrations.models.audit import AppendOnly, AuditEntry
from integrations.models.calls import OutgoingCall
from integrations.models.circuits import Circuit
from integrations.models.connections import PaceServer, PresseroAccount
from integrations.models.events import WebhookEvent
from integrations.models.exports import Export, ExportPiece
from integrations.models.heartbeat import Heartbeat
from integrations.models.leases import Leased, WorkLease
from integrations.models.lists import ListColumns, SavedView
from integrations.models.orders import (
    ContactCreation,
    Order,
    OrderChange,
    OrderItem,
    PaceJob,
    StepAttempt,
)
from integrations.models.probes import ProbeRun
from integrations.models.reference import ReferenceEntry, ReferenceKind, ReferenceReading
from integrations.models.search import SearchWord
from integrations.models.sessions import PortalSession
from integrations.models.shadow import ShadowComparison, ShadowDifference
from integrations.models.statistics import HourlyOrders, MetricTotal
from integrations.models.storefronts import Storefront
from integrations.models.subscriptions import EventDelivery, OutgoingEvent, Subscription
from integrations.models.triage import (
    BulkAction,
    BulkRetry,
    CauseCase,
    CauseComment,
    OrderCase,
    OrderNote,
    OrderOverride,
    PaceSnapshot,
)
from integrations.models.versions import ConfigurationVersion
from integrations.models.write_backs import (
    DeliveryRow,
    ItemStage,
    PaceShipment,
    UnmappedStatus,
)

__all__ = [
    "Alert",
    "AlertChannel",
    "AlertKind",
    "AlertRule",
    "ApiToken",
    "AppendOnly",
    "AuditEntry",
    "BulkAction",
    "BulkRetry",
    "CauseCase",
    "CauseComment",
    "ChannelMessage",
    "Circuit",
    "ConfigurationVersion",
    "ContactCreation",
    "DeliveryRow",
    "EventDelivery",
    "Export",
    "ExportPiece",
    "Heartbeat",
    "HourlyOrders",
    "Invitation",
    "ItemStage",
    "Leased",
    "ListColumns",
    "MetricTotal",
    "Order",
    "OrderCase",
    "OrderChange",
    "OrderItem",
    "OrderNote",
    "OrderOverride",
    "OutgoingCall",
    "OutgoingEvent",
    "PaceJob",
    "PaceServer",
    "PaceShipment",
    "PaceSnapshot",
    "PortalSession",
    "PresseroAccount",
    "ProbeRun",
    "ReferenceEntry",
    "ReferenceKind",
    "ReferenceReading",
    "SavedView",
    "SearchWord",
    "SecondFactorGroup",
    "ShadowComparison",
    "ShadowDifference",
    "StepAttempt",
    "Storefront",
    "Subscription",
    "TokenScope",
    "UnmappedStatus",
    "WebhookEvent",
    "WorkLease",
]
