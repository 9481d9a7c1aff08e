"""A plant's own scripts keep the mappings without a browser: the same checks, reasons and history as an import."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from integrations.models import ApiToken, ConfigurationVersion, PaceServer
from mappings.changes import MappingChange
from mappings.models import ShipmentMethodMapping
from mappings.resources import KINDS
from tests.factories import make_storefront, make_user

pytestmark = pytest.mark.django_db

METHODS = "/api/mappings/shipment_methods/"
GROUND = {"storefront": "", "pressero_method": "Ground", "ship_via": 5010, "account_number": ""}
ALL = [f"{right}_shipmentmethodmapping" for right in ("view", "add", "change", "delete")]


class Script:
    """A program with a token."""

    def __init__(self, *rights: str, scope: str = "operate") -> None:
        token = ApiToken.issue(make_user(f"script-{scope}-{len(rights)}", *rights), scope)
        self.client = Client(headers={"Authorization": f"Token {token}"})

    def call(self, method: str, path: str, data: Any = None) -> tuple[int, Any]:
        body = b"" if data is None else json.dumps(data).encode()
        answer = self.client.generic(method, path, body, "application/json")
        return answer.status_code, json.loads(answer.content) if answer.content else None


@pytest.fixture
def script(db: None) -> Script:
    return Script(*ALL)


def test_a_row_is_created_listed_changed_and_deleted(script: Script) -> None:
    status, made = script.call("POST", METHODS, {"rows": [GROUND]})
    assert (status, made["created"]) == (201, 1)
    row = made["rows"][0]["id"]
    status, listed = script.call("GET", METHODS)
    assert (status, listed["count"], listed["results"]) == (200, 1, [{"id": row, **GROUND}])
    status, changed = script.call("PUT", f"{METHODS}{row}/", {**GROUND, "ship_via": 5012})
    assert (status, changed) == (200, {"id": row, **GROUND, "ship_via": 5012})
    assert script.call("GET", f"{METHODS}{row}/") == (200, changed)
    assert script.call("DELETE", f"{METHODS}{row}/") == (204, None)
    assert script.call("GET", f"{METHODS}{row}/")[0] == 404


def test_each_change_is_in_the_rows_history_with_who_and_how(script: Script) -> None:
    _, made = script.call("POST", METHODS, {"rows": [GROUND]})
    row = made["rows"][0]["id"]
    script.call("PUT", f"{METHODS}{row}/", {**GROUND, "ship_via": 5012})
    script.call("DELETE", f"{METHODS}{row}/")
    history = MappingChange.objects.order_by("id").values_list("what", "way", "actor")
    assert list(history) == [(what, "api", "script-operate-4") for what in ("added", "changed", "deleted")]


def test_the_same_row_again_changes_it_or_nothing(script: Script) -> None:
    script.call("POST", METHODS, {"rows": [GROUND]})
    status, report = script.call("POST", METHODS, {"rows": [GROUND]})
    assert (status, report["created"], report["unchanged"]) == (200, 0, 1)
    status, report = script.call("POST", METHODS, {"rows": [{**GROUND, "ship_via": 5012}]})
    assert (status, report["updated"]) == (200, 1)


def test_a_dry_run_says_what_would_be_done_and_keeps_nothing(script: Script) -> None:
    status, report = script.call("POST", METHODS, {"rows": [GROUND], "dry_run": True})
    assert (status, report["created"], len(report["changes"])) == (200, 1, 1)
    assert not ShipmentMethodMapping.objects.exists()
    assert not MappingChange.objects.exists()


def test_one_bad_row_keeps_all_of_them_out_and_its_reason_is_told(script: Script) -> None:
    rows = [GROUND, {**GROUND, "pressero_method": "Overnight", "ship_via": "fast"}, {**GROUND, "shipvia": 1}]
    status, refused = script.call("POST", METHODS, {"rows": rows[:2]})
    assert status == 400
    [reason] = refused["reasons"]
    assert reason["row"] == 2
    assert reason["reason"].startswith("ship_via: ")
    assert (
        "Unknown column “shipvia”"
        in script.call("POST", METHODS, {"rows": rows[2:]})[1]["reasons"][0]["reason"]
    )
    assert not ShipmentMethodMapping.objects.exists()


def test_a_row_keeps_the_columns_that_make_it_this_row(script: Script) -> None:
    _, made = script.call("POST", METHODS, {"rows": [GROUND]})
    row = made["rows"][0]["id"]
    status, refused = script.call("PUT", f"{METHODS}{row}/", {**GROUND, "pressero_method": "Overnight"})
    assert status == 400
    assert "Delete this one" in refused["reasons"][0]["reason"]
    assert ShipmentMethodMapping.objects.count() == 1


def test_the_list_is_narrowed_to_a_storefront(script: Script) -> None:
    storefront = make_storefront(name="Example CU Store")
    script.call("POST", METHODS, {"rows": [GROUND, {**GROUND, "storefront": storefront.name}]})
    assert script.call("GET", f"{METHODS}?storefront=Example+CU+Store")[1]["count"] == 1
    assert script.call("GET", f"{METHODS}?storefront=")[1]["count"] == 1


def test_a_change_makes_a_version_of_the_configuration(script: Script) -> None:
    PaceServer.objects.create(name="Pace", slug="pace", url="https://pace.example.com")
    script.call("POST", METHODS, {"rows": [GROUND]})
    assert ConfigurationVersion.objects.first().actor == "script-operate-4"  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_of_rows_has_its_address(kind: str) -> None:
    name = KINDS[kind].model._meta.model_name
    assert Script(f"view_{name}").call("GET", f"/api/mappings/{kind}/")[0] == 200


def test_an_unknown_kind_is_named(script: Script) -> None:
    status, answer = script.call("GET", "/api/mappings/prices/")
    assert status == 404
    assert "shipment_methods" in answer["detail"]


# --- who may ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rights", "scope", "answers"),
    [
        ((), "operate", (403, 403, 403, 403)),
        (("view_shipmentmethodmapping",), "operate", (200, 403, 403, 403)),
        (tuple(ALL), "read", (200, 403, 403, 403)),
        (("view_shipmentmethodmapping", "change_shipmentmethodmapping"), "operate", (200, 403, 200, 403)),
        (tuple(ALL), "operate", (200, 200, 200, 204)),
        (("view_productmapping", "delete_productmapping"), "operate", (403, 403, 403, 403)),
    ],
)
def test_rights_of_the_user_and_scope_of_the_token_decide(
    rights: tuple[str, ...], scope: str, answers: tuple[int, ...]
) -> None:
    row = ShipmentMethodMapping.objects.create(pressero_method="Ground", ship_via=5010).pk
    one = Script(*rights, scope=scope)
    found = (
        one.call("GET", METHODS)[0],
        one.call("POST", METHODS, {"rows": [GROUND]})[0],
        one.call("PUT", f"{METHODS}{row}/", GROUND)[0],
        one.call("DELETE", f"{METHODS}{row}/")[0],
    )
    assert found == answers


def test_without_a_token_nothing_is_shown() -> None:
    assert Client().get(METHODS).status_code == 401
