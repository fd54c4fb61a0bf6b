"""Names and rows of notebook 05, and what its pages say of the models as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pandas as pd

from analysis_lib.dates import as_day
from analysis_lib.release import Fact, fact, say, say_list
from analysis_lib.words import NOT_KNOWN, Facts, known_fact, rate_fact

OUTCOME_NAMES = {
    "next_high_cost": "High cost next year",
    "next_emergency": "Emergency admission next year",
}
SHORT = {"next_high_cost": "high_cost", "next_emergency": "emergency"}  # in the names of facts
MODEL_NAMES = {
    "trees": "Boosted trees",
    "logistic": "Logistic regression",
    "last_year_cost": "Last year's cost",
    "n_conditions": "Number of conditions",
    "age_conditions": "Age and number of conditions",
    "prevalence": "No model (prevalence)",
    "everybody": "Everybody",
    "nobody": "Nobody",
}
FITTED = ("trees", "logistic")
RULES = ("last_year_cost", "n_conditions", "age_conditions")
GROUP_NAMES = {
    "sex": "Sex",
    "age_band": "Age",
    "ethnic_group": "Ethnic group",
    "imd_quintile": "Deprivation quintile (1 = most deprived)",
}
QUINTILES = {"1": "1 (most deprived)", "5": "5 (least deprived)"}
LEVEL_NAMES = {("sex", "F"): "Women and girls", ("sex", "M"): "Men and boys"}
NEEDS = {
    "mean_conditions": "Mean number of conditions",
    "emergency_rate": "Share with an emergency admission",
}


def say_risk_windows(train_day: object, evaluate_day: object, last_day: object, months: int = 12) -> Facts:
    """Say which days the models were made and evaluated on: both index days, and the last day counted."""
    early, late = as_day(train_day, "train_day"), as_day(evaluate_day, "evaluate_day")
    before_late = late - timedelta(days=1)
    return {
        "train_day": fact(early, "date"),
        "evaluate_day": fact(late, "date"),
        "train_window": f"{say(early, 'date')} to {say(before_late, 'date')}",
        "evaluate_window": f"{say(late, 'date')} to {say(last_day, 'date')}",
        "look_back": f"{months} months",
    }


def outcome_name(outcome: str) -> str:
    """Return the name of an outcome: "High cost next year"."""
    return OUTCOME_NAMES.get(outcome, str(outcome).replace("_", " "))


def outcome_phrase(outcome: str) -> str:
    """Return the name of an outcome inside a sentence: "high cost next year", "an emergency admission …"."""
    name = outcome_name(outcome)
    return ("an " if name[0] in "AEIO" else "") + name[0].lower() + name[1:]


def model_name(model: str) -> str:
    """Return the name of a model inside a sentence: "boosted trees"."""
    name = MODEL_NAMES.get(model, str(model).replace("_", " "))
    return name[0].lower() + name[1:]


def level_name(group: str, level: object) -> str:
    """Return the name of a level of a group: "men and boys", "deprivation quintile 2", "people of 5 to 14"."""
    named = LEVEL_NAMES.get((group, str(level)))
    if named:
        return named[0].lower() + named[1:]
    if group == "imd_quintile":
        return f"deprivation quintile {QUINTILES.get(str(level), level)}"
    if group == "age_band":
        text = str(level)
        return "people of " + (f"{text[:-1]} and over" if text.endswith("+") else text.replace("-", " to "))
    return f"people of {GROUP_NAMES.get(group, group).lower()} {level}"


def name_risk(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy with names for people: ``what`` (outcome), ``who`` (model), where there are such columns."""
    named = frame.copy()
    if "outcome" in frame:
        named["what"] = [outcome_name(outcome) for outcome in frame["outcome"]]
    if "model" in frame:
        named["who"] = [MODEL_NAMES.get(str(model), str(model)) for model in frame["model"]]
    if "imd_quintile" in frame:
        named["quintile"] = [QUINTILES.get(str(level), str(level)) for level in frame["imd_quintile"]]
    return named


def pick_models(frame: pd.DataFrame, models: Sequence[str] = tuple(MODEL_NAMES)) -> pd.DataFrame:
    """Return the rows of all people (not of a subgroup) for some models, in that order, named."""
    rows = frame[frame["group"] == "all"] if "group" in frame else frame
    rows = rows[rows["model"].isin(list(models))].reset_index(drop=True)
    order = rows["model"].astype(str).map({name: place for place, name in enumerate(models)})
    outcomes = rows["outcome"].astype(str).map({name: place for place, name in enumerate(OUTCOME_NAMES)})
    keys = pd.DataFrame({"outcome": outcomes, "model": order}).sort_values(
        ["outcome", "model"], kind="stable"
    )
    return name_risk(rows.loc[keys.index])


