"""Starting Django without looking for rubbish meanwhile, and without loading what nothing uses."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def fast_startup() -> Iterator[None]:
    """What is loaded within stays as long as the process: the collector neither runs meanwhile (it took a seventh of a
    start) nor looks through it ever again, and forked workers go on sharing its memory."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


# The client of Redis loads these when they are installed, for figures of its own that nothing here asks for.
_METRICS_OF_OPENTELEMETRY = ("opentelemetry.metrics", "opentelemetry.sdk.metrics")


def leave_out_opentelemetry() -> None:
    """Let OpenTelemetry look as if it were not installed, to libraries that would load it on their own."""
    for name in _METRICS_OF_OPENTELEMETRY:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type] # None is what the import system expects


def let_opentelemetry_in() -> None:
    """Let it be loaded from now on."""
    for name in _METRICS_OF_OPENTELEMETRY:
        if sys.modules.get(name, "") is None:
            del sys.modules[name]
