"""Exercises for maintainers: who add a rule, a landmark, a column, and are answerable for what leaves."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from analysis_lib.columns import describe
from analysis_lib.dates import as_day
from analysis_lib.kinds import Count
from analysis_lib.release import list_releases
from analysis_lib.training.checker import Exercise, Mistake
from analysis_lib.training.classroom import OUTCOME, Classroom

HYPNOTIC, OPIOID = "0401010", "0407020"
OLDEST_FROM, MOST_DAYS = 75, 30
EVERY, LOOK_BACK, LOOK_AHEAD = 30, 365, 90  # days, of landmarks
#: Rule A by hand: whom it is about, and whom it flags.
CASES = pd.DataFrame(
    [
        ("64, NSAID", 64, True, False, False),
        ("65, NSAID", 65, True, False, True),
        ("80, NSAID", 80, True, False, True),
        ("65, NSAID and protection", 65, True, True, False),
        ("80, NSAID and protection", 80, True, True, False),
        ("65, nothing", 65, False, False, False),
        ("80, nothing", 80, False, False, False),
        ("80, protection", 80, False, True, False),
    ],
    columns=["case", "age", "nsaid", "protected", "flagged"],
)


def flag_wrongly(frame: pd.DataFrame, seed: int) -> pd.Series:
    """Return whom a broken copy of rule A flags, bool; how it is broken depends on the seed.

    Parameters
    ----------
    frame : DataFrame
        age (years), nsaid and protected (bool), as `CASES` has them.
    seed : int
    """
    old, at_risk = frame["age"] >= 65, ~frame["protected"]
    broken = (old & frame["nsaid"], old & at_risk, old & frame["nsaid"] & frame["protected"])
    return broken[seed % len(broken)]


def make_columns(contact: pd.DataFrame, medicine: pd.DataFrame, landmark: date | str) -> pd.DataFrame:
    """Count what is recorded of each person, for a model at a landmark. Some of the columns leak.

    Parameters
    ----------
    contact : DataFrame
        person_id, date, setting.
    medicine : DataFrame
        person_id, start_date, stop_date.
    landmark : date or str

    Returns
    -------
    DataFrame
        A row a person with a record, by person_id: n_contacts, n_gp, n_emergency, n_courses (int64).

    Raises
    ------
    ValueError
        If the landmark is not ISO.
    """
    landmark = as_day(landmark, "landmark")
    day, year = pd.Timedelta(days=1), pd.Timedelta(days=LOOK_BACK)
    since = (contact["date"] - np.datetime64(landmark)) // day
    seen = contact.assign(since=since, days=since.abs())
    kept = {
        "n_contacts": seen[seen["since"].between(-LOOK_BACK, 0)],
        "n_gp": seen[seen["since"].between(-LOOK_BACK, -1) & (seen["setting"] == "gp")],
        "n_emergency": seen[(seen["days"] * day <= year) & (seen["setting"] == "emergency")],
        "n_courses": medicine[medicine["start_date"] < np.datetime64(landmark)],
    }
    counts = {name: rows.groupby("person_id").size() for name, rows in kept.items()}
    return pd.DataFrame(counts).fillna(0).astype("int64").sort_index()


def _changed(room: Classroom, last: date) -> set[str]:
    """Return columns that are not the same when records after a day are taken away."""
    day = np.datetime64(last)
    contact = room.contact[room.contact["date"] <= day]
    medicine = room.medicine[room.medicine["start_date"] <= day]
    whole = make_columns(room.contact, room.medicine, room.day)
    less = make_columns(contact, medicine, room.day).reindex(whole.index, fill_value=0)
    return {name for name in whole if not whole[name].equals(less[name])}


def _related(room: Classroom) -> set[str]:
    """Return the two columns that go most with the outcome."""
    columns = make_columns(room.contact, room.medicine, room.day)
    frame = room.adults.set_index("person_id").join(columns).fillna(dict.fromkeys(columns, 0))
    return set(frame[list(columns)].corrwith(frame[OUTCOME].astype(float)).abs().nlargest(2).index)


def _cascade(room: Classroom, *, age: int = OLDEST_FROM, fewest: int = 1, first: str = HYPNOTIC) -> int:
    """Count adults of an age who began an opioid within `MOST_DAYS` of a medicine, before the index date."""
    courses = room.courses[room.courses["start_date"] < np.datetime64(room.day)]
    starts = [courses[courses["bnf_code"].str.startswith(code)] for code in (first, OPIOID)]
    pairs = starts[0].merge(starts[1], on="person_id", suffixes=("_first", "_then"))
    gap = (pairs["start_date_then"] - pairs["start_date_first"]).dt.days
    exposed = pairs.loc[gap.between(fewest, MOST_DAYS), "person_id"]
    return int((room.adults["person_id"].isin(exposed) & (room.adults["age"] >= age)).sum())


def _landmarks(room: Classroom, look_back: int = LOOK_BACK, look_ahead: int = LOOK_AHEAD) -> int:
    manifest = room.population.manifest
    first, last = manifest["first_date"], manifest["last_date"]
    days = [first + timedelta(days=n) for n in range(0, (last - first).days + 1, EVERY)]
    back, ahead = timedelta(days=look_back), timedelta(days=look_ahead)
    return sum(day - back >= first and day + ahead <= last + timedelta(days=1) for day in days)


#: A table that somebody wants to release, with columns old and new.
WANTED = pd.DataFrame(
    {
        "age_band": ["18-64", "65+"],
        "n_people": [1000, 500],
        "n_newly_stopped": [40, 60],
        "imd_quintile": [1, 5],
        "share_newly_stopped": [0.04, 0.12],
    }
)


def _wanted(*, undescribed: bool) -> set[str]:
    return {name for name in WANTED if (describe(name) is None) == undescribed}


def count_flagged(room: Classroom) -> pd.DataFrame:
    """Return, by age and in all, whom rule A is about: age_band, n_people, n_flagged (int64)."""
    of_rule = room.flags[room.flags["rule"] == "A"].merge(room.adults, on="person_id")
    edges, bands = [65, 80, 90, 121], ["65-79", "80-89", "90+"]
    band = pd.cut(of_rule["age"], edges, right=False, labels=bands).astype("str")
    counted = of_rule["flagged"].groupby(band.rename("age_band")).agg(n_people="size", n_flagged="sum")
    everybody = counted.sum().to_frame("All").T.rename_axis("age_band")
    return pd.concat([counted, everybody]).reset_index()


def release_flagged(room: Classroom) -> pd.DataFrame:
    """Return that table as it may leave; the store's log keeps what was hidden."""
    kinds = {"n_people": Count(what="people"), "n_flagged": Count(of="n_people")}
    return room.store.save_table("training_flagged", count_flagged(room), kinds, population="rule_a")


