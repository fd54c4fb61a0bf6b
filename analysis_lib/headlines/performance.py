"""Sentences of notebook 05: how well the models rank, how honest their risks are, and for whom."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis_lib.headlines.risk import (
    FITTED,
    RULES,
    SHORT,
    interval,
    level_name,
    model_name,
    outcome_name,
    outcome_phrase,
    pick_models,
)
from analysis_lib.release import fact, say, say_list
from analysis_lib.words import SAME, Facts, count_of

NO_DUMMY = "What the same risk for everybody would rank is not shown"
TOO_FEW = "There are too few people with the outcome to say how well anything ranks them"
NOT_STATED = ("not stated", "Not stated", "not recorded", "unknown", "Unknown")


def _auroc(row: pd.Series) -> str:
    return interval(row, "auroc", "low", "high", 3)


def say_performance(performance: pd.DataFrame) -> Facts:
    """Say which model ranks best, and whether it beats the best simple rule beyond the intervals (released).

    ``performance`` says it in short; ``performance_high_cost`` and ``performance_emergency`` with intervals.
    """
    rows = pick_models(performance).dropna(subset=["auroc"])
    short = []
    facts: Facts = {}
    for outcome, part in rows.groupby("outcome", sort=False):
        models, rules = (
            part[part["model"].isin(names)].sort_values("auroc", ascending=False, kind="stable")
            for names in (FITTED, RULES)
        )
        if len(models):
            short.append(_say_short(models.iloc[0], rules))
            if outcome in SHORT:
                facts[f"performance_{SHORT[str(outcome)]}"] = _say_best(models, rules)
    facts["performance"] = f"Ranked best (AUROC). {'; '.join(short)}" if short else TOO_FEW
    dummy = rows[rows["model"] == "prevalence"]
    shown = say_list(dict.fromkeys(say(value, "number", 2) for value in dummy["auroc"]))
    facts["dummy"] = f"Giving everybody the same risk has an AUROC of {shown}" if len(dummy) else NO_DUMMY
    return facts


def _verdict_on(best: pd.Series, rule: pd.Series) -> str:
    """Return "beyond", "above" (intervals overlap) or "no better than" of a model against a rule."""
    if best["low"] > rule["high"]:
        return "beyond"
    return "above" if best["auroc"] > rule["auroc"] else "no better than"


def _say_short(best: pd.Series, rules: pd.DataFrame) -> str:
    told = f"{outcome_name(best['outcome'])}: {model_name(best['model'])}, {say(best['auroc'], 'number')}"
    if rules.empty:
        return told
    rule = rules.iloc[0]
    return f"{told}, {_verdict_on(best, rule)} {model_name(rule['model'])}, {say(rule['auroc'], 'number')}"


def _say_best(models: pd.DataFrame, rules: pd.DataFrame) -> str:
    """Return "High cost next year: best ranked by …" of one outcome; models and rules best first."""
    best = models.iloc[0]
    told = (
        f"{outcome_name(best['outcome'])}: best ranked by {model_name(best['model'])}, AUROC {_auroc(best)}"
    )
    close = [model_name(r.model) for r in models.iloc[1:].itertuples() if not r.high < best["low"]]
    if close:
        told += f", not told apart from {say_list(close)}"
    if rules.empty:
        return told
    rule = rules.iloc[0]
    verdict = _verdict_on(best, rule)
    name = f"the best simple rule, {model_name(rule['model'])}, {_auroc(rule)}"
    return f"{told}; {verdict} {name}" + (", though the intervals overlap" if verdict == "above" else "")


def say_lift(performance: pd.DataFrame, column: str = "lift_5", share: float = 0.05) -> Facts:
    """Say how much more often the outcome comes among those ranked highest (released)."""
    told = []
    for outcome, rows in pick_models(performance).dropna(subset=[column]).groupby("outcome", sort=False):
        models, rules = (rows[rows["model"].isin(names)] for names in (FITTED, RULES))
        sides = [part.loc[part[column].idxmax()] for part in (models, rules) if len(part)]
        named = [(say(r[column], "number", 1), model_name(r["model"])) for r in sides]
        if named:
            more = "".join(f"; {times} times by {name}" for times, name in named[1:])
            told.append(
                f"{outcome_phrase(str(outcome))} is {named[0][0]} times as common ({named[0][1]}{more})"
            )
    top = say(share, "rate", 0)
    if not told:
        return {"lift": f"There are too few people with the outcome among the {top} ranked highest"}
    return {"lift": f"Among the {top} ranked highest, against all people, {say_list(told)}"}


def say_calibration(performance: pd.DataFrame, model: str = "trees") -> Facts:
    """Say whether a model's risks come true: observed ÷ predicted, and calibration slope (released)."""
    needed = ["oe", "calibration_slope", "slope_low", "slope_high", "large_low", "large_high"]
    rows = pick_models(performance, [model]).dropna(subset=needed)
    if rows.empty:
        return {"calibration": "There are too few people with the outcome to check the risks"}
    told = [
        f"{outcome_name(r['outcome'])}: {say(r['oe'], 'number')} times as many as predicted by {model_name(model)}, slope "
        f"{interval(r, 'calibration_slope', 'slope_low', 'slope_high')}, {_verdict(r)}"
        for _, r in rows.iterrows()
    ]
    return {"calibration": "; ".join(told)}


