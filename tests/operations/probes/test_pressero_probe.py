"""`probe_pressero`: what it reads, what it says of keys, and that it writes nothing. Real HTTP to the sandbox."""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from integrations.models import PresseroAccount
from integrations.operations.probes import exchanges
from integrations.operations.probes.pace_seen import AskedFact
from integrations.operations.probes.pressero_assumptions import ASSUMPTIONS, KEYS
from integrations.operations.probes.pressero_verdicts import PresseroSeen, findings, key_lists, keys_of
from integrations.operations.probes.report import ProbeReport, ProbeResult
from integrations.operations.probes.running import probe_pressero
from integrations.simulation.sandbox.pressero.builders import ItemDraft, OrderDraft
from integrations.simulation.sandbox.replay import ReplayServer
from tests.conftest import Hub


def place(hub: Hub) -> int:
    item = ItemDraft(
        "Business Card",
        quantity=2,
        price="48.25",
        method="Ground",
        options={"Paper": "14 pt"},
        files=["card.pdf"],
    )
    return hub.pressero.place(
        OrderDraft("Example CU Store", "avery@example.com", [item], po_number="PO-1"), notify=False
    )


def result(report: ProbeReport, assumption: str) -> ProbeResult:
    [finding] = [one for one in report.findings if one.assumption.id == assumption]
    return finding.result


def item_result(assumption: str, *keys: str) -> ProbeResult:
    seen = PresseroSeen(keys={"item": list(keys)})
    [finding] = [one for one in findings(seen) if one.assumption.id == assumption]
    return finding.result


def test_the_document_lists_the_assumptions_in_their_sections_with_how_sure_they_are() -> None:
    text = Path(__file__).parents[3].joinpath("docs/pressero.md").read_text(encoding="utf-8")
    listed = [
        (section.partition("\n")[0], *line[:2], not line[2])
        for section in re.split(r"^## \d+\. ", text, flags=re.MULTILINE)[1:]
        for line in re.findall(r"^\| (.+?) \| (high|medium|unknown) \| (copes)?", section, flags=re.MULTILINE)
    ]
    assert sorted(listed) == sorted(
        (one.section, one.sentence, one.mark, one.relied_on) for one in ASSUMPTIONS
    )


def test_every_line_of_keys_is_an_assumption() -> None:
    assert set(KEYS) <= {one.id for one in ASSUMPTIONS}


def test_the_sandbox_is_as_the_hub_expects(hub: Hub) -> None:
    number = place(hub)
    report = probe_pressero(hub.account, number=number).report
    assert report.held
    assert [one.assumption.id for one in report.of(ProbeResult.UNSEEN)] == []


def test_it_reads_and_writes_nothing(hub: Hub) -> None:
    number = place(hub)
    hub.pressero.clear_calls()
    probe_pressero(hub.account, number=number)
    written = [call for call in hub.pressero.calls if call.method not in ("GET", "POST")]
    posted = {call.path for call in hub.pressero.calls if call.method == "POST"}
    assert written == []
    assert all(re.search(r"Authentication|Search", path, re.IGNORECASE) for path in posted)


def test_without_a_number_it_reads_the_last_order_of_the_search(hub: Hub) -> None:
    place(hub)
    last = place(hub)
    assert probe_pressero(hub.account).report.facts["order"] == last


def test_an_account_without_orders_is_told_to_name_one(hub: Hub) -> None:
    report = probe_pressero(hub.account).report
    assert result(report, "order_read") is ProbeResult.UNSEEN
    assert "Name one" in report.remarks[0]


def test_an_order_that_is_not_there_is_no_fault_of_the_account(hub: Hub) -> None:
    report = probe_pressero(hub.account, number=999_999).report
    assert result(report, "order_read") is ProbeResult.UNSEEN
    assert result(report, "shipping_methods") is ProbeResult.HOLDS


