"""Sentences of notebook 01 on what appointments there were: when, where, of what kind."""

from __future__ import annotations

import pandas as pd

from analysis_lib.release import fact, say
from analysis_lib.words import (
    NOT_KNOWN,
    UNKNOWN,
    Facts,
    count_of,
    each,
    extremes,
    name_groups,
    rate_fact,
    say_move,
    say_pair,
    say_period,
    say_share,
    without_unknown,
)

PEAK = 0.05  # a share in between that exceeds both ends by so much is said
UNUSABLE = ("Unmapped", "Inconsistent Mapping")
GROUP_WORDS = {"mode": "mode", "hcp_type": "staff group"}
AREA_WORDS = {
    "icb_name": "integrated care board",
    "region_name": "region",
    "sub_icb_name": "sub-ICB location",
}
TWO_WEEKS_ON = ("15 to 21 Days", "22 to 28 Days", "More than 28 Days")


def say_reconciliation(table: pd.DataFrame) -> Facts:
    """Say how many monthly totals of the subjects agree (`measures.reconcile_subjects`)."""
    compared = table[table["status"] != "nothing to compare"]
    differ = compared[compared["status"] == "disagrees"]
    n, n_differ = len(compared), len(differ)
    totals = f"{say(n, 'count')} monthly totals that two files share"
    whole = {1: "The one monthly total that two files share", 2: f"Both {totals[2:]}"}.get(n, f"All {totals}")
    if not n:
        sentence = "There is nothing to compare: no two of these files hold the same months and areas"
    elif not n_differ:
        sentence = f"{whole} agree{'s' if n == 1 else ''} exactly"
    else:
        some = whole if n == n_differ else f"{say(n_differ, 'count')} of {totals}"
        sentence = f"{some} {_say_differences(differ)}"
    return {
        "reconciliation": sentence,
        "n_compared": fact(n, "things"),
        "n_differ": fact(n_differ, "things"),
    }


def _say_differences(differ: pd.DataFrame) -> str:
    """Say by how much totals differ; areas can differ though their sums are equal."""
    one = len(differ) == 1
    sizes = differ["difference"].abs()
    if sizes.max() == 0:
        return f"{'is' if one else 'are'} equal in sum, but not area by area"
    worst = f"{say(sizes.max(), 'count')} ({say(differ.at[sizes.idxmax(), 'month'], 'month')})"
    if (sizes == 0).any():
        return f"differ in sum or area by area, the sums by up to {worst}"
    return f"differs by {worst}" if one else f"differ, by up to {worst}"


def say_months(monthly: pd.DataFrame) -> Facts:
    """Say how many appointments there were, and in which months most and fewest.

    Parameters
    ----------
    monthly : DataFrame
        As `measures.rate_per_day` returns: month, n_appointments, days_working.
    """
    top, low = extremes(monthly, "n_appointments")
    total, most, fewest = (monthly["n_appointments"].agg(how) for how in ("sum", "max", "min"))
    high_text, low_text = say_pair(most, fewest, "scaled")
    noun = "appointment" if most == 1 else "appointments"
    if len(monthly) == 1:
        sentence = f"{name_groups(top['month'])}, the only month in these files, had {high_text} {noun}"
    elif len(top) == len(monthly):
        sentence = f"Every month had {high_text} {noun}"
    else:
        was, months = ("was", "month") if len(top) == 1 else ("were", "months")
        sentence = (
            f"{name_groups(top['month'])} {was} the busiest {months} with {high_text} {noun}{each(top)}, "
            f"{name_groups(low['month'])} the quietest with {low_text}{each(low)}"
        )
    per_day = total / monthly["days_working"].sum()
    several = {
        "busiest_month": fact(top["month"].iloc[0], "month"),
        "busiest_n": fact(most, "count"),
        "quietest_month": fact(low["month"].iloc[0], "month"),
    }
    when = f"{'from' if len(monthly) > 1 else 'in'} {say_period(monthly['month'])}"
    return {
        "monthly": sentence,
        "volume": f"There were {count_of(total, 'appointment', 'count')} {when}, on average {say(per_day, 'count')} "
        "a working day",
        "per_day_working": fact(per_day, "number", 0),
        "total": fact(total, "count"),
        "total_scaled": fact(total, "scaled"),
        "n_months": fact(len(monthly), "things"),
        "months_covered": count_of(len(monthly), "month"),
        "period": say_period(monthly["month"]),
    } | (several if len(monthly) > 1 else {})


