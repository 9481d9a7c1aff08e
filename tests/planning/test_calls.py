"""How long Pace keeps a transaction open follows from the calls that are planned."""

import pytest

from integrations.planning.calls import calls_of_job, transaction_minutes
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
