"""Secrets stay out of what is shown."""

import pytest

from automationhub.lib.redact import (
    MASK,
    cut,
    mask_values,
    redact_data,
    redact_text,
    redact_url,
)

SECRET = "hunter2-very-secret"


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "Password",
        "dsfPassword",
        "token",
        "push_token",
        "pushToken",
        "SecurityKey",
        "security_key",
        "Authorization",
        "client-secret",
        "ConsumerID",
        "consumer_id",
        "SubscriberId",
        "Cookie",
        "Set-Cookie",
        "X-Api-Key",
    ],
)
def test_values_of_sensitive_keys_are_masked(key: str) -> None:
    assert redact_data({"a": [{key: SECRET}]}) == {"a": [{key: MASK}]}
    assert SECRET not in redact_text(f'{{"{key}": "{SECRET}"}}')
    assert SECRET not in redact_text(f"{key}={SECRET}&x=1")
    assert SECRET not in redact_url(f"https://h/p?{key}={SECRET}")


@pytest.mark.parametrize(
    "key", ["customer", "email", "description", "OrderNumber", "txnId", "MisId", "poNum"]
)
def test_other_values_stay(key: str) -> None:
    assert redact_data({key: "shown"}) == {key: "shown"}
    assert redact_text(f'{{"{key}": "shown"}}') == f'{{"{key}": "shown"}}'


def test_data_is_copied_deeply() -> None:
    data = {"inner": {"list": [1, {"password": SECRET}]}}
    copy = redact_data(data)
    assert data["inner"]["list"][1] == {"password": SECRET}
    assert copy["inner"] is not data["inner"]


def test_empty_secrets_show_that_they_are_empty() -> None:
    assert redact_data({"password": "", "token": None}) == {"password": "", "token": None}
    assert redact_text('{"password": ""}') == '{"password": ""}'


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Basic {SECRET}",
        f"authorization: token {SECRET}",
        f"it said Bearer {SECRET}!",
        f'{{"password": "a\\"{SECRET}"}}',
        f'{{"outer": "{{\\"password\\": \\"{SECRET}\\"}}"}}',
        f"{{'password': '{SECRET}'}}",
        f"<Password>{SECRET}</Password>",
        f"see https://user:{SECRET}@host/path",
        f'{{"tokens": ["{SECRET}"]}}',
        f'{{"credentials": {{"name": "{SECRET}"}}}}',
        f'{{"password": "{SECRET}',  # cut in the middle
        f'[{{"tokens": ["{SECRET}", "',  # cut in the middle of a list
        f"PASSWORD = {SECRET}",
    ],
)
def test_free_text_is_masked(text: str) -> None:
    assert SECRET not in redact_text(text)


def test_words_that_only_mention_a_password_stay() -> None:
    text = "The password was refused. Check the token."
    assert redact_text(text) == text


def test_truth_values_behind_sensitive_names_stay() -> None:
    assert redact_text('{"tokenOk": true, "password": null}') == '{"tokenOk": true, "password": null}'


def test_a_long_text_without_secrets_takes_no_time() -> None:
    assert redact_text("a" * 400_000) == "a" * 400_000
    assert len(redact_text("token" * 40_000)) == 200_000


def test_url_keeps_what_is_not_secret() -> None:
    assert redact_url("https://u:p@h:1/a?x=1&token=t&y=%20") == f"https://{MASK}@h:1/a?x=1&token={MASK}&y=%20"


def test_url_that_cannot_be_parsed_is_still_masked() -> None:
    assert redact_url("http://[broken?password=x") == f"http://[broken?password={MASK}"


def test_known_values_are_masked_in_every_spelling() -> None:
    secret = 'p&ss "wörd"/1'
    shown = 'a p&ss "wörd"/1 b p%26ss%20%22w%C3%B6rd%22%2F1 c p&ss \\"w\\u00f6rd\\"/1 d p&amp;ss &quot;wörd&quot;/1'
    assert mask_values(shown, [secret]) == f"a {MASK} b {MASK} c {MASK} d {MASK}"


def test_the_longer_of_two_secrets_is_masked_whole() -> None:
    assert mask_values("abcdef", ["abcd", "abcdef"]) == MASK


def test_empty_and_tiny_secrets_mask_nothing() -> None:
    assert mask_values("a cat", ["", "a", "cat"]) == "a cat"


def test_cut_says_how_much_is_missing() -> None:
    text = cut("x" * 1_000, 100)
    kept = text.count("x")
    assert len(text) <= 100
    assert text.endswith(f"… [{1_000 - kept} more characters cut]")


def test_cut_counts_what_was_cut_before() -> None:
    text = cut("x" * 10, 100, missing=5)
    assert text == "x" * 10 + "… [5 more characters cut]"


def test_short_text_is_not_cut() -> None:
    assert cut("short", 5) == "short"


def test_cut_with_no_room_for_a_note_still_keeps_the_limit() -> None:
    assert cut("x" * 50, 10) == "x" * 10
