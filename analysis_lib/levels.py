"""Names of levels for people: settings of care, conditions, outcomes, models and groups, described once."""

from __future__ import annotations

import pandas as pd

from analysis_lib.bnf import name_medicine

NOT_STATED = ("not stated", "Not stated", "not recorded", "unknown", "Unknown")
FITTED = ("trees", "logistic")  # models, and then the simple rules that they are held against
RULES = ("last_year_cost", "n_conditions", "age_conditions")

#: By column: code → name.
NAMES: dict[str, dict[str, str]] = {
    "setting": {
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
    },
    "term": {
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
    },
    "outcome": {
        "next_high_cost": "High cost next year",
        "next_emergency": "Emergency admission next year",
    },
    "model": {
        "trees": "Boosted trees",
        "logistic": "Logistic regression",
        "last_year_cost": "Last year's cost",
        "n_conditions": "Number of conditions",
        "age_conditions": "Age and number of conditions",
        "prevalence": "No model (prevalence)",
        "age_sex": "Age and sex alone",
        "edges": "Edge model",
        "net": "Small network",
        "tgcnn": "Temporal graph network",
        "truth": "The true risk",
        "first_risk": "First risk carried forward",
        "everybody": "Everybody",
        "nobody": "Nobody",
    },
    "group": {
        "sex": "Sex",
        "age_band": "Age",
        "ethnic_group": "Ethnic group",
        "imd_quintile": "Deprivation quintile (1 = most deprived)",
        "use_level": "Steps",
        "breadth": "Kinds of service",
        "urgency": "Planned or urgent",
    },
    "part": {"train": "Teach the methods", "holdout": "Judge them"},
    "generator": {
        "holdout": "Other real people",
        "bootstrap": "Real rows drawn again",
        "copy": "A plain copy",
        "trees": "Sequential trees, 20 records",
        "careful": "Sequential trees, 100 records",
        "forest": "Adversarial forest",
        "pairs": "Tree of pairs",
        "noisy": "Noisy counts (MST, ε = 1)",
        "copula": "Gaussian copula",
        "network": "Neural network (GAN)",
        "cells": "Cell sampling, as today",
        "independent": "Independent columns",
        "real": "Real rows",
        "plain": "Nothing done",
        "equal groups": "Equal groups",
        "reweighing": "Reweighing",
        "causal cut": "Group drawn last",
    },
    "imd_quintile": {"1": "1 (most deprived)", "5": "5 (least deprived)"},
    "core20": {"True": "Core20", "False": "Rest"},
    "fold": {
        "train": "Teach the models",
        "calibrate": "Recalibrate them",
        "threshold": "Set thresholds",
        "evaluate": "Test, in the later year",
    },
}
#: What a frame with names calls them: `name_levels`.
NAMED = {
    "service": "setting",
    "what": "outcome",
    "who": "model",
    "group_name": "group",
    "quintile": "imd_quintile",
    "purpose": "fold",
    "half": "part",
    "method": "generator",
}
#: Ways of making rows up, inside a sentence.
_METHODS = {
    "trees": "sequential trees from twenty records",
    "careful": "sequential trees from a hundred records",
    "forest": "the adversarial forest",
    "pairs": "the tree of pairs",
    "noisy": "noisy counts",
    "copula": "the Gaussian copula",
    "network": "the neural network",
    "cells": "cell sampling",
    "independent": "independent columns",
    "causal cut": "drawing the group last",
}
_EVENTS = {"start": "begun", "stop": "stopped"}
_SINGLE = {
    "gp": "GP contact",
    "nhs111": "Call to NHS 111",
    "ambulance": "Ambulance call-out",
    "ae": "A&E attendance",
    "outpatient": "Outpatient appointment",
    "elective": "Elective admission",
    "emergency": "Emergency admission",
    "discharge:emergency": "Discharge after an emergency",
    "community": "Community contact",
    "mental_health": "Mental health contact",
    "maternity": "Maternity contact",
    "social_care": "Social care contact",
}
_SEXES = {"F": "Women and girls", "M": "Men and boys"}
_CONTACTS = {
    "gp": "GP contacts",
    "nhs111": "calls to NHS 111",
    "ambulance": "ambulance call-outs",
    "ae": "A&E attendances",
    "outpatient": "outpatient appointments",
    "community": "community contacts",
    "mental_health": "mental health contacts",
    "maternity": "maternity contacts",
    "social_care": "social care contacts",
}


