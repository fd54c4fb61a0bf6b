"""Sentences of notebook 01 on days, the planning figure, and what is coming."""

from __future__ import annotations

import calendar
from collections.abc import Iterable

import pandas as pd

from analysis_lib.release import fact, say
from analysis_lib.words import (
    NOT_KNOWN,
    Facts,
    all_of,
    count_of,
    each,
    extremes,
    known_fact,
    name_groups,
    rate_fact,
    say_pair,
    say_period,
    say_share,
)

BASES = {"30": "month ÷ 30", "calendar": "calendar days", "working": "working days"}
MONTH_NAMES = {name[:3]: name for name in calendar.month_name if name}
YEAR = 12  # months
BASELINE = "seasonal_naive"  # the method of `models.choose_forecast` that every other must beat


def say_weekdays(profile: pd.DataFrame) -> Facts:
    """Say which weekday is busiest, and what the weekend holds (`measures.weekday_profile`)."""
    top = extremes(profile, "per_day")[0]
    weekend = profile.loc[profile["weekday"].astype(str).isin(["Saturday", "Sunday"]), "share"].sum()
    rest = f"weekends hold {say_share(weekend) if weekend else 'none'} of {'appointments' if weekend else 'them'}"
    if top.empty:
        return {
            "weekday": "The files hold no day but bank holidays",
            "weekend_share": NOT_KNOWN,
            "busiest_weekday": NOT_KNOWN,
        }
    n = count_of(top["per_day"].iloc[0], "appointment", "scaled", 2)
    if len(profile) == 1:
        sentence = f"{name_groups(top['weekday'])} is the only weekday in these files, with {n} on average"
    else:
        verb = "is the busiest day" if len(top) == 1 else "are the busiest days"
        verb = "are all equally busy" if len(top) == len(profile) else verb
        days = "The weekdays" if len(top) == len(profile) else name_groups(top["weekday"])
        sentence = f"{days} {verb} with {n}{each(top)} on average; {rest}"
    return {
        "weekday": sentence,
        "weekend_share": rate_fact(weekend),
        "busiest_weekday": name_groups(top["weekday"]),
    }


def say_utilisation(monthly: pd.DataFrame, planning_per_day: float) -> Facts:
    """Say in how many months appointments a day exceed the planning figure, on each basis."""
    over = _months_over(monthly, planning_per_day)
    facts: Facts = {
        "utilisation": _say_over(monthly, over, say(planning_per_day, "count")),
        "planning_per_day": fact(planning_per_day, "things"),
    }
    for basis in BASES:
        top, low = (rows.iloc[0] for rows in extremes(monthly, f"per_day_{basis}"))
        facts[f"months_over_{basis}"] = fact(over[basis], "things")
        facts[f"max_per_day_{basis}"] = fact(top[f"per_day_{basis}"], "number", 0)
        facts[f"min_per_day_{basis}"] = fact(low[f"per_day_{basis}"], "number", 0)
        facts[f"mean_utilisation_{basis}"] = fact(monthly[f"utilisation_{basis}"].mean(), "rate", 0)
        facts[f"max_utilisation_{basis}"] = fact(top[f"utilisation_{basis}"], "rate", 0)
        facts[f"max_month_{basis}"] = fact(top["month"], "month")
    return facts


def _months_over(monthly: pd.DataFrame, planning_per_day: float) -> dict[str, int]:
    return {b: int((monthly[f"per_day_{b}"] > planning_per_day).sum()) for b in BASES}


def _bases(which: Iterable[str], word: str = "and") -> str:
    """Return "month ÷ 30, calendar days and working days"."""
    *first, last = [BASES[b] for b in which]
    return f"{', '.join(first)} {word} {last}" if first else last