def say_shift(shares: pd.DataFrame, column: str, key: str) -> Facts:
    """Say which group's share of appointments changed most between the first and the last month.

    Parameters
    ----------
    shares : DataFrame
        month, `column`, share (of the month, 0 to 1). A group without a row in a month has none of it.
    column, key : str
        The group, and the name of the caption fact.
    """
    shares = shares[shares["share"].notna()]
    first, last = shares["month"].min(), shares["month"].max()
    wide = shares.pivot_table(index=column, columns="month", values="share", observed=True).fillna(0.0)
    wide.index = wide.index.astype(str)
    word = GROUP_WORDS.get(column, column.replace("_", " "))
    before, after, peak = wide[first], wide[last], _say_peak(wide, word)
    by_change = (after - before).abs().round(6).sort_values(ascending=False, kind="stable").index
    by_size = after.sort_values(ascending=False, kind="stable").index
    moved = [g for g in by_change[:2] if say_move(before[g], after[g]).split()[0] != "stayed"]
    if first == last:
        caption = f"In {say(last, 'month')}, " + _say_parts(by_size[:2], after, word, "made up ")
        finding = f"{_appointments(by_size[0], word)} made up {say_share(after[by_size[0]], 0)} of all"
    elif moved:
        parts = [f"{_group(g, word)} {say_move(before[g], after[g])}" for g in moved]
        caption = f"{_between(first, last)}, {' of appointments, and '.join(parts)}"
        caption += " of appointments" if len(parts) == 1 else ""
        caption += peak
        finding = f"{_appointments(moved[0], word)} {_finding_move(before[moved[0]], after[moved[0]])} of all"
    elif peak:
        caption = f"{say(last, 'month')} was much like {say(first, 'month')}: "
        caption += _say_parts(by_size[:2], after, word, "at ", "at ") + peak
        finding = (
            f"{_appointments(by_size[0], word)} were {say_share(after[by_size[0]], 0)} of all, as at first"
        )
    else:
        caption = f"{_between(first, last)}, the shares hardly changed: "
        caption += _say_parts(by_size[:2], after, word, "stayed at ", "at ")
        finding = f"{_appointments(by_size[0], word)} stayed at {say_share(after[by_size[0]], 0)} of all"
    largest = next((g for g in by_size if g != UNKNOWN), UNKNOWN)
    return {
        key: caption,
        f"{key}_finding": finding,
        f"{key}_largest": str(largest),
        f"{key}_largest_share": rate_fact(after[largest]),
    }


def _say_peak(wide: pd.DataFrame, word: str) -> str:
    """Name the group that went far beyond its first and last share in between, and when; else nothing."""
    beyond = wide.max(axis=1) - wide.iloc[:, [0, -1]].max(axis=1)
    group = beyond.idxmax()
    if beyond[group] < PEAK:
        return ""
    month = wide.loc[group].idxmax()
    return f"; {_group(str(group), word)} had reached {say_share(wide.at[group, month])} in {say(month, 'month')}"


def _between(first: pd.Timestamp, last: pd.Timestamp) -> str:
    return f"Between {say(first, 'month')} and {say(last, 'month')}"


def _group(name: str, word: str) -> str:
    return f"unknown {word}" if name == UNKNOWN else name


def _appointments(name: str, word: str) -> str:
    return f"Appointments of unknown {word}" if name == UNKNOWN else f"{name} appointments"


def _finding_move(before: float, after: float) -> str:
    """Round to whole percentages, unless that would hide the move."""
    whole = say_move(before, after, 0)
    return say_move(before, after, 1) if whole.startswith("stayed") else whole


def _say_parts(groups: pd.Index, shares: pd.Series, word: str, verb: str, then: str = "") -> str:
    """Return "A made up 60% of appointments, and B 40%"."""
    first, *rest = groups
    text = f"{_group(first, word)} {verb}{say_share(shares[first])} of appointments"
    return text + "".join(f", and {_group(g, word)} {then}{say_share(shares[g])}" for g in rest)


def say_categories(margins: pd.DataFrame) -> Facts:
    """Say which setting and category lead, and what share has no usable category.

    Parameters
    ----------
    margins : DataFrame
        dimension, value, n_appointments, share (of the dimension's total). A dimension may be absent.
    """
    category = margins[margins["dimension"] == "national_category"]
    setting = margins[margins["dimension"] == "service_setting"]
    useless = category.loc[category["value"].isin(UNUSABLE), "share"].sum() if len(category) else float("nan")
    top = extremes(_usable(category), "share")[0]
    top_setting = extremes(_usable(setting), "share")[0]
    if top.empty:
        lead = (
            "No appointment has a usable national category" if len(category) else "The files hold no category"
        )
    else:
        verb = "is the largest national category" if len(top) == 1 else "are the largest national categories"
        lead = f"{name_groups(top['value'])} {verb} ({say_share(top['share'].iloc[0])}{each(top)}); "
        lead += f"{say_share(useless)} of appointments have no usable category"
    if top_setting.empty:
        place = "The setting of these appointments is not known"
    else:
        were = "was the setting" if len(top_setting) == 1 else "were the settings"
        share = say_share(top_setting["share"].iloc[0])
        place = f"{name_groups(top_setting['value'])} {were} of {share} of appointments{each(top_setting)}"
    return {
        "category": lead,
        "setting": place,
        "category_unusable": rate_fact(useless),
        "category_top": name_groups(top["value"]) if len(top) else NOT_KNOWN,
    }