@pytest.mark.parametrize(
    ("assumption", "keys", "expected"),
    [
        ("quantities", ("Quantity",), ProbeResult.HOLDS),
        ("quantities", ("QTY",), ProbeResult.FAILS),
        ("approvals", ("isapproved", "ISDENIED"), ProbeResult.HOLDS),
        ("approvals", ("IsApproved",), ProbeResult.FAILS),
        ("products", ("Product.ProductId", "ProductName"), ProbeResult.HOLDS),
        (
            "ship_to",
            ("ShipToAddress1", "ShipToCity", "ShiptoStateProvince", "ShipToPostal", "ShipToCountry"),
            ProbeResult.HOLDS,
        ),
        ("files", ("Assets",), ProbeResult.FAILS),
    ],
)
def test_a_line_holds_when_each_of_its_keys_or_another_spelling_is_there(
    assumption: str, keys: tuple[str, ...], expected: ProbeResult
) -> None:
    assert item_result(assumption, *keys) is expected


def test_what_an_order_says_may_stand_on_its_items() -> None:
    seen = PresseroSeen(
        keys={"order": ["OrderNumber", "OrderId"], "item": ["SiteId"]}, asked={"login": AskedFact(True)}
    )
    [finding] = [one for one in findings(seen) if one.assumption.id == "order_numbers"]
    assert finding.result is ProbeResult.HOLDS


def test_keys_nobody_reads_are_listed_as_unknown() -> None:
    seen = PresseroSeen(keys={"item": ["Price", "Assets", "ShipToFax", "CalculatorId"]})
    assert key_lists(seen)["item"]["unknown"] == ["Assets", "CalculatorId"]


def test_a_key_whose_other_spelling_is_there_is_not_missing() -> None:
    lists = key_lists(PresseroSeen(keys={"order": ["OrderNumber", "OrderId", "OrderTotal"]}))["order"]
    assert lists["found"] == ["OrderNumber", "OrderId", "OrderTotal"]
    assert "ID" not in lists["missing"]
    assert "SiteId" in lists["missing"]


def test_keys_of_objects_within_have_a_dot() -> None:
    assert keys_of([{"Product": {"MisId": 1}}, {"Price": 2}]) == ["Product", "Product.MisId", "Price"]


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("probe_pressero", *arguments, stdout=out)
    except SystemExit as left:
        return int(left.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_the_command_prints_the_report(hub: Hub) -> None:
    code, text = run(hub.account.name, str(place(hub)))
    assert (code, "Items name their shipping method." in text, "Nothing was written." in text) == (
        0,
        True,
        True,
    )


def test_the_command_prints_the_keys_as_json(hub: Hub) -> None:
    _, text = run(hub.account.name, str(place(hub)), "--json")
    assert "OrderNumber" in json.loads(text)["facts"]["keys"]["order"]["found"]


def test_an_unknown_account_is_answered_with_those_there_are(hub: Hub) -> None:
    with pytest.raises(CommandError, match=hub.account.slug):
        run("nowhere")


def test_a_recording_has_no_names_and_gives_the_same_report(hub: Hub, tmp_path: Path) -> None:
    path = tmp_path / "account.json"
    run(hub.account.name, str(place(hub)), "--save", str(path))
    text = path.read_text(encoding="utf-8")
    secrets: list[Any] = [
        "Avery",
        "avery@example.com",
        "Example CU Store",
        "Business Card",
        hub.account.username,
    ]
    assert [word for word in secrets if word in text] == []
    recording = exchanges.load(path)
    with ReplayServer(recording) as server:
        account = PresseroAccount(
            name="Replay",
            slug="replay",
            base_url=f"{server.url}/api/",
            username="u",
            password="p",
            subscriber_id="s",
            consumer_id="c",
        )
        report = probe_pressero(account, number=recording["inputs"]["number"]).report
    assert server.missing == []
    assert {one.assumption.id: one.result.value for one in report.findings} == recording["results"]
