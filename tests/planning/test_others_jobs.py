"""Which job in Pace is an order's, when people or another connector made it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.planning.others_jobs import JobInPace, SoughtOrder, jobs_of

PLACED = datetime(2026, 11, 2, 15, tzinfo=UTC)
ORDER = SoughtOrder(10234, po_number="PO-7781", customer="EXCU", placed=PLACED)


def job(number: str = "20001", **fields: Any) -> JobInPace:
    return JobInPace(number, **{"customer": "OTHER", "set_up": PLACED + timedelta(hours=1), **fields})


@pytest.mark.parametrize(
    "fields",
    [
        {"web_order_id": "10234"},
        {"web_order_id": "10234-1-2"},
        {"description": "10234 - Example CU Store"},
        {"description": "#10234 business cards"},
        {"description": "Web order 10234", "customer": "EXCU"},
        {"description": "Web order no. 10234, cards", "po_number": "po-7781"},
        {"description": "cards", "customer": "excu", "po_number": "PO-7781"},
        {"description": "10234", "set_up": None},
    ],
)
def test_the_job_of_the_order(fields: dict[str, Any]) -> None:
    assert jobs_of(ORDER, [job(**fields)])


@pytest.mark.parametrize(
    "fields",
    [
        {"description": "110234 - Example CU Store"},
        {"description": "102345"},
        {"description": "10,234 postcards"},
        {"description": "10234.5 sq ft of vinyl"},
        {"description": "cards, 10234 pieces"},
        {"web_order_id": "102340"},
        {"customer": "EXCU"},
        {"po_number": "PO-7781"},
        {"description": "10234 - Example CU Store", "set_up": PLACED - timedelta(days=300)},
        {"description": "cards", "customer": "EXCU", "po_number": "PO-7781", "set_up": PLACED - timedelta(days=9)},
    ],
)  # fmt: skip
def test_a_job_of_something_else(fields: dict[str, Any]) -> None:
    assert jobs_of(ORDER, [job(**fields)]) == ()


def test_the_strongest_evidence_decides() -> None:
    sure = job("20001", web_order_id="10234")
    weak = job("20002", description="reprint of 10234", customer="EXCU")
    assert jobs_of(ORDER, [weak, sure]) == (sure,)


def test_several_jobs_of_one_order_come_by_their_number() -> None:
    jobs = [job(number, web_order_id=f"10234-{number}") for number in ("20010", "9999", "20002")]
    assert [found.number for found in jobs_of(ORDER, jobs)] == ["9999", "20002", "20010"]


def test_two_jobs_of_one_po_are_none_of_the_order() -> None:
    jobs = [job(number, po_number="PO-7781", customer="EXCU") for number in ("1", "2")]
    assert jobs_of(ORDER, jobs) == ()


def test_the_default_po_number_names_no_order() -> None:
    nameless = SoughtOrder(10234, customer="EXCU", placed=PLACED)
    assert jobs_of(nameless, [job(po_number="9999", customer="EXCU")]) == ()
