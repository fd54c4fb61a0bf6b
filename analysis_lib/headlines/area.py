"""Sentences of an area's own report: the area beside England, its place among others, and what is unknown."""

from __future__ import annotations

import pandas as pd

from analysis_lib.release import fact, say
from analysis_lib.words import (
    NOT_KNOWN,
    UNKNOWN,
    Facts,
    count_of,
    known_fact,
    name_groups,
    rate_fact,
    say_pair,
    say_share,
    without_unknown,
)

SAME_DAY = "Same Day"
_PLACES = {
    ("99.8", "high"): (
        "Above the limits",
        "above the upper 99.8% limit: higher than areas of its size usually are",
    ),
    ("99.8", "low"): (
        "Below the limits",
        "below the lower 99.8% limit: lower than areas of its size usually are",
    ),
    ("95", "high"): (
        "Above 95%",
        "between the upper 95% and 99.8% limits: high, as about one area in 40 is by chance",
    ),
    ("95", "low"): (
        "Below 95%",
        "between the lower 95% and 99.8% limits: low, as about one area in 40 is by chance",
    ),
    ("none", "none"): (
        "Within limits",
        "within the limits: no further from the others than areas usually are",
    ),
}
_ADVICE = {
    "high": "Ask first how practices record a missed appointment, then what those with the same mix do differently",
    "low": "Ask first whether missed appointments are recorded, then what others could learn",
    "none": "Compare it with others only at the same mix of appointments",
}


def ordinal(n: int) -> str:
    """Return "1st", "2nd", "3rd", "4th", "11th" …"""
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def say_area_rate(own: pd.Series, england: pd.Series, name: str, whole: str = "England") -> Facts:
    """Say an area's DNA rate and its Unknown beside England's.

    Parameters
    ----------
    own, england : Series
        One row each of `measures.rate_dna`, released.
    name : str
        The area's.
    whole : str
        What all areas together are called.
    """
    rate, other = own["dna_rate"], england["dna_rate"]
    if pd.isna(rate):
        sentence = f"The final status of every appointment in {name} is unknown, so nobody can say how many were missed"
        beside = f"not known here; {whole} {rate_text(other)}"
    else:
        here, there = say_pair(rate, other) if pd.notna(other) else (say_share(rate), NOT_KNOWN)
        how = "as many as" if here == there else "more than" if rate > other else "fewer than"
        sentence = f"{here} of appointments of known status were missed in {name}, {how} in {whole} ({there})"
        beside = f"missed, of known status; {whole} {there}"
    low, high = own["bound_low"], own["bound_high"]
    share, all_share = own["unknown_share"], england["unknown_share"]
    bounds = "" if pd.isna(low) else f"so the true rate lies between {say_share(low)} and {say_share(high)}"
    return {
        "headline": sentence[0].upper() + sentence[1:],
        "rate": rate_fact(rate),
        "rate_beside": beside,
        "bounds": _say_unknown_status(share, all_share, bounds, whole),
        "unknown_share": rate_fact(share),
        "unknown_beside": f"have no known status; {whole} {rate_text(all_share)}",
        "n_attended": known_fact(own["n_attended"], "count"),
        "n_dna": known_fact(own["n_dna"], "count"),
        "n_unknown": known_fact(own["n_unknown"], "count"),
    }


def _say_unknown_status(share: float, all_share: float, bounds: str, whole: str) -> str:
    if pd.isna(share):
        return "How many have no known status is not released"
    if share == 0:
        return "The status of every appointment is known"
    return f"The status of {say_share(share)} of appointments is unknown ({whole} {rate_text(all_share)}), {bounds}"


def rate_text(value: float) -> str:
    """A rate in words; "not known" if it is missing."""
    return NOT_KNOWN if pd.isna(value) else say_share(value)


def say_area_rank(own: pd.Series, n_areas: int, name: str, peers: str) -> Facts:
    """Say the rank of an area's standardised rate with its interval (`measures.rank_interval`).

    Parameters
    ----------
    own : Series
        rank, rank_low, rank_high; missing where the area has no rate.
    n_areas : int
        Areas that have a rank.
    name, peers : str
        The area's name, and what the areas are, in the plural.
    """
    if pd.isna(own["rank"]) or n_areas < 2:
        why = "has no DNA rate" if pd.isna(own["rank"]) else f"is the only one of the {peers} with a DNA rate"
        return {
            "rank": "No rank",
            "rank_beside": "there is nothing to rank",
            "rank_sentence": f"{name} {why}, so it has no rank",
        }
    rank, low, high = (int(own[c]) for c in ("rank", "rank_low", "rank_high"))
    interval = f"95% interval {low} to {high}" if low < high else "the same in 95 of 100 simulations"
    place = {1: "highest", n_areas: "lowest"}.get(rank, f"{ordinal(rank)} highest")
    return {
        "rank": f"{rank} of {n_areas}",
        "rank_beside": f"rank at the same mix, 1 is most missed; {interval}",
        "rank_sentence": (
            f"At the same mix of appointments {name} has the {place} DNA rate of {n_areas} {peers} "
            f"({interval})"
        ),
    }


