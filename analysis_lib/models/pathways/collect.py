"""Bring steps and people into arrays: fixed order, days counted from the start, no identifiers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.measures.cells import TooFewPoints, check_columns

#: Levels of interaction, by steps in the twelve months before: those that are given first, in this order.
LEVELS = ("0", "1-4", "5-11", "12-23", "24+")
N_LOTS = 50
_STEP = ("person_id", "day", "until", "setting", "place")
_PERSON = ("person_id", "use_level", "leaves_on", "died", "lot")


@dataclass(frozen=True)
class Pathways:
    """Steps of people over some days, real or generated.

    Attributes
    ----------
    settings : tuple of str
        In order of acuity, lightest first: the order of steps on one day.
    levels : tuple of str
        Levels of interaction, fewest steps first.
    n_days : int
        Length of the window in days.
    level, lot : ndarray of int16, shape (people,)
        Position among `levels`; group for the jackknife.
    end : ndarray of int32, shape (people,)
        First day on which the person is no longer followed: `n_days` for those who stay.
    died : ndarray of bool, shape (people,)
        Whether following ended by death.
    person, day, until, setting : ndarrays, shape (steps,)
        Position of the person; day from the start; last day of a stay (the day itself of another contact);
        position among `settings`. In order of person, day and setting.
    """

    settings: tuple[str, ...]
    levels: tuple[str, ...]
    n_days: int
    level: NDArray[np.int16]
    lot: NDArray[np.int16]
    end: NDArray[np.int32]
    died: NDArray[np.bool_]
    person: NDArray[np.int32]
    day: NDArray[np.int32]
    until: NDArray[np.int32]
    setting: NDArray[np.int8]

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.level)

    def take(self, chosen: NDArray[np.bool_]) -> Pathways:
        """Return the people chosen, with their steps."""
        place = np.cumsum(chosen) - 1
        kept = chosen[self.person]
        people = {name: getattr(self, name)[chosen] for name in ("level", "lot", "end", "died")}
        steps = {name: getattr(self, name)[kept] for name in ("day", "until", "setting")}
        return replace(self, **people, **steps, person=place[self.person[kept]].astype("int32"))

    def halves(self) -> tuple[Pathways, Pathways]:
        """Return the people of even lots, to fit on, and those of odd lots, to judge on."""
        return self.take(self.lot % 2 == 0), self.take(self.lot % 2 == 1)

    def counts(self) -> NDArray[np.int64]:
        """Return each person's steps by setting, shape (people, settings)."""
        n = len(self.settings)
        cells = self.person.astype("int64") * n + self.setting
        return np.bincount(cells, minlength=len(self) * n).reshape(len(self), n)

    def frame(self) -> pd.DataFrame:
        """Return person, level, day, until and setting, a row a step: person-level where people are real."""
        return pd.DataFrame(
            {
                "person": self.person,
                "use_level": pd.Categorical.from_codes(self.level[self.person], list(self.levels)),
                "day": self.day,
                "until": self.until,
                "setting": pd.Categorical.from_codes(self.setting, list(self.settings)),
            }
        )


def collect_steps(steps: Any, people: Any, start: Any, end: Any, most: int | None = None) -> Pathways:
    """Bring the steps that people have in [start, end) into arrays.

    Parameters
    ----------
    steps : ibis.Table or DataFrame
        person_id, day, until, setting, place (rank of the setting by acuity): one row a person, day, setting.
    people : ibis.Table or DataFrame
        person_id, use_level, leaves_on (first day not registered), died, lot: one row a person.
    start, end : date
        First day, and the day after the last.
    most : int, optional
        Of more people than this, every k-th of each lot is taken, with k as small as it can be.

    Returns
    -------
    Pathways
        The same for any order of rows.

    Raises
    ------
    ValueError
        If there are no days, or somebody stands twice among the people.
    TooFewPoints
        If nobody is left.
    """
    first, last = np.datetime64(start, "D"), np.datetime64(end, "D")
    n_days = int((last - first).astype("int64"))
    if n_days < 1:
        raise ValueError(f"There are no days from {first} until before {last}: give a later end.")
    who = _to_frame(people, _PERSON).sort_values("person_id", ignore_index=True)
    if who["person_id"].duplicated().any():
        raise ValueError("Somebody stands twice among the people: give one row a person.")
    if most is not None and len(who) > most:
        rank = who.groupby("lot").cumcount()
        who = who[rank % int(np.ceil(len(who) / most)) == 0].reset_index(drop=True)
    follow = np.clip(_days(who["leaves_on"]) - first.astype("int64"), 0, n_days)
    if len(who) == 0 or not (follow > 0).any():
        raise TooFewPoints(
            "None of these people was registered on the first day, so there is nobody to follow."
        )
    names = set(who["use_level"].unique())
    levels = tuple(name for name in LEVELS if name in names) if names <= set(LEVELS) else tuple(sorted(names))
    table = _to_frame(_of_people(steps, who, first, last), _STEP)
    day = _days(table["day"]) - first.astype("int64")
    person = pd.Index(who["person_id"]).get_indexer(table["person_id"])
    table = pd.DataFrame(
        {
            "person": person,
            "day": day,
            "until": _days(table["until"]) - first.astype("int64"),
            "setting": table["setting"].astype(str),
            "place": table["place"].astype("int64"),
        }
    )[(person >= 0) & (day >= 0) & (day < n_days)]
    ranks = table.groupby("setting")["place"].first().sort_values(kind="stable")
    settings = tuple(ranks.index)
    code = pd.Index(settings).get_indexer(table["setting"])
    order = np.lexsort((code, table["day"], table["person"]))
    return Pathways(
        settings=settings,
        levels=levels,
        n_days=n_days,
        level=pd.Index(levels).get_indexer(who["use_level"].astype(str)).astype("int16"),
        lot=who["lot"].to_numpy("int16"),
        end=follow.astype("int32"),
        died=who["died"].fillna(False).to_numpy(bool) & (follow < n_days),
        person=table["person"].to_numpy("int32")[order],
        day=table["day"].to_numpy("int32")[order],
        until=table["until"].to_numpy("int32")[order],
        setting=code.astype("int8")[order],
    )


def _of_people(steps: Any, who: pd.DataFrame, first: np.datetime64, last: np.datetime64) -> Any:
    """Return the steps of these days and people: of an expression, before it is run."""
    if isinstance(steps, pd.DataFrame):
        return steps
    import ibis

    chosen = ibis.memtable(who[["person_id"]])
    within = (steps.day >= first.item()) & (steps.day < last.item())
    return steps.filter(within).semi_join(chosen, "person_id")


def _to_frame(table: Any, columns: tuple[str, ...]) -> pd.DataFrame:
    """Return columns of a frame or of an Ibis expression; days beyond what pandas can hold stay days."""
    if isinstance(table, pd.DataFrame):
        check_columns(table, list(columns), "Pathways")
        return table[list(columns)].reset_index(drop=True)
    return table.select(*columns).to_pyarrow().to_pandas(date_as_object=True)


def _days(column: pd.Series) -> NDArray[np.int64]:
    """Return days since 1970."""
    return column.to_numpy().astype("datetime64[D]").astype("int64")
