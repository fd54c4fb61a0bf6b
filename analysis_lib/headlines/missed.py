"""Sentences of notebook 02, missed appointments."""

from __future__ import annotations

import pandas as pd

from analysis_lib.release import fact, say
from analysis_lib.words import (
    NOT_KNOWN,
    NOUNS,
    SAME,
    Facts,
    all_of,
    change_word,
    count_of,
    digits_of_ratio,
    each,
    extremes,
    name_groups,
    rate_fact,
    say_pair,
    say_share,
    without_unknown,
)


def say_overall(overall: pd.Series) -> Facts:
    """Say the DNA rate of known status, its bounds, and the Unknown share (one row of `measures.rate_dna`)."""
    rate, low, high = overall["dna_rate"], overall["bound_low"], overall["bound_high"]
    if pd.isna(rate):
        sentence = "The final status of every appointment is unknown, so nobody can say how many were missed"
    else:
        texts = say_pair(low, high)
        bounds = f"between {texts[0]} and {texts[1]} if the Unknown are counted"
        none = "the status of none is unknown"
        sentence = f"{say_share(rate)} of appointments of known status were missed; "
        sentence += bounds if overall["n_unknown"] else none
    return {
        "rate": rate_fact(rate),
        "rate_precise": rate_fact(rate, 3),
        "bound_low": rate_fact(low, 2),
        "bound_high": rate_fact(high, 2),
        "unknown_share": rate_fact(overall["unknown_share"]),
        "n_attended": fact(overall["n_attended"], "count"),
        "n_dna": fact(overall["n_dna"], "count"),
        "n_dna_scaled": fact(overall["n_dna"], "scaled"),
        "n_unknown": fact(overall["n_unknown"], "count"),
        "one_in": fact(1 / rate, "number", digits_of_ratio(1 / rate)) if rate > 0 else NOT_KNOWN,
        "one_in_finding": _say_one_in(rate),
        # Empty where there is nothing to say: pages then leave it out
        "unknown_margin": f"the true rate lies between {say(low, 'rate', 2)} and {say(high, 'rate', 2)}"
        if overall["n_unknown"] and pd.notna(low)
        else "",
        "overall": sentence[0].upper() + sentence[1:],
    }


def _say_one_in(rate: float) -> str:
    if pd.isna(rate):
        return "How many appointments are missed is not known"
    if rate == 0:
        return "No appointment of known status was missed"
    if rate > 0.3:  # "one in 1.3" says nothing to a reader
        return f"About {say_share(rate, 0)} of appointments of known status were missed"
    return f"About one appointment in {say(1 / rate, 'number', digits_of_ratio(1 / rate))} is missed"


def say_groups(rates: pd.DataFrame, column: str, key: str, phrase: str = "{group}") -> Facts:
    """Say which known group misses most and least, and which have more Unknown than missed.

    Parameters
    ----------
    rates : DataFrame
        As `measures.rate_dna` by `column`. Groups without a rate, and the group Unknown, are left out.
    column, key : str
        The group, and the name of the caption fact.
    phrase : str
        How to name a group in a sentence, with ``{group}``.
    """
    known = without_unknown(rates, column)
    known = known[known["dna_rate"].notna()]
    if known.empty:
        nothing = (
            f"No {_noun(rates, column)} has appointments of known status, so there is no DNA rate to compare"
        )
        ends = ("highest", "lowest", "highest_rate", "lowest_rate", "ratio")
        return {key: nothing, **{f"{key}_{end}": NOT_KNOWN for end in ends}} | _say_unknown(
            rates, column, key
        )
    top, low = extremes(known, "dna_rate")
    high_rate, low_rate = top["dna_rate"].max(), low["dna_rate"].min()
    high_text, low_text = say_pair(high_rate, low_rate)
    named = [name_groups(rows[column], 3, phrase) for rows in (top, low)]
    if len(known) == 1:
        sentence = f"The DNA rate was {high_text} for {named[0]}, the only {_noun(rates, column)} with a rate"
    elif len(top) == len(known):
        sentence = f"The DNA rate was the same for {all_of(len(known), _noun(rates, column))}: {high_text}"
    else:
        sentence = (
            f"The DNA rate was highest for {named[0]} ({high_text}{each(top)}) and lowest for "
            f"{named[1]} ({low_text}{each(low)})"
        )
    return {
        key: sentence,
        f"{key}_highest": named[0],
        f"{key}_lowest": named[1],
        f"{key}_highest_rate": rate_fact(high_rate),
        f"{key}_lowest_rate": rate_fact(low_rate),
        f"{key}_ratio": fact(high_rate / low_rate, "number", 1) if low_rate > 0 else "many",
    } | _say_unknown(rates, column, key)


