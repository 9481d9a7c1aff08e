"""Recognizing an order's job in Pace, however Pace, staff or a renamed storefront have changed its description."""

import pytest

from integrations.clients.schemas import PaceJobFound
from integrations.planning.found_jobs import Sought, recognize

WHOLE = Sought(10234, "order", "10234 - Example Credit Union Store")
SPLIT = Sought(10234, "1-2", "10234 - Example CU Store - Lobby poster (1-2)")


def numbers(found: list[PaceJobFound], sought: Sought, *known: str) -> tuple[list[str], list[str]]:
    seen = recognize(found, sought, set(known))
    return [job.number for job in seen.mine], [job.number for job in seen.unexplained]


@pytest.mark.parametrize(
    ("sought", "description", "web_order_id"),
    [
        (WHOLE, "10234 - Example Credit Union Store", ""),
        (WHOLE, "10234 - EXAMPLE CREDIT  UNION STORE", ""),
        (WHOLE, "10234 - Example Credit Un", ""),
        (WHOLE, "10234 - Example Cred", ""),  # the least that counts as cut
        (WHOLE, "10234 - The old name of the store", "10234"),
        (SPLIT, "10234 - Example CU Store - Lobby poster (1-2)", ""),
        (SPLIT, "10234 - Old name - Lobby poster (1-2)", ""),
        (SPLIT, "10234 - Old name - 10234-1-2", ""),
        (SPLIT, "10234 - Exa", "10234-1-2"),
    ],
)
def test_a_job_is_recognized(sought: Sought, description: str, web_order_id: str) -> None:
    assert numbers([PaceJobFound("1", description, web_order_id)], sought) == (["1"], [])


@pytest.mark.parametrize(
    ("sought", "description", "web_order_id"),
    [
        (WHOLE, "10234 - Another name", ""),
        (WHOLE, "10234 - Exa", ""),
        (WHOLE, "10234 - Example Cre", ""),
        (WHOLE, "10234 - Example Credit Un", "10234-1-1"),
        (WHOLE, "10234 - Store - Poster (1-1)", "10234-1-1"),
        (SPLIT, "10234 - Example CU Store", "10234"),
        (SPLIT, "10234 - Example CU Store", ""),
        (SPLIT, "10234 - Example CU Store - Size 4 (2 sides)", ""),
    ],
)
def test_another_job_of_the_order_is_for_a_person(
    sought: Sought, description: str, web_order_id: str
) -> None:
    assert numbers([PaceJobFound("1", description, web_order_id)], sought) == ([], ["1"])


@pytest.mark.parametrize(
    ("description", "web_order_id"),
    [("10234 - Store - Poster (1-1)", ""), ("10234 - Store - 10234-2-1", ""), ("10234 - S", "10234-1-1")],
)
def test_a_sibling_is_neither_the_job_nor_a_question(description: str, web_order_id: str) -> None:
    assert numbers([PaceJobFound("1", description, web_order_id)], SPLIT) == ([], [])


def test_a_job_that_is_known_as_another_one_is_left_out() -> None:
    """Another account may have an order of the same number and the same Pace customer."""
    found = [
        PaceJobFound("1", "10234 - Example Credit Union Store"),
        PaceJobFound("2", "10234 - Other", "10234"),
    ]
    assert numbers(found, WHOLE, "2") == (["1"], [])


def test_several_are_all_named() -> None:
    found = [PaceJobFound("1", WHOLE.description), PaceJobFound("2", "10234 - Copy", "10234")]
    assert numbers(found, WHOLE) == (["1", "2"], [])
