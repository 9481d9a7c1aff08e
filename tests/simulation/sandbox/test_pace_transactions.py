"""Transactions of the sandbox Pace: who sees what, and how they end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from integrations.simulation.sandbox.pace import PaceSandbox
from tests.simulation.sandbox.pace_calls import PaceCalls, Refused


class Clock:
    """A clock that a test can put forward."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Iterator[PaceSandbox]:
    with PaceSandbox(clock=clock) as running:
        yield running


@pytest.fixture
def calls(pace: PaceSandbox) -> PaceCalls:
    return PaceCalls(pace)


ENDED = r"^Transaction .* does not exist or has ended$"


# Who sees what


def test_others_do_not_see_what_was_written_before_the_commit(calls: PaceCalls, pace: PaceSandbox) -> None:
    txn = calls.begin()
    job = calls.job(txn)["job"]
    assert calls.find("Job", f"@job = '{job}'") == []
    assert pace.objects("Job") == []
    with pytest.raises(Refused, match="Unable to locate object Job"):
        calls.read("Job", job)


def test_the_transaction_sees_what_it_wrote(calls: PaceCalls) -> None:
    txn = calls.begin()
    job = calls.job(txn)["job"]
    calls.update("Job", txn, job=job, poNum="7")
    assert calls.read("Job", job, txn)["poNum"] == "7"
    assert calls.find("Job", "@poNum = '7'", txn) == [job]
    assert calls.find("JobPart", f"@job = '{job}'", txn) == [f"{job}:01"]


def test_everyone_sees_what_was_committed(calls: PaceCalls) -> None:
    txn = calls.begin()
    job = calls.job(txn)["job"]
    assert calls.commit(txn) is True
    assert calls.read("JobPart", f"{job}:01")["job"] == job


def test_an_update_inside_a_transaction_is_invisible_until_its_commit(calls: PaceCalls) -> None:
    job = calls.job()["job"]
    txn = calls.begin()
    calls.update("Job", txn, job=job, poNum="7")
    assert calls.read("Job", job)["poNum"] == "9999"
    calls.commit(txn)
    assert calls.read("Job", job)["poNum"] == "7"


def test_a_delete_inside_a_transaction_is_invisible_until_its_commit(calls: PaceCalls) -> None:
    job = calls.job()["job"]
    txn = calls.begin()
    calls.delete("Job", job, txn)
    assert calls.find("Job", "@customer = 'EXCU'", txn) == []
    assert calls.find("Job", "@customer = 'EXCU'") == [job]
    calls.commit(txn)
    assert calls.find("Job", "@customer = 'EXCU'") == []


def test_a_rollback_leaves_nothing(calls: PaceCalls, pace: PaceSandbox) -> None:
    txn = calls.begin()
    calls.job(txn)
    assert calls.rollback(txn) is True
    assert (pace.objects("Job"), pace.objects("JobPart")) == ([], [])


def test_a_rollback_does_not_give_numbers_back(calls: PaceCalls) -> None:
    txn = calls.begin()
    first = calls.job(txn)["job"]
    calls.rollback(txn)
    assert int(calls.job()["job"]) == int(first) + 1


def test_two_transactions_that_change_different_fields_keep_both(calls: PaceCalls) -> None:
    job = calls.job()["job"]
    one, two = calls.begin(), calls.begin()
    calls.update("Job", one, job=job, poNum="1")
    calls.update("Job", two, job=job, description2="two")
    calls.commit(one)
    calls.commit(two)
    found = calls.read("Job", job)
    assert (found["poNum"], found["description2"]) == ("1", "two")


# How they end


@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_an_ended_transaction_cannot_be_used_or_ended_again(calls: PaceCalls, ending: str) -> None:
    txn = calls.begin()
    calls.call("GET", f"/TransactionService/{ending}", txn)
    for use in (
        lambda: calls.job(txn),
        lambda: calls.find("Job", "@job != ''", txn),
        lambda: calls.commit(txn),
        lambda: calls.rollback(txn),
    ):
        with pytest.raises(Refused, match=ENDED):
            use()


def test_an_unknown_transaction_cannot_be_committed(calls: PaceCalls) -> None:
    with pytest.raises(Refused, match=ENDED) as refused:
        calls.commit("5a:no:such:one:")
    assert refused.value.status == 500


@pytest.mark.parametrize("service", ["commit", "rollback"])
def test_ending_needs_a_transaction(calls: PaceCalls, service: str) -> None:
    with pytest.raises(Refused, match="'txnId' is missing"):
        calls.call("GET", f"/TransactionService/{service}")


