"""Sentences of notebook 02, missed appointments."""

from __future__ import annotations

import pandas as pd

from analysis_lib.publish.headlines.common import Facts, change_word, extremes, without_unknown
from analysis_lib.release import fact, say, say_list

BIG_MOVE = 5  # ranks
NOT_COMPARED = "the files do not hold both the same day and more than 28 days"


def say_overall(overall: pd.Series) -> Facts:
    """Say the DNA rate of known status, its bounds, and the Unknown share (one row of `measures.rate_dna`)."""
    return {
        "rate": fact(overall["dna_rate"], "rate"),
        "rate_precise": fact(overall["dna_rate"], "rate", 3),
        "bound_low": fact(overall["bound_low"], "rate", 2),
        "bound_high": fact(overall["bound_high"], "rate", 2),
        "unknown_share": fact(overall["unknown_share"], "rate"),
        "n_attended": fact(overall["n_attended"], "count"),
        "n_dna": fact(overall["n_dna"], "count"),
        "n_dna_scaled": fact(overall["n_dna"], "scaled"),
        "n_unknown": fact(overall["n_unknown"], "count"),
        "one_in": fact(1 / overall["dna_rate"], "number", 0),
        "overall": f"{say(overall['dna_rate'], 'rate')} of appointments of known status were missed; between "
        f"{say(overall['bound_low'], 'rate')} and {say(overall['bound_high'], 'rate')} if the Unknown are counted",
    }


def say_groups(rates: pd.DataFrame, column: str, key: str, phrase: str = "{group}") -> Facts:
    """Say which known group misses most and least, and which have more Unknown than missed.

    Parameters
    ----------
    rates : DataFrame
        As `measures.rate_dna` by `column`.
    column, key : str
        The group, and the name of the caption fact.
    phrase : str
        How to name a group in a sentence, with ``{group}``.
    """
    known = without_unknown(rates, column)
    top, low = extremes(known, "dna_rate")
    more_unknown = rates.loc[rates["unknown_exceeds_dna"], column].astype(str).tolist()
    named = {k: phrase.format(group=_in_sentence(r[column])) for k, r in (("top", top), ("low", low))}
    if len(more_unknown) == len(rates):
        unknown = "Every group holds more Unknown than missed appointments"
    else:
        unknown = f"More Unknown than missed appointments: {say_list(more_unknown)}"
    return {
        key: f"The DNA rate was highest for {named['top']} ({say(top['dna_rate'], 'rate')}) and lowest for "
        f"{named['low']} ({say(low['dna_rate'], 'rate')})",
        f"{key}_highest": named["top"],
        f"{key}_lowest": named["low"],
        f"{key}_highest_rate": fact(top["dna_rate"], "rate"),
        f"{key}_lowest_rate": fact(low["dna_rate"], "rate"),
        f"{key}_ratio": fact(top["dna_rate"] / low["dna_rate"], "number", 1)
        if low["dna_rate"] > 0
        else "many",
        f"{key}_unknown": unknown,
    }


def _in_sentence(group: object) -> str:
    """A month in words; any other group by its name."""
    return say(group, "month") if isinstance(group, pd.Timestamp) else str(group)


def say_standardised(rates: pd.DataFrame, column: str, key: str) -> Facts:
    """Say how far standardising changes the gap between groups, and their order (`measures.standardise_dna`)."""
    known = without_unknown(rates, column)
    crude = known["dna_rate"].max() - known["dna_rate"].min()
    standardised = known["dna_rate_standardised"].max() - known["dna_rate_standardised"].min()
    verb = {"rose": "widens", "fell": "narrows", "stayed": "stays"}[change_word(crude, standardised)]
    moved = known[known["rank_change"].abs() >= BIG_MOVE]
    top = extremes(known, "dna_rate_standardised")[0]
    return {
        key: f"With the same mix of appointments, the gap between highest and lowest {verb} from "
        f"{say(crude, 'points')[1:]} to {say(standardised, 'points')[1:]}",
        f"{key}_finding": {
            "narrows": "Part of the difference between areas is their mix of appointments",
            "widens": "Differences between areas are wider once their mix of appointments is allowed for",
            "stays": "Differences between areas do not come from their mix of appointments",
        }[verb],
        f"{key}_moved": fact(len(moved), "count"),
        f"{key}_moved_names": say_list(moved[column].astype(str).head(5)),
        f"{key}_highest": _in_sentence(top[column]),
        f"{key}_weight_missing": fact(known["weight_missing"].max(), "rate"),
    }


def say_change(change: pd.Series | dict, key: str) -> Facts:
    """Say how a change between two months splits into mix and rate (one row of `measures.split_changes`)."""
    total = change["rate_to"] - change["rate_from"]
    word = change_word(change["rate_from"], change["rate_to"], 4)
    first, last = say(change["period_from"], "month"), say(change["period_to"], "month")
    return {
        key: f"Between {first} and {last} the DNA rate {word} from {say(change['rate_from'], 'rate', 2)} to "
        f"{say(change['rate_to'], 'rate', 2)}: {say(change['mix'], 'points', 2)} from a different mix of "
        f"appointments, {say(change['rate'], 'points', 2)} from different rates for the same kind",
        f"{key}_total": fact(total, "points", 2),
        f"{key}_mix": fact(change["mix"], "points", 2),
        f"{key}_rate": fact(change["rate"], "points", 2),
        f"{key}_from": first,
        f"{key}_to": last,
    }


