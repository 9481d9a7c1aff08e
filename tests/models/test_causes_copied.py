"""The upgrade from causes as one text to kind and subject, and the way back."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from integrations.causes import CauseKind

copied: Any = importlib.import_module("integrations.migrations.0101_causes_copied")
BEFORE = ("integrations", "0086_words_of_events_sent")
TEXTS = [
    ("item_template:5013", "item_template", "5013"),
    ("shipment_method:ups: ground", "shipment_method", "ups: ground"),
    ("field_rule:12:required", "field_rule", "12:required"),
    ("inactive:Pace server", "inactive", "Pace server"),
    ("internal:KeyError", "internal", "KeyError"),
    ("country:", "country", ""),
    ("shipment_type:planned", "shipment_type", ""),
    ("pace:several_jobs", "several_jobs", ""),
    ("pressero_updates", "pressero_updates", ""),
    ("new customer defaults:country:99", "party_defaults", "new customer defaults:country:99"),
    ("Pace server Main: credentials", "login", "Pace server Main"),
    ("Pace server Main: license expired", "license", "Pace server Main"),
    ("Pace server A: B: not reachable", "not_reachable", "Pace server A: B"),
    ("Pace server Main: HTTP 503", "no_answer", "Pace server Main: HTTP 503"),
    ("Pressero account Demo: timed out", "no_answer", "Pressero account Demo: timed out"),
    ("Pressero account Demo: unknown site 7", "unknown_site", "Pressero account Demo: 7"),
    ("Pace server Main: Invalid value: 7", "refused", "Pace server Main: Invalid value: 7"),
    ("Pressero Quantity is not a number", "unreadable", "Quantity is not a number"),
    ("time zone Mars/Olympus", "time_zone", "Mars/Olympus"),
    ("workflow gone 12", "workflow", "12"),
    ("stage of row 3 in 12", "stage", "row 3 in 12"),
    ("control character in custName", "unwritable_text", "control character in custName"),
    ("", "", ""),
]


@pytest.mark.parametrize(("text", "kind", "subject"), TEXTS)
def test_a_text_becomes_kind_and_subject(text: str, kind: str, subject: str) -> None:
    assert copied.split(text) == (kind, subject)
    assert kind in CauseKind


@pytest.mark.parametrize(
    ("text", "kind", "subject"), [one for one in TEXTS if not one[0].startswith("time zone ")]
)
def test_kind_and_subject_become_the_text_again(text: str, kind: str, subject: str) -> None:
    assert copied.joined(kind, subject) == text


@pytest.mark.parametrize("kind", [kind for kind in CauseKind if kind])
def test_every_kind_has_a_text_that_leads_back_to_it(kind: CauseKind) -> None:
    later = {"job_gone", "tracking", "watch", "poll"}  # only of alerts, never in a column
    if kind in later:
        pytest.skip("no order stops for it")
    subject = "" if kind in copied.WHOLE.values() else "Pace server X"
    if kind in ("refused", "no_answer", "unwritable_text", "party_defaults", "unknown_site"):
        subject = {
            "no_answer": "Pace server X: HTTP 500",
            "unwritable_text": "control character in custName",
            "party_defaults": "new contact defaults:country:9",
            "unknown_site": "Pressero account X: 9",
        }.get(kind, "Pace server X: no")
    assert copied.split(copied.joined(kind, subject)) == (kind, subject)


def migrated(*target: str) -> Any:
    """The models as they are after migrating to there."""
    executor = MigrationExecutor(connection)
    executor.migrate([target])
    return MigrationExecutor(connection).loader.project_state([target]).apps


@pytest.mark.django_db(transaction=True)
def test_orders_and_decisions_keep_their_cause_forward_and_back() -> None:
    leaves = [key for key in MigrationExecutor(connection).loader.graph.leaf_nodes() if key[0] == BEFORE[0]]
    try:
        old = migrated(*BEFORE)
        account = old.get_model("integrations", "PresseroAccount").objects.create(
            name="P", slug="p", base_url="https://p.example", username="u"
        )
        server = old.get_model("integrations", "PaceServer").objects.create(
            name="S", slug="s", url="https://s.example", username="u"
        )
        storefront = old.get_model("integrations", "Storefront").objects.create(
            name="Shop", site_id="7", pressero_account=account, pace_server=server
        )
        texts = {number: text for number, (text, *_) in enumerate(TEXTS, start=1)}
        for number, text in texts.items():
            old.get_model("integrations", "Order").objects.create(
                number=number, account=account, storefront=storefront, cause=text
            )
        old.get_model("integrations", "CauseCase").objects.create(cause="Pace server Main: credentials")
        new = migrated(*leaves[0])
        orders = new.get_model("integrations", "Order").objects
        assert list(orders.order_by("number").values_list("cause_kind", "cause_subject")) == [
            (kind, subject) for _, kind, subject in TEXTS
        ]
        assert new.get_model("integrations", "CauseCase").objects.get().cause == "login:Pace server Main"
        # What stopped, and what went on, since.
        orders.filter(number=1).update(cause_kind="", cause_subject="")
        orders.filter(cause_kind="").exclude(number=1).update(cause_kind="ship_via", cause_subject="9")
        back = migrated(*BEFORE)
        expected = {**texts, 1: "", len(texts): "ship_via:9"}
        expected |= {
            number: "time_zone:Mars/Olympus"
            for number, text in texts.items()
            if text.startswith("time zone ")
        }
        assert (
            dict(back.get_model("integrations", "Order").objects.values_list("number", "cause")) == expected
        )
        cases = back.get_model("integrations", "CauseCase").objects
        assert cases.get().cause == "Pace server Main: credentials"
        for name in ("CauseCase", "Order", "Storefront", "PaceServer", "PresseroAccount"):
            back.get_model("integrations", name).objects.all().delete()
    finally:
        call_command("migrate", verbosity=0)
