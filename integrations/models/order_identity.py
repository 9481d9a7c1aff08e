"""Which Pressero order a row is, whichever accounts and storefronts of the hub lead to it.

An order's identity is Pressero's host, the subscriber, and the order number. Two account rows of one subscription, or two
storefront rows of one site, therefore lead to one order, which is made once.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import models
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat

from automationhub.lib.network import origin_of


def source_key(base_url: str, subscriber_id: str, account_id: int | None) -> str:
    """A short name of the subscription. Without a subscriber ID each account stands for itself."""
    subscriber = subscriber_id.strip().strip("{}").lower() or f"account {account_id}"
    text = f"{host_key(base_url)} {subscriber}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def host_key(base_url: str) -> str:
    """Which Pressero an address leads to: http and https lead to the same one."""
    origin = origin_of(base_url)
    port = "" if origin.port in (80, 443, None) else f":{origin.port}"
    return f"{origin.host}{port}".lower()


def identity_of(source: str, number: int) -> str:
    """The identity of one order of the subscription."""
    return f"{source}-{number}"


def rename_source(orders: models.QuerySet[Any], before: str, after: str) -> None:
    """The account's address or subscriber was corrected: its orders are those of the subscription it names now.

    An order that another account has there already keeps its identity: it is that one's.
    """
    there = orders.model._default_manager.filter(identity__startswith=f"{after}-").values("number")
    mine = orders.filter(identity__startswith=f"{before}-").exclude(number__in=there)
    mine.update(identity=Concat(Value(f"{after}-"), Cast(F("number"), CharField())))
