"""Sentences of notebook 03 on the question whether hashtags could help, and on how to try."""

from __future__ import annotations

import pandas as pd

from analysis_lib.headlines.hashtags import tag_name
from analysis_lib.release import fact, say, say_list
from analysis_lib.words import Facts, capital, count_of, rate_fact, say_pair, say_share

CANNOT = (
    "These tweets cannot say whether hashtags reach patients: they hold no reader, no area of England and no "
    "appointment"
)


def say_candidates(weighed: pd.DataFrame, services_share: float, appointments: str, nhs: str) -> Facts:
    """Say which hashtags are candidates, and answer the question as far as tweets can.

    Parameters
    ----------
    weighed : DataFrame
        As `measures.weigh_candidates` returns, as released.
    services_share : float
        Share of all texts with words of health services.
    appointments, nhs : str
        How many of the tweets mention appointments, and name the NHS, in words ("1.2%", "none").
    """
    fit = weighed[weighed["candidate"].fillna(False).astype(bool)]
    far = fit[fit["travels"].fillna(False).astype(bool)]
    best = (fit if far.empty else far)["hashtag"]
    if fit.empty:
        sentence = "No hashtag goes with health services more than the tweets as a whole do"
        evidence = "no hashtag among them is a candidate, and none should be chosen by its count"
    else:
        sentence = (
            f"{count_of(len(fit), 'hashtag')} {'goes' if len(fit) == 1 else 'go'} with health services more "
            f"than the tweets as a whole do ({say_share(services_share, 0)}): {_name(fit['hashtag'])}"
        )
        verb, them = ("has", "it") if len(best) == 1 else ("have", "them")
        evidence = f"if one is tried, {_name(best, 4)} {verb} most behind {them}, and only a trial can show an effect"
    return {
        "candidates": sentence,
        "candidates_far": _say_far(fit, far),
        "try_best": f"To try, if any: {_name(best, 4)}",
        "mentions": f"{capital(appointments)} of the tweets mention appointments, {nhs} name the NHS",
        "n_candidates": fact(len(fit), "things"),
        "cannot": CANNOT,
        "answer": f"These tweets cannot tell: {appointments} of them mention appointments and {nhs} name the NHS; "
        f"{evidence}",
    }


def _say_far(fit: pd.DataFrame, far: pd.DataFrame) -> str:
    if fit.empty:
        return "There is none whose travel could be weighed"
    if far.empty:
        return "None of them travels further than hashtags in this sample usually do"
    return (
        f"Of these, {_name(far['hashtag'], 4)} also travel{'s' if len(far) == 1 else ''} further than usual"
    )


def _name(tags: pd.Series, most: int = 5) -> str:
    names = [tag_name(tag) for tag in tags]
    if len(names) > most + 1:
        names = [*names[:most], f"{len(names) - most} others"]
    return say_list(names)


def say_trial(designs: pd.DataFrame, parts: dict[str, float]) -> Facts:
    """Say which fall of the DNA rate a trial over areas would see.

    Parameters
    ----------
    designs : DataFrame
        As `measures.compare_designs` returns.
    parts : dict
        As `measures.split_variance` returns.
    """
    if designs.empty:
        nothing = "The rates cover too few months to plan a trial by"
        return {"trial": nothing, "trial_rate": rate_fact(parts["rate"], 2)}
    best, worst = designs.iloc[0], designs.iloc[-1]
    low, high = say_pair(best["smallest_share"], worst["smallest_share"])
    sentence = (
        f"The smallest fall that a trial over {say(parts['n_areas'], 'count')} areas could detect is {low} of the "
        f"DNA rate ({best['design']}, {best['months']} months)"
    )
    if len(designs) > 1:
        sentence += f", and {high} by the weakest design here ({worst['design']}, {worst['months']} months)"
    return {
        "trial": sentence,
        "trial_rate": rate_fact(parts["rate"], 2),
        "trial_points": fact(-best["smallest_effect"], "points", 2),
        "trial_lag": _say_lag(parts["lag_1"]),
    }


def _say_lag(lag: float) -> str:
    if abs(lag) < 0.2:
        return "In these rates a month says little of how the next differs, so the formula holds well"
    return (
        "In these rates a month that is high for its area tends to be followed by another, which the formula does "
        "not know and the trial runs on past months do"
        if lag > 0
        else "In these rates a month that is high for its area tends to be followed by a low one"
    )
