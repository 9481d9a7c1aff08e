"""What any exception means: who acts on it, and when it is tried again. The one ladder for orders, updates to Pressero, files,
statuses, events and exports.
"""

from __future__ import annotations

import logging
import random
from datetime import datetime

from django.utils import timezone

from automationhub.lib import database
from automationhub.lib.crypto import CredentialsKeyError
from integrations.causes import CauseKind
from integrations.core.workqueue import retry_policy
from integrations.errors import ConfigError, HubError, LeaseLost, TransientError

logger = logging.getLogger(__name__)


def understood(error: Exception, about: str) -> HubError:
    """The error as one that says who must act. `about` begins its sentence: "Order 10234".

    Raises LeaseLost: the work is another worker's, so nothing may be stored of it.
    """
    if isinstance(error, LeaseLost):
        raise error
    if isinstance(error, HubError):
        return error
    if isinstance(error, CredentialsKeyError):
        return ConfigError(str(error), cause=CauseKind.CREDENTIALS_KEY.of())
    if database.is_away(error):
        logger.warning("%s: the database was not available: %s", about, error)
        return TransientError(f"{about}: the hub's database did not answer.", cause=CauseKind.DATABASE.of())
    return internal(error, about)


def internal(error: Exception, about: str) -> HubError:
    """A defect of the hub, with its trace in the log."""
    logger.error("%s hit an internal error.", about, exc_info=error)
    name = type(error).__name__
    text = f"{about} hit an internal error ({name}: {error}). Please report it with this message, then select Retry."
    return HubError(text, cause=CauseKind.INTERNAL.of(name))


def decided(
    error: HubError,
    *,
    attempt: int,
    failing_since: datetime | None,
    retry_hours: int,
    shared_login: bool = False,
) -> retry_policy.RetryVerdict:
    """When it is tried again, or that a person must act: the policy with the clock of now and a jitter of its own."""
    return retry_policy.after_failure(
        error,
        attempt=attempt,
        failing_since=failing_since,
        now=timezone.now(),
        retry_hours=retry_hours,
        jitter=random.random(),  # noqa: S311 - spreads retries, guards nothing
        shared_login=shared_login,
    )
