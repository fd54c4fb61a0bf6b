"""Hospital activity of a later year from the rows of a base year: the core of the NHP demand model.

Each step of the public model (The Strategy Unit, nhp_model 5.2, MIT) is taken from its description as a
fact, and computed here as its expected value: demographic change, births, activity avoidance and
efficiencies. Health status, growth that is not demographic, waiting lists and moves between hospitals are
left out: there the real model is to be run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

MEASURES = {
    "ip": ("admissions", "beddays"),
    "op": ("attendances", "tele_attendances"),
    "aae": ("arrivals",),
}
STEP_COLUMNS = ("activity_type", "pod", "step", "strategy", "measure")
FACTORS = {"demographic_adjustment": "demographic_factors", "birth_adjustment": "birth_factors"}
PEOPLE = {"demographic_adjustment": "demographics", "birth_adjustment": "births"}
# What an admission becomes that is no longer one: type of activity, point of delivery, measures
CONVERTED = {
    "_dc": ("ip", "ip_elective_daycase", ("admissions", "beddays")),
    "_op": ("op", "op_procedure", ("attendances",)),
    "same_day": ("aae", "aae_type-05", ("arrivals",)),
}
AAE_FLAGS = {
    "is_frequent_attender": "frequent_attenders",
    "is_left_before_treatment": "left_before_seen",
    "is_low_cost_referred_or_discharged": "low_cost_discharged",
    "is_discharged_no_treatment": "discharged_no_treatment",
}


@dataclass(frozen=True)
class DemandScenario:
    """What is assumed about a later year.

    Parameters
    ----------
    year : int
        The year that activity is wanted for.
    variant : str
        Population projection, as it is named in the tables of factors.
    avoidance : mapping of str to float, optional
        By strategy, the share of activity that remains, from 0 to 1.
    efficiencies : mapping of str to float, optional
        By strategy, the share that remains as it is, from 0 to 1: of nights, of admissions (day procedures,
        same day emergency care), or of attendances in person (`convert_to_tele_…`). Of ``pre-op_los_1-day``
        and ``2-day``, the share of admissions that keep those nights.
    base : int
        The year that the rows are of.

    Raises
    ------
    ValueError
        If a share is outside 0 to 1.
    """

    year: int
    variant: str
    avoidance: Mapping[str, float] = field(default_factory=dict)
    efficiencies: Mapping[str, float] = field(default_factory=dict)
    base: int = 2023

    def __post_init__(self) -> None:
        for name, share in [*self.avoidance.items(), *self.efficiencies.items()]:
            if not 0 <= share <= 1:
                raise ValueError(f"The share that {name} leaves is {share}: give one from 0 to 1.")


def demand_steps(
    tables: Mapping[str, pd.DataFrame], scenario: DemandScenario, rng: np.random.Generator | None = None
) -> pd.DataFrame:
    """Return what each step adds to activity, by point of delivery.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ip, op, aae with their derived columns, the two tables of strategies and the two of factors, in the
        model's layout.
    scenario : DemandScenario
    rng : numpy.random.Generator, optional
        With one, the number of times that each row of the base year comes back is drawn (Poisson), and the
        later steps are expected values given that. Without, every step is an expected value.

    Returns
    -------
    DataFrame
        activity_type, pod, step, strategy ("-" where a step has none), measure and value (float: admissions,
        bed days, attendances, arrivals). The steps add up to the activity of the year. As in the model, a
        step is the effect that it has alone, and an interaction term holds the rest.

    Raises
    ------
    ValueError
        If a table, a year or a projection is not there.
    """
    if lacking := {*MEASURES, *FACTORS.values(), "ip_efficiencies_strategies"} - set(tables):
        raise ValueError(f"The tables {', '.join(sorted(lacking))} are wanted too: give all of the layout.")
    parts = []
    for kind in MEASURES:
        rows = tables[kind].set_index("rn")
        before = _counts(kind, rows)
        after, steps = _grow(kind, rows, before, tables, scenario, rng)
        strategies = _avoidance(kind, rows, tables)
        left, avoided = _avoid(rows, after, strategies, scenario.avoidance)
        parts += [_sum(kind, rows, "baseline", "-", before), *(p.assign(activity_type=kind) for p in steps)]
        parts += [avoided.assign(activity_type=kind)]
        if kind == "ip":
            parts.append(_shorten(rows, left["admissions"], tables, scenario.efficiencies))
        elif kind == "op":
            parts.append(_call(rows, left["attendances"], scenario.efficiencies))
    steps = pd.concat(parts, ignore_index=True)
    return steps.groupby(list(STEP_COLUMNS), as_index=False)["value"].sum()


def activity_by_pod(steps: pd.DataFrame) -> pd.DataFrame:
    """Add the steps up.

    Parameters
    ----------
    steps : DataFrame
        As `demand_steps` returns.

    Returns
    -------
    DataFrame
        activity_type, pod, measure, baseline and projected, in the measure's unit.
    """
    keys = ["activity_type", "pod", "measure"]
    baseline = steps[steps["step"] == "baseline"].groupby(keys)["value"].sum()
    projected = steps.groupby(keys)["value"].sum()
    both = pd.DataFrame({"baseline": baseline, "projected": projected}).fillna(0.0)
    return both.reset_index()


def demand_error(activity: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """Compare projected activity with that of a reference, such as the real rows.

    Parameters
    ----------
    activity, reference : DataFrame
        As `activity_by_pod` returns, with the columns pod, measure and projected.

    Returns
    -------
    DataFrame
        pod, measure, projected, reference and error (share of the reference, absolute), of all points of
        delivery that the reference has; one that the activity lacks is an error of 1.
    """
    keys = ["activity_type", "pod", "measure"]
    wanted = reference.loc[reference["projected"] > 0, [*keys, "projected"]]
    both = wanted.rename(columns={"projected": "reference"}).merge(
        activity[[*keys, "projected"]], on=keys, how="left"
    )
    both["projected"] = both["projected"].fillna(0.0)
    return both.assign(error=(both["projected"] / both["reference"] - 1).abs())


def _counts(kind: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the activity that each row stands for, by measure."""
    if kind == "ip":
        return pd.DataFrame({"admissions": 1.0, "beddays": rows["speldur"] + 1.0}, index=rows.index)
    return rows[list(MEASURES[kind])].astype(float)