def test_a_refused_call_rolls_its_transaction_back(calls: PaceCalls, pace: PaceSandbox) -> None:
    txn = calls.begin()
    calls.job(txn)
    with pytest.raises(Refused, match="Unable to locate object ShipVia"):
        calls.job(txn, shipVia=1)
    with pytest.raises(Refused, match=ENDED):
        calls.commit(txn)
    assert (pace.objects("Job"), pace.open_transactions()) == ([], [])


def test_a_bad_filter_rolls_its_transaction_back_too(calls: PaceCalls, pace: PaceSandbox) -> None:
    txn = calls.begin()
    with pytest.raises(Refused):
        calls.find("Job", "@nonsense = 1", txn)
    assert pace.open_transactions() == []


def test_a_planned_error_of_pace_rolls_the_transaction_back(calls: PaceCalls, pace: PaceSandbox) -> None:
    txn = calls.begin()
    pace.faults.add("error_before", path="createJob", status=500)
    with pytest.raises(Refused):
        calls.job(txn)
    assert pace.open_transactions() == []


def test_a_planned_error_of_a_proxy_leaves_the_transaction_open(calls: PaceCalls, pace: PaceSandbox) -> None:
    txn = calls.begin()
    pace.faults.add("error_before", path="createJob", status=503)
    with pytest.raises(Refused):
        calls.job(txn)
    assert pace.open_transactions() == [txn]


def test_a_transaction_ends_after_the_minutes_it_asked_for(
    calls: PaceCalls, pace: PaceSandbox, clock: Clock
) -> None:
    txn = calls.begin(minutes=2)
    calls.job(txn)
    clock.now += timedelta(minutes=1, seconds=59)
    assert pace.open_transactions() == [txn]
    clock.now += timedelta(seconds=1)
    with pytest.raises(Refused, match=ENDED):
        calls.commit(txn)
    assert pace.objects("Job") == []


def test_a_test_can_make_transactions_end_sooner(clock: Clock) -> None:
    with PaceSandbox(clock=clock, transaction_seconds=1) as pace:
        calls = PaceCalls(pace)
        txn = calls.begin(minutes=60)
        clock.now += timedelta(seconds=1)
        with pytest.raises(Refused, match=ENDED):
            calls.job(txn)


def test_minutes_that_are_no_number_are_refused(calls: PaceCalls) -> None:
    with pytest.raises(Refused, match="timeOutInMinutes"):
        calls.call("GET", "/TransactionService/startTransaction", timeOutInMinutes="soon")


def test_a_reset_ends_open_transactions(calls: PaceCalls, pace: PaceSandbox) -> None:
    txn = calls.begin()
    pace.reset()
    with pytest.raises(Refused, match=ENDED):
        calls.commit(txn)


# Several at once


def test_of_two_transactions_with_one_key_the_second_commit_fails(
    calls: PaceCalls, pace: PaceSandbox
) -> None:
    one, two = calls.begin(), calls.begin()
    calls.create("Customer", one, id="NEW", custName="First Example")
    calls.create("Customer", two, id="NEW", custName="Second Example")
    calls.create("Customer", two, id="OTHER", custName="Other Example")
    calls.commit(one)
    with pytest.raises(Refused, match="Object Customer with primary key 'NEW' already exists"):
        calls.commit(two)
    assert [found["custName"] for found in pace.objects("Customer", id="NEW")] == ["First Example"]
    assert pace.objects("Customer", id="OTHER") == []


def test_a_change_to_an_object_deleted_meanwhile_cannot_be_committed(calls: PaceCalls) -> None:
    job = calls.job()["job"]
    txn = calls.begin()
    calls.update("Job", txn, job=job, poNum="7")
    calls.delete("Job", job)
    with pytest.raises(Refused, match="Unable to locate object Job"):
        calls.commit(txn)


def test_jobs_made_at_the_same_time_all_exist_once(pace: PaceSandbox) -> None:
    made: list[str] = []

    def make() -> None:
        calls = PaceCalls(pace)
        for _ in range(5):
            txn = calls.begin()
            made.append(calls.job(txn)["job"])
            calls.commit(txn)

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == len(set(made)) == 30
    assert {job["job"] for job in pace.objects("Job")} == set(made)


# A commit under way


def test_a_commit_that_was_accepted_for_good_is_applied_later_and_no_rollback_stops_it(
    calls: PaceCalls, pace: PaceSandbox
) -> None:
    txn = calls.begin()
    job = calls.job(txn)["job"]
    pace.faults.add("taken", path="/commit", seconds=3600)
    with pytest.raises(requests.ConnectionError):
        calls.commit(txn)
    with pytest.raises(Refused, match=ENDED):
        calls.rollback(txn)
    assert calls.find("Job", f"@job = '{job}'") == []
    pace.apply_taken()
    assert calls.find("Job", f"@job = '{job}'") == [job]
