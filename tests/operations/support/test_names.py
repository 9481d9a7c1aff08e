"""People are hidden in data and texts, the same one by the same word, and what explains an order stays."""

import json

import pytest

from integrations.operations.support.names import ReplacedNames

CONTACT = {
    "FirstName": "Avery",
    "LastName": "Sample",
    "Email": "Avery@Example.com",
    "Phone": "5550100123",
    "Postal": "62701",
}


@pytest.fixture
def names() -> ReplacedNames:
    return ReplacedNames()


def test_texts_under_unknown_keys_become_words(names: ReplacedNames) -> None:
    assert names.data({"Cost center": "Avery's desk", "Anything": ["Peoria"]}) == {
        "Cost center": "text-1",
        "Anything": ["text-2"],
    }


def test_the_same_text_is_the_same_word_whatever_its_case(names: ReplacedNames) -> None:
    first = names.data({"FirstName": "Avery"})["FirstName"]
    assert names.data({"buyer": {"first_name": "AVERY "}}) == {"buyer": {"first_name": first}}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("status", "submitted"),
        ("ProductName", "Business Card"),
        ("anything", "2026-12-24"),
        ("anything", "2026-12-24T10:00:00Z"),
        ("anything", "1234.50"),
        ("Id", "0f8fad5b-d9cb-469f-a165-70867728950e"),
        ("anything", ""),
        ("quantity", 500),
        ("approved", True),
        ("missing", None),
    ],
)
def test_what_explains_an_order_stays(names: ReplacedNames, key: str, value: object) -> None:
    assert names.data({key: value}) == {key: value}


def test_numbers_that_lead_to_a_person_do_not_stay(names: ReplacedNames) -> None:
    hidden = names.data(CONTACT)
    assert hidden["Phone"] == "phone-1"
    assert hidden["Postal"] == "address-1"
    assert hidden["Email"] == "person-1@example.com"


def test_sentences_hide_what_data_hid(names: ReplacedNames) -> None:
    hidden = names.data(CONTACT)
    said = names.sentence("Contact 5002 (AVERY Sample, avery@example.com, 5550100123) lives in 62701.")
    assert said == (
        f"Contact 5002 ({hidden['FirstName']} {hidden['LastName']}, {hidden['Email']}, {hidden['Phone']}) lives in "
        f"{hidden['Postal']}."
    )


def test_only_whole_words_are_hidden(names: ReplacedNames) -> None:
    names.data({"FirstName": "Art"})
    assert names.sentence("Artwork for art of the start") == "Artwork for name-1 of the start"


def test_the_longest_of_several_values_wins(names: ReplacedNames) -> None:
    names.data({"City": "North", "Business": "North Branch Bank"})
    assert names.sentence("north branch bank in North") == "name-1 in address-1"


def test_the_words_of_a_person_s_whole_name_are_hidden_one_by_one(names: ReplacedNames) -> None:
    names.data({"ContactName": "Noa van Newcomer"})
    said = names.sentence("Card of Newcomer, for Noa")
    assert "Newcomer" not in said
    assert "Noa" not in said


def test_every_email_in_a_sentence_is_hidden(names: ReplacedNames) -> None:
    assert names.sentence("Sent to x.y+z@mail.example.org.") == "Sent to person-1@example.com."


def test_addresses_of_calls_are_read_with_their_escapes(names: ReplacedNames) -> None:
    names.data(CONTACT)
    said = names.sentence("https://pace/rpc/find?q=%40email%3D%27avery%40example.com%27&b=Sample")
    assert "avery" not in said
    assert "Sample" not in said


def test_the_value_of_a_field_has_the_field_s_name(names: ReplacedNames) -> None:
    plan = {
        "fields": {"shipVia": {"value": "5013"}, "jobType": {"value": "Web"}, "poNum": {"value": "Avery's"}}
    }
    hidden = names.data(plan)["fields"]
    assert (hidden["shipVia"]["value"], hidden["jobType"]["value"]) == ("5013", "Web")
    assert hidden["poNum"]["value"] == "text-1"


def test_an_answer_of_pace_by_paths_is_understood(names: ReplacedNames) -> None:
    answer = [{"xpath": "@adminStatus", "value": "O"}, {"xpath": "@email", "value": "avery@example.com"}]
    assert [one["value"] for one in names.data(answer)] == ["O", "person-1@example.com"]


def test_values_in_filters_are_hidden_but_for_numbers(names: ReplacedNames) -> None:
    hidden = names.data({"xpath": "@companyName = 'Peoria Print' and @id = '5002'"})
    assert hidden["xpath"] == "@companyName = 'text-1' and @id = '5002'"


def test_a_body_that_was_cut_hides_what_is_left_of_it(names: ReplacedNames) -> None:
    body = json.dumps({"Data": {"FirstName": "Avery", "Status": "New", "Address1": "100 Main Street"}})[:75]
    assert "Main" in body
    hidden = names.body(body + "… (300 more characters)")
    assert "Avery" not in hidden
    assert "Main" not in hidden
    assert '"Status": "New"' in hidden


def test_a_body_that_is_no_json_is_cut_short(names: ReplacedNames) -> None:
    assert names.body("<html>" + "x" * 5000).endswith("x… (cut)")


def test_secrets_are_masked_in_data_and_texts(names: ReplacedNames) -> None:
    assert names.data({"password": "hunter22"}) == {"password": "•••"}
    assert "hunter22" not in names.sentence('{"token": "hunter22"}')
    assert "hunter22" not in names.body('{"token": "hunter22"')
