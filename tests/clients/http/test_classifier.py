"""What an outcome means: the table, row by row."""

from dataclasses import replace
from typing import Any

import pytest

from integrations.clients.http.classifier import HttpOutcome, Trouble, Vendor, Verb, classify
from integrations.errors import (
    ConfigError,
    CredentialError,
    HubError,
    OutcomeUnknown,
    PermanentError,
    TransientError,
)

READ, WRITE, COMMIT = Verb.READ, Verb.WRITE, Verb.COMMIT
HTML = "<html><body>Bad Gateway</body></html>"


def outcome(verb: Verb = READ, vendor: Vendor = Vendor.PACE, **rest: Any) -> HttpOutcome:
    return HttpOutcome(
        vendor=vendor,
        system=f"{vendor} server demo",
        what="create a JobPart",
        call="POST http://h/CreateObject/createJobPart",
        verb=verb,
        path="/CreateObject/createJobPart",
        **rest,
    )


def said(message: str) -> str:
    return f'{{"message": "{message}"}}'


def kind(one: HttpOutcome) -> type[HubError] | None:
    error = classify(one)
    return None if error is None else type(error)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_success_is_no_error(status: int) -> None:
    assert classify(outcome(status=status)) is None


@pytest.mark.parametrize(
    ("trouble", "read", "write"),
    [
        (Trouble.NOT_CONNECTED, TransientError, TransientError),
        (Trouble.TIMED_OUT, TransientError, OutcomeUnknown),
        (Trouble.BROKEN, TransientError, OutcomeUnknown),
        (Trouble.TOO_LARGE, TransientError, OutcomeUnknown),
        (Trouble.UNREADABLE, TransientError, OutcomeUnknown),
        (Trouble.BAD_ADDRESS, ConfigError, ConfigError),
    ],
)
def test_trouble_on_the_way(trouble: Trouble, read: type[HubError], write: type[HubError]) -> None:
    assert kind(outcome(READ, trouble=trouble, detail="broke")) is read
    assert kind(outcome(WRITE, trouble=trouble, detail="broke")) is write
    assert kind(outcome(COMMIT, trouble=trouble, detail="broke")) is write


@pytest.mark.parametrize("vendor", list(Vendor))
@pytest.mark.parametrize(
    ("status", "read", "write"),
    [
        (301, ConfigError, ConfigError),
        (302, ConfigError, ConfigError),
        (401, CredentialError, CredentialError),
        (403, CredentialError, CredentialError),
        (404, PermanentError, PermanentError),
        (400, PermanentError, PermanentError),
        (409, PermanentError, PermanentError),
        (422, PermanentError, PermanentError),
        (408, TransientError, OutcomeUnknown),
        (429, TransientError, TransientError),
        (500, TransientError, OutcomeUnknown),
        (501, TransientError, OutcomeUnknown),
        (502, TransientError, OutcomeUnknown),
        (503, TransientError, OutcomeUnknown),
        (504, TransientError, OutcomeUnknown),
        (599, TransientError, OutcomeUnknown),
        (100, TransientError, OutcomeUnknown),
        (799, TransientError, OutcomeUnknown),
    ],
)
def test_status_with_a_word_that_says_nothing(
    vendor: Vendor, status: int, read: type[HubError], write: type[HubError]
) -> None:
    text = said("It did not work")
    assert kind(outcome(READ, vendor, status=status, text=text)) is read
    assert kind(outcome(WRITE, vendor, status=status, text=text)) is write


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_without_json_leaves_a_write_open(status: int) -> None:
    assert kind(outcome(WRITE, status=status, text=HTML)) is OutcomeUnknown
    assert kind(outcome(READ, status=status, text=HTML)) is TransientError


@pytest.mark.parametrize(
    "message",
    [
        "Unknown field 'x' on object 'JobShipment'",
        "Unknown field 'lock' on object 'Job'",
        "Unknown field 'timeout' on object 'Job'",
        "Unable to locate object ShipVia with primary key '99'",
        "Cannot convert children into a filter: dateTime",
        "unknown or unsupported function: substring",
        "Unable to determine Field from binding expression",
        "Field 'poNum' on object 'Job' is required",
        "Value of field 'description' is too long",
        "Cannot convert value 'x' of field 'quantity' to integer",
        "Invalid value for field quantity",
        "Customer is on credit hold",
        "A Customer with this id already exists",
        "Blocked customers cannot be used",
    ],
)
@pytest.mark.parametrize("verb", [READ, WRITE])
def test_pace_refusing_with_500_is_permanent_and_keeps_its_sentence(verb: Verb, message: str) -> None:
    error = classify(outcome(verb, status=500, text=said(message)))
    assert type(error) is PermanentError
    assert message in error.message


@pytest.mark.parametrize(
    "message",
    [
        "Deadlock found when trying to get lock",
        "The query timed out",
        "Timeout waiting for connection",
        "Row is locked by another user",
        "The service is unavailable",
        "Please try again later",
        "Too many connections",
        "Server is not ready",
    ],
)
@pytest.mark.parametrize("verb", [READ, WRITE])
def test_pace_being_busy_is_transient(verb: Verb, message: str) -> None:
    assert kind(outcome(verb, status=500, text=said(message))) is TransientError


def test_an_ended_transaction_is_tried_again_from_its_start() -> None:
    text = said("Transaction bb14:38:0: does not exist or has ended")
    assert kind(outcome(WRITE, status=500, text=text)) is TransientError


