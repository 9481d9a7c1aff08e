"""The list of mutants fits the code and the guarantee: a line that was moved takes its mutant along."""

import ast
import gc
import weakref
from types import FunctionType, SimpleNamespace
from typing import Any

import pytest

from integrations.core.workqueue.leases import Lease
from tests.mutants import page
from tests.mutants.catalog import ROOT, Mutant, mutants, sentences
from tests.mutants.general import explained, noticing_tests
from tests.mutants.swap import NotSwappedError, loaded_functions, swap

ALL = mutants()
# What is shown by the variants of the model, and what holds for every migration, is no single line of the code.
WITHOUT = {"Each rule above is needed, and together they are enough", "Deployment while orders flow"}


@pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant.name)
def test_its_line_is_there_once_and_what_replaces_it_is_python(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    assert text.count(mutant.before) == 1
    ast.parse(text.replace(mutant.before, mutant.after))


@pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant.name)
def test_its_sentence_stands_in_the_guarantee(mutant: Mutant) -> None:
    assert len([one for one in sentences() if one.startswith(mutant.sentence)]) == 1


def _is_there(test: str) -> bool:
    file, _, name = test.partition("::")
    return f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_the_tests_that_must_notice_are_there() -> None:
    assert {test for mutant in ALL for test in mutant.tests if not _is_there(test)} == set()


def test_no_two_have_one_name() -> None:
    assert len({mutant.name for mutant in ALL}) == len(ALL) > 110


def test_the_page_is_as_the_list_is() -> None:
    """After a change of the list: make mutants ARGS=--write-docs."""
    assert page.PAGE.read_text(encoding="utf-8") == page.text()


def test_each_sentence_of_the_guarantee_names_its_mutants() -> None:
    links = {sentence: page.link(sentence) for sentence in sentences()}
    assert {sentence for sentence, link in links.items() if not link} == WITHOUT
    assert {sentence: cell for sentence, cell in sentences().items() if sentence not in WITHOUT} == {
        sentence: link for sentence, link in links.items() if link
    }


@pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant.name)
def test_it_is_inside_of_a_function(mutant: Mutant) -> None:
    swap(mutant.file, mutant.changed(), _Anything())


class _Anything(dict[tuple[str, str], list[FunctionType]]):
    """Every function is loaded, and none of them is changed."""

    def get(self, key: Any, default: Any = None) -> Any:
        def nothing() -> None: ...

        return [SimpleNamespace(__code__=nothing.__code__)]


def test_functions_are_found_that_the_collection_of_garbage_has_put_aside() -> None:
    file = "integrations/core/workqueue/leases.py"
    loaded_functions([file])
    gc.freeze()
    try:
        assert loaded_functions([file])[(file, "Lease.update")] == [Lease.update]
    finally:
        gc.unfreeze()


def test_what_another_test_has_let_go_is_no_hindrance() -> None:
    def gone() -> None: ...

    proxy = weakref.proxy(gone)
    del gone
    assert loaded_functions(["integrations/core/workqueue/leases.py"])
    assert type(proxy) is weakref.CallableProxyType


def test_a_change_outside_of_a_function_is_refused() -> None:
    file = "integrations/core/workqueue/retry_policy.py"
    text = (ROOT / file).read_text(encoding="utf-8")
    with pytest.raises(NotSwappedError):
        swap(file, text.replace("FIRST_DELAY = 5.0", "FIRST_DELAY = 6.0"), _Anything())


def test_the_files_of_the_general_run_and_their_tests_are_there() -> None:
    tests = noticing_tests()
    assert [
        file
        for file in (*tests, *(one for named in tests.values() for one in named))
        if not (ROOT / file).exists()
    ] == []


def test_what_is_explained_of_the_general_run_still_stands_there() -> None:
    for one in explained():
        assert one["why"]
        text = " ".join((ROOT / one["file"]).read_text(encoding="utf-8").split())
        assert one["before"] in text, one
