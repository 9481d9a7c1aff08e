"""All pages of the portal with a row behind each, for the tests that open every one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Task

from integrations.core.audit import log as audit
from integrations.models import (
    Alert,
    AlertChannel,
    AlertRule,
    ApiToken,
    AuditEntry,
    ConfigurationVersion,
    EventDelivery,
    Order,
    OutgoingCall,
    OutgoingEvent,
    PaceServer,
    PortalSession,
    PresseroAccount,
    Storefront,
    Subscription,
    WebhookEvent,
)
from integrations.operations.setup import versions
from mappings.models import (
    FieldRule,
    Holiday,
    ProductMapping,
    ShipmentAddressMapping,
    ShipmentMethodMapping,
    StatusMapping,
    TableValue,
)
from tests.factories import make_call, make_event, make_order, make_user

REGISTERED: tuple[type[Model], ...] = (
    Order, WebhookEvent, OutgoingCall, AuditEntry, Storefront, PresseroAccount, PaceServer, ApiToken, ProductMapping,
    ShipmentMethodMapping, ShipmentAddressMapping, StatusMapping, Holiday, FieldRule, TableValue, User, Group, Schedule, Failure, OrmQ,
    PortalSession, AlertRule, Subscription, EventDelivery, ConfigurationVersion, AlertChannel, Alert,
)  # fmt: skip
# Pages on which rows are added by hand.
ADDABLE = (
    Storefront, PresseroAccount, PaceServer, ApiToken, ProductMapping, ShipmentMethodMapping,
    ShipmentAddressMapping, StatusMapping, Holiday, FieldRule, TableValue, User, Group,
    Subscription,
    AlertChannel,
)  # fmt: skip
ORDER_TABS = ("timeline", "items", "plan", "pace", "changes", "files", "shipments", "raw")


@dataclass(frozen=True)
class World:
    """One row of everything."""

    order: Order
    event: WebhookEvent
    rows: dict[type[Model], Model]

    def page(self, model: type[Model], kind: str = "change") -> str:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{kind}"
        return reverse(name, args=[self.rows[model].pk] if kind not in ("changelist", "add") else [])

    def action(self, model: type[Model], name: str) -> str:
        return self.page(model, name)

    def all_pages(self) -> list[str]:
        lists = [self.page(model, "changelist") for model in REGISTERED]
        rows = [self.page(model) for model in REGISTERED if model is not OrmQ]
        tabs = [f"{self.page(Order)}?tab={tab}" for tab in ORDER_TABS]
        return [reverse("admin:index"), *lists, *rows, *tabs]


def make_world(*, text: str = "Business Card", email: str = "avery@example.com") -> World:
    """One row of each kind; `text` stands wherever other systems or people put texts."""
    order = make_order(
        items=1, jobs=("10001",), customer_name=text, buyer_email=email, message=text, status="needs_attention",
        failure_mode="config", cause="item_template:X", fetched={"Name": text}, plan=plan_with(text),
    )  # fmt: skip
    order.items.update(product_name=text, item_name=text, stage_name=text)
    order.jobs.update(description=text, refusal=text)
    order.changes.create(item=1, field="quantity", before=text, after=text, found_at=order.received_at)
    order.step_attempts.create(
        step="plan", attempt=1, started_at=order.received_at, message=text, worker=text
    )
    audit.record("order.claimed", {"attempt": 1}, order=order, actor=text, correlation="c1")
    entry = audit.record("order.stopped", {"message": text}, order=order, correlation="c1")
    call = make_call(order, what=text, request=text, answer=text)
    event = make_event(
        account=order.account, order=order, storefront=order.storefront, body=f'{{"a": "{text}"}}', type_name=text[:80],
        detail=text,
    )  # fmt: skip
    user = make_user("somebody")
    ApiToken.issue(user)
    task = Task.objects.create(
        id="t1", name=text[:100], func="integrations.tasks.process_order", started=order.received_at,
        stopped=order.received_at, success=False, result=text,
    )  # fmt: skip
    subscription = Subscription.objects.create(
        name=text[:100], url="https://erp.example.com/hook", problem=text
    )
    sent = OutgoingEvent.objects.create(
        type="order.received", order=order, at=order.received_at, data={"message": text}
    )
    delivery = EventDelivery.objects.create(
        subscription=subscription, event=sent, order=order, state="failed", problem=text, answer=text
    )
    rows: dict[type[Model], Model] = {
        Subscription: subscription,
        AlertChannel: AlertChannel.objects.create(
            name=text[:100], url="json://example.com/secret-path", problem=text
        ),
        Alert: Alert.objects.create(order=order, kind="needs_attention", cause="x", text=text),
        EventDelivery: delivery,
        Order: order,
        WebhookEvent: event,
        AuditEntry: entry,
        OutgoingCall: call,
        Storefront: order.storefront,
        PresseroAccount: order.account,
        PaceServer: order.storefront.pace_server,
        ApiToken: ApiToken.objects.get(user=user),
        ProductMapping: ProductMapping.objects.create(product=text, match="name", item_template="BC"),
        ShipmentMethodMapping: ShipmentMethodMapping.objects.create(pressero_method=text, ship_via=1),
        ShipmentAddressMapping: ShipmentAddressMapping.objects.create(business=text, ship_via=1),
        StatusMapping: StatusMapping.objects.create(
            level="job", pace_status="O", pressero_stage="1", note=text
        ),
        Holiday: Holiday.objects.create(date="2026-12-24", name=text),
        FieldRule: FieldRule.objects.create(
            object="job", pace_field="u_text", when=f'order.notes == "{text}"', value=text
        ),
        TableValue: TableValue.objects.create(table=text[:60], original=text, replacement=text),
        User: user,
        Group: Group.objects.create(name="Coordinators"),
        AlertRule: AlertRule.objects.get(key="order_overdue"),
        Schedule: Schedule.objects.order_by("id").first()
        or Schedule.objects.create(
            name="Resume orders", func="integrations.tasks.resume_orders", schedule_type="H"
        ),
        Failure: Failure.objects.get(pk=task.pk),
        PortalSession: PortalSession.objects.create(
            session_key="0" * 64,
            user=user,
            address="192.0.2.7",
            browser="Firefox on Windows",
            started_at=timezone.now(),
            seen_at=timezone.now(),
            expire_date=timezone.now() + timedelta(hours=1),
        ),
        OrmQ: OrmQ.objects.create(key="hub", payload="unreadable", lock=order.received_at),
    }
    # The last one: the configuration that it holds has the text in it, too.
    rows[ConfigurationVersion] = versions.note("jo", text) or ConfigurationVersion.objects.get()
    return World(order, event, rows)


def plan_with(text: str) -> dict[str, object]:
    """A stored plan, as `Plan.as_data()` gives it."""
    source = {"kind": "mapping", "detail": text, "mapping": "products", "row_id": 1}
    fields = {
        "customer": {"value": text, "source": source},
        "job": {
            "value": None,
            "source": {"kind": "pace", "detail": "the job's number", "mapping": "", "row_id": None},
        },
        "scheduledShipDateTime": {"value": "2026-12-07T17:00:00", "source": {**source, "kind": "computed"}},
        "billTo": {"value": True, "source": {**source, "kind": "constant", "mapping": "", "row_id": None}},
    }
    part = {
        "number": "01",
        "item": 1,
        "fields": fields,
        "files": [{"fields": fields, "item": 1, "number": 1}],
    }
    content = {"part": "01", "fields": fields}
    shipment = {"parts": ["01"], "fields": fields, "carton": fields, "contents": [content]}
    job = {
        "unit": "order", "description": text, "items": [1], "fields": fields, "contact": fields, "parts": [part],
        "shipments": [shipment], "name": "",
    }  # fmt: skip
    party = {
        "customer_id": "EXCU", "contact_id": 7, "create_customer": {}, "create_contact": fields, "lock": "",
        "source": source,
    }  # fmt: skip
    return {"order_number": 1, "storefront": "", "party": party, "jobs": [job], "notes": [], "problems": []}
