"""No predictor sees the future, and folds stay where they are."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from analysis_lib.models.classify import (
    LeakageError,
    Predictors,
    assign_folds,
    check_predictors,
    choose_predictors,
    fit_classifier,
)
from analysis_lib.models.classify.fit import _area_alone, refuse_too_good
from analysis_lib.queries import feature_windows


def test_features_of_the_house_are_allowed(windows):
    check_predictors(
        ["age", "sex", "has_copd", "polypharmacy_5", "n_gp_12m", "cost_gbp_ae_12m", "continuity"], windows
    )
    check_predictors(["n_gp_24m"], feature_windows((12, 24)))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("next_cost_gbp", "0 to 12 months after the index date"),
        ("next_emergency", "0 to 12 months after the index date"),
        ("died", "0 to 12 months after the index date"),
        ("days_at_risk", "0 to 12 months after the index date"),
        ("n_gp_24m", "window not known"),
        ("n_emergency", "window not known"),
        ("n_future_12m", "window not known"),  # named like a look-back, and from no query
        ("has_gone", "window not known"),
        ("polypharmacy_next", "window not known"),
        ("score", "window not known"),
        ("person_id", "a person or a place"),
        ("practice", "a person or a place"),
    ],
)
def test_others_are_refused_by_their_window(name, reason, windows):
    with pytest.raises(LeakageError, match=f"{name} \\({reason}"):
        check_predictors(["age", name], windows)


def test_a_name_like_a_look_back_is_not_chosen(people, windows):
    after = people.assign(n_future_12m=people["next_cost_gbp"], cost_gbp_later_12m=people["next_cost_gbp"])
    assert choose_predictors(after, windows).columns == choose_predictors(people, windows).columns


def test_windows_of_other_data_are_stated_and_looked_at(windows):
    check_predictors(["n_drugs"], {"n_drugs": (-0.5, 0)})
    with pytest.raises(LeakageError, match=r"n_drugs \(-?0.5 to 1 months after"):
        check_predictors(["n_drugs"], windows | {"n_drugs": (-0.5, 1)})
    # What the queries say happened afterwards, and identifiers, cannot be talked into it.
    for name in ("next_cost_gbp", "lsoa"):
        with pytest.raises(LeakageError, match=name):
            check_predictors([name], windows | {name: (-12, 0)})


def test_a_column_made_from_the_outcome_is_refused(people, windows):
    made = people.assign(next_year_need=people["next_emergency"] * 1.0)
    for name in ("next_year_need", "next_cost_gbp"):
        with pytest.raises(LeakageError, match=f"{name} \\(0 to 12 months after the index date"):
            fit_classifier("trees", made, "next_emergency", Predictors(("age", name), (), (), windows))
    hidden = people.assign(cost_gbp_12m=people["next_cost_gbp"])
    with pytest.raises(LeakageError, match="cost_gbp_12m alone tells who had the outcome \\(AUROC 1.000"):
        fit_classifier(
            "trees", hidden, "next_emergency", Predictors(("age", "cost_gbp_12m"), (), (), windows)
        )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", ["flag with 2% wrong", "cost with 2% noise", "category of what came"])
def test_a_column_from_afterwards_with_noise_stops(kind, seed):
    """Its name and its stated window are in order, so what it tells gives it away."""
    rng = np.random.default_rng(seed)
    cost = rng.lognormal(6, 1.5, 8_000)
    y = cost >= np.quantile(cost, 0.95)
    wrong = rng.random(8_000) < 0.02
    column = {
        "flag with 2% wrong": (y ^ wrong).astype(float),
        "cost with 2% noise": cost * (1 + 0.02 * rng.normal(size=8_000)),
        "category of what came": np.where(y ^ wrong, "readmitted", "at home"),
    }[kind]
    with pytest.raises(LeakageError, match="n_ae_12m alone tells .* Look in the extract at the dates"):
        refuse_too_good(pd.DataFrame({"n_ae_12m": column}), y)
    refuse_too_good(pd.DataFrame({"n_ae_12m": column}), y, too_good=1)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n", [400, 8_000])
def test_honest_strong_columns_pass(n, seed):
    """Last year's cost, correlated 0.75 with next year's on the log scale: AUROC of high cost about 0.9."""
    rng = np.random.default_rng(seed)
    before = rng.normal(size=n)
    after = 0.75 * before + np.sqrt(1 - 0.75**2) * rng.normal(size=n)
    y = after >= np.quantile(after, 0.95)
    if n > 1_000:
        assert 0.87 < roc_auc_score(y, before) < 0.95
    few = np.where(rng.random(n) < 0.5, np.nan, before)  # and where it is known of half
    refuse_too_good(pd.DataFrame({"cost_gbp_12m": np.exp(before), "dna_share_12m": few}), y)


def test_area_of_one_column_by_hand():
    # Of 2 × 3 pairs: 0.9 beats all 3, 0.5 beats 0.2 and ties 0.5 (a half), loses to 0.7: 4.5 of 6.
    values = np.array([0.9, 0.5, 0.2, 0.5, 0.7])
    assert _area_alone(values, 2)[0] == pytest.approx(4.5 / 6)
    assert _area_alone(-values, 2)[0] == pytest.approx(4.5 / 6)
    assert _area_alone(np.array([np.nan, np.nan, 1.0, 2.0]), 2) == (0.5, 0.5)


def test_what_is_chosen(people, windows):
    chosen = choose_predictors(people.assign(n_gp_24m=3, n_ae_12m=0), windows)
    # Left out: identifiers, core20 (restates the decile), a constant, an empty column, other look-backs.
    assert chosen.numeric == (
        *("age", "imd_decile", "n_conditions", "n_gp_12m", "cost_gbp_12m", "dna_share_12m"),
    )
    assert (chosen.categorical, chosen.flags) == (("sex", "ethnic_group"), ("has_copd",))
    assert chosen.in_words()["age"] == "any time before the index date"
    assert chosen.in_words()["n_gp_12m"] == "12 to 0 months before the index date"
    with pytest.raises(KeyError, match="No column of this frame has a window"):
        choose_predictors(people[["person_id", "next_emergency"]], windows)
    with pytest.raises(LeakageError, match="p "):
        choose_predictors(people, windows | {"p": (0, 12)})


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
