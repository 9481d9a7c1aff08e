"""Each rule on plain facts: what it says, when it tells, and when not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from integrations.operations.watch.rules import (
    BY_KEY,
    RULES,
    LateOrder,
    Machine,
    WatchFacts,
    WatchVerdict,
    usual_gap,
)

# A Monday.
NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
CALM = WatchFacts(now=NOON)


def judge(key: str, facts: WatchFacts, threshold: int | None = None) -> WatchVerdict:
    rule = BY_KEY[key]
    return rule.judge(facts, threshold or rule.threshold or 0)


def texts(verdict: WatchVerdict) -> list[str]:
    return [finding.text for finding in verdict.findings]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_a_hub_that_has_done_nothing_yet_alarms_nobody(rule: object) -> None:
    verdict = rule.judge(CALM, rule.threshold or 0)  # type: ignore[attr-defined]
    assert verdict.value
    assert not verdict.findings


# --- overdue ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "tells"), [(9, False), (10, True), (200, True)])
def test_an_order_that_waits_for_its_threshold_is_told(minutes: int, tells: bool) -> None:
    facts = replace(CALM, due=3, oldest_due=NOON - timedelta(minutes=minutes))
    assert bool(judge("order_overdue", facts).findings) == tells


def test_the_threshold_is_what_staff_have_set() -> None:
    facts = replace(CALM, due=1, oldest_due=NOON - timedelta(minutes=20))
    assert judge("order_overdue", facts, 30).findings == ()
    assert judge("order_overdue", facts).value == "1 due; the oldest has waited 20 minutes."


# --- slower than usual ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recent", "usual", "tells"),
    [
        ([100.0] * 5, [20.0] * 20, True),
        ([59.0] * 5, [20.0] * 20, False),
        ([29.0] * 5, [2.0] * 20, False),  # unusual, and still quick
        ([100.0] * 4, [20.0] * 20, False),
        ([100.0] * 5, [20.0] * 19, False),
        ([20.0] * 4 + [5000.0], [20.0] * 20, False),  # one slow order is not all of them
    ],
)
def test_orders_that_take_three_times_as_long_are_told(
    recent: Sequence[float], usual: Sequence[float], tells: bool
) -> None:
    verdict = judge("slower_than_usual", replace(CALM, recent_seconds=recent, usual_seconds=usual))
    assert bool(verdict.findings) == tells


# --- ship date --------------------------------------------------------------------------------------------------


def test_each_order_that_ships_soon_without_a_job_is_told_by_number() -> None:
    late = [
        LateOrder(pk, 10_000 + pk, "Example CU Store", NOON.date() + timedelta(days=days))
        for pk, days in enumerate((0, 2, 3))
    ]
    verdict = judge("ship_date_near", replace(CALM, late_orders=late))
    assert [finding.order for finding in verdict.findings] == [0, 1]
    assert texts(verdict)[1].startswith("Order 10001 (Example CU Store) is to ship on Wed, Dec 2, 2026 ")


# --- silence ----------------------------------------------------------------------------------------------------

# 8 AM to 6 PM; the longest pause is that of three empty hours at noon.
BUSY_DAY = (2, 1, 1, 0, 0, 0, 1, 1, 0, 1)
USUAL = (BUSY_DAY,) * 4


def silent(hours: float, now: datetime = NOON, **changes: object) -> WatchVerdict:
    facts = WatchFacts(now=now, usual_hours=USUAL, last_received=now - timedelta(hours=hours))
    return judge("silence", replace(facts, **changes))  # type: ignore[arg-type]


def test_what_is_usual_is_the_longest_pause_of_the_same_weekdays() -> None:
    assert usual_gap(USUAL) == 4
    assert usual_gap([BUSY_DAY, BUSY_DAY]) is None
    assert usual_gap([BUSY_DAY, BUSY_DAY, (0,) * 10, (0,) * 10]) is None


@pytest.mark.parametrize(
    ("hour", "hours", "tells"),
    [(16, 4.9, False), (16, 5.1, True), (12, 10, False), (13, 90, True), (19, 10, False), (6, 60, False)],
)
def test_a_pause_longer_than_usual_in_business_hours_is_told(hour: int, hours: float, tells: bool) -> None:
    assert bool(silent(hours, NOON.replace(hour=hour)).findings) == tells


def test_a_silence_that_was_told_goes_on_over_night_until_an_order_comes() -> None:
    told = {"": NOON.replace(hour=14)}
    night = NOON.replace(hour=23)
    assert silent(16, night, open_since=told).findings
    assert silent(1, night, open_since=told).findings == ()


def test_on_a_weekday_that_never_has_orders_silence_is_no_news() -> None:
    assert silent(90, NOON.replace(hour=17), usual_hours=((0,) * 10,) * 4).findings == ()


# --- machines ---------------------------------------------------------------------------------------------------


def test_each_machine_with_a_full_disk_is_told() -> None:
    machines = [
        Machine("one", 9, ""),
        Machine("two", 10, ""),
        Machine("three", None, ""),
        Machine("four", 1, ""),
    ]
    verdict = judge("disk_full", replace(CALM, machines=machines))
    assert [finding.about for finding in verdict.findings] == ["one", "four"]
    assert verdict.value == "1% free on four."


def test_a_wrong_clock_is_told_in_its_own_words() -> None:
    verdict = judge(
        "clock_wrong",
        replace(CALM, machines=[Machine("one", 50, "The clock is wrong."), Machine("two", 50, "")]),
    )
    assert texts(verdict) == ["The clock is wrong."]
    assert verdict.value == "Wrong on one."


def test_an_expired_license_is_told_with_the_orders_that_wait() -> None:
    verdict = judge("license_expired", replace(CALM, without_license={"Pace server North": 3}))
    assert texts(verdict) == [
        "Pace server North says that its license has expired; orders that wait for it: 3. Renew the license, then select Retry "
        "for these orders."
    ]
    assert judge("license_expired", CALM).value.startswith("No order is stopped by an expired license.")


# --- what is told elsewhere -------------------------------------------------------------------------------------


def test_connections_and_expiries_show_their_value_and_tell_nothing_twice() -> None:
    facts = replace(CALM, down=["North"], expiring=[NOON + timedelta(days=3)])
    assert judge("connection_down", facts) == WatchVerdict("Down or paused: North.")
    assert judge("expires_soon", facts) == WatchVerdict("1 expire soon, the first on Thu, Dec 3, 2026.")
