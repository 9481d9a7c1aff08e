"""Mapping rules 2: when an order is sent, and what of it."""

from typing import Any

import pytest

from integrations.clients.schemas import PresseroItem
from integrations.planning.decide import decide
from tests.planning.builders import item, order, undecided


def denied(seq: int, **more: Any) -> PresseroItem:
    return item(seq, is_denied=True, **more)


def test_without_approval_every_item_that_is_not_denied_is_sent() -> None:
    decision = decide(order(item(1), undecided(2), denied(3)), wait_for_approval=False)
    assert (decision.kind, decision.items) == ("send", (1, 2))
    assert [(note.item, note.message) for note in decision.left_out] == [
        (3, "item 3 (Product 3) is left out: it was denied in Pressero")
    ]


def test_with_approval_an_undecided_item_holds_the_order() -> None:
    decision = decide(order(item(1), undecided(2), undecided(3), denied(4)), wait_for_approval=True)
    assert (decision.kind, decision.items, decision.undecided) == ("wait", (), (2, 3))
    assert decision.reason == "Items 2 and 3 wait for approval in Pressero."


def test_an_order_that_waits_says_too_what_is_left_out() -> None:
    decision = decide(order(undecided(1), denied(2)), wait_for_approval=True)
    assert [note.item for note in decision.left_out] == [2]


def test_with_approval_only_approved_items_are_sent() -> None:
    decision = decide(order(item(2), denied(1)), wait_for_approval=True)
    assert (decision.kind, decision.items, decision.undecided) == ("send", (2,), ())


@pytest.mark.parametrize("wait", [True, False])
def test_all_items_denied_sends_nothing(wait: bool) -> None:
    decision = decide(order(denied(1), denied(2)), wait_for_approval=wait)
    assert (decision.kind, decision.items) == ("denied", ())
    assert decision.reason == "Order 10234: every item was denied in Pressero."
    assert ([note.item for note in decision.left_out], decision.undecided) == ([1, 2], ())


@pytest.mark.parametrize("wait", [True, False])
def test_no_items_is_a_kind_of_its_own(wait: bool) -> None:
    decision = decide(order(items=()), wait_for_approval=wait)
    assert (decision.kind, decision.reason) == (
        "nothing",
        "Order 10234: Pressero shows no items of this order yet.",
    )


def test_a_preview_counts_undecided_items_as_approved() -> None:
    decision = decide(order(item(1), undecided(2), denied(3)), True, assume_approved=True)
    assert (decision.kind, decision.items, decision.undecided) == ("send", (1, 2), (2,))


@pytest.mark.parametrize(
    ("items", "wait", "said"),
    [
        ((item(1),), True, "Item 1 is approved."),
        ((item(1), item(2), item(4), denied(3)), True, "Items 1, 2 and 4 are approved. 1 item was denied."),
        ((item(1),), False, "No approval is needed."),
    ],
)
def test_the_reason_says_what_is_known_and_not_that_the_order_is_sent(
    items: tuple[Any, ...], wait: bool, said: str
) -> None:
    assert decide(order(*items), wait).reason == said


def test_without_approval_no_item_is_waited_for() -> None:
    assert decide(order(undecided(1), undecided(2)), wait_for_approval=False).undecided == ()


def test_an_item_without_a_product_name_is_named_by_its_number() -> None:
    [note] = decide(order(item(1), denied(2, product_name="")), wait_for_approval=False).left_out
    assert note.message == "item 2 is left out: it was denied in Pressero"


def test_several_are_counted_and_named_in_the_plural() -> None:
    of = order(undecided(1), undecided(2), denied(3), denied(4))
    assert decide(of, True, assume_approved=True).reason == (
        "Items 1 and 2 wait for approval in Pressero. The preview treats them as approved. 2 items were denied."
    )


def test_a_preview_says_which_approvals_it_only_assumes() -> None:
    assert decide(order(item(1), undecided(2)), True, assume_approved=True).reason == (
        "Item 1 is approved. Item 2 waits for approval in Pressero. The preview treats it as approved."
    )


def test_denied_beats_approved_when_pressero_says_both() -> None:
    assert decide(order(item(1), item(2, is_denied=True, is_approved=True)), True).items == (1,)


class TestKits:
    def test_a_denied_parent_leaves_its_children_out(self) -> None:
        decision = decide(
            order(denied(1, is_kit=True), item(2, parent=1), undecided(3, parent=1), item(4)), True
        )
        assert (decision.kind, decision.items) == ("send", (4,))
        assert "its kit, item 1, was denied" in decision.left_out[1].message
        assert [note.item for note in decision.left_out] == [1, 2, 3]

    def test_the_parent_is_among_the_items_sent(self) -> None:
        assert decide(order(item(1, is_kit=True), item(2, parent=1)), False).items == (1, 2)

    def test_a_child_of_quantity_0_is_left_out(self) -> None:
        decision = decide(
            order(item(1, is_kit=True), item(2, parent=1), item(3, parent=1, quantity=0)), False
        )
        assert decision.items == (1, 2)
        [note] = decision.left_out
        assert ("quantity 0" in note.message, note.item) == (True, 3)

    def test_a_kit_with_every_child_denied_is_denied(self) -> None:
        assert decide(order(item(1, is_kit=True), denied(2, parent=1)), True).kind == "denied"

    def test_an_undecided_child_holds_the_order(self) -> None:
        assert decide(order(item(1, is_kit=True), undecided(2, parent=1)), True).kind == "wait"

    def test_a_chain_of_parents_in_a_circle_does_no_harm(self) -> None:
        one, two = item(1, parent=2), item(2, parent=1)
        assert decide(order(one, two), False).kind == "send"
