"""Sentences of notebook 05: whom a list of fixed length holds and leaves out, cohort rules, and the answer."""

from __future__ import annotations

import pandas as pd

from analysis_lib.headlines.performance import NOT_STATED
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
from analysis_lib.words import Facts, count_of, each, extremes

MOST = "1"  # deprivation quintile
NEEDS = {
    "emergency_rate": "as often an emergency admission",
    "mean_conditions": "as many long-term conditions",
    "mean_cost_gbp": "as much cost",
}


def say_fairness(fairness: pd.DataFrame, model: str = "trees") -> Facts:
    """Say which group's members with the outcome a list misses most (fairness, released)."""
    told = []
    rows = fairness[(fairness["model"] == model) & (fairness["group"] != "all")]
    rows = rows[~rows["level"].isin(NOT_STATED)].dropna(subset=["recall"])
    for outcome, part in rows.groupby("outcome", sort=False):
        high, low = (part.loc[part["recall"].agg(way)] for way in ("idxmax", "idxmin"))
        if len(part) < 2 or say(high["recall"], "rate", 0) == say(low["recall"], "rate", 0):
            continue
        told.append(
            f"{outcome_name(str(outcome))}: of those with it the list holds {say(low['recall'], 'rate', 0)} for "
            f"{level_name(low['group'], low['level'])} and {say(high['recall'], 'rate', 0)} for "
            f"{level_name(high['group'], high['level'])}"
        )
    return {
        "fairness": "; ".join(told) if told else "No two groups can be told apart by what the list misses"
    }


def say_deprived_list(lists: pd.DataFrame, model: str = "trees") -> Facts:
    """Say whether the most deprived fifth is on the list as often as it has the outcome (released)."""
    told: list[str] = []
    few = "what the list holds by deprivation rests on too few people to be shown"
    facts: Facts = {"list": few[0].upper() + few[1:], **{f"list_{short}": few for short in SHORT.values()}}
    shares = ["share_of_list", "share_of_people", "share_of_events"]
    rows = lists[(lists["model"] == model) & (lists["imd_quintile"].astype(str) == MOST)].dropna(
        subset=shares
    )
    for r in rows.itertuples():
        of_list, of_people, of_events = (say(getattr(r, name), "rate", 0) for name in shares)
        word = "less than" if r.share_of_list < r.share_of_events else "more than"
        word = "as much as" if of_list == of_events else word
        text = f"{of_list} of the list, {word} their {of_events} of those with the outcome ({of_people} of all people)"
        told.append(f"{outcome_name(str(r.outcome))}: {text}")
        facts[f"list_{SHORT[str(r.outcome)]}"] = text
    if told:
        facts["list"] = f"The most deprived fifth, on the list of {model_name(model)}. {'; '.join(told)}"
    return facts


def say_cost_need(cost_need: pd.DataFrame, model: str = "trees") -> Facts:
    """Say whether, at equal predicted cost, the Core20 have more need than the rest (cost_need, released)."""
    rows = cost_need[cost_need["model"] == model]
    told = []
    for column, what in (
        ("mean_conditions", "more conditions"),
        ("emergency_rate", "more emergency admissions"),
    ):
        wide = rows.assign(side=rows["core20"].astype(str)).pivot_table(
            index="risk_bin", columns="side", values=column
        )
        if {"True", "False"} <= set(wide):
            both = wide.dropna(subset=["True", "False"])
            more = int((both["True"] > both["False"]).sum())
            told.append(f"{what} in {more} of {len(both)} bands of risk" if len(both) else "")
    told = [text for text in told if text]
    if not told:
        return {
            "cost_need": "Too few people of the Core20 are shown to compare their need at equal predicted cost"
        }
    return {"cost_need": f"At equal predicted risk of high cost, people of the Core20 have {say_list(told)}"}


def say_need(need: pd.DataFrame, model: str = "trees") -> Facts:
    """Say how much more need the Core20 have at equal predicted risk of high cost (need_at_equal_risk, released)."""
    told = []
    for r in need[need["model"] == model].dropna(subset=["ratio", "low", "high"]).to_dict("records"):
        chance = "" if r["low"] > 1 or r["high"] < 1 else ", which may be chance"
        told.append(
            f"{interval(pd.Series(r), 'ratio', 'low', 'high')} times "
            f"{NEEDS.get(r['measure'], 'as much ' + str(r['measure']))}{chance}"
        )
    if not told:
        return {
            "need": "Too few people of the Core20 are shown to compare their need at equal predicted cost"
        }
    return {"need": f"At equal predicted risk of high cost, the Core20 against the rest: {'; '.join(told)}"}


