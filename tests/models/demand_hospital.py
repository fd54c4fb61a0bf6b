"""A hospital for tests of demand: every strategy that the demand core knows, alone and beside others.

The real model's step counts of it are kept in nhp_steps.txt: whoever changes a row here records them anew.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from analysis_lib.inputs.hospital import add_derived
from analysis_lib.inputs.hospital.layout import DAY_PROCEDURES, TABLES
from analysis_lib.models.hospital_demand import DemandScenario

N = 600
SCENARIO = Path(__file__).with_name("nhp_scenario.json")
AVOIDED = ("smoking", "raid_ae", "alcohol_wholly_attributable")
SHORTENED = (
    *DAY_PROCEDURES,
    *("emergency_elderly", "enhanced_recovery_hip", "pre-op_los_1-day", "pre-op_los_2-day"),
    *("same_day_emergency_care_low", "stroke_early_supported_discharge"),
)


def read_scenario() -> DemandScenario:
    return DemandScenario(**json.loads(SCENARIO.read_text()))


def _admissions() -> pd.DataFrame:
    i = np.arange(N)
    planned, maternity, newborn = i % 3 == 0, i % 20 == 7, i % 20 == 11
    classpat = np.where(planned & (i % 2 == 0), "2", np.where(i % 40 == 3, "3", "1"))
    method = np.where(planned, np.where(i % 4 == 0, "11", "12"), "21")
    method = np.where(maternity, "31", np.where(newborn, "82", method))
    return pd.DataFrame(
        {
            "rn": [f"a{n:04d}" for n in i],
            "age": np.where(maternity, 15 + i % 30, np.where(newborn, 0, i % 91)),
            "sex": np.where(maternity, 2, i // 2 % 2 + 1),
            "imd_quintile": i % 5 + 1,
            "classpat": np.where(newborn | maternity, "1", classpat),
            "mainspef": np.where(maternity, "501", "300"),
            "tretspef": np.where(maternity, "501", np.where(planned, "110", "300")),
            "speldur": np.where((classpat != "1") & ~maternity & ~newborn, 0, 3 + i % 11),
            "admimeth": method,
            "sitetret": np.where(i % 4 == 0, "b", "a"),
            "sushrg_trimmed": "HRG1",
            "icb": "A",
            "is_main_icb": True,
            "has_procedure": planned,
            "maternity_delivery_in_spell": maternity,
        }
    )


def _outpatients() -> pd.DataFrame:
    rows = list(
        product((5, 30, 70), (1, 2), ("110", "300", "501"), (True, False), (True, False), (True, False))
    )
    frame = pd.DataFrame(rows, columns=["age", "sex", "tretspef", "is_first", "has_procedures", "is_gp_ref"])
    i = np.arange(len(frame))
    return frame.assign(
        rn=[f"o{n:04d}" for n in i],
        imd_quintile=3,
        sitetret="a",
        sushrg_trimmed="HRG1",
        icb="A",
        is_main_icb=True,
        is_cons_cons_ref=i % 3 == 0,
        attendances=10 + i % 37,
        tele_attendances=np.where(frame["has_procedures"], 0, i % 9),
    )


def _arrivals() -> pd.DataFrame:
    flags = [
        "is_frequent_attender",
        "is_left_before_treatment",
        "is_low_cost_referred_or_discharged",
        "is_discharged_no_treatment",
    ]
    rows = list(product((9, 45), (1, 2), ("01", "03"), (True, False), *[(True, False)] * 4))
    frame = pd.DataFrame(rows, columns=["age", "sex", "aedepttype", "is_ambulance", *flags])
    i = np.arange(len(frame))
    return frame.assign(
        rn=[f"e{n:04d}" for n in i],
        sitetret="a",
        attendance_category="1",
        acuity="standard",
        icb="A",
        is_main_icb=True,
        arrivals=5 + i % 23,
    )


def _strategies(names: tuple[str, ...], every: int, rate: float | None) -> pd.DataFrame:
    """Give strategy k to every so many admissions, so that some have none and some have two or three."""
    i = np.arange(N)
    parts = [
        pd.DataFrame({"rn": [f"a{n:04d}" for n in i[i % (every + k) == k]], "strategy": name})
        for k, name in enumerate(names)
    ]
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(sample_rate=rate if rate is not None else np.arange(len(frame)) % 4 / 4 + 0.25)


def _factors(variants: tuple[str, ...], sexes: tuple[int, ...], ages: range) -> pd.DataFrame:
    keys = pd.DataFrame(list(product(variants, sexes, ages)), columns=["variant", "sex", "age"])
    pace = 1 + keys["age"] / 100 * keys["sex"] - 0.4 + keys["variant"].eq("high") * 0.2
    return keys.assign(**{str(year): 100 + (year - 2023) * pace for year in range(2023, 2036)})


def make_demand_hospital() -> dict[str, pd.DataFrame]:
    """Return every table of the layout, derived columns with it."""
    hsa = list(product(("emerg",), (1, 2), range(101)))
    shortened = _strategies(SHORTENED, 17, 1.0)
    stays = _admissions().query("speldur > 1")["rn"]  # nobody spends nights before an operation as a day case
    shortened = shortened[shortened["rn"].isin(stays) | shortened["strategy"].str.startswith("day_proc")]
    tables = {
        "ip": _admissions(),
        "op": _outpatients(),
        "aae": _arrivals(),
        "ip_activity_avoidance_strategies": _strategies(AVOIDED, 4, None),
        "ip_efficiencies_strategies": shortened,
        "demographic_factors": _factors(("middle", "high"), (1, 2), range(91)),
        "birth_factors": _factors(("middle", "high"), (2,), range(15, 45)),
        "hsa_activity_tables": pd.DataFrame(hsa, columns=["hsagrp", "sex", "age"]).assign(activity=0.5),
        "inequalities": pd.DataFrame(
            {
                "icb": "A",
                "sushrg_trimmed": "HRG1",
                "imd_quintile": [1, 2, 3],
                "activity_rate": 0.1,
                "fitted_line": 0.1,
                "level_up": 1.0,
                "level_down": 1.0,
                "zero_sum": 1.0,
            }
        ),
    }
    return {name: add_derived(name, tables[name]) for name in TABLES}
