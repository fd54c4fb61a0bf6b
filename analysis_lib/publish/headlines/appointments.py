"""Sentences of notebook 01, explore appointments."""

from __future__ import annotations

import pandas as pd

from analysis_lib.publish.headlines.common import Facts, change_word, extremes
from analysis_lib.release import fact, say

BASES = {"30": "month ÷ 30", "calendar": "calendar days", "working": "working days"}


def say_reconciliation(table: pd.DataFrame) -> Facts:
    """Say how many monthly totals of the subjects agree (`measures.reconcile_subjects`)."""
    compared = table[table["status"] != "nothing to compare"]
    differ = compared[compared["status"] == "disagrees"]
    if compared.empty:
        sentence = "There is nothing to compare: these files hold one subject only, or no common month"
    elif differ.empty:
        sentence = f"All {say(len(compared), 'count')} monthly totals that two files share agree exactly"
    else:
        worst = differ.loc[differ["difference"].abs().idxmax()]
        sentence = (
            f"{len(differ)} of {say(len(compared), 'count')} monthly totals that two files share differ, "
            f"by up to {say(abs(worst['difference']), 'count')} ({say(worst['month'], 'month')})"
        )
    return {
        "reconciliation": sentence,
        "n_compared": fact(len(compared), "count"),
        "n_differ": fact(len(differ), "count"),
    }


def say_months(monthly: pd.DataFrame) -> Facts:
    """Say how many appointments there were, and in which months most and fewest."""
    top, low = extremes(monthly, "n_appointments")
    total = monthly["n_appointments"].sum()
    return {
        "monthly": f"{say(top['month'], 'month')} was the busiest month with {say(top['n_appointments'], 'scaled')} "
        f"appointments, {say(low['month'], 'month')} the quietest with {say(low['n_appointments'], 'scaled')}",
        "total": fact(total, "count"),
        "total_scaled": fact(total, "scaled"),
        "n_months": fact(len(monthly), "count"),
        "first_month": fact(monthly["month"].min(), "month"),
        "last_month": fact(monthly["month"].max(), "month"),
        "busiest_month": fact(top["month"], "month"),
        "busiest_n": fact(top["n_appointments"], "count"),
        "quietest_month": fact(low["month"], "month"),
    }


def say_shift(shares: pd.DataFrame, column: str, key: str) -> Facts:
    """Say which group's share of appointments changed most between the first and the last month.

    Parameters
    ----------
    shares : DataFrame
        month, `column`, share (of the month, 0 to 1).
    column, key : str
        The group, and the name of the caption fact.
    """
    first, last = shares["month"].min(), shares["month"].max()
    wide = shares.pivot_table(index=column, columns="month", values="share", observed=True).fillna(0)
    order = (wide[last] - wide[first]).abs().sort_values(ascending=False).index[:2]
    parts = [
        f"{group} {change_word(wide.at[group, first], wide.at[group, last])} from "
        f"{say(wide.at[group, first], 'rate')} to {say(wide.at[group, last], 'rate')} of appointments"
        for group in order
    ]
    largest = wide[last].idxmax()
    return {
        key: f"Between {say(first, 'month')} and {say(last, 'month')}, {', and '.join(parts)}",
        f"{key}_finding": f"{order[0]} appointments {change_word(wide.at[order[0], first], wide.at[order[0], last])} "
        f"from {say(wide.at[order[0], first], 'rate', 0)} to {say(wide.at[order[0], last], 'rate', 0)} of all",
        f"{key}_largest": str(largest),
        f"{key}_largest_share": fact(wide.at[largest, last], "rate"),
    }


def say_categories(margins: pd.DataFrame) -> Facts:
    """Say which setting and category lead, and what share has no usable category.

    Parameters
    ----------
    margins : DataFrame
        dimension, value, n_appointments, share (of the dimension's total).
    """

    def rows(dimension: str) -> pd.DataFrame:
        return margins[margins["dimension"] == dimension]

    unusable = ("Unmapped", "Inconsistent Mapping")
    setting, context, category = (rows(d) for d in ("service_setting", "context_type", "national_category"))
    useless = context.loc[context["value"].isin(unusable), "share"].sum()
    named = category[~category["value"].isin(unusable)]
    top_setting, top = extremes(setting, "share")[0], extremes(named, "share")[0]
    return {
        "category": f"{top['value']} is the largest national category ({say(top['share'], 'rate')}); "
        f"{say(useless, 'rate')} of appointments have no usable category",
        "setting": f"{top_setting['value']} was the setting of {say(top_setting['share'], 'rate')} of appointments",
        "category_unusable": fact(useless, "rate"),
        "category_top": str(top["value"]),
    }


