"""What the page of a field rule asks while you write it."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from integrations.models import Order
from integrations.orders.submission.steps import money_as_text
from mappings.models import FieldRule, TableValue
from tests.clients.payloads import payload
from tests.factories import make_order, make_user

pytestmark = pytest.mark.django_db
URL = "field-rule-editor"
DETAILS = {"OrderedByDepartment": "Marketing"}


def read_order(**item: Any) -> Order:
    return make_order(number=10234, fetched=money_as_text(payload(DETAILS, item)))


@pytest.fixture
def editor(client: Client) -> Client:
    user = make_user("editor")
    user.user_permissions.add(
        *Permission.objects.filter(codename__in=["add_fieldrule", "view_order", "view_fieldrule"])
    )
    client.force_login(user)
    return client


def ask(client: Client, what: str, **draft: Any) -> Any:
    asked = {
        "ask": what,
        "object": "job",
        "pace_field": "poNum",
        "mode": "set",
        "when": "",
        "value": "",
        **draft,
    }
    answer = client.post(reverse(URL), asked)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_it_shows_the_values_of_the_last_order(editor: Client) -> None:
    read_order(ProductFormField1="Cost center", ProductFormValue1="4410")
    shown = {one["name"]: one["value"] for one in ask(editor, "example")["placeholders"]}
    assert shown["order.number"] == "10234"
    assert shown['item.form["Cost center"]'] == "4410"
    assert shown["buyer.department"] == "Marketing"


def test_it_says_what_the_rule_makes_of_the_order(editor: Client) -> None:
    read_order()
    answer = ask(editor, "try", value="WEB-{{ order.number }}")
    assert (answer["sentence"], answer["value"]) == ("Order 10234: poNum becomes", "WEB-10234")


def test_it_names_line_and_column_of_a_fault(editor: Client) -> None:
    read_order()
    errors = ask(editor, "try", value="a\n{{ order.number | uppcase }}", when="order.total >")["errors"]
    assert errors["value"].startswith("Line 2, column 19: There is no filter “uppcase”.")
    assert errors["when"].startswith("Line 1, column 14:")


def test_it_says_when_the_condition_does_not_hold(editor: Client) -> None:
    read_order()
    answer = ask(editor, "try", value="x", when='buyer.department == "Sales"')
    assert answer["sentence"] == "The condition does not hold for order 10234."


def test_it_says_that_an_order_would_stop(editor: Client) -> None:
    read_order()
    answer = ask(editor, "try", pace_field="csr", value="{{ buyer.department }}")
    assert answer["sentence"] == "Order 10234 would stop: “Marketing” is not a whole number."


def test_it_looks_values_up_in_tables(editor: Client) -> None:
    read_order()
    TableValue.objects.create(table="CSR", original="Marketing", replacement="7")
    answer = ask(editor, "try", pace_field="csr", value='{{ buyer.department | lookup: "CSR" }}')
    assert answer["value"] == "7"


def test_a_rule_that_never_matched_says_so(editor: Client) -> None:
    for number in (1, 2):
        make_order(number=number, fetched=money_as_text(payload(DETAILS)), storefront=make_order().storefront)
    never = ask(editor, "matches", when='buyer.department == "Sales"', value="x")
    assert never["sentence"] == "This rule never matched any of the last 2 orders."
    often = ask(editor, "matches", when='buyer.department == "Marketing"', value="x")
    assert often["sentence"] == "This rule applies to 2 of the last 2 orders."


def test_a_part_is_tried_with_the_item_that_it_applies_to(editor: Client) -> None:
    read_order()
    answer = ask(editor, "try", object="part", pace_field="salesCategory", value="3", when="item.seq == 2")
    assert answer["sentence"] == "Order 10234, item 2: salesCategory becomes"


def test_a_loop_that_would_not_end_is_only_a_sentence(editor: Client) -> None:
    read_order()
    loop = "{% for i in (1..900) %}{% for j in (1..900) %}x{% endfor %}{% endfor %}"
    assert "too much work" in ask(editor, "try", value=loop)["sentence"]


@pytest.mark.parametrize("missing", ["add_fieldrule", "view_order"])
def test_it_is_for_people_who_write_rules_and_see_orders(client: Client, missing: str) -> None:
    user = make_user("reader")
    rights = {"add_fieldrule", "view_order"} - {missing}
    user.user_permissions.add(*Permission.objects.filter(codename__in=rights))
    client.force_login(user)
    assert client.post(reverse(URL), {"ask": "example"}).status_code == 403


def test_the_fields_of_an_object_are_offered_with_what_else_writes_them(editor: Client) -> None:
    editor.force_login(_with_lists())
    FieldRule.objects.create(object="job", pace_field="csr", value="7")
    url = reverse("reference-choices", args=["pace_field"])
    offered = editor.get(url, {"within": "job", "q": "csr"}).json()["results"]
    rule = FieldRule.objects.get()
    assert offered == [{"value": "csr", "label": "csr", "detail": f"whole number: field rule {rule.pk}"}]
    assert editor.get(url, {"within": "job", "q": "customer"}).json()["results"] == []
    named = editor.get(url, {"within": "job", "code": ["customer", "u_x"]}).json()["codes"]
    assert "protected" in named["customer"]["text"]
    assert named["u_x"]["text"] == "not seen in Pace yet"


def _with_lists() -> Any:
    user = make_user("lists")
    user.user_permissions.add(Permission.objects.get(codename="view_referenceentry"))
    return user
