"""Intervals of notebook 05: performance, calibration, net benefit, fairness, SHAP means and rules.

People are drawn with known risks. A score's true value is its value on a very large draw of the same world.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from analysis_lib.measures import performance
from analysis_lib.measures.cells import TooFewPoints
from analysis_lib.models import classify, explain, fairness, rules
from analysis_lib.queries import feature_windows
from tests.coverage.case import Case

LARGE = 400_000
N = {"favourable": 12_000, "unfavourable": 2_000, "null": 4_000}  # people evaluated
OUTCOME = "next_emergency"
DRAWS = {"thresholds": (0.02, 0.05, 0.1, 0.2)}


def people(scenario: str, n: int, seed: int) -> tuple[pd.DataFrame, dict[str, NDArray[np.float64]]]:
    """People with an outcome, and three scores of it: favourable ones true, unfavourable ones overconfident.

    Under null nothing tells who will have the outcome, and groups are alike.
    """
    rng = np.random.default_rng([seed, 5])
    spread = {"favourable": 1.2, "unfavourable": 1.8, "null": 0.0}[scenario]
    need = rng.normal(-3.2, spread, n)
    quintile = rng.integers(1, 6, n)
    kept_down = 0.8 * (quintile == 1) if scenario != "null" else np.zeros(n)  # need that scores do not see
    frame = pd.DataFrame({"imd_quintile": quintile, "core20": quintile == 1})
    frame[OUTCOME] = rng.random(n) < expit(need + kept_down)
    frame["n_conditions"] = rng.poisson(np.exp(0.3 * (need + kept_down) + 1))
    frame["next_cost_gbp"] = rng.lognormal(6 + 0.5 * (need + kept_down), 1.2)
    steeper = 1.0 if scenario == "favourable" else 1.6
    noise = 0.4 if scenario != "null" else 1.0
    trees = expit(-3.0 + steeper * (need + 3.2) + rng.normal(0, noise, n))
    logistic = expit(-3.0 + steeper * (need + 3.2) + rng.normal(0, 1.5 * noise, n))
    cost = np.round(100 * np.exp(need + rng.normal(0, 1, n))) * (rng.random(n) < 0.7)
    return frame, {"trees": trees, "logistic": logistic, "last_year_cost": cost}


def _held(found: pd.DataFrame, true: pd.DataFrame, names: Iterable[tuple[str, str, str]]) -> tuple[int, int]:
    """Count the limits that hold the true value, of rows that stand in the same order."""
    held = total = 0
    for value, low, high in names:
        known = found[[value, low, high]].notna().all(axis=1).to_numpy() & true[value].notna().to_numpy()
        at = true[value].to_numpy(float)
        inside = (found[low].to_numpy(float) <= at + 1e-12) & (at - 1e-12 <= found[high].to_numpy(float))
        held, total = held + int((inside & known).sum()), total + int(known.sum())
    return held, total


def measure(kind: str, frame: pd.DataFrame, risks: dict, n_boot: int = 200) -> pd.DataFrame:
    """Make one of the notebook's tables."""
    models = {name: risks[name] for name in ("trees", "logistic")}
    make: dict[str, Callable[[], pd.DataFrame]] = {
        "performance": lambda: performance.evaluate_risk(frame, OUTCOME, risks, (), n_boot=n_boot),
        "groups": lambda: performance.evaluate_risk(frame, OUTCOME, models, ("imd_quintile",), n_boot=n_boot),
        "compared": lambda: performance.compare_risks(frame, OUTCOME, risks),
        "decision": lambda: performance.decision_curve(frame, OUTCOME, models, n_boot=n_boot, **DRAWS),
        "fairness": lambda: fairness.evaluate_fairness(frame, OUTCOME, models, ("imd_quintile",)),
        "list": lambda: fairness.list_by_deprivation(frame, OUTCOME, models),
        "need": lambda: fairness.need_at_equal_risk(frame, models, fewest=1),
    }
    return make[kind]()


@cache
def truth(kind: str, scenario: str) -> pd.DataFrame:
    """Return the table of very many people of the same world."""
    return measure(kind, *people(scenario, LARGE, 10**6), n_boot=2)


def draw(kind: str, names: tuple[tuple[str, str, str], ...], scenario: str, seed: int) -> tuple[int, int]:
    """Count the limits of a table that hold."""
    return _held(measure(kind, *people(scenario, N[scenario], seed)), truth(kind, scenario), names)