def say_areas(areas: pd.DataFrame, name: str, key: str) -> Facts:
    """Say which area had most appointments, and its share (`measures.top_areas`)."""
    top = areas.sort_values("n_appointments", ascending=False).iloc[0]
    return {
        key: f"{top[name]} had most appointments: {say(top['n_appointments'], 'scaled')}, "
        f"{say(top['share'], 'rate')} of all",
        f"{key}_top": str(top[name]),
        f"{key}_top_n": fact(top["n_appointments"], "count"),
        f"n_{key}": fact(len(areas), "count"),
    }


def say_map(areas: pd.DataFrame, value: str) -> Facts:
    """Say between which areas the mapped value ranges."""
    top, low = extremes(areas, value)
    if value == "per_1000_patients":
        sentence = (
            f"Appointments a month per 1,000 registered patients range from {say(low[value], 'count')} "
            f"({low['icb_name']}) to {say(top[value], 'count')} ({top['icb_name']})"
        )
    else:
        sentence = (
            f"Appointments range from {say(low[value], 'scaled')} ({low['icb_name']}) to "
            f"{say(top[value], 'scaled')} ({top['icb_name']}); large areas have more, whatever their need"
        )
    return {"map": sentence}


def say_weekdays(profile: pd.DataFrame) -> Facts:
    """Say which weekday is busiest, and what the weekend holds (`measures.weekday_profile`)."""
    top = extremes(profile, "per_day")[0]
    weekend = profile.loc[profile["weekday"].astype(str).isin(["Saturday", "Sunday"]), "share"].sum()
    return {
        "weekday": f"{top['weekday']} is the busiest day with {say(top['per_day'], 'scaled', 2)} appointments "
        f"on average; weekends hold {say(weekend, 'rate')} of appointments",
        "weekend_share": fact(weekend, "rate"),
        "busiest_weekday": str(top["weekday"]),
    }


def say_durations(durations: pd.DataFrame) -> Facts:
    """Say what share of attended appointments took ten minutes or less (`measures.count_distribution`)."""
    labels = durations["duration"].astype(str)
    short = durations.loc[labels.isin(["1-5 Minutes", "6-10 Minutes"]), "share_known"].sum()
    unknown = durations.loc[labels == "Unknown", "share"].sum()
    return {
        "duration": f"{say(short, 'rate')} of attended appointments of known length took ten minutes or less; "
        f"the length of {say(unknown, 'rate')} is unknown",
        "duration_short": fact(short, "rate"),
        "duration_unknown": fact(unknown, "rate"),
    }


def say_lead_times(lead_times: pd.DataFrame) -> Facts:
    """Say what share took place on the day of booking (`measures.count_distribution`)."""
    known = lead_times.set_index(lead_times["lead_time"].astype(str))["share_known"]
    long = known.reindex(["15 to 21 Days", "22 to 28 Days", "More than 28 Days"]).sum()
    same = float(known.get("Same Day", 0.0))
    return {
        "lead_time": f"{say(same, 'rate')} of appointments took place on the day they were booked, "
        f"{say(long, 'rate')} more than two weeks after",
        "same_day": fact(same, "rate"),
        "over_two_weeks": fact(long, "rate"),
    }