def _usable(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[~rows["value"].isin(UNUSABLE) & (rows["share"] > 0)]


def say_areas(areas: pd.DataFrame, name: str, key: str) -> Facts:
    """Say which area had most appointments, and its share (`measures.top_areas`)."""
    top = extremes(areas, "n_appointments")[0]
    most, names = top["n_appointments"].iloc[0], name_groups(top[name])
    if len(areas) == 1:
        sentence = f"All {count_of(most, 'appointment', 'scaled')} were in {names}"
    elif len(top) == len(areas):
        sentence = f"Every area had equally many appointments: {say(most, 'scaled')}"
    else:
        sentence = f"{names} had most appointments: {say(most, 'scaled')}{each(top)}, "
        sentence += f"{say_share(top['share'].iloc[0])} of all{each(top)}"
    return {
        key: sentence,
        f"{key}_top": names,
        f"{key}_top_n": fact(most, "count"),
        f"n_{key}": fact(len(areas), "things"),
        f"{key}_covered": count_of(len(areas), AREA_WORDS.get(name, "area")),
    }


def say_map(areas: pd.DataFrame, value: str) -> Facts:
    """Say between which areas the mapped value ranges; areas without a value are left out."""
    top, low = extremes(areas, value)
    rate = value == "per_1000_patients"
    what = "Appointments a month per 1,000 registered patients" if rate else "Appointments"
    if top.empty:
        return {"map": "No area has a value to map"}
    pair = (low[value].iloc[0], top[value].iloc[0])
    low_text, high_text = say_pair(*pair, "number", 0) if rate else say_pair(*pair, "scaled")
    if areas[value].notna().sum() == 1:
        return {"map": f"{what}: {high_text} in {top['icb_name'].iloc[0]}, the only area here"}
    if pair[1] - pair[0] < 1e-9:
        return {"map": f"{what} are the same in every area: {high_text}"}
    sentence = f"{what} range from {low_text} ({name_groups(low['icb_name'])}) to "
    sentence += f"{high_text} ({name_groups(top['icb_name'])})"
    return {"map": sentence + ("" if rate else "; large areas have more, whatever their need")}


def say_durations(durations: pd.DataFrame) -> Facts:
    """Say what share of attended appointments took ten minutes or less (`measures.count_distribution`)."""
    labels = durations["duration"].astype(str)
    known = without_unknown(durations, "duration")["share_known"]
    short = durations.loc[labels.isin(["1-5 Minutes", "6-10 Minutes"]), "share_known"].sum()
    short = short if known.notna().any() else float("nan")
    unknown = durations.loc[labels == UNKNOWN, "share"].sum()
    if pd.isna(short):
        sentence = "The length of every attended appointment is unknown"
    else:
        rest = f"the length of {say_share(unknown)} is unknown" if unknown else "every length is known"
        sentence = (
            f"{say_share(short)} of attended appointments of known length took ten minutes or less; {rest}"
        )
    return {
        "duration": sentence[0].upper() + sentence[1:],
        "duration_short": rate_fact(short),
        "duration_unknown": rate_fact(unknown),
    }


def say_lead_times(lead_times: pd.DataFrame) -> Facts:
    """Say what share took place on the day of booking (`measures.count_distribution`)."""
    shares = without_unknown(lead_times, "lead_time")
    known = shares.set_index(shares["lead_time"].astype(str))["share_known"].dropna()
    if known.empty:
        sentence = "How far ahead appointments were booked is unknown"
        return {"lead_time": sentence, "same_day": NOT_KNOWN, "over_two_weeks": NOT_KNOWN}
    long, same = known.reindex(TWO_WEEKS_ON).sum(), float(known.get("Same Day", 0.0))
    sentence = (
        f"{say_share(same)} of appointments with a known lead time took place on the day they were booked, "
        f"{say_share(long)} more than two weeks after"
    )
    return {
        "lead_time": sentence[0].upper() + sentence[1:],
        "same_day": rate_fact(same),
        "over_two_weeks": rate_fact(long),
    }
