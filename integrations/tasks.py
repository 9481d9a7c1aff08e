"""What the queue calls: entry points, without rules of their own. Not imported, named by string in `queue.py` and the schedules."""

import logging

from django.conf import settings
from django.utils import timezone

from integrations.core import alerts
from integrations.core.connections import certificates
from integrations.core.events import send as event_sending
from integrations.core.workqueue import (
    orders,
    outbox,
    work_leases,
    worker_clock,
    write_backs,
)
from integrations.models import PaceServer, PresseroAccount
from integrations.operations import (
    bulk_retry as bulk,
)
from integrations.operations import (
    expiries,
    exports,
    inbox,
    pace_snapshot,
    privacy,
    statistics,
    subscriptions,
)
from integrations.operations.access import invitations, second_factor, sessions
from integrations.operations.metrics import totals
from integrations.operations.probes import runs as probes
from integrations.operations.setup import discovery, reference, versions
from integrations.operations.watch import check as watch
from integrations.orders.submission import customer_check, runner, shadow
from integrations.orders.submission import reconcile as pipeline_reconcile
from integrations.orders.write_back import deliver, poll

logger = logging.getLogger(__name__)

# Well below the queue's own time limit; what is left goes on in a task of its own, behind the orders that wait.
SYNC_SECONDS = 120.0
WRITE_BACK_SECONDS = 20.0
EXPORT_SECONDS = 60.0
EVENT_SECONDS = 20.0


def process_order(order_id: int) -> None:
    """Look at an order; does nothing when it is not due or another worker has it."""
    try:
        runner.process(order_id)
    except worker_clock.WrongClock as error:
        # Its wake-up is sent again within a minute, perhaps to a worker of another machine.
        logger.error("Order with id %s is not taken. %s", order_id, error.message)


def bulk_retry(run_id: int) -> bool:
    """Go on with sending many orders back to work."""
    return bulk.work(run_id)


def look_at_pace(order_id: int) -> None:
    """Read what Pace holds of an order, for its page."""
    pace_snapshot.read(order_id)


def sync_statuses() -> int:
    """A pass over the open jobs in Pace; does nothing while another one is under way."""
    return poll.sync_all(budget=SYNC_SECONDS).jobs


def tell_pressero() -> int:
    """Look at the jobs that Pace pushed, and deliver what is due to Pressero."""
    work_leases.note_arrival(write_backs.WAKE_UP)
    poll.sync_pushed()
    run = deliver.deliver_due(budget=WRITE_BACK_SECONDS)
    write_backs.wake_if_due()
    return run.delivered


def send_events() -> int:
    """Tell other systems what happened to orders; does nothing while another worker is at it."""
    work_leases.note_arrival(outbox.WAKE_UP)
    sent = event_sending.send_due(budget=EVENT_SECONDS)
    outbox.wake_if_due()
    return sent


def resume_orders() -> int:
    """The sweep: wake workers for due orders, free the claims of dead ones, mail what waits."""
    alerts.send_waiting()
    alerts.wake_for_channels()
    invitations.wake_if_due()
    write_backs.wake_if_due()
    outbox.wake_if_due()
    bulk.wake_unfinished()
    exports.wake_waiting()
    probes.wake_waiting()
    statistics.refresh_if_due()
    totals.roll_up_if_due()
    watch.check_if_due()
    return orders.wake_due_orders()


def send_alerts() -> int:
    """Mail the invitations and alerts that wait, and send alerts to the channels."""
    mails = invitations.send_waiting() + alerts.send_waiting()
    alerts.send_to_channels()
    return mails


def beat() -> None:
    """Nothing to do: that it was done is the message (services.heartbeats)."""


def reconcile() -> str:
    """Compare with Pressero and Pace."""
    findings = pipeline_reconcile.reconcile()
    return findings.sentence if findings else "Another worker is at it."


def compare_shadow_orders() -> str:
    """Look for the jobs of orders in shadow mode and compare them; what is left over time goes on in a task of its own."""
    shadow.wake_unjudged()
    done = shadow.compare_due(budget=SYNC_SECONDS)
    return f"{done.compared} orders compared."


def write_export(export_id: str) -> None:
    """Write a list out as CSV, or go on with it."""
    exports.write(export_id, budget=EXPORT_SECONDS)


def run_probe(run_id: int) -> None:
    """Probe the server or account of a run; does nothing when it is finished or another worker has it."""
    probes.work(run_id)


def daily_digest() -> None:
    """One summary mail per address and day, and what ends soon."""
    expiries.announce()
    alerts.raise_digest(timezone.localdate())
    inbox.forget_settled()


def purge() -> str:
    """Remove what is kept for a time only (KEEP_…_DAYS). Whoever has switched the daily mail off learns here what ends soon."""
    expiries.announce()
    entries = privacy.purge_audit(settings.KEEP_AUDIT_DAYS) if settings.KEEP_AUDIT_DAYS else 0
    events = privacy.empty_old_events(settings.KEEP_WEBHOOK_DAYS)
    cleared = privacy.clear_old_orders(settings.KEEP_PERSONAL_DAYS)
    sessions.remove_old()
    second_factor.forget_old_failures()
    subscriptions.forget_old()
    return f"{entries} audit entries removed, {events} events emptied, {cleared} orders cleared."


def refresh_reference_data() -> str:
    """Read the lists of all servers and accounts again, and until when their certificates are valid."""
    certificates.read_all()
    return reference.refresh_all().sentence


def refresh_reference_of(kind: str, pk: int) -> str:
    """Read the lists of one server or account again."""
    model = PaceServer if kind == "server" else PresseroAccount
    system = model.objects.filter(pk=pk).first()
    return reference.refresh(system).sentence if system else "It was deleted in the meantime."


def note_configuration() -> str:
    """Store a version of the configuration when it was changed without the portal and the commands."""
    version = versions.note_outside()
    return f"{version}: {version.summary}" if version else "Nothing changed."


def check_customer(storefront_id: int) -> str:
    """Look a storefront's Integration ID up in Pace."""
    return customer_check.check_after_save(storefront_id)


def discover_storefronts(account_id: int, server_id: int) -> str:
    """Create inactive storefronts for the sites of an account."""
    return discovery.discover(account_id, server_id).sentence
