"""Filters of the sandbox Pace: how they are read, what they pick, and what is refused in Pace's own words."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pace.errors import PaceError
from integrations.simulation.sandbox.pace.plant import PlantBehavior
from integrations.simulation.sandbox.pace.xpath import (
    FUNCTIONS,
    OPERATORS,
    And,
    Node,
    Number,
    Or,
    Path,
    Text,
    TextTest,
    XPathComparison,
    parse_filter,
)

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
paths = st.builds(Path, st.lists(names, max_size=3).map(tuple), names)
texts = st.builds(Text, st.text(max_size=20).filter(lambda text: not ('"' in text and "'" in text)))
numbers = st.builds(Number, st.from_regex(r"-?[0-9]{1,9}(\.[0-9]{1,4})?", fullmatch=True))
leaves = st.one_of(
    st.builds(XPathComparison, paths, st.sampled_from(OPERATORS), st.one_of(texts, numbers)),
    st.builds(TextTest, st.sampled_from(FUNCTIONS), paths, texts),
)


def _groups(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    terms = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(And, terms), st.builds(Or, terms))


PLAIN = PaceSandbox()
nodes: st.SearchStrategy[Node] = st.recursive(leaves, _groups, max_leaves=8)


@pytest.fixture(scope="module")
def pace() -> PaceSandbox:
    sandbox = PaceSandbox(plant=PlantBehavior())
    sandbox.put("Job", job="1", customer="EXCU", description='Say "hi"', adminStatus="O", amountToInvoice=10)
    sandbox.put("Job", job="2", customer="HOUSE", description="It's", adminStatus="C", shipVia=5012)
    sandbox.put("Job", job="3", customer="EXCU", description="Plain", adminStatus="O", u_rush=True, u_level=5)
    sandbox.put("JobPart", job="1", jobPart="01", description="First", itemTemplate="POSTER-A2")
    sandbox.put("JobShipment", id=7, job="1", jobPart="01", jobPartKey="1:01", stateKey="1:TX", country=1)
    sandbox.put("Carton", id=8, shipment=7)
    return sandbox


def find(pace: PaceSandbox, type_name: str, xpath: str) -> list[str]:
    return pace.finder.keys(type_name, xpath, [], pace.store.committed)


# Reading


@settings(deadline=None, max_examples=60)
@given(nodes)
def test_a_filter_written_out_is_read_back_as_the_same_filter(node: Node) -> None:
    assert parse_filter(str(node)) == node


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=60))
def test_any_text_is_either_a_filter_or_refused_by_pace(text: str) -> None:
    with contextlib.suppress(PaceError):
        parse_filter(text)


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet="@()'\"=<>!, ao/nrdx1-", max_size=40))
def test_any_mixture_of_signs_is_either_a_filter_or_refused_by_pace(text: str) -> None:
    with contextlib.suppress(PaceError):
        parse_filter(text)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=30))
def test_a_quoted_value_finds_or_is_refused_but_never_breaks_the_sandbox(value: str) -> None:
    try:
        find(PLAIN, "Customer", f'@custName = "{value}"')
    except PaceError:
        assert '"' in value


def test_and_binds_closer_than_or() -> None:
    assert parse_filter("@a=1 or @b=2 and @c=3") == parse_filter("@a=1 or (@b=2 and @c=3)")


def test_blanks_do_not_matter() -> None:
    assert parse_filter("@a='x'and(@b<=2)") == parse_filter(" @a = 'x' and ( @b <= 2 ) ")


@pytest.mark.parametrize(
    ("child", "filter_"),
    [
        ("description", "description = 'x'"),
        ("dateTime", "dateTime >= '2025-10-17T00:00:00'"),
        ("dateTime", "starts-with(dateTime, '2025-10-17')"),
        ("custName", "customer/custName = 'x'"),
    ],
)
def test_a_field_without_its_sign_is_a_child_and_no_filter(
    pace: PaceSandbox, child: str, filter_: str
) -> None:
    with pytest.raises(PaceError, match=f"^Cannot convert children into a filter: {child}$"):
        find(pace, "Job", filter_)


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "@",
        "@description",
        "@description = ",
        "@description = x",
        "@description == 'x'",
        "@description = 'x",
        "@description = 'it''s'",
        "@description = 'x' and",
        "@description = 'x' @job = '1'",
        "(@description = 'x'",
        "@description = 'x')",
        "'x' = @description",
        "/customer/@custName = 'x'",
        "contains(@description)",
        "contains(@description, 5)",
        "not @job = '1'",
        "@job = '1' && @job = '2'",
        "(" * 200 + "@job = '1'" + ")" * 200,
    ],
)
def test_what_cannot_be_read_is_refused_in_paces_words(pace: PaceSandbox, broken: str) -> None:
    with pytest.raises(PaceError, match="Unable to determine Field from binding expression"):
        find(pace, "Job", broken)


@pytest.mark.parametrize(
    ("xpath", "function"),
    [
        ("substring(@description, 1, 2) = 'ab'", "substring"),
        ("not(@job = '1')", "not"),
        ("customer/substring(@custName, 1)", "substring"),
        ("@dateSetup > today()", "today"),
        ("@job = true()", "true"),
    ],
)
def test_an_unknown_function_is_refused_by_name(pace: PaceSandbox, xpath: str, function: str) -> None:
    with pytest.raises(PaceError, match=rf"unknown or unsupported function: {function}$"):
        find(pace, "Job", xpath)


# Fields


def test_an_unknown_field_is_refused_with_its_object(pace: PaceSandbox) -> None:
    with pytest.raises(PaceError, match=r"^Unknown field 'x' on object 'JobShipment'$"):
        find(pace, "JobShipment", "@x = 1")


def test_an_unknown_field_of_a_related_object_is_refused_with_that_object(pace: PaceSandbox) -> None:
    with pytest.raises(PaceError, match=r"^Unknown field 'x' on object 'Customer'$"):
        find(pace, "Job", "customer/@x = 1")


def test_a_path_through_a_field_that_is_no_reference_is_refused(pace: PaceSandbox) -> None:
    with pytest.raises(PaceError, match=r"^Unknown field 'description' on object 'Job'$"):
        find(pace, "Job", "description/@x = 1")


def test_an_unknown_field_is_refused_even_when_there_is_no_object_to_read(pace: PaceSandbox) -> None:
    with pytest.raises(PaceError, match="Unknown field"):
        find(pace, "JobContact", "@nothing = 1")


@pytest.mark.parametrize(
    ("type_name", "field"),
    [
        ("JobShipment", "dateTime"),
        ("Job", "promiseDateTime"),
        ("Job", "scheduledShipDateTime"),
        ("Job", "earliestStartDateTime"),
        ("JobShipment", "tags"),
    ],
)
def test_combined_date_times_cannot_be_filtered_on(pace: PaceSandbox, type_name: str, field: str) -> None:
    with pytest.raises(PaceError, match=rf"^Cannot convert children into a filter: {field}$"):
        find(pace, type_name, f"@{field} > '2026-01-01'")


def test_a_plain_date_can_be_filtered_on(pace: PaceSandbox) -> None:
    pace.put("Customer", id="OLD", custName="Old Example", dateSetup="2012-04-24T00:00:00")
    assert find(pace, "Customer", "@dateSetup < '2013-01-01' and @dateSetup > '2012-01-01'") == ["OLD"]


def test_an_unknown_type_is_refused(pace: PaceSandbox) -> None:
    with pytest.raises(PaceError, match=r"^Unable to locate object JobOrderType$"):
        find(pace, "JobOrderType", "@id != ''")


# Comparing


@pytest.mark.parametrize(
    ("xpath", "found"),
    [
        ("@customer = 'EXCU'", ["1", "3"]),
        ("@customer = 'excu'", []),
        ("@customer != 'EXCU'", ["2"]),
        ("@description = 'Say \"hi\"'", ["1"]),
        ('@description = "It\'s"', ["2"]),
        ("@job = 2", ["2"]),
        ("@job >= '2'", ["2", "3"]),
        ("@amountToInvoice > 9.99", ["1"]),
        ("@amountToInvoice = 0", ["2", "3"]),
        ("@amountToInvoice < -1", []),
        ("@shipVia = '5012'", ["2"]),
        ("@shipVia <= 5012 and @shipVia > 0", ["2"]),
        ("@poNum = ''", ["1", "2", "3"]),
        ("@poNum != 'x'", ["1", "2", "3"]),
        ("@poNum < 'x'", []),
        ("@scheduled = 'false'", ["1", "2", "3"]),
        ("contains(@description, 'ai')", ["3"]),
        ("starts-with(@description, 'Pl')", ["3"]),
        ("starts-with(@description, 'pl')", []),
        ("contains(@poNum, 'x')", []),
        ("@job='1' or @job='2' and @customer='EXCU'", ["1"]),
        ("(@job='1' or @job='2') and @customer='HOUSE'", ["2"]),
        ("@u_rush = 'true'", ["3"]),
        ("@u_level = 5", ["3"]),
        ("@u_other = 'x'", []),
    ],
)
def test_filters_pick_the_jobs_they_describe(pace: PaceSandbox, xpath: str, found: list[str]) -> None:
    assert find(pace, "Job", xpath) == found


@pytest.mark.parametrize(
    ("type_name", "xpath", "found"),
    [
        ("Job", "customer/@custName = 'Example Credit Union'", ["1", "3"]),
        ("Job", "adminStatus/@openJob = 'false'", ["2"]),
        ("Job", "shipVia/provider/@name = 'UPS'", ["2"]),
        ("JobPart", "job/customer/@id = 'EXCU'", ["1:01"]),
        ("JobPart", "itemTemplate/@code = 'POSTER-A2'", ["1:01"]),
        ("JobShipment", "jobPartKey/@description = 'First'", ["7"]),
        ("JobShipment", "jobPart/@description = 'First'", ["7"]),
        ("JobShipment", "stateKey/@description = 'Texas'", ["7"]),
        ("JobShipment", "state/country/@isoCountry = 'US'", ["7"]),
        ("Carton", "shipment/job/customer/country/@isoCountryAlpha3 = 'USA'", ["8"]),
        ("ShipVia", "provider/@name = 'FedEx' and @active = 'true'", ["5010", "5011"]),
        ("Contact", "@email = 'avery@example.com'", ["5002"]),
        ("State", "@country = 1 and @id = 'TX'", ["1:TX"]),
    ],
)
def test_related_objects_are_reached_by_path(
    pace: PaceSandbox, type_name: str, xpath: str, found: list[str]
) -> None:
    assert find(pace, type_name, xpath) == found


def test_a_reference_that_leads_nowhere_matches_nothing(pace: PaceSandbox) -> None:
    assert find(pace, "Job", "shipVia/@description = 'UPS Ground' and @job = '1'") == []


@pytest.mark.parametrize("xpath", ["@shipVia = 'ground'", "@scheduled = 'yes'", "contains(@shipVia, '5')"])
def test_a_value_of_the_wrong_kind_is_refused(pace: PaceSandbox, xpath: str) -> None:
    with pytest.raises(PaceError):
        find(pace, "Job", xpath)