def _verdict(row: pd.Series) -> str:
    slope = row["slope_low"] <= 1 <= row["slope_high"]
    large = row["large_low"] <= 0 <= row["large_high"]
    if slope and large:
        return "as good as chance allows"
    if large:
        return "right on average, but too " + (
            "extreme" if row["calibration_slope"] < 1 else "much towards the middle"
        )
    return "too few predicted" if row["calibration_in_large"] > 0 else "too many predicted"


def say_decision(curve: pd.DataFrame, model: str = "trees") -> Facts:
    """Say at which thresholds a model does more good than listing everybody or nobody (released)."""
    told = [
        _say_thresholds(str(outcome), rows, model) for outcome, rows in curve.groupby("outcome", sort=False)
    ]
    known = [text for text in told if text]
    return {"decision": "; ".join(known) if known else "Net benefit rests on too few people to be shown"}


def _say_thresholds(outcome: str, rows: pd.DataFrame, model: str) -> str:
    table = rows.pivot_table(index="threshold", columns="model", values="net_benefit", observed=True)
    if model not in table or not {"everybody", "nobody"} & set(table):
        return ""
    rival = table[[name for name in ("everybody", "nobody") if name in table]].max(axis=1)
    both = (table[model].notna()) & rival.notna()
    better = (table[model] > rival + SAME)[both]
    name = f"{outcome_name(outcome)}: more net benefit by {model_name(model)} than by listing everybody or nobody"
    if better.all():
        return f"{name} at every threshold shown, {_span(better.index)}"
    if not better.any():
        return f"{name} at no threshold shown"
    run = better.index[better]
    whole = better.loc[run[0] : run[-1]].all()
    return f"{name} at thresholds of {_span(run)}" + ("" if whole else ", with gaps")


def _span(at: pd.Index) -> str:
    first, last = (say(value, "rate", 0 if value >= 0.095 else 1) for value in (at[0], at[-1]))
    return first if first == last else f"{first} to {last}"


def say_search(search: pd.DataFrame) -> Facts:
    """Say how many candidates were tried and what was chosen (model_search, released)."""
    names = ["learning_rate", "max_leaf_nodes", "min_samples_leaf", "l2"]
    chosen = search[search["chosen"].astype(bool)]
    n = max(search.drop_duplicates(["outcome", *names]).groupby("outcome").size(), default=0)
    rounds = search["round"].nunique()
    told = [
        f"{outcome_name(str(r.outcome))}: learning rate {r.learning_rate:g}, {r.max_leaf_nodes:.0f} leaves, at least "
        f"{r.min_samples_leaf:.0f} people a leaf"
        for r in chosen.drop_duplicates("outcome").itertuples()
    ]
    start = f"{count_of(n, 'setting')} of the trees tried for each outcome in {count_of(rounds, 'round')}"
    return {
        "search": f"{start}; chosen for {'; for '.join(told)}" if told else f"{start}; none chosen",
        "n_candidates": fact(n, "things"),
    }


