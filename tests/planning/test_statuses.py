"""What Pressero is to show for the statuses that Pace's jobs have (docs/statuses.md §1), without a hub."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.clients.pace.status import PaceStatus, PolledJob, PolledShipment
from integrations.clients.schemas import PresseroItem, PresseroOrder, Shipment
from integrations.planning.statuses import (
    Candidate,
    StageChoice,
    StatusSource,
    find_stage,
    is_same_target,
    means_stage,
    same_stage,
    slowest,
    sources_of_items,
    target_for_item,
)
from integrations.planning.tracking import is_known, items_carried, ship_day
from mappings.types import StatusRow

STORE = 7
STANDARD = (
    StageChoice("s1", 1, "Order Received", "Received"),
    StageChoice("s2", 5, "Press", "In production"),
    StageChoice("s3", 9, "Order Completed", "Done"),
)
MAIL = (StageChoice("m1", 1, "Order Received"), StageChoice("m2", 7, "Order Completed"))
WORKFLOWS = {"std": STANDARD, "mail": MAIL}


def reading(number: str = "100", job: str = "O", **parts: str) -> PolledJob:
    found = {
        name.removeprefix("p"): PaceStatus(status, f"name of {status}") for name, status in parts.items()
    }
    return PolledJob(number, PaceStatus(job, f"name of {job}"), True, found)


def row(id_: int, status: str, stage: str, **changes: object) -> StatusRow:
    values = {"storefront_id": None, "level": "job", "workflow": "", "note": ""} | changes
    return StatusRow(id=id_, pace_status=status, pressero_stage=stage, **values)  # type: ignore[arg-type]


def targets(
    polled_jobs: Mapping[str, PolledJob], rows: list[StatusRow], *sources: StatusSource, workflow: str = "std"
) -> list[str]:
    found = target_for_item(
        sources or (StatusSource("order", "01"),),
        polled_jobs,
        rows,
        storefront_id=STORE,
        workflow=workflow,
        order_number=10234,
        tracking={"100": "1Z"},
    )
    return [candidate.stage for candidate in found.candidates]


# --- which rows count ---


@pytest.mark.parametrize(
    ("rows", "stage"),
    [
        ([row(1, "B", "all")], "all"),
        ([row(1, "b ", "any case")], "any case"),
        ([row(1, "B", "all"), row(2, "B", "own", storefront_id=STORE)], "own"),
        ([row(1, "B", "default"), row(2, "B", "flow", workflow="STD")], "flow"),
        ([row(1, "B", "job"), row(2, "B", "part", level="part")], "part"),
        ([row(1, "B", "part", level="part"), row(2, "B", "flow", workflow="std")], "flow"),
        ([row(1, "B", "flow", workflow="std"), row(2, "B", "own", storefront_id=STORE)], "own"),
        ([row(1, "B", "other store", storefront_id=8), row(2, "B", "all")], "all"),
        ([row(1, "B", "other flow", workflow="mail"), row(2, "B", "default")], "default"),
    ],
)
def test_the_most_specific_row_wins(rows: list[StatusRow], stage: str) -> None:
    assert targets({"order": reading(job="B", p01="B")}, rows) == [stage]


def test_without_a_row_there_is_no_stage_and_the_status_is_named() -> None:
    found = target_for_item(
        [StatusSource("order", "01")], {"order": reading(job="B", p01="R")}, [row(1, "X", "x")],
        storefront_id=STORE, workflow="std", order_number=1, tracking={},
    )  # fmt: skip
    assert found.candidates == ()
    [unmapped] = found.unmapped
    assert (unmapped.job_status, unmapped.part_status, unmapped.workflow) == ("B", "R", "std")


def test_a_job_that_was_not_read_asks_for_nothing() -> None:
    assert targets({}, [row(1, "B", "x")]) == []


def test_a_job_that_was_not_read_or_has_no_row_leaves_the_others_their_say() -> None:
    polled_jobs = {"1-2": reading("101", "X"), "1-3": reading("102", "B")}
    sources = [StatusSource(unit, "01") for unit in ("1-1", "1-2", "1-3")]
    assert targets(polled_jobs, [row(1, "B", "bindery")], *sources) == ["bindery"]


def test_a_candidate_says_which_row_gave_it_for_which_job_part_and_status() -> None:
    found = target_for_item(
        [StatusSource("order", "02")], {"order": reading(job="O", p02="B")}, [row(4, "B", "x", level="part")],
        storefront_id=STORE, workflow="std", order_number=10234, tracking={},
    )  # fmt: skip
    [one] = found.candidates
    assert (one.row, one.job, one.part, one.status) == (4, "100", "02", "name of B")
    assert one.reason


def test_a_row_of_the_jobs_status_shows_the_jobs_status() -> None:
    found = target_for_item(
        [StatusSource("order", "02")], {"order": reading(job="O", p02="B")}, [row(1, "O", "x", note="{status}")],
        storefront_id=STORE, workflow="std", order_number=10234, tracking={},
    )  # fmt: skip
    assert found.candidates[0].note == "name of O"


def test_a_job_without_tracking_leaves_its_place_in_the_note_empty() -> None:
    found = target_for_item(
        [StatusSource("order", "01")], {"order": reading(job="O")}, [row(1, "O", "x", note="{tracking}.")],
        storefront_id=STORE, workflow="std", order_number=10234, tracking={},
    )  # fmt: skip
    assert found.candidates[0].note == "."


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("s1", "S1 ", True), ("s1", "s2", False), ("", "", False), ("", "s1", False), ("s1", "", False)],
)
def test_two_stage_ids_are_the_same_in_any_case_and_an_empty_one_is_none(
    one: str, other: str, same: bool
) -> None:
    assert same_stage(one, other) == same


def test_the_note_is_filled_for_the_source_that_asks() -> None:
    found = target_for_item(
        [StatusSource("order", "02")], {"order": reading(job="O", p02="B")},
        [row(1, "B", "x", level="part", note="{order}/{job}/{part}/{status}/{tracking}")],
        storefront_id=STORE, workflow="std", order_number=10234, tracking={"100": "1Z"},
    )  # fmt: skip
    assert found.candidates[0].note == "10234/100/02/name of B/1Z"


def test_every_source_of_an_item_has_its_say() -> None:
    polled_jobs = {"1-1": reading("100", "B"), "1-2": reading("101", "P")}
    rows = [row(1, "B", "bindery"), row(2, "P", "prepress")]
    assert targets(polled_jobs, rows, StatusSource("1-1", "01"), StatusSource("1-2", "01")) == [
        "bindery",
        "prepress",
    ]


# --- stages ---


@pytest.mark.parametrize(
    ("text", "workflow", "stage"),
    [
        ("s2", "std", "s2"),
        (" S2 ", "STD", "s2"),
        ("press", "std", "s2"),
        ("In production", "std", "s2"),
        ("s3", "mail", "m2"),
        ("s2", "mail", None),
        ("nonsense", "std", None),
        ("", "std", None),
        ("s1", "gone", None),
        ("s1", "", None),
    ],
)
def test_a_stage_is_found_in_the_items_own_workflow(text: str, workflow: str, stage: str | None) -> None:
    found = find_stage(text, workflow, WORKFLOWS)
    assert (found.id if found else None) == stage


def candidate(stage: str, row_id: int = 1) -> Candidate:
    return Candidate(stage, "", row_id, "", "100", "01", "")


@given(st.permutations(range(3)))
def test_the_slowest_source_counts_whatever_their_order(order: list[int]) -> None:
    candidates = [candidate(f"s{position + 1}") for position in order]
    stages = {one: STANDARD[int(one.stage[1]) - 1] for one in candidates}
    assert slowest(candidates, stages)[1].id == "s1"


def test_the_same_stage_by_the_same_row_is_no_news() -> None:
    before = [candidate("S1").as_data() | {"note": "old", "part": "02"}]
    assert is_same_target(before, [candidate("s1")])
    assert not is_same_target(before, [candidate("s2")])
    assert not is_same_target(before, [candidate("s1", 2)])
    assert not is_same_target([], [candidate("s1")])


@pytest.mark.parametrize(
    ("wanted", "means"), [("S9", True), (" order cancelled", True), ("", False), ("  ", False), ("other", False)]
)  # fmt: skip
def test_a_setting_names_a_stage_by_id_or_name(wanted: str, means: bool) -> None:
    assert means_stage(wanted, "s9", "Order Cancelled") is means
    assert means_stage(wanted, "", "") is False


# --- items and shipments ---


def item(seq: int, **changes: object) -> PresseroItem:
    return PresseroItem(id=f"i{seq}", seq=seq, quantity=1, **changes)  # type: ignore[arg-type]


def plan(*parts: tuple[str, str, int]) -> dict[str, object]:
    return {
        "jobs": [
            {"unit": unit, "parts": [{"number": number, "item": seq}]} for unit, number, seq in parts
        ]
    }  # fmt: skip


def test_an_item_has_the_parts_that_stand_for_it_and_a_kit_those_of_its_components() -> None:
    order = PresseroOrder(
        id="o", number=1, items=(item(1, is_kit=True), item(2, parent_id="i1"), item(3, parent_id="i1"), item(4))
    )  # fmt: skip
    sources = sources_of_items(plan(("order", "01", 2), ("order", "02", 3), ("order", "03", 4)), order)
    assert sources[1] == (StatusSource("order", "01"), StatusSource("order", "02"))
    assert sources[4] == (StatusSource("order", "03"),)


def test_an_order_without_a_plan_has_no_sources() -> None:
    assert sources_of_items(None, PresseroOrder(id="o", number=1, items=(item(1),))) == {}


SOURCES = {
    1: (StatusSource("order", "01"), StatusSource("order", "02")),  # a kit
    2: (StatusSource("order", "01"),),
    3: (StatusSource("order", "02"),),
    4: (StatusSource("1-1", "01"), StatusSource("1-2", "01")),  # one job per file
}


@pytest.mark.parametrize(
    ("parts", "unit", "carried"),
    [
        (("01",), "order", (2,)),
        (("01", "02"), "order", (1, 2, 3)),
        ((), "order", ()),
        (("09",), "order", ()),
        ((), "1-1", (4,)),
        (("01",), "1-2", (4,)),
    ],
)
def test_a_shipment_carries_the_items_all_of_whose_parts_it_holds(
    parts: tuple[str, ...], unit: str, carried: tuple[int, ...]
) -> None:
    assert items_carried(PolledShipment(5, "100", ("1Z",), parts), unit, SOURCES) == carried


@pytest.mark.parametrize(
    ("numbers", "existing", "known"),
    [
        (["1Z77"], ["1Z77"], True),
        (["1z 77"], ["1Z77 "], True),
        (["1Z77"], ["https://t.example.com/1Z77?x=1"], True),
        (["1Z77"], ["1Z777"], False),
        (["77"], ["1Z77"], False),
        (["1Z1", "1Z2"], ["1Z2, 1Z1"], True),
        (["1Z1", "1Z2"], ["1Z1", "1Z2"], False),
        (["1Z1"], [], False),
        ([], ["1Z1"], False),
        (["a.c"], ["abc"], False),
    ],
)
def test_pressero_knows_a_shipment_by_its_tracking_numbers(
    numbers: list[str], existing: list[str], known: bool
) -> None:
    assert is_known(numbers, [Shipment(id=str(n), tracking=text) for n, text in enumerate(existing)]) is known


def test_the_day_of_a_shipment_never_lies_ahead() -> None:
    from datetime import date

    today, before, after = date(2031, 3, 4), date(2031, 3, 3), date(2031, 3, 9)
    assert [ship_day(day, today) for day in (before, today, after, None)] == [before, today, today, today]
