"""Released tables against an attacker with linear programs who knows shown numbers without their rounding.

The attacker is independent of the gate: unknowns are the people of each combination of all dimensions, and
every shown cell of every table is an equation on them. No equation of the gate's is used.
"""

import os
from itertools import product
from math import prod

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.linalg import null_space
from scipy.optimize import linprog

from analysis_lib.kinds import Count, Dimension, Ratio, Share
from analysis_lib.release.gate import protect
from analysis_lib.release.gate.release import NotReleasable, release_table
from analysis_lib.release.gate.room import ROOM
from analysis_lib.release.profiles import PATIENT

SLOW = bool(os.environ.get("RUN_SLOW"))
N = 10_000 if SLOW else 240  # of up to four tables each
PROGRAMS = 1_000 if SLOW else 40  # attacked with linear programs; all others with linear algebra
DIMENSIONS = ("sex", "band", "area")
LABELS = {"sex": [True, False], "band": [1, 2, 3], "area": list("abcd")}
many = settings(max_examples=N, deadline=None, suppress_health_check=list(HealthCheck))

sizes = st.sampled_from([0, 0, 1, 2, 3, 5, 7, 8, 9, 12, 14, 20, 33, 57])


@st.composite
def people(draw):
    """Counts by sex, band, area and whether in the smaller population (the last axis)."""
    shape = (2, draw(st.integers(1, 3)), draw(st.integers(2, 4)), 2)
    return np.array(draw(st.lists(sizes, min_size=prod(shape), max_size=prod(shape)))).reshape(shape)


plans = st.lists(
    st.tuples(
        st.lists(st.sampled_from(DIMENSIONS), min_size=1, max_size=3, unique=True),
        st.sampled_from(["none", "All", "missing"]),  # how totals are marked
        st.booleans(),  # of the smaller population
    ),
    min_size=1,
    max_size=4,
)


def cross(cube, dimensions, totals, smaller):
    """Return a table with every combination, and for each row the combinations of people that it counts."""
    inside = np.arange(cube.size).reshape(cube.shape)
    if smaller:
        inside = inside[..., 1:]
    label = {"All": "All", "missing": None}.get(totals)
    choices = [
        [*range(cube.shape[DIMENSIONS.index(d)]), *([] if totals == "none" else [None])] for d in dimensions
    ]
    rows, members = [], []
    for choice in product(*choices):
        at = [slice(None)] * 3
        row = {}
        for dimension, position in zip(dimensions, choice, strict=True):
            row[dimension] = label if position is None else LABELS[dimension][position]
            if position is not None:
                at[DIMENSIONS.index(dimension)] = slice(position, position + 1)
        cells = inside[tuple(at)].ravel()
        rows.append({**row, "n": int(cube.ravel()[cells].sum())})
        members.append(cells)
    return pd.DataFrame(rows), members


def release_all(cube, plan):
    released, members = [], []
    for number, (dimensions, totals, smaller) in enumerate(plan):
        frame, rows = cross(cube, dimensions, totals, smaller)
        kinds = {c: Dimension() for c in dimensions} | {"n": Count()}
        try:
            table = release_table(
                f"t{number}",
                frame,
                PATIENT,
                kinds,
                population="some" if smaller else "all",
                within="all" if smaller else None,
                earlier=released,
            )
        except NotReleasable:
            assert number > 0, "a first table can always be released"
            continue
        released.append(table)
        members.append((frame, rows))
    return released, members


def width(objective, known, sums, hidden=()):
    """Return largest less smallest of an unknown, given everything shown, and that no hidden cell is 0."""
    least = {"A_ub": -np.array(hidden), "b_ub": -np.ones(len(hidden))} if len(hidden) else {}
    ends = [
        linprog(sign * objective, A_eq=known, b_eq=sums, bounds=(0, None), method="highs", **least)
        for sign in (1, -1)
    ]
    if any(end.status == 3 for end in ends):
        return np.inf
    assert all(end.status == 0 for end in ends)
    return -ends[1].fun - ends[0].fun


def indicator(cells, size):
    row = np.zeros(size)
    row[cells] = 1
    return row


def seen(cube, released, members):
    """Return the shown cells as equations on people, their true numbers, and the hidden cells."""
    known, sums, hidden = [np.zeros(cube.size)], [0], []
    for table, (frame, rows) in zip(released, members, strict=True):
        for row, cells in enumerate(rows):
            if table.hidden.at[row, "n"]:
                hidden.append(indicator(cells, cube.size))
            else:
                known.append(indicator(cells, cube.size))
                sums.append(frame["n"].iloc[row])
    return np.array(known), np.array(sums), np.unique(np.array(hidden).reshape(-1, cube.size), axis=0)


def worked_out(known, hidden):
    """Return which hidden cells are combinations of the shown ones."""
    free = null_space(known)
    return (np.abs(hidden @ free) < 1e-9).all(axis=1)


@many
@given(people(), plans)
def test_several_tables_together(cube, plan):
    released, members = release_all(cube, plan)
    for table in released:
        numbers = table.frame["n"].dropna().to_numpy(dtype=int)
        assert (numbers % 5 == 0).all()
        assert not ((numbers > 0) & (numbers < 8)).any()
    no_small_difference(released, members)
    known, _, hidden = seen(cube, released, members)
    small = hidden @ cube.ravel() < 8  # what is hidden beside a small one may be worked out
    assert not worked_out(known, hidden[small]).any(), "a small cell can be worked out"


