"""The factors of the demand model for a simulated hospital: people, births, health by age, inequalities."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis_lib.simulate.hospital.admissions import MAIN_BOARD, OLDEST
from analysis_lib.simulate.hospital.source import FEMALE, MALE, Source, months
from analysis_lib.simulate.population import rates
from analysis_lib.simulate.population.codes import AGE_STARTS, EPOCH, SETTINGS, YEAR_STARTS

BASE_YEAR, LAST_YEAR = 2023, 2047
YEARS = tuple(str(year) for year in range(BASE_YEAR, LAST_YEAR + 1))
# The projections that the model knows: growth a year, as a logarithm, under 16, at 16 to 64, and from 65.
GROWTH = {
    "migration_category": (-0.002, 0.004, 0.016),
    "var_proj_5_year_migration": (-0.002, 0.003, 0.016),
    "var_proj_10_year_migration": (-0.003, 0.002, 0.016),
    "var_proj_high_intl_migration": (0.001, 0.008, 0.017),
    "var_proj_low_intl_migration": (-0.005, 0.000, 0.015),
    "var_proj_zero_net_migration": (-0.007, -0.004, 0.015),
    "high_population": (0.006, 0.008, 0.020),
    "low_population": (-0.010, -0.001, 0.012),
    "high_fertility": (0.006, 0.005, 0.016),
    "low_fertility": (-0.010, 0.003, 0.016),
    "high_life_expectancy": (-0.002, 0.004, 0.020),
    "low_life_expectancy": (-0.002, 0.004, 0.012),
    "no_mortality_improvement": (-0.002, 0.004, 0.010),
    "old_age_structure": (-0.010, 0.002, 0.020),
    "young_age_structure": (0.006, 0.006, 0.012),
    "zero_net_migration": (-0.007, -0.004, 0.015),
    "replacement_fertility": (0.008, 0.005, 0.016),
}
MOTHERS = range(15, 45)
PEAK_OF_BIRTHS, SPREAD_OF_BIRTHS, BIRTHS_AT_PEAK = 31.0, 6.0, 0.11  # a woman a year
SMOOTHED_OVER = 3.0  # years of age: standard deviation of the weights
HSA_SEXES, HSA_AGES = (MALE, FEMALE), range(101)
# Of each group of activity: the population's setting whose planted rates it follows, and its part of them.
HSA_SETTING = {
    "emerg": ("emergency", 1.0),
    "transfer": ("emergency", 0.02),
    "paeds": ("emergency", 0.1),
    "birth": ("maternity", 0.01),
    "maternity": ("maternity", 0.1),
    "ordelec": ("elective", 0.2),
    "daycase": ("elective", 0.7),
    "reg": ("elective", 0.1),
    **{
        f"op_{who}_{what}": ("outpatient", part)
        for who in ("maternity", "adult_surgical", "adult_non-surgical", "child_surgical",
                    "child_non-surgical")
        for what, part in (("procedure", 0.1), ("first", 0.3), ("followup", 0.6))
    },
    **{f"aae_{who}_{how}": ("ae", part) for who in ("adult", "child")
       for how, part in (("ambulance", 0.3), ("walk-in", 0.7))},
}  # fmt: skip
MOST_COMMON = 20  # HRGs that have a row of inequalities
QUINTILES = range(1, 6)


def count_people(source: Source) -> np.ndarray:
    """Return people by sex and age who are registered when the base year begins, shape (2, 91), smoothed."""
    day = np.full(len(source.sex), EPOCH + YEAR_STARTS[BASE_YEAR - 2022])
    there = (source.since <= day) & (source.until >= day) & (source.born <= months(day))
    age = np.minimum(source.age(np.arange(len(day)), day), OLDEST)
    counts = np.zeros((2, OLDEST + 1))
    np.add.at(counts, (source.sex[there] - 1, age[there]), 1)
    apart = np.subtract.outer(np.arange(OLDEST), np.arange(OLDEST))
    weights = np.exp(-0.5 * (apart / SMOOTHED_OVER) ** 2)
    counts[:, :OLDEST] = counts[:, :OLDEST] @ (weights / weights.sum(axis=0)).T  # 90 stands for all above
    return np.maximum(counts, 1.0)


def demographic_factors(people: np.ndarray) -> pd.DataFrame:
    """Return the projections of people: a row for each variant, sex and age, a column a year."""
    ages = np.arange(OLDEST + 1)
    frames = []
    for variant, growth in GROWTH.items():
        rate = np.select([ages < 16, ages < 65], growth[:2], growth[2])
        for sex in HSA_SEXES:
            frames.append(_project(variant, sex, ages, people[sex - 1], rate))
    return pd.concat(frames, ignore_index=True)


def birth_factors(people: np.ndarray) -> pd.DataFrame:
    """Return the projections of births by age of the mother."""
    ages = np.array(MOTHERS)
    rate = BIRTHS_AT_PEAK * np.exp(-0.5 * ((ages - PEAK_OF_BIRTHS) / SPREAD_OF_BIRTHS) ** 2)
    births = people[FEMALE - 1, ages] * rate
    frames = [_project(v, FEMALE, ages, births, np.full(len(ages), g[0])) for v, g in GROWTH.items()]
    return pd.concat(frames, ignore_index=True)


def _project(variant: str, sex: int, ages: np.ndarray, base: np.ndarray, rate: np.ndarray) -> pd.DataFrame:
    years = base[:, None] * np.exp(np.multiply.outer(rate, np.arange(len(YEARS))))
    frame = pd.DataFrame({"variant": variant, "sex": sex, "age": ages})
    return pd.concat([frame, pd.DataFrame(years.round(4), columns=list(YEARS))], axis=1)


def hsa_activity_tables() -> pd.DataFrame:
    """Return activity a person by group, sex and age: the population's planted rates, without conditions.

    Age bands are joined by straight lines through their middles. The model divides one age's activity by
    another's, so the level of a group is of no matter.
    """
    middles = (np.array(AGE_STARTS) + np.array([*AGE_STARTS[1:], 95]) - 1) / 2
    rows = []
    for group, (setting, part) in HSA_SETTING.items():
        n = SETTINGS.index(setting)
        by_age = np.interp(HSA_AGES, middles, np.array(rates.AGE)[:, n])
        for sex in HSA_SEXES:
            of_sex = rates.SEX[1 if sex == MALE else 0][n]
            activity = part * np.exp(rates.INTERCEPT[n] + by_age + of_sex)
            rows.append(
                pd.DataFrame({"hsagrp": group, "sex": sex, "age": HSA_AGES, "activity": activity.round(8)})
            )
    return pd.concat(rows, ignore_index=True)


def inequalities(ip: pd.DataFrame, source: Source) -> pd.DataFrame:
    """Return rates of planned admissions by quintile of deprivation for the commonest HRGs, and factors.

    A line is fitted through the five rates; factors bring it to its highest value, its lowest, and its mean.
    """
    planned = ip["admimeth"].isin(["11", "12", "13"]) & ip["imd_quintile"].notna() & ip["icb"].eq(MAIN_BOARD)
    rows = ip[planned]
    people = np.bincount(source.quintile, minlength=6)[1:]
    frames = []
    for hrg in rows["sushrg_trimmed"].value_counts().sort_index(kind="stable").nlargest(MOST_COMMON).index:
        found = rows.loc[rows["sushrg_trimmed"] == hrg, "imd_quintile"].astype(int)
        rate = np.bincount(found, minlength=6)[1:] / np.maximum(people, 1)
        slope, level = np.polyfit(QUINTILES, rate, 1)
        line = level + slope * np.array(QUINTILES)
        if line.min() <= 0:  # a rare HRG whose line ends below nothing has no factor
            continue
        factors = {"level_up": line.max() / line, "level_down": line.min() / line}
        factors["zero_sum"] = rate.mean() / line
        frames.append(
            pd.DataFrame(
                {
                    "icb": MAIN_BOARD,
                    "sushrg_trimmed": hrg,
                    "imd_quintile": list(QUINTILES),
                    "activity_rate": rate,
                    "fitted_line": line,
                    **factors,
                }
            )
        )
    columns = ("icb", "sushrg_trimmed", "imd_quintile", "activity_rate", "fitted_line", *INEQUALITIES)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(columns))


INEQUALITIES = ("level_up", "level_down", "zero_sum")