def say_mitigation(mitigation: pd.DataFrame, model: str = "trees") -> Facts:
    """Say what each policy does to the gap in recall, and what it costs in precision (mitigation, released).

    The first policy of each outcome is the one that the others are held against.
    """
    told = []
    rows = mitigation[mitigation["model"] == model]
    rows = rows[rows["level"] == "all"] if "level" in rows else rows
    known = rows[["recall_gap", "precision"]].notna().all(axis=1)
    for outcome, part in rows.assign(known=known).groupby("outcome", sort=False):
        first, *others = part.to_dict("records")
        others = [row for row in others if first["known"] and row["known"]]
        if others:
            told.append(f"{outcome_name(str(outcome))}: {say_list(_say_policy(first, r) for r in others)}")
    return {"mitigation": "; ".join(told) if told else "What mitigation would cost rests on too few people"}


def _say_policy(first: dict, other: dict) -> str:
    gap = [say(row["recall_gap"], "rate", 1) for row in (first, other)]
    precision = [say(row["precision"], "rate", 1) for row in (first, other)]
    policy = str(other["policy"])
    cost = f"precision {precision[0]}, then {precision[1]}"
    name = f"{policy[0].lower() + policy[1:]}"
    if gap[0] == gap[1]:
        return f"{name} keeps the gap in recall at {gap[0]} ({cost})"
    word = "narrows" if other["recall_gap"] < first["recall_gap"] else "widens"
    overlap = other["gap_low"] <= first["gap_high"] and first["gap_low"] <= other["gap_high"]
    chance = ", within chance" if overlap else ""
    return f"{name} {word} the gap in recall from {gap[0]} to {gap[1]}{chance} ({cost})"


def say_rules(rules: pd.DataFrame) -> Facts:
    """Say which cohort rule holds most of the outcome in the later year, and how many rules hold (released)."""
    told = []
    whole = rules[rules["group"] == "all"].dropna(subset=["lift", "low"])
    for outcome, part in whole.groupby("outcome", sort=False):
        best, _ = extremes(part, "lift")
        row = best.iloc[0]
        told.append(
            f"{outcome_name(str(outcome))} is {interval(row, 'lift', 'low', 'high', 1)} times as common{each(best)} "
            f"among {say(row['n'], 'count')} people ({row['rule']})"
        )
    if not told:
        few = "No rule has enough people in the later year to be shown"
        return {"rules": few, "rules_held": few, "n_rules": fact(0, "things")}
    held = int((whole["low"] > 1).sum())
    return {
        "rules": "; ".join(told),
        "rules_held": f"{held} of {count_of(len(whole), 'rule')} found in the earlier year have more of the outcome than "
        f"all people in the later year too, beyond the interval",
        "n_rules": fact(len(whole), "things"),
    }


def say_risk_answer(performance: pd.DataFrame) -> Facts:
    """Answer the notebook's question in a sentence: what the best model finds, and the simplest rule beside it."""
    told = []
    rows = pick_models(performance).dropna(subset=["lift_5"])
    for outcome, part in rows.groupby("outcome", sort=False):
        models, rules = (part[part["model"].isin(names)] for names in (FITTED, RULES))
        if models.empty or outcome not in SHORT:
            continue
        best = models.loc[models["lift_5"].idxmax()]
        found = say(0.05 * best["lift_5"], "rate", 0)
        text = f"{found} of those with {outcome_phrase(str(outcome))} ({model_name(best['model'])})"
        if len(rules):
            rule = rules.loc[rules["lift_5"].idxmax()]
            text += f", against {say(0.05 * rule['lift_5'], 'rate', 0)} by {model_name(rule['model'])}"
        told.append(text)
    if not told:
        return {
            "answer": "There are too few people with the outcome to say how many of them a list of one in twenty would hold"
        }
    return {"answer": f"The 5% of people ranked highest hold {'; and '.join(told)}"}
