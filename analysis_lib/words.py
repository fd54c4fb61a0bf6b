"""Words and numbers that sentences need: filters and functions for the templates of `sentences`."""

from __future__ import annotations

import calendar
import math
from collections.abc import Callable, Iterable
from statistics import NormalDist
from typing import Any

import pandas as pd

from analysis_lib import levels
from analysis_lib.release import Fact, fact, say, say_list
from analysis_lib.release.facts import NOT_KNOWN

Facts = dict[str, Fact | str]

UNKNOWN = "Unknown"
NOUNS = {
    "mode": "mode",
    "hcp_type": "staff group",
    "lead_time": "lead time",
    "month": "month",
    "region_name": "region",
}  # of any other column: area
SAME = 1e-9  # values closer than this are equal: released frames hold six decimals
MORE_DIGITS = 2


def say_share(value: float, digits: int = 1) -> str:
    """Show a rate so that some is never shown as none ("0.0%"), nor nearly all as all ("100.0%")."""
    text, step = say(value, "rate", digits), 10.0 ** -(digits + 2)
    if value > 0 and text == say(0.0, "rate", digits):
        return f"under {say(step, 'rate', digits)}"
    if value < 1 and text == say(1.0, "rate", digits):
        return f"over {say(1 - step, 'rate', digits)}"
    return text


def say_known(value: Any, unit: str, digits: int | None = None) -> str:
    """Show a value, a rate as by `say_share`; `NOT_KNOWN` if it is missing."""
    if pd.isna(value):
        return NOT_KNOWN
    if unit == "rate":
        return say_share(value, 1 if digits is None else digits)
    return say(value, unit, digits)


def say_range(low: float, high: float) -> str:
    """Return "3.9% to 4.5%"; `NOT_KNOWN` if there is none."""
    return NOT_KNOWN if pd.isna(low) else f"{say_share(low)} to {say_share(high)}"


def ordinal(n: int) -> str:
    """Return "1st", "2nd", "3rd", "4th", "11th" …"""
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def rate_fact(value: float, digits: int = 1) -> Fact | str:
    """Make a fact of a rate, shown as by `say_share`; `NOT_KNOWN` if it is missing."""
    if pd.isna(value):
        return NOT_KNOWN
    return Fact(fact(value, "rate").value, "rate", say_share(value, digits))


def known_fact(value: float | None, unit: str, digits: int | None = None) -> Fact | str:
    """Make a fact, or `NOT_KNOWN` of a missing value."""
    return NOT_KNOWN if pd.isna(value) else fact(value, unit, digits)


def say_pair(first: float, second: float, unit: str = "rate", digits: int = 1) -> tuple[str, str]:
    """Show two values with as many more decimals as it takes to tell them apart, two at most."""

    tried = [(unit, digits + more) for more in range(MORE_DIGITS + 1)]
    if unit == "scaled":
        tried.append(("count", 0))
    pairs = [(say_known(first, *how), say_known(second, *how)) for how in tried]
    return next((pair for pair in pairs if pair[0] != pair[1]), pairs[0])


def say_move(before: float, after: float, digits: int = 1) -> str:
    """Return "rose from 4.2% to 4.4%", "fell from …", or "stayed at 4.2%"."""
    first, last = say_share(before, digits), say_share(after, digits)
    return f"stayed at {first}" if first == last else f"{_direction(before, after)} from {first} to {last}"


def _direction(before: float, after: float) -> str:
    return "rose" if after > before else "fell"


