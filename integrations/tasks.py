"""What the queue calls: doors, not rooms. Imported by nobody, named by string in `queue.py` and the schedules."""

from django.utils import timezone

from integrations.models import PaceServer, PresseroAccount
from integrations.pipeline import reconcile as pipeline_reconcile
from integrations.pipeline import runner
from integrations.services import alerts, discovery, orders, reference


def process_order(order_id: int) -> None:
    """Look at an order; does nothing when it is not due or another worker has it."""
    runner.process(order_id)


def resume_orders() -> int:
    """The sweep: wake workers for due orders, free the claims of dead ones, mail what waits."""
    alerts.send_waiting()
    return orders.wake_due_orders()


def send_alerts() -> int:
    """Mail the alerts that wait."""
    return alerts.send_waiting()


def beat() -> None:
    """Nothing to do: that it was done is the message (services.heartbeats)."""


def reconcile() -> str:
    """Compare with Pressero and Pace."""
    findings = pipeline_reconcile.reconcile()
    return findings.sentence if findings else "Another worker is at it."


def daily_digest() -> None:
    """One summary mail per address and day."""
    alerts.raise_digest(timezone.localdate())


def refresh_reference_data() -> str:
    """Read the lists of all servers and accounts again."""
    return reference.refresh_all().sentence


def refresh_reference_of(kind: str, pk: int) -> str:
    """Read the lists of one server or account again."""
    model = PaceServer if kind == "server" else PresseroAccount
    system = model.objects.filter(pk=pk).first()
    return reference.refresh(system).sentence if system else "It was deleted meanwhile."


def discover_storefronts(account_id: int, server_id: int) -> str:
    """Create inactive storefronts for the sites of an account."""
    return discovery.discover(account_id, server_id).sentence
