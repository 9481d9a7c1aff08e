"""The description of the API: an example for each call, and each example has the shape it illustrates."""

from __future__ import annotations

from typing import Any

from drf_spectacular.generators import SchemaGenerator

from integrations.api import examples
from integrations.api.serializers import AuditEntrySerializer, OrderSerializer, PreviewSerializer


def operations() -> dict[str, Any]:
    description = SchemaGenerator().get_schema(request=None, public=True)
    return {
        f"{method.upper()} {path}": operation
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
        if path not in ("/api/schema/", "/api/docs/")
    }


def _has_example(body: dict[str, Any]) -> bool:
    return any(content.get("examples") for content in body.get("content", {}).values())


def test_each_call_has_an_example_of_its_answer_and_of_what_is_sent() -> None:
    described = operations()
    assert len(described) == 14
    for name, operation in described.items():
        good = [
            body for code, body in operation["responses"].items() if code.startswith("2") and code != "204"
        ]
        assert all(_has_example(body) for body in good), name
        if "requestBody" in operation:
            assert _has_example(operation["requestBody"]), name


def test_examples_have_the_fields_of_what_they_show() -> None:
    for shown, serializer in (
        (examples.ORDERS, OrderSerializer),
        (examples.AUDIT, AuditEntrySerializer),
        (examples.PREVIEW[:1], PreviewSerializer),
    ):
        for example in shown:
            assert set(example.value) == set(serializer().fields)
