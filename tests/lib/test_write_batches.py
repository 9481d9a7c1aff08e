"""What several threads write at the same moment is written together, and each learns the result of its own."""

import threading
from collections.abc import Sequence

import pytest

from automationhub.lib import write_batches as module
from automationhub.lib.write_batches import WriteBatches


class Book:
    """Notes what was written together. The first writer waits until `others` are in the queue behind it."""

    def __init__(self, others: int = 0) -> None:
        self.bundles: list[list[str]] = []
        self.begun, self.go_on = threading.Event(), threading.Event()
        if not others:
            self.go_on.set()

    def write(self, items: Sequence[str]) -> None:
        self.begun.set()
        assert self.go_on.wait(10)
        if "bad" in items:
            raise ValueError("bad")
        self.bundles.append(list(items))


def put_together(bundles: WriteBatches[str], book: Book, items: Sequence[str]) -> dict[str, str]:
    """Put "first", and these while it is being written; what each put raised."""
    outcome: dict[str, str] = {}

    def put(item: str) -> None:
        try:
            bundles.put(item)
            outcome[item] = "stored"
        except ValueError as error:
            outcome[item] = str(error)

    first = threading.Thread(target=put, args=("first",))
    first.start()
    assert book.begun.wait(10)
    others = [threading.Thread(target=put, args=(item,)) for item in items]
    for thread in others:
        thread.start()
    while len(bundles._waiting) < len(items):
        pass
    book.go_on.set()
    for thread in (first, *others):
        thread.join(10)
    return outcome


def test_one_item_is_written_at_once() -> None:
    book = Book()
    WriteBatches(book.write).put("a")
    assert book.bundles == [["a"]]


def test_what_comes_while_another_thread_writes_is_written_together() -> None:
    book = Book(others=3)
    outcome = put_together(WriteBatches(book.write), book, ["a", "b", "c"])
    assert [sorted(bundle) for bundle in book.bundles] == [["first"], ["a", "b", "c"]]
    assert set(outcome.values()) == {"stored"}


def test_an_item_that_cannot_be_stored_fails_alone() -> None:
    book = Book(others=3)
    outcome = put_together(WriteBatches(book.write), book, ["a", "bad", "c"])
    assert outcome == {"first": "stored", "a": "stored", "bad": "bad", "c": "stored"}
    assert sorted(item for bundle in book.bundles for item in bundle) == ["a", "c", "first"]


def test_a_bundle_has_a_greatest_size() -> None:
    book = Book(others=5)
    put_together(WriteBatches(book.write, most=2), book, ["a", "b", "c", "d", "e"])
    assert [len(bundle) for bundle in book.bundles] == [1, 2, 2, 1]


def test_a_thread_that_is_stopped_leaves_the_others_items_to_them() -> None:
    written: list[str] = []

    def write(items: Sequence[str]) -> None:
        if "stop" in items:
            raise SystemExit
        written.extend(items)

    bundles = WriteBatches(write)
    with pytest.raises(SystemExit):
        bundles.put("stop")
    bundles._waiting.clear()
    bundles.put("next")
    assert written == ["next"]


def test_a_bundle_waits_for_those_who_were_answered_a_moment_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 10)
    book = Book(others=1)
    bundles = WriteBatches(book.write)
    threads = [threading.Thread(target=bundles.put, args=(item,)) for item in ("first", "second")]
    threads[0].start()
    assert book.begun.wait(10)
    threads[1].start()
    while len(bundles._waiting) < 1:
        pass
    book.go_on.set()
    threads[0].join(10)
    bundles.put("third")  # whoever sent "first" has its answer and sends the next one
    threads[1].join(10)
    assert [sorted(bundle) for bundle in book.bundles] == [["first"], ["second", "third"]]


def test_somebody_who_is_expected_and_does_not_come_is_not_waited_for() -> None:
    book = Book(others=1)
    put_together(WriteBatches(book.write), book, ["second"])
    assert book.bundles == [["first"], ["second"]]