def name_levels(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy with names for people beside the codes, in the columns of `NAMED`.

    Of `term` and `level` the name is in ``driver`` ("Heart failure", "Age 85+"), of `group` and `level` in
    ``level_name``. A code without a name stays as it is.
    """
    named = frame.copy()
    for name, column in NAMED.items():
        if column in frame:
            named[name] = [name_level(code, column) for code in frame[column]]
    if {"term", "level"} <= set(frame):
        named["driver"] = [_driver(*pair) for pair in zip(frame["term"], frame["level"], strict=True)]
    if {"group", "level"} <= set(frame):
        named["level_name"] = [
            _SEXES.get(str(level), _start(str(level))) if group == "sex" else _start(str(level))
            for group, level in zip(frame["group"], frame["level"], strict=True)
        ]
    return named


def name_level(code: object, column: str) -> str:
    """Return the name of a code of a column in `NAMES`: "High cost next year"."""
    return NAMES[column].get(str(code), str(code))


def name_event(code: str) -> str:
    """Return the name of an event of a person's graph: "Ramipril begun", "Heart failure diagnosed".

    Events are those of `analysis_lib.queries.list_events`.
    """
    kind, _, of = code.partition(":")
    if kind in _EVENTS:
        return f"{name_medicine(of)} {_EVENTS[kind]}"
    if kind == "condition":
        return f"{NAMES['term'].get(of, _start(of.replace('_', ' ')))} diagnosed"
    return _SINGLE.get(code, code)


def name_edge(first: str, then: str, gap: str) -> str:
    """Return the name of an edge: "Ramipril begun, then naproxen begun within 14 days".

    Parameters
    ----------
    first, then : str
        Events.
    gap : str
        The band of days between them, such as "15-30".
    """
    low, high = gap.split("-")
    days = f"within {high} days" if low == "0" else f"{low} to {high} days later"
    return f"{name_event(first)}, then {in_sentence(name_event(then))} {days}"


def _driver(term: str, level: object) -> str:
    if str(level) != "True":
        return f"{name_level(term, 'term')} {level}"
    plain = term.removeprefix("has_")
    return NAMES["term"].get(plain, _start(plain.replace("_", " ")))


def _start(text: str) -> str:
    """Write the first letter large, and the others as they are: "Asian British"."""
    return text[:1].upper() + text[1:]


def in_sentence(name: str) -> str:
    """Return a name as it stands inside a sentence: "boosted trees", but "COPD", "A&E"."""
    return name if name[1:2].isupper() or name[1:2] == "&" else name[:1].lower() + name[1:]


def method(generator: str) -> str:
    """Return how rows are made up, inside a sentence: "sequential trees"."""
    return _METHODS.get(generator, in_sentence(name_level(generator, "generator")))


def contacts(setting: str) -> str:
    """Return what is counted in a setting, inside a sentence: "emergency admissions", "GP contacts"."""
    return _CONTACTS.get(setting) or in_sentence(name_level(setting, "setting"))


def one_contact(setting: str) -> str:
    """Return one of what is counted in a setting: "an emergency admission", "a GP contact"."""
    one = contacts(setting).replace("calls to", "call to").removesuffix("s")
    return f"{'an' if one[0] in 'aeioAEIO' else 'a'} {one}"


def steps_of(level: object) -> str:
    """Return a level of interaction in words: "no steps", "1 to 4 steps", "24 steps or more"."""
    text = str(level)
    if text == "0":
        return "no steps"
    return f"{text[:-1]} steps or more" if text.endswith("+") else f"{text.replace('-', ' to ')} steps"


def outcome_phrase(outcome: str) -> str:
    """Return an outcome inside a sentence: "high cost next year", "an emergency admission next year"."""
    name = name_level(outcome, "outcome")
    return ("an " if name[0] in "AEIO" else "") + in_sentence(name)


def ages(band: object) -> str:
    """Return an age band in words: "85 and over", "5 to 14"."""
    text = str(band)
    return f"{text[:-1]} and over" if text.endswith("+") else text.replace("-", " to ")


def people_of(row: pd.Series) -> str:
    """Return whom a row of `group` and `level` is about: "men and boys", "people of 5 to 14"."""
    group, level = row["group"], str(row["level"])
    if group == "sex" and level in _SEXES:
        return in_sentence(_SEXES[level])
    if group == "imd_quintile":
        return f"deprivation quintile {name_level(level, group)}"
    if group == "age_band":
        return f"people of {ages(level)}"
    return f"people of {name_level(group, 'group').lower()} {level}"


def feature_in_sentence(name: object) -> str:
    """Return a feature inside a sentence, where a comma would part it: "age", "GP use in the last year"."""
    text = str(name).replace(", how many", " (how many)").replace(", last", " in the last")
    return text if text[:2].isupper() else text[0].lower() + text[1:]