def pick_subgroups(frame: pd.DataFrame, outcome: str, model: str = "trees") -> pd.DataFrame:
    """Return the subgroups of one outcome and model, with ``group_name`` and ``level_name``, for a chart."""
    rows = frame[(frame["outcome"] == outcome) & (frame["model"] == model) & (frame["group"] != "all")]
    return rows.assign(
        group_name=[GROUP_NAMES.get(group, group) for group in rows["group"]],
        level_name=[
            LEVEL_NAMES.get((group, str(level)), str(level).capitalize())
            for group, level in zip(rows["group"], rows["level"], strict=True)
        ],
    )


def spread_need(cost_need: pd.DataFrame, model: str = "trees") -> pd.DataFrame:
    """Return a row per risk bin, Core20 or rest, and measure of need (``need``), with ``value``, named."""
    rows = cost_need[cost_need["model"] == model].sort_values(["core20", "risk_bin"], ascending=[False, True])
    side = rows["core20"].map({True: "Core20", False: "Rest", "True": "Core20", "False": "Rest"})
    parts = [
        rows[["risk_bin"]].assign(side=side, need=name, value=rows[column])
        for column, name in NEEDS.items()
        if column in rows
    ]
    return pd.concat(parts, ignore_index=True)


def interval(row: pd.Series, value: str, low: str, high: str, digits: int = 2) -> str:
    """Return "0.84 (0.83 to 0.85)"; without brackets where the limits are hidden."""
    if pd.isna(row[value]):
        return NOT_KNOWN
    shown = say(row[value], "number", digits)
    if pd.isna(row[low]) or pd.isna(row[high]):
        return shown
    return f"{shown} ({say(row[low], 'number', digits)} to {say(row[high], 'number', digits)})"


def say_card(performance: pd.DataFrame, model: str = "trees") -> Facts:
    """Give the model card its numbers: the performance of one model among all people, by outcome.

    Facts are named by outcome: ``high_cost_auroc``, ``emergency_brier``, …; each `NOT_KNOWN` if hidden.
    """
    facts: Facts = {"card_model": MODEL_NAMES.get(model, model)}
    for outcome, short in SHORT.items():
        rows = performance[(performance["outcome"] == outcome) & (performance["model"] == model)]
        rows = rows[rows["group"] == "all"]
        row = rows.iloc[0] if len(rows) else pd.Series(dtype=float).reindex(performance.columns)
        facts |= {f"{short}_{name}": made for name, made in _card_facts(row).items()}
    return facts


def _card_facts(row: pd.Series) -> dict[str, Fact | str]:
    return {
        "n": known_fact(row["n"], "count"),
        "n_events": known_fact(row["n_events"], "count"),
        "prevalence": rate_fact(row["prevalence"]),
        "auroc": interval(row, "auroc", "low", "high", 3),
        "auprc": interval(row, "auprc", "auprc_low", "auprc_high", 3),
        "brier": interval(row, "brier", "brier_low", "brier_high", 4),
        "slope": interval(row, "calibration_slope", "slope_low", "slope_high"),
        "large": interval(row, "calibration_in_large", "large_low", "large_high"),
        "oe": known_fact(row["oe"], "number"),
        "lift_1": interval(row, "lift_1", "lift_1_low", "lift_1_high", 1),
        "lift_5": interval(row, "lift_5", "lift_5_low", "lift_5_high", 1),
        "lift_10": interval(row, "lift_10", "lift_10_low", "lift_10_high", 1),
    }


FOLD_NAMES = {
    "train": "Teach the models",
    "calibrate": "Recalibrate them",
    "threshold": "Set thresholds",
    "evaluate": "Test, in the later year",
}


def say_folds(folds: pd.DataFrame) -> Facts:
    """Say on how many people the models learnt and were tested, and how common the outcomes are (risk_folds, released)."""
    n = folds.set_index("fold")["n"]
    test = folds[folds["fold"] == "evaluate"].iloc[0]
    shares = [
        f"{name[0].lower() + name[1:]} came to {say(test[column] / test['n'], 'rate', 1)}"
        for outcome, name in OUTCOME_NAMES.items()
        if (column := f"n_{outcome}") in test and test[column] > 0 and pd.notna(test["n"])
    ]
    if n[["train", "evaluate"]].isna().any() or not shares:
        return {"folds": "There are too few people to teach and to test a model"}
    return {
        "folds": f"{say(n['train'], 'count')} people teach the models, and {say(n['evaluate'], 'count')} others test them, of "
        f"whom {say_list(shares)}"
    }


def say_outcomes(outcomes: Sequence[str]) -> Facts:
    """Say which outcomes have too few people for a model of them."""
    few = [outcome_phrase(name) for name in OUTCOME_NAMES if name not in outcomes]
    told = (
        f"Too few people here have {say_list(few)} for a model of it" if few else "Both outcomes have models"
    )
    return {"outcomes": told}


def name_folds(folds: pd.DataFrame) -> pd.DataFrame:
    """Return the folds with what each is for (``what``)."""
    return folds.assign(what=folds["fold"].astype(str).map(FOLD_NAMES))