def _say_over(monthly: pd.DataFrame, over: dict[str, int], plan: str) -> str:
    n, order = len(monthly), ("working", "calendar", "30")
    yes, no = [b for b in order if over[b]], [b for b in order if not over[b]]
    if n == 1:
        month = say(monthly["month"].iloc[0], "month")
        if yes and no:
            return f"Against {plan} a day, {month} is over the plan by {_bases(yes)}, but not by {_bases(no, 'or')}"
        return f"Against {plan} a day, {month} is {'over' if yes else 'within'} the plan on every basis"
    if not yes:
        return f"Against {plan} a day, none of {n} months is over the plan, on any basis"
    working = (
        f"{over['working'] or 'none'} of {n} months {'is' if over['working'] < 2 else 'are'} over the plan"
    )
    return (
        f"Against {plan} a day, {working} counted by working days, {over['calendar'] or 'none'} by calendar days "
        f"and {over['30'] or 'none'} by month ÷ 30"
    )


def say_answers(monthly: pd.DataFrame, planning_per_day: float) -> Facts:
    """Answer the two standing questions from the three bases: utilisation, and what it says of capacity."""
    over, n = _months_over(monthly, planning_per_day), len(monthly)
    plan = f"the planning figure of {say(planning_per_day, 'count')}"
    fewest = min(over.values())
    if not any(over.values()):
        finding = "No month exceeded the planning figure, however a day is counted"
        capacity = f"On no basis does any month exceed {plan} appointments a day"
    elif fewest:
        some = "every month" if fewest == n > 1 else "some months" if fewest > 1 else "at least one month"
        some = f" in {some}" if n > 1 else ""
        finding = f"The planning figure was exceeded{some}, however a day is counted"
        parts = [f"{over[b]} by {words}" for b, words in BASES.items()]
        capacity = (
            f"T{plan[1:]} appointments a day is exceeded on every basis: of {count_of(n, 'month')}, in "
        )
        capacity += f"{parts[0]}, in {parts[1]} and in {parts[2]}"
    else:
        finding = "Whether the planning figure was exceeded depends on how a day is counted"
        does = " and ".join(
            f"{over[b]} of {n} {'does' if over[b] == 1 else 'do'} by {BASES[b]}" for b in BASES if over[b]
        )
        no = _bases([b for b in BASES if not over[b]], "or")
        capacity = f"It depends on how a day is counted: no month exceeds {plan} appointments a day by {no}, "
        capacity += f"but {does}" + (", when practices are open" if over["working"] else "")
    if over["working"] == n > 1 and fewest < n:
        finding = "Counted by working days, every month exceeded the planning figure"
    if n == 1 and any(over.values()):
        capacity = _say_over(monthly, over, f"{plan} appointments")
    mean = {b: say(monthly[f"utilisation_{b}"].mean(), "rate", 0) for b in BASES}
    return {
        "answer_utilisation": f"{'On average ' if n > 1 else ''}{mean['30']} of the planning figure counting each "
        f"month as 30 days, {mean['calendar']} by calendar days and {mean['working']} by working days",
        "answer_capacity": capacity,
        "capacity_finding": finding,
        "answer": "The files cannot say whether capacity was adequate: they hold no staff, hours or requests turned "
        f"away. What they show: {capacity[0].lower() + capacity[1:]}.",
        "latest": _say_latest(monthly, planning_per_day),
    }


def _say_latest(monthly: pd.DataFrame, planning_per_day: float) -> str:
    latest = monthly.sort_values("month").tail(YEAR)
    over = int((latest["per_day_working"] > planning_per_day).sum())
    if len(latest) == 1:
        return f"The only month {'exceeded' if over else 'did not exceed'} it by working days"
    return f"Of the latest {count_of(len(latest), 'month')}, {over or 'none'} exceeded it by working days"


