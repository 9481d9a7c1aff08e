"""What a delivery to Pressero receives: the claim, the order, the client, the pen for the timeline."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.clients.pressero import PresseroClient
from integrations.pipeline.job_facts import OrderFacts
from integrations.services.deliveries import Claim
from integrations.services.recorder import TryRecorder


@dataclass(frozen=True)
class Delivery:
    """One try to deliver one row."""

    held: Claim
    facts: OrderFacts
    pressero: PresseroClient
    recorder: TryRecorder
