"""Simulate a hospital from a simulated population, with what is planted in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis_lib.simulate.hospital import factors
from analysis_lib.simulate.hospital.admissions import Admissions, draw_admissions, draw_admitted, draw_boards
from analysis_lib.simulate.hospital.clinics import draw_arrivals, draw_outpatients
from analysis_lib.simulate.hospital.source import read_source
from analysis_lib.simulate.hospital.strategies import draw_strategies, list_strategies
from analysis_lib.simulate.hospital.truth import UNFAIR_QUINTILE, UNFAIR_SHARE, state_truth


@dataclass(frozen=True)
class Hospital:
    """A simulated hospital.

    Attributes
    ----------
    tables : dict of str to pandas.DataFrame
        The demand model's tables without derived columns: `analysis_lib.inputs.hospital.write_hospital`
        derives, checks and writes them.
    people : pandas.Series
        Number of the person of each admission, indexed by rn: to split by person, never to be written.
    wide : pandas.DataFrame
        A row for each row of ip: rn, its columns, a bool column for each strategy, ethnic_group, and
        readmitted, as it is recorded.
    readmitted : pandas.Series of bool
        Whether an emergency admission did follow within 30 days, indexed by rn: what records of one group
        do not all say.
    truth : dict
        What is planted, with values.
    """

    tables: dict[str, pd.DataFrame]
    people: pd.Series
    wide: pd.DataFrame
    readmitted: pd.Series
    truth: dict[str, Any]


def simulate_hospital(
    population: str | Path | Mapping[str, pd.DataFrame], seed: int = 1, most: int | None = None
) -> Hospital:
    """Simulate a hospital whose patients are the people of a simulated population.

    Every elective and emergency contact is an admission, and so are births and a share of the contacts of
    maternity care; contacts with outpatients and A&E are counted in rows that are alike. All three years of
    the population stand for the model's base year, as the rows of one are too few: the hospital is as large
    as one with three times the people.

    Parameters
    ----------
    population : path or mapping of str to DataFrame
        A folder that `simulate_population` wrote, or its tables person, condition and contact.
    seed : int
        The same population and seed give the same rows.
    most : int, optional
        Of a folder, only so many people are patients, the first ones; all if not given.

    Returns
    -------
    Hospital

    Raises
    ------
    FileNotFoundError
        If the folder holds no simulated population.
    ValueError
        If a table or a column of the population is not there, or rows are nobody's.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(3,)))
    source = read_source(population, rng, most)
    board, admitted = draw_boards(rng, source), draw_admitted(rng, source)
    drawn = draw_admissions(rng, source, board, admitted)
    flags = draw_strategies(rng, source, drawn)
    # In no order: neighbours would else be of one person.
    order = rng.permutation(len(drawn.ip))
    rn = pd.Series(number_rows("ip", len(order)), name="rn")
    ip = _in_order(drawn.ip, order, rn)
    recorded = _record(rng, drawn)
    wide = pd.concat([ip, flags.iloc[order].reset_index(drop=True)], axis=1)
    wide["ethnic_group"] = source.ethnic[drawn.person[order]]
    wide["readmitted"] = recorded[order]
    people = factors.count_people(source)
    tables = {
        "ip": ip,
        "op": _numbered("op", draw_outpatients(rng, source, board, admitted)),
        "aae": _numbered("aae", draw_arrivals(rng, source, board)),
        **list_strategies(flags.iloc[order], rn),
        "demographic_factors": factors.demographic_factors(people),
        "birth_factors": factors.birth_factors(people),
        "hsa_activity_tables": factors.hsa_activity_tables(),
        "inequalities": factors.inequalities(ip, source),
    }
    return Hospital(
        tables,
        pd.Series(drawn.person[order], index=rn, name="person"),
        wide,
        pd.Series(drawn.readmitted[order], index=rn, name="readmitted"),
        state_truth(seed),
    )


def number_rows(prefix: str, n: int) -> np.ndarray:
    """Return the names of n rows: a prefix and the number in seven digits."""
    return np.array([f"{prefix}{i:07d}" for i in range(1, n + 1)], dtype=object)


def _in_order(ip: pd.DataFrame, order: np.ndarray, rn: pd.Series) -> pd.DataFrame:
    ip = ip.iloc[order].reset_index(drop=True)
    return pd.concat([rn, ip], axis=1)


def _numbered(prefix: str, frame: pd.DataFrame) -> pd.DataFrame:
    frame.insert(0, "rn", number_rows(prefix, len(frame)))
    return frame


def _record(rng: np.random.Generator, drawn: Admissions) -> np.ndarray:
    """Return the readmissions that are recorded: not all of the group whose records are unfair."""
    of_group = drawn.ip["imd_quintile"].to_numpy() == UNFAIR_QUINTILE
    return drawn.readmitted & ~(of_group & (rng.random(len(of_group)) < UNFAIR_SHARE))
