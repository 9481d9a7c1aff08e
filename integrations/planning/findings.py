"""What planning has to say beside the plan: everything that stops the order, and what is worth a note."""

from integrations.causes import Cause
from integrations.planning.plan_types import Note, PlanProblem

CONFIG = "config"  # FailureMode: staff act on a mapping or a setting
ORDER = "order"  # FailureMode: staff act on this order


class PlanFindings:
    """Collects problems and notes while a plan is made, each once, in the order they are met.

    Every sentence is completed with the order's number and, where there is one, the item's.
    """

    def __init__(self, order_number: int) -> None:
        self._order_number = order_number
        self._problems: dict[PlanProblem, None] = {}
        self._notes: dict[Note, None] = {}

    @property
    def problems(self) -> tuple[PlanProblem, ...]:
        return tuple(self._problems)

    @property
    def notes(self) -> tuple[Note, ...]:
        return tuple(self._notes)

    def config_problem(self, text: str, *, field: str, cause: Cause, item: int | None = None) -> None:
        """Staff act on a mapping or a setting; `text` names the matter and the cure."""
        self._problems.setdefault(PlanProblem(self._sentence(text, item), field, CONFIG, cause, item))

    def order_problem(self, text: str, *, field: str, cause: Cause, item: int | None = None) -> None:
        """Staff act on this order; `text` names the matter and the cure."""
        self._problems.setdefault(PlanProblem(self._sentence(text, item), field, ORDER, cause, item))

    def note(self, text: str, *, field: str = "", item: int | None = None) -> None:
        self._notes.setdefault(Note(self._sentence(text, item), field, item))

    def _sentence(self, text: str, item: int | None) -> str:
        return (
            f"Order {self._order_number}: {text}"
            if item is None
            else f"Order {self._order_number}, item {item}: {text}"
        )