def read_log(room: Classroom) -> pd.DataFrame:
    """Return the rows of the release log about that table."""
    release_flagged(room)
    log = list_releases(room.store.folder)
    return log[log["table"] == "training_flagged"]


def _count_small(room: Classroom) -> int:
    counts = count_flagged(room)[["n_people", "n_flagged"]]
    return int(((counts > 0) & (counts < room.store.profile.suppress_below)).sum().sum())


def count_everybody(room: Classroom) -> pd.DataFrame:
    """Return one row: n_people whom rule A is about, and n_flagged of them."""
    return count_flagged(room).query("age_band == 'All'")[["n_people", "n_flagged"]]


def release_everybody(room: Classroom) -> pd.DataFrame:
    """Return that row as it may leave."""
    kinds = {"n_people": Count(what="people"), "n_flagged": Count(of="n_people")}
    return room.store.save_table("training_everybody", count_everybody(room), kinds, population="all_of_a")


def _share(frame: pd.DataFrame) -> float:
    return float(frame["n_flagged"].iloc[0] / frame["n_people"].iloc[0])


def _failing(room: Classroom) -> pd.Series:
    return CASES.loc[flag_wrongly(CASES, room.seed) != CASES["flagged"], "case"]


EXERCISES = (
    Exercise(
        "ex1",
        lambda room: _cascade(room),
        (
            Mistake(
                "You left out the age: the rule is about the oldest.",
                lambda room: _cascade(room, age=0),
            ),
            Mistake(
                "You counted both orders. Which of the two was begun first?",
                lambda room: _cascade(room, fewest=-MOST_DAYS),
            ),
            Mistake(
                "You counted an opioid begun after any medicine. The rule names the one that comes first.",
                lambda room: _cascade(room, first=""),
            ),
        ),
    ),
    Exercise(
        "ex2",
        _failing,
        (
            Mistake(
                "You stopped at the first test that failed. The others say how far the fault reaches.",
                lambda room: _failing(room).head(1),
            ),
            Mistake(
                "You named the tests that pass. A test that passes on broken code says nothing about this"
                " fault.",
                lambda room: set(CASES["case"]) - set(_failing(room)),
            ),
            Mistake(
                "You named the cases that the broken rule flags. A test fails where that differs from "
                "what was worked out by hand.",
                lambda room: CASES.loc[flag_wrongly(CASES, room.seed), "case"],
            ),
        ),
    ),
    Exercise(
        "ex3",
        lambda room: _landmarks(room),
        (
            Mistake(
                "At the last of these the outcome is not known for all of its days: whoever is admitted "
                "after the extract ends counts as well.",
                lambda room: _landmarks(room, look_ahead=0),
            ),
            Mistake(
                "At the first of these the record does not reach far enough back: people look as if they "
                "had no contacts.",
                lambda room: _landmarks(room, look_back=0),
            ),
            Mistake(
                "You listed every day on which there is any record.",
                lambda room: _landmarks(room, look_back=0, look_ahead=0),
            ),
        ),
    ),
    Exercise(
        "ex4",
        lambda room: _changed(room, room.day - timedelta(days=1)),
        (
            Mistake(
                "You kept the records of the landmark's own day. They belong to what comes after it.",
                lambda room: _changed(room, room.day),
            ),
            Mistake(
                "You named the columns that go most with the outcome. A strong predictor may be honest, "
                "and a leak may be weak: take the records away, and see what changes.",
                _related,
            ),
            Mistake(
                "You named the columns that stay the same. A leak changes when later records are taken away.",
                lambda room: (
                    {"n_contacts", "n_gp", "n_emergency", "n_courses"}
                    - _changed(room, room.day - timedelta(days=1))
                ),
            ),
        ),
    ),
    Exercise(
        "ex5",
        lambda room: _wanted(undescribed=True),
        (
            Mistake(
                "You named the columns that are described. The gate refuses the others.",
                lambda room: _wanted(undescribed=False),
            ),
            Mistake(
                "You named every column of numbers. Some of them have a row already.",
                lambda room: set(WANTED.select_dtypes("number")),
            ),
            Mistake(
                "You named the counts. A share that has no row may not leave either, and some counts have"
                " one.",
                lambda room: {name for name in WANTED if name.startswith("n_")},
            ),
        ),
    ),
    Exercise(
        "ex6",
        lambda room: read_log(room)["n_hidden"].sum(),
        (
            Mistake(
                "You counted the numbers that are shown. The question is about the others.",
                lambda room: read_log(room)["n_cells"].iloc[0] - read_log(room)["n_hidden"].sum(),
            ),
            Mistake(
                "You counted all numbers of the table, hidden or not.",
                lambda room: read_log(room)["n_cells"].iloc[0],
            ),
            Mistake(
                "You counted numbers that are small. The gate hides more: what would give a small one back.",
                _count_small,
            ),
        ),
    ),
    Exercise(
        "ex7",
        lambda room: _share(release_everybody(room)),
        (
            Mistake(
                "You divided the counts before they were rounded. With the exact share and a rounded "
                "count, anybody can work out the exact count.",
                lambda room: _share(count_everybody(room)),
            ),
            Mistake(
                "You divided by all adults. The rule is about some of them.",
                lambda room: release_everybody(room)["n_flagged"].iloc[0] / len(room.adults),
            ),
        ),
        tolerance=0.00005,
        share=True,
    ),
)
