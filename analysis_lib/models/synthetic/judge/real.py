"""The real people that synthetic rows are judged by, and all that is known before there are any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits

from analysis_lib.models.synthetic.judge import fairness, fidelity, privacy, use
from analysis_lib.models.synthetic.judge.coded import Coded, Layout, code_frames
from analysis_lib.models.synthetic.judge.people import code_people, draw_weights, split_people
from analysis_lib.models.synthetic.judge.rows import Rows
from analysis_lib.models.synthetic.schema import Schema

FEWEST = 100  # rows of each part, below which nothing is judged
FAMILIES = ("fidelity", "use", "privacy", "fairness", "logic")
# Each has random numbers of its own, so that no other's draws move it
STREAMS = ("train", "holdout", "synthetic", "reference", "chosen", *FAMILIES)

People = tuple[ArrayLike, ArrayLike]
Draws = NDArray[np.float32]


@dataclass(frozen=True)
class Real:
    """Training rows and those of other people, made ready by `prepare` to judge any number of data sets.

    What rests on them alone is computed once, when it is first asked for.

    Attributes
    ----------
    train, holdout : DataFrame
    coded : tuple of Coded
        Of the training rows and of the holdout.
    reference : Coded
        Rows of further people, or of some of the holdout's.
    apart : ndarray of bool, shape (n_holdout,)
        Which rows of the holdout are not of the reference's people.
    people : tuple of ndarray of int
        The number of the person of each row of train and of holdout.
    layout : Layout
    schema : Schema
    outcome : str
    groups : sequence of str
    seed : int
    """

    train: pd.DataFrame
    holdout: pd.DataFrame
    coded: tuple[Coded, Coded]
    reference: Coded
    apart: NDArray[np.bool_]
    people: tuple[NDArray[np.int64], NDArray[np.int64]]
    layout: Layout
    schema: Schema
    outcome: str
    groups: Sequence[str]
    seed: int

    def judge(self, synthetic: pd.DataFrame, families: Sequence[str] = FAMILIES) -> pd.DataFrame:
        """Measure synthetic rows; the same random numbers for every data set.

        Parameters
        ----------
        synthetic : DataFrame
        families : sequence of {"fidelity", "use", "privacy", "fairness", "logic"}
            What is measured. Each has the values that it has beside the others.

        Returns
        -------
        DataFrame
            As of `judge`.

        Raises
        ------
        ValueError
            If the rows are too few or lack a column, the outcome is not yes or no, or a family is unknown.
        """
        if unknown := sorted(set(families) - set(FAMILIES)):
            raise ValueError(f"{', '.join(unknown)} is no family of measures: {', '.join(FAMILIES)} are.")
        check_rows("synthetic", synthetic, self.schema, [self.outcome, *self.groups])
        with threadpool_limits(1):
            made = _Made(self, synthetic)
            rows = Rows()
            for family in FAMILIES:
                if family in families:
                    ADD[family](rows, self, made)
        return rows.frame()

    def stream(self, name: str) -> np.random.Generator:
        """Return the random numbers of a family or a part, from their beginning."""
        return np.random.default_rng([self.seed, STREAMS.index(name)])

    @cached_property
    def draws(self) -> tuple[Draws, Draws]:
        """Draws of the people of train and of the holdout."""
        pairs = zip(self.people, ("train", "holdout"), strict=True)
        return tuple(draw_weights(who, self.stream(name)) for who, name in pairs)  # type: ignore[return-value]

    @cached_property
    def event(self) -> NDArray[np.bool_]:
        """Who of the holdout had the outcome."""
        return use.outcome_of(self.holdout, self.outcome)

    @cached_property
    def by_real(self) -> NDArray[np.float64]:
        """The chance of the outcome of each holdout row, by a model of the training rows."""
        return self.predict(self.coded[0], self.train)

    def predict(self, coded: Coded, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Return the chance of the outcome of each holdout row, by a model of some rows."""
        event = use.outcome_of(frame, self.outcome)
        return use.predict_outcome(coded, event, self.coded[1], self.outcome, self.stream("use"))

    @cached_property
    def near(self) -> privacy.Attacked:
        """Rows whose membership is guessed."""
        return privacy.choose_attacked(*self.coded, self.draws, privacy.MOST_NEAR, self.stream("chosen"))

    @cached_property
    def attacked(self) -> privacy.Attacked:
        """Rows that the other attacks are tried on."""
        return privacy.choose_attacked(*self.coded, self.draws, privacy.MOST_ATTACKED, self.stream("chosen"))

    @cached_property
    def usual(self) -> NDArray[np.float32]:
        """The distance of each near row to the reference; missing for the reference's own people."""
        found = privacy.distance_to(self.near.rows, self.reference, self.stream("reference"))
        found[~self.near.is_member] += np.where(self.apart[self.near.holdout_rows], 0, np.float32(np.nan))
        return found


class _Made:
    """Synthetic rows, and what several families ask of them."""

    def __init__(self, real: Real, frame: pd.DataFrame) -> None:
        self.real, self.frame = real, frame

    @cached_property
    def coded(self) -> Coded:
        return self.real.layout.code(self.frame)

    @cached_property
    def draws(self) -> Draws:
        return draw_weights(np.arange(len(self.frame)), self.real.stream("synthetic"))

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        return self.real.predict(self.coded, self.frame)


