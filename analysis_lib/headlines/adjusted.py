"""Sentences of notebook 02 on what is left once areas, chance and the mix are allowed for."""

from __future__ import annotations

import pandas as pd

from analysis_lib.release import fact
from analysis_lib.words import (
    NOT_KNOWN,
    NOUNS,
    Facts,
    count_of,
    digits_of_ratio,
    extremes,
    known_fact,
    name_groups,
    rate_fact,
    say_share,
    without_unknown,
)

BIG_MOVE = 5  # ranks


def say_standardised(rates: pd.DataFrame, column: str, key: str) -> Facts:
    """Say how far standardising changes the gap between groups, and their order (`measures.standardise_dna`).

    Groups without a standardised rate, and the group Unknown, are left out.
    """
    known = without_unknown(rates, column)
    known = known[known["dna_rate"].notna() & known["dna_rate_standardised"].notna()]
    noun = NOUNS.get(column, "area")
    moves = known["rank_change"].abs().astype(float)
    moved = known[moves >= BIG_MOVE].loc[
        moves[moves >= BIG_MOVE].sort_values(ascending=False, kind="stable").index
    ]
    top = extremes(known, "dna_rate_standardised")[0]
    names = name_groups(moved[column], 4)
    if len(known) < 2:
        sentence = f"There are no two {noun}s to compare at the same mix of appointments"
        finding = f"There are no two {noun}s to compare"
    else:
        sentence, finding = _say_gap(known, noun)
    return {
        key: sentence,
        f"{key}_finding": finding,
        f"{key}_moved": fact(len(moved), "things"),
        f"{key}_moved_names": names,
        f"{key}_moved_note": _say_moved(len(moved), noun, names),
        f"{key}_highest": name_groups(top[column]) if len(top) else NOT_KNOWN,
        f"{key}_weight_missing": rate_fact(known["weight_missing"].max()),
    }


def _say_gap(known: pd.DataFrame, noun: str) -> tuple[str, str]:
    """Return the sentence and the finding on the gap between the highest and the lowest rate."""
    crude, gap = (known[c].max() - known[c].min() for c in ("dna_rate", "dna_rate_standardised"))
    start = "With the same mix of appointments, the gap between highest and lowest"
    before, after = f"{100 * crude:.1f}", f"{100 * gap:.1f}"
    same = f"Differences between {noun}s are about as wide"
    end = "once their mix of appointments is allowed for"
    if before == after:
        return f"{start} stays at {after} percentage points", f"{same} {end}"
    verb, size = ("widens", "wider") if gap > crude else ("narrows", "narrower")
    sentence = f"{start} {verb} from {before} to {after} percentage points"
    return sentence, f"Differences between {noun}s are {size} {end}"


def _say_moved(n: int, noun: str, names: str) -> str:
    if not n:
        return f"No {noun} moves by five ranks or more once the mix is allowed for"
    verb = "moves" if n == 1 else "move"
    return f"{count_of(n, noun)} {verb} by five ranks or more once the mix is allowed for: {names}"