def say_utilisation(monthly: pd.DataFrame, planning_per_day: float) -> Facts:
    """Say in how many months appointments a day exceed the planning figure, on each basis."""
    plan = say(planning_per_day, "count")
    over = {b: int((monthly[f"per_day_{b}"] > planning_per_day).sum()) for b in BASES}
    facts: Facts = {
        "utilisation": f"Against {plan} a day, {over['working']} of {len(monthly)} months are over the plan "
        f"counted by working days, {over['calendar']} by calendar days and {over['30']} by month ÷ 30",
        "planning_per_day": fact(planning_per_day, "count"),
    }
    for basis in BASES:
        top, low = extremes(monthly, f"per_day_{basis}")
        facts[f"months_over_{basis}"] = fact(over[basis], "count")
        facts[f"max_per_day_{basis}"] = fact(top[f"per_day_{basis}"], "count")
        facts[f"min_per_day_{basis}"] = fact(low[f"per_day_{basis}"], "count")
        facts[f"mean_utilisation_{basis}"] = fact(monthly[f"utilisation_{basis}"].mean(), "rate", 0)
        facts[f"max_utilisation_{basis}"] = fact(top[f"utilisation_{basis}"], "rate", 0)
        facts[f"max_month_{basis}"] = fact(top["month"], "month")
    return facts


def say_exceedance(exceedance: pd.DataFrame, what: str) -> Facts:
    """Say on how many working days the count exceeds the planning figure (`measures.count_exceedance`)."""
    days, over = exceedance["n_days_working"].sum(), exceedance["n_days_working_over"].sum()
    share = over / days
    return {
        "exceedance": f"On {say(over, 'count')} of {say(days, 'count')} working days ({say(share, 'rate', 0)}) "
        f"{what} exceeded the planning figure",
        "days_over": fact(over, "count"),
        "days_working": fact(days, "count"),
        "days_over_share": fact(share, "rate", 0),
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
    baseline = scores.loc[scores["ratio_to_baseline"] == 1].iloc[0]
    best, other = scores.iloc[0], scores[scores["method"] != baseline["method"]].iloc[0]
    if beats_baseline:
        sentence = (
            f"Over {best['n_months']} months held back, the {best['label']} forecasts better than the same month a "
            f"year before: its error is {say(best['mape'], 'rate')} against {say(baseline['mape'], 'rate')}"
        )
    else:
        sentence = (
            f"Over {baseline['n_months']} months held back, no method forecasts better than the same month a year "
            f"before (error {say(baseline['mape'], 'rate')}; "
            f"the best other, {other['label']}, {say(other['mape'], 'rate')})"
        )
    shown = best if beats_baseline else baseline
    last = forecast.iloc[-1]
    return {
        "forecast": sentence,
        "forecast_mape": fact(shown["mape"], "rate"),
        "forecast_baseline_mape": fact(baseline["mape"], "rate"),
        "forecast_coverage": fact(shown["coverage95"], "rate", 0),
        "forecast_month": fact(last["month"], "month"),
        "forecast_n": fact(last["n_appointments"], "scaled"),
        "forecast_low": fact(last["n_low95"], "scaled"),
        "forecast_high": fact(last["n_high95"], "scaled"),
    }


def say_answers(monthly: pd.DataFrame, planning_per_day: float) -> Facts:
    """Answer the two standing questions from the three bases: utilisation, and what it says of capacity."""
    over_working = (monthly["per_day_working"] > planning_per_day).sum()
    over_30 = (monthly["per_day_30"] > planning_per_day).sum()
    plan = say(planning_per_day, "count")
    mean = {b: say(monthly[f"utilisation_{b}"].mean(), "rate", 0) for b in BASES}
    if over_working == 0:
        finding = "The plan was not exceeded in any month, however a day is counted"
        capacity = f"On no basis does any month exceed the planning figure of {plan} appointments a day"
    elif over_30 == 0:
        finding = "Whether there was room depends on how a day is counted"
        capacity = (
            f"It depends on how a day is counted: no month exceeds the planning figure of {plan} a day when it is "
            f"divided by 30, but {over_working} of {len(monthly)} do by working days, when practices are open"
        )
    else:
        finding = "The plan was exceeded in some months, however a day is counted"
        capacity = (
            f"The planning figure of {plan} a day is exceeded in {over_30} of {len(monthly)} months divided by 30, "
            f"and in {over_working} by working days"
        )
    return {
        "answer_utilisation": f"On average {mean['30']} of the planning figure counting each month as 30 days, "
        f"{mean['calendar']} by calendar days and {mean['working']} by working days",
        "answer_capacity": capacity,
        "capacity_finding": finding,
        "answer": capacity + ".",
    }