def draw_bins(scenario: str, seed: int) -> tuple[int, int]:
    """Count the bins of the calibration plot whose interval holds the mean of the true risks in it."""
    rng = np.random.default_rng([seed, 6])
    n = N[scenario]
    risk = expit(rng.normal(-3, 1.2, n))
    true = risk if scenario == "favourable" else expit(0.6 * np.log(risk / (1 - risk)) - 1)
    bins = performance.calibration_bins(
        pd.DataFrame({OUTCOME: rng.random(n) < true}), OUTCOME, {"trees": risk}
    )
    sizes = bins["n"].to_numpy()
    at = np.add.reduceat(true[np.argsort(risk)], np.cumsum(sizes) - sizes) / sizes
    return int((bins["low"].to_numpy() <= at).__and__(at <= bins["high"].to_numpy()).sum()), len(bins)


def draw_months(scenario: str, seed: int) -> tuple[int, int]:
    """Count the months whose AUROC is held, where what is known fades, or does not."""

    def make(n: int, number: int) -> pd.DataFrame:
        rng = np.random.default_rng([number, 7])
        score = rng.normal(size=n)
        fade = {"favourable": 1.0, "unfavourable": 0.8, "null": 0.0}[scenario]
        flags = {m: rng.random(n) < expit(-4 + fade**m * score) for m in (1, 4, 12)}
        months = pd.DataFrame(flags, dtype="boolean")
        return performance.performance_by_month(months, OUTCOME, {"trees": score}, fewest=5)

    found = make(N[scenario], seed)
    return _held(found, _months_truth(scenario, make), [("auroc", "low", "high")])


_MONTHS: dict[str, pd.DataFrame] = {}


def _months_truth(scenario: str, make: Callable[[int, int], pd.DataFrame]) -> pd.DataFrame:
    if scenario not in _MONTHS:
        _MONTHS[scenario] = make(LARGE, 10**6)
    return _MONTHS[scenario]


