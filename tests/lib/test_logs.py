"""Log lines cannot be forged, in either format."""

import json
import logging
import logging.config
import sys
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from automationhub.lib.logs import AddFacts, logging_about

FORGED = "order 1\n2026-01-01 00:00:00,000 CRITICAL hub: all is lost"
HOSTILE = {
    "line break": FORGED,
    "carriage return": FORGED.replace("\n", "\r"),
    "both": FORGED.replace("\n", "\r\n"),
    "next line": FORGED.replace("\n", "\x85"),
    "line separator": FORGED.replace("\n", "\u2028"),
    "paragraph separator": FORGED.replace("\n", "\u2029"),
    "vertical tab": FORGED.replace("\n", "\x0b"),
    "erase the line": "a\x1b[2K\x1b[1Gb",
    "backspaces": "a" + "\x08" * 20 + "b",
    "right to left": "a\u202egnp.exe",
    "zero": "a\x00b",
    "half a character": "a\ud800b",
}


def formatter(kind: str) -> logging.Formatter:
    """As the settings of the hub have it."""
    configurator = logging.config.DictConfigurator(settings.LOGGING)
    made: Any = configurator.configure_formatter(dict(settings.LOGGING["formatters"][kind]))
    return made


def record(message: str, *args: object, exc_info: Any = None) -> logging.LogRecord:
    return logging.LogRecord("hub", logging.INFO, __file__, 1, message, args, exc_info)


@pytest.mark.parametrize("kind", ["text", "json"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_value_never_makes_a_line_of_its_own(kind: str, text: str) -> None:
    written = formatter(kind).format(record("Order %s", text))
    assert len(written.splitlines()) == 1
    assert not set(written) & set("\x1b\x08\x00\u202e")
    written.encode()  # half a character would stop the handler


def test_a_value_in_the_logged_text_itself_does_not_either() -> None:
    assert len(formatter("text").format(record(FORGED)).splitlines()) == 1


def test_ordinary_texts_are_written_as_they_are() -> None:
    assert (
        formatter("text")
        .format(record("Order %s: naïve — ✓\tdone", 7))
        .endswith("hub: Order 7: naïve — ✓\tdone")
    )


@pytest.mark.parametrize("text", [FORGED, HOSTILE["carriage return"], HOSTILE["erase the line"]])
def test_a_traceback_stays_readable_and_its_message_forges_nothing(text: str) -> None:
    try:
        raise ValueError(text)
    except ValueError:
        written = formatter("text").format(record("failed", exc_info=sys.exc_info()))
    first, *rest = written.splitlines()
    assert first.endswith("hub: failed")
    assert len(rest) >= 3
    assert all(line.startswith("    ") for line in rest)
    assert "\x1b" not in written


def test_json_stays_json() -> None:
    data = json.loads(formatter("json").format(record("Order %s", FORGED)))
    assert data["message"] == f"Order {FORGED}"


def test_a_path_that_nobody_serves_forges_no_line(caplog: pytest.LogCaptureFixture) -> None:
    Client().get("/x%0A2026-01-01%20CRITICAL%20hub:%20lost%1B[2K")
    lines = [formatter("text").format(one) for one in caplog.records]
    assert lines
    assert all(len(line.splitlines()) == 1 for line in lines)


def test_every_line_about_an_order_carries_its_number_and_correlation_id() -> None:
    text, json_ = formatter("text"), formatter("json")
    record = logging.LogRecord("hub", logging.INFO, __file__, 1, "Pace answered.", (), None)
    with logging_about(order=10234, correlation="5f0c"):
        AddFacts().filter(record)
        assert text.format(record).endswith("hub: Pace answered. [order=10234 correlation=5f0c]")
        assert {"order": 10234, "correlation": "5f0c"}.items() <= json.loads(json_.format(record)).items()
    assert "order" not in text.format(record)
