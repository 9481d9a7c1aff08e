"""What Pace refuses to answer about jobs: kept with the server, shown in the portal, and told to staff once."""

from __future__ import annotations

from django.db import transaction

from automationhub.lib import database_clock
from integrations.clients.pace.partial_reading import ReadingNotes
from integrations.core import alerts
from integrations.models import AlertKind, PaceServer

_WHAT = {
    "statuses": "the statuses of jobs, so Pressero gets no stages",
    "status_names": "the names of statuses, so their codes are shown",
    "jobs": "which jobs it has, so deleted jobs are not noticed",
    "shipments": "the shipments of jobs, so Pressero gets no tracking numbers",
    "ship_dates": "the dates of shipments, so Pressero gets the day on which the hub saw them",
    "carton_tracking": "the tracking numbers of cartons, so Pressero gets those of shipments only",
    "carton_contents": "what cartons hold, so the parts named on the shipment count",
}


def note(server: PaceServer, notes: ReadingNotes) -> None:
    """Store what this reading could not read, and forget what it could read again; staff are told of what is new."""
    if notes.refused.keys() <= server.unreadable.keys() and not notes.done & server.unreadable.keys():
        return
    with transaction.atomic():
        known = PaceServer.objects.select_for_update().values_list("unreadable", flat=True).get(pk=server.pk)
        kept = {name: text for name, text in known.items() if name not in notes.done}
        now = {**kept, **{name: _sentence(server, name, said) for name, said in notes.refused.items()}}
        PaceServer.objects.filter(pk=server.pk).update(unreadable=now)
        server.unreadable = now
        new = [text for name, text in now.items() if name not in known]
        if new:
            text = " ".join(new)
            alerts.raise_connection_alert(server, AlertKind.NEEDS_ATTENTION, text, since=database_clock.now())


def _sentence(server: PaceServer, name: str, said: str) -> str:
    return (
        f"Pace server {server.name} does not let the hub read {_WHAT.get(name, name)}. Everything else is read. Pace says: "
        f"{said.rstrip('.')}. Check the rights of the Pace user in Pace."
    )