def _noun(rates: pd.DataFrame, column: str) -> str:
    """What one group is called; "known" only where there is a group Unknown beside it."""
    noun = NOUNS.get(column, "area")
    return noun if len(without_unknown(rates, column)) == len(rates) else f"known {noun}"


def _say_unknown(rates: pd.DataFrame, column: str, key: str) -> Facts:
    """Name the known groups in which Unknown outnumber missed appointments, and say what that means."""
    known = without_unknown(rates, column)
    more = known[known["unknown_exceeds_dna"].astype(bool)]
    if len(more) == len(known) > 1:
        text = f"Every {_noun(rates, column)} holds more Unknown than missed appointments"
    elif more.empty:
        text = f"No {_noun(rates, column)} holds more Unknown than missed appointments"
    else:
        text = f"More Unknown than missed appointments: {name_groups(more[column], 5)}"
    note = text if more.empty else f"{text}; there the rate says little"
    return {f"{key}_unknown": text, f"{key}_unknown_note": note}


def say_change(change: pd.Series | dict, key: str) -> Facts:
    """Say how a change between two months splits into mix and rate (one row of `measures.split_changes`)."""
    before, after = change["rate_from"], change["rate_to"]
    first, last = say(change["period_from"], "month"), say(change["period_to"], "month")
    low, high = say_share(before, 2), say_share(after, 2)
    stayed = change_word(before, after, 4) == "stayed"
    move = f"stayed at {high}" if stayed else f"{'rose' if after > before else 'fell'} from {low} to {high}"
    return {
        key: f"Between {first} and {last} the DNA rate {move}: "
        f"{say(change['mix'], 'points', 2)} from a different mix of "
        f"appointments, {say(change['rate'], 'points', 2)} from different rates for the same kind",
        f"{key}_total": fact(after - before, "points", 2),
        f"{key}_mix": fact(change["mix"], "points", 2),
        f"{key}_rate": fact(change["rate"], "points", 2),
        f"{key}_from": first,
        f"{key}_to": last,
    }


def say_lead_contrast(rates: pd.DataFrame) -> Facts:
    """Say how the DNA rate of the longest lead time compares with that of the same day.

    Parameters
    ----------
    rates : DataFrame
        As `measures.attendance_table` by lead_time.
    """
    by_lead = rates.set_index(rates["lead_time"].astype(str))
    ends = by_lead.reindex(["More than 28 Days", "Same Day"])
    if ends["dna_rate"].isna().any():
        nothing = dict.fromkeys(("lead_finding", "lead_same_mix", "lead_worse", "lead_order"), "")
        return nothing | {"lead_times": "The files do not hold both the same day and more than 28 days"}
    longest, same = ends["dna_rate"]
    long_text, same_text = say_pair(longest, same)
    often = "as often as" if long_text == same_text else f"{'more' if longest > same else 'less'} often than"
    sentence = (
        f"{long_text} of appointments booked more than 28 days ahead are missed, against "
        f"{same_text} of those booked for the same day"
    )
    worse = longest > same and long_text != same_text
    low, high = ends["bound_low"], ends["bound_high"]
    above, below = ("More than 28 Days", "Same Day") if longest >= same else ("Same Day", "More than 28 Days")
    holds = low[above] > high[below]
    return {
        "lead_worse": sentence[0].upper() + sentence[1:] if worse else "",
        "lead_order": "That order holds whatever became of the Unknown"
        if holds
        else "The Unknown could reverse that order",
        "lead_finding": f"Appointments booked more than four weeks ahead are missed {often} those of the same day",
        "lead_times": sentence[0].upper() + sentence[1:],
        "lead_same_mix": f"With the same mix of staff and modes {_say_two(*ends['dna_rate_standardised'])}",
    }


