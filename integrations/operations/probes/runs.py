"""Probes that staff ask for: a row each, run by a worker, with what it said on the way and what it found."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from integrations.core.audit import log as audit
from integrations.core.workqueue import failures
from integrations.core.workqueue import messages as queue
from integrations.core.workqueue.leases import Lease, acquire, is_free
from integrations.errors import ConfigError, LeaseLost
from integrations.models import PaceServer, PresseroAccount, ProbeRun
from integrations.operations.probes.running import LEARNED, ProbeOutcome, Say, probe_pace, probe_pressero

LEASE: Final = timedelta(minutes=15)
"""Longer than a probe can take: some 100 calls, and the transaction in Pace ends after 10 minutes anyhow."""
PATIENCE: Final = timedelta(seconds=60)
RUNS_STORED: Final = 20
"""Finished probes of one system that are kept."""


def ask(system: PaceServer | PresseroAccount, user: User, *, subject: str, actor: str) -> ProbeRun:
    """Have a worker probe the server or account. Raises ConfigError while one is under way, or for a bad number."""
    subject = subject.strip()
    if isinstance(system, PresseroAccount) and subject and not (subject.isascii() and subject.isdigit()):
        raise ConfigError(
            "The order number holds digits only. Correct it, or leave it empty.", field="number"
        )
    with transaction.atomic():
        # The system's row serializes two people who ask at the same moment.
        type(system)._default_manager.select_for_update().get(pk=system.pk)
        if runs_of(system).filter(finished_at__isnull=True).exists():
            raise ConfigError(f"A probe of {system} is running already. Wait for its result.")
        run = ProbeRun.objects.create(**system.as_owner, user=user, subject=subject[:60])
        audit.record("probe.asked", {"name": str(system)}, actor=actor, user=user)
        _send(run)
    return run


def runs_of(system: PaceServer | PresseroAccount) -> QuerySet[ProbeRun]:
    """The probes of a server or account, newest first."""
    return ProbeRun.objects.filter(**system.as_owner)


def _send(run: ProbeRun) -> None:
    ProbeRun.objects.filter(pk=run.pk).update(queued_until=timezone.now() + PATIENCE)
    queue.ask_for_probe(run.pk)


def wake_waiting() -> int:
    """Send for the probes that no worker is at; how many."""
    now = timezone.now()
    waiting = ProbeRun.objects.filter(
        is_free(),
        Q(queued_until__isnull=True) | Q(queued_until__lte=now),
        finished_at__isnull=True,
    )
    found = list(waiting[:20])
    for run in found:
        _send(run)
    return len(found)


def work(pk: int) -> None:
    """Run a probe and store what it found. Does nothing when it is finished or another worker has it."""
    lease = acquire(ProbeRun.objects.filter(finished_at__isnull=True), pk, LEASE, said=[])
    if lease is None:
        return
    run = ProbeRun.objects.select_related("server", "account").get(pk=pk)

    def say(words: str) -> None:
        run.said.append(words)
        lease.renew(said=run.said)

    try:
        outcome = _probe(run, say)
    except LeaseLost:
        return  # another worker runs it
    except Exception as error:  # noqa: BLE001 - the ladder logs what it does not know
        _finish(run, lease, problem=failures.understood(error, "The probe").message)
    else:
        report = outcome.report
        _finish(
            run,
            lease,
            report=report.as_data(),
            held=report.held,
            version=report.version[:60],
            product_version=report.product_version[:30],
        )


def _probe(run: ProbeRun, say: Say) -> ProbeOutcome:
    if run.server is not None:
        return probe_pace(run.server, customer=run.subject, say=say)
    assert run.account is not None  # noqa: S101 - a constraint of the table
    return probe_pressero(run.account, number=int(run.subject) if run.subject else None, say=say)


def _finish(run: ProbeRun, lease: Lease[ProbeRun], *, problem: str = "", **found: Any) -> None:
    with transaction.atomic():
        if not lease.release(finished_at=timezone.now(), problem=problem, **found):
            return
        result = problem or found["report"]["summary"]
        audit.record("probe.finished", {"name": str(run.system), "result": result})
        older = (
            runs_of(run.system).filter(finished_at__isnull=False).values_list("pk", flat=True)[RUNS_STORED:]
        )
        ProbeRun.objects.filter(pk__in=list(older)).delete()


def adopt(server: PaceServer, setting: str, *, user: User, actor: str) -> str:
    """Set a setting as the last probe found it; a sentence. Raises ConfigError when it found nothing of the kind."""
    last = runs_of(server).filter(finished_at__isnull=False, problem="").first()
    offered = last.report.get("suggestions", []) if last else []
    found = next((one for one in offered if one["setting"] == setting and setting in LEARNED), None)
    if found is None:
        raise ConfigError("The last probe suggests no such setting. Probe the server again.")
    label = str(PaceServer._meta.get_field(setting).verbose_name)  # type: ignore[union-attr]
    with transaction.atomic():
        fresh = PaceServer.objects.select_for_update().get(pk=server.pk)
        before = getattr(fresh, setting)
        setattr(fresh, setting, found["value"])
        try:
            fresh.clean_fields(exclude=[one.name for one in PaceServer._meta.fields if one.name != setting])
        except ValidationError as error:
            raise ConfigError(f"“{label}” cannot be {found['value']}: {'; '.join(error.messages)}") from error
        fresh.save()
        audit.record(
            "probe.adopted",
            {"name": str(server), "setting": label, "before": str(before), "after": str(found["value"])},
            actor=actor,
            user=user,
        )
    return f"“{label}” is now {found['value']}. Probe {server} again to see that it fits."