@settings(many, max_examples=PROGRAMS)
@given(people(), plans)
def test_several_tables_attacked_with_linear_programs(cube, plan):
    known, sums, hidden = seen(cube, *release_all(cube, plan))
    for cell in hidden:
        n = cube.ravel() @ cell
        if n < 8:
            assert width(cell, known, sums, hidden) > ROOM - 1e-6, "a hidden cell can be worked out"


def sparse_cube(seed, shape):
    """Few small cells among large ones, with totals on every side: lines of two hidden cells close on each
    other, so that every sum has two and they can be worked out all the same."""
    rng = np.random.default_rng(seed)
    cube = np.where(rng.random(shape) < 0.06, rng.integers(1, 8, shape), rng.integers(20, 90, shape))
    rows, members = [], []
    for place in product(*[range(n + 1) for n in shape]):
        at = tuple(slice(None) if p == n else p for p, n in zip(place, shape, strict=True))
        members.append(np.arange(cube.size).reshape(shape)[at].ravel())
        labels = ["All" if p == n else p for p, n in zip(place, shape, strict=True)]
        rows.append((*labels, int(cube[at].sum())))
    return cube, pd.DataFrame(rows, columns=["a", "b", "c", "n"]), members


def attacked(seed, shape=(4, 4, 4)):
    cube, frame, rows = sparse_cube(seed, shape)
    kinds = {c: Dimension() for c in "abc"} | {"n": Count()}
    released = release_table("t", frame, PATIENT, kinds)
    known, _, _ = seen(cube, [released], [(frame, rows)])
    small = [indicator(r, cube.size) for r, n in zip(rows, frame["n"], strict=True) if 0 < n < 8]
    return worked_out(known, np.array(small).reshape(-1, cube.size)).any()


def test_the_attack_finds_what_a_gate_without_audit_gives_away(monkeypatch):
    seeds = range(60 if SLOW else 12)
    assert not any(attacked(seed) for seed in seeds)
    monkeypatch.setattr(protect, "_null_vector", lambda system, *_: np.ones(len(system.hidden)))
    monkeypatch.setattr(protect, "_narrow", lambda *_: np.array([], int))
    assert any(attacked(seed) for seed in seeds)


def test_a_table_too_large_for_the_whole_null_space(monkeypatch):
    """Vectors projected by steps find the same as the whole null space."""
    monkeypatch.setattr(protect, "DENSE", 0)
    assert not any(attacked(seed) for seed in range(6))
    monkeypatch.setattr(protect, "FEW", 0)
    assert not any(attacked(seed) for seed in range(6))


def no_small_difference(released, members):
    """Assert that no shown cell of all people less the same cell of the smaller population is 1 to 7."""
    cells = [
        (table.linked.population, frozenset(c for c in inside if c % 2), int(frame["n"].iloc[row]))
        for table, (frame, rows) in zip(released, members, strict=True)
        for row, inside in enumerate(rows)
        if not table.hidden.at[row, "n"]
    ]
    for _, inside, few in (c for c in cells if c[0] == "some"):
        for _, _, more in (c for c in cells if c[0] == "all" and c[1] == inside):
            assert not 0 < abs(more - few) < 8, "nested tables differ by a small count"


def rows_of(known, size):
    return np.array([indicator(cells, size) for cells in known]).reshape(-1, size)


@many
@given(people(), plans)
def test_every_number_is_the_true_one_rounded(cube, plan):
    """Totals too: 60 people in small groups stay 60."""
    for table, (frame, _) in zip(*release_all(cube, plan), strict=True):
        there = ~table.hidden["n"]
        apart = table.frame["n"][there].astype(int) - frame["n"][there]
        assert apart.abs().max() <= 2 if there.any() else True


@settings(many, max_examples=PROGRAMS)
@given(people(), st.booleans(), st.sampled_from([(), ("band",)]))
def test_rates_and_shares_reveal_no_hidden_part(cube, totals, within):
    """Whoever divides back what is shown still cannot work out a hidden count, nor what is left of one."""
    frame, rows = cross(cube, ["band", "area"], "All" if totals else "none", smaller=False)
    part, _ = cross(cube, ["band", "area"], "All" if totals else "none", smaller=True)
    frame = frame.assign(n_yes=part["n"], rate=0.0, share=0.0)
    frame["rate"] = frame["n_yes"] / frame["n"]
    kinds = {"band": Dimension(), "area": Dimension(), "n": Count(), "n_yes": Count()}
    kinds |= {"rate": Ratio("n_yes", "n"), "share": Share("n_yes", within)}
    released = release_table("t", frame, PATIENT, kinds)
    known, sums, secret = [], [], []
    for row, inside in enumerate(rows):
        yes = [c for c in inside if c % 2]
        no = [c for c in inside if not c % 2]
        for column, cells in (("n", inside), ("n_yes", yes)):
            place = secret if released.hidden.at[row, column] else known
            place.append(cells)
            if place is known:
                sums.append(frame[column].iloc[row])
        if 0 < cube.ravel()[no].sum() < 8:
            secret.append(no)
        if frame["n_yes"].iloc[row] and not released.hidden.at[row, "share"]:
            same = [r for r in range(len(frame)) if not within or frame["band"][r] == frame["band"][row]]
            base = [r for r in same if frame["area"][r] != "All" and (within or frame["band"][r] != "All")]
            known.append([c for r in base for c in rows[r] if c % 2])
            sums.append(cube.ravel()[known[-1]].sum())
    for cells in {tuple(c) for c in secret}:
        assert width(indicator(list(cells), cube.size), rows_of(known, cube.size), sums) > 0.5
