"""The one user of django-q: it carries "look at order 42", nothing else.

A message may be lost, doubled, late or re-ordered without harm: the truth is in the order's row, and the sweep
(`core.workqueue.orders.wake_due_orders`) finds what a lost message left behind.
"""

import logging
from functools import partial

from django.db import transaction
from django_q.brokers import get_broker
from django_q.tasks import async_task

logger = logging.getLogger(__name__)

PROCESS_ORDER = "integrations.tasks.process_order"
BEAT = "integrations.tasks.beat"
REFRESH_REFERENCE = "integrations.tasks.refresh_reference_of"
DISCOVER = "integrations.tasks.discover_storefronts"
SEND_ALERTS = "integrations.tasks.send_alerts"
SEND_WRITE_BACKS = "integrations.tasks.tell_pressero"
BULK_RETRY = "integrations.tasks.bulk_retry"
READ_SNAPSHOT = "integrations.tasks.look_at_pace"
CHECK_CUSTOMER = "integrations.tasks.check_customer"
WRITE_EXPORT = "integrations.tasks.write_export"
SYNC_STATUSES = "integrations.tasks.sync_statuses"
RUN_PROBE = "integrations.tasks.run_probe"
COMPARE_SHADOW = "integrations.tasks.compare_shadow_orders"
SEND_EVENTS = "integrations.tasks.send_events"


def wake_worker(order_id: int) -> None:
    """After the present transaction has committed, ask a worker to look at this order."""
    transaction.on_commit(partial(_send, PROCESS_ORDER, order_id))


def ask_for_beat() -> None:
    """Put a task into the queue that does nothing: finishing it is the cluster's sign of life."""
    _send(BEAT)


def ask_for_alerts() -> None:
    """After the present transaction has committed, have the waiting alerts mailed."""
    transaction.on_commit(partial(_send, SEND_ALERTS))


def ask_for_reference(kind: str, pk: int) -> None:
    """After the present transaction has committed, have the lists of a "server" or an "account" read again."""
    transaction.on_commit(partial(_send, REFRESH_REFERENCE, kind, pk))


def ask_for_discovery(account_id: int, server_id: int) -> None:
    """After the present transaction has committed, look for sites of the account that are no storefronts yet."""
    transaction.on_commit(partial(_send, DISCOVER, account_id, server_id))


def ask_for_customer_check(storefront_id: int) -> None:
    """After the present transaction has committed, have a storefront's Integration ID looked up in Pace."""
    transaction.on_commit(partial(_send, CHECK_CUSTOMER, storefront_id))


def ask_for_write_backs() -> None:
    """After the present transaction has committed, have pushed jobs read and Pressero told what is due."""
    transaction.on_commit(partial(_send, SEND_WRITE_BACKS))


def ask_for_bulk_retry(run_id: int) -> None:
    """After the present transaction has committed, have a retry of many orders begun or gone on with."""
    transaction.on_commit(partial(_send, BULK_RETRY, run_id))


def ask_for_snapshot(order_id: int) -> None:
    """After the present transaction has committed, have what Pace holds of an order read."""
    transaction.on_commit(partial(_send, READ_SNAPSHOT, order_id))


def ask_for_export(export_id: str) -> None:
    """After the present transaction has committed, have a list written out as CSV."""
    transaction.on_commit(partial(_send, WRITE_EXPORT, export_id))


def ask_for_probe(run_id: int) -> None:
    """After the present transaction has committed, have a server or an account probed."""
    transaction.on_commit(partial(_send, RUN_PROBE, run_id))


def ask_for_sync() -> None:
    """After the present transaction has committed, have the pass over all open jobs go on."""
    transaction.on_commit(partial(_send, SYNC_STATUSES))


def ask_for_comparison() -> None:
    """After the present transaction has committed, have orders in shadow mode compared with the jobs in Pace."""
    transaction.on_commit(partial(_send, COMPARE_SHADOW))


def ask_for_events() -> None:
    """After the present transaction has committed, have other systems told what happened to orders."""
    transaction.on_commit(partial(_send, SEND_EVENTS))


def length() -> int:
    """The messages that wait in the queue; 0 when the broker does not tell."""
    try:
        return int(get_broker().queue_size())
    except Exception:
        logger.exception("The task queue does not report its length.")
        return 0


def _send(task: str, *arguments: int | str) -> None:
    try:
        async_task(task, *arguments)
    except Exception:
        # A broker that is down must not fail a webhook that is already stored: the sweep sends it again.
        logger.exception("The task queue did not accept %s; the sweep handles it later.", task)
