"""Intervals of notebook 04: drivers, rates, inequality, areas, the costliest, next year.

Worlds are drawn once for all kinds of interval. The truth of a rate, and of what is made of rates, is what
the planted coefficients give the people of the world: chance alone is between it and what is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis_lib import measures, models
from analysis_lib.codes import CONDITIONS, SETTINGS
from tests.coverage.case import SEEDS, Case
from tests.coverage.worlds import draw_population

Found = tuple[int, int]

REFERENCE = {"age_band": "35-44", "sex": "F", "ethnic_group": "White", "imd_decile": 10}
NEED = [f"has_{name}" for name in CONDITIONS]
BLOCKS = {"demographics": ["age_band", "sex", "ethnic_group"], "health need": NEED, "place": ["imd_decile"]}
TERMS = [term for block in BLOCKS.values() for term in block]
PEOPLE = {"unfavourable": 25_000, "favourable": 15_000, "null": 15_000}
GROUPS = ["imd_decile", "age_band", "sex", "ethnic_group"]


def inside(low: pd.Series, value: pd.Series, high: pd.Series) -> Found:
    """How many intervals hold a value, of those that are given."""
    given = (low.notna() & high.notna() & value.notna()).to_numpy()
    held = ((low <= value) & (value <= high)).to_numpy()
    return int(held[given].sum()), int(given.sum())


@cache
def measure(scenario: str, seed: int) -> dict[str, Found]:
    """Draw a world; return for each kind of interval how many held, and how many there were."""
    (earliest, before, year), truth = draw_population(seed, PEOPLE[scenario], scenario)
    settings = list(SETTINGS)
    fits = models.fit_settings(year, settings, TERMS, REFERENCE, cluster="msoa")
    due = year.assign(**{s: planted_means(year, truth, s) for s in settings})
    return {
        **hold_drivers(fits, truth),
        **hold_rates(year, due, settings),
        **hold_need(fits, year, due, truth),
        **hold_areas(fits["ae"], year, due),
        **hold_next_year(earliest, before, year, settings),
        "dispersion": hold_dispersion(fits, year, truth),
    }


def planted_means(frame: pd.DataFrame, truth: Mapping[str, Any], setting: str) -> np.ndarray:
    """Contacts expected of each person by the coefficients within areas."""
    stated = truth["contacts"]["settings"][setting]
    linear = np.full(len(frame), stated["intercept"] + stated["year"][truth["index_dates"][-1]])
    for term in (*BLOCKS["demographics"], "imd_decile"):
        effects = {str(level): value for level, value in stated[term].items()}
        linear += frame[term].astype(str).map(effects).to_numpy(float)
    linear += sum(frame[f"has_{name}"].to_numpy() * effect for name, effect in stated["condition"].items())
    linear += sum(
        frame[t["name"]].to_numpy() * t["log_rate"] for t in truth["interactions"] if t["setting"] == setting
    )
    linear += frame["msoa"].map({a: e[setting] for a, e in truth["area"]["effect"].items()}).to_numpy(float)
    can = frame.index.isin(models.eligible(frame, setting).index)
    return np.where(can, np.exp(linear) * frame["years_at_risk"], 0.0)


def hold_drivers(fits: Mapping[str, models.Fit], truth: Mapping[str, Any]) -> dict[str, Found]:
    table = models.list_drivers(fits, BLOCKS, models.planted_drivers(truth))
    if not truth["interactions"]:  # the same are asked for, and they are none
        table["planted"] = table["planted"].mask(table["block"] == "interaction", 1.0)
    return {
        block: inside(rows["low"], rows["planted"], rows["high"]) for block, rows in table.groupby("block")
    }


def hold_rates(year: pd.DataFrame, due: pd.DataFrame, settings: list[str]) -> dict[str, Found]:
    """Rates of groups, of the Core20 against the rest, and their slopes."""
    rates, true = (measures.rates_by_group(people, GROUPS, settings) for people in (year, due))
    found = {}
    for kind, of in (("rate", rates["group"] != "age_band"), ("age rate", rates["group"] == "age_band")):
        found[kind] = inside(rates["low"][of], true["rate_per_1000"][of], rates["high"][of])
    core20, apart = (measures.compare_rates(people, "core20", settings) for people in (year, due))
    found["core20"] = inside(core20["ratio_low"], apart["rate_ratio"], core20["ratio_high"])
    found["core20 difference"] = inside(
        core20["difference_low"], apart["difference"], core20["difference_high"]
    )
    slopes, lines = (
        measures.slope_index(measures.rate_standardised(people, "imd_decile", settings))
        for people in (year, due)
    )
    return found | hold_slopes(slopes, lines)


def hold_slopes(slopes: pd.DataFrame, true: pd.DataFrame, prefix: str = "") -> dict[str, Found]:
    both = slopes.merge(
        true.assign(rii=true["rate_most"] / true["rate_least"]), on="setting", suffixes=("", "_true")
    )
    return {
        prefix + n: inside(both[f"{n}_low"], both[f"{n}_true"], both[f"{n}_high"]) for n in ("sii", "rii")
    }


def hold_need(
    fits: Mapping[str, models.Fit], year: pd.DataFrame, due: pd.DataFrame, truth: Mapping[str, Any]
) -> dict[str, Found]:
    """Use against need: expected of the planted effects of age, sex and conditions and their interactions."""
    need = ["age_band", "sex", *NEED]
    adjusted = models.adjust_for_need(fits, year, need)
    parts = {name: set(when) for name, _, when in models.INTERACTIONS}
    needs = [*need, *(name for name, of in parts.items() if of <= set(need))]
    planted, tables = models.planted_drivers(truth), []
    for setting, fit in fits.items():
        table = models.coefficients(fit)
        # The reference is that of the fit, and effects of levels are told from its.
        effects = dict(
            zip(
                zip(table["term"], table["level"], strict=True),
                _effects(table, planted[setting]),
                strict=True,
            )
        )
        coef = fit.coef.copy()
        for term in fit.terms:
            first, *others = fit.design.levels[term]
            coef[fit.design.places[term]] = [effects[term, n] - effects[term, first] for n in others]
        people = models.eligible(due, setting)
        mean = models.expected_counts(replace(fit, coef=coef), people, of=needs)
        people, mean = people[np.isfinite(mean)], mean[np.isfinite(mean)]
        sums = pd.DataFrame({"imd_decile": people["imd_decile"], "events": people[setting]})
        sums = sums.assign(mean=mean, person_years=people["years_at_risk"]).groupby("imd_decile").sum()
        oe = sums["events"] / sums["mean"] * sums["mean"].sum() / sums["events"].sum()
        rate = 1_000 * sums["events"].sum() / sums["person_years"].sum() * oe
        tables.append(
            sums.reset_index().assign(setting=setting, oe=oe.to_numpy(), rate_per_1000=rate.to_numpy())
        )
    true = pd.concat(tables).assign(se=0.0).drop(columns="events")
    both = adjusted.merge(
        true[["setting", "imd_decile", "oe"]], on=["setting", "imd_decile"], suffixes=("", "_true")
    )
    found = {"need oe": inside(both["low"], both["oe_true"], both["high"])}
    return found | hold_slopes(measures.slope_index(adjusted), measures.slope_index(true), "need ")


def _effects(table: pd.DataFrame, planted: Mapping[str, Any]) -> list[float]:
    """Planted effect of each level; a flag has its number, and no effect for the others."""
    found = []
    for term, level in zip(table["term"], table["level"], strict=True):
        stated = planted.get(term, 0.0)
        if isinstance(stated, Mapping):
            found.append({str(k): v for k, v in stated.items()}[str(level)])
        else:
            found.append(stated if str(level) == "True" else 0.0)
    return found


def hold_areas(fit: models.Fit, year: pd.DataFrame, due: pd.DataFrame) -> dict[str, Found]:
    """Areas' A&E attendances over those expected; the expected are taken as known."""
    expected = models.expected_counts(fit, year)
    within = models.check_fits({"ae": fit}, year)["variance_ratio"].iloc[0]
    place = measures.observed_expected(year.assign(expected=expected, observed=year["ae"]), within=within)
    true = due.assign(expected=expected).dropna(subset="expected").groupby("msoa")[["ae", "expected"]].sum()
    return {"area": inside(place["low"], place["msoa"].map(true["ae"] / true["expected"]), place["high"])}