def say_area_place(funnel: pd.DataFrame | None, column: str, name: str, peers: str) -> Facts:
    """Say where an area lies on the funnel (`measures.funnel_limits`); None where there is no funnel."""
    row = None if funnel is None else funnel[funnel[column].astype(str) == name]
    if row is None or row.empty:
        why = f"{name} has no place on a funnel: there are no two {peers} with a DNA rate to compare"
        return {
            "place": "No funnel",
            "place_beside": why,
            "funnel": why,
            "advice": _ADVICE["none"],
            "place_class": "none",
        }
    outlier, direction = str(row["outlier"].iloc[0]), str(row["direction"].iloc[0])
    word, sentence = _PLACES[outlier, direction]
    return {
        "place": word,
        "place_beside": f"place on the funnel of {count_of(len(funnel), peers.removesuffix('s'))}",
        "funnel": f"{name} lies {sentence}",
        "advice": _ADVICE[direction],
        "place_class": direction + ("95" if outlier == "95" else ""),
    }


def say_area_mix(
    mix: pd.DataFrame, column: str, key: str, name: str, whole: str = "England", phrase: str = "{group}"
) -> Facts:
    """Say which kind of appointment differs most from England's mix.

    Parameters
    ----------
    mix : DataFrame
        `column`, share (of the area's appointments) and share_england.
    column, key : str
        The kind, and the name of the fact; ``<key>_unknown`` goes with it.
    phrase : str
        How to name a kind in a sentence, with ``{group}``.
    """
    known = without_unknown(mix, column).dropna(subset=["share", "share_england"])
    gap = known["share"] - known["share_england"]
    unknown = mix[mix[column].astype(str) == UNKNOWN]
    here = unknown["share"].sum() if len(unknown) else 0.0
    there = unknown["share_england"].sum() if len(unknown) else 0.0
    if known.empty:
        sentence = f"{name} has no appointment of a known kind to compare"
    else:
        row = known.loc[gap.abs().idxmax()]
        texts = say_pair(row["share"], row["share_england"])
        group = name_groups([row[column]], phrase=phrase)
        if texts[0] == texts[1]:
            sentence = f"{name} has the same mix as {whole}: {group} makes up {texts[0]} of each"
        else:
            more = "more" if row["share"] > row["share_england"] else "less"
            sentence = f"{group} makes up {more} in {name} than in {whole}: {texts[0]}, against {texts[1]}"
    return {key: sentence, f"{key}_unknown": f"{say_share(here)} ({whole} {say_share(there)})"}


def say_area_size(months: pd.DataFrame, england: pd.DataFrame, name: str, whole: str = "England") -> Facts:
    """Say how many appointments an area has, over which months, and whether any are absent.

    Parameters
    ----------
    months, england : DataFrame
        month and n_appointments (missing where hidden), of the area and of all areas.
    """
    total, everyone = months["n_appointments"].sum(), england["n_appointments"].sum()
    hidden = int(months["n_appointments"].isna().sum())
    absent = sorted(set(england["month"]) - set(months["month"]))
    gaps = [f"{count_of(len(absent), 'month')} of {whole} absent here"] if absent else []
    gaps += [f"{count_of(hidden, 'month')} too small to show"] if hidden else []
    return {
        "total": fact(total, "count"),
        "total_scaled": fact(total, "scaled"),
        "of_england": rate_fact(total / everyone if everyone else float("nan")),
        "months": count_of(len(months), "month"),
        "first_month": say(months["month"].min(), "month"),
        "last_month": say(months["month"].max(), "month"),
        "gaps": f"{'; '.join(gaps)}" if gaps else f"none: the same months as {whole}",
    }


def compare_area(
    own: pd.Series, england: pd.Series, mixes: dict[str, pd.DataFrame], totals: tuple[float, float]
) -> pd.DataFrame:
    """Return an area's figures beside England's as texts: measure, area, whole.

    Parameters
    ----------
    own, england : Series
        One row each of the released rates.
    mixes : dict
        ``modes`` and ``lead_times``, with share and share_england.
    totals : (float, float)
        Appointments of the area and of all areas.
    """
    rows = [("Appointments", *(say(total, "scaled") for total in totals))]
    for label, column in (
        ("DNA rate, of known status", "dna_rate"),
        ("DNA rate at the same mix", "dna_rate_standardised"),
    ):
        rows.append((label, *(rate_text(row[column]) for row in (own, england))))
    ranges = [
        NOT_KNOWN
        if pd.isna(row["bound_low"])
        else f"{say_share(row['bound_low'])} to {say_share(row['bound_high'])}"
        for row in (own, england)
    ]
    rows.append(("Range, whatever the unknown were", *ranges))
    rows.append(("Status unknown", *(rate_text(row["unknown_share"]) for row in (own, england))))
    for mix, column, group, label in (
        ("lead_times", "lead_time", SAME_DAY, "Booked for the same day"),
        ("modes", "mode", "Face-to-Face", "Face-to-face"),
        ("modes", "mode", UNKNOWN, "Mode unknown"),
    ):
        found = mixes[mix][mixes[mix][column].astype(str) == group]
        shares = [found[c].sum() if len(found) else 0.0 for c in ("share", "share_england")]
        rows.append((label, *(say_share(share) for share in shares)))
    return pd.DataFrame(rows, columns=["measure", "area", "whole"])
