"""Long tables: what one group shows in full gives no hidden level of another back."""

from __future__ import annotations

import pandas as pd

from analysis_lib.kinds import Count, Dimension
from analysis_lib.release.gate.release import release_table
from analysis_lib.release.profiles import PATIENT

KINDS = {"setting": Dimension(), "group": Dimension(), "level": Dimension(), "n": Count()}


def hidden(rows):
    frame = pd.DataFrame(rows, columns=["group", "level", "n"])
    kinds = {name: kind for name, kind in KINDS.items() if name in frame}
    released = release_table("t", frame, PATIENT, kinds)
    return released.frame["n"].isna().tolist()


SEX = [("sex", "F", 60), ("sex", "M", 40)]


def test_a_group_shown_in_full_tells_the_total_of_another():
    # 100 people by sex; so 97 shown by age would leave 3: the next smallest is hidden too.
    rows = [*SEX, ("age", "0-64", 57), ("age", "65-84", 40), ("age", "85+", 3)]
    assert hidden(rows) == [False, False, False, True, True]


def test_a_row_of_everybody_tells_it_as_well():
    rows = [("all", "all", 100), ("age", "0-64", 57), ("age", "65-84", 40), ("age", "85+", 3)]
    assert hidden(rows) == [False, False, True, True]


def test_groups_of_other_people_stay_apart():
    # By condition people are counted in several rows or in none: nothing adds up, and nothing is given back.
    rows = [*SEX, ("condition", "asthma", 31), ("condition", "dementia", 3)]
    assert hidden(rows) == [False, False, False, True]


def test_each_setting_has_a_total_of_its_own():
    rows = [("gp", *row) for row in SEX] + [("gp", "age", "0-64", 97), ("gp", "age", "65+", 3)]
    rows += [
        ("ae", "sex", "F", 20),
        ("ae", "sex", "M", 20),
        ("ae", "age", "0-64", 30),
        ("ae", "age", "65+", 10),
    ]
    frame = pd.DataFrame(rows, columns=["setting", "group", "level", "n"])
    released = release_table("t", frame, PATIENT, KINDS)
    assert released.frame["n"].isna().tolist() == [False] * 2 + [True] * 2 + [False] * 4