def say_risk_months(by_month: pd.DataFrame, model: str = "trees") -> Facts:
    """Say whether ranking gets worse with the months after the index day (performance_by_month, released)."""
    told = []
    rows = by_month[by_month["model"] == model].dropna(subset=["auroc"])
    for outcome, part in rows.groupby("outcome", sort=False):
        part = part.sort_values("month")
        first, last = part.iloc[0], part.iloc[-1]
        if len(part) > 1:
            told.append(f"{outcome_name(str(outcome))}: {_say_drift(first, last)}")
    return {"months": "; ".join(told) if told else "There are too few events a month to say"}


def _say_drift(first: pd.Series, last: pd.Series) -> str:
    a, b = say(first["auroc"], "number"), say(last["auroc"], "number")
    when = f"in month {first['month']:.0f}", f"in month {last['month']:.0f}"
    if a == b:
        return f"AUROC {a} {when[0]} and {when[1]}"
    word = "falls" if last["auroc"] < first["auroc"] else "rises"
    apart = last["high"] < first["low"] or first["high"] < last["low"]
    return f"AUROC {word} from {a} {when[0]} to {b} {when[1]}" + ("" if apart else " (intervals overlap)")


def say_groups_performance(performance: pd.DataFrame, model: str = "trees") -> Facts:
    """Say whom a model ranks worst, and for whom its risks are furthest off (performance, released)."""
    rows = performance[performance["model"] == model]
    ranked, off = [], []
    for outcome, part in rows.groupby("outcome", sort=False):
        whole = part[part["group"] == "all"]
        groups = part[(part["group"] != "all") & ~part["level"].isin(NOT_STATED)]
        known = groups.dropna(subset=["auroc"])
        if len(known) and len(whole) and pd.notna(whole["auroc"].iloc[0]):
            ranked.append(f"{outcome_name(str(outcome))}: {_say_worst(known, whole.iloc[0])}")
        known = groups[groups["oe"] > 0]
        if len(known):
            row = known.loc[np.log(known["oe"].astype(float)).abs().idxmax()]
            chance = "; chance could make it" if row["large_low"] <= 0 <= row["large_high"] else ""
            off.append(
                f"{outcome_name(str(outcome))}: furthest off for {level_name(row['group'], row['level'])} "
                f"({say(row['oe'], 'number')} times as many as predicted{chance})"
            )
    return {
        "groups": "; ".join(ranked) if ranked else TOO_FEW,
        "groups_calibration": "; ".join(off) if off else TOO_FEW,
    }


def _say_worst(groups: pd.DataFrame, whole: pd.Series) -> str:
    worst = groups.loc[groups["auroc"].idxmin()]
    if worst["auroc"] >= whole["auroc"]:
        return f"no group is ranked worse than all people together (AUROC {say(whole['auroc'], 'number', 3)})"
    apart = worst["high"] < whole["low"]
    return (
        f"ranked worst are {level_name(worst['group'], worst['level'])}, AUROC {_auroc(worst)} against "
        f"{say(whole['auroc'], 'number', 3)} for all" + ("" if apart else " (intervals overlap)")
    )


def say_outside(outside: pd.DataFrame, published: tuple[float, float] = (0.64, 0.69)) -> Facts:
    """Say how the same functions do on a public file of real patients, against published AUROCs.

    Parameters
    ----------
    outside : DataFrame
        outside_check, released: model, auroc, low, high.
    published : (float, float)
        Between which AUROCs others report; above it, leakage is more likely than skill.
    """
    rows = outside[outside["model"].isin(FITTED)] if "model" in outside else outside
    rows = rows.dropna(subset=["auroc"]).sort_values("auroc", ascending=False)
    if rows.empty:
        return {"outside": "The check on a public file of real patients has not been made"}
    best = rows.iloc[0]
    low, high = (say(end, "number") for end in published)
    where = "within" if published[0] <= round(best["auroc"], 2) <= published[1] else "outside"
    name = model_name(best["model"]) if "model" in outside else "the model"
    return {
        "outside": f"On real patients with diabetes the AUROC of {name} is {_auroc(best)} for a return to hospital "
        f"within thirty days, {where} the published {low} to {high}"
    }
