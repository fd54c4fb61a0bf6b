"""The tree of next steps: by hand, and that no branch or difference tells of a few people."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_lib.measures import prune_paths

STEPS = ["step_1", "step_2", "step_3", "step_4"]


def prefixes(rows):
    """Rows of steps and people, of one level."""
    padded = [[*steps, *[None] * (4 - len(steps)), n] for steps, n in rows]
    return pd.DataFrame(padded, columns=[*STEPS, "n_people"]).assign(use_level="5-11")


def shown(table):
    return list(table[["depth", "path", "n"]].itertuples(index=False, name=None))


def test_small_branches_are_other_and_take_the_next_smallest_along():
    rows = [
        ((), 30),  # nothing followed
        (("gp",), 20),
        (("gp", "ae"), 25),
        (("gp", "outpatient"), 12),
        (("gp", "maternity"), 3),  # few: joined by outpatient, the next smallest
        (("ae", "gp"), 14),
        (("ae", "community"), 4),  # few, and its only sibling would tell of it: the branch ends at ae
        (("nhs111",), 6),
        (("maternity",), 5),  # together 11
    ]
    table = prune_paths(prefixes(rows))
    assert shown(table) == [
        (0, "", 119),
        (1, "gp", 60),
        (2, "gp > ae", 25),
        (3, "gp > ae > no further contact", 25),
        (2, "gp > no further contact", 20),
        (2, "gp > other", 15),
        (1, "ae", 18),
        (1, "no further contact", 30),
        (1, "other", 11),
    ]
    assert table.loc[table["is_other"], "path"].tolist() == ["gp > other", "other"]
    assert table["parent"].isna().tolist() == [True] + [False] * 8
    assert table["parent"].tolist()[1:3] == ["", "gp"]
    assert table["step"].tolist()[3] == "no further contact"


def test_shuffled_rows_give_the_same_tree_and_few_people_none():
    rows = prefixes([(("gp",), 12), (("ae",), 12), (("ae", "gp"), 12), (("nhs111",), 3)])
    pd.testing.assert_frame_equal(prune_paths(rows), prune_paths(rows.sample(frac=1, random_state=2)))
    assert shown(prune_paths(rows))[1:] == [
        (1, "ae", 24),
        (2, "ae > gp", 12),
        (3, "ae > gp > no further contact", 12),
        (2, "ae > no further contact", 12),
        (1, "other", 15),
    ]
    assert prune_paths(rows.assign(n_people=1)).empty
    assert prune_paths(rows.iloc[:0]).empty
    alone = prune_paths(prefixes([((), 40)]))
    assert shown(alone) == [(0, "", 40), (1, "no further contact", 40)]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"step_1": [None]}, "follows a missing one"),
        ({"n_people": [-1]}, "negative"),
        ({"use_level": [None]}, "level is missing"),
    ],
)
def test_what_is_no_path_is_refused(change, what):
    with pytest.raises(ValueError, match=what):
        prune_paths(prefixes([(("gp", "ae"), 20)]).assign(**change))


SETTINGS = st.sampled_from(["gp", "ae", "outpatient", "community"])
PATHS = st.lists(
    st.tuples(st.lists(SETTINGS, max_size=4).map(tuple), st.integers(0, 40)), min_size=1, max_size=60
)


@settings(deadline=None, max_examples=200)
@given(PATHS, st.sampled_from([1, 5, 10]))
def test_every_parent_is_the_sum_of_its_branches_and_none_tells_of_few(rows, fewest):
    table = prune_paths(prefixes(rows), fewest)
    assert (table["n"] >= fewest).all()
    assert not table["path"].duplicated().any()
    by_path = table.set_index("path")["n"]
    people = {}  # who truly went on each path
    for steps, n in rows:
        for depth in range(len(steps) + 1):
            people[steps[:depth]] = people.get(steps[:depth], 0) + n
    for parent, branches in table[table["depth"] > 0].groupby("parent"):
        assert branches["n"].sum() == by_path[parent]
        own = branches[~branches["is_other"]]
        assert len(own) >= 1
        taken = tuple(parent.split(" > ")) if parent else ()
        going_on = own[own["step"] != "no further contact"]
        assert all(people[(*taken, row.step)] == row.n for row in going_on.itertuples())
        # What is left once all branches that are named are taken away is nobody or not a few.
        rest = by_path[parent] - own["n"].sum()
        assert rest == 0 or rest >= fewest
    if sum(n for _, n in rows) >= fewest:
        assert by_path[""] == sum(n for _, n in rows)
    assert np.isin(table["depth"], range(5)).all()
