"""Several tracking numbers in one field of Pace, and those of the cartons, are told once each (docs/statuses.md §4)."""

import pytest

from integrations.clients.pace.tracking_numbers import tracking_numbers


@pytest.mark.parametrize(
    ("fields", "numbers"),
    [
        (["1Z1; 1Z2", "1Z1", "1Z2"], ["1Z1", "1Z2"]),
        (["1Z1,1Z2"], ["1Z1", "1Z2"]),
        (["1Z1 1Z2\t1Z3"], ["1Z1", "1Z2", "1Z3"]),
        (["1Z1\r\n1Z2"], ["1Z1", "1Z2"]),
        (["1Z1 / 1Z2 | 1Z3"], ["1Z1", "1Z2", "1Z3"]),
        (["1z1", "1Z1 ", "\u200e1Z1\u00a0"], ["1z1"]),
        (["1Z 999 AA1 01 2345 6784", "1Z999AA10123456784"], ["1Z 999 AA1 01 2345 6784"]),
        (["9400 1118 9922 3397 6421 47"], ["9400 1118 9922 3397 6421 47"]),
        (["1234 5678 9012, 1234 5678 9013"], ["1234 5678 9012", "1234 5678 9013"]),
        (["123456789012 123456789013"], ["123456789012", "123456789013"]),
        (["Hand delivered"], ["Hand delivered"]),
        (["", " ", ";,"], []),
    ],
)
def test_each_number_once(fields: list[str], numbers: list[str]) -> None:
    assert list(tracking_numbers(fields)) == numbers
