"""Intervals and limits of notebooks 01 and 02, of area reports, and of areas in notebook 04."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from analysis_lib import measures, models
from analysis_lib.simulate import coefficients as planted
from tests.coverage.case import Case

LOGIT = planted.DNA_LOGIT
MONTHS = 8
SEASON = np.array([1.03, 1.02, 1.0, 0.98, 0.99, 0.98, 0.97, 0.93, 1.01, 1.09, 1.04, 0.96])
CHANCE_ALONE = "Chance alone: not how practices and months differ, nor what became of the Unknown."
AMONG = "Wide, since what boards have in common is counted with what they have not."
TOGETHER = "Months ahead miss together, and few past errors set the width; no new shock is allowed for."
NORMAL = "True ratios are taken to be spread normally; a few areas far out make the interval too narrow."
SLOW = "Months that carry on from the month before signal more often."


def boards(
    seed: int,
    n_boards: int = 42,
    slope: float = 0.0,
    noise: float = LOGIT["area_month_sd"],
    effects: float = 1,
) -> tuple[pd.DataFrame, Callable[[str], pd.Series], pd.DataFrame]:
    """Draw attendance of boards; return it, what is true of the levels of a term, and true rates by group.

    Parameters
    ----------
    seed : int
    n_boards : int
    slope : float
        Standard deviation between boards of each effect of lead time and mode.
    noise : float
        Standard deviation of a location's month: chance, over which the truth is a mean.
    effects : float
        By what the planted effects are multiplied; 0 plants none.
    """
    rng = np.random.default_rng(seed)
    board = np.r_[np.arange(n_boards), rng.integers(0, n_boards, n_boards)]  # of each location
    mix = np.array(planted.HCP_SHARE)[:, None, None] * [
        np.outer(planted.MODE_SHARE[h], planted.LEAD_SHARE[h]) for h in planted.HCP_TYPES
    ]
    mix = mix * np.exp(rng.normal(0, 0.15, (len(board), *mix.shape)))
    size = 60_000 * np.exp(rng.normal(0, 0.5, len(board)))
    n = rng.poisson(size[:, None, None, None, None] * mix[:, None].repeat(MONTHS, axis=1))
    by = {
        name: effects * np.array(LOGIT[name]) + rng.normal(0, slope, (n_boards, len(LOGIT[name])))
        for name in ("lead_time", "mode")
    }
    lead = by["lead_time"][board][:, None, None, None, :]
    mode = by["mode"][board][:, None, None, :, None]
    own = rng.normal(0, LOGIT["area_sd"], len(board))[:, None] + rng.normal(0, LOGIT["month_sd"], MONTHS)
    rest = LOGIT["intercept"] + own[:, :, None, None, None] + np.array(LOGIT["hcp_type"])[:, None, None]
    dev = rng.normal(0, noise, (len(board), MONTHS))[:, :, None, None, None]
    known = n - rng.binomial(n, 0.04)  # which are unknown does not depend on who came
    missed = rng.binomial(known, expit(rest + lead + mode + dev))
    mean = partial(_mean_over_noise, noise=noise)
    weight = np.where(np.arange(n.shape[-1]) < len(planted.LEAD_TIMES) - 1, known, 0)  # lead time is known

    def truth(term: str) -> pd.Series:
        names = {"lead_time": planted.LEAD_TIMES[:-1], "mode": planted.MODES}[term]
        alike = by[term][board][..., None, None, None, None]
        others = rest + (mode if term == "lead_time" else lead)
        rates = [np.sum(weight * mean(others + alike[:, k])) / weight.sum() for k in range(len(names))]
        return pd.Series(rates, names)

    index = np.indices(n.shape).reshape(5, -1)
    frame = pd.DataFrame(
        {
            "icb_code": pd.Categorical([f"E54{place:06d}" for place in board[index[0]]]),
            "month": pd.date_range("2023-01-01", periods=MONTHS, freq="MS")[index[1]],
            "hcp_type": pd.Categorical.from_codes(index[2], planted.HCP_TYPES, ordered=True),
            "mode": pd.Categorical.from_codes(index[3], planted.MODES, ordered=True),
            "lead_time": pd.Categorical.from_codes(index[4], planted.LEAD_TIMES, ordered=True),
            "p": mean(rest + lead + mode).ravel(),
            "Attended": (known - missed).ravel(),
            "DNA": missed.ravel(),
            "Unknown": (n - known).ravel(),
        }
    )
    cell = ["icb_code", "month", "hcp_type", "mode", "lead_time"]
    frame["due"] = frame["p"] * (frame["Attended"] + frame["DNA"])
    cells = frame.groupby(cell, observed=True)[["Attended", "DNA", "Unknown", "due"]].sum().reset_index()
    long = cells.melt(cell, ["Attended", "DNA", "Unknown"], "status", "n_appointments")
    long["status"] = pd.Categorical(long["status"], planted.STATUSES, ordered=True)
    return long, truth, cells


def _mean_over_noise(logits: NDArray[np.float64], noise: float) -> NDArray[np.float64]:
    """Return the mean probability where the logit varies with standard deviation `noise`."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(3)
    return sum(w * expit(logits + noise * x) for x, w in zip(nodes, weights, strict=True)) / weights.sum()


