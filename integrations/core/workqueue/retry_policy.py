"""The retry policy, pure: an error, how often and since when in; wait or park out (docs/errors.md)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.enums import FailureMode
from integrations.errors import CredentialError, HubError, OutcomeUnknown, TransientError

FIRST_DELAY = 5.0
LONGEST_DELAY = 300.0


@dataclass(frozen=True)
class RetryVerdict:
    """`due_at` None: a person must act."""

    due_at: datetime | None
    message: str


def needs_a_person(error: HubError) -> bool:
    """Whether waiting cannot help."""
    return error.failure_mode not in (FailureMode.TRANSIENT, FailureMode.VERIFY_FIRST)


def delay_seconds(attempt: int, jitter: float, *, longest: float = LONGEST_DELAY) -> float:
    """How long to wait after try `attempt` (from 1): at most 5 s, doubling, at most `longest` (5 minutes).

    `jitter` in [0, 1) takes up to half away, so that orders that failed together do not come back together.
    """
    return min(longest, FIRST_DELAY * 2 ** (min(attempt, 12) - 1)) * (1 - jitter / 2)


def after_failure(
    error: HubError,
    *,
    attempt: int,
    failing_since: datetime | None,
    now: datetime,
    retry_hours: int,
    jitter: float,
    shared_login: bool = False,
) -> RetryVerdict:
    """What follows a failure. Config and order errors park at once; the rest is tried until `retry_hours` are over.

    `shared_login`: a rejected login is corrected once for all rows, so none of them waits for a person to retry it.
    """
    if shared_login and isinstance(error, CredentialError):
        return RetryVerdict(now + timedelta(seconds=LONGEST_DELAY), error.message)
    if needs_a_person(error):
        return RetryVerdict(None, error.message)
    since = failing_since or now
    if now - since >= timedelta(hours=retry_hours):
        hours = "1 hour" if retry_hours == 1 else f"{retry_hours} hours"
        tried = f"Retried for {hours} without success. Fix the problem, then select Retry."
        return RetryVerdict(None, f"{error.message} {tried}")
    wait = timedelta(seconds=delay_seconds(attempt, jitter))
    if isinstance(error, TransientError) and error.retry_after:
        wait = timedelta(seconds=min(error.retry_after, LONGEST_DELAY * 2))
    due_at = now + wait
    if isinstance(error, OutcomeUnknown) and error.verify_at is not None:
        # The quiet period is a promise: never earlier, whatever the back-off says.
        due_at = max(error.verify_at, now)
    return RetryVerdict(due_at, error.message)
