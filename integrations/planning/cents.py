"""Money counted in whole cents, so that nothing is lost on the way, and amounts spread over shares."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def to_cents(amount: Decimal) -> int:
    """Whole cents; more than two decimals are rounded half up (away from zero)."""
    return int(amount.quantize(CENT, rounding=ROUND_HALF_UP).scaleb(2))


def from_cents(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def spread_cents(cents: int, weights: Sequence[int]) -> list[int]:
    """The amount in as many shares as there are weights; their sum is exactly the amount.

    By largest remainder; equal remainders favor the earlier share. A negative weight counts as 0, all weights 0 make equal
    shares. A negative amount is spread like its opposite. No weights: no shares.
    """
    if cents < 0:
        return [-share for share in spread_cents(-cents, weights)]
    parts = [max(weight, 0) for weight in weights]
    total = sum(parts)
    if total == 0:
        parts, total = [1] * len(parts), len(parts)
    if total == 0:
        return []
    shares = [cents * part // total for part in parts]
    remainders = [cents * part % total for part in parts]
    by_remainder = sorted(
        range(len(parts)), key=lambda index: -remainders[index]
    )  # stable: ties to the earlier
    for index in by_remainder[: cents - sum(shares)]:
        shares[index] += 1
    return shares
