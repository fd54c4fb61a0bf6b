"""Unknown whole numbers, what is known of them, and the smallest and largest that each can be.

Nothing here knows the gate: sums are rows of a matrix with an interval, all else (a score, a mean of whole
numbers) is a test on the few unknowns that it rests on. Ranges are those of integer programs (HiGHS).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse.csgraph import connected_components

MOST = 1e9  # no count is larger
BOX = 200_000  # combinations of unknowns that a test is tried on, at most
TINY = 1e-6
Floats = NDArray[np.float64]
Test = Callable[..., NDArray[np.bool_]]


@dataclass
class System:
    """Unknowns by name, with bounds, rows ``low <= coefficients @ unknowns <= high``, and tests.

    Attributes
    ----------
    names : dict
        Place of each unknown.
    low, high : list of float
        Bounds.
    rows : list of (places, coefficients, low, high)
    tests : dict
        Places of a few unknowns to tests on them; each takes arrays and says which combinations can be.
    """

    names: dict[Hashable, int] = field(default_factory=dict)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    rows: list[tuple[list[int], list[float], float, float]] = field(default_factory=list)
    tests: dict[tuple[int, ...], list[Test]] = field(default_factory=dict)
    values: dict[int, Floats] = field(default_factory=dict)  # of unknowns in tests: what they can be

    def add(self, name: Hashable, low: float = 0, high: float = MOST) -> int:
        """Return the place of an unknown, made if it is new, with its bounds drawn in."""
        if name not in self.names:
            self.names[name] = len(self.low)
            self.low.append(0)
            self.high.append(MOST)
        at = self.names[name]
        self.low[at], self.high[at] = max(self.low[at], low), min(self.high[at], high)
        return at

    def row(self, terms: Mapping[int, float], low: float = -np.inf, high: float = np.inf) -> None:
        """Add a row."""
        terms = {place: value for place, value in terms.items() if value}
        if terms:
            self.rows.append((list(terms), list(terms.values()), low, high))

    def test(self, places: Sequence[int], holds: Test) -> None:
        """Add a test on a few unknowns."""
        self.tests.setdefault(tuple(places), []).append(holds)

    def matrix(self) -> tuple[sparse.csr_array, Floats, Floats]:
        """Return the rows as a matrix and their limits."""
        lengths = [len(places) for places, *_ in self.rows]
        shape = (len(self.rows), len(self.low))
        if not self.rows:
            return sparse.csr_array(shape), np.zeros(0), np.zeros(0)
        at = np.concatenate([places for places, *_ in self.rows])
        values = np.concatenate([coefficients for _, coefficients, *_ in self.rows])
        matrix = sparse.csr_array((values, (np.repeat(np.arange(shape[0]), lengths), at)), shape=shape)
        low, high = (np.array([row[side] for row in self.rows], float) for side in (2, 3))
        return matrix, low, high

    def drop_untrue(self, truth: Mapping[int, float]) -> int:
        """Leave out rows and tests that the true numbers do not satisfy; return how many.

        An attacker guesses what adds up to what. Here somebody who knows the truth takes the wrong guesses
        away, so that what is found is no less than an attacker could find who guesses well. Without truth,
        the fewest rows go that contradict the others.
        """
        wrong_tests = 0
        for places, holds in self.tests.items():
            if all(p in truth for p in places):
                at = [np.array([truth[p]], float) for p in places]
                kept = [test for test in holds if test(*at)[0]]
                wrong_tests += len(holds) - len(kept)
                self.tests[places] = kept
        matrix, low, high = self.matrix()
        n, m = len(self.low), len(self.rows)
        if not m:
            return wrong_tests
        bottom, top = np.array(self.low), np.array(self.high)
        for place, value in truth.items():
            bottom[place] = top[place] = value
        slack = sparse.identity(m)
        answer = milp(
            np.r_[np.zeros(n), np.ones(2 * m)],
            constraints=LinearConstraint(sparse.hstack([matrix, slack, -slack]).tocsc(), low, high),
            bounds=Bounds(np.r_[bottom, np.zeros(2 * m)], np.r_[_open(top), np.full(2 * m, np.inf)]),
        )
        assert answer.status == 0, answer.message
        missed = answer.x[n : n + m] + answer.x[n + m :] > 1e-4
        self.rows = [row for row, wrong in zip(self.rows, missed, strict=True) if not wrong]
        return int(missed.sum()) + wrong_tests

    def tighten(self, rounds: int = 30) -> None:
        """Draw bounds in by each row alone and each group of tests alone, until nothing moves."""
        matrix, low, high = self.matrix()
        entries = matrix.tocoo()
        for _ in range(6):
            before = sum(self.high) - sum(self.low)
            bottom, top = _propagate(entries, low, high, np.array(self.low), np.array(self.high), rounds)
            self.low, self.high = bottom.tolist(), top.tolist()
            for places, tests in self.tests.items():
                if tests:
                    self._try(places, tests)
            if sum(self.high) - sum(self.low) == before:
                break

    def _try(self, places: tuple[int, ...], tests: list[Test]) -> None:
        ranges = [self._can_be(p) for p in places]
        if np.prod([len(r) for r in ranges], dtype=float) > BOX:
            return
        grid = [g.ravel() for g in np.meshgrid(*ranges, indexing="ij")]
        kept = np.ones(len(grid[0]), bool)
        for test in tests:
            kept &= test(*grid)
        if not kept.any():  # a wrong guess, which nobody took away
            tests.clear()
            return
        for place, values in zip(places, grid, strict=True):
            left = np.unique(values[kept])
            self.values[place] = left
            self.low[place], self.high[place] = left[0], left[-1]

    def _can_be(self, place: int) -> Floats:
        low, high = self.low[place], self.high[place]
        if place in self.values:
            left = self.values[place]
            return left[(left >= low) & (left <= high)]
        if high - low > BOX:
            return np.arange(BOX + 1.0)  # too many to try
        return np.arange(low, high + 1)

    def ranges(self, wanted: Mapping[int, int], seconds: float = 5) -> dict[int, tuple[int, int]]:
        """Return for each wanted unknown the lowest and highest value that it can have.

        Each is looked at until its range is as wide as `wanted` says; it may be wider in truth. A narrower
        range is exact: no solution of all rows lies outside it.
        """
        self.tighten()
        matrix, low, high = self.matrix()
        bottom, top = np.array(self.low), np.array(self.high)
        loose = bottom < top
        fixed = matrix[:, ~loose] @ bottom[~loose]
        rest = sparse.csr_array(matrix[:, np.flatnonzero(loose)])
        low, high = low - fixed, high - fixed
        at = np.flatnonzero(loose)
        place = {p: i for i, p in enumerate(at.tolist())}
        found = {w: (int(bottom[w]), int(bottom[w])) for w in wanted if not loose[w]}
        wanted = {place[w]: enough for w, enough in wanted.items() if loose[w]}
        if not wanted:
            return found
        link = rest.T @ rest
        count, label = connected_components(link, directed=False)
        members = np.argsort(label, kind="stable")
        starts = np.searchsorted(label[members], np.arange(count + 1))
        for part in range(count):
            inside = members[starts[part] : starts[part + 1]]
            goals = [i for i, p in enumerate(inside.tolist()) if p in wanted]
            if not goals:
                continue
            used = np.unique(rest[:, inside].tocoo().row)
            block = _Block(
                sparse.csr_array(rest[used][:, inside]), low[used], high[used], bottom[at[inside]],
                top[at[inside]], seconds,
            )  # fmt: skip
            for goal, ends in block.ranges(goals, [wanted[inside[g]] for g in goals]).items():
                found[int(at[inside[goal]])] = ends
        return found

    def left(self, place: int, ends: tuple[int, int]) -> int:
        """How many values are left to an unknown, by its range and by tests."""
        if place in self.values:
            v = self.values[place]
            return int(((v >= ends[0]) & (v <= ends[1])).sum())
        return ends[1] - ends[0] + 1


@dataclass
class _Block:
    """A part of the unknowns that no row ties to the others."""

    matrix: sparse.csr_array
    low: Floats
    high: Floats
    bottom: Floats
    top: Floats
    seconds: float

    def __post_init__(self) -> None:
        known = self.top[self.top < MOST]
        far = 100 * max(1_000, known.max(initial=0), self.bottom.max(initial=0))  # what has no end, ends here
        self.top = np.where(self.top >= MOST, far, self.top)
        self.seen_low = np.full(len(self.bottom), np.inf)
        self.seen_high = np.full(len(self.bottom), -np.inf)

    def solve(self, cost: Floats, *, exact: bool, whole: bool = True) -> float:
        """Minimise; note the solution; return the bound below which nothing lies."""
        answer = milp(
            cost,
            constraints=LinearConstraint(self.matrix, self.low, self.high) if self.matrix.shape[0] else None,
            bounds=Bounds(self.bottom, self.top),
            integrality=np.full(len(cost), int(whole)),
            options={"time_limit": self.seconds, "mip_rel_gap": 0 if exact else 0.5},
        )
        assert answer.status != 2, "nothing is possible: a row is wrong"
        if whole and answer.x is not None:
            x = np.rint(answer.x)
            self.seen_low, self.seen_high = np.minimum(self.seen_low, x), np.maximum(self.seen_high, x)
        if answer.status == 0 and not whole:
            return answer.fun
        bound = answer.mip_dual_bound if whole and answer.status != 3 else None
        return -np.inf if bound is None else bound  # out of time: as far as nothing was ruled out

    def ranges(self, goals: list[int], widths: list[int]) -> dict[int, tuple[int, int]]:
        rng = np.random.default_rng(1)
        goals = np.array(goals)
        enough = np.zeros(len(self.bottom))
        enough[goals] = widths
        quiet = 0
        for _ in range(40):  # most move at once, whichever way one pushes
            narrow = goals[~(self.seen_high - self.seen_low >= enough)[goals]]
            if not len(narrow) or quiet >= 3:
                break
            cost = np.zeros(len(self.bottom))
            cost[narrow] = rng.choice([-1.0, 1.0], len(narrow))
            before = len(narrow)
            self.solve(cost, exact=False)
            self.solve(-cost, exact=False)
            after = int((~(self.seen_high - self.seen_low >= enough)[goals]).sum())
            quiet = quiet + 1 if after == before else 0
        return {goal: self._ends(goal, enough[goal]) for goal in goals.tolist()}

    def _ends(self, goal: int, enough: float) -> tuple[int, int]:
        """Return the ends of what one unknown can be; as seen, if that is wide enough."""
        ends = []
        for sign, seen in ((1.0, self.seen_low), (-1.0, self.seen_high)):
            if self.seen_high[goal] - self.seen_low[goal] >= enough:
                ends.append(seen[goal])
                continue
            cost = np.zeros(len(self.bottom))
            cost[goal] = sign
            bound = self.solve(cost, exact=False, whole=False)
            if np.ceil(bound - TINY) < sign * seen[goal]:  # else nothing lies further out, whole or not
                bound = self.solve(cost, exact=True)
            ends.append(sign * min(sign * seen[goal], np.ceil(bound - TINY)))
        low, high = np.clip(ends, self.bottom[goal], self.top[goal])
        return int(low), int(high)


def _open(top: Floats) -> Floats:
    return np.where(top >= MOST, np.inf, top)


def _propagate(
    entries: sparse.coo_array, low: Floats, high: Floats, bottom: Floats, top: Floats, rounds: int
) -> tuple[Floats, Floats]:
    """Draw bounds in by each row: what the others leave of its interval."""
    row, column, value = entries.row, entries.col, entries.data
    for _ in range(rounds):
        least = np.where(value > 0, value * bottom[column], value * top[column])
        most = np.where(value > 0, value * top[column], value * bottom[column])
        sum_least, sum_most = (np.bincount(row, part, len(low)) for part in (least, most))
        room_up = (high[row] - (sum_least[row] - least)) / value
        room_down = (low[row] - (sum_most[row] - most)) / value
        new_top = np.where(value > 0, room_up, room_down)
        new_bottom = np.where(value > 0, room_down, room_up)
        upper, lower = top.copy(), bottom.copy()
        np.minimum.at(upper, column, np.floor(np.clip(new_top, -MOST, MOST) + TINY))
        np.maximum.at(lower, column, np.ceil(np.clip(new_bottom, -MOST, MOST) - TINY))
        if (upper == top).all() and (lower == bottom).all():
            break
        top, bottom = upper, lower
    assert (bottom <= top).all(), "nothing is possible: a row is wrong"
    return bottom, top
