"""Probes of stored servers and accounts: settings in, a report out. Nothing is stored here."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from integrations.clients.http.answers import CallRecord
from integrations.core.connections.clients import pace_client, pressero_client
from integrations.models import PaceServer, PresseroAccount, Storefront
from integrations.operations.probes import pace_order, pace_verdicts, pressero_verdicts
from integrations.operations.probes.pace_probe import PaceProbe
from integrations.operations.probes.pace_seen import PaceSeen
from integrations.operations.probes.pressero_probe import PresseroProbe
from integrations.operations.probes.report import ProbeReport
from integrations.orders.submission.inputs import parameters_of

RECORD_LIMIT: Final = 2_000_000
"""Characters of an answer that are kept: a list of a plant's countries and states is some 100,000."""
LEARNED: Final = ("date_times", "shipment_type", "web_order_ids")
"""Settings of a Pace server that a probe can find out."""

Say = Callable[[str], None]


def _quietly(_: str) -> None:
    """Say nothing."""


@dataclass
class Recorded:
    """The calls of one probe, in the order in which they ended."""

    calls: list[CallRecord] = field(default_factory=list)

    def observe(self, call: CallRecord) -> None:
        self.calls.append(call)


@dataclass(frozen=True)
class ProbeOutcome:
    """A report, and the calls it was made from."""

    report: ProbeReport
    calls: tuple[CallRecord, ...]
    inputs: dict[str, Any]


@cache
def product_version() -> str:
    """The version of this product, as its own pyproject.toml says; empty without one."""
    try:
        return str(tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"])
    except (OSError, ValueError, KeyError):
        return ""


def probe_pace(
    server: PaceServer, *, customer: str = "", say: Say = _quietly, now: datetime | None = None
) -> ProbeOutcome:
    """Probe a Pace server. Raises HubError while it cannot be reached at all."""
    moment = (now or timezone.now()).replace(microsecond=0)
    recorded = Recorded()
    parameters = parameters_of(Storefront(name=pace_order.PROBE, pace_server=server))
    # In a transaction that is rolled back: nothing of it stays, also where a storefront runs in shadow mode.
    pace = pace_client(server, observer=recorded.observe, record_limit=RECORD_LIMIT, may_write=True)
    probe = PaceProbe(
        pace, parameters, now=moment, exchanges=recorded.calls, customer=customer.strip(), say=say
    )
    seen = probe.run()
    report = pace_report(str(server), seen, {name: getattr(server, name) for name in LEARNED}, at=moment)
    inputs = {"now": moment.isoformat(), "customer": customer.strip(), "time_zone": server.time_zone}
    return ProbeOutcome(report, tuple(recorded.calls), inputs)


def pace_report(name: str, seen: PaceSeen, settings: dict[str, Any], *, at: datetime) -> ProbeReport:
    """What a probe of Pace says, from what it saw. Pure but for the product's own version."""
    kept, changed = pace_verdicts.changed_fields(seen)
    return ProbeReport(
        system=f"Pace server {name}",
        at=at,
        version=seen.version,
        product_version=product_version(),
        findings=pace_verdicts.findings(seen, settings),
        remarks=tuple(seen.remarks),
        suggestions=pace_verdicts.suggestions(seen, settings),
        changed=tuple(changed),
        fields_kept=kept,
        ending=_ending(seen),
    )


def _ending(seen: PaceSeen) -> str:
    if not seen.txn:
        return "Nothing was written to Pace."
    if seen.leftovers:
        return f"Still in Pace after the rollback: {', '.join(seen.leftovers)}. Delete them by hand."
    if seen.undone:
        return "The transaction was rolled back. Nothing stayed in Pace."
    return (
        f"Transaction {seen.txn} could not be rolled back. Pace ends it unsaved within {seen.txn_minutes} minutes; "
        "nothing in it was committed."
    )


def probe_pressero(
    account: PresseroAccount, *, number: int | None = None, say: Say = _quietly, now: datetime | None = None
) -> ProbeOutcome:
    """Probe a Pressero account. Raises HubError when the login fails."""
    moment = (now or timezone.now()).replace(microsecond=0)
    recorded = Recorded()
    pressero = pressero_client(account, observer=recorded.observe, record_limit=RECORD_LIMIT)
    probe = PresseroProbe(pressero, now=moment, exchanges=recorded.calls, number=number, say=say)
    seen = probe.run()
    report = ProbeReport(
        system=f"Pressero account {account}",
        at=moment,
        version="API V2",
        product_version=product_version(),
        findings=pressero_verdicts.findings(seen),
        remarks=tuple(seen.remarks),
        ending=f"Order {seen.number} was read. Nothing was written."
        if seen.number
        else "Nothing was written.",
        facts={"order": seen.number, "keys": pressero_verdicts.key_lists(seen)},
    )
    return ProbeOutcome(report, tuple(recorded.calls), {"now": moment.isoformat(), "number": number})
