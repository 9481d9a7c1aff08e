"""Log lines that nobody can forge: what is logged may hold whatever an order, a server or a stranger wrote."""

import logging
import re

# Whatever a terminal, an editor or a log collector may take for the end of a line or for a command to it.
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class LineFormatter(logging.Formatter):
    """One line for each record: control characters are written as they would be in source code. The lines of a traceback
    follow, indented, so that none can pass for a record of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return escape(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        line, *traceback = super().format(record).split("\n")
        return "\n    ".join([line, *(escape(one) for one in traceback)])


def escape(text: str) -> str:
    """The text without control characters: a line break becomes \\n, and so on."""
    return _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode(), text)
