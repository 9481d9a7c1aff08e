"""Signs of life: asking the queue for one, noting one, judging them."""

from __future__ import annotations

import logging
import os
import shutil
import socket
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import Error, close_old_connections
from django.utils import timezone

from automationhub.lib.database_clock import database_now
from integrations.core.workqueue import worker_clock
from integrations.models import Heartbeat

logger = logging.getLogger(__name__)

# The supervisor gives its cluster a name of its own, which all processes of the cluster inherit.
CLUSTER_VARIABLE = "HUB_CLUSTER"
RETENTION = timedelta(days=2)


def cluster_name() -> str:
    return os.environ.get(CLUSTER_VARIABLE) or f"{socket.gethostname()}:qcluster"


def note_work() -> None:
    """A worker of this cluster is at work that takes long: its watchdog need not see a task end meanwhile."""
    Heartbeat.objects.update_or_create(cluster=cluster_name(), defaults={"at": timezone.now()})


def note_task_done(sender: Any = None, task: Any = None, **kwargs: Any) -> None:
    """django-q calls this in its monitor process, after a result was stored and acknowledged."""
    try:
        found = {"at": database_now(), "clock_problem": worker_clock.problem(), "disk_free": disk_free()}
        Heartbeat.objects.update_or_create(cluster=cluster_name(), defaults=found)
    except Error as error:
        # An exception would end the monitor, and with it the results that it has not stored yet.
        logger.warning("A worker's report could not be stored: %s", error)
        close_old_connections()


def disk_free() -> int | None:
    """Percent of the disk that the hub writes to; None when it cannot be said."""
    try:
        usage = shutil.disk_usage(settings.BASE_DIR)
    except OSError:
        return None
    return round(100 * usage.free / usage.total) if usage.total else None


def last_beat(cluster: str) -> datetime | None:
    return Heartbeat.objects.filter(cluster=cluster).values_list("at", flat=True).first()


def forget_old() -> None:
    """Clusters that are long gone (every restart of a supervisor makes a new name)."""
    Heartbeat.objects.filter(at__lt=timezone.now() - RETENTION).delete()