def hold_next_year(
    earliest: pd.DataFrame, before: pd.DataFrame, year: pd.DataFrame, settings: list[str]
) -> dict[str, Found]:
    predicted = models.predict_next_year(
        earliest, before, year, settings, TERMS, "age_band", REFERENCE, cluster="msoa"
    )
    scores = models.score_demand(predicted).groupby("method")[["n_covered", "n_cohorts"]].sum()
    return {method: (int(row.n_covered), int(row.n_cohorts)) for method, row in scores.iterrows()}


def hold_dispersion(fits: Mapping[str, models.Fit], year: pd.DataFrame, truth: Mapping[str, Any]) -> Found:
    """The dispersion of a model without areas has what areas do in it."""
    table = models.check_fits(fits, year).set_index("setting")
    stated = truth["contacts"]["settings"]
    alpha = pd.Series(
        {s: (1 + stated[s]["alpha"]) * (1 + truth["area"]["sd"][s] ** 2) - 1 for s in table.index}
    )
    return inside(table["alpha_low"], alpha, table["alpha_high"])


def hold_top(seed: int, sigma: float, n: int = 20_000) -> Found:
    """Share of cost held by the costliest, where one in five has none and the rest is log-normal."""
    rng = np.random.default_rng(seed)
    cost = np.exp(sigma * rng.standard_normal(n)) * (rng.random(n) < 0.8)
    shares = measures.share_top(cost, draws=200)
    true = stats.norm.sf(stats.norm.isf(shares["top"] / 0.8) - sigma)
    return inside(shares["low"], pd.Series(true), shares["high"])


