"""No predictor sees the future, and folds stay where they are."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from analysis_lib.models.classify import (
    LeakageError,
    Predictors,
    assign_folds,
    check_predictors,
    choose_predictors,
    fit_classifier,
)


def test_features_of_the_house_are_allowed():
    check_predictors(
        ["age", "sex", "has_copd", "polypharmacy_5", "n_gp_12m", "cost_gbp_ae_12m", "continuity"]
    )
    check_predictors(["n_gp_24m"], lookback_months=(12, 24))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("next_cost_gbp", "0 to 12 months after the index date"),
        ("next_emergency", "0 to 12 months after the index date"),
        ("died", "0 to 12 months after the index date"),
        ("days_at_risk", "0 to 12 months after the index date"),
        ("n_gp_24m", "window not known"),
        ("n_emergency", "window not known"),
        ("score", "window not known"),
        ("person_id", "a person or a place"),
        ("practice", "a person or a place"),
    ],
)
def test_others_are_refused_by_name_and_window(name, reason):
    with pytest.raises(LeakageError, match=f"{name} \\({reason}"):
        check_predictors(["age", name])


def test_windows_of_other_data_are_stated_and_looked_at():
    check_predictors(["n_drugs"], known={"n_drugs": (-0.5, 0)})
    with pytest.raises(LeakageError, match=r"n_drugs \(-0.5 to 1 months after"):
        check_predictors(["n_drugs"], known={"n_drugs": (-0.5, 1)})
    # What the queries say happened afterwards, and identifiers, cannot be talked into it.
    for name in ("next_cost_gbp", "lsoa"):
        with pytest.raises(LeakageError, match=name):
            check_predictors([name], known={name: (-12, 0)})


def test_a_column_made_from_the_outcome_is_refused(people):
    made = people.assign(next_year_need=people["next_emergency"] * 1.0)
    for name in ("next_year_need", "next_cost_gbp"):
        with pytest.raises(LeakageError, match=f"{name} \\(0 to 12 months after the index date"):
            fit_classifier("trees", made, "next_emergency", Predictors(("age", name), (), ()))
    hidden = people.assign(cost_gbp_12m=people["next_cost_gbp"])
    with pytest.raises(LeakageError, match="cost_gbp_12m alone tells the outcome"):
        fit_classifier("trees", hidden, "next_emergency", Predictors(("age", "cost_gbp_12m"), (), ()))


def test_what_is_chosen(people):
    chosen = choose_predictors(people.assign(n_gp_24m=3, n_ae_12m=0))
    # Left out: identifiers, core20 (restates the decile), a constant, an empty column, other look-backs.
    assert chosen.numeric == (
        *("age", "imd_decile", "n_conditions", "n_gp_12m", "cost_gbp_12m", "dna_share_12m"),
    )
    assert (chosen.categorical, chosen.flags) == (("sex", "ethnic_group"), ("has_copd",))
    assert chosen.windows()["age"] == "any time before the index date"
    assert chosen.windows()["n_gp_12m"] == "12 to 0 months before the index date"
    with pytest.raises(KeyError, match="No predictor"):
        choose_predictors(people[["person_id", "next_emergency"]])
    with pytest.raises(LeakageError, match="p "):
        choose_predictors(people, known={"p": (0, 12)})


def test_folds_stay_with_the_person():
    ids = pd.Series([f"{i:016x}" for i in range(20_000)])
    folds = assign_folds(ids)
    assert folds.cat.categories.tolist() == ["train", "calibrate", "threshold", "evaluate"]
    expected = np.array([0.30, 0.10, 0.10, 0.50])
    found = folds.value_counts(normalize=True, sort=False).to_numpy()
    # Four standard errors of a share of 20,000.
    assert (np.abs(found - expected) < 4 * np.sqrt(expected * (1 - expected) / 20_000)).all()
    mixed = ids.sample(frac=0.5, random_state=3)
    assert assign_folds(mixed).astype(str).equals(folds.loc[mixed.index].astype(str))
    assert assign_folds(pd.Series([7, 8])).tolist() == assign_folds(pd.Series(["7", "8"])).tolist()
    # Another seed is another, independent division.
    again = assign_folds(ids, seed=1)
    assert 0.34 < (again.astype(str) == folds.astype(str)).mean() < 0.38  # .3² + .1² + .1² + .5²


def test_folds_are_the_same_in_another_process():
    ids = [f"{i:04x}" for i in range(8)]
    code = (
        "import pandas as pd; from analysis_lib.models.classify import assign_folds; "
        f"print(assign_folds(pd.Series({ids})).tolist())"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert other.strip() == str(assign_folds(pd.Series(ids)).tolist())
    # And the same next year: a change of the hash would move people between folds.
    assert assign_folds(pd.Series(ids)).tolist() == PINNED


PINNED = ["evaluate", "train", "threshold", "evaluate", "evaluate", "evaluate", "train", "calibrate"]


def test_folds_refuse_wrong_shares_and_missing_identifiers():
    with pytest.raises(ValueError, match="sum to 1"):
        assign_folds(pd.Series(["a"]), {"train": 0.5, "evaluate": 0.4})
    with pytest.raises(ValueError, match="1 rows have no identifier"):
        assign_folds(pd.Series(["a", None]))
