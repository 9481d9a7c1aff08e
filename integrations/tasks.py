"""What the queue calls: doors, not rooms. Imported by nobody, named by string in `queue.py` and the schedules."""

from django.conf import settings
from django.utils import timezone

from integrations.models import PaceServer, PresseroAccount
from integrations.pipeline import delivering, pace_look, runner, watching
from integrations.pipeline import reconcile as pipeline_reconcile
from integrations.services import (
    alerts,
    bulk,
    discovery,
    exports,
    inbox,
    orders,
    privacy,
    reference,
    retention,
    statistics,
    work_leases,
    write_backs,
)

# Well below the queue's own time limit; what is left goes on in a task of its own, behind the orders that wait.
SYNC_SECONDS = 120.0
TELL_SECONDS = 20.0
EXPORT_SECONDS = 60.0


def process_order(order_id: int) -> None:
    """Look at an order; does nothing when it is not due or another worker has it."""
    runner.process(order_id)


def bulk_retry(run_id: int) -> bool:
    """Go on with sending many orders back to work."""
    return bulk.work(run_id)


def look_at_pace(order_id: int) -> None:
    """Read what Pace holds of an order, for its page."""
    pace_look.read(order_id)


def sync_statuses() -> int:
    """A pass over the open jobs in Pace; does nothing while another one is under way."""
    return watching.sync_all(budget=SYNC_SECONDS).jobs


def tell_pressero() -> int:
    """Look at the jobs that Pace pushed, and deliver what is due to Pressero."""
    work_leases.note_arrival(write_backs.WAKE_UP)
    watching.sync_pushed()
    run = delivering.deliver_due(budget=TELL_SECONDS)
    write_backs.wake_if_due()
    return run.delivered


def resume_orders() -> int:
    """The sweep: wake workers for due orders, free the claims of dead ones, mail what waits."""
    alerts.send_waiting()
    write_backs.wake_if_due()
    bulk.wake_unfinished()
    exports.wake_waiting()
    statistics.refresh_if_due()
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


def write_export(export_id: str) -> None:
    """Write a list out as CSV, or go on with it."""
    exports.write(export_id, budget=EXPORT_SECONDS)


def daily_digest() -> None:
    """One summary mail per address and day."""
    alerts.raise_digest(timezone.localdate())
    inbox.forget_settled()


def purge() -> str:
    """Remove what is kept for a time only (KEEP_…_DAYS)."""
    entries = retention.purge_audit(settings.KEEP_AUDIT_DAYS) if settings.KEEP_AUDIT_DAYS else 0
    events = privacy.empty_old_events(settings.KEEP_WEBHOOK_DAYS)
    cleared = privacy.clear_old_orders(settings.KEEP_PERSONAL_DAYS)
    return f"{entries} audit entries removed, {events} events emptied, {cleared} orders cleared."


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
