"""A short round of the fuzzing; each finding of the long ones is kept here as an input."""

from random import Random

import pytest

from tests.fuzz.mutation import NASTY, mutated
from tests.fuzz.targets import TARGETS, Target

FOUND: dict[str, list[bytes]] = {
    "CSV files": [b'sep=;\x0c\n"a;\n'],  # a form feed became part of the separator
}


@pytest.mark.usefixtures("stack_used_up")
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_what_must_hold_holds_for_hostile_inputs(target: Target) -> None:
    random = Random(20_260_301)
    for data in [*target.seeds, *NASTY, *FOUND.get(target.name, [])]:
        target.check(data)
    for _ in range(400):
        target.check(mutated(random, list(target.seeds)))


def test_the_mutations_keep_some_inputs_good_and_reach_every_nasty_word() -> None:
    random = Random(1)
    seeds = [b"first seed", b"second seed"]
    made = [mutated(random, seeds) for _ in range(20_000)]
    assert sum(data in seeds for data in made) > 1_000
    assert all(any(word in data for data in made) for word in NASTY)
