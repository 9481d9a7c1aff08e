"""Starting without the collector."""

import gc
from collections.abc import Iterator

import pytest

from automationhub.lib.fast_startup import fast_startup


@pytest.fixture(autouse=True)
def _thaw() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_nothing_is_collected_meanwhile() -> None:
    with fast_startup():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_was_loaded_is_never_looked_through_again() -> None:
    before = gc.get_freeze_count()
    with fast_startup():
        loaded = [[number] for number in range(1_000)]
    assert gc.get_freeze_count() >= before + len(loaded)


def test_a_start_that_fails_leaves_the_collector_on() -> None:
    with pytest.raises(ValueError), fast_startup():
        raise ValueError
    assert gc.isenabled()
