"""Whether this machine's clock agrees with the database's: a machine whose clock is wrong works on nothing.

Leases are judged on the database's clock alone. But when an order is due, when a circuit opens, how long retries go on
and what a quiet period says to staff are told by this machine's, corrected by the difference that is measured here; and
dates of jobs are its calendar's. A difference that large is a fault of the machine that somebody has to repair.
"""

from __future__ import annotations

import logging
import socket
import time
from threading import Lock

from automationhub.lib import database_clock
from integrations.causes import CauseKind
from integrations.errors import HubError

logger = logging.getLogger(__name__)

# Far more than machines with a time service differ (milliseconds), far less than any quiet period or lease.
MOST_SECONDS = 5.0
MEASURE_EVERY = 60.0


class WrongClock(HubError):
    """This machine's clock is wrong, so its workers take nothing; `message` says how wrong."""


class _Measuring:
    """When the clocks were compared last, and what that said."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.due_at = 0.0
        self.text = ""


_measuring = _Measuring()


def problem() -> str:
    """What is wrong with this machine's clock, "" when nothing. Compares it with the database's at first and every minute."""
    with _measuring.lock:
        if time.monotonic() >= _measuring.due_at:
            found = database_clock.measure()
            _measuring.text = _sentence(found)
            # A wrong clock is looked at more often, so that work begins soon after it was set.
            _measuring.due_at = time.monotonic() + (MEASURE_EVERY if not _measuring.text else MOST_SECONDS)
            if _measuring.text:
                logger.error(_measuring.text)
        return _measuring.text


def must_be_right() -> None:
    """Raises WrongClock while this machine's clock is too far off."""
    if text := problem():
        raise WrongClock(text, cause=CauseKind.CLOCK.of())


def forget() -> None:
    """Compare the clocks afresh next time."""
    _measuring.due_at = 0.0


def _sentence(found: database_clock.ClockDifference) -> str:
    ahead = found.ahead.total_seconds()
    # A slow answer of the database is no fault of a clock.
    if abs(ahead) - found.uncertain.total_seconds() <= MOST_SECONDS:
        return ""
    direction = "behind" if ahead > 0 else "ahead of"
    return (
        f"The clock of machine {socket.gethostname()} is {abs(ahead):.0f} seconds {direction} the database's, so its "
        f"workers take no orders. Set the clock and switch on its time service (NTP); work then continues automatically."
    )
