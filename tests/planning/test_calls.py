"""How long Pace keeps a transaction open follows from the calls that are planned."""

from dataclasses import replace

import pytest

from integrations.planning.calls import (
    calls_of_customer,
    calls_of_files,
    calls_of_job,
    transaction_minutes,
)
from tests.planning.builders import item, order, plan, storefront


@pytest.mark.parametrize(("calls", "least"), [(1, 10), (100, 10), (300, 15), (1900, 65)])
def test_the_minutes_grow_with_the_calls(calls: int, least: int) -> None:
    assert transaction_minutes(calls) >= least
    # At a second and a half a call the work ends in time, with five minutes to spare for one that hangs.
    assert transaction_minutes(calls) * 60 >= calls * 1.5 + 5 * 60


def test_a_limit_of_calls_that_others_share_makes_it_longer() -> None:
    assert transaction_minutes(600, calls_per_second=2) * 60 >= 600 * 16 / 2


def test_every_call_of_a_job_is_counted() -> None:
    one = calls_of_job(plan(order(item(1)), storefront()).jobs[0])
    two = calls_of_job(plan(order(item(1), item(2)), storefront()).jobs[0])
    assert one >= 8
    assert two > one


def test_each_kind_of_record_has_its_calls() -> None:
    """The job itself five; a part and a file two each; a shipment four, and one for each of its contents."""
    [whole] = plan(order(item(1, files=("a.pdf",)))).jobs
    [part], [shipment] = whole.parts, whole.shipments
    assert (len(part.files), len(shipment.contents)) == (1, 1)
    bare, empty = replace(part, files=()), replace(shipment, contents=())
    job = replace(whole, parts=(), shipments=())
    assert calls_of_job(job) == 5
    assert calls_of_job(replace(job, parts=(bare,) * 3)) == 5 + 3 * 2
    assert calls_of_job(replace(job, parts=(part,) * 3)) == 5 + 3 * 4
    assert calls_of_job(replace(job, shipments=(empty,) * 3)) == 5 + 3 * 4
    assert calls_of_job(replace(job, shipments=(shipment,) * 3)) == 5 + 3 * 5


def test_a_customer_and_a_contact_are_one_call_each() -> None:
    made = plan()
    some = made.jobs[0].fields
    assert made.party is not None
    assert [
        calls_of_customer(replace(made.party, create_customer=customer, create_contact=contact))
        for customer in ({}, some)
        for contact in ({}, some)
    ] == [0, 1, 1, 2]


def test_a_later_file_is_three_calls_and_pace_is_asked_once() -> None:
    assert [calls_of_files(count) for count in (0, 1, 5)] == [1, 4, 16]


@pytest.mark.parametrize(("calls", "minutes"), [(1, 10), (150, 10), (151, 11), (600, 25), (1830, 66)])
def test_two_seconds_a_call_and_five_minutes_more_but_ten_at_least(calls: int, minutes: int) -> None:
    assert transaction_minutes(calls) == minutes


def test_sixteen_workers_share_a_limit_of_calls() -> None:
    assert transaction_minutes(60, calls_per_second=4) == 5 + 6
