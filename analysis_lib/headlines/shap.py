"""Sentences of notebook 05: what the model leans on, how surely, and whether that is what was planted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis_lib.charts.marks import NothingToDraw
from analysis_lib.headlines.risk import outcome_name
from analysis_lib.release import say, say_list
from analysis_lib.words import NOT_KNOWN, SAME, Facts, count_of

BASE, TOTAL = "base", "total"  # rows of a profile that are no features
TOP = 5
ALONE, SHARED = "drivers alone", "all features"  # models of shap_truth
CLEAR = 0.1  # a log rate ratio
NOTHING_PLANTED = "These people are not simulated: no effect was planted that could be compared"
NO_ORDER = "These people are too few to tell apart where risks are lowest and highest"
HIDDEN = "Too few people are left to say what the model leans on"


def _feature(name: object) -> str:
    """Return a feature inside a sentence, where a comma would part it: "age", "GP use in the last year"."""
    text = str(name).replace(", how many", " (how many)").replace(", last", " in the last")
    return text if text[:2].isupper() else text[0].lower() + text[1:]


def _ties(rows: pd.DataFrame) -> pd.Series:
    """Number the rows, largest first, by what the sample can order: those whose intervals meet have one number.

    Intervals that do not meet are apart beyond chance, however the two means go together.
    """
    return (rows["high"] < rows["low"].cummin().shift()).cumsum()


def _in_order(rows: pd.DataFrame, fewest: int = 3, most: int = 5) -> str:
    """Name the features that lead, at least three of them, ties as ties: "age, then COPD and sex (too close to order)"."""
    told: list[str] = []
    named, tied = 0, False
    for _, block in rows.groupby(_ties(rows)):
        if named >= fewest:
            break
        names = [_feature(name) for name in block["feature"]]
        if named + len(names) > most:
            names = [*names[: fewest - named], f"{len(names) - fewest + named} more"]
        named, tied = named + len(block), tied or len(block) > 1
        told.append(f"{say_list(names)} (too close to order)" if len(block) > 1 else names[0])
    return ", then ".join(told) if tied else say_list(told)


def say_importance(importance: pd.DataFrame, *, everybody: bool = False) -> Facts:
    """Say which features move the risks most, and whether the strongest planted ones are among them.

    Parameters
    ----------
    importance : DataFrame
        shap_importance, released.
    everybody : bool
        Whether the sample is all people.
    """
    told, truth = [], []
    n = importance["n"].max()
    drawn = "too few people" if pd.isna(n) else f"{say(n, 'count')} people drawn at random from everybody"
    facts: Facts = {"sample": "everybody" if everybody else drawn}
    for outcome, rows in importance.dropna(subset=["mean_abs_shap"]).groupby("outcome", sort=False):
        rows = rows.sort_values("mean_abs_shap", ascending=False, kind="stable")
        told.append(f"{outcome_name(str(outcome))}: risks go most with {_in_order(rows)}")
        planted = rows.dropna(subset=["planted_rank"])
        if len(planted):
            strongest = planted.nsmallest(TOP, "planted_rank")["feature"]
            found = int(strongest.isin(planted["feature"].head(len(strongest))).sum())
            truth.append(f"{outcome_name(str(outcome))}: {found} of {len(strongest)}")
    facts["importance"] = "; ".join(told) if told else HIDDEN
    facts["importance_truth"] = (
        f"Of the strongest planted features, so many lead among all that were planted. {'; '.join(truth)}"
        if truth
        else NOTHING_PLANTED
    )
    return facts


def say_together(together: pd.DataFrame) -> Facts:
    """Say which features go together and yet are taken apart (shap_together, released): their credit is shared."""
    known = together.dropna(subset=["spearman"])
    either_way = pd.Series(
        [frozenset(pair) for pair in known[["group_a", "group_b"]].to_numpy()], known.index
    )
    known = known[~either_way.duplicated()]
    if known.empty:
        return {"together": "No two features that go together closely are taken apart"}
    named = [
        f"{_feature(r.group_a)} with {_feature(r.group_b)} ({say(r.spearman, 'number')})"
        for r in known.head(3).itertuples()
    ]
    return {
        "together": f"{count_of(len(known), 'pair')} of features that go together closely {'is' if len(known) == 1 else 'are'} "
        f"taken apart, and share the credit as the model chose: {say_list(named)}{' first' if len(known) > 3 else ''}"
    }


def say_stability(stability: pd.DataFrame, top: int = 5) -> Facts:
    """Say how many of the features that rank highest stay among the first under every seed (released).

    Parameters
    ----------
    stability : DataFrame
        shap_stability: outcome, feature, seed, rank.
    top : int
        How many count as the first.
    """
    told = []
    for outcome, rows in stability.dropna(subset=["rank"]).groupby("outcome", sort=False):
        ranks = rows.groupby("feature", sort=False)["rank"].agg(["mean", "max"])
        seeds = rows["seed"].nunique()
        if seeds < 2:
            continue
        first = ranks.nsmallest(top, "mean")
        stay = int((first["max"] <= len(first)).sum())
        told.append(f"{outcome_name(str(outcome))}: {stay} of {len(first)} under all {seeds} seeds")
    if not told:
        return {"stability": "One seed alone says nothing of stability"}
    return {"stability": f"Of the {top} features that rank highest, so many stay there. {'; '.join(told)}"}


def say_dependence(dependence: pd.DataFrame) -> Facts:
    """Say in which bins of each feature the model gives the highest and the lowest risk (released), ties as ties."""
    told = []
    known = dependence[dependence["bin"] != NOT_KNOWN].dropna(subset=["mean_shap"])
    for (outcome, feature), rows in known.groupby(["outcome", "feature"], sort=False):
        top = rows[rows["high"] >= rows.loc[rows["mean_shap"].idxmax(), "low"]]["bin"]
        low = rows[rows["low"] <= rows.loc[rows["mean_shap"].idxmin(), "high"]]["bin"]
        if outcome == dependence["outcome"].iloc[0] and not set(top) & set(low):
            told.append(f"{_feature(feature)} from {_or(low)} to {_or(top)}")
    if not told:
        return {"dependence": HIDDEN if known.empty else NO_ORDER}
    name = outcome_name(str(dependence["outcome"].iloc[0]))
    return {"dependence": f"{name}: risks run from lowest to highest with {say_list(told)}"}


def _or(names: pd.Series) -> str:
    """Name what cannot be told apart: "0", "0 or 1"."""
    return " or ".join(filter(None, (", ".join(names.iloc[:-1]), names.iloc[-1])))


def say_shap_truth(truth: pd.DataFrame, clear: float = CLEAR) -> Facts:
    """Say how many clear planted effects are found with their sign, by the drivers alone and beside all else.

    Parameters
    ----------
    truth : DataFrame
        shap_truth, released.
    clear : float
        Log rate ratio, of either sign, from which on a planted effect is counted.
    """
    planted = (truth if "model" in truth else truth.assign(model=ALONE)).dropna(subset=["planted"])
    if planted.empty:
        return dict.fromkeys(("shap_truth", "shap_shared"), NOTHING_PLANTED)
    known = planted.dropna(subset=["mean_shap_difference"])
    told = {
        model: "; ".join(_say_agreement(str(name), part, clear) for name, part in rows.groupby("outcome"))
        for model, rows in known.groupby("model", sort=False)
    }
    shared = told.get(SHARED)
    return {
        "shap_truth": told.get(ALONE, HIDDEN),
        "shap_shared": f"With last year's use of care among the features, which shares the credit: {shared}"
        if shared
        else HIDDEN,
    }


def _say_agreement(outcome: str, rows: pd.DataFrame, clear: float) -> str:
    counted = rows[rows["planted"].abs() >= clear - SAME]
    agree = int(counted["agrees"].astype(bool).sum())
    effects = count_of(len(counted), "clear planted effect")
    text = f"{outcome_name(outcome)}: {agree} of {effects} found with {'its' if len(counted) == 1 else 'their'} sign"
    ranks = rows[["planted_rank", "shap_rank"]].dropna().rank()
    if len(ranks) > 2 and (ranks.std() > 0).all():
        alike = np.corrcoef(ranks.to_numpy(float).T)[0, 1]
        text += f", rank correlation {say(alike, 'number')}"
    return text


def pick_truth(truth: pd.DataFrame, n: int = 15) -> pd.DataFrame:
    """Return the strongest planted drivers of the trees that know drivers alone, strongest first, for a chart."""
    rows = truth[truth["model"] == ALONE].dropna(subset=["mean_shap_difference"])
    return rows.sort_values("planted_rank", kind="stable").head(n)


def say_shap_interactions(interactions: pd.DataFrame) -> Facts:
    """Say which two features the model lets act together most, and whether that was planted (released)."""
    told = []
    known = interactions.dropna(subset=["mean_abs_interaction"])
    for outcome, rows in known.groupby("outcome", sort=False):
        rows = rows.sort_values("mean_abs_interaction", ascending=False, kind="stable")
        first = rows[_ties(rows) == 0]
        text = [f"{_feature(r.feature_a)} with {_feature(r.feature_b)}" for r in first.head(3).itertuples()]
        text += [f"{len(first) - 3} more"] if len(first) > 3 else []
        notes = ["too close to order"] if len(first) > 1 else []
        if rows["planted"].astype(bool).any():
            n = min(TOP, len(rows))
            among = int(rows["planted"].head(n).astype(bool).sum())
            notes.append(f"{among} of the {n} strongest were planted")
        name = f"{outcome_name(str(outcome))}: {say_list(text)}"
        told.append(f"{name} ({'; '.join(notes)})" if notes else name)
    if not told:
        return {"interactions": HIDDEN}
    return {"interactions": f"The strongest interaction in the model. {'; '.join(told)}"}


def name_profile(profiles: pd.DataFrame, outcome: str, profile: str | None = None) -> pd.DataFrame:
    """Return the rows of one profile (the first, if none is named) with ``label`` ("Age: 83"), for `plot_waterfall`."""
    of_outcome = profiles[profiles["outcome"] == outcome]
    chosen = of_outcome["profile"].head(1) if profile is None else [profile]
    rows = of_outcome[of_outcome["profile"].isin(chosen)].sort_values("place")
    if rows.empty:
        raise NothingToDraw("Each kind of person has too few people here to be shown.")
    ends = {BASE: "Everybody", TOTAL: "This profile"}
    return rows.assign(
        label=[
            ends.get(
                str(r.feature), f"{r.feature}: {r.value}" if pd.notna(r.value) and r.value else str(r.feature)
            )
            for r in rows.itertuples()
        ]
    )


def say_profiles(profiles: pd.DataFrame) -> Facts:
    """Say what adds most to the risk of each composite profile (shap_profiles, released)."""
    told = []
    first = profiles[profiles["outcome"] == profiles["outcome"].iloc[0]] if len(profiles) else profiles
    for profile, rows in first.dropna(subset=["contribution"]).groupby("profile", sort=False):
        steps = rows[~rows["feature"].isin([BASE, TOTAL])]
        steps = steps.sort_values("contribution", key=abs, ascending=False, kind="stable")
        if steps.empty:
            continue
        size, half = steps["contribution"].abs(), (steps["high"] - steps["low"]) / 2
        leading = steps[size + half >= (size - half).iloc[0]]
        signs = set(leading["contribution"] >= 0)
        does = "moves it most" if len(signs) > 1 else "adds most" if True in signs else "takes most away"
        told.append(f"{profile}: {_or(leading['feature'].map(_feature))} {does}")
    if not told:
        few = "Each profile rests on too few people to be shown"
        return {"profiles": few, "profile_shown": "of whom there are too few"}
    name = outcome_name(str(first["outcome"].iloc[0]))
    return {
        "profiles": f"{name}, by kind of person. {'; '.join(told)}",
        "profile_shown": _feature(first["profile"].iloc[0]),
    }
