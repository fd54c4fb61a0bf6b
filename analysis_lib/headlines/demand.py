"""Sentences of notebook 04, what drives demand: who uses what, and how unequally."""

from __future__ import annotations

import pandas as pd

from analysis_lib.release import fact, say, say_list
from analysis_lib.words import NOT_KNOWN, Facts, known_fact, rate_fact, say_share

SETTING_NAMES = {
    "gp": "GP",
    "nhs111": "NHS 111",
    "ambulance": "Ambulance",
    "ae": "A&E",
    "outpatient": "Outpatients",
    "elective": "Elective admissions",
    "emergency": "Emergency admissions",
    "community": "Community care",
    "mental_health": "Mental health care",
    "maternity": "Maternity care",
    "social_care": "Social care",
}
PHRASES = {
    "GP": "GP contacts",
    "NHS 111": "calls to NHS 111",
    "Ambulance": "ambulance call-outs",
    "A&E": "A&E attendances",
    "Outpatients": "outpatient appointments",
    "Community care": "community contacts",
    "Mental health care": "mental health contacts",
    "Maternity care": "maternity contacts",
    "Social care": "social care contacts",
}
TERM_NAMES = {
    "age_band": "Age",
    "sex": "Sex",
    "ethnic_group": "Ethnic group",
    "imd_decile": "Deprivation decile",
    "copd": "COPD",
    "stroke_tia": "Stroke or TIA",
    "psychosis_bipolar": "Psychosis or bipolar",
    "anxiety_depression": "Anxiety or depression",
    "male_15_44": "Men of 15 to 44 years",
    "copd_core20": "COPD, in the Core20",
    "anxiety_depression_under_35": "Anxiety or depression, under 35",
    "heart_failure_75_and_over": "Heart failure, 75 and over",
    "diabetes_and_kidney_disease": "Diabetes and kidney disease",
}
MOST, LEAST = "1", "10"  # deprivation deciles
NOT_RECORDED = "not recorded"  # as `measures.NOT_RECORDED`: the group of those without a label


def in_sentence(name: str) -> str:
    """Return the name of a setting inside a sentence: "emergency admissions", "GP contacts"."""
    return PHRASES.get(name, name[0].lower() + name[1:])