def _kind(scenario: str, kind: str) -> Callable[[int], Found]:
    return partial(_of_world, scenario, kind)


def _of_world(scenario: str, kind: str, seed: int) -> Found:
    return measure(scenario, seed).get(kind, (0, 0))


_KINDS = {
    "place": "Rate ratio of a deprivation decile",
    "demographics": "Rate ratio of an age band, sex or ethnic group",
    "health need": "Rate ratio of a long-term condition",
    "interaction": "Ratio beyond both drivers",
    "dispersion": "Dispersion of a model of demand",
    "rate": "Rate per 1,000 people, standardised by age",
    "age rate": "Rate per 1,000 people of an age band",
    "core20": "Ratio of the Core20 to the rest",
    "core20 difference": "Difference between the Core20 and the rest",
    "sii": "Slope index of inequality",
    "rii": "Relative index of inequality",
    "need sii": "Slope index of inequality, same need",
    "need rii": "Relative index of inequality, same need",
    "area": "Observed ÷ expected of an area",
    "model": "Next year's contacts of an age band, by the model",
    models.next_year.NAIVE: "Next year's contacts of an age band, by last year's rate",
}
SAYS = {
    "dispersion": "It takes people of an area as independent.",
}
TOP = "It is narrow where a few people cost very much."
CASES = [
    *(
        Case(
            "04",
            words,
            scenario,
            _kind(scenario, kind),
            says=SAYS.get(kind, ""),
            seeds=40 if kind == "interaction" else SEEDS,  # few in a world
        )
        for kind, words in _KINDS.items()
        for scenario in ("favourable", "unfavourable", "null")
    ),
    Case("04", "Share of all cost that the costliest have", "favourable", partial(hold_top, sigma=1.0)),
    Case(
        "04",
        "Share of all cost that the costliest have",
        "unfavourable",
        partial(hold_top, sigma=1.6),
        says=TOP,
    ),
]
