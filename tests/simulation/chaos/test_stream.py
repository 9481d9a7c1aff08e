"""When the throughput of a stream is back."""

import pytest

from integrations.simulation.chaos.stream import WINDOW, recovered_after

RATE = 1.0
ENDED = 100.0


def every_second(start: float, seconds: float) -> list[float]:
    return [start + n for n in range(int(seconds))]


def test_it_is_back_when_as_many_orders_as_usual_get_through_within_a_window() -> None:
    through = [*every_second(80.0, 15), *every_second(112.0, 20)]
    assert recovered_after(through, ENDED, 140.0, RATE) == pytest.approx(12.0)


def test_a_hub_that_never_faltered_was_never_away() -> None:
    assert recovered_after(every_second(80.0, 40), ENDED, 120.0, RATE) == 0.0


def test_a_few_orders_are_not_the_usual_throughput() -> None:
    through = [103.0, 104.0, *every_second(115.0, 20)]
    assert recovered_after(through, ENDED, 140.0, RATE) == pytest.approx(15.0)


def test_on_a_slow_machine_two_orders_at_once_are_not_the_usual_throughput() -> None:
    slowly = [100.0 + 4.0 * n for n in range(30)]
    assert recovered_after([*slowly[:1], 100.5, *slowly[8:]], ENDED, 300.0, 0.25) == pytest.approx(32.0)


def test_nothing_is_said_before_a_whole_window_is_over() -> None:
    assert recovered_after(every_second(80.0, 40), ENDED, ENDED + WINDOW - 0.5, RATE) is None


def test_a_hub_that_stays_away_is_not_back() -> None:
    assert recovered_after(every_second(80.0, 15), ENDED, 500.0, RATE) is None