def name_settings(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy with the settings' names for people in `service`, in the order in which they come."""
    names = frame["setting"].map(lambda setting: SETTING_NAMES.get(setting, setting))
    return frame.assign(service=names)


def name_terms(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy with a name for each level of a driver in `driver`: "Heart failure", "Age 85+"."""
    names = [_term_name(term, level) for term, level in zip(frame["term"], frame["level"], strict=True)]
    return frame.assign(driver=names)


def _term_name(term: str, level: str) -> str:
    if str(level) != "True":
        return f"{TERM_NAMES.get(term, term)} {level}"
    plain = term.removeprefix("has_")
    return TERM_NAMES.get(plain, plain.replace("_", " ").capitalize())


def say_use(table: pd.DataFrame) -> Facts:
    """Say how many people there are, and which settings they use most (as demand_by_setting, released)."""
    known = table.dropna(subset=["rate_per_1000"]).sort_values("rate_per_1000", ascending=False)
    n = table["n_people"].iloc[0]
    if known.empty:
        return {
            "n_people": known_fact(n, "count"),
            "use": "There are too few contacts to say which services are used most",
        }
    top = name_settings(known.head(2))
    named = [
        f"{in_sentence(r.service)} ({say(r.rate_per_1000, 'count')})" for r in top.itertuples(index=False)
    ]
    return {
        "n_people": known_fact(n, "count"),
        "use": f"Per 1,000 people a year there are most {say_list(named)}, at the same mix of ages",
    }


def say_recorded(by_group: pd.DataFrame) -> Facts:
    """Say for how many people deprivation is not recorded, and what becomes of them (demand_by_group, released)."""
    deciles = by_group[by_group["group"] == "imd_decile"].drop_duplicates("level")
    missing = deciles["level"] == NOT_RECORDED
    if not missing.any():
        return {"recorded": "Deprivation is recorded for everybody here"}
    n, others = deciles.loc[missing, "n_people"].iloc[0], deciles.loc[~missing, "n_people"].sum()
    if n > 0 and not others:
        who = "anybody here"
    elif pd.isna(n):
        who = "some of these people (how many must not be shown)"
    else:
        who = f"{say(n, 'count')} of these people"
    then = (
        "who are left out of comparisons of deprivation and of the models"
        if pd.isna(n) or 0 < n <= others
        else "so use is not compared by deprivation, and the models do without it"
    )
    return {"recorded": f"Deprivation is not recorded for {who}, {then}"}


def say_deciles(by_group: pd.DataFrame) -> Facts:
    """Say how use differs between the most and the least deprived tenth (demand_by_group, released)."""
    deciles = by_group[(by_group["group"] == "imd_decile") & (by_group["level"] != NOT_RECORDED)]
    rates = deciles.pivot_table(index="setting", columns="level", values="rate_per_1000", sort=False)
    if not {MOST, LEAST} <= set(rates.columns):
        return {
            "deciles": "The most and the least deprived tenth cannot be compared: one of them has too few people or contacts"
        }
    ratio = (rates[MOST] / rates[LEAST]).dropna().sort_values(ascending=False)
    if ratio.empty:
        return {
            "deciles": "No setting has enough contacts in the most and the least deprived tenth to compare"
        }
    named = [
        f"{say(value, 'number', 1)} times as many {in_sentence(SETTING_NAMES[setting])}"
        for setting, value in ratio.iloc[[0, -1]].drop_duplicates().items()
    ]
    more = f", and {named[1]}" if len(named) > 1 else ""
    return {
        "deciles": f"The most deprived tenth (decile 1) has {named[0]} as the least deprived (decile 10){more}"
    }


def say_ages(by_group: pd.DataFrame, setting: str) -> Facts:
    """Say which ages have most contacts in one setting (demand_by_group, released)."""
    ages = by_group[(by_group["group"] == "age_band") & (by_group["setting"] == setting)]
    known = ages.dropna(subset=["rate_per_1000"]).sort_values("rate_per_1000")
    what = in_sentence(SETTING_NAMES[setting])
    if len(known) < 2:
        return {"ages": f"There are too few {what} to compare ages"}
    low, high = known.iloc[0], known.iloc[-1]
    return {
        "ages": f"People of {_ages(high['level'])} have {say(high['rate_per_1000'], 'count')} {what} per 1,000 a year, "
        f"against {say(low['rate_per_1000'], 'count')} of those of {_ages(low['level'])}"
    }


def _ages(band: str) -> str:
    return f"{band[:-1]} and over" if band.endswith("+") else band.replace("-", " to ")


def say_sexes(by_group: pd.DataFrame, setting: str) -> Facts:
    """Say how the ethnic groups differ in one setting (demand_by_group, released)."""
    rows = by_group[(by_group["group"] == "ethnic_group") & (by_group["setting"] == setting)]
    rows = rows[rows["level"] != "not stated"].dropna(subset=["rate_per_1000"])
    what = in_sentence(SETTING_NAMES[setting])
    if len(rows) < 2:
        return {"groups": f"There are too few {what} to compare groups"}
    ends = rows.sort_values("rate_per_1000").iloc[[0, -1]]
    low, high = ends.iloc[0], ends.iloc[1]
    apart = "" if high["low"] > low["high"] else ", which chance alone could make"
    return {
        "groups": f"Of the ethnic groups, {high['level']} has most {what} per 1,000 a year "
        f"({say(high['rate_per_1000'], 'count')}) and {low['level']} fewest ({say(low['rate_per_1000'], 'count')}){apart}"
    }


def say_costed(costed: pd.DataFrame) -> Facts:
    """Say how many contacts have no cost (n_contacts, n_without_cost; released)."""
    without, n = costed[["n_without_cost", "n_contacts"]].iloc[0]
    if without == 0:
        return {"costed": "A cost is recorded for every contact"}
    if pd.isna(without) or pd.isna(n):
        return {"costed": "A few contacts have no cost, and count as none"}
    return {"costed": f"No cost is recorded for {say_share(without / n, 0)} of contacts, which count as none"}


def say_top(top: pd.DataFrame) -> Facts:
    """Say which share of cost the few with most of it hold (`measures.share_top`, released)."""
    known = top.dropna(subset=["share"])
    if known.empty:
        return {"top": "There are too few people to say how cost is spread"}
    named = [f"{say(r.top, 'rate', 0)} of people have {say(r.share, 'rate', 0)}" for r in known.itertuples()]
    facts: Facts = {"top": f"Of all cost, {say_list(named)}"}
    five = known[(known["top"] - 0.05).abs() < 1e-9]
    facts["top_five_share"] = rate_fact(five["share"].iloc[0], 0) if len(five) else NOT_KNOWN
    return facts


def say_inequality(table: pd.DataFrame) -> Facts:
    """Say how unequal use is over deprivation, and what is left at equal need.

    Parameters
    ----------
    table : DataFrame
        setting, rii, rii_low, rii_high, need_rii, need_rii_low, need_rii_high; as released.
    """
    known = name_settings(table.dropna(subset=["rii"])).sort_values("rii", ascending=False)
    if known.empty:
        nothing = "No setting has enough contacts in every decile for an index of inequality"
        return {"inequality": nothing, "inequality_short": nothing, "need": nothing}
    steep = known.iloc[0]
    more = known[known["rii_low"] > 1]
    less = known[known["rii_high"] < 1]
    told = f"Use rises with deprivation in {len(more) or 'none'} of {len(known)} settings"
    short = f"{told} of care"
    told += f" and falls in {len(less)}" if len(less) else ""
    most = (
        f"; most of all in {in_sentence(steep['service'])}, "
        f"{say(steep['rii'], 'number', 1)} times as much at the most as at the least deprived end"
    )
    sentence = told + (most if len(more) else "")
    return {"inequality": sentence, "inequality_short": short, "need": _say_need(known)}


def _say_need(known: pd.DataFrame) -> str:
    both = known.dropna(subset=["need_rii"])
    if both.empty:
        return "What is left at equal need cannot be said: too few contacts"
    steep = both.iloc[0]
    left = both[(both["need_rii_low"] > 1) | (both["need_rii_high"] < 1)]
    return (
        f"At equal need (age, sex and long-term conditions) there are {say(steep['need_rii'], 'number', 1)} times as "
        f"many {in_sentence(steep['service'])} at the most deprived end; a difference beyond chance is left in "
        f"{len(left)} of {len(both)} settings"
    )


def say_core20(core20: pd.DataFrame) -> Facts:
    """Say what the most deprived fifth has more of than the rest (`measures.compare_rates`, released)."""
    sides = core20[["people_with", "people_without"]].iloc[0]
    share = rate_fact(sides["people_with"] / sides.sum(skipna=False), 0)
    known = name_settings(core20.dropna(subset=["rate_ratio"])).sort_values("rate_ratio", ascending=False)
    if known.empty:
        return {
            "core20": "There are too few contacts to compare the Core20 with the rest",
            "core20_share": share,
        }
    ends = known.iloc[[0, -1]].drop_duplicates("setting")
    named = [
        f"{say(r.rate_ratio, 'number', 2)} times as many {in_sentence(r.service)}"
        for r in ends.itertuples(index=False)
    ]
    return {
        "core20": f"Against the rest, the Core20 (the most deprived national fifth of areas) have {say_list(named)}",
        "core20_share": share,
    }


_BLOCKS = {
    "demographics": "age, sex and ethnic group tell",
    "health need": "health need tells",
    "place": "the place where people live tells",
}


def say_answer(inequality: pd.DataFrame, blocks: pd.DataFrame, setting: str = "emergency") -> Facts:
    """Say the whole notebook in a sentence (inequality and drivers_blocks, released)."""
    part = blocks[blocks["setting"] == setting].dropna(subset=["added"])
    row = inequality[inequality["setting"] == setting].dropna(subset=["rii", "need_rii"])
    best = part.sort_values("alone", ascending=False).head(1)
    if not (best["alone"] > 0).any():
        return {"answer": "There are too few emergency admissions to say what drives them"}
    told = f"Taken alone, {_BLOCKS.get(best['block'].iloc[0], best['block'].iloc[0])} most about emergency admissions"
    if row.empty:
        return {"answer": f"{told}; they are too few to compare the ends of deprivation"}
    return {
        "answer": f"{told}; these are {say(row['rii'].iloc[0], 'number', 1)} times as many at the most as at the least deprived "
        f"end, {say(row['need_rii'].iloc[0], 'number', 1)} times at equal need",
    }


def say_year(first_day: object, last_day: object) -> Facts:
    """Say which year is counted."""
    return {
        "year": f"{say(first_day, 'date')} to {say(last_day, 'date')}",
        "index_day": fact(first_day, "date"),
    }
