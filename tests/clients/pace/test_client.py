"""Pace's verbs, against recorded kinds of answers."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import responses

from integrations.clients.http.answers import CallRecord
from integrations.clients.pace.client import PaceClient, PaceConfig
from integrations.clients.pace.xpath import field_above, field_equals
from integrations.clients.schemas import PaceContact, PaceJobFound, PaceState
from integrations.errors import (
    ConfigError,
    CredentialError,
    OutcomeUnknown,
    PermanentError,
    TransientError,
)

BASE = "https://pace.example.com/rpc/rest/services"
LOAD = f"{BASE}/FindObjects/loadValueObjects"
ALL = field_above("id", 0)
CONFIG = PaceConfig("pace.example.com", "hub", "p\u00e4ss-word", "demo", "America/New_York")


@pytest.fixture
def pace(records: list[CallRecord]) -> PaceClient:
    return PaceClient(CONFIG, observer=records.append, correlation_id="abc")


@pytest.fixture
def web() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def query(web: responses.RequestsMock, call: int = 0) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(web.calls[call].request.url or "").query))


def sent(web: responses.RequestsMock, call: int = 0) -> Any:
    return json.loads(web.calls[call].request.body or "null")


def refusal(message: str) -> dict[str, Any]:
    return {"status": 500, "json": {"message": message}}


def value_objects(rows: list[dict[str, Any]], total: int | None = None) -> dict[str, Any]:
    return {
        "totalRecords": len(rows) if total is None else total,
        "objectName": "x",
        "valueObjects": [
            {
                "primaryKey": row["primaryKey"],
                "children": [],
                "fields": [
                    {"name": name, "value": value, "type": "String", "xpath": f"@{name}"}
                    for name, value in row.items()
                    if name != "primaryKey"
                ],
            }
            for row in rows
        ],
    }


# --- The way there ------------------------------------------------------------------------------------------


def test_version_comes_as_text_or_json(pace: PaceClient, web: responses.RequestsMock) -> None:
    web.get(f"{BASE}/Version/getVersion", body="29.0-1704", content_type="text/plain")
    web.get(f"{BASE}/Version/getVersion", body='"30.1"')
    assert [pace.version(), pace.version()] == ["29.0-1704", "30.1"]


def test_basic_credentials_are_utf8(pace: PaceClient, web: responses.RequestsMock) -> None:
    web.get(f"{BASE}/Version/getVersion", body="1")
    pace.version()
    header = web.calls[0].request.headers["Authorization"]
    assert base64.b64decode(header.removeprefix("Basic ")).decode() == "hub:p\u00e4ss-word"


def test_no_record_holds_the_password(
    pace: PaceClient, web: responses.RequestsMock, records: list[CallRecord]
) -> None:
    login = base64.b64encode("hub:p\u00e4ss-word".encode()).decode()
    web.get(f"{BASE}/Version/getVersion", status=401, body=f"no {login} p\u00e4ss-word")
    with pytest.raises(CredentialError) as caught:
        pace.version()
    assert caught.value.evidence is not None
    shown = repr(records) + str(caught.value) + caught.value.evidence.answer + repr(pace.config)
    assert login not in shown
    assert "p\u00e4ss-word" not in shown


def test_a_bad_address_is_a_matter_of_settings() -> None:
    with pytest.raises(ConfigError, match="Pace server demo: The address"):
        PaceClient(PaceConfig("ftp://x", "u", "p", "demo", "UTC"))


# --- Transactions -------------------------------------------------------------------------------------------


def test_start_transaction_gives_the_id(pace: PaceClient, web: responses.RequestsMock) -> None:
    web.get(
        f"{BASE}/TransactionService/startTransaction",
        body="bb14:38:0:0177:",
        content_type="text/plain;charset=iso-8859-1",
    )
    assert pace.start_transaction(5) == "bb14:38:0:0177:"
    assert query(web) == {"timeOutInMinutes": "5"}
    assert web.calls[0].request.headers["Accept"] == "text/plain"


def test_a_page_of_html_is_no_transaction_id(pace: PaceClient, web: responses.RequestsMock) -> None:
    web.get(f"{BASE}/TransactionService/startTransaction", body="<html>login</html>")
    with pytest.raises(TransientError):
        pace.start_transaction(5)


def test_commit_returns_when_pace_says_true(pace: PaceClient, web: responses.RequestsMock) -> None:
    web.get(f"{BASE}/TransactionService/commit", body="true")
    pace.commit("b:1:")
    assert query(web) == {"txnId": "b:1:"}


@pytest.mark.parametrize(
    "answer",
    [
        {"body": "false"},
        {"body": "<html></html>"},
        {"body": ""},
        {"status": 503},
        {"status": 404},
        refusal("Transaction b:1: does not exist or has ended"),
        refusal("Deadlock"),
        {"body": requests.exceptions.ReadTimeout()},
        {"body": requests.exceptions.ConnectionError("RemoteDisconnected")},
    ],
)
def test_a_commit_that_is_not_surely_undone_is_unknown(
    pace: PaceClient, web: responses.RequestsMock, answer: dict[str, Any]
) -> None:
    web.get(f"{BASE}/TransactionService/commit", **answer)
    with pytest.raises(OutcomeUnknown):
        pace.commit("b:1:")
    assert len(web.calls) == 1


def test_a_commit_that_was_never_sent_is_transient(pace: PaceClient, web: responses.RequestsMock) -> None:
    web.get(f"{BASE}/TransactionService/commit", body=requests.exceptions.ConnectTimeout())
    with pytest.raises(TransientError) as caught:
        pace.commit("b:1:")
    assert caught.value.surely_not_sent


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ({"body": "true"}, True),
        ({"body": "false"}, False),
        (refusal("Transaction b:1: does not exist or has ended"), False),
        (refusal("Unable to locate transaction b:1:"), False),
        (refusal("Invalid transaction id"), False),
        ({"status": 404, "json": {"message": "No such transaction"}}, False),
    ],
)
def test_rollback_tells_whether_there_was_something_to_undo(
    pace: PaceClient, web: responses.RequestsMock, answer: dict[str, Any], result: bool
) -> None:
    web.get(f"{BASE}/TransactionService/rollback", **answer)
    assert pace.rollback("b:1:") is result


def test_a_rollback_that_fails_otherwise_is_transient(pace: PaceClient, web: responses.RequestsMock) -> None:
    web.get(f"{BASE}/TransactionService/rollback", status=503)
    with pytest.raises(TransientError):
        pace.rollback("b:1:")


# --- Objects ------------------------------------------------------------------------------------------------


def test_create_sends_fields_and_gives_the_object(pace: PaceClient, web: responses.RequestsMock) -> None:
    web.post(f"{BASE}/CreateObject/createJob", body='{"job": "112823", "amountToInvoice": 264.5700}')
    made = pace.create(
        "Job",
        {
            "amountToInvoice": Decimal("264.57"),
            "promiseDateTime": datetime.fromisoformat("2026-11-23T17:00:00"),
        },
        "b:1:",
    )
    assert made == {"job": "112823", "amountToInvoice": Decimal("264.57")}
    assert (
        web.calls[0].request.body == b'{"amountToInvoice": 264.57, "promiseDateTime": "2026-11-23T22:00:00Z"}'
    )
    assert web.calls[0].request.headers["Content-Type"] == "application/json"
    assert query(web) == {"txnId": "b:1:"}


@pytest.mark.parametrize("value", [date(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC), 1.5])
def test_a_value_pace_would_misread_never_leaves(
    pace: PaceClient, web: responses.RequestsMock, value: object
) -> None:
    with pytest.raises(TypeError):
        pace.create("Job", {"at": value})
    assert len(web.calls) == 0


def test_update_goes_to_its_own_path(pace: PaceClient, web: responses.RequestsMock) -> None:
    web.post(f"{BASE}/UpdateObject/updateJobPart", json={"primaryKey": "1:01"})
    assert pace.update("JobPart", {"primaryKey": "1:01", "qtyOrdered": 5}) == {"primaryKey": "1:01"}
    assert query(web) == {}


def test_a_refused_create_carries_paces_sentence(pace: PaceClient, web: responses.RequestsMock) -> None:
    web.post(f"{BASE}/CreateObject/createJobShipment", **refusal("Unknown field 'x' on object 'JobShipment'"))
    with pytest.raises(PermanentError, match="Unknown field 'x' on object 'JobShipment'"):
        pace.create("JobShipment", {"x": 1})


@pytest.mark.parametrize(
    "answer",
    [{"status": 502}, {"body": "<html>"}, {"body": requests.exceptions.ReadTimeout()}, {"body": "[]"}],
)
def test_a_write_without_a_usable_answer_is_unknown(
    pace: PaceClient, web: responses.RequestsMock, answer: dict[str, Any]
) -> None:
    web.post(f"{BASE}/CreateObject/createJob", **answer)
    with pytest.raises(OutcomeUnknown):
        pace.create("Job", {})


@pytest.mark.parametrize("body", [{}, {"job": ""}])
def test_a_written_object_without_its_key_is_no_answer(
    pace: PaceClient, web: responses.RequestsMock, body: dict[str, Any]
) -> None:
    web.post(f"{BASE}/CreateObject/createJob", json=body)
    with pytest.raises(OutcomeUnknown):
        pace.create("Job", {})


@pytest.mark.parametrize("type_", ["", "Job/../Customer", "Job?x=1", "Job Part"])
def test_a_type_that_is_none_never_leaves(pace: PaceClient, type_: str) -> None:
    with pytest.raises(ValueError, match="is not a type of Pace object"):
        pace.create(type_, {})


def test_read_gives_the_object(pace: PaceClient, web: responses.RequestsMock) -> None:
    web.post(f"{BASE}/ReadObject/readJobPart", json={"job": "112823"})
    assert pace.read("JobPart", "112823:01", "b:1:") == {"job": "112823"}
    assert query(web) == {"primaryKey": "112823:01", "txnId": "b:1:"}
    assert web.calls[0].request.body is None


@pytest.mark.parametrize(
    "answer",
    [
        refusal("Unable to locate object Job with primary key '1'"),
        {"status": 404, "json": {"message": "Not there"}},
        {"body": "null"},
    ],
)
def test_read_of_what_is_not_there_is_none(
    pace: PaceClient, web: responses.RequestsMock, answer: dict[str, Any]
) -> None:
    web.post(f"{BASE}/ReadObject/readJob", **answer)
    assert pace.read("Job", "1") is None


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal("Cannot convert value 'x'"), PermanentError),
        ({"status": 404, "body": "<html>Tomcat</html>"}, ConfigError),
        ({"status": 500, "body": "oops"}, TransientError),
    ],
)
def test_other_failures_of_a_read_are_raised(
    pace: PaceClient, web: responses.RequestsMock, answer: dict[str, Any], error: type[Exception]
) -> None:
    web.post(f"{BASE}/ReadObject/readJob", **answer)
    with pytest.raises(error):
        pace.read("Job", "1")


# --- Finding ------------------------------------------------------------------------------------------------


def test_find_gives_keys_as_text(pace: PaceClient, web: responses.RequestsMock) -> None:
    web.get(f"{BASE}/FindObjects/find", json=["1", 2])
    assert pace.find("Job", field_equals("customer", "A & B"), "b:1:") == ["1", "2"]
    assert query(web) == {"type": "Job", "xpath": '@customer = "A & B"', "txnId": "b:1:"}
    assert "+" not in (web.calls[0].request.url or "")


def test_the_jobs_of_an_order_are_asked_for_by_customer_and_number_alone(
    pace: PaceClient, web: responses.RequestsMock
) -> None:
    """A description may hold both kinds of quotes, which no filter can, and Pace may have changed it."""
    fields = [{"name": "description", "value": "10234 - 4' x 8\""}, {"name": "webOrderID", "value": None}]
    web.post(LOAD, json={"totalRecords": 1, "valueObjects": [{"primaryKey": "1", "fields": fields}]})
    assert pace.jobs_of_order(10234, "ACME") == [PaceJobFound("1", "10234 - 4' x 8\"", "")]
    assert sent(web)["xpathFilter"] == (
        '@customer = "ACME" and (starts-with(@description, "10234 - ") or @description = "10234")'
    )


@pytest.mark.parametrize(("found", "exists"), [(["ACME"], True), ([], False)])
def test_customer_exists(
    pace: PaceClient, web: responses.RequestsMock, found: list[str], exists: bool
) -> None:
    web.get(f"{BASE}/FindObjects/find", json=found)
    assert pace.customer_exists("ACME") is exists


def test_a_blank_customer_does_not_exist(pace: PaceClient) -> None:
    assert pace.customer_exists(" ") is False


def test_load_names_columns_and_gives_plain_rows(pace: PaceClient, web: responses.RequestsMock) -> None:
    web.post(
        LOAD,
        json={
            "valueObjects": [
                {
                    "primaryKey": 7,
                    "fields": [
                        {"name": "DESCRIPTION", "value": "x"},
                        {"name": "?", "xpath": "adminStatus/@openJob", "value": True},
                    ],
                }
            ],
            "totalRecords": 1,
        },
    )
    rows = pace.load("Job", ALL, ["description", "adminStatus/@openJob", "poNum"], sort=["-job"])
    assert rows == [{"description": "x", "adminStatus/@openJob": True, "poNum": None, "primaryKey": "7"}]
    assert sent(web) == {
        "objectName": "Job",
        "xpathFilter": "@id > 0",
        "xpathSorts": [{"xpath": "@job", "descending": True}],
        "offset": 0,
        "limit": 1000,
        "fields": [
            {"name": "description", "xpath": "@description"},
            {"name": "adminStatus_openJob", "xpath": "adminStatus/@openJob"},
            {"name": "poNum", "xpath": "@poNum"},
        ],
    }


def paging(keys: list[int], page: int, total: int | None) -> Callable[..., tuple[int, dict[str, str], str]]:
    """A Pace that gives at most `page` objects a call and announces `total`."""

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        body = json.loads(request.body)
        part = keys[body["offset"] :][: min(page, body["limit"])]
        return 200, {}, json.dumps(value_objects([{"primaryKey": str(key)} for key in part], total))

    return answer


@pytest.mark.parametrize(
    ("keys", "page", "total"),
    [
        ([], 10, 0),
        ([1, 2, 3], 10, 3),
        (list(range(1, 11)), 10, 10),
        (list(range(1, 26)), 10, 25),
        (list(range(1, 26)), 10, 0),  # a Pace that announces nothing
        (list(range(1, 26)), 4, 25),  # a Pace with smaller pages than asked for
        (list(range(1, 26)), 10, 1_000),  # a Pace that announces too many
    ],
)
def test_load_reads_every_page_whatever_is_announced(
    pace: PaceClient, web: responses.RequestsMock, keys: list[int], page: int, total: int
) -> None:
    web.add_callback(responses.POST, LOAD, callback=paging(keys, page, total))
    rows = pace.load("Job", ALL, [], limit=10)
    assert [int(row["primaryKey"]) for row in rows] == keys


def test_load_notices_that_pages_repeat(pace: PaceClient, web: responses.RequestsMock) -> None:
    web.post(LOAD, json=value_objects([{"primaryKey": "1"}, {"primaryKey": "2"}], total=50))
    with pytest.raises(ConfigError, match="again and again"):
        pace.load("Job", ALL, [], limit=2)


# --- Contacts and lists -------------------------------------------------------------------------------------


def contact_row(key: str, email: str | None, **rest: Any) -> dict[str, Any]:
    empty = {"customer": None, "firstName": None, "lastName": None, "companyName": None, "active": None}
    return {"primaryKey": key, "id": int(key), "email": email, **empty, **rest}


def test_contacts_are_asked_for_in_two_spellings_with_one_call(
    pace: PaceClient, web: responses.RequestsMock
) -> None:
    web.post(LOAD, json=value_objects([]))
    assert pace.contacts_by_email("Avery@Example.com") == []
    assert sent(web)["xpathFilter"] == '@email = "Avery@Example.com" or @email = "avery@example.com"'


def test_contacts_are_compared_without_case_and_blanks(pace: PaceClient, web: responses.RequestsMock) -> None:
    rows = [
        contact_row("1", "AVERY@example.com", customer="ACME", active=False),
        contact_row("2", "other@example.com"),
        contact_row("3", " avery@example.com "),
        contact_row("4", None),
    ]
    web.post(LOAD, json=value_objects(rows))
    found = pace.contacts_by_email("avery@example.com")
    assert [(one.id, one.customer, one.active) for one in found] == [(1, "ACME", False), (3, "", True)]


def test_all_contacts_of_the_customer_are_compared_here_in_one_call(
    pace: PaceClient, web: responses.RequestsMock
) -> None:
    rows = [
        contact_row("1", "Avery.Sample@Example.com", customer="ACME"),
        contact_row("2", "other@example.com", customer="ACME"),
        contact_row("3", "office@example.com; \u200eavery.sample@example.com", customer="ACME"),
    ]
    web.post(LOAD, json=value_objects(rows))
    assert [one.id for one in pace.contacts_alike("avery.sample@example.com", "ACME")] == [1, 3]
    assert sent(web)["xpathFilter"] == '@customer = "ACME"'


def test_without_a_customer_the_contacts_of_the_domain_are_compared(
    pace: PaceClient, web: responses.RequestsMock
) -> None:
    web.post(LOAD, json=value_objects([contact_row("1", "Avery@Example.com", customer="ACME")]))
    assert [one.id for one in pace.contacts_alike("avery@example.com")] == [1]
    assert sent(web)["xpathFilter"] == (
        'contains(@email, "example.com") or contains(@email, "xample.com") or contains(@email, "EXAMPLE.COM") or '
        'contains(@email, "Example.Com")'
    )


def test_an_email_without_a_domain_is_like_no_other(pace: PaceClient) -> None:
    assert pace.contacts_alike("avery@") == []


def test_a_blank_email_has_no_contacts(pace: PaceClient) -> None:
    assert pace.contacts_by_email("  ") == []


def test_an_email_that_cannot_be_asked_for_is_refused(pace: PaceClient) -> None:
    with pytest.raises(PermanentError, match="email"):
        pace.contacts_by_email("a\"'@example.com")


def test_contact_by_id(pace: PaceClient, web: responses.RequestsMock) -> None:
    web.post(LOAD, json=value_objects([contact_row("7", "a@b.c", firstName="Avery")]))
    assert pace.contact(7) == PaceContact(id=7, email="a@b.c", first_name="Avery")
    assert sent(web)["xpathFilter"] == "@id = 7"


def test_a_missing_contact_is_none(pace: PaceClient, web: responses.RequestsMock) -> None:
    web.post(LOAD, json=value_objects([]))
    assert pace.contact(7) is None


LISTS: dict[str, list[dict[str, Any]]] = {
    "Country": [
        {"primaryKey": "1", "id": 1, "name": "United States", "isoCountry": "us", "isoCountryAlpha3": None}
    ],
    "State": [
        {"primaryKey": "1:TX", "id": "TX", "country": 1, "description": "Texas"},
        {"primaryKey": "5001", "id": "IL", "country": 1, "description": "Illinois"},
    ],
    "ItemTemplate": [{"primaryKey": "BC", "code": "BC", "description": None, "active": None}],
    "JobStatus": [{"primaryKey": "O", "id": "O", "description": "Open", "active": True}],
}


def lists(job_order_type: tuple[int, dict[str, str], str]) -> Callable[..., tuple[int, dict[str, str], str]]:
    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        name = json.loads(request.body)["objectName"]
        if name == "JobOrderType":
            return job_order_type
        return 200, {}, json.dumps(value_objects(LISTS.get(name, [])))

    return answer


def test_reference_reads_paces_lists(pace: PaceClient, web: responses.RequestsMock) -> None:
    types = value_objects([{"primaryKey": "3", "id": 3, "description": "New Order", "active": True}])
    web.add_callback(responses.POST, LOAD, callback=lists((200, {}, json.dumps(types))))
    reference = pace.reference()
    assert (reference.countries[0].iso2, reference.countries[0].iso3) == ("US", "")
    assert reference.states == (PaceState("1:TX", "TX", 1, "Texas"), PaceState("1:IL", "IL", 1, "Illinois"))
    assert (reference.item_templates[0].key, reference.item_templates[0].active) == ("BC", True)
    assert (reference.job_order_types[0].key, reference.job_order_types[0].description) == ("3", "New Order")


@pytest.mark.parametrize(
    "message",
    ["Unable to locate object JobOrderType", "Unknown object 'JobOrderType'", "No bean JobOrderType here"],
)
def test_a_pace_without_job_order_types_has_none(
    pace: PaceClient, web: responses.RequestsMock, message: str
) -> None:
    web.add_callback(responses.POST, LOAD, callback=lists((500, {}, json.dumps({"message": message}))))
    assert pace.reference().job_order_types == ()


def test_a_busy_pace_is_not_taken_for_one_without_job_order_types(
    pace: PaceClient, web: responses.RequestsMock
) -> None:
    web.add_callback(responses.POST, LOAD, callback=lists((503, {}, "")))
    with pytest.raises(TransientError):
        pace.reference()


def test_records_carry_the_correlation_id(
    pace: PaceClient, web: responses.RequestsMock, records: list[CallRecord]
) -> None:
    web.get(f"{BASE}/Version/getVersion", body="1")
    pace.version()
    assert records[0].correlation_id == "abc"
    assert web.calls[0].request.headers["X-Request-ID"] == "abc"


@pytest.mark.parametrize(
    "body", [{}, {"valueObjects": []}, {"totalRecords": 0, "valueObjects": {}}, {"totalRecords": 2}]
)
def test_a_list_without_its_objects_or_their_number_is_no_answer(
    pace: PaceClient, web: responses.RequestsMock, body: dict[str, Any]
) -> None:
    """Else `{}` would be read as "Pace has no countries", and kept for minutes."""
    web.post(LOAD, json=body)
    with pytest.raises(TransientError) as raised:
        pace.load("Country", ALL, ["id"])
    assert raised.value.evidence is not None


@pytest.mark.parametrize(("type_", "body"), [("Job", {}), ("Job", {"id": 5}), ("Contact", {"id": 0})])
def test_an_object_without_its_key_is_no_proof_that_it_was_made(
    pace: PaceClient, web: responses.RequestsMock, type_: str, body: dict[str, Any]
) -> None:
    web.post(f"{BASE}/CreateObject/create{type_}", json=body)
    with pytest.raises(OutcomeUnknown):
        pace.create(type_, {"customer": "EXCU"})