@pytest.mark.parametrize(
    "text",
    [
        said("Deadlock found"),
        said("Transaction 1 does not exist or has ended"),
        said("Unable to locate transaction 1"),
        said("whatever"),
        HTML,
        "",
    ],
)
@pytest.mark.parametrize("status", [404, 500, 503])
def test_a_failed_commit_is_never_taken_for_undone(status: int, text: str) -> None:
    assert kind(outcome(COMMIT, status=status, text=text)) is OutcomeUnknown


@pytest.mark.parametrize("message", ["Unknown field 'x' on object 'Job'", "Customer is on credit hold"])
def test_a_commit_refused_in_words_carries_them(message: str) -> None:
    error = classify(outcome(COMMIT, status=500, text=said(message)))
    assert type(error) is PermanentError
    assert message in error.message


def test_only_a_missing_connection_is_surely_not_sent() -> None:
    ends: list[dict[str, Any]] = [{"trouble": one, "detail": "d"} for one in Trouble]
    ends += [{"status": status, "text": said("Deadlock")} for status in (404, 429, 500, 503)]
    sure = []
    for end in ends:
        error = classify(outcome(READ, **end))
        if isinstance(error, TransientError) and error.surely_not_sent:
            sure.append(end)
    assert sure == [{"trouble": Trouble.NOT_CONNECTED, "detail": "d"}]


@pytest.mark.parametrize("message", ["Deadlock found", "Unknown field 'x'"])
def test_a_500_of_pressero_is_never_read_as_a_refusal(message: str) -> None:
    assert kind(outcome(WRITE, Vendor.PRESSERO, status=500, text=said(message))) is OutcomeUnknown


def test_a_404_that_pace_did_not_write_means_a_wrong_address() -> None:
    assert kind(outcome(status=404, text=HTML)) is ConfigError
    assert kind(outcome(status=404, text=said("Unable to locate object"))) is PermanentError


@pytest.mark.parametrize(
    "message", ["Invalid credentials.", "Authorization has been denied for this request."]
)
def test_a_login_refused_in_words_is_a_credential_matter(message: str) -> None:
    assert kind(outcome(READ, Vendor.PRESSERO, status=400, text=said(message))) is CredentialError


def test_retry_after_reaches_the_error() -> None:
    error = classify(outcome(status=429, retry_after=17.0))
    assert isinstance(error, TransientError)
    assert error.retry_after == 17.0


def test_redirect_names_the_address_to_set() -> None:
    location = "https://new.example.com/rpc/rest/services/CreateObject/createJobPart?txnId=1"
    error = classify(outcome(status=302, location=location))
    assert error is not None
    assert "set the address to https://new.example.com/rpc/rest/services." in error.message


def test_redirect_elsewhere_shows_the_target() -> None:
    error = classify(outcome(status=302, location="https://login.example.com/sso"))
    assert error is not None
    assert "https://login.example.com/sso" in error.message


def test_evidence_carries_call_status_and_cut_answer() -> None:
    error = classify(outcome(WRITE, status=500, text=said("x" * 10_000)))
    assert error is not None
    assert error.evidence is not None
    assert error.evidence.status == 500
    assert error.evidence.call.startswith("POST ")
    assert len(error.evidence.answer) <= 2_000
    assert "more characters cut" in error.evidence.answer


def test_evidence_and_message_hold_no_secret() -> None:
    text = said("wrong password hunter2x for token=abcdef12")
    error = classify(outcome(status=400, text=text, secrets=("hunter2x",)))
    assert error is not None
    assert error.evidence is not None
    assert "hunter2x" not in error.message + error.evidence.answer
    assert "abcdef12" not in error.message + error.evidence.answer


def test_every_message_names_the_system_and_what_was_asked() -> None:
    ends: list[dict[str, Any]] = [
        {"trouble": one, "detail": "d"} for one in Trouble if one is not Trouble.BAD_ADDRESS
    ]
    ends += [{"status": status} for status in (302, 401, 404, 418, 429, 500, 503)]
    for end in ends:
        error = classify(outcome(WRITE, **end))
        assert error is not None
        assert "Pace server demo" in error.message
        assert "create a JobPart" in error.message


def test_equal_refusals_have_one_cause() -> None:
    first = classify(outcome(status=500, text=said("Unknown field 'x' on object 'Job'")))
    second = classify(outcome(WRITE, status=500, text=said("Unknown field 'x' on object 'Job'")))
    assert first is not None
    assert second is not None
    assert first.cause == second.cause != ""


# --- an expired license, and a company in the address -----------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 503, 403, 402])
@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize("text", [said("System License Expired"), "<html>System License Expired</html>"])
def test_an_expired_license_is_for_a_person_not_for_the_clock(status: int, verb: Verb, text: str) -> None:
    error = classify(outcome(verb, status=status, text=text))
    assert isinstance(error, ConfigError)
    assert "license has expired" in error.message and "Renew the license in Pace" in error.message


@pytest.mark.parametrize(
    "text", ["", said("Not found: GET /rpc/company:c001/rest/services/Version/getVersion")]
)
def test_a_company_that_is_not_answered_is_named_with_what_to_do(text: str) -> None:
    call = "POST http://h/rpc/company:c001/rest/services/CreateObject/createJobPart"
    error = classify(replace(outcome(status=404, text=text), call=call))
    assert isinstance(error, ConfigError)
    assert "remove “company:c001” from the address" in error.message


def test_an_ended_transaction_of_a_company_is_still_an_ended_transaction() -> None:
    call = "GET http://h/rpc/company:c001/rest/services/TransactionService/commit"
    text = said("Transaction 5a01 does not exist")
    error = classify(replace(outcome(Verb.COMMIT, status=404, text=text), call=call))
    assert isinstance(error, OutcomeUnknown)
