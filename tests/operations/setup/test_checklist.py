"""The check list of a storefront before anything was read from its systems."""

from __future__ import annotations

import pytest

from integrations.operations.setup import checklist
from integrations.operations.setup.coverage_inputs import coverage_of
from tests.factories import make_storefront

pytestmark = pytest.mark.django_db


def test_what_is_not_known_yet_is_said_to_be_unknown_and_not_counted_as_zero() -> None:
    storefront = make_storefront()
    steps = {step.title: step for step in checklist.steps(storefront, coverage_of(storefront))}
    for title in ("Every shipping method has a ship via", "Products have item templates"):
        assert not steps[title].done
        assert "before the codes of Pressero are read" in steps[title].hint
        assert "0 without" not in steps[title].hint
