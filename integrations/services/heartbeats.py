"""Signs of life: asking the queue for one, noting one, judging them."""

from __future__ import annotations

import logging
import os
import socket
from datetime import datetime, timedelta
from typing import Any

from django.db import Error, close_old_connections
from django.utils import timezone

from integrations.models import Heartbeat

logger = logging.getLogger(__name__)

# The supervisor gives its cluster a name of its own, which all processes of the cluster inherit.
CLUSTER_VARIABLE = "HUB_CLUSTER"
KEEP = timedelta(days=2)


def cluster_name() -> str:
    return os.environ.get(CLUSTER_VARIABLE) or f"{socket.gethostname()}:qcluster"


def note_task_done(sender: Any = None, task: Any = None, **kwargs: Any) -> None:
    """django-q calls this in its monitor process, after a result was stored and acknowledged."""
    try:
        Heartbeat.objects.update_or_create(cluster=cluster_name(), defaults={"at": timezone.now()})
    except Error as error:
        # An exception would end the monitor, and with it the results that it has not stored yet.
        logger.warning("A sign of life could not be stored: %s", error)
        close_old_connections()


def last_beat(cluster: str) -> datetime | None:
    return Heartbeat.objects.filter(cluster=cluster).values_list("at", flat=True).first()


def forget_old() -> None:
    """Clusters that are long gone (every restart of a supervisor makes a new name)."""
    Heartbeat.objects.filter(at__lt=timezone.now() - KEEP).delete()