def holds(low: pd.Series, high: pd.Series, true: pd.Series | NDArray) -> tuple[int, int]:
    """Count the intervals that hold the truth, and those that there are."""
    low, high, true = (np.asarray(values, float) for values in (low, high, true))
    there = np.isfinite(low) & np.isfinite(high)
    return int(np.sum((low <= true) & (true <= high) & there)), int(there.sum())


def crude(seed: int, by: str = "mode", **world: float) -> tuple[int, int]:
    """Wilson intervals of rates as counted."""
    attendance, _, cells = boards(seed, **world)
    table = measures.attendance_table(attendance, by).set_index(by)
    sums = cells.groupby(by, observed=True)[["Attended", "DNA", "due"]].sum().reindex(table.index)
    return holds(table["dna_low"], table["dna_high"], sums["due"] / (sums["Attended"] + sums["DNA"]))


def bounds(seed: int, missed_of_unknown: float) -> tuple[int, int]:
    """The bounds of a group's rate, where so many of the Unknown were missed."""
    attendance, _, cells = boards(seed)
    table = measures.attendance_table(attendance, "mode").set_index("mode")
    rng = np.random.default_rng(seed)
    sums = cells.groupby("mode", observed=True)[["Attended", "DNA", "Unknown"]].sum().reindex(table.index)
    true = (sums["DNA"] + rng.binomial(sums["Unknown"], missed_of_unknown)) / sums.sum(axis=1)
    return holds(table["bound_low"], table["bound_high"], true)


def standardised(seed: int, **world: float) -> tuple[int, int]:
    """Intervals of the modes' rates at the same mix."""
    attendance, _, cells = boards(seed, **world)
    table = measures.attendance_table(attendance, "mode").set_index("mode")
    cells = cells[cells["lead_time"] != "Unknown"]
    strata = cells.assign(n=cells["Attended"] + cells["DNA"])
    sums = strata.groupby(["mode", "hcp_type", "lead_time"], observed=True)[["n", "due"]].sum()
    weight = strata.groupby(["hcp_type", "lead_time"], observed=True)["n"].sum()
    rates = (sums["due"] / sums["n"].where(sums["n"] > 0)).rename("rate").reset_index()
    rates = rates.pivot_table("rate", ["hcp_type", "lead_time"], "mode", observed=True).reindex(weight.index)
    true = rates.apply(lambda rate: np.average(rate[rate.notna()], weights=weight[rate.notna()]))
    return holds(table["std_low"], table["std_high"], true.reindex(table.index.astype(str)))