def say_lead_contrast(rates: pd.DataFrame) -> Facts:
    """Say how the DNA rate of the longest lead time compares with that of the same day."""
    by_lead = rates.set_index(rates["lead_time"].astype(str))["dna_rate"]
    same, longest = by_lead.get("Same Day"), by_lead.get("More than 28 Days")
    if pd.isna(same) or pd.isna(longest) or not same:
        return {"lead_finding": "Lead times cannot be compared in these files", "lead_times": NOT_COMPARED}
    often = {"rose": "more often than", "fell": "less often than", "stayed": "as often as"}[
        change_word(same, longest)
    ]
    return {
        "lead_finding": f"Appointments booked four weeks ahead are missed {often} those of the same day",
        "lead_times": f"{say(longest, 'rate')} of appointments booked more than 28 days ahead are missed, against "
        f"{say(same, 'rate')} of those booked for the same day",
    }


def say_funnel(limits: pd.DataFrame, name: str, key: str, what: str) -> Facts:
    """Say how many areas lie beyond the 99.8% limits (`measures.funnel_limits`)."""
    beyond = limits[limits["outlier"].astype(str) == "99.8"]
    high = beyond[beyond["direction"] == "high"].sort_values("rate", ascending=False)
    low = beyond[beyond["direction"] == "low"].sort_values("rate")
    if beyond.empty:
        sentence = (
            f"No {what} lies beyond the 99.8% limits: differences are of the size that areas usually show"
        )
    else:
        parts = [f"{len(g)} {side}" for g, side in ((high, "above"), (low, "below")) if len(g)]
        sentence = f"{' and '.join(parts)} the 99.8% limits, of {len(limits)} {what}s"
    return {
        key: sentence,
        f"{key}_high": say_list(high[name].astype(str).head(5)),
        f"{key}_low": say_list(low[name].astype(str).head(5)),
        f"{key}_advice": f"Compare {what}s standardised; "
        + (
            "none stands out so far that it must be asked first"
            if beyond.empty
            else f"ask first how those outside the limits record ({say_list(beyond[name].astype(str).head(3))})"
        ),
        f"{key}_n_high": fact(len(high), "count"),
        f"{key}_n_low": fact(len(low), "count"),
        f"{key}_phi": fact(limits["phi"].iloc[0], "number", 0),
    }


def say_regression(rates: pd.DataFrame, column: str, key: str) -> Facts:
    """Say between which levels the adjusted rate ranges (`models.marginal_rates`)."""
    top, low = extremes(without_unknown(rates, column), "rate")

    def shown(row: pd.Series) -> str:
        return f"{say(row['rate'], 'rate')} (95% interval {say(row['low'], 'rate')} to {say(row['high'], 'rate')})"

    return {
        key: f"With all else as it is, the adjusted DNA rate runs from {shown(low)} for {low[column]} to "
        f"{shown(top)} for {top[column]}",
        f"{key}_highest": str(top[column]),
        f"{key}_highest_rate": fact(top["rate"], "rate"),
        f"{key}_lowest": str(low[column]),
        f"{key}_lowest_rate": fact(low["rate"], "rate"),
    }


def say_cost(cost: pd.DataFrame) -> Facts:
    """Say what missed appointments come to at the stated unit cost (`measures.cost_dna`)."""
    by_group = cost.set_index("hcp_group")
    gp, everyone = by_group.loc["GP only"], by_group.loc["All staff"]
    unit = f"£{gp['unit_cost_gbp']:.0f}"
    return {
        "cost": f"At {unit} an appointment, missed GP appointments come to {say(gp['cost_gbp'], 'gbp')}, and those of "
        f"all staff to {say(everyone['cost_gbp'], 'gbp')}, over {gp['n_months']:.0f} months",
        "cost_unit": unit,
        "cost_gp": fact(gp["cost_gbp"], "gbp"),
        "cost_all": fact(everyone["cost_gbp"], "gbp"),
        "cost_months": fact(gp["n_months"], "count"),
        "n_dna_gp": fact(gp["n_dna"], "count"),
    }


def say_truth(compared: pd.DataFrame) -> Facts:
    """Say how many planted effects the regression recovered (`models.compare_truth`)."""
    covered, total = int(compared["covered"].sum()), len(compared)
    worst = (compared["estimate"] - compared["planted"]).abs().max()
    return {
        "truth": f"{covered} of {total} planted effects lie within their 95% intervals; the largest error is "
        f"{say(worst, 'number')} on the logit scale",
        "truth_covered": fact(covered, "count"),
        "truth_total": fact(total, "count"),
    }