def say_exceedance(exceedance: pd.DataFrame, what: str) -> Facts:
    """Say on how many working days the count exceeds the planning figure (`measures.count_exceedance`)."""
    days, over = (int(exceedance[c].sum()) for c in ("n_days_working", "n_days_working_over"))
    share = over / days if days else float("nan")
    if not days:
        sentence = "The files hold no working day to hold against the planning figure"
    elif days == 1:
        sentence = f"On the only working day in these files, {what} {'exceeded' if over else 'did not exceed'} the planning figure"
    elif not over:
        sentence = f"On none of {say(days, 'count')} working days did {what} exceed the planning figure"
    elif over == days:
        sentence = f"On {all_of(days, 'working day')} {what} exceeded the planning figure"
    else:
        sentence = (
            f"On {say(over, 'count')} of {say(days, 'count')} working days ({say_share(share, 0)}) "
            f"{what} exceeded the planning figure"
        )
    if days:
        sentence += f" ({say_period(exceedance['month'])})"
    if over < days and what.startswith("attended"):  # all days cannot be a minimum
        sentence += "; the others are not counted by day, so this is a minimum"
    return {
        "exceedance": sentence,
        "days_over": fact(over, "things"),
        "days_working": fact(days, "things"),
        "days_over_share": rate_fact(share, 0),
    }


def say_forecast(scores: pd.DataFrame, forecast: pd.DataFrame, beats_baseline: bool) -> Facts:
    """Say whether any method beat seasonal-naive in the backtest, and what the chosen one gives.

    Parameters
    ----------
    scores, forecast : DataFrame
        As `models.choose_forecast` returns them, the chosen method first in `scores` if it won.
    beats_baseline : bool
        Whether a method beat seasonal-naive.
    """
    baseline = scores[scores["method"] == BASELINE].iloc[0]
    others = scores[scores["method"] != BASELINE]
    held_back = f"Over {count_of(baseline['n_months'], 'month')} held back,"
    if others.empty:
        sentence = f"{held_back} the same month a year before has an error of {say(baseline['mape'], 'rate')}"
    else:
        best = others.iloc[0]
        error, plain = say_pair(best["mape"], baseline["mape"])
        sentence = (
            f"{held_back} the {best['label']}{',' if ',' in best['label'] else ''} forecasts better than the same month a year before: "
            f"its error is {error} against {plain}"
            if beats_baseline
            else f"{held_back} no method forecasts better than the same month a year before (error {plain}; "
            f"the best other, {best['label']}, {error})"
        )
    shown = others.iloc[0] if beats_baseline else baseline
    last = forecast.iloc[-1]
    held = say(shown["coverage95"], "rate", 0) if pd.notna(shown["coverage95"]) else "an unknown share"
    return {
        "forecast": sentence,
        "forecast_mape": known_fact(shown["mape"], "rate"),
        "forecast_baseline_mape": known_fact(baseline["mape"], "rate"),
        "forecast_coverage": f"{held} of {count_of(shown['n_months'], 'month')}",
        "forecast_month": fact(last["month"], "month"),
        "forecast_n": fact(last["n_appointments"], "scaled"),
        "forecast_low": fact(last["n_low95"], "scaled"),
        "forecast_high": fact(last["n_high95"], "scaled"),
    }


def say_seasons(seasons: pd.DataFrame) -> Facts:
    """Say in which calendar months working days are busiest and quietest (`measures.season_table`)."""
    full = seasons[seasons["ratio"].notna()]
    if full.empty:
        return {"season": "No calendar year is complete in these files, so seasons cannot be compared"}
    mean = full.groupby("calendar_month", observed=True, as_index=False)["ratio"].mean()
    years = full["year"].unique()
    when = f"in {years[0]}" if len(years) == 1 else f"over {len(years)} full years"
    top, low = extremes(mean, "ratio")
    if len(top) == len(mean):
        return {"season": f"Working days were equally busy in every calendar month ({when})"}
    names = [name_groups(rows["calendar_month"].astype(str).map(MONTH_NAMES)) for rows in (top, low)]
    above, below = (say_share(abs(rows["ratio"].iloc[0] - 1), 0) for rows in (top, low))
    return {
        "season": f"Working days were busiest in {names[0]}, {above} above the year's mean, and "
        f"quietest in {names[1]}, {below} below it ({when})"
    }
