"""`probe_pace`: what it writes and takes back, and what it says about plants that differ. Real HTTP to the sandbox."""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from integrations.operations.probes.pace_assumptions import ASSUMPTIONS
from integrations.operations.probes.pace_verdicts import CHECKS
from integrations.operations.probes.report import ProbeReport, ProbeResult
from integrations.operations.probes.running import ProbeOutcome, probe_pace
from integrations.simulation.sandbox.pace.plant import PlantBehavior
from tests.conftest import Hub

DOCS = Path(__file__).parents[3] / "docs"


def probe(
    hub: Hub, plant: PlantBehavior | None = None, *, customer: str = "", **settings: Any
) -> ProbeOutcome:
    if plant is not None:
        hub.pace.behave(plant)
    return probe_pace(hub.set_server(**settings) if settings else hub.server, customer=customer)


def result(report: ProbeReport, assumption: str) -> ProbeResult:
    [finding] = [one for one in report.findings if one.assumption.id == assumption]
    return finding.result


def seen(report: ProbeReport, assumption: str) -> str:
    [finding] = [one for one in report.findings if one.assumption.id == assumption]
    return finding.seen


# The assumptions


def test_every_assumption_has_a_check_and_every_check_an_assumption() -> None:
    assert [one.id for one in ASSUMPTIONS] == list(CHECKS)


def test_the_document_lists_the_assumptions_in_their_sections_with_how_sure_they_are() -> None:
    text = (DOCS / "pace.md").read_text(encoding="utf-8")
    listed = []
    for section in re.split(r"^## \d+\. ", text, flags=re.MULTILINE)[1:]:
        title = section.partition("\n")[0]
        for line in re.findall(
            r"^\| (.+?) \| (high|medium|unknown) \| (copes)?", section, flags=re.MULTILINE
        ):
            listed.append((title, line[0], line[1], not line[2]))
    assert listed == [(one.section, one.sentence, one.mark, one.relied_on) for one in ASSUMPTIONS]


# What it leaves behind


@pytest.mark.parametrize("plant", [PlantBehavior(), PlantBehavior.strict()], ids=["lenient", "strict"])
def test_nothing_stays_in_pace_and_nothing_is_committed(hub: Hub, plant: PlantBehavior) -> None:
    hub.pace.behave(plant)
    before = hub.pace.state()["counts"]
    outcome = probe(hub)
    assert hub.pace.state()["counts"] == before
    assert hub.pace.open_transactions() == []
    assert not [call for call in hub.pace.calls if "/commit" in call.path]
    assert result(outcome.report, "transaction_undone") is ProbeResult.HOLDS


def test_it_says_what_it_is_about_to_do_before_the_first_write(hub: Hub) -> None:
    written_when: list[int] = []

    def say(words: str) -> None:
        if "rolled back at the end" in words:
            written_when.append(sum("/CreateObject/" in call.path for call in hub.pace.calls))

    probe_pace(hub.server, say=say)
    assert written_when == [0]


def test_the_job_has_everything_that_the_hub_writes(hub: Hub) -> None:
    report = probe(hub, PlantBehavior()).report
    for kind in (
        "2 JobShipment",
        "2 Carton",
        "3 CartonContent",
        "3 JobPart",
        "3 ContentFile",
        "1 Customer",
        "1 Contact",
    ):
        assert kind in seen(report, "job_written")


def test_a_customer_that_is_named_is_used_and_none_is_made(hub: Hub) -> None:
    report = probe(hub, PlantBehavior(), customer="EXCU").report
    assert result(report, "job_written") is ProbeResult.HOLDS
    assert "Customer" not in seen(report, "job_written")
    assert [call for call in hub.pace.calls if "createCustomer" in call.path] == []


# What it says about plants


