"""What a delivery to Pressero receives: the lease, the order, the client, the recorder of the timeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from integrations.clients.pressero.client import PresseroClient
from integrations.core.audit.recorder import TryRecorder
from integrations.core.workqueue.leases import Lease
from integrations.orders.write_back.job_facts import OrderFacts


@dataclass(frozen=True)
class WriteBackDelivery:
    """One try to deliver one row."""

    lease: Lease[Any]
    facts: OrderFacts
    pressero: PresseroClient
    recorder: TryRecorder