def extremes(frame: pd.DataFrame, value: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows with the highest and with the lowest `value`: several where they are equal.

    Missing values are left out; both frames are empty if all are missing.
    """
    known = frame[frame[value].notna()]
    top, low = known[value].max(), known[value].min()
    return known[known[value] >= top - SAME], known[known[value] <= low + SAME]


def without_unknown(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Leave out the row of the group named Unknown."""
    return frame[frame[column].astype(str) != UNKNOWN]


def name_groups(groups: Iterable[object], most: int = 3, phrase: str = "{group}") -> str:
    """Name groups in a sentence: months in words, `most` at most ("A, B and 2 others"), "none" if none.

    Names that hold a comma are set apart by semicolons.
    """
    names = [phrase.format(group=_in_sentence(group)) for group in groups]
    if len(names) > most + 1:
        names = [*names[:most], f"{len(names) - most} others"]
    if len(names) > 1 and any("," in name for name in names):
        return f"{'; '.join(names[:-1])}; and {names[-1]}"
    return say_list(names)


def _in_sentence(group: object) -> str:
    """A month in words; any other group by its name."""
    return say(group, "month") if isinstance(group, pd.Timestamp) else str(group)


def count_of(n: float, noun: str, unit: str = "things", digits: int | None = None) -> str:
    """Return "1 month", "2 months", "1.2 million appointments"."""
    return f"{say(n, unit, digits)} {noun}{'' if n == 1 else 's'}"


def capital(text: str) -> str:
    """Return a sentence with its first letter in capitals."""
    return text[0].upper() + text[1:]


def say_period(months: pd.Series) -> str:
    """Return "July 2022", or "July 2022 to June 2025"."""
    ends = [say(months.agg(end), "month") for end in ("min", "max")]
    return " to ".join(dict.fromkeys(ends))


def all_of(n: int, noun: str) -> str:
    """Return "both months" or "all 3 months"."""
    return f"both {noun}s" if n == 2 else f"all {say(n, 'things')} {noun}s"


def each(rows: pd.DataFrame) -> str:
    """Return " each" where a value is that of several rows."""
    return " each" if len(rows) > 1 else ""


def digits_of_ratio(ratio: float) -> int:
    """One decimal for a small ratio, unless it is nearly whole: "one in 2.5", but "one in 24"."""
    return 0 if ratio >= 9.5 or abs(ratio - round(ratio)) < 0.05 else 1


def noun(rates: pd.DataFrame, group: str, *, all: bool = False) -> str:
    """Return what one group is called; "known" where a group Unknown is beside it, unless `all` count."""
    name = NOUNS.get(group, "area")
    return name if all or len(without_unknown(rates, group)) == len(rates) else f"known {name}"


def known_groups(rates: pd.DataFrame, group: str, *needed: str) -> pd.DataFrame:
    """Leave out the group Unknown, and rows that lack one of the columns `needed`."""
    return without_unknown(rates, group).dropna(subset=list(needed))


def largest(frame: pd.DataFrame, value: str, at_least: float | None = None) -> pd.DataFrame:
    """Return the rows by the size of `value` whatever its sign, largest first; equal ones as they stand."""
    size = frame[value].abs().astype(float).sort_values(ascending=False, kind="stable")
    return frame.loc[(size if at_least is None else size[size >= at_least]).index]


def first_and_last(shares: pd.DataFrame, group: str) -> pd.DataFrame:
    """Return how each group's share moved from the first month to the last.

    Parameters
    ----------
    shares : DataFrame
        month, `group`, share (of the month, 0 to 1). A group without a row in a month has none of it.
    group : str
        Column of the groups.

    Returns
    -------
    DataFrame
        A row a group: `group`, named (as in a sentence), before, after, change, moved (whether a reader
        sees a change), peak_month, and beyond (by how much that month's share exceeds both ends).
    """
    known = shares.dropna(subset="share")
    wide = known.pivot_table(index=group, columns="month", values="share", observed=True).fillna(0.0)
    moves = pd.DataFrame({"before": wide.iloc[:, 0], "after": wide.iloc[:, -1], "peak": wide.max(axis=1)})
    moves = moves.assign(
        change=(moves["after"] - moves["before"]).round(6),  # equal changes differ in the last digits
        moved=moves["before"].map(say_share) != moves["after"].map(say_share),
        peak_month=wide.idxmax(axis=1),
        beyond=moves["peak"] - moves[["before", "after"]].max(axis=1),
    ).reset_index()
    names = moves[group].astype(str)
    return moves.assign(named=names.mask(names == UNKNOWN, f"unknown {NOUNS.get(group, group)}"))


def most_moved(moves: pd.DataFrame) -> pd.DataFrame:
    """Return the two groups of `first_and_last` that changed most, if a reader sees it."""
    two = largest(moves, "change").head(2)
    return two[two["moved"]]


def months_over(monthly: pd.DataFrame, planning_per_day: float) -> pd.Series:
    """Return in how many months appointments a day exceed the planning figure, by the name of each basis."""
    bases = {"30": "month ÷ 30", "calendar": "calendar days", "working": "working days"}
    over = monthly[[f"per_day_{basis}" for basis in bases]] > planning_per_day
    return over.sum().set_axis(bases.values())


def tag_name(tag: object) -> str:
    """Return a hashtag as a page shows it; an underscore is no markup there."""
    return "#" + str(tag).replace("_", "\\_")


def name_tags(tags: Iterable[object], most: int = 3) -> str:
    """Name hashtags in a sentence, as `name_groups` does."""
    return name_groups(map(tag_name, tags), most)


def rows_at(frame: pd.DataFrame, group: str, *levels: object) -> list[pd.Series]:
    """Return the row of each of these levels of `group`; all missing where there is none."""
    by_level = frame.set_index(frame[group].astype(str))
    return [row for _, row in by_level.reindex([str(level) for level in levels]).iterrows()]


def _same(first: float, second: float) -> bool:
    return abs(first - second) < SAME


def _spread(values: pd.Series) -> float:
    return values.max() - values.min()


def say_part(share: float) -> str:
    """Say a share of tweets; one that may not be told is a handful or none."""
    return "a handful or none" if pd.isna(share) else "none" if share == 0 else say_share(share)


def _first_row(frame: pd.DataFrame) -> pd.Series:
    """The first row; an empty one of no rows."""
    return frame.iloc[0] if len(frame) else pd.Series(dtype=object)


def where(frame: pd.DataFrame, **codes: object) -> pd.DataFrame:
    """Return the rows with these codes: ``rates | where(group="sex", level="F")``."""
    for column, code in codes.items():
        frame = frame[frame[column].astype(str) == str(code)]
    return frame


def best(rows: pd.DataFrame, value: str) -> pd.Series | None:
    """Return the row with the highest value, the first of equals; None if there is none."""
    known = rows.dropna(subset=[value])
    return None if known.empty else known.loc[known[value].astype(float).idxmax()]


def furthest_off(rows: pd.DataFrame, ratio: str) -> pd.Series:
    """Return the row whose ratio is furthest from 1: twice as many is as far as half as many."""
    return rows.loc[rows[ratio].astype(float).map(math.log).abs().idxmax()]


def interval(row: pd.Series, value: str, digits: int = 2, low: str = "low", high: str = "high") -> str:
    """Return "0.84 (0.83 to 0.85)"; without brackets where the limits are hidden."""
    shown = say_known(row[value], "number", digits)
    if row[[value, low, high]].isna().any():
        return shown
    return f"{shown} ({say(row[low], 'number', digits)} to {say(row[high], 'number', digits)})"


def ends(rows: pd.DataFrame) -> tuple[pd.Series | None, pd.Series | None]:
    """Return the first row and the last: of rows by size, the largest and the smallest."""
    return (None, None) if rows.empty else (rows.iloc[0], rows.iloc[-1])


def range_of(values: pd.Series, unit: str = "number", digits: int | None = None) -> str:
    """Return "0.96 to 1.01", or one number where that is all of them."""
    return " to ".join(dict.fromkeys(say(values.agg(end), unit, digits) for end in ("min", "max")))


def ties(rows: pd.DataFrame) -> pd.Series:
    """Number rows, largest first, by what a sample can order: those whose intervals meet have one number.

    Intervals that do not meet are apart beyond chance, however the two means go together.
    """
    return (rows["high"] < rows["low"].cummin().shift()).cumsum()


def in_order(rows: pd.DataFrame, fewest: int = 3, most: int = 5) -> str:
    """Name the features that lead, three at least, ties as ties: "age, then COPD and sex (too close …)"."""
    told: list[str] = []
    named, tied = 0, False
    for _, block in rows.groupby(ties(rows)):
        if named >= fewest:
            break
        names = [levels.feature_in_sentence(name) for name in block["feature"]]
        if named + len(names) > most:
            names = [*names[: fewest - named], f"{len(names) - fewest + named} more"]
        named, tied = named + len(block), tied or len(block) > 1
        told.append(f"{say_list(names)} (too close to order)" if len(block) > 1 else names[0])
    return ", then ".join(told) if tied else say_list(told)


def beyond(
    rows: pd.DataFrame,
    value: str,
    against: float,
    low: str = "low",
    high: str = "high",
    ratio: bool = False,
) -> pd.DataFrame:
    """Return the rows that differ from a value beyond chance, though the furthest of many are looked for.

    Each 95% interval is made as much wider as to hold for all rows at once (Bonferroni): of twenty groups
    that are alike, one is outside its own interval as a rule. Those of a `ratio` are wider on the log scale,
    or those below 1 would be found too often.
    """
    rows = rows.dropna(subset=[value, low, high])
    wider = NormalDist().inv_cdf(1 - 0.025 / max(len(rows), 1)) / NormalDist().inv_cdf(0.975)
    scale = _log if ratio else float
    middle, least, most = (rows[column].map(scale).astype(float) for column in (value, low, high))
    under = middle + wider * (most - middle) < scale(against)
    over = middle - wider * (middle - least) > scale(against)
    return rows[under | over]


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf


def once(rows: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Return each pair once, whichever of the two stands first."""
    pairs = [frozenset(pair) for pair in rows[[first, second]].to_numpy()]
    return rows[~pd.Series(pairs, rows.index).duplicated()]


def listed(words: str | Iterable[str], last: str = "and") -> str:
    """Return "a, b and c", or "a, b or c", of words or of the lines of a block."""
    return f" {last} ".join(say_list(_items(words) if isinstance(words, str) else words).rsplit(" and ", 1))


def in_turn(lines: str, lead: str = "") -> str:
    """Join the lines of a block by semicolons, after a lead; "" if there are none."""
    items = _items(lines)
    return lead + "; ".join(items) if items else ""


def _items(lines: str) -> list[str]:
    return [line.strip() for line in lines.splitlines() if line.strip()]


FILTERS: dict[str, Callable] = {
    "say": say_known,
    "known_groups": known_groups,
    "largest": largest,
    "at": rows_at,
    "names": name_groups,
    "most_moved": most_moved,
    "tag": tag_name,
    "tags": name_tags,
    "part": say_part,
    "first_row": _first_row,
    "period": say_period,
    "start": capital,
    "known": pd.notna,
    "where": where,
    "best": best,
    "fitted": lambda rows: rows[rows["model"].isin(levels.FITTED)],
    "rules": lambda rows: rows[rows["model"].isin(levels.RULES)],
    "stated": lambda rows: rows[~rows["level"].isin(levels.NOT_STATED)],
    "furthest_off": furthest_off,
    "interval": interval,
    "ends": ends,
    "range_of": range_of,
    "in_order": in_order,
    "beyond": beyond,
    "once": once,
    "listed": listed,
    "in_turn": in_turn,
    "contacts": levels.contacts,
    "one_contact": levels.one_contact,
    "steps": levels.steps_of,
    "method": levels.method,
    "methods": lambda codes: listed(levels.method(code) for code in codes),
    "outcome": lambda code: levels.name_level(code, "outcome"),
    "outcome_phrase": levels.outcome_phrase,
    "model": lambda code: levels.in_sentence(levels.name_level(code, "model")),
    "in_sentence": levels.in_sentence,
    "ages": levels.ages,
    "people_of": levels.people_of,
    "feature": levels.feature_in_sentence,
}
FUNCTIONS: dict[str, Any] = {
    "pair": say_pair,
    "extremes": extremes,
    "each": each,
    "all_of": all_of,
    "count_of": count_of,
    "noun": noun,
    "ordinal": ordinal,
    "same": _same,
    "spread": _spread,
    "ties": ties,
    "move": say_move,
    "digits_of_ratio": digits_of_ratio,
    "first_and_last": first_and_last,
    "months_over": months_over,
    "month_names": {name[:3]: name for name in calendar.month_name if name},
}