def adjusted(seed: int, **world: float) -> tuple[int, int]:
    """Intervals of the adjusted rates of lead times and modes, among these boards."""
    attendance, truth, _ = boards(seed, **world)
    fit = models.fit_dna(attendance)
    found = np.zeros(2, int)
    for term in ("lead_time", "mode"):
        table = models.marginal_rates(fit, term).set_index(term)
        found += holds(table["low"], table["high"], truth(term).reindex(table.index.astype(str)))
    return int(found[0]), int(found[1])


def logits(seed: int, **world: float) -> tuple[int, int]:
    """Intervals of the effects of lead time and mode, over boards."""
    attendance, _, _ = boards(seed, **world)
    effects = world.get("effects", 1)
    names = {"lead_time": planted.LEAD_TIMES, "mode": planted.MODES}
    truth = {
        term: dict(zip(levels, effects * np.array(LOGIT[term]), strict=True))
        for term, levels in names.items()
    }
    table = models.compare_truth(models.fit_dna(attendance), {"dna_logit": truth})
    return int(table["covered"].sum()), len(table)


def ranks(seed: int, **world: float) -> tuple[int, int]:
    """Intervals of boards' ranks at the same mix."""
    attendance, _, cells = boards(seed, **world)
    table = measures.rank_interval(measures.attendance_table(attendance, "icb_code")).set_index("icb_code")
    cells = cells[cells["lead_time"] != "Unknown"]
    strata = ["hcp_type", "mode", "lead_time"]
    sums = cells.assign(n=cells["Attended"] + cells["DNA"]).groupby(["icb_code", *strata], observed=True)
    rates = sums[["n", "due"]].sum()
    weight = rates.groupby(strata, observed=True)["n"].sum()
    wide = (rates["due"] / rates["n"].where(rates["n"] > 0)).rename("rate").reset_index()
    wide = wide.pivot_table("rate", strata, "icb_code", observed=True).reindex(weight.index)
    true = wide.apply(lambda rate: np.average(rate[rate.notna()], weights=weight[rate.notna()]))
    return holds(
        table["rank_low"], table["rank_high"], true.rank(ascending=False).reindex(table.index.astype(str))
    )


def funnel(seed: int, kind: str, limits: str, spread: str, n_areas: int = 106) -> tuple[int, int]:
    """Areas within limits of one kind, or of both, where all vary in one normal way and none stands out."""
    rng = np.random.default_rng(seed)
    n = np.exp(rng.normal(12.5, 0.7, n_areas)).round()
    chance = np.sqrt(0.045 * 0.955 / n)
    width = {"factor": 10 * chance, "true rates": np.hypot(chance, 0.006), "chance": chance}[spread]
    events = ((0.045 + rng.normal(size=n_areas) * width) * n).round()
    found = measures.funnel_limits(pd.DataFrame({"k": events, "n": n}), "k", "n")[kind]
    outside = found == "99.8" if limits == "99.8%" else found != "none"
    return int((~outside).sum()), n_areas


def months_ahead(seed: int, level: str, kind: str) -> tuple[int, int]:
    """Six months to come, within the intervals of the forecast that is shown."""
    rng = np.random.default_rng(seed)
    at, season = np.arange(42), np.log(np.resize(SEASON, 42))
    logs = {
        "steady": season + 0.015 * at / 12 + rng.normal(0, 0.015, 42),
        "wandering": season + np.cumsum(rng.normal(0, 0.012, 42)) + rng.normal(0, 0.012, 42),
        "noise": rng.normal(0, 0.02, 42),
    }[kind]
    series = pd.DataFrame({"month": pd.date_range("2020-01-01", periods=42, freq="MS")})
    series = series.assign(per_day_working=1e6 * np.exp(logs))
    ahead = models.choose_forecast(series[:36]).forecast
    return holds(ahead[f"low{level}"], ahead[f"high{level}"], series["per_day_working"].to_numpy()[36:])


