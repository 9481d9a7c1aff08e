"""Custom holidays of a year, and the Pressero stage of a Pace status."""

from datetime import date

from mappings.resolution import custom_holidays, stage_for_status
from mappings.types import HolidayRow, MappingTable
from tests.mappings.rows import OTHER, OWN, holiday, status


def holidays(*rows: HolidayRow, year: int = 2026) -> dict[date, str]:
    return custom_holidays(MappingTable(holidays=rows), OWN, year)


def test_a_holiday_counts_in_its_year_only() -> None:
    assert holidays(holiday(1, "2025-12-24")) == {}
    assert holidays(holiday(1, "2026-12-24", "Eve")) == {date(2026, 12, 24): "Eve"}


def test_a_yearly_holiday_counts_in_every_year() -> None:
    assert holidays(holiday(1, "2020-12-24", every_year=True), year=2031) == {date(2031, 12, 24): "H1"}


def test_29_february_is_no_holiday_in_other_years() -> None:
    assert holidays(holiday(1, "2024-02-29", every_year=True), year=2026) == {}
    assert holidays(holiday(1, "2024-02-29", every_year=True), year=2028) == {date(2028, 2, 29): "H1"}


def test_a_holiday_of_another_storefront_does_not_count() -> None:
    assert holidays(holiday(1, "2026-12-24", for_=OTHER)) == {}


def test_the_storefronts_own_name_of_a_holiday_wins() -> None:
    both = holiday(1, "2026-12-24", "All"), holiday(2, "2026-12-24", "Own", for_=OWN)
    assert holidays(*both) == {date(2026, 12, 24): "Own"}


def test_holidays_come_in_order_of_date() -> None:
    assert list(holidays(holiday(1, "2026-12-24"), holiday(2, "2026-01-02"))) == [
        date(2026, 1, 2),
        date(2026, 12, 24),
    ]


def test_own_status_row_wins_over_everything_of_all_storefronts() -> None:
    rows = status(1, workflow="W", level="part"), status(2, for_=OWN)
    assert (
        stage_for_status(rows, OWN, job_status="S", part_status="S", workflow="W").pressero_stage == "stage 2"
    )


def test_this_workflow_wins_over_part_before_job() -> None:
    rows = status(1, level="part"), status(2, workflow="W")
    assert (
        stage_for_status(rows, OWN, job_status="S", part_status="S", workflow="W").pressero_stage == "stage 2"
    )


def test_part_status_wins_over_job_status() -> None:
    rows = status(1), status(2, "P", level="part")
    assert stage_for_status(rows, OWN, job_status="S", part_status="P").pressero_stage == "stage 2"


def test_a_row_of_another_workflow_does_not_count() -> None:
    answer = stage_for_status([status(1, workflow="W")], OWN, job_status="S", workflow="V")
    assert (answer.pressero_stage, answer.source.kind) == ("", "none")


def test_a_row_of_a_workflow_does_not_count_for_an_item_without_one() -> None:
    assert stage_for_status([status(1, workflow="W")], OWN, job_status="S").source.kind == "none"


def test_a_status_row_of_another_storefront_does_not_count() -> None:
    assert stage_for_status([status(1, for_=OTHER)], OWN, job_status="S").source.kind == "none"


def test_a_job_row_does_not_match_the_parts_status() -> None:
    assert stage_for_status([status(1)], OWN, part_status="S").source.kind == "none"


def test_no_status_matches_no_row() -> None:
    assert stage_for_status([status(1, pace_status="")], OWN).source.kind == "none"


def test_the_stage_comes_with_its_note_row_and_reason() -> None:
    answer = stage_for_status([status(4, workflow="w", for_=OWN)], OWN, job_status=" s", workflow="W ")
    assert (answer.note, answer.source.kind, answer.source.row_id) == ("note 4", "statuses", 4)
    assert (
        answer.source.reason
        == "the status mapping for job status S in this workflow (row 4, this storefront)"
    )


def test_a_row_may_name_the_workflow_by_its_name() -> None:
    rows = status(1), status(2, workflow="Print Production")
    asked = {"job_status": "S", "workflow": "wf-1"}
    assert stage_for_status(rows, OWN, **asked, workflow_name=" print production").pressero_stage == "stage 2"
    assert stage_for_status(rows, OWN, **asked, workflow_name="Other").pressero_stage == "stage 1"