@pytest.mark.parametrize(
    "zone", ["America/Los_Angeles", "America/New_York", "Europe/London", "Asia/Kolkata", "Pacific/Auckland"]
)
def test_a_server_that_takes_utc_is_known(hub: Hub, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_zone(hub, zone, monkeypatch)
    report = probe(hub, PlantBehavior.strict(), time_zone=zone).report
    for assumption in (
        "dates_sent_utc",
        "dates_answered_utc",
        "dates_around_changes",
        "date_columns",
        "date_filters",
    ):
        assert result(report, assumption) is ProbeResult.HOLDS, assumption
    assert [one.setting for one in report.suggestions] == []


def test_a_server_that_takes_its_own_wall_clock_is_known_and_the_setting_is_offered(hub: Hub) -> None:
    plant = PlantBehavior.strict(utc_date_times=False)
    report = probe(hub, plant).report
    assert result(report, "dates_sent_utc") is ProbeResult.FAILS
    [suggestion] = report.suggestions
    assert (suggestion.setting, suggestion.value, suggestion.now) == ("date_times", "local", "utc")


def test_a_server_whose_setting_says_so_already_is_fine(hub: Hub) -> None:
    plant = PlantBehavior.strict(utc_date_times=False)
    report = probe(hub, plant, date_times="local").report
    assert [
        one.assumption.id
        for one in report.findings
        if one.matters and one.assumption.section == "Dates and times"
    ] == []
    assert report.suggestions == ()


def in_zone(hub: Hub, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from zoneinfo import ZoneInfo

    monkeypatch.setattr(hub.pace, "time_zone", ZoneInfo(zone))


@pytest.mark.parametrize(
    ("changes", "assumption", "expected"),
    [
        ({"one_row_more": True}, "row_limit", ProbeResult.FAILS),
        ({"one_row_more": False}, "row_limit", ProbeResult.HOLDS),
        ({"part_numbers": "accepted"}, "part_number_chosen", ProbeResult.HOLDS),
        ({"part_numbers": "ignored"}, "part_number_chosen", ProbeResult.FAILS),
        ({"part_numbers": "refused"}, "part_number_chosen", ProbeResult.FAILS),
        ({"computes_unforced_amounts": True}, "unforced_computed", ProbeResult.FAILS),
        ({"computes_unforced_amounts": False}, "unforced_computed", ProbeResult.HOLDS),
        ({"halves_only": True}, "halves_readable", ProbeResult.HOLDS),
        ({"halves_only": True}, "combined_refused", ProbeResult.HOLDS),
        ({"halves_only": False}, "halves_readable", ProbeResult.FAILS),
        ({"halves_only": False}, "combined_refused", ProbeResult.FAILS),
        ({"halves_only": True, "dates_in_milliseconds": True}, "date_columns", ProbeResult.HOLDS),
        ({"ignores_offsets": True}, "other_offsets", ProbeResult.FAILS),
        ({"utc_date_times": True}, "other_offsets", ProbeResult.HOLDS),
    ],
)
def test_a_plant_that_differs_is_told_by_its_line(
    hub: Hub, changes: dict[str, Any], assumption: str, expected: ProbeResult
) -> None:
    report = probe(hub, PlantBehavior(**changes)).report
    assert result(report, assumption) is expected


def test_a_site_that_cuts_descriptions_is_told(hub: Hub) -> None:
    report = probe(hub, PlantBehavior(description_length=40)).report
    assert result(report, "description_kept") is ProbeResult.FAILS
    assert "(40)" in seen(report, "description_kept")
    assert ("description", True) in [(one.field, len(one.answered) <= 100) for one in report.changed]
    assert not report.held


def test_a_file_that_pace_makes_itself_is_not_linked_a_second_time(hub: Hub) -> None:
    report = probe(hub, PlantBehavior(makes_content_files=True)).report
    assert result(report, "files_once") is ProbeResult.HOLDS
    assert result(report, "files_left_to_us") is ProbeResult.FAILS


def test_several_planned_types_are_offered_as_a_setting(hub: Hub) -> None:
    hub.pace.behave(PlantBehavior())
    hub.pace.put("ShipmentType", id=5002, planned=True)
    [suggestion] = probe(hub).report.suggestions
    assert (suggestion.setting, suggestion.value) == ("shipment_type", 5001)


def test_no_planned_type_does_not_hold(hub: Hub) -> None:
    hub.pace.behave(PlantBehavior())
    hub.pace.put("ShipmentType", id=5001, planned=False)
    assert result(probe(hub, shipment_type=5001).report, "planned_type") is ProbeResult.FAILS


# Answers nobody expected


def test_a_refused_object_ends_the_transaction_and_the_rest_is_asked_with_a_bare_job(hub: Hub) -> None:
    hub.pace.behave(PlantBehavior(halves_only=True, utc_date_times=True))
    hub.pace.faults.add(
        "error_before", path="createCarton\\b", message="Field 'weight' on object 'Carton' is required"
    )
    report = probe(hub).report
    assert result(report, "job_written") is ProbeResult.FAILS
    assert "Field 'weight' on object 'Carton' is required" in seen(report, "job_written")
    assert result(report, "dates_sent_utc") is ProbeResult.HOLDS
    assert result(report, "transaction_undone") is ProbeResult.HOLDS
    assert not report.held


def test_an_answer_that_is_no_json_is_not_held_against_the_plant(hub: Hub) -> None:
    hub.pace.behave(PlantBehavior())
    hub.pace.faults.add("garbage", path="FindObjects/find.type=JobShipment", times=0)
    report = probe(hub).report
    assert result(report, "date_filters") is ProbeResult.UNSEEN
    assert result(report, "job_written") is ProbeResult.HOLDS


def test_a_rollback_without_an_answer_names_the_transaction_and_how_long_it_stays_open(hub: Hub) -> None:
    hub.pace.behave(PlantBehavior())
    hub.pace.faults.add("drop_before", path="/rollback")
    report = probe(hub).report
    [open_one] = hub.pace.open_transactions()
    assert open_one in report.ending
    assert "10 minutes" in report.ending
    assert result(report, "transaction_undone") is not ProbeResult.HOLDS


def test_what_stayed_is_named(hub: Hub) -> None:
    hub.pace.behave(PlantBehavior())
    # A Pace that commits where it was asked to roll back.
    hub.pace.store.rollback = hub.pace.store.commit  # type: ignore[method-assign]
    try:
        report = probe(hub).report
    finally:
        del hub.pace.store.rollback  # type: ignore[method-assign]
    assert result(report, "transaction_undone") is ProbeResult.FAILS
    assert "Job 10001" in report.ending


# The command


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("probe_pace", *arguments, stdout=out)
    except SystemExit as left:
        return int(left.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_the_command_ends_with_1_when_something_relied_on_does_not_hold(hub: Hub) -> None:
    hub.pace.behave(PlantBehavior(description_length=40))
    code, text = run(hub.server.slug)
    assert (code, "A long description with accents stays as it is." in text) == (1, True)


def test_the_command_prints_the_report_as_json_and_nothing_else(hub: Hub) -> None:
    _, text = run(hub.server.slug, "--json")
    report = json.loads(text)
    assert [one["id"] for one in report["assumptions"]] == [one.id for one in ASSUMPTIONS]


def test_a_server_is_found_by_its_name_too(hub: Hub) -> None:
    _, text = run(hub.server.name.upper(), "--json")
    assert json.loads(text)["system"].endswith(hub.server.name)


def test_an_unknown_server_is_answered_with_those_there_are(hub: Hub) -> None:
    with pytest.raises(CommandError, match=hub.server.slug):
        run("nowhere")


def test_a_wrong_password_is_a_sentence(hub: Hub) -> None:
    with pytest.raises(CommandError, match=r"rejected|refused"):
        server = hub.server
        server.password = "wrong"
        server.save()
        run(server.slug)