def prepare(
    train: pd.DataFrame,
    holdout: pd.DataFrame,
    schema: Schema,
    *,
    outcome: str,
    groups: Sequence[str],
    people: People | None = None,
    reference: pd.DataFrame | None = None,
    rng: np.random.Generator,
) -> Real:
    """Make real rows ready to judge any number of synthetic data sets.

    Parameters, and errors of the real rows, are those of `judge`.

    Returns
    -------
    Real
        Whose `judge` takes synthetic rows.
    """
    for name, frame in {"training": train, "holdout": holdout}.items():
        check_rows(name, frame, schema, [outcome, *groups])
    who = number_people(people, len(train), len(holdout))
    seed = int(rng.integers(2**63))
    if reference is not None:
        check_rows("reference", reference, schema, [])
    layout, (learnt, others, *rest) = code_frames(
        schema, train, holdout, *([] if reference is None else [reference])
    )
    apart = np.ones(len(holdout), bool)
    if reference is None:
        apart = ~split_people(who[1], np.random.default_rng([seed, STREAMS.index("reference")]))
        rest = [others.take(np.flatnonzero(~apart))]
    return Real(
        train, holdout, (learnt, others), rest[0], apart, who, layout, schema, outcome, tuple(groups), seed
    )


def check_rows(name: str, frame: pd.DataFrame, schema: Schema, needed: Sequence[str]) -> None:
    """Refuse rows that cannot be judged.

    Raises
    ------
    ValueError
        If there are too few, or a column of the schema or one needed is not there.
    """
    if lacking := [column for column in dict.fromkeys([*schema.columns, *needed]) if column not in frame]:
        raise ValueError(f"The {name} rows lack {', '.join(lacking)}.")
    if len(frame) < FEWEST:
        raise ValueError(f"{len(frame)} {name} rows are too few to judge: give at least {FEWEST}.")


def number_people(
    people: People | None, n_train: int, n_holdout: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the number of the person of each row of train and of holdout; nobody has the number of another.

    Raises
    ------
    ValueError
        If they are not as many as the rows, or somebody is in both.
    """
    if people is None:
        return np.arange(n_train), n_train + np.arange(n_holdout)
    (learnt, names), (others, unseen) = code_people(people[0]), code_people(people[1])
    if (len(learnt), len(others)) != (n_train, n_holdout):
        raise ValueError("People are not given for every row of train and of holdout.")
    if both := len(names.intersection(unseen)):
        raise ValueError(
            f"{both:,} people are in the training rows and in the holdout: split by person first."
        )
    return learnt, len(names) + others


def _add_fidelity(rows: Rows, real: Real, made: _Made) -> None:
    rng, (learnt, others) = real.stream("fidelity"), real.coded
    fidelity.add_distances(rows, made.coded, learnt)
    fidelity.add_two_sample(rows, made.coded, others, (made.draws, real.draws[1]), real.people[1], rng)
    fidelity.add_pmse(rows, made.coded, others, rng)
    days = [name for name, column in real.schema.columns.items() if column.days]
    columns = [*dict.fromkeys([*days, real.outcome])]
    weights = made.draws, real.draws[0]
    fidelity.add_group_differences(rows, made.frame, real.train, columns, real.groups, weights)


def _add_use(rows: Rows, real: Real, made: _Made) -> None:
    use.add_use(rows, (made.scores, real.by_real), real.event, real.draws[1])


def _add_privacy(rows: Rows, real: Real, made: _Made) -> None:
    rng, (learnt, others) = real.stream("privacy"), real.coded
    privacy.add_copies(rows, made.coded, learnt, others, rng)
    privacy.add_dcr(rows, made.coded, learnt, others, rng)
    privacy.add_membership(rows, real.near, made.coded, real.usual, rng)
    privacy.add_singling_out(rows, made.coded, learnt, others, rng)
    secrets = [name for name in dict.fromkeys([real.outcome, *real.groups]) if name in real.schema.columns]
    privacy.add_guesses(rows, real.attacked, made.coded, secrets, rng)


def _add_fairness(rows: Rows, real: Real, made: _Made) -> None:
    listed = fairness.list_top(made.scores, real.event.mean(), real.stream("fairness"))
    fairness.add_recall(rows, listed, real.event, real.holdout, real.groups, real.draws[1])
    weights = made.draws, real.draws[0]
    fairness.add_representation(rows, made.frame, real.train, real.groups, weights)


def _add_logic(rows: Rows, real: Real, made: _Made) -> None:
    faults = real.schema.find_faults(made.frame)
    rows.add("logic_faults", sum(faults.values()), n=len(made.frame))
    for name, count in faults.items():
        rows.add("logic_faults", count, group=name, n=len(made.frame))


ADD = {
    "fidelity": _add_fidelity,
    "use": _add_use,
    "privacy": _add_privacy,
    "fairness": _add_fairness,
    "logic": _add_logic,
}