def usual_months(seed: int, season: float = 0.0, carried: float = 0.0) -> tuple[int, int]:
    """Months without a signal, where nothing but chance and season happens; `carried` is autocorrelation."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=50) * np.sqrt(1 - carried**2)
    for at in range(1, 50):
        noise[at] += carried * noise[at - 1]
    values = noise[20:] + season * 20 * np.resize(SEASON - 1, 30)
    series = pd.DataFrame({"month": pd.date_range("2022-01-01", periods=30, freq="MS"), "value": values})
    chart = measures.xmr_limits(measures.adjust_season(series))
    return int((chart["signal"] == "none").sum()), 30


def _ratios(seed: int, true: Callable[[np.random.Generator], NDArray]) -> tuple[pd.DataFrame, NDArray]:
    """Contacts of 107 areas that vary three times as much, from person to person, as independent ones."""
    rng = np.random.default_rng(seed)
    expected, ratio = rng.uniform(150, 900, 107), true(rng)
    events = rng.negative_binomial(expected * ratio / 2, 1 / 3)
    return pd.DataFrame(
        {"msoa": [f"E{k}" for k in range(107)], "observed": events, "expected": expected}
    ), ratio


def area_spread(seed: int, true: Callable[[np.random.Generator], NDArray], tau: float) -> tuple[int, int]:
    """The interval of how far areas' true ratios differ."""
    row = measures.ratio_spread(_ratios(seed, true)[0], within=3.0).iloc[0]
    return int(row["tau_low"] <= tau <= row["tau_high"]), 1


def area_ratio(seed: int, true: Callable[[np.random.Generator], NDArray]) -> tuple[int, int]:
    """The interval of each area's ratio."""
    table, ratio = _ratios(seed, true)
    table = measures.observed_expected(table, within=3.0)
    order = table["msoa"].str[1:].astype(int)
    return holds(table["low"], table["high"], ratio[order])


def area_limits(seed: int, true: Callable[[np.random.Generator], NDArray], limits: str) -> tuple[int, int]:
    """Areas that do not stand out by both kinds of limits, where none should."""
    found = measures.funnel_ratio(_ratios(seed, true)[0], within=3.0)["outlier"]
    return int((found != "99.8").sum() if limits == "99.8%" else (found == "none").sum()), len(found)


def alike(rng: np.random.Generator) -> NDArray:
    """Areas that do not differ."""
    return np.ones(107)


def normal(rng: np.random.Generator) -> NDArray:
    """Areas whose ratios have a standard deviation of 0.12."""
    return np.exp(rng.normal(0, 0.12, 107))


def heavy(rng: np.random.Generator) -> NDArray:
    """The same standard deviation, with a few areas far out (t on 5 degrees of freedom)."""
    return np.exp(0.12 * np.sqrt(3 / 5) * rng.standard_t(5, 107))


