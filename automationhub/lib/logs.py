"""Log lines that nobody can forge: what is logged may hold whatever an order, a server or a stranger wrote."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Whatever a terminal, an editor or a log collector may take for the end of a line or for a command to it.
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

# What all lines of a piece of work have in common: the order it is about, its correlation id.
_about: ContextVar[dict[str, object] | None] = ContextVar("what the log lines are about", default=None)


@contextmanager
def logging_about(**facts: object) -> Iterator[None]:
    """Within, every log line carries these facts: as fields of its JSON, or in brackets at the end of its text."""
    before = _about.set({**(_about.get() or {}), **facts})
    try:
        yield
    finally:
        _about.reset(before)


class AddFacts(logging.Filter):
    """Puts the facts on each record, from where the JSON formatter takes them."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name, value in (_about.get() or {}).items():
            setattr(record, name, value)
        return True


class LineFormatter(logging.Formatter):
    """One line for each record: control characters are written as they would be in source code. The lines of a traceback
    follow, indented, so that none can pass for a record of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        facts = " ".join(f"{name}={value}" for name, value in (_about.get() or {}).items())
        return escape(super().formatMessage(record) + (f" [{facts}]" if facts else ""))

    def format(self, record: logging.LogRecord) -> str:
        line, *traceback = super().format(record).split("\n")
        return "\n    ".join([line, *(escape(one) for one in traceback)])


def escape(text: str) -> str:
    """The text without control characters: a line break becomes \\n, and so on."""
    return _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode(), text)
