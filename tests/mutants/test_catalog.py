"""The list of mutants fits the code and the guarantee: a line that was moved takes its mutant along."""

import ast

import pytest

from tests.mutants.catalog import ROOT, Mutant, mutants, sentences

ALL = mutants()


@pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant.name)
def test_its_line_is_there_once_and_what_replaces_it_is_python(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    assert text.count(mutant.before) == 1
    ast.parse(text.replace(mutant.before, mutant.after))


@pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant.name)
def test_its_sentence_stands_in_the_guarantee(mutant: Mutant) -> None:
    assert len([one for one in sentences() if one.startswith(mutant.sentence)]) == 1


def test_the_tests_that_must_notice_are_there() -> None:
    assert {test for mutant in ALL for test in mutant.tests if not (ROOT / test).exists()} == set()


def test_no_two_have_one_name() -> None:
    assert len({mutant.name for mutant in ALL}) == len(ALL) > 70