def _sum(kind: str, rows: pd.DataFrame, step: str, strategy: str, values: pd.DataFrame) -> pd.DataFrame:
    """Return values of rows summed by point of delivery, one line for each measure."""
    totals = values.groupby(rows["pod"]).sum().rename_axis("pod").reset_index()
    long = totals.melt("pod", var_name="measure", value_name="value")
    return long.assign(activity_type=kind, step=step, strategy=strategy)


def _grow(
    kind: str,
    rows: pd.DataFrame,
    before: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    scenario: DemandScenario,
    rng: np.random.Generator | None,
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Return activity after population change, and its steps; who meets no factor stays as many."""
    growth, alone, steps = pd.Series(1.0, rows.index), pd.Series(0.0, rows.index), []
    for step, table in FACTORS.items():
        change = _factor(tables[table], table, scenario)
        wanted = pd.MultiIndex.from_frame(rows[["sex", "age"]].astype("int64"))
        factor = pd.Series(change.reindex(wanted).to_numpy(), rows.index).fillna(1.0)
        factor = factor.where(rows["demog_type"] == PEOPLE[step], 1.0)
        growth, alone = growth * factor, alone + (factor - 1)
        steps.append(_sum(kind, rows, step, "-", before.mul(factor - 1, axis=0)))
    after = before.mul(growth, axis=0)
    if rng is not None and kind == "ip":  # an admission that comes back brings all its bed days
        after = before.mul(rng.poisson(growth), axis=0)
    elif rng is not None:
        after = pd.DataFrame(rng.poisson(after), rows.index, after.columns).astype(float)
    rest = after - before.mul(1 + alone, axis=0)
    return after, [*steps, _sum(kind, rows, "model_interaction_term", "-", rest)]


def _factor(factors: pd.DataFrame, table: str, scenario: DemandScenario) -> pd.Series:
    """Return growth since the base year by sex and age."""
    for year in (scenario.base, scenario.year):
        if str(year) not in factors:
            raise ValueError(f"{table} has no column {year}: choose a year that it has.")
    chosen = factors[factors["variant"] == scenario.variant].set_index(["sex", "age"])
    if chosen.empty:
        known = ", ".join(sorted(factors["variant"].unique()))
        raise ValueError(f"{table} has no projection {scenario.variant!r}: choose one of {known}.")
    return chosen[str(scenario.year)] / chosen[str(scenario.base)]


def _avoidance(kind: str, rows: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return which strategies of avoidance each row is for: rn, strategy, sample_rate."""
    if kind == "ip":
        return tables["ip_activity_avoidance_strategies"]
    if kind == "aae":
        marks = {name: rows[flag] for flag, name in AAE_FLAGS.items()}
        ending = rows["hsagrp"].str.removeprefix("aae")
    else:
        marks = {
            "followup_reduction_": ~rows["is_first"] & ~rows["has_procedures"],
            "consultant_to_consultant_reduction_": rows["is_cons_cons_ref"],
            "gp_referred_first_attendance_reduction_": rows["is_gp_ref"] & rows["is_first"],
        }
        ending = rows["type"]
    found = [(name + ending[mark.astype(bool)]).rename("strategy") for name, mark in marks.items()]
    return pd.concat(found).reset_index().assign(sample_rate=1.0)


def _avoid(
    rows: pd.DataFrame, after: pd.DataFrame, strategies: pd.DataFrame, shares: Mapping[str, float]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return activity that is left after avoidance, and what each strategy takes away alone."""
    chosen = strategies[strategies["strategy"].isin(shares) & strategies["rn"].isin(rows.index)]
    effect = chosen["sample_rate"] * (chosen["strategy"].map(shares).astype(float) - 1)
    taken = after.loc[chosen["rn"]].reset_index(drop=True).mul(effect.to_numpy(), axis=0)
    long = taken.assign(pod=rows.loc[chosen["rn"], "pod"].to_numpy(), strategy=chosen["strategy"].to_numpy())
    long = long.melt(["pod", "strategy"], var_name="measure", value_name="value")
    together = (1 + effect).groupby(chosen["rn"]).prod().reindex(rows.index, fill_value=1.0)
    alone = effect.groupby(chosen["rn"]).sum().reindex(rows.index, fill_value=0.0)
    rest = _sum("", rows, "", "activity_avoidance_interaction_term", after.mul(together - 1 - alone, axis=0))
    steps = pd.concat([long, rest], ignore_index=True).assign(step="activity_avoidance")
    return after.mul(together, axis=0), steps


def _shorten(
    rows: pd.DataFrame,
    admissions: pd.Series,
    tables: Mapping[str, pd.DataFrame],
    shares: Mapping[str, float],
) -> pd.DataFrame:
    """Return what efficiencies change: nights, or admissions that become something else.

    One strategy of each admission is tried, drawn with equal chances; ordinary stays that have none get the
    general one of their kind, where the scenario has it.
    """
    given = tables["ip_efficiencies_strategies"]
    given = given.loc[given["strategy"].isin(shares) & given["rn"].isin(rows.index), ["rn", "strategy"]]
    ordinary = rows[(rows["classpat"] == "1") & (rows["speldur"] > 0) & ~rows.index.isin(given["rn"])]
    general = (
        ordinary["admimeth"]
        .str[:1]
        .map({"1": "general_los_reduction_elective", "2": "general_los_reduction_emergency"})
    )
    general = general[general.isin(shares)].rename("strategy").rename_axis("rn").reset_index()
    one = pd.concat([given, general], ignore_index=True)
    name, stay = one["strategy"].astype("str"), rows.loc[one["rn"], "speldur"].to_numpy(float)
    chance = 1 / one.groupby("rn")["rn"].transform("size")
    changed = chance * (1 - name.map(shares).astype(float)) * admissions.loc[one["rn"]].to_numpy()
    converted = name.str.startswith(("day_procedures", "same_day"))
    nights = np.where(converted, stay + 1, stay)
    nights = np.where(
        name.str.startswith("pre-op"), name.str.extract(r"(\d)-day", expand=False).astype(float), nights
    )
    here = pd.DataFrame(
        {
            "pod": rows.loc[one["rn"], "pod"].to_numpy(),
            "strategy": name,
            "admissions": np.where(converted, -changed, 0.0),
            "beddays": -changed * nights,
        }
    )
    parts = [here.melt(["pod", "strategy"], var_name="measure").assign(activity_type="ip")]
    for mark, (kind, pod, measures) in CONVERTED.items():
        moved = converted & (name.str.endswith(mark) | name.str.startswith(mark))
        for measure in measures:
            there = pd.DataFrame({"strategy": name[moved], "value": changed[moved]})
            parts.append(there.assign(activity_type=kind, pod=pod, measure=measure))
    return pd.concat(parts, ignore_index=True).assign(step="efficiencies")


def _call(rows: pd.DataFrame, attendances: pd.Series, shares: Mapping[str, float]) -> pd.DataFrame:
    """Return attendances that become calls by telephone or video."""
    name = ("convert_to_tele_" + rows["type"]).where(~rows["has_procedures"].astype(bool))
    moved = attendances * (1 - name.map(shares).astype(float)).fillna(0.0)
    both = pd.DataFrame({"attendances": -moved, "tele_attendances": moved})
    return _sum("op", rows, "efficiencies", "convert_to_tele", both)
