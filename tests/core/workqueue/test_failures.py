"""One ladder says what any exception means: who acts on it, and that a lost lease is nobody's failure."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from automationhub.lib.crypto import CredentialsKeyError
from integrations.causes import CauseKind
from integrations.core.workqueue import failures, retry_policy
from integrations.enums import FailureMode
from integrations.errors import CredentialError, HubError, LeaseLost, PermanentError, TransientError


@pytest.mark.parametrize(
    ("error", "mode", "kind"),
    [
        (OperationalError("the connection was lost"), FailureMode.TRANSIENT, CauseKind.DATABASE),
        (CredentialsKeyError("No key."), FailureMode.CONFIG, CauseKind.CREDENTIALS_KEY),
        (KeyError("x"), FailureMode.INTERNAL, CauseKind.INTERNAL),
        (RecursionError(), FailureMode.INTERNAL, CauseKind.INTERNAL),
    ],
    ids=["database away", "unreadable credentials", "defect", "another defect"],
)
def test_an_exception_says_who_must_act(error: Exception, mode: FailureMode, kind: CauseKind) -> None:
    failure = failures.understood(error, "Order 10234")
    assert (failure.failure_mode, failure.cause.kind) == (mode, kind)


def test_an_error_of_the_hub_is_what_it_is() -> None:
    error = PermanentError("Pace refused it.")
    assert failures.understood(error, "Order 10234") is error


def test_a_lost_lease_is_no_failure_to_be_stored() -> None:
    with pytest.raises(LeaseLost):
        failures.understood(LeaseLost("Another worker has it."), "Order 10234")


def test_a_defect_is_named_with_its_trace_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    failure = failures.understood(ValueError("no number"), "Order 10234")
    assert failure.message.startswith("Order 10234 hit an internal error (ValueError: no number).")
    assert caplog.records[-1].exc_info is not None


def decided(error: HubError, *, shared_login: bool) -> bool:
    """Whether it is tried again."""
    verdict = failures.decided(
        error, attempt=1, failing_since=None, retry_hours=24, shared_login=shared_login
    )
    return verdict.due_at is not None


def test_a_rejected_login_that_many_rows_share_waits_for_no_retry_of_each() -> None:
    error = CredentialError("Pressero rejected the login.")
    assert [decided(error, shared_login=shared) for shared in (True, False)] == [True, False]


def test_what_the_clock_can_mend_is_due_within_the_first_delay() -> None:
    verdict = failures.decided(TransientError("Busy."), attempt=1, failing_since=None, retry_hours=24)
    assert verdict.due_at is not None
    assert verdict.due_at <= timezone.now() + timedelta(seconds=retry_policy.FIRST_DELAY)