def say_funnel(limits: pd.DataFrame, name: str, key: str, what: str) -> Facts:
    """Say how many areas lie beyond the 99.8% limits (`measures.funnel_limits`); `what` is one of them."""
    limits = limits[limits["rate"].notna()]
    beyond = limits[limits["outlier"].astype(str) == "99.8"]
    high = beyond[beyond["direction"] == "high"].sort_values("rate", ascending=False)
    low = beyond[beyond["direction"] == "low"].sort_values("rate")
    phi = limits["phi"].max()  # the same in every row
    if len(limits) < 2:
        sentence = advice = finding = f"There are no two {what}s to compare"
    elif beyond.empty:
        finding = f"No {what} stands out beyond what is usual"
        sentence = (
            f"No {what} lies beyond the 99.8% limits: differences are of the size that areas usually show"
        )
        advice = f"Compare {what}s only at the same mix of appointments; none is outside the funnel"
    else:
        finding = (
            f"{len(beyond)} of {count_of(len(limits), what)} {'stands' if len(beyond) == 1 else 'stand'} out"
        )
        sentence = _say_outliers(len(high), len(low), f"of {count_of(len(limits), what)}")
        strongest = beyond.loc[beyond["z_adjusted"].abs().sort_values(ascending=False, kind="stable").index]
        advice = (
            f"Compare {what}s only at the same mix of appointments, and start with those outside the funnel: "
        )
        advice += name_groups(strongest[name])
    return {
        key: sentence,
        f"{key}_finding": finding,
        f"{key}_outside": f"Above: {name_groups(high[name], 4)}. Below: {name_groups(low[name], 4)}"
        if len(beyond)
        else _say_within(limits, what),
        f"{key}_high": name_groups(high[name], 4),
        f"{key}_low": name_groups(low[name], 4),
        f"{key}_advice": advice,
        f"{key}_n_high": fact(len(high), "things"),
        f"{key}_n_low": fact(len(low), "things"),
        f"{key}_phi": known_fact(phi, "number", digits_of_ratio(phi) if pd.notna(phi) else None),
    }


def _say_within(limits: pd.DataFrame, what: str) -> str:
    """Say of areas that are all within the 99.8% limits how many lie beyond the 95% limits."""
    near = int((limits["outlier"].astype(str) == "95").sum())
    if len(limits) < 2:
        return f"There are no two {what}s to compare"
    come = f"one {what} comes" if near == 1 else f"some {what}s come"
    return f"All lie within the limits{f', though {come} near' if near else ''}"


def _say_outliers(n_high: int, n_low: int, whole: str) -> str:
    """Return "2 of 42 ICBs lie above the upper 99.8% limit, and 1 lies below the lower"."""
    lie = {n: "lies" if n == 1 else "lie" for n in (n_high, n_low)}
    above = f"{n_high} {whole} {lie[n_high]} above the upper 99.8% limit"
    if n_high and n_low:
        return f"{above}, and {n_low} {lie[n_low]} below the lower"
    return above if n_high else f"{n_low} {whole} {lie[n_low]} below the lower 99.8% limit"


def say_regression(rates: pd.DataFrame, column: str, key: str) -> Facts:
    """Say between which levels the adjusted rate ranges (`models.marginal_rates`), Unknown left out."""
    known = without_unknown(rates, column)
    known = known[known["rate"].notna()]
    top, low = extremes(known, "rate")

    def shown(row: pd.Series) -> str:
        group = name_groups([row[column]])
        if pd.isna(row["low"]) or pd.isna(row["high"]):
            return f"{say_share(row['rate'])} for {group}"
        # A narrow interval takes more decimals, and the rate within it as many.
        digits = next((d for d in (1, 2) if say_share(row["low"], d) != say_share(row["high"], d)), 3)
        rate, low, high = (say_share(row[c], digits) for c in ("rate", "low", "high"))
        return f"{rate} for {group} (95% interval {low} to {high})"

    if known.empty:
        sentence = "There is no adjusted DNA rate of a known group"
    elif len(top) == len(known):
        sentence = f"With all else as it is, the adjusted DNA rate is {shown(top.iloc[0])}"
        sentence += ", the only known group" if len(known) == 1 else ", and the same for every other group"
    else:
        sentence = f"With all else as it is, the adjusted DNA rate runs from {shown(low.iloc[0])} to {shown(top.iloc[0])}"
    return {
        key: sentence,
        f"{key}_highest": name_groups(top[column]) if len(top) else NOT_KNOWN,
        f"{key}_highest_rate": rate_fact(top["rate"].max()),
        f"{key}_lowest": name_groups(low[column]) if len(low) else NOT_KNOWN,
        f"{key}_lowest_rate": rate_fact(low["rate"].min()),
    }
