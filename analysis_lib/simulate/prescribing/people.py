"""The people of a layer, as arrays, and the log odds with which each starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis_lib.simulate.population import rates
from analysis_lib.simulate.population.codes import (
    AGE_STARTS,
    CONDITIONS,
    ETHNIC_GROUPS,
    INDEX_DATES,
    SETTINGS,
    SEXES,
)
from analysis_lib.simulate.population.read import (
    Ints,
    Marks,
    days_since_1970,
    find_places,
    first_onsets,
    months,
    plain,
    read_folder,
)
from analysis_lib.simulate.population.tables import SCHEMAS

INDEX_DAY = int(np.datetime64(INDEX_DATES[-1]).astype("datetime64[D]").astype(np.int64))
ADULT = 18
EMERGENCY = SETTINGS.index("emergency")
INTERCEPT = -3.0  # log odds of an emergency admission in a year, at the reference of all other terms


@dataclass(frozen=True)
class People:
    """People by number; days count from 1970, months too.

    Attributes
    ----------
    ids : pandas.Series of str
    born : ndarray of int, shape (people,)
        Months.
    since, until : ndarray of int, shape (people,)
        First and last day registered; `NEVER` where still registered.
    sex, ethnic, decile : ndarray of int, shape (people,)
        Places among the codes; the decile from 1, most deprived.
    onset : ndarray of int, shape (people, conditions)
        Days; `NEVER` where there is none.
    """

    ids: pd.Series
    born: Ints
    since: Ints
    until: Ints
    sex: Ints
    ethnic: Ints
    decile: Ints
    onset: Ints

    def __len__(self) -> int:
        return len(self.born)

    def registered(self, day: int) -> Marks:
        """Return who was registered on a day."""
        return (self.since <= day) & (self.until >= day)

    def age(self, day: int) -> Ints:
        """Return whole years of age on a day."""
        return (months(np.array([day]))[0] - self.born) // 12

    def has(self, names: tuple[str, ...], day: int) -> Marks:
        """Return who had any of these conditions before a day."""
        return (self.onset[:, [CONDITIONS.index(name) for name in names]] < day).any(axis=1)

    def adults(self, day: int) -> Marks:
        """Return who was registered on a day and is an adult on the index date."""
        return self.registered(day) & (self.age(INDEX_DAY) >= ADULT)


def read_layer(folder: Path, most: int | None) -> tuple[People, dict[str, pa.Table]]:
    """Read people, and all tables, of a folder that `simulate_population` wrote."""
    tables = read_folder(folder, {name: schema.names for name, schema in SCHEMAS.items()}, most)
    person, condition = tables["person"], tables["condition"]
    ids = pd.Series(plain(person["person_id"]).to_pandas(), dtype="str")
    people = People(
        ids=ids,
        born=months(days_since_1970(person["birth_month"])),
        since=days_since_1970(person["registered_from"]),
        until=days_since_1970(person["registered_to"]),
        sex=find_places(pd.Index(SEXES), person["sex"], "person"),
        ethnic=find_places(pd.Index(ETHNIC_GROUPS), person["ethnic_group"], "person"),
        decile=plain(person["imd_decile"]).to_numpy(zero_copy_only=False).astype(np.int64),
        onset=first_onsets(
            len(ids), find_places(pd.Index(ids), condition["person_id"], "condition"), condition
        ),
    )
    return people, tables


def frailty(people: People, day: int) -> np.ndarray:
    """Return what age and conditions add to the log odds of an emergency admission, shape (people,)."""
    band = np.maximum(np.searchsorted(AGE_STARTS, people.age(day), side="right") - 1, 0)
    ill = np.array([rates.CONDITION[name][EMERGENCY] for name in CONDITIONS])
    return np.array(rates.AGE)[band, EMERGENCY] + (people.onset < day) @ ill


def base_logit(people: People, day: int) -> np.ndarray:
    """Return each person's log odds of an emergency admission in a year, without any planted pattern.

    Those of the population's rates of emergency admission, as log odds: age band, sex, ethnic group,
    deprivation and conditions with an onset before the day.
    """
    return (
        INTERCEPT
        + frailty(people, day)
        + np.array(rates.SEX)[people.sex, EMERGENCY]
        + np.array(rates.ETHNIC)[people.ethnic, EMERGENCY]
        + rates.DEPRIVATION[EMERGENCY] * np.array(rates.DEPRIVATION_SHAPE)[people.decile - 1]
    )
