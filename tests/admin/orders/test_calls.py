"""A call in the timeline: readable JSON, and a curl command without secrets."""

from __future__ import annotations

import shlex

import pytest

from integrations.admin.orders.calls import as_curl, call_of, pretty

URL = "https://pace.example.com/rpc/rest/services/CreateObject/createJob?txnId=1"


def test_a_call_shows_request_and_answer_as_indented_json_with_every_digit() -> None:
    call = call_of(
        {
            "method": "post",
            "url": URL,
            "request": '{"price": 1.10}',
            "answer": '{"job": "10001"}',
            "status": 200,
        }
    )
    assert call is not None
    assert call.request == '{\n  "price": 1.10\n}'
    assert call.answer == '{\n  "job": "10001"\n}'
    assert call.status == 200


@pytest.mark.parametrize("text", ["", "plain words", '{"cut": "in the midd', "[1, 2", "<html>"])
def test_what_is_no_whole_json_is_shown_as_it_is(text: str) -> None:
    assert pretty(text) == text


def test_an_entry_about_no_call_has_none() -> None:
    assert call_of({"message": "x"}) is None


def test_the_command_of_a_call_can_be_run_and_has_variables_for_the_login() -> None:
    command = as_curl("POST", URL, '{"name": "O\'Brien; rm -rf /"}', system="Pace server Main")
    words = shlex.split(command.replace("\\\n", " "))
    assert words[:3] == ["curl", "-X", "POST"]
    assert URL in words
    assert words[words.index("--data") + 1] == '{"name": "O\'Brien; rm -rf /"}'
    assert words[words.index("--user") + 1] == "$PACE_USER:$PACE_PASSWORD"


def test_no_secret_of_address_or_body_is_in_the_command() -> None:
    command = as_curl(
        "POST",
        "https://user:s3cret@pressero.example.com/api/v2?token=s3cret-2",
        '{"Password": "s3cret-3", "Name": "x"}',
        system="Pressero account Main",
    )
    assert "s3cret" not in command
    assert "$PRESSERO_TOKEN" in command
