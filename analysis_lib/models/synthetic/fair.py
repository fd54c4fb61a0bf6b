"""Rows drawn so that a model of them treats groups alike, with weights that give the real totals back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.tree import DecisionTreeClassifier

from analysis_lib.measures import TooFewPoints
from analysis_lib.models.synthetic.generator import Generator
from analysis_lib.models.synthetic.judge.coded import code_frames
from analysis_lib.models.synthetic.judge.fairness import add_recall, list_top
from analysis_lib.models.synthetic.judge.people import auc_with_limits, draw_weights
from analysis_lib.models.synthetic.judge.rows import Rows, level_names
from analysis_lib.models.synthetic.judge.use import outcome_of, predict_outcome
from analysis_lib.models.synthetic.schema import Schema

LEAF = 20  # rows of a leaf of the tree that draws the group anew

Make = Callable[[], Generator]


def draw_plain(
    make: Make,
    real: pd.DataFrame,
    schema: Schema,
    n: int,
    rng: np.random.Generator,
    *,
    group: str,
    outcome: str,
) -> pd.DataFrame:
    """Draw rows as the generator does: what the other methods are compared with.

    Parameters
    ----------
    make : callable
        Returns a generator to fit.
    real : DataFrame
    schema : Schema
    n : int
    rng : numpy.random.Generator
    group, outcome : str
        Columns of the schema: of people, and of flags.

    Returns
    -------
    DataFrame, shape (n, columns, derived columns and weight)
        With the weights of `weigh`.

    Raises
    ------
    ValueError
        As for `Generator.fit`, `Generator.sample` and `weigh`.
    """
    rows = make().fit(real, schema, rng).sample(n, rng)
    return rows.assign(weight=weigh(rows, real, [group, outcome]))


def draw_equal_groups(
    make: Make,
    real: pd.DataFrame,
    schema: Schema,
    n: int,
    rng: np.random.Generator,
    *,
    group: str,
    outcome: str,
) -> pd.DataFrame:
    """Draw as many rows of every level of the group, small ones too.

    Parameters, returned rows and errors are those of `draw_plain`. A model sees enough of small groups; what
    their record says stays as it is.
    """
    levels = real[group].drop_duplicates().to_list()
    given = {group: [levels[place % len(levels)] for place in range(n)]}
    rows = make().fit(real, schema, rng).sample(n, rng, given=given)
    return rows.assign(weight=weigh(rows, real, [group, outcome]))


def draw_reweighed(
    make: Make,
    real: pd.DataFrame,
    schema: Schema,
    n: int,
    rng: np.random.Generator,
    *,
    group: str,
    outcome: str,
) -> pd.DataFrame:
    """Draw rows in which the outcome is as frequent in every level of the group (Kamiran and Calders).

    Parameters, returned rows and errors are those of `draw_plain`. Rows of each group and outcome are drawn
    from the generator as often as the weights say: training rows drawn twice would stand twice in a leaf.
    Fair only where the outcome is truly as frequent: real differences between groups are levelled too.

    References
    ----------
    Kamiran, F. and Calders, T. (2012), Data preprocessing techniques for classification without
    discrimination, Knowledge and Information Systems 33, 1–33.
    """
    chance = reweighing(real, group, outcome)
    chosen = real[[group, outcome]].iloc[rng.choice(len(real), n, p=chance / chance.sum())]
    given = {name: chosen[name].to_list() for name in chosen}
    rows = make().fit(real, schema, rng).sample(n, rng, given=given)
    return rows.assign(weight=weigh(rows, real, [group, outcome]))


def draw_causal_cut(
    make: Make,
    real: pd.DataFrame,
    schema: Schema,
    n: int,
    rng: np.random.Generator,
    *,
    group: str,
    outcome: str,
) -> pd.DataFrame:
    """Draw the group last and alone: from all other columns but the outcome, which it then says nothing of.

    Parameters, returned rows and errors are those of `draw_plain`. The other columns are drawn as usual. What
    they know of the group between them (a place of residence) still leads to the outcome. A row that the new
    group would break a rule in keeps its own.
    """
    rows = make().fit(real, schema, rng).sample(n, rng)
    layout, (known, drawn) = code_frames(schema, real, rows)
    place = layout.names.index(group)
    others = [i for i, name in enumerate(layout.names) if name not in (group, outcome)]
    if others:
        tree = DecisionTreeClassifier(min_samples_leaf=LEAF, random_state=int(rng.integers(2**31)))
        chance = tree.fit(known.axes[:, others], known.levels[:, place]).predict_proba(drawn.axes[:, others])
        found = tree.classes_[(rng.random((n, 1)) > chance.cumsum(1)[:, :-1]).sum(1)]
    else:
        found = rng.choice(known.levels[:, place], n)
    first = pd.Series(known.levels[:, place]).drop_duplicates()  # a row with each level
    at = pd.Series(first.index, index=first.to_numpy())[found].to_numpy()
    redrawn = rows.assign(**{group: real[group].array.take(at)})
    broken = np.zeros(n, bool)
    for rule in schema.rules:
        broken |= rule.find_faults(redrawn)
    redrawn = schema.derive(rows.where(pd.Series(broken, rows.index), redrawn).astype(rows.dtypes))
    return redrawn.assign(weight=weigh(redrawn, real, [group, outcome]))


METHODS = {
    "plain": draw_plain,
    "equal groups": draw_equal_groups,
    "reweighing": draw_reweighed,
    "causal cut": draw_causal_cut,
}


def reweighing(frame: pd.DataFrame, group: str, outcome: str) -> NDArray[np.float64]:
    """Return the weights that make group and outcome independent, shape (n,).

    The number of rows expected of a group and outcome, were they independent, divided by that there is.
    """
    keys = pd.DataFrame({"group": level_names(frame, group), "outcome": outcome_of(frame, outcome)})
    n_group = keys.groupby("group")["group"].transform("size")
    n_outcome = keys.groupby("outcome")["outcome"].transform("size")
    n_both = keys.groupby(["group", "outcome"])["group"].transform("size")
    return (n_group * n_outcome / (len(frame) * n_both)).to_numpy(float)


def weigh(rows: pd.DataFrame, real: pd.DataFrame, by: Sequence[str]) -> NDArray[np.float64]:
    """Return how many real rows each row stands for, so that totals by some columns are the real ones.

    Parameters
    ----------
    rows, real : DataFrame
    by : sequence of str
        Columns whose combinations are weighed.

    Returns
    -------
    ndarray of float64, shape (n,)
        The weights of all rows of a combination sum to the number of its real rows.

    Raises
    ------
    TooFewPoints
        If none of the rows are of a combination that real ones are of.
    """
    made, known = (pd.concat([level_names(frame, name) for name in by], axis=1) for frame in (rows, real))
    n_made, n_known = made.value_counts(), known.value_counts()
    if set(n_known.index) - set(n_made.index):
        raise TooFewPoints(
            "Too few rows were made of some group with the outcome, or without, to weigh them: put small "
            "groups together."
        )
    each = pd.MultiIndex.from_frame(made)
    return n_known.reindex(each, fill_value=0).to_numpy(float) / n_made.reindex(each).to_numpy(float)


def measure_price(
    rows: pd.DataFrame,
    real: pd.DataFrame,
    holdout: pd.DataFrame,
    schema: Schema,
    *,
    outcome: str,
    group: str,
    truth: ArrayLike | None = None,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Measure what a model of some rows does to other people, and what the rows say in total.

    Parameters
    ----------
    rows : DataFrame
        To learn from, without weights; their weight (how many real rows each stands for) is for the totals.
    real, holdout : DataFrame
        The rows learnt from, and those of other people that the model is tried on.
    schema : Schema
    outcome, group : str
    truth : array of bool, shape (n,), optional
        Who of the holdout truly had the outcome, where the record is known to leave some out. Without it the
        record is believed.
    rng : numpy.random.Generator

    Returns
    -------
    DataFrame
        measure, group, value, low, high, n, as of `judge`. auc; recall of all and by level, with n those who
        had the outcome; equal_opportunity_gap, equalised_odds_gap; and NAME_total and NAME_total_weighted of
        the columns of days and of the outcome: the total of rows scaled to the number of real rows, and that
        with weights, over the real total.
    """
    event = outcome_of(holdout, outcome) if truth is None else np.asarray(truth, bool)
    _, (_, learnt, others) = code_frames(schema, real, rows, holdout)
    score = predict_outcome(learnt, outcome_of(rows, outcome), others, outcome, rng)
    draws = draw_weights(np.arange(len(holdout)), rng)
    table = Rows()
    table.add("auc", *auc_with_limits(score, event, draws), n=len(holdout))
    # As many are listed as the record knows with the outcome: nobody knows how many there are in truth
    listed = list_top(score, outcome_of(real, outcome).mean(), rng)
    add_recall(table, listed, event, holdout, [group], draws)
    days = [name for name, column in schema.columns.items() if column.days]
    for name in [*days, outcome]:
        values, total = rows[name].to_numpy(float, na_value=np.nan), real[name].sum()
        for ending, weight in {"": len(real) / len(rows), "_weighted": rows["weight"].to_numpy()}.items():
            table.add(f"{name}_total{ending}", np.nansum(values * weight) / total, n=len(rows))
    return table.frame()


