"""What happened in many histories, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.histories.history import History

YEAR = 365.25 * 86_400
# What the log of a history says of what is no fault of a call.
KINDS = {
    "is killed": "worker killed",
    "loses the database": "database lost",
    "does not hear that": "answer to a database commit lost",
    "the clock of": "wrong clock",
    "one job per item is": "setting switched",
    "the backup is put back": "backup put back",
    "is lost": "event lost",
}


@dataclass
class Tally:
    """Histories, their simulated seconds, orders, and faults by kind. `wrong`: seeds of those that failed."""

    histories: int = 0
    seconds: float = 0.0
    orders: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    wrong: list[int] = field(default_factory=list)

    def add(self, history: History) -> None:
        """One more, that ended well."""
        self.histories += 1
        self.orders += len(history.numbers)
        self.seconds += history.lived.total_seconds()
        self.faults.update(history.wire.drawn)
        self.faults.update(kind for line in history.stage.log for text, kind in KINDS.items() if text in line)

    @property
    def years(self) -> float:
        return self.seconds / YEAR

    def as_data(self) -> dict[str, Any]:
        """For a file."""
        return {**vars(self), "faults": dict(self.faults)}

    @property
    def figures(self) -> dict[str, float]:
        """What is published of them."""
        return {
            "histories": self.histories,
            "years": round(self.years, 3),
            "orders": self.orders,
            "faults": self.faults.total(),
            "kinds": len(self.faults),
            "violations": len(self.wrong),
        }

    @classmethod
    def together(cls, parts: Iterable[dict[str, Any]]) -> Tally:
        """The sum of what several processes counted."""
        whole = cls()
        for part in parts:
            whole.histories += part["histories"]
            whole.seconds += part["seconds"]
            whole.orders += part["orders"]
            whole.faults.update(part["faults"])
            whole.wrong += part["wrong"]
        return whole

    def __str__(self) -> str:
        faults = ", ".join(
            f"{kind.replace('_', ' ')} {count:,}" for kind, count in sorted(self.faults.items())
        )
        return (
            f"{self.histories:,} histories, {self.years:.3f} simulated years, {self.orders:,} orders, "
            f"{sum(self.faults.values()):,} faults ({faults}), {len(self.wrong)} violations"
        )
