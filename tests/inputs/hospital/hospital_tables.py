"""A small hospital in the demand model's layout, for tests: valid, with each kind of row."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from analysis_lib.inputs.hospital import add_derived
from analysis_lib.inputs.hospital.layout import DAY_PROCEDURES, TABLES

N = 100  # admissions: twenty for each day procedure, the first twenty have none


def _admissions() -> pd.DataFrame:
    i = np.arange(N)
    planned, day_case = i % 2 == 0, i % 4 == 0
    return pd.DataFrame(
        {
            "rn": [f"a{n:04d}" for n in i],
            "age": i % 91,
            "sex": i % 2 + 1,
            "imd_quintile": np.where(i == 7, np.nan, i % 5 + 1),
            "classpat": np.where(day_case, "2", "1"),
            "mainspef": "300",
            "tretspef": np.where(planned, "110", "300"),
            "speldur": np.where(day_case, 0, i % 6),
            "admimeth": np.where(planned, "11", "21"),
            "sitetret": "a",
            "sushrg_trimmed": "HRG1",
            "icb": "A",
            "is_main_icb": True,
            "has_procedure": planned,
            "maternity_delivery_in_spell": False,
        }
    )


def _outpatients() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "rn": ["o1", "o2", "o3"],
            "age": [40, 7, 30],
            "sex": [1, 2, 2],
            "imd_quintile": [1, 5, 3],
            "tretspef": ["110", "420", "501"],
            "sitetret": "a",
            "has_procedures": [True, False, False],
            "sushrg_trimmed": ["HRG1", None, None],
            "icb": "A",
            "is_main_icb": True,
            "is_gp_ref": [False, True, False],
            "is_cons_cons_ref": False,
            "is_first": [False, True, False],
            "attendances": [4, 5, 6],
            "tele_attendances": [0, 2, 3],
        }
    )


def _arrivals() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "rn": ["e1", "e2"],
            "age": [17, 18],
            "sex": [2, 1],
            "sitetret": "a",
            "aedepttype": ["01", "03"],
            "attendance_category": "1",
            "acuity": ["urgent", None],
            "icb": "A",
            "is_main_icb": [True, False],
            "is_ambulance": [True, False],
            "is_frequent_attender": False,
            "is_low_cost_referred_or_discharged": [False, True],
            "is_left_before_treatment": False,
            "is_discharged_no_treatment": False,
            "arrivals": [12, 30],
        }
    )


def _factors(variants: tuple[str, ...], sexes: tuple[int, ...], ages: range) -> pd.DataFrame:
    keys = [(variant, sex, age) for variant in variants for sex in sexes for age in ages]
    frame = pd.DataFrame(keys, columns=["variant", "sex", "age"])
    return frame.assign(**{"2023": 100.0, "2024": 101.5, "2025": 103.0})


def make_hospital() -> dict[str, pd.DataFrame]:
    """Return every table of the layout, derived columns with it; frames are shared: copy to change."""
    return dict(_hospital())


@cache
def _hospital() -> dict[str, pd.DataFrame]:
    admissions = _admissions()
    rest = admissions["rn"].iloc[20:]
    hsa = [(group, sex, age, 0.1 + age / 100) for group in ("emerg",) for sex in (1, 2) for age in range(101)]
    tables = {
        "ip": admissions,
        "op": _outpatients(),
        "aae": _arrivals(),
        "ip_activity_avoidance_strategies": pd.DataFrame(
            {"rn": ["a0001", "a0003"], "strategy": ["smoking", "raid_ae"], "sample_rate": [0.25, 1.0]}
        ),
        "ip_efficiencies_strategies": pd.DataFrame(
            {"rn": rest, "strategy": np.repeat(DAY_PROCEDURES, 20), "sample_rate": 1.0}
        ),
        "demographic_factors": _factors(("middle", "high"), (1, 2), range(91)),
        "birth_factors": _factors(("middle", "high"), (2,), range(15, 45)),
        "hsa_activity_tables": pd.DataFrame(hsa, columns=["hsagrp", "sex", "age", "activity"]),
        "inequalities": pd.DataFrame(
            {
                "icb": "A",
                "sushrg_trimmed": "HRG1",
                "imd_quintile": [1, 2, 3],
                "activity_rate": 0.1,
                "fitted_line": 0.1,
                "level_up": [1.2, 1.1, 1.0],
                "level_down": [1.0, 0.9, 0.8],
                "zero_sum": [1.1, 1.0, 0.9],
            }
        ),
    }
    return {name: add_derived(name, tables[name]) for name in TABLES}
