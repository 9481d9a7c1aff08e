"""Status rows that name a workflow or a stage instead of giving its id."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from integrations.models import ReferenceEntry, ReferenceKind, Storefront
from mappings.models import StatusMapping
from mappings.reference import warnings
from tests.mappings.conftest import make_storefront

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db: None) -> Storefront:
    """A storefront whose account has one workflow with one stage."""
    shop = make_storefront("Shop")
    own: dict[str, Any] = {"account": shop.pressero_account, "seen_at": timezone.now()}
    ReferenceEntry.objects.create(kind=ReferenceKind.WORKFLOW, key="wf-1", label="Print Production", **own)
    ReferenceEntry.objects.create(
        kind=ReferenceKind.STAGE,
        key="st-1",
        label="In Press",
        parent="wf-1",
        extra={"workflow": "Print Production"},
        **own,
    )
    return shop


def said(**columns: str) -> list[str]:
    row = StatusMapping(**{"level": "job", "pace_status": "S", "pressero_stage": "st-1", **columns})
    return [sentence for _, sentence in warnings([(None, row)]) if "Pace status" not in sentence]


@pytest.mark.parametrize("workflow", ["", "wf-1", "Print Production", " print production"])
@pytest.mark.parametrize("stage", ["st-1", "In Press", "in press"])
def test_ids_and_names_are_both_understood(shop: Storefront, workflow: str, stage: str) -> None:
    assert said(workflow=workflow, pressero_stage=stage) == []


def test_an_unknown_workflow_is_said_with_the_nearest_one(shop: Storefront) -> None:
    [sentence] = said(workflow="Print Produktion", pressero_stage="st-1")[:1]
    assert sentence == "Unknown workflow Print Produktion: did you mean wf-1 Print Production?"


def test_a_stage_that_is_gone_is_said(shop: Storefront) -> None:
    ReferenceEntry.objects.filter(kind=ReferenceKind.STAGE).update(gone_at=timezone.now())
    assert said(pressero_stage="In Press") == [
        "The Pressero stage In Press was deleted: its system no longer lists it."
    ]


def test_a_name_that_cannot_be_checked_yet_is_said_at_the_import(
    db: None, tmp_path: Path, capsys: pytest.CaptureFixture[Any]
) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("storefront,level,pace_status,workflow,pressero_stage\n,job,S,Production,st-1\n")
    call_command("mappings", "import", "statuses", str(file))
    assert "The workflow Production cannot be checked" in capsys.readouterr().err


def test_an_id_is_not_asked_about_before_the_lists_are_read(db: None) -> None:
    assert said(workflow="0a000000-0000-4000-8000-000000000001") == []