UNKIND = {"noise": 0.15}
CASES = [
    Case("02", "DNA rate as counted, by mode (Wilson)", "favourable", partial(crude, noise=0.0)),
    Case(
        "02",
        "DNA rate as counted, by mode (Wilson)",
        "unfavourable: months of places differ",
        partial(crude, **UNKIND),
        says=CHANCE_ALONE,
    ),
    Case(
        "02",
        "DNA rate as counted, by month (Wilson)",
        "null",
        partial(crude, by="month", noise=0.0, effects=0),
    ),
    Case(
        "02",
        "Bounds by what became of the Unknown",
        "favourable",
        partial(bounds, missed_of_unknown=0.05),
        1.0,
    ),
    Case(
        "02",
        "Bounds by what became of the Unknown",
        "unfavourable: most of them missed",
        partial(bounds, missed_of_unknown=0.9),
        1.0,
    ),
    Case("02", "DNA rate at the same mix, by mode", "favourable", partial(standardised, noise=0.0)),
    Case(
        "02",
        "DNA rate at the same mix, by mode",
        "unfavourable: months of places differ",
        partial(standardised, **UNKIND),
        says=CHANCE_ALONE,
    ),
    Case("02", "Adjusted DNA rate, among these boards and months", "favourable", adjusted),
    Case(
        "02",
        "Adjusted DNA rate, among these boards and months",
        "unfavourable: effects differ between boards",
        partial(adjusted, slope=0.15),
        says=AMONG,
    ),
    Case(
        "02",
        "Adjusted DNA rate, among these boards and months",
        "unfavourable: months of places differ",
        partial(adjusted, **UNKIND),
    ),
    Case("02", "Adjusted DNA rate, among these boards and months", "null", partial(adjusted, effects=0)),
    Case("02", "Effect on missing (logit)", "favourable", logits, seeds=60),
    Case(
        "02",
        "Effect on missing (logit)",
        "unfavourable: effects differ",
        partial(logits, slope=0.15),
        seeds=60,
    ),
    Case("02", "Effect on missing (logit)", "null", partial(logits, effects=0), seeds=60),
    Case("02", "Rank of a board at the same mix", "favourable", partial(ranks, noise=0.0)),
    Case(
        "02",
        "Rank of a board at the same mix",
        "unfavourable: months of places differ",
        partial(ranks, **UNKIND),
        says=CHANCE_ALONE,
    ),
    *(
        Case(
            "02",
            f"Areas within {limits} funnel limits{'' if kind == 'outlier' else ' of one kind'}, {what}",
            scenario,
            partial(funnel, kind=kind, limits=limits, spread=spread),
            nominal,
        )
        for limits, nominal in (("95%", 0.95), ("99.8%", 0.998))
        for kind, what, scenario, spread in (
            ("outlier_phi", "factor", "favourable: areas vary by a factor", "factor"),
            ("outlier_tau", "spread", "favourable: true rates have a spread", "true rates"),
            ("outlier", "both", "unfavourable: areas vary by a factor", "factor"),
            ("outlier", "both", "unfavourable: true rates have a spread", "true rates"),
            ("outlier", "both", "null: chance alone", "chance"),
        )
    ),
    *(
        Case(
            "01",
            f"Forecast, {level}% interval",
            scenario,
            partial(months_ahead, level=level, kind=kind),
            share,
            says,
            40,
        )
        for level, share in (("95", 0.95), ("80", 0.80))
        for scenario, kind, says in (
            ("favourable: steady season and growth", "steady", TOGETHER),
            ("unfavourable: the level wanders", "wandering", TOGETHER),
            ("null: noise", "noise", TOGETHER),
        )
    ),
    Case("01", "Months that do not signal (XmR)", "null: neither season nor change", usual_months, seeds=60),
    Case(
        "01",
        "Months that do not signal (XmR)",
        "favourable: a season",
        partial(usual_months, season=2),
        seeds=60,
    ),
    Case(
        "01",
        "Months that do not signal (XmR)",
        "unfavourable: a season, and months that carry on",
        partial(usual_months, season=2, carried=0.4),
        seeds=60,
        says=SLOW,
    ),
    *(
        Case(
            "04",
            "Spread of areas' true ratios",
            scenario,
            partial(area_spread, true=true, tau=tau),
            says=says,
            seeds=100,
        )
        for scenario, true, tau, says in (
            ("favourable: normal", normal, 0.12, ""),
            ("unfavourable: a few far out", heavy, 0.12, NORMAL),
            ("null: areas alike", alike, 0.0, ""),
        )
    ),
    Case(
        "04",
        "Observed ÷ expected of an area, where what is expected is known",
        "favourable",
        partial(area_ratio, true=normal),
    ),
    Case(
        "04",
        "Observed ÷ expected of an area, where what is expected is known",
        "null: areas alike",
        partial(area_ratio, true=alike),
    ),
    *(
        Case(
            "04",
            f"Areas within {limits} funnel limits of both kinds",
            scenario,
            partial(area_limits, true=true, limits=limits),
            nominal,
        )
        for limits, nominal in (("95%", 0.95), ("99.8%", 0.998))
        for scenario, true in (("favourable: normal spread", normal), ("null: areas alike", alike))
    ),
]
