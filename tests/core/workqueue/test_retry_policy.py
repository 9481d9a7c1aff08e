"""When a failed attempt is repeated, and when a person must act."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.workqueue.retry_policy import RetryVerdict, after_failure, delay_seconds
from integrations.errors import (
    ConfigError,
    CredentialError,
    HubError,
    OrderNotFound,
    OutcomeUnknown,
    PermanentError,
    TransientError,
)

NOW = datetime(2025, 3, 4, 12, 0, tzinfo=UTC)
HOURS = 24
jitters = st.floats(0, 1, exclude_max=True)
attempts = st.integers(1, 10_000)
waits = st.floats(0, 10**6)


def verdict(
    error: HubError,
    *,
    attempt: int = 1,
    failing_since: datetime | None = None,
    jitter: float = 0.0,
    now: datetime = NOW,
    retry_hours: int = HOURS,
) -> RetryVerdict:
    return after_failure(
        error, attempt=attempt, failing_since=failing_since, now=now, retry_hours=retry_hours, jitter=jitter
    )


def wait_after(error: HubError, attempt: int = 1, jitter: float = 0.0) -> float:
    due_at = verdict(error, attempt=attempt, jitter=jitter).due_at
    assert due_at is not None
    return (due_at - NOW).total_seconds()


@given(jitters)
def test_the_first_repetition_comes_after_at_most_five_seconds(jitter: float) -> None:
    assert 0 < delay_seconds(1, jitter) <= 5


@given(st.integers(1, 6))
def test_the_distance_doubles(attempt: int) -> None:
    assert delay_seconds(attempt + 1, 0.0) == min(2 * delay_seconds(attempt, 0.0), 300)


@given(attempts, jitters)
def test_the_distance_is_never_more_than_five_minutes_nor_less_than_half_of_it(
    attempt: int, jitter: float
) -> None:
    whole = delay_seconds(attempt, 0.0)
    assert whole / 2 <= delay_seconds(attempt, jitter) <= whole <= 300


@given(attempts, jitters)
def test_a_later_try_never_waits_less_than_an_earlier_one_with_the_same_jitter(
    attempt: int, jitter: float
) -> None:
    assert delay_seconds(attempt, jitter) <= delay_seconds(attempt + 1, jitter)


@given(attempts)
def test_jitter_takes_up_to_half_of_the_distance(attempt: int) -> None:
    assert delay_seconds(attempt, 1.0) == delay_seconds(attempt, 0.0) / 2


def test_orders_that_failed_together_do_not_come_back_together() -> None:
    assert len({delay_seconds(4, jitter / 10) for jitter in range(10)}) == 10


@pytest.mark.parametrize("kind", [ConfigError, CredentialError, PermanentError, HubError])
def test_what_a_person_must_mend_is_not_tried_again(kind: type[HubError]) -> None:
    assert verdict(kind("No mapping.")) == RetryVerdict(None, "No mapping.")


@pytest.mark.parametrize("kind", [TransientError, OrderNotFound, OutcomeUnknown])
def test_what_time_may_mend_is_tried_again(kind: type[HubError]) -> None:
    assert verdict(kind("Pace is away.")).due_at is not None


@given(attempts)
def test_a_rejected_login_that_several_rows_share_is_tried_again_after_five_minutes(attempt: int) -> None:
    """Once it is corrected, none of the rows waits for a person."""
    shared = after_failure(
        CredentialError("The login was rejected."),
        attempt=attempt,
        failing_since=NOW - timedelta(days=30),
        now=NOW,
        retry_hours=HOURS,
        jitter=0.0,
        shared_login=True,
    )
    assert shared == RetryVerdict(NOW + timedelta(minutes=5), "The login was rejected.")


def test_the_message_of_a_planned_retry_is_the_errors() -> None:
    assert verdict(TransientError("Pace is away.")).message == "Pace is away."


@given(st.integers(1, 1000), st.floats(0, 0.999))
def test_within_the_retry_hours_it_is_tried_again(hours: int, share: float) -> None:
    since = NOW - timedelta(hours=hours) * share
    assert verdict(TransientError("x"), failing_since=since, retry_hours=hours, attempt=99).due_at is not None


@given(st.integers(1, 1000), st.integers(0, 10**6))
def test_after_the_retry_hours_a_person_must_act(hours: int, seconds: int) -> None:
    since = NOW - timedelta(hours=hours, seconds=seconds)
    ended = verdict(TransientError("Pace is away."), failing_since=since, retry_hours=hours)
    assert ended.due_at is None
    assert ended.message.startswith("Pace is away.")
    assert f"{hours} hour" in ended.message
    assert "Retry" in ended.message


@pytest.mark.parametrize(("hours", "said"), [(1, "for 1 hour without"), (2, "for 2 hours without")])
def test_it_says_how_long_it_was_tried(hours: int, said: str) -> None:
    since = NOW - timedelta(hours=hours)
    assert said in verdict(TransientError("x"), failing_since=since, retry_hours=hours).message


@given(st.floats(0.1, 600), attempts, jitters)
def test_a_wait_that_the_other_system_asked_for_is_kept(asked: float, attempt: int, jitter: float) -> None:
    assert wait_after(TransientError("x", retry_after=asked), attempt, jitter) == pytest.approx(
        asked, abs=1e-5
    )


@given(st.floats(600, 10**9))
def test_an_absurd_wait_that_the_other_system_asked_for_is_cut(asked: float) -> None:
    assert wait_after(TransientError("x", retry_after=asked)) <= 600


@pytest.mark.parametrize("asked", [0, 0.0, None])
def test_a_wait_of_nothing_is_no_wait_that_was_asked_for(asked: float | None) -> None:
    assert wait_after(TransientError("x", retry_after=asked)) == 5


@given(waits, attempts, jitters)
def test_the_quiet_period_is_never_undercut(quiet: float, attempt: int, jitter: float) -> None:
    verify_at = NOW + timedelta(seconds=quiet)
    due_at = verdict(OutcomeUnknown("x", verify_at=verify_at), attempt=attempt, jitter=jitter).due_at
    assert due_at is not None
    assert due_at >= verify_at


@given(waits)
def test_a_quiet_period_that_is_over_lets_the_hub_look_at_once(ago: float) -> None:
    assert wait_after(OutcomeUnknown("x", verify_at=NOW - timedelta(seconds=ago))) == 0


@given(
    st.sampled_from(
        [
            TransientError("x"),
            TransientError("x", retry_after=30),
            OutcomeUnknown("x"),
            OutcomeUnknown("x", verify_at=NOW),
        ]
    ),
    attempts,
    jitters,
)
def test_the_next_try_is_never_in_the_past(error: HubError, attempt: int, jitter: float) -> None:
    assert wait_after(error, attempt, jitter) >= 0
