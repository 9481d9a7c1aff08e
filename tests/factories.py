"""Small builders of rows for tests that need no other system: each gives a saved, plausible row."""

from __future__ import annotations

import itertools
from typing import Any

from django.contrib.auth.models import Permission, User
from django.utils import timezone

from integrations.causes import Cause
from integrations.core.audit import calls
from integrations.core.audit import log as audit
from integrations.enums import EventVerdict
from integrations.models import (
    Order,
    OrderItem,
    OutgoingCall,
    PaceJob,
    PaceServer,
    PresseroAccount,
    Storefront,
    WebhookEvent,
)

_numbers = itertools.count(50_000)

# What the roles of the tests may do, as permission code names.
VIEWER = (
    "view_order", "view_webhookevent", "view_auditentry", "view_outgoingcall", "view_storefront", "view_presseroaccount",
    "view_paceserver", "view_apitoken", "view_productmapping", "view_shipmentmethodmapping",
    "view_shipmentaddressmapping", "view_statusmapping", "view_holiday", "view_fieldrule", "view_tablevalue", "view_schedule",
    "view_failure",
    "view_ormq", "view_user", "view_group", "view_portalsession", "view_alertrule", "view_subscription", "view_alertchannel", "view_alert", "view_eventdelivery",
    "view_configurationversion",
)  # fmt: skip
OPERATOR = (
    *VIEWER, "support_order", "retry_order", "reprocess_order", "hold_order", "preview_order", "replay_webhookevent",
    "override_order", "resend_order", "triage_order", "change_orderchange", "test_presseroaccount", "test_paceserver",
    "replay_eventdelivery", "test_subscription", "test_alertchannel", "acknowledge_alert",
)  # fmt: skip


def make_account(**values: Any) -> PresseroAccount:
    number = next(_numbers)
    defaults = {
        "name": f"Account {number}",
        "slug": f"account-{number}",
        "base_url": "http://127.0.0.1:9/api/",
        "username": "hub",
        "password": "pressero-password",
    }
    return PresseroAccount.objects.create(**{**defaults, **values})


def make_server(**values: Any) -> PaceServer:
    number = next(_numbers)
    defaults = {
        "name": f"Server {number}",
        "slug": f"server-{number}",
        "url": "http://127.0.0.1:9",
        "username": "hub",
        "password": "pace-password",
    }
    return PaceServer.objects.create(**{**defaults, **values})


def make_storefront(**values: Any) -> Storefront:
    number = next(_numbers)
    defaults: dict[str, Any] = {"name": f"Storefront {number}", "site_id": f"site-{number}"}
    defaults |= {} if "pressero_account" in values else {"pressero_account": make_account()}
    defaults |= {} if "pace_server" in values else {"pace_server": make_server()}
    return Storefront.objects.create(**{**defaults, **values})


def make_order(*, items: int = 0, jobs: tuple[str, ...] = (), **values: Any) -> Order:
    """An order; `items` many items, a Pace job for each number in `jobs`. `cause`: as a key."""
    storefront = values.pop("storefront", None) or make_storefront()
    values |= Cause.from_key(values.pop("cause", "")).columns
    defaults = {
        "account": storefront.pressero_account,
        "storefront": storefront,
        "number": next(_numbers),
        "customer_name": "Example Credit Union",
        "buyer_email": "avery@example.com",
        "placed_at": timezone.now(),
        "total": "96.50",
    }
    order = Order.objects.create(**{**defaults, **values})
    for seq in range(1, items + 1):
        OrderItem.objects.create(
            order=order, seq=seq, product_name=f"Business Card {seq}", quantity=2, price="48.25"
        )
    for position, number in enumerate(jobs, start=1):
        PaceJob.objects.create(
            order=order,
            server=storefront.pace_server,
            unit=f"{position}-1",
            description=f"{order.number} - {storefront.name}",
            customer="EXCU",
            state="done",
            number=number,
        )
    return order


def make_event(**values: Any) -> WebhookEvent:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "message_id": f"message-{number}",
        "body": '{"TypeName": "OrderPlaced", "Data": {"Price": 1.10}}',
        "body_sha256": "0" * 64,
        "type_name": "OrderPlaced",
        "order_number": number,
        "verdict": EventVerdict.ACCEPTED,
    }
    defaults |= {} if "account" in values else {"account": make_account()}
    return WebhookEvent.objects.create(**{**defaults, **values})


def make_call(order: Order, *, failed: bool = False, **data: Any) -> OutgoingCall:
    """A call to Pace that an audit entry tells of."""
    values = {
        "system": "Pace server Test",
        "what": "read a Job",
        "method": "POST",
        "status": 200,
        "milliseconds": 40,
        **data,
    }
    if failed:
        values.setdefault("error", "It did not answer.")
    entry = audit.record("call.failed" if failed else "call.made", values, order=order)
    calls.store([entry])
    return entry.call


def make_user(name: str, *permissions: str, **values: Any) -> User:
    """A staff user with these rights (code names)."""
    user = User.objects.create_user(name, password="password", **{"is_staff": True, **values})
    found = Permission.objects.filter(codename__in=permissions)
    missing = set(permissions) - set(found.values_list("codename", flat=True))
    assert not missing, f"There are no such permissions: {missing}"
    user.user_permissions.set(found)
    return user


def make_superuser(name: str = "boss") -> User:
    return User.objects.create_superuser(name, password="password", first_name="Robin", last_name="Boss")
