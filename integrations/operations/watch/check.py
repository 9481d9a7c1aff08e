"""The scheduled step: judge every rule, tell what is new, and what is over."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

from django.db import transaction

from integrations.causes import CauseKind
from integrations.core import alerts
from integrations.core.workqueue import work_leases
from integrations.models import AlertRule, Order
from integrations.operations.watch import facts as gathering
from integrations.operations.watch.rules import RULES, WatchFacts, WatchFinding, WatchRule

EVERY = timedelta(seconds=50)
_PASS = "alert rules"  # noqa: S105 - the name of some work


def make_missing() -> None:
    """Make the rows of rules that have none, with what is sensible for a start. What staff have set stays."""
    known = set(AlertRule.objects.values_list("key", flat=True))
    AlertRule.objects.bulk_create(
        [AlertRule(key=rule.key, threshold=rule.threshold) for rule in RULES if rule.key not in known],
        ignore_conflicts=True,
    )


def check_if_due() -> bool:
    """Judge all rules once a minute, whoever asks; whether it was done."""
    if not work_leases.is_due(_PASS, EVERY):
        return False
    with work_leases.one_at_a_time(_PASS) as run:
        if run is None:
            return False
        check()
    return True


def check(now: datetime | None = None) -> None:
    """Judge all rules now."""
    make_missing()
    seen = gathering.gather(now or gathering.now_here())
    rows = {row.key: row for row in AlertRule.objects.all()}
    for rule in RULES:
        _apply(rule, rows[rule.key], seen)


def _apply(rule: WatchRule, row: AlertRule, seen: WatchFacts) -> None:
    since = {about: datetime.fromisoformat(one) for about, one in row.open_findings.items()}
    verdict = rule.judge(dataclasses.replace(seen, open_since=since), row.threshold or rule.threshold or 0)
    found = {finding.about: finding for finding in verdict.findings} if row.active and rule.kind else {}
    with transaction.atomic():
        # Together with what was told: a worker that is killed between the two tells neither.
        mine = AlertRule.objects.filter(pk=row.pk)
        mine.update(
            value=verdict.value[:300],
            checked_at=seen.now,
            open_findings={about: row.open_findings.get(about, seen.now.isoformat()) for about in found},
        )
        for about, finding in found.items():
            if about not in since:
                _notify(rule, finding, seen.now)
        for about, begun in since.items():
            if about not in found and row.active and rule.over:
                alerts.raise_rule_over(
                    rule.over.format(about=about), once=f"{rule.key} {about} {begun.isoformat()}"
                )


def _notify(rule: WatchRule, finding: WatchFinding, now: datetime) -> None:
    assert rule.kind is not None  # noqa: S101 - a rule without a kind has no findings
    if finding.order is None:
        alerts.raise_rule_alert(rule.kind, finding.text, once=f"{rule.key} {finding.about} {now.isoformat()}")
        return
    order = Order.objects.select_related("storefront__pace_server").filter(pk=finding.order).first()
    if order is not None:
        alerts.raise_alert(order, rule.kind, finding.text, cause=CauseKind.WATCH.of(rule.key))
