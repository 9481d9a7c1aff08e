"""The sandbox Pace over HTTP: paths, credentials, JSON, finding, attachments, and its helpers for tests."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests

from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pace.plant import PlantBehavior
from tests.simulation.sandbox.pace_calls import WHEN, PaceCalls, Refused


@pytest.fixture
def pace() -> Iterator[PaceSandbox]:
    with PaceSandbox(plant=PlantBehavior()) as running:
        yield running


@pytest.fixture
def calls(pace: PaceSandbox) -> PaceCalls:
    return PaceCalls(pace)


# Credentials and paths


@pytest.mark.parametrize("auth", [None, ("sandbox", "wrong"), ("wrong", "sandbox-pace")])
def test_without_the_right_credentials_there_is_only_a_401(calls: PaceCalls, auth: Any) -> None:
    calls.session.auth = auth
    response = calls.raw("GET", "/Version/getVersion")
    assert (response.status_code, response.json()) == (401, {"message": "Unauthorized"})


def test_credentials_can_be_chosen() -> None:
    with PaceSandbox(username="hub", password="pä:ss") as pace:
        calls = PaceCalls(pace)
        calls.session.auth = (b"hub", "pä:ss".encode())  # type: ignore[assignment]
        assert calls.raw("GET", "/Version/getVersion").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/version/getversion"),
        ("GET", "/Version/GetVersion"),
        ("POST", "/CreateObject/createjob"),
        ("POST", "/CreateObject/createWidget"),
        ("GET", "/CreateObject/createJob"),
        ("POST", "/FindObjects/find"),
        ("GET", "/TransactionService/begin"),
        ("GET", ""),
    ],
)
def test_any_other_path_or_method_is_a_404(calls: PaceCalls, method: str, path: str) -> None:
    response = calls.raw(method, path)
    assert response.status_code == 404
    assert "message" in response.json()


def test_a_path_outside_the_services_is_a_404(calls: PaceCalls, pace: PaceSandbox) -> None:
    assert calls.session.get(f"{pace.url}/Version/getVersion", timeout=5).status_code == 404


def test_the_version_is_a_json_string(calls: PaceCalls) -> None:
    assert calls.raw("GET", "/Version/getVersion").json() == "29.0-1704"


def test_a_transaction_id_is_plain_text_like_paces(calls: PaceCalls) -> None:
    response = calls.raw("GET", "/TransactionService/startTransaction?timeOutInMinutes=5")
    assert response.headers["Content-Type"] == "text/plain;charset=iso-8859-1"
    assert response.text.count(":") == 4
    assert response.text.endswith(":")


def test_a_refusal_is_a_500_with_a_message(calls: PaceCalls) -> None:
    response = calls.raw("POST", "/ReadObject/readJob?primaryKey=1")
    assert (response.status_code, response.json()) == (
        500,
        {"message": "Unable to locate object Job with primary key '1'"},
    )


@pytest.mark.parametrize("body", ["", "nonsense", "[]", "5"])
def test_a_body_that_is_no_object_is_refused(calls: PaceCalls, body: str) -> None:
    response = calls.raw("POST", "/CreateObject/createJob", data=body)
    assert response.status_code == 500
    assert "JSON" in response.json()["message"]


# Objects


def test_a_job_made_over_http_can_be_read_back(calls: PaceCalls) -> None:
    made = calls.job(originalQuotedPrice=195.17)
    assert calls.read("Job", made["job"]) == made
    assert made["originalQuotedPrice"] == Decimal("195.17")


def test_names_with_accents_and_quotes_survive(calls: PaceCalls) -> None:
    name = 'Bäckerei «O\'Hara» "& Söhne" 印刷'
    made = calls.create("Customer", custName=name)
    assert calls.read("Customer", made["id"])["custName"] == name


def test_a_delete_answers_nothing_worth_reading(calls: PaceCalls) -> None:
    job = calls.job()["job"]
    calls.delete("Job", job)
    assert calls.find("Job", f"@job = '{job}'") == []


@pytest.mark.parametrize(
    ("type_name", "key", "field", "value"),
    [
        ("Customer", "EXCU", "custName", "Example Credit Union"),
        ("Contact", "5002", "email", "avery@example.com"),
        ("State", "1:TX", "description", "Texas"),
        ("State", "2:ON", "description", "Ontario"),
        ("JobStatus", "C", "openJob", False),
        ("ItemTemplate", "BC-4/4-14PT", "code", "BC-4/4-14PT"),
        ("ShipVia", "5014", "description", "Customer Pickup"),
        ("Country", "2", "isoCountryAlpha3", "CAN"),
        ("ShipmentType", "5001", "planned", True),
    ],
)
def test_a_new_sandbox_has_master_data(
    calls: PaceCalls, type_name: str, key: str, field: str, value: Any
) -> None:
    assert calls.read(type_name, key)[field] == value


# Finding


def test_keys_are_found_as_strings(calls: PaceCalls) -> None:
    assert calls.find("ShipVia", "@description = 'UPS Ground'") == ["5012"]


def test_find_without_a_filter_is_refused(calls: PaceCalls) -> None:
    with pytest.raises(Refused, match="Unable to determine Field from binding expression"):
        calls.find("ShipVia", "")


def test_job_order_types_exist_only_where_the_site_has_them(calls: PaceCalls) -> None:
    with pytest.raises(Refused, match=r"^Unable to locate object JobOrderType$"):
        calls.find("JobOrderType", "@description = 'New Order'")
    with PaceSandbox(job_order_types=True) as other:
        assert PaceCalls(other).find("JobOrderType", "@description = 'New Order'") == ["NEW"]


def test_keys_can_be_sorted(calls: PaceCalls) -> None:
    found = calls.call(
        "POST",
        "/FindObjects/findAndSort",
        type="ShipVia",
        xpath="@id > 0",
        body=[{"xpath": "provider/@name", "descending": True}, {"xpath": "@id", "descending": False}],
    )
    assert found == ["5014", "5012", "5013", "5015", "5010", "5011"]


def test_sorted_keys_can_be_paged(calls: PaceCalls) -> None:
    def page(offset: int) -> Any:
        return calls.call(
            "POST",
            "/FindObjects/findSortAndLimit",
            type="ShipVia",
            xpath="@id > 0",
            offset=offset,
            limit=4,
            body=[{"xpath": "@id", "descending": True}],
        )

    assert (page(0), page(4)) == (["5015", "5014", "5013", "5012"], ["5011", "5010"])


@pytest.mark.parametrize(("offset", "limit"), [(None, 5), (0, None), (-1, 5), ("x", 5)])
def test_paging_needs_whole_numbers(calls: PaceCalls, offset: Any, limit: Any) -> None:
    with pytest.raises(Refused, match="is not a whole number"):
        calls.call(
            "POST",
            "/FindObjects/findSortAndLimit",
            body=[],
            type="ShipVia",
            xpath="@id > 0",
            offset=offset,
            limit=limit,
        )


def load(calls: PaceCalls, **descriptor: Any) -> Any:
    return calls.call("POST", "/FindObjects/loadValueObjects", body=descriptor)


def test_columns_of_many_objects_come_in_one_call(calls: PaceCalls) -> None:
    job = calls.job()["job"]
    answer = load(
        calls,
        objectName="Job",
        xpathFilter="adminStatus/@openJob = 'true'",
        fields=[
            {"name": "customer", "xpath": "customer/@custName"},
            {"name": "due", "xpath": "@promiseDateTime"},
        ],
        offset=0,
        limit=100,
    )
    assert answer == {
        "objectName": "Job",
        "totalRecords": 1,
        "valueObjects": [
            {
                "objectName": "Job",
                "primaryKey": job,
                "children": [],
                "fields": [
                    {
                        "name": "customer",
                        "value": "Example Credit Union",
                        "type": "string",
                        "xpath": "customer/@custName",
                    },
                    {"name": "due", "value": WHEN, "type": "date-time", "xpath": "@promiseDateTime"},
                ],
            }
        ],
    }


def test_the_total_counts_beyond_the_page(calls: PaceCalls) -> None:
    answer = load(
        calls,
        objectName="State",
        xpathFilter="@country = 1",
        xpathSorts=[{"xpath": "@id", "descending": True}],
        offset=1,
        limit=2,
        fields=[],
    )
    assert answer["totalRecords"] == 51
    assert [found["primaryKey"] for found in answer["valueObjects"]] == ["1:WV", "1:WI"]


def test_columns_without_a_filter_are_those_of_every_object(calls: PaceCalls) -> None:
    assert load(calls, objectName="ShipVia", fields=[])["totalRecords"] == 6


def test_columns_of_one_object_can_be_asked_for_by_its_key(calls: PaceCalls) -> None:
    answer = load(
        calls, objectName="State", primaryKey="1:TX", fields=[{"name": "n", "xpath": "@description"}]
    )
    assert [found["fields"][0]["value"] for found in answer["valueObjects"]] == ["Texas"]


@pytest.mark.parametrize(
    "descriptor",
    [
        {},
        {"objectName": "Widget"},
        {"objectName": "Job", "fields": [{"name": "x", "xpath": "@x"}]},
        {"objectName": "Job", "fields": [{"name": "x"}]},
        {"objectName": "Job", "fields": "all"},
        {"objectName": "Job", "limit": "many"},
        {"objectName": "Job", "primaryKey": "1"},
        {"objectName": "Job", "children": [{"objectName": "JobPart"}]},
    ],
)
def test_a_descriptor_that_makes_no_sense_is_refused(calls: PaceCalls, descriptor: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        load(calls, **descriptor)


def test_filters_stay_quick_with_thousands_of_jobs(pace: PaceSandbox, calls: PaceCalls) -> None:
    for number in range(3000):
        pace.put("Job", job=str(number + 1), customer="EXCU", description=f"{number} - Shop", adminStatus="O")
    calls.find("Job", "@job = '1'")
    began = time.perf_counter()
    assert calls.find("Job", '@description = "2999 - Shop" and @customer = "EXCU"') == ["3000"]
    assert calls.read("Job", "3000")["description"] == "2999 - Shop"
    assert time.perf_counter() - began < 0.25


# Attachments


def attach(calls: PaceCalls, data: bytes, key: str, **more: Any) -> Any:
    body = {
        "name": "proof",
        "mimeType": "application/pdf",
        "fileExtension": "pdf",
        "content": base64.b64encode(data).decode(),
    }
    body.update(more)
    path = "/AttachmentService/addAttachment"
    return calls.call("POST", path, body=body, type="Job", pKey=key, attribute="attachments")


def test_an_attachment_can_be_fetched_again(calls: PaceCalls) -> None:
    job = calls.job()["job"]
    key = attach(calls, b"%PDF", job)
    path = "/AttachmentService/getAttachment"
    found = calls.call("GET", path, type="Job", pKey=job, attribute="attachments")
    assert base64.b64decode(found["content"]) == b"%PDF"
    assert calls.call("GET", f"{path}FromKey", attachmentKey=key) == found


def test_all_attachments_of_an_object_can_be_fetched(calls: PaceCalls) -> None:
    job = calls.job()["job"]
    attach(calls, b"1", job, name="one")
    attach(calls, b"2", job, name="two")
    path = "/AttachmentService/getAllAttachments"
    found = calls.call("GET", path, type="Job", pKey=job, attribute="attachments")
    assert [attachment["name"] for attachment in found] == ["one", "two"]


def test_an_attachment_is_listed_as_a_file_of_its_object(calls: PaceCalls, pace: PaceSandbox) -> None:
    job = calls.job()["job"]
    key = attach(calls, b"12345", job)
    assert calls.find("FileAttachment", f"@baseObject = 'Job' and @baseObjectKey = '{job}'") == [key]
    assert pace.objects("FileAttachment")[0]["size"] == 5


def test_an_attachment_needs_an_object_and_base64(calls: PaceCalls) -> None:
    with pytest.raises(Refused, match="Unable to locate object Job"):
        attach(calls, b"1", "1")
    with pytest.raises(Refused, match="base64"):
        attach(calls, b"1", calls.job()["job"], content="%%%")


# Faults that matter most with a remote system that keeps money


def test_a_commit_whose_answer_is_lost_has_happened(calls: PaceCalls, pace: PaceSandbox) -> None:
    pace.faults.add("drop_after", path="commit")
    txn = calls.begin()
    calls.job(txn)
    with pytest.raises(requests.ConnectionError):
        calls.commit(txn)
    assert len(pace.objects("Job")) == 1


def test_a_commit_that_never_arrived_has_not_happened(calls: PaceCalls, pace: PaceSandbox) -> None:
    pace.faults.add("drop_before", path="commit")
    txn = calls.begin()
    calls.job(txn)
    with pytest.raises(requests.ConnectionError):
        calls.commit(txn)
    assert (pace.objects("Job"), pace.open_transactions()) == ([], [txn])


def test_a_late_commit_makes_the_job_after_the_client_gave_up(pace: PaceSandbox) -> None:
    calls = PaceCalls(pace, timeout=0.1)
    pace.faults.add("late", path="commit", seconds=0.3)
    txn = calls.begin()
    calls.job(txn)
    with pytest.raises(requests.ReadTimeout):
        calls.commit(txn)
    assert pace.objects("Job") == []
    deadline = time.monotonic() + 2
    while not pace.objects("Job") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(pace.objects("Job")) == 1


# Helpers for tests and the demo


def test_objects_can_be_put_past_the_rules(pace: PaceSandbox, calls: PaceCalls) -> None:
    pace.put("Job", job="77", adminStatus="C")
    assert calls.read("Job", "77")["adminStatus"] == "C"
    assert pace.objects("JobPart") == []


def test_putting_an_existing_key_changes_that_object(pace: PaceSandbox) -> None:
    pace.put("Customer", id="EXCU", terms=30)
    found = pace.objects("Customer", id="EXCU")[0]
    assert (found["terms"], found["custName"]) == (30, "Example Credit Union")


def test_numbers_that_were_put_are_not_given_again(pace: PaceSandbox, calls: PaceCalls) -> None:
    pace.put("Job", job="10001")
    assert calls.job()["job"] == "10002"


def test_a_reset_leaves_only_the_master_data(pace: PaceSandbox, calls: PaceCalls) -> None:
    calls.job()
    calls.create("Customer", id="TEMP", custName="Example")
    pace.reset()
    assert (pace.objects("Job"), pace.objects("Customer", id="TEMP")) == ([], [])
    assert calls.job()["job"] == "10001"


def test_the_state_of_the_sandbox_can_be_asked_for(pace: PaceSandbox, calls: PaceCalls) -> None:
    job = calls.job()["job"]
    txn = calls.begin()
    state = requests.get(f"{pace.url}/_sandbox/state", timeout=5).json()
    assert state["counts"]["Job"] == 1
    assert state["objects"]["Job"][0]["job"] == job
    assert state["open_transactions"] == [txn]
