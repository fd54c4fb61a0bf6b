"""Trees, judged on real admissions of diabetic patients, where NHS_DATA names the folder of real files."""

import os
from pathlib import Path

import numpy as np
import pytest

from analysis_lib.inputs.hospital import read_admissions
from analysis_lib.models.synthetic import SequentialTrees
from analysis_lib.models.synthetic.judge import find_leaks, judge_all, prepare, split_people, summarise
from analysis_lib.project import find_root
from analysis_lib.synthetic_hospital import hospital_schema

N = 20_000
FOLDER = os.environ.get("NHS_DATA", "").strip()
FILE = find_root(Path(__file__).parent) / FOLDER / "patients" / "diabetes_130us_hospitals.zip"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (FOLDER and FILE.is_file()), reason="NHS_DATA names no folder of real files"),
]


@pytest.fixture(scope="module")
def admissions():
    """Training and holdout rows of 20,000 each, of other people, whose they are, and their schema."""
    frame, people = read_admissions(FILE)
    rng = np.random.default_rng(1)
    teaches = split_people(people, rng)
    rows = [np.sort(rng.permutation(np.flatnonzero(part))[:N]) for part in (teaches, ~teaches)]
    train, holdout = (frame.iloc[part].reset_index(drop=True) for part in rows)
    return train, holdout, tuple(people.to_numpy()[part] for part in rows), hospital_schema("ip", frame)


def ask(people):
    return {"outcome": "readmitted", "groups": ("sex", "ethnic_group"), "people": people}


def test_trees_of_twenty_rows_are_nearly_as_real_people(admissions):
    train, holdout, people, schema = admissions
    made = judge_all(
        {"trees": lambda rng: SequentialTrees(20).fit(train, schema, rng).sample(N, rng)},
        train, holdout, schema, **ask(people), seeds=[1, 2, 3],
    )  # fmt: skip
    table = summarise(made[made["group"] == ""]).set_index(["generator", "measure"])
    trees = table.loc["trees"]
    assert trees.loc["two_sample_auc", "value"] <= 0.53
    assert table.loc[("holdout", "two_sample_auc"), "value"] == pytest.approx(0.5, abs=0.015)
    assert trees.loc["logic_faults", "value"] == 0
    assert set(find_leaks(table.loc["copy"].reset_index().assign(group=""))) >= {"dcr_share", "copies_excess"}


def test_more_rows_in_a_leaf_give_less_away(admissions):
    train, holdout, people, schema = admissions
    real = prepare(train, holdout, schema, **ask(people), rng=np.random.default_rng(2))
    found = {"holdout": real.judge(holdout, ["fidelity"]).assign(leaf="holdout")}
    near, copied = [], []
    for leaf in (1, 5, 20, 100):
        rng = np.random.default_rng(3)
        made = SequentialTrees(leaf).fit(train, schema, rng).sample(N, rng)
        table = real.judge(made, ["fidelity", "privacy"])
        table = table[table["group"] == ""].set_index("measure")
        found[leaf] = table
        near.append(table.loc["membership_auc", "value"])
        copied.append(table.loc["dcr_share", "value"])
    floor = found["holdout"].set_index("measure").loc["pairs_tv", "value"]
    assert (np.diff(near) < 0).all()
    assert (np.diff(copied) < 0).all()
    assert found[20].loc["membership_auc", "high"] <= 0.55
    assert found[20].loc["pairs_tv", "value"] <= 1.2 * floor
