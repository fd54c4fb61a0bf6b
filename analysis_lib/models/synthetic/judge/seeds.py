"""What several seeds say together: means, intervals, and differences that are more than a seed's."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import t

from analysis_lib.models.synthetic.judge.measures import MEASURES, PRIVACY_CHECKS

LEVEL = 0.95
BY = ["generator", "measure", "group"]


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """Average each measure over the seeds.

    Parameters
    ----------
    rows : DataFrame
        Of `judge_all`: generator, seed, measure, group, value, n.

    Returns
    -------
    DataFrame
        generator, measure, group, value (mean), sd, low, high (of the mean, by Student's t over the seeds;
        missing with one seed), n_seeds, n (smallest). Seeds without a value are left out.
    """
    grouped = rows.groupby(BY, sort=False)
    table = grouped["value"].agg(["mean", "std", "count"]).set_axis(["value", "sd", "n_seeds"], axis=1)
    table["n"] = grouped["n"].min()
    return _with_limits(table).reset_index()


def paired(rows: pd.DataFrame, against: str) -> pd.DataFrame:
    """Compare every generator with one of them, seed by seed.

    Parameters
    ----------
    rows : DataFrame
        Of `judge_all`.
    against : str
        The generator, or anchor, that the others are compared with.

    Returns
    -------
    DataFrame
        generator, measure, group, value (mean of the differences: this less that of `against`), sd, low, high
        (by Student's t over the seeds), n_seeds, n, differs (whether the interval excludes 0: only then may a
        difference be claimed).

    Raises
    ------
    ValueError
        If there is no generator of this name, or a generator was measured twice with one seed.
    """
    if against not in set(rows["generator"]):
        raise ValueError(
            f"No generator is called {against}: there are {', '.join(rows['generator'].unique())}."
        )
    keys = ["measure", "group", "seed"]
    if rows.duplicated(["generator", *keys]).any():
        raise ValueError("A generator was measured twice with one seed: give every run a seed of its own.")
    base = rows.loc[rows["generator"] == against, [*keys, "value"]].rename(columns={"value": "base"})
    both = rows[rows["generator"] != against].merge(base, on=keys, how="inner")
    table = summarise(both.assign(value=both["value"] - both["base"]))
    return table.assign(differs=(table["low"] > 0) | (table["high"] < 0))


def find_leaks(rows: pd.DataFrame) -> list[str]:
    """Name the privacy checks that a data set fails: those whose lower limit is above the value by chance.

    Parameters
    ----------
    rows : DataFrame
        Of `judge`, or of one generator by `summarise`: measure, group, low.

    Returns
    -------
    list of str
        Not to fail shows no leak of more than the upper limit; it does not show that there is none.
    """
    checks = rows[rows["measure"].isin(PRIVACY_CHECKS) & (rows["group"] == "")]
    chance = checks["measure"].map({name: MEASURES[name].best for name in PRIVACY_CHECKS})
    return checks.loc[checks["low"] > chance, "measure"].tolist()


def _with_limits(table: pd.DataFrame) -> pd.DataFrame:
    n = table["n_seeds"].to_numpy()
    enough = n > 1
    half = np.full(len(table), np.nan)
    quantile = t.ppf((1 + LEVEL) / 2, n[enough] - 1)
    half[enough] = quantile * table["sd"].to_numpy()[enough] / np.sqrt(n[enough])
    limits = table.assign(low=table["value"] - half, high=table["value"] + half)
    return limits[["value", "sd", "low", "high", "n_seeds", "n"]]
