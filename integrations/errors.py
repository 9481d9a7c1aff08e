"""The errors of the hub, named by who must act (see docs/errors.md).

Every error carries a sentence for staff in `message`, and the evidence (call, status, cut answer) in `evidence`,
so that the order page explains itself.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from integrations.causes import NO_CAUSE, Cause
from integrations.enums import FailureMode


@dataclass(frozen=True)
class Evidence:
    """What was asked of another system and what it answered, without secrets and cut at a size."""

    system: str
    call: str
    status: int | None = None
    answer: str = ""

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


class HubError(Exception):
    """Base of all expected failures. `message` is one sentence for staff."""

    failure_mode: FailureMode = FailureMode.INTERNAL

    def __init__(
        self, message: str, *, evidence: Evidence | None = None, field: str = "", cause: Cause = NO_CAUSE
    ) -> None:
        super().__init__(message)
        self.message = message
        self.evidence = evidence
        # `field` and `cause` group failures: the same missing mapping on 40 orders has one cause.
        self.field = field
        self.cause = cause


class TransientError(HubError):
    """The clock acts: network trouble, 5xx, 429, a locked database.

    `retry_after`: seconds, when the system named them. `surely_not_sent`: no connection was made, so the other
    system cannot have acted on the call.
    """

    failure_mode = FailureMode.TRANSIENT

    def __init__(
        self, message: str, *, retry_after: float | None = None, surely_not_sent: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(message, **kwargs)
        self.retry_after = retry_after
        self.surely_not_sent = surely_not_sent


class OrderNotFound(TransientError):
    """Pressero does not show the order (yet): its lists may lag behind its events by minutes."""


class ConfigError(HubError):
    """Staff act on a mapping, a setting or credentials; the order itself is fine."""

    failure_mode = FailureMode.CONFIG


class CredentialError(ConfigError):
    """The other system refused our user name, password or rights."""


class WriteRefused(ConfigError):
    """A client that may only read, as every client in shadow mode, was asked to write. Nothing was sent."""


class PermanentError(HubError):
    """Staff act on this order: Pace or Pressero refused it as it is, repeating cannot help."""

    failure_mode = FailureMode.ORDER


class OutcomeUnknown(HubError):
    """A write may or may not have been applied: look in Pace before writing again, not before `verify_at`."""

    failure_mode = FailureMode.VERIFY_FIRST

    def __init__(self, message: str, *, verify_at: datetime | None = None, **kwargs: Any) -> None:
        super().__init__(message, **kwargs)
        self.verify_at = verify_at


class LeaseLost(HubError):
    """Another worker has taken the order over; this one must stop at once and touch nothing more."""

    failure_mode = FailureMode.TRANSIENT


class StateChanged(HubError):
    """This worker holds the lease, but a row is not in the state that it read: the next attempt reads it afresh."""

    failure_mode = FailureMode.TRANSIENT


class NotAllowed(HubError):
    """The order's state does not allow what was asked; `message` says why."""
