"""One table of all measures of a synthetic data set, or of several beside their anchors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from analysis_lib.models.synthetic.judge.people import split_people
from analysis_lib.models.synthetic.judge.real import FAMILIES, People, Real, number_people, prepare
from analysis_lib.models.synthetic.schema import Schema

ANCHORS = ("holdout", "bootstrap", "copy")

Maker = Callable[[np.random.Generator], pd.DataFrame]


def judge(
    synthetic: pd.DataFrame,
    train: pd.DataFrame,
    holdout: pd.DataFrame,
    schema: Schema,
    *,
    outcome: str,
    groups: Sequence[str],
    people: People | None = None,
    reference: pd.DataFrame | None = None,
    families: Sequence[str] = FAMILIES,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Measure what synthetic rows keep, what they are good for, what they give away, and whom they serve.

    Parameters
    ----------
    synthetic : DataFrame
    train, holdout : DataFrame
        The rows that the generator learnt from, and those of other people, apart by `split_people`.
    schema : Schema
        Only its columns are compared; groups may be derived ones.
    outcome : str
        A column of flags without gaps, which a model predicts from the others.
    groups : sequence of str
        Columns that say which group of people a row is of.
    people : pair of arrays, optional
        Whose the rows of train and of holdout are. Without it each row is a person of its own.
    reference : DataFrame, optional
        Rows of further people, for membership relative to a reference. Without it half of the holdout's
        people are.
    families : sequence of {"fidelity", "use", "privacy", "fairness", "logic"}
        What is measured. Each has the values that it has beside the others.
    rng : numpy.random.Generator

    Returns
    -------
    DataFrame
        measure, group (text: "" of all, else which level, column or rule), value, low, high (95%; missing
        where the interval is over generator seeds: see `summarise`), n (what the value rests on).
        `MEASURES` says what each measure is.

    Raises
    ------
    ValueError
        If a part has too few rows, does not have the schema's columns, a person is in two parts, the
        outcome is not yes or no, or there is no such family.
    """
    real = prepare(
        train, holdout, schema, outcome=outcome, groups=groups, people=people, reference=reference, rng=rng
    )
    return real.judge(synthetic, families)


def judge_all(
    makers: Mapping[str, Maker],
    train: pd.DataFrame,
    holdout: pd.DataFrame,
    schema: Schema,
    *,
    outcome: str,
    groups: Sequence[str],
    seeds: Sequence[int],
    people: People | None = None,
    families: Sequence[str] = FAMILIES,
    anchors: Sequence[str] = ANCHORS,
) -> pd.DataFrame:
    """Judge several generators over seeds, beside three anchors.

    Parameters
    ----------
    makers : mapping of str to callable
        By name of the generator: takes random numbers, returns synthetic rows.
    train, holdout, schema, outcome, groups, people, families
        As for `judge`. Give twice as many rows of holdout as of training: each seed divides the holdout's
        people in two halves anew. One half judges. The rows of the other are the anchor "holdout", and the
        reference of all that is judged; of fewer rows, distances between tables are larger by chance.
    seeds : sequence of int
        Each gives every generator random numbers of its own, and the measures the same ones.
    anchors : sequence of {"holdout", "bootstrap", "copy"}
        Rows of people that no generator saw (the best that can be); training rows drawn with replacement; the
        training rows themselves.

    Returns
    -------
    DataFrame
        generator, seed, and the columns of `judge`. Intervals over seeds are those of the draws: of
        generators, and of who judges, but not of who is in the training rows. The copy is the same at every
        seed: what compares it with the training rows alone has no spread.

    Raises
    ------
    ValueError
        As for `judge`; if there is no such anchor, or a generator has the name of one.
    """
    if taken := sorted(set(makers) & set(ANCHORS)):
        raise ValueError(f"{', '.join(taken)} is the name of an anchor: give the generator another.")
    if unknown := sorted(set(anchors) - set(ANCHORS)):
        raise ValueError(f"{', '.join(unknown)} is no anchor: {', '.join(ANCHORS)} are.")
    everyone = number_people(people, len(train), len(holdout))
    asked = {"outcome": outcome, "groups": groups}
    tables = []
    for seed in seeds:
        known = split_people(everyone[1], np.random.default_rng([seed, 0]))
        unseen, who = holdout[known], (everyone[0], everyone[1][~known])

        def ready(
            reference: pd.DataFrame | None,
            seed: int = seed,
            others: pd.DataFrame = holdout[~known],
            who: People = who,
        ) -> Real:
            rng = np.random.default_rng([seed, 1])
            return prepare(train, others, schema, **asked, people=who, reference=reference, rng=rng)

        of_anchors = _anchor(train, unseen)
        # Nobody is the reference of himself: beside that anchor, half of those who judge are
        real = {name: ready(None) for name in anchors if name == "holdout"}
        usual = ready(unseen)
        for name, make in {**{name: of_anchors[name] for name in anchors}, **makers}.items():
            made = make(np.random.default_rng([seed, 2, *name.encode()]))
            measured = real.get(name, usual).judge(made, families)
            measured.insert(0, "seed", seed)
            measured.insert(0, "generator", name)
            tables.append(measured)
    return pd.concat(tables, ignore_index=True)


def _anchor(train: pd.DataFrame, unseen: pd.DataFrame) -> dict[str, Maker]:
    n = len(train)
    return {
        "holdout": lambda rng: unseen,
        "bootstrap": lambda rng: train.iloc[rng.integers(0, n, n)],
        "copy": lambda rng: train,
    }
