"""Columns of the demand model's tables that follow from others, computed and never made up.

The rules are those of the public pipeline that makes the model's data (The Strategy Unit, nhp_data, MIT).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis_lib.inputs.hospital.layout import AGE_GROUPS, SPECIALTIES, TABLES

UPPER_AGES = (0, 4, 9, 15, 17, 34, 49, 64, 74, 84)  # the last of each group but 85+
FIRST_ADULT_AGE = 18
MATERNITY_AGES = (13, 55)
MATERNITY_SPECIALTIES = ("501", "560")
MATERNITY_CLINICS = ("424", "501", "505", "560")
PLANNED = ("11", "12", "13")
BIRTHS = ("82", "83")


def age_group(age: pd.Series) -> pd.Series:
    """Return the model's age group of each age in years; "Unknown" where it is missing."""
    years = _numbers(age)
    place = np.searchsorted(UPPER_AGES, years)  # a missing age comes last, and is put right below
    groups = np.asarray(AGE_GROUPS, dtype=object)[place]
    return pd.Series(np.where(np.isnan(years), "Unknown", groups), index=age.index, dtype="str")


def specialty_group(tretspef: pd.Series) -> pd.Series:
    """Return the model's group of each treatment specialty.

    Eighteen large ones stand for themselves. Codes from 1 are surgical, but for 180, 190 and 192, which are
    medical, as are codes from 2, 3, 4, 5 (without 560) and 6, and 831, 833 and 834; all else is "Other".
    """
    code = _texts(tretspef)
    medical = ("180", "190", "192", "2", "3", "4", "5", "6", "831", "833", "834")
    choices = [
        (code.isin(SPECIALTIES), code),
        (_starts(code, "1") & ~_starts(code, "180", "190", "192"), "Other (Surgical)"),
        (_starts(code, *medical) & ~_starts(code, "560"), "Other (Medical)"),
    ]
    return _choose(choices, "Other", code)