def compare_methods(
    make: Make,
    real: pd.DataFrame,
    holdout: pd.DataFrame,
    schema: Schema,
    *,
    outcome: str,
    group: str,
    seeds: Sequence[int],
    truth: ArrayLike | None = None,
) -> pd.DataFrame:
    """Measure every method over seeds, beside a model of the real rows themselves.

    Parameters
    ----------
    make, real, holdout, schema, outcome, group, truth
        As for `draw_plain` and `measure_price`. As many rows are drawn as there are real ones.
    seeds : sequence of int

    Returns
    -------
    DataFrame
        generator ("real" or the method), seed, and the columns of `measure_price`: for `summarise`, and for
        `paired` against "plain".
    """
    tables = []
    for seed in seeds:
        drawn = {"real": real.assign(weight=1.0)}
        for name, draw in METHODS.items():
            stream = np.random.default_rng([seed, 0])
            drawn[name] = draw(make, real, schema, len(real), stream, group=group, outcome=outcome)
        for name, rows in drawn.items():
            measured = measure_price(
                rows, real, holdout, schema, outcome=outcome, group=group, truth=truth,
                rng=np.random.default_rng([seed, 1]),
            )  # fmt: skip
            tables.append(measured.assign(generator=name, seed=seed))
    table = pd.concat(tables, ignore_index=True)
    return table[["generator", "seed", *table.columns.drop(["generator", "seed"])]]