def _say_two(first: float, second: float) -> str:
    if pd.isna(first) or pd.isna(second):
        return "the two cannot be compared"
    texts = say_pair(first, second)
    return f"both are {texts[0]}" if texts[0] == texts[1] else f"the two are {' and '.join(texts)}"


def say_bounds(rates: pd.DataFrame, column: str, key: str, phrase: str = "{group}") -> Facts:
    """Say whether the order of the highest and the lowest known group holds whatever the Unknown were.

    Parameters
    ----------
    rates : DataFrame
        As `measures.rate_dna` by `column`.
    column, key, phrase : str
        As in `say_groups`; the fact is ``<key>_bounds``.
    """
    known = without_unknown(rates, column)
    known = known[known["dna_rate"].notna()].reset_index(drop=True)
    top, low = extremes(known, "dna_rate")
    if len(known) < 2:
        return {f"{key}_bounds": "There are no two groups to compare"}
    if len(top) == len(known):
        return {f"{key}_bounds": "The DNA rate is the same for every group, so there is no order"}
    # Of groups with equal rates, those whose Unknown could change the order most.
    high, last = known.loc[top["bound_low"].idxmin()], known.loc[low["bound_high"].idxmax()]
    names = [phrase.format(group=_in_words(row[column])) for row in (high, last)]
    least, most = high["bound_low"], last["bound_high"]
    shown = say_pair(least, most)
    if (high["bound_high"] - least) + (most - last["bound_low"]) < SAME:
        text = f"The order does not depend on the Unknown: {names[0]} and {names[1]} have none"
    elif least > most:
        text = (
            f"The order holds whatever the Unknown were: at the least {shown[0]} for {names[0]}, "
            f"at the most {shown[1]} for {names[1]}"
        )
    else:
        text = (
            f"The Unknown could {'undo' if shown[0] == shown[1] else 'reverse'} this order: {names[0]} could be as low as {shown[0]}, "
            f"and {names[1]} as high as {shown[1]}"
        )
    return {f"{key}_bounds": text}


def _in_words(group: object) -> str:
    return say(group, "month") if isinstance(group, pd.Timestamp) else str(group)


def say_cost(cost: pd.DataFrame) -> Facts:
    """Say what missed appointments come to in a year at the stated unit cost (`measures.cost_dna`)."""
    by_group = cost.set_index("hcp_group")
    gp, everyone = by_group.loc["GP only"], by_group.loc["All staff"]
    unit = f"£{gp['unit_cost_gbp']:,.2f}".removesuffix(".00")
    if gp["n_months"]:
        sentence = (
            f"At {unit} an appointment, missed GP appointments come to {say(gp['cost_gbp_per_year'], 'gbp')} a year, "
            f"and those of all staff to {say(everyone['cost_gbp_per_year'], 'gbp')}"
        )
    else:
        sentence = "The files hold no month of appointments to cost"
    return {
        "cost": sentence,
        "cost_unit": unit,
        "cost_months": count_of(gp["n_months"], "month"),
    }


def say_truth(compared: pd.DataFrame) -> Facts:
    """Say how many planted effects the regression recovered (`models.compare_truth`)."""
    covered, total = int(compared["covered"].sum()), len(compared)
    worst = (compared["estimate"] - compared["planted"]).abs().max()
    if total == 1:
        sentence = (
            f"The one planted effect lies {'within' if covered else 'outside'} its 95% interval; the error is"
        )
    elif covered == total:
        sentence = f"{all_of(total, 'planted effect').capitalize()} lie within their 95% intervals; the largest error is"
    else:
        some = f"{covered or 'None'} of {total} planted effects {'lies' if covered < 2 else 'lie'}"
        interval = "its 95% interval" if covered < 2 else "their 95% intervals"
        sentence = f"{some} within {interval}; the largest error is"
    return {
        "truth": f"{sentence} {say(worst, 'number', 3)} on the logit scale",
        "truth_covered": fact(covered, "things"),
        "truth_total": fact(total, "things"),
    }
