"""Hundreds of malformed, hostile and random calls of the API: made from its own description, and from nothing but malice.

No answer may be a fault of ours (5xx), show a secret, or have written anything for somebody who has not proved who he is.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import schemathesis
from django.apps import apps
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from integrations.models import ApiToken, AuditEntry
from integrations.simulation.demo.configuration import PUSH_TOKEN, SECURITY_KEY
from mappings.resources import KINDS
from tests.conftest import Hub
from tests.factories import make_order, make_user

# Of each operation, for each kind of caller. No shrinking: a failing call is short enough to read.
EXAMPLES = 12
QUICK = hypothesis_settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
RIGHTS = (
    "view_order",
    "retry_order",
    "preview_order",
    "view_auditentry",
    "view_productmapping",
    "view_fieldrule",
)
WRITES = tuple(
    f"{right}_{model}"
    for right in ("view", "add", "change", "delete")
    for model in (
        "productmapping", "shipmentmethodmapping", "shipmentaddressmapping", "statusmapping", "holiday", "fieldrule", "tablevalue",
    )
)  # fmt: skip
# What a call with a token leaves behind that is no write of the caller's.
ITS_OWN = {"integrations.ApiToken"}


class Suite:
    """Makes calls and judges the answers."""

    def __init__(self, hub: Hub) -> None:
        self.calls: Counter[int] = Counter()
        self.puts: Counter[int] = Counter()
        user = make_user("program", *RIGHTS)
        self.order = make_order(items=1, jobs=("10001",), status="needs_attention", failure_mode="config")
        self.tokens = {scope: ApiToken.issue(user, scope) for scope in ("read", "operate")}
        self.secrets = [
            settings.SECRET_KEY, *settings.CREDENTIALS_KEYS, SECURITY_KEY, PUSH_TOKEN, hub.pace.password,
            hub.pressero.credentials.password, *self.tokens.values(), *ApiToken.objects.values_list("digest", flat=True),
        ]  # fmt: skip

    def call(
        self, caller: str, method: str, path: str, query: str = "", body: bytes = b"", **headers: str
    ) -> HttpResponse:
        """One call as `caller` ("nobody", "read" or "operate"); fails on what must never happen."""
        if caller in self.tokens:
            headers["Authorization"] = f"Token {self.tokens[caller]}"
        client = Client(raise_request_exception=False)
        kind = headers.pop("Content-Type", "application/json")
        answer: Any = client.generic(method, path, body, kind, headers=headers, QUERY_STRING=query)
        about = f"{method} {path}?{query} as {caller}: {answer.status_code}"
        self.calls[answer.status_code] += 1
        if method == "PUT":
            self.puts[answer.status_code] += 1
        known_failure = (
            answer.status_code == 503 and path == "/api/health/ready/"
        )  # its way to say that no worker runs
        known_failure |= answer.status_code == 502 and path.endswith(
            "/preview/"
        )  # Pace or Pressero could not be asked
        assert answer.status_code < 500 or known_failure, about
        text = b"".join(answer) if answer.streaming else answer.content
        found = [secret for secret in self.secrets if secret.encode() in text]
        assert not found, about
        assert b"Traceback" not in text, about
        return answer  # type: ignore[no-any-return]


@pytest.fixture
def suite(hub: Hub) -> Suite:
    return Suite(hub)


@pytest.fixture
def unwritten(suite: Suite) -> Iterator[None]:
    """Afterwards every table has the rows it had, but for what the hub notes of refusals."""
    before = rows()
    yield
    assert {name: count for name, count in rows().items() if count != before[name]} == {}
    suite.order.refresh_from_db()
    assert suite.order.status == "needs_attention"


def rows() -> dict[str, int]:
    counts = {
        model._meta.label: model._base_manager.count() for model in apps.get_models() if model._meta.managed
    }
    counts[AuditEntry._meta.label] -= AuditEntry.objects.filter(type="access.refused").count()
    return counts


def from_the_description(suite: Suite, caller: str, *, only: str = "") -> None:
    """Calls made by schemathesis from the OpenAPI description: valid ones, and ones that break it on purpose."""
    description = json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True), default=str))
    for found in schemathesis.openapi.from_dict(description).get_all_operations():
        operation = found.ok()
        if not operation.path.startswith(only):
            continue
        for mode in schemathesis.GenerationMode:
            try_operation(suite, caller, operation.as_strategy(generation_mode=mode))


def try_operation(suite: Suite, caller: str, cases: Any) -> None:
    @QUICK
    @given(case=cases)
    def one(case: Any) -> None:
        body = case.body if isinstance(case.body, (dict, list, str, int, float, bool, type(None))) else ""
        headers = {str(key): printable(str(value)) for key, value in (case.headers or {}).items()}
        headers.pop("Authorization", None)
        path = of_a_row(case.formatted_path) if case.method in ("GET", "PUT") else case.formatted_path
        suite.call(
            caller, case.method, path, urlencode(case.query or {}, doseq=True), json.dumps(body).encode(), **headers,
        )  # fmt: skip

    try_all(one)


def of_a_row(path: str) -> str:
    """The address of a mapping row that exists: made numbers meet none, and the call would end before its body is read."""
    part = re.fullmatch(r"/api/mappings/(\w+)/\d+/", path)
    if part is None or part[1] not in KINDS:
        return path
    row = KINDS[part[1]].model._default_manager.order_by("pk").first()
    return path if row is None else f"/api/mappings/{part[1]}/{row.pk}/"


def try_all(one: Callable[[], None]) -> None:
    from hypothesis.errors import Unsatisfiable

    try:
        one()
    except Unsatisfiable:  # an operation that cannot be broken in this way
        return


def printable(text: str) -> str:
    return "".join(letter for letter in text if " " <= letter <= "~")


@pytest.mark.usefixtures("unwritten")
def test_calls_without_a_token_made_from_the_description(suite: Suite) -> None:
    from_the_description(suite, "nobody")
    assert sum(suite.calls.values()) >= 150
    assert suite.calls[401] >= 50


def test_calls_that_may_change_mappings_made_from_the_description(suite: Suite) -> None:
    """Rows may come and go: what must not is an answer that is a fault of ours."""
    suite.tokens["writer"] = ApiToken.issue(make_user("mapping-program", *WRITES), "operate")
    from_the_description(suite, "writer", only="/api/mappings/")
    assert suite.calls[400] >= 20
    assert suite.puts[400] >= 5


@pytest.mark.usefixtures("unwritten")
def test_calls_with_a_reading_token_made_from_the_description(suite: Suite) -> None:
    from_the_description(suite, "read")
    assert sum(suite.calls.values()) >= 150


NASTY = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["'", "\x00", "' OR 1=1--", "{{7*7}}", "../../etc/passwd", "<script>", "9" * 400, "-1", "1e9", "٣", "NaN", "\ud800",
         "%00", "true", "[]", "..;/", "\r\nSet-Cookie: a=b"],
    ),
)  # fmt: skip
METHODS = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW"])


@pytest.mark.parametrize("caller", ["nobody", "read", "operate"])
def test_calls_of_pure_malice(suite: Suite, caller: str) -> None:
    order_page = f"/api/orders/{suite.order.pk}/"
    paths = ["/api/orders/", order_page, f"{order_page}audit/", f"{order_page}nothing/", "/api/", "/api/schema/",
             "/api/docs/", "/api/health/live/", "/api/pressero/{}/events/", "/api/pace/{}/events/", "/api/orders/{}/",
             "/api/orders/{}/retry/"]  # fmt: skip
    names = st.sampled_from(
        ["number", "storefront", "status", "page", "page_size", "format", "limit", "lang", "script", "x"]
    )
    before = rows()

    @hypothesis_settings(QUICK, max_examples=60)
    @given(
        path=st.sampled_from(paths), part=NASTY, method=METHODS, query=st.lists(st.tuples(names, NASTY), max_size=3),
        body=st.one_of(st.binary(max_size=60), NASTY.map(lambda text: text.encode("utf-8", "replace"))),
        kind=st.sampled_from(["application/json", "text/html", "multipart/form-data", "application/xml", "", "a/b; charset=x"]),
        header=NASTY,
    )  # fmt: skip
    def one(path: str, part: str, method: str, query: Any, body: bytes, kind: str, header: str) -> None:
        part = quote(part.encode("utf-8", "replace"), safe="")
        asked = urlencode([(name, value.encode("utf-8", "replace")) for name, value in query])
        headers = {"Content-Type": kind, "Accept": printable(header), "MessageHash": printable(header)}
        if caller == "nobody":
            headers["Authorization"] = f"Token {printable(header)}"
        suite.call(caller, method, path.replace("{}", part), asked, body, **headers)

    one()
    assert sum(suite.calls.values()) >= 60
    changed = {name for name, count in rows().items() if count != before[name]}
    assert changed <= (ITS_OWN if caller != "operate" else {*ITS_OWN, "integrations.AuditEntry"})


def test_the_retry_of_an_order_needs_the_scope_for_it(suite: Suite) -> None:
    page = f"/api/orders/{suite.order.pk}/retry/"
    assert [suite.call(caller, "POST", page).status_code for caller in ("nobody", "read", "operate")] == [
        401,
        403,
        202,
    ]
    assert AuditEntry.objects.filter(order=suite.order, type="staff.retry").count() == 1
