"""Sentences of notebook 04: drivers, place, next year, and the planted truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis_lib.headlines.demand import SETTING_NAMES, in_sentence, name_settings, name_terms
from analysis_lib.release import fact, say, say_list
from analysis_lib.words import Facts, count_of, rate_fact

BY_CHANCE = 0.05


def say_drivers(drivers: pd.DataFrame, setting: str) -> Facts:
    """Say what goes with most contacts in one setting (`models.rate_ratios`, released)."""
    what = in_sentence(SETTING_NAMES[setting])
    rows = drivers[(drivers["setting"] == setting) & drivers["low"].notna()]
    need = name_terms(rows[rows["block"] == "health need"]).sort_values("rate_ratio", ascending=False)
    if need.empty:
        return {"drivers": f"There are too few {what} to say which conditions go with them"}
    named = [
        f"{_condition(r.driver)} ({say(r.rate_ratio, 'number', 1)} times)"
        for r in need.head(3).itertuples(index=False)
    ]
    beyond = rows[(rows["low"] > 1) | (rows["high"] < 1)]
    return {
        "drivers": f"Of the long-term conditions, {say_list(named)} go with most {what}, all else equal",
        "drivers_beyond": f"{len(beyond)} of {len(rows)} rate ratios differ from 1 beyond chance",
    }


def _condition(name: str) -> str:
    """Return the name of a condition inside a sentence: "COPD", "heart failure"."""
    return name if name[1].isupper() else name[0].lower() + name[1:]


def say_modelled(drivers: pd.DataFrame, settings: Sequence[str]) -> Facts:
    """Say which settings have no model for want of contacts (`models.list_drivers`, released)."""
    there = set(drivers["setting"])
    few = [in_sentence(SETTING_NAMES[setting]) for setting in settings if setting not in there]
    told = "Every setting has contacts enough for a model"
    return {"modelled": f"There are too few people, or {say_list(few)}, for a model of them" if few else told}


def say_references(levels: Mapping[str, object]) -> Facts:
    """Say what levels are compared with (`models.reference_levels`)."""
    words = {
        "sex": "{}",
        "age_band": "{} years",
        "ethnic_group": "ethnic group {}",
        "imd_decile": "decile {}",
    }
    names = {"F": "women and girls", "M": "men and boys"}
    told = [
        words[term].format(names.get(str(levels[term]), str(levels[term]).replace("-", " to ")))
        for term in words
        if term in levels
    ]
    return {"references": f"Reference levels are {say_list([*told, 'without the condition'])}"}


def say_blocks(blocks: pd.DataFrame) -> Facts:
    """Say how much each block of drivers explains (`models.evaluate_blocks`, released)."""
    mean = blocks.groupby("block", sort=False)[["added", "so_far"]].mean()
    known = mean.dropna(subset=["so_far"])
    if known.empty:
        return {"blocks": "There are too few contacts held out to say what the drivers explain"}
    total = known["so_far"].iloc[-1]
    if total <= 0:
        return {"blocks": "Of the differences between people it has not seen, the model explains none"}
    parts = [
        f"{block} {_more(place)} {say(added, 'rate', 1) if added > 0 else 'nothing'}"
        for place, (block, added) in enumerate(known["added"].items())
    ]
    return {
        "blocks": f"Of the differences between people it has not seen, the model explains {say(total, 'rate', 0)} on "
        f"average over settings: {say_list(parts)}",
    }


def _more(place: int) -> str:
    return "explain" if place == 0 else "adds"


def say_interactions(table: pd.DataFrame) -> Facts:
    """Say how many interactions differ from none beyond chance (released)."""
    known = table.dropna(subset=["low"])
    beyond = known[(known["low"] > 1) | (known["high"] < 1)]
    if known.empty:
        return {"interactions": "There are too few contacts for the interactions that were asked for"}
    return {
        "interactions": f"{len(beyond)} of {count_of(len(known), 'interaction')} with contacts enough "
        f"{'differs' if 1 in (len(beyond), len(known)) else 'differ'} from none beyond chance"
    }


def say_fit(fit: pd.DataFrame) -> Facts:
    """Say whether the models fit: zeros and dispersion (`models.check_fit`, released)."""
    known = fit.dropna(subset=["zero_ratio", "pearson_per_df"])
    if known.empty:
        return {"fit": "There are too few contacts to check the models"}
    zero, spread = known["zero_ratio"], known["pearson_per_df"]
    return {
        "fit": f"People without any contact number {_range(zero)} times what the models expect, and the variance is "
        f"{_range(spread)} times the modelled one"
    }


def _range(values: pd.Series) -> str:
    """Return "0.96 to 1.01", or one number where that is all of them."""
    return " to ".join(dict.fromkeys(say(end, "number") for end in (values.min(), values.max())))


def say_place(funnel: pd.DataFrame, setting: str) -> Facts:
    """Say which areas lie outside the limits in a setting (`measures.funnel_ratio` of a released table)."""
    what = in_sentence(SETTING_NAMES[setting])
    out = funnel[funnel["outlier"].astype(str) == "99.8"]
    near = funnel[funnel["outlier"].astype(str) == "95"]
    high = int((out["direction"].astype(str) == "high").sum())
    if out.empty:
        sentence = f"None of {len(funnel)} areas has more or fewer {what} than its people explain, by the 99.8% limits"
    else:
        sentence = (
            f"{len(out)} of {len(funnel)} areas {'lies' if len(out) == 1 else 'lie'} outside the 99.8% limits of {what} "
            f"({high} above, {len(out) - high} below)"
        )
    return {
        "place": sentence,
        "outside": f"{f'{len(near)} more' if len(near) else 'No other area'} {'lie' if len(near) > 1 else 'lies'} between "
        "the 95% and the 99.8% limits",
        "n_areas": fact(len(funnel), "things"),
    }


def say_moran(moran: pd.Series) -> Facts:
    """Say whether what is unexplained lies together (moran_i and p_value, released)."""
    alike = moran["p_value"] <= BY_CHANCE
    verdict = "neighbours are alike beyond chance" if alike else "neighbours are no more alike than by chance"
    return {
        "moran": f"Moran's I of what is unexplained is {say(moran['moran_i'], 'number')} "
        f"(p = {say(moran['p_value'], 'number', 3)}): {verdict}",
    }


def say_next_year(shown: pd.DataFrame, scores: pd.DataFrame, setting: str) -> Facts:
    """Say what was expected of the held-out year and what came (predictions and scores, released)."""
    part = shown.dropna(subset=["expected", "observed"])
    what = in_sentence(SETTING_NAMES[setting])
    scored = scores.dropna(subset=["weighted_error"])
    facts: Facts = {"next_year": f"There are too few {what} to say what next year would bring"}
    if len(part):
        inside = part[(part["low"] <= part["observed"]) & (part["observed"] <= part["high"])]
        facts["next_year"] = (
            f"{len(inside)} of {len(part)} cohorts had as many {what} in the held-out year as the interval of the "
            f"model allows: {say(part['observed'].sum(), 'count')} came, {say(part['expected'].sum(), 'count')} "
            f"were expected"
        )
    mean = scored.groupby("method", sort=False)[["weighted_error", "covered"]].mean()
    told = [f"{say(row['weighted_error'], 'rate', 1)} by the {method}" for method, row in mean.iterrows()]
    facts["next_year_score"] = (
        f"Over all settings the error, as a share of what came, is {say_list(told)}"
        if told
        else facts["next_year"]
    )
    facts["next_year_covered"] = rate_fact(mean["covered"].get("model"), 0)
    return facts


def say_recovered(compared: pd.DataFrame) -> Facts:
    """Say how many planted effects lie within their intervals (released; with `covered`)."""
    known = compared.dropna(subset=["planted", "low", "high"])
    covered = known[(known["low"] <= known["planted"]) & (known["planted"] <= known["high"])]
    n = len(known)
    return {
        "recovered": f"{len(covered)} of {n} planted rate ratios ({say(len(covered) / n, 'rate', 0)}) lie within their "
        f"95% intervals"
        if n
        else "No planted effect may be shown",
        "n_recovered": fact(len(covered), "things"),
    }


def show_next_year(predictions: pd.DataFrame, setting: str, method: str = "model") -> pd.DataFrame:
    """Return the rows of one setting and method, named."""
    chosen = (predictions["setting"] == setting) & (predictions["method"] == method)
    return name_settings(predictions[chosen])