def draw_mitigation(name: str, scenario: str, seed: int) -> tuple[int, int]:
    """Count the gaps of recall, or their changes, that are held; thresholds are those of one choice."""
    choose, chosen_risks = people(scenario, 6_000, seed + 10_000)
    models = ("trees",)
    risk = {model: chosen_risks[model] for model in models}

    def make(n: int, number: int) -> pd.DataFrame:
        test, risks = people(scenario, n, number)
        made = fairness.evaluate_mitigation(
            choose, risk, test, {m: risks[m] for m in models}, OUTCOME, n_boot=300
        )
        return made[made["level"] == "all"]

    names = {"gap": ("recall_gap", "gap_low", "gap_high")}
    names["change"] = ("gap_change", "gap_change_low", "gap_change_high")
    return _held(make(N[scenario], seed), make(LARGE // 4, 10**6), [names[name]])


def _grid(n: int, seed: int, effect: float) -> pd.DataFrame:
    """People with conditions; those aged 75 and over with COPD have the outcome more often."""
    rng = np.random.default_rng([seed, 8])
    frame = pd.DataFrame({"age": rng.integers(0, 96, n)})
    for name in ("copd", "diabetes", "asthma", "cancer", "dementia", "stroke_tia"):
        frame[f"has_{name}"] = rng.random(n) < 0.15
    frame["n_emergency_12m"] = rng.poisson(0.2, n)
    score = -2.8 + effect * ((frame["age"] >= 75) & frame["has_copd"]) + 0.4 * effect * frame["has_cancer"]
    frame[OUTCOME] = rng.random(n) < expit(score)
    frame["imd_quintile"] = rng.integers(1, 6, n)
    frame["ethnic_group"] = "White"
    return frame


EFFECTS = {"favourable": 1.5, "unfavourable": 0.4, "null": 0.0}


@cache
def _everybody(effect: float) -> pd.DataFrame:
    return _grid(LARGE, 10**6, effect)


def draw_rules(scenario: str, seed: int) -> tuple[int, int]:
    """Count the lifts of rules in the later year that are held; rules are chosen on few, so by luck too."""
    effect = EFFECTS[scenario]
    try:
        found = rules.find_rules(_grid(5_000, seed, effect), OUTCOME)
        later = rules.check_rules(found, _grid(8_000, seed + 10_000, effect), strata=[])
    except TooFewPoints:
        return 0, 0
    true = rules.check_rules(found, _everybody(effect), strata=[])
    return _held(later, true, [("lift", "low", "high")])


def draw_rule_alarms(seed: int) -> tuple[int, int]:
    """Count the rules that are not said to hold, where nothing tells who will have the outcome."""
    found = rules.find_rules(_grid(5_000, seed, 0.0), OUTCOME)
    if not found:
        return 0, 0
    later = rules.check_rules(found, _grid(8_000, seed + 10_000, 0.0), strata=[])
    return int((later["low"] <= 1).sum()), len(later)


@cache
def _model(scenario: str) -> tuple[classify.Classifier, pd.DataFrame]:
    """Trees, and mean absolute SHAP values of very many people."""
    train = _grid(6_000, 1, EFFECTS[scenario] + 0.2)
    predictors = classify.choose_predictors(train, feature_windows((12,)))
    trees = classify.fit_classifier("trees", train, OUTCOME, predictors, {"max_iter": 20})
    many = explain.explain_people(trees, _grid(60_000, 10**6, 0.0), n=60_000)
    return trees, many.parts


def draw_importance(scenario: str, seed: int) -> tuple[int, int]:
    """Count the mean absolute SHAP values, of 500 people drawn at random, that are held."""
    trees, many = _model(scenario)
    table = explain.explain_importance(explain.explain_people(trees, _grid(500, seed + 2, 0.0), n=500))
    true = many.abs().mean()[table["feature"]].reset_index(drop=True).rename("mean_abs_shap").to_frame()
    moving = (true["mean_abs_shap"] > 1e-4).to_numpy()
    return _held(table[moving], true[moving], [("mean_abs_shap", "low", "high")])


def draw_alike(seed: int) -> tuple[int, int]:
    """Count groups not called worse ranked than everybody, where all are alike."""
    from analysis_lib.words import beyond

    table = measure("groups", *people("null", N["null"], seed))
    groups = table[(table["group"] != "all") & (table["model"] == "trees")]
    apart = beyond(groups, "auroc", 0.5)
    return len(groups) - len(apart), len(groups)


def _limits(*names: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((name, f"{name}_low", f"{name}_high") for name in names)


AUROC = (("auroc", "low", "high"),)
MEASURES = {
    "AUROC": ("performance", AUROC),
    "AUPRC": ("performance", _limits("auprc")),
    "Brier score": ("performance", _limits("brier")),
    "Calibration slope": ("performance", (("calibration_slope", "slope_low", "slope_high"),)),
    "Calibration in the large": ("performance", (("calibration_in_large", "large_low", "large_high"),)),
    "Lift of the top 5 and 10%": ("performance", _limits("lift_5", "lift_10")),
    "AUROC of a group": ("groups", AUROC),
    "Difference of AUROC of two scores": ("compared", _limits("auroc_difference")),
    "Difference of lift of two scores": ("compared", _limits("lift_5_difference")),
    "Net benefit of a list": ("decision", (("net_benefit", "low", "high"),)),
    "Gain over listing everybody or nobody": ("decision", _limits("gain")),
    "Recall of a list, by group": ("fairness", _limits("recall")),
    "Share of a list less share of outcomes": ("list", _limits("list_difference")),
    "Need at equal risk, Core20 against the rest": ("need", (("ratio", "low", "high"),)),
}
SCENARIOS = ("favourable", "unfavourable")
MANY = 60  # worlds of what is cheap, since one has few such intervals
#: Where fewer worlds leave open whether an interval holds what it says.
MORE = {"AUPRC": 200, "Need at equal risk, Core20 against the rest": 200}
CASES = [
    *(
        Case("05", interval, scenario, partial(draw, kind, names, scenario), seeds=MORE.get(interval, MANY))
        for interval, (kind, names) in MEASURES.items()
        for scenario in SCENARIOS
    ),
    *(Case("05", "Bin of the calibration plot", s, partial(draw_bins, s), seeds=MANY) for s in SCENARIOS),
    *(Case("05", "AUROC of a month", s, partial(draw_months, s), seeds=MANY) for s in SCENARIOS),
    *(
        Case("05", "Gap of recall between groups", s, partial(draw_mitigation, "gap", s))
        for s in (*SCENARIOS, "null")
    ),
    *(
        Case(
            "05",
            "Change of that gap by thresholds of groups",
            s,
            partial(draw_mitigation, "change", s),
            says="A little narrow: thresholds are chosen on few people of some groups.",
            seeds=80,
        )
        for s in SCENARIOS
    ),
    *(Case("05", "Mean absolute SHAP value of a feature", s, partial(draw_importance, s)) for s in SCENARIOS),
    *(Case("05", "Lift of a rule in the later year", s, partial(draw_rules, s), seeds=150) for s in EFFECTS),
    Case("05", "Rules not said to hold in the later year", "null", draw_rule_alarms, seeds=150),
    Case("05", "Groups not said to be ranked worse", "null", draw_alike, seeds=40),
    *(
        Case("05", interval, "null", partial(draw, kind, names, "null"), seeds=MANY)
        for interval, (kind, names) in MEASURES.items()
        if interval in ("Difference of AUROC of two scores", "Gain over listing everybody or nobody")
    ),
]
