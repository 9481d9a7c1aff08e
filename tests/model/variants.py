"""What is explored: the protocol as it is, within several bounds, and variants of it that lack a rule and must be found out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.model.explore import Exploration, Found
from tests.model.states import Rules, Step

# The shortest way of each variant to its violation, as the last whole run found it; tests follow them in the real code.
RECORDED = Path(__file__).with_name("counterexamples.json")

ONE_JOB: dict[str, Any] = {}
ABSENT: dict[str, Any] = {"absents": True}
MOVED: dict[str, Any] = {"moves": True}
RESTORED: dict[str, Any] = {"restores": True}
TWO_FILES: dict[str, Any] = {"two_files": True}
ONE_WORKER: dict[str, Any] = {"workers": 1}
SWITCHED: dict[str, Any] = {"two_files": True, "switches": True}

# Each explored until nothing new is found; a name says what may happen besides kills, freezes, lost answers and late commits.
BOUNDS: Mapping[str, dict[str, Any]] = {
    "one job; staff may say that it is not in Pace": ABSENT,
    "one job; the same, times twice as long": {**ABSENT, "to_leave": 2, "call": 2, "quiet": 2},
    "one job; the storefront is moved, any number of times": MOVED,
    "one job; a backup is made and put back": RESTORED,
    "an order of two files; “one job per item” is switched, any number of times": SWITCHED,
}


@dataclass(frozen=True)
class Variant:
    """The protocol without these rules (switches of `Rules`), within a bound. `holds`: what else keeps it safe all the same,
    so that nothing must be found; "" for all others. `by_people`: the rule is kept by people, as the documents say; with none
    left out it is the bound that they must not come to."""

    name: str
    without: tuple[str, ...]
    bound: Mapping[str, Any]
    holds: str = ""
    by_people: bool = False

    def explore(self) -> Found:
        """The shortest way to a violation."""
        rules = Rules(**dict.fromkeys(self.without, False), **self.bound)
        return Exploration(rules, ends=False).run()


VARIANTS = [
    Variant("the lease is not checked when the intent is stored", ("lease_at_intent",), ONE_JOB),
    Variant("the intent to commit is not stored", ("intent_stored",), ONE_JOB),
    Variant("no quiet period", ("quiet_period",), ONE_JOB),
    Variant("the quiet period leaves out the longest call", ("quiet_counts_the_call",), ONE_JOB),
    Variant("a commit may leave long after its intent", ("commit_leaves_in_time",), ONE_JOB),
    Variant("a broken connection counts as not sent", ("broken_is_unknown",), ONE_JOB),
    Variant("no rollback before Pace is checked", ("rollback_when_settling",), ONE_JOB),
    Variant("staff may say “not in Pace” in the quiet period", ("absent_only_after_quiet",), ABSENT),
    Variant("Pace is not checked to settle a commit", ("look_when_settling",), MOVED),
    Variant("a commit is settled at the storefront's new server", ("settle_where_sent",), MOVED),
    Variant("an order that is begun continues at the new server", ("go_on_where_begun",), TWO_FILES | MOVED),
    Variant("the units of an order that is begun follow the settings", ("units_fixed_once_begun",), SWITCHED),
    Variant("writes but the intent do not check the lease", ("lease_elsewhere",), SWITCHED),
    Variant("Pace is not checked before a job is written", ("look_before_write",), RESTORED),
    Variant(
        "workers start right after a backup was put back",
        ("stopped_before_restore",),
        RESTORED | ONE_WORKER,
        by_people=True,
    ),
    Variant(
        "a storefront is moved to another Pace between a backup and its return",
        (),
        RESTORED | MOVED | ONE_WORKER,
        by_people=True,
    ),
    Variant(
        "a job that is in Pace is planned again, and not looked for",
        ("done_is_final", "look_before_write"),
        ONE_JOB,
    ),
    Variant(
        "writes look neither at the lease nor at the transaction",
        ("lease_elsewhere", "change_only_own_txn"),
        ONE_JOB,
    ),
    Variant(
        "a job that is in Pace is planned again", ("done_is_final",), ONE_JOB, "the look before it is written"
    ),
    Variant("writes check the lease only", ("change_only_own_txn",), ONE_JOB, "the lease"),
    Variant(
        "to settle, the row is not compared with what was read", ("settle_compares",), ONE_JOB, "the lease"
    ),
]


def recorded() -> dict[str, tuple[Step, ...]]:
    """The ways that the last whole run found, by the variants' names."""
    rows = json.loads(RECORDED.read_text(encoding="utf-8"))
    return {name: tuple(Step(*step) for step in path) for name, path in rows.items()}


def record(found: Mapping[str, tuple[Step, ...]]) -> None:
    """Keep these ways."""
    lines = ",\n".join(
        f"{json.dumps(name, ensure_ascii=False)}: [\n"
        + ",\n".join(f"  {json.dumps(step, ensure_ascii=False)}" for step in path)
        + "\n]"
        for name, path in found.items()
    )
    RECORDED.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
