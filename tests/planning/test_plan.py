"""The plan as a whole (docs/mapping.md §1 and §16): kinds, completeness of problems, lineage, sameness."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import given, settings

from integrations.clients.schemas import PresseroOrder
from integrations.planning.plan import make_plan
from integrations.planning.plan_types import CustomerCandidates, StorefrontParameters, sendable
from tests.planning.builders import PEORIA, inputs, item, order, plan, storefront, undecided
from tests.planning.test_money_properties import orders, stores

waiting = storefront(wait_for_approval=True)


class TestKinds:
    def test_a_waiting_order_has_no_jobs(self) -> None:
        made = make_plan(inputs(order(item(1), undecided(2)), waiting))
        assert (made.decision, made.jobs, made.party) == ("wait", (), None)
        assert "Item 2 waits for approval in Pressero" in made.reason

    def test_its_preview_plans_the_undecided_items_too(self) -> None:
        made = plan(order(item(1), undecided(2), item(3, is_denied=True)), waiting, preview=True)
        assert made.jobs[0].items == (1, 2)
        assert [note.item for note in made.left_out] == [3]

    def test_a_denied_order(self) -> None:
        made = make_plan(inputs(order(item(1, is_denied=True))))
        assert (made.decision, made.jobs, len(made.left_out)) == ("denied", (), 1)

    def test_an_order_without_items(self) -> None:
        assert make_plan(inputs(order(items=()))).decision == "nothing"

    def test_chosen_items(self) -> None:
        made = plan(order(item(1), undecided(2), item(3)), waiting, items=(1, 2))
        assert made.jobs[0].items == (1, 2)
        assert [note.message for note in made.left_out] == [
            "item 3 is left out: it is not among the items to send"
        ]


class TestProblems:
    def test_all_are_found_at_once(self) -> None:
        of = order(
            item(1, quantity=0),
            item(2, ship_to=replace(PEORIA, country="Atlantis")),
            item(3, product_integration_id="NOPE"),
            buyer_email="",
        )
        made = make_plan(
            inputs(
                of, storefront(default_ship_via=None, job_type=99, skip_holidays=True, holiday_country="X")
            )
        )
        assert {problem.field for problem in made.problems} == {
            "contact", "qtyOrdered", "country", "itemTemplate", "shipVia", "jobType", "scheduledShipDateTime",
        }  # fmt: skip
        assert all(problem.message.startswith("Order 10234") and problem.cause for problem in made.problems)
        assert {problem.mode for problem in made.problems} == {"config", "order"}

    def test_each_once_in_split_mode(self) -> None:
        of = order(item(1, files=("a.pdf", "b.pdf", "c.pdf")))
        made = make_plan(inputs(of, storefront(default_ship_via=None, one_job_per_item=True)))
        assert len(made.problems) == 1

    def test_two_items_of_one_number(self) -> None:
        twice = order(item(1), replace(item(1), id="other"))
        assert "Pressero shows 2 items with this number" in make_plan(inputs(twice)).problems[0].message


def every_value(thing: Any) -> Iterator[dict[str, Any]]:
    """All planned values of a plan's data, with the path to them."""
    if isinstance(thing, dict):
        if set(thing) == {"value", "source"}:
            yield thing
        else:
            for below in thing.values():
                yield from every_value(below)
    elif isinstance(thing, list):
        for below in thing:
            yield from every_value(below)


def test_every_field_has_a_lineage_and_a_plain_value() -> None:
    of = order(
        item(1, files=("a.pdf",)), item(2, product_integration_id="BC-TPL"), shipping="3.00", tax="1.00"
    )
    data = plan(of, storefront(integration_id=""), candidates=CustomerCandidates()).as_data()
    found = list(every_value(data))
    assert len(found) > 80
    assert all(value["source"]["kind"] and value["source"]["detail"] for value in found)
    assert all(value["value"] is not None or value["source"]["kind"] == "pace" for value in found)
    assert json.loads(json.dumps(data)) == data


def test_what_only_pace_can_give_is_not_sendable() -> None:
    job = plan(None, storefront(integration_id=""), candidates=CustomerCandidates()).jobs[0]
    assert {"customer", "jobContact", "shipToJobContact", "billToJobContact"} <= set(job.fields) - set(
        sendable(job.fields)
    )


@settings(max_examples=500, deadline=None)
@given(orders(deny=True), stores)
def test_the_same_inputs_give_the_same_bytes(of: PresseroOrder, store: StorefrontParameters) -> None:
    first = make_plan(inputs(of, store))
    shuffled = replace(of, items=tuple(reversed(of.items)))
    assert make_plan(inputs(of, store)).as_json() == first.as_json()
    assert make_plan(inputs(shuffled, store)).as_json() == first.as_json()


def test_unicode_stays_readable() -> None:
    text = plan(
        order(item(1, item_name="名刺 für Zoë"), buyer_first_name="Zoë"), storefront(name="Störe ☂")
    ).as_json()
    assert "Störe ☂" in text and "Zoë" in text
