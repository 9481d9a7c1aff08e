"""The protocol, explored as far as seconds allow, and the model itself (`make model` does all of it)."""

from collections.abc import Sequence

import pytest

from tests.model.explore import Exploration
from tests.model.protocol import steps, violation
from tests.model.states import Rules, State, Step, beginning, canonical
from tests.model.story import told
from tests.model.variants import VARIANTS, Variant, recorded

FOUND_OUT = [variant for variant in VARIANTS if not variant.holds]
# Those that are found within a second or two.
QUICK = [
    variant
    for variant in FOUND_OUT
    if variant.without in (("lease_at_intent",), ("quiet_period",), ("commit_leaves_in_time",))
]


def test_no_state_is_wrong_and_each_leads_to_the_end() -> None:
    found = Exploration(Rules(absents=True)).run()
    assert (found.wrong, found.path) == ("", ())
    assert found.states > 8000


@pytest.mark.parametrize("bound", ["moves", "restores", "switches"])
def test_nor_is_any_of_the_first_states_where_more_may_happen(bound: str) -> None:
    rules = Rules(**{bound: True, "two_files": bound == "switches"})
    found = Exploration(rules, most=6000).run()
    assert (found.wrong, found.path) == ("", ())


@pytest.mark.parametrize("variant", QUICK, ids=lambda variant: variant.name)
def test_without_a_rule_a_second_job_is_found(variant: Variant) -> None:
    found = variant.explore()
    assert found.wrong == "two jobs of one unit"
    assert found.path == recorded()[variant.name]


def after(path: Sequence[Step], rules: Rules) -> list[State]:
    """The states that this way may lead to: of two commits on their way, it does not say which one is applied first."""
    states = [beginning(rules)]
    for step in path:
        states = [reached for state in states for taken, reached in steps(state, rules) if taken == step]
    return states


@pytest.mark.parametrize("variant", FOUND_OUT, ids=lambda variant: variant.name)
def test_the_recorded_way_is_one_of_its_variant_and_ends_badly(variant: Variant) -> None:
    rules = Rules(**dict.fromkeys(variant.without, False), **variant.bound)
    assert any(violation(state) for state in after(recorded()[variant.name], rules))


@pytest.mark.parametrize(
    "variant", [one for one in FOUND_OUT if one.without], ids=lambda variant: variant.name
)
def test_with_its_rules_the_protocol_does_not_come_to_that_end(variant: Variant) -> None:
    assert not any(violation(state) for state in after(recorded()[variant.name], Rules(**variant.bound)))


def test_states_that_differ_only_in_names_are_one() -> None:
    def reached(*path: Step) -> State:
        state = beginning(Rules())
        for step in path:
            state = dict(steps(state, Rules()))[step]
        return canonical(state)[0]

    first, second = (reached(Step(number, "claim"), Step(number, "plan")) for number in (0, 1))
    assert first == second


def test_a_way_is_told_in_sentences() -> None:
    path = [
        Step(0, "claim"),
        Step(0, "plan"),
        Step(-1, "time passes"),
        Step(-1, "time passes"),
        Step(1, "killed"),
    ]
    assert list(told(path)) == [
        "Worker A claims the order, stores the plan.",
        "Time passes (2 times).",
        "Worker B is killed.",
    ]
