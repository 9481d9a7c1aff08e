"""Every state that can be reached, breadth first, and the shortest way to one that must not be.

States are known by their 64-bit hash, as model checkers do: of ten million, two differ unnoticed once in 400,000 runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.model.protocol import steps, violation
from tests.model.states import NOBODY, OPEN, Rules, State, Step, applied, beginning, canonical, gone, killed
from tests.model.surroundings import tick

# Longer than any calm end takes.
MOST_STEPS = 300


@dataclass(frozen=True)
class Found:
    """What an exploration came to. `depth`: steps to the farthest state. `wrong`: the violation; "" when there is none.
    `path`: the shortest way to it."""

    states: int
    depth: int
    wrong: str = ""
    path: tuple[Step, ...] = ()


@dataclass
class Exploration:
    """Explores the protocol under these rules. `most`: ends after so many states. `ends`: whether of each state it is
    also tried that the order gets through, when faults are over."""

    rules: Rules
    most: int = 0
    ends: bool = True
    _parents: dict[int, int] = field(default_factory=dict)
    _calm: dict[State, str] = field(default_factory=dict)

    def run(self) -> Found:
        """Until nothing new is found, or something wrong is."""
        start, _ = canonical(beginning(self.rules))
        self._parents[hash(start)] = 0
        level, depth = [start], 0
        while level and not (self.most and len(self._parents) >= self.most):
            following = []
            for state in level:
                came_from = hash(state)
                for _, reached in steps(state, self.rules):
                    new, _ = canonical(reached)
                    if (known := hash(new)) in self._parents:
                        continue
                    self._parents[known] = came_from
                    if wrong := violation(new) or (self.ends and self._stuck(new)):
                        return Found(len(self._parents), depth + 1, wrong, self._path(known))
                    following.append(new)
            level = following
            depth += bool(level)
        return Found(len(self._parents), depth)

    # --- the way there ---

    def _path(self, end: int) -> tuple[Step, ...]:
        """The steps from the start, with workers called by one name all the way."""
        known = [end]
        while (before := self._parents[known[-1]]) != 0:
            known.append(before)
        state, _ = canonical(beginning(self.rules))
        path, swapped = [], False
        for wanted in reversed(known[:-1]):
            for step, reached in steps(state, self.rules):
                new, changed = canonical(reached)
                if hash(new) == wanted:
                    worker = step.worker if step.worker == NOBODY else step.worker ^ swapped
                    path.append(step._replace(worker=worker))
                    state, swapped = new, swapped ^ changed
                    break
            else:
                raise AssertionError("a state has no way from the one before it")
        return tuple(path)

    # --- that the end can still be reached ---

    def _stuck(self, state: State) -> str:
        """What keeps the order from its end, when from now on nothing fails: whichever way open commits end."""
        for ended in _open_commits_ended(state, self.rules):
            if ended not in self._calm:
                self._calm[ended] = self._calm_end(ended)
            if self._calm[ended]:
                return self._calm[ended]
        return ""

    def _calm_end(self, state: State) -> str:
        for switched in (False, True, True):
            # What the hub cannot explain is for staff: here they set "one job per item" as it was.
            state = state._replace(split=state.split != switched)
            for _ in range(MOST_STEPS):
                if state.submitted:
                    return violation(state)
                state = self._calm_step(state)
                if violation(state):
                    return violation(state)
            if not self.rules.switches:
                break
        return "the order never ends"

    def _calm_step(self, state: State) -> State:
        if state.workers[0].at == "claim":
            while (later := tick(state)) is not None:
                state = later
        for txn in state.txns:
            if txn.flight != OPEN:
                return applied(state, txn)
        _, reached = next(step for step in steps(state, self.rules) if step[0].worker == 0)
        return reached


def _open_commits_ended(state: State, rules: Rules) -> Iterator[State]:
    """All workers dead, and each commit that is under way applied or not."""
    for number in range(len(state.workers)):
        state = killed(state, number, rules)
    # Neither what a backup holds nor whose turn it is matters any more.
    waiting = [state._replace(backup=None, restored=True)]
    while waiting:
        one = waiting.pop()
        under_way = [txn for txn in one.txns if txn.flight != OPEN]
        if not under_way:
            yield canonical(one)[0]
            continue
        waiting += [applied(one, under_way[0]), gone(one, under_way[0])]