def derive(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of a table that follow from its others.

    Parameters
    ----------
    table : {"ip", "op", "aae"}
    frame : pandas.DataFrame
        Rows with the columns of the layout that are not derived; what stands in derived columns is not read.

    Returns
    -------
    pandas.DataFrame
        The derived columns, in the order of the layout, with the frame's index; text and bool. Of a missing
        age the group is "Unknown", and no rule about ages holds.

    Raises
    ------
    KeyError
        If a table has no derived columns, or the frame lacks a column.
    """
    derived = {"ip": _inpatients, "op": _outpatients, "aae": _emergency}[table](frame)
    return pd.DataFrame({name: derived[name] for name in TABLES[table].derived}, index=frame.index)


def _inpatients(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the derived columns of admissions.

    The group of the health status adjustment goes by the consultant's specialty, the group of admissions by
    that of treatment, as in the pipeline.
    """
    method, treated, cared = (_texts(frame[name]) for name in ("admimeth", "tretspef", "mainspef"))
    kind, fertile = _texts(frame["classpat"]), _fertile(frame)
    planned, by_birth = method.isin(PLANNED), _starts(method, "3")
    newborn = method.isin(BIRTHS) & (_numbers(frame["age"]) == 0)
    hsa = [
        (kind.isin(("3", "4")), "reg"),
        (method.isin(BIRTHS), "birth"),
        (cared == "420", "paeds"),
        ((by_birth | cared.isin(MATERNITY_SPECIALTIES)) & fertile, "maternity"),
        (_starts(method, "2"), "emerg"),
        (method == "81", "transfer"),
        (planned & (kind == "1"), "ordelec"),
        (planned & (kind == "2"), "daycase"),
    ]
    maternity = (by_birth | treated.isin(MATERNITY_SPECIALTIES)) & fertile
    group = _choose([(maternity, "maternity"), (_starts(method, "1"), "elective")], "non-elective", method)
    pods = [
        (kind == "2", "ip_elective_daycase"),
        (kind == "3", "ip_regular_day_attender"),
        (kind == "4", "ip_regular_night_attender"),
    ]
    births = (group == "maternity") | newborn
    return {
        "age_group": age_group(frame["age"]),
        "tretspef_grouped": specialty_group(frame["tretspef"]),
        "hsagrp": _choose(hsa, "unknown", method),
        "group": group,
        "is_wla": method == "11",
        "pod": _choose(pods, "ip_" + group + "_admission", method),
        "demog_type": _choose([(births, "births")], "demographics", method),
        "ndggrp": _choose([(newborn, "maternity")], group, method),
    }


def _outpatients(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the derived columns of outpatients.

    Every specialty from 1 is surgical here: the pipeline means to leave out 180, 190, 191 and 192, but its
    pattern never does. Our data follow what it does.
    """
    code, adult = _texts(frame["tretspef"]), _adult(frame)
    surgical = _starts(code, "1")
    person, part = _either(adult, "adult", "child"), _either(surgical, "surgical", "non-surgical")
    kind = _choose([(code.isin(MATERNITY_CLINICS), "maternity")], person + "_" + part, code)
    procedure, first = (frame[name].isin([True]) for name in ("has_procedures", "is_first"))
    group = _choose([(procedure, "procedure"), (first, "first")], "followup", code)
    births = code.isin(MATERNITY_SPECIALTIES) & _fertile(frame)
    return {
        "age_group": age_group(frame["age"]),
        "tretspef_grouped": specialty_group(frame["tretspef"]),
        "type": kind,
        "group": group,
        "pod": _choose([(procedure, "op_procedure"), (first, "op_first")], "op_follow-up", code),
        "demog_type": _choose([(births, "births")], "demographics", code),
        "hsagrp": "op_" + kind + "_" + group,
        "ndggrp": group,
        "is_surgical_specialty": surgical,
        "is_adult": adult,
        "is_wla": pd.Series(True, index=frame.index),
    }


def _emergency(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the derived columns of A&E."""
    adult, department = _adult(frame), _texts(frame["aedepttype"])
    group = _either(frame["is_ambulance"].isin([True]), "ambulance", "walk-in")
    kind = _either(adult, "adult", "child") + "_" + group
    other = pd.Series("Other", index=frame.index, dtype="str")
    return {
        "age_group": age_group(frame["age"]),
        "tretspef": other,
        "tretspef_grouped": other,
        "group": group,
        "pod": "aae_type-" + department,
        "demog_type": pd.Series("demographics", index=frame.index, dtype="str"),
        "type": kind,
        "hsagrp": "aae_" + kind,
        "ndggrp": group,
        "is_adult": adult,
    }


def _numbers(column: pd.Series) -> np.ndarray:
    return column.to_numpy(dtype="float64", na_value=np.nan)


def _texts(column: pd.Series) -> pd.Series:
    return column.where(column.notna(), "").astype("str")


def _starts(code: pd.Series, *prefixes: str) -> pd.Series:
    return code.str.startswith(prefixes).astype(bool)


def _adult(frame: pd.DataFrame) -> pd.Series:
    return pd.Series(_numbers(frame["age"]) >= FIRST_ADULT_AGE, index=frame.index)


def _fertile(frame: pd.DataFrame) -> pd.Series:
    """Return who may be in maternity care: women of 13 to 55."""
    age, (youngest, oldest) = _numbers(frame["age"]), MATERNITY_AGES
    women = _numbers(frame["sex"]) == 2
    return pd.Series(women & (age >= youngest) & (age <= oldest), index=frame.index)


def _either(holds: pd.Series, yes: str, no: str) -> pd.Series:
    return pd.Series(np.where(holds, yes, no), index=holds.index, dtype="str")


def _choose(
    choices: Sequence[tuple[pd.Series, pd.Series | str]], otherwise: pd.Series | str, like: pd.Series
) -> pd.Series:
    """Return the first value whose condition holds."""
    values = [_wide(value, like) for _, value in choices]
    chosen = np.select(
        [np.asarray(holds, dtype=bool) for holds, _ in choices], values, _wide(otherwise, like)
    )
    return pd.Series(chosen, index=like.index, dtype="str")


def _wide(value: pd.Series | str, like: pd.Series) -> np.ndarray:
    return np.full(len(like), value, dtype=object) if isinstance(value, str) else value.to_numpy(dtype=object)
